// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "signals.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <thread>

namespace weir {
namespace {

constexpr int kCancelGraceSeconds = 5;

}  // namespace

SignalWatcher::SignalWatcher() {
  sigemptyset(&signals_);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT}) sigaddset(&signals_, signal);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  event_fd_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

SignalWatcher& SignalWatcher::Start() {
  auto* watcher = new SignalWatcher();  // The thread uses it until the very end.
  std::thread([watcher] { watcher->Watch(); }).detach();
  return *watcher;
}

void SignalWatcher::Watch() {
  while (true) {
    bool cancelling = false;
    {
      std::lock_guard lock(mutex_);
      cancelling = cancel_ != nullptr && cancels_ > 0;
    }
    timespec grace = {kCancelGraceSeconds, 0};
    int signal =
        cancelling ? ::sigtimedwait(&signals_, nullptr, &grace) : ::sigwaitinfo(&signals_, nullptr);
    if (signal < 0) {
      if (errno != EAGAIN) continue;
      std::lock_guard lock(mutex_);
      // In the shell a query may take its time to end; a second Ctrl-C ends it by force.
      if (cancel_ && cancels_ > 0 && when_idle_ == WhenIdle::kExit) ::_exit(128 + last_);
      continue;
    }
    if (signal != SIGWINCH && signal != SIGCONT) OnEnding(signal);
    uint64_t one = 1;
    (void)!::write(event_fd_, &one, sizeof(one));
  }
}

void SignalWatcher::OnEnding(int signal) {
  std::lock_guard lock(mutex_);
  last_ = signal;
  if (!cancel_) {
    if (when_idle_ == WhenIdle::kExit) ::_exit(128 + signal);
    return;
  }
  int patience = when_idle_ == WhenIdle::kExit ? 1 : 2;
  if (++cancels_ > patience) ::_exit(128 + signal);
  cancel_();
}

SignalWatcher::Running::Running(SignalWatcher& watcher, std::function<void()> cancel)
    : watcher_(watcher) {
  std::lock_guard lock(watcher_.mutex_);
  watcher_.cancels_ = 0;
  watcher_.cancel_ = std::move(cancel);
  // One that came while the statement was being planned.
  if (watcher_.last_ != 0) watcher_.cancel_();
}

SignalWatcher::Running::~Running() {
  std::lock_guard lock(watcher_.mutex_);
  watcher_.cancel_ = nullptr;
}

}  // namespace weir
