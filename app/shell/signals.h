// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SIGINT, SIGTERM and SIGHUP as events: one thread waits for them, all others have them blocked, so
// no system call of a job is ever interrupted.
//   while something runs   its cancel function is called; a second signal, or 5 s without an end,
//   ends the process otherwise              kExit: the process ends with 128 + signal; kNotify:
//   event_fd becomes readable (the prompt)
// Threads: the cancel function is called by the watching thread.
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <mutex>

namespace weir {

enum class WhenIdle : uint8_t { kExit, kNotify };

class SignalWatcher {
 public:
  /// Call before any other thread exists. The watching thread lives until the process ends.
  static SignalWatcher& Start();

  void SetWhenIdle(WhenIdle when_idle) { when_idle_ = when_idle; }
  /// The last SIGINT, SIGTERM or SIGHUP since the last call; 0: none.
  int Take() { return last_.exchange(0); }
  int last() const { return last_.load(); }
  /// Readable after a signal, SIGWINCH and SIGCONT too; read 8 bytes to clear it.
  int event_fd() const { return event_fd_; }

  /// While it lives, signals cancel.
  class Running {
   public:
    Running(SignalWatcher& watcher, std::function<void()> cancel);
    ~Running();
    Running(const Running&) = delete;

   private:
    SignalWatcher& watcher_;
  };

 private:
  SignalWatcher();
  void Watch();
  void OnEnding(int signal);

  sigset_t signals_;
  int event_fd_ = -1;
  std::atomic<WhenIdle> when_idle_{WhenIdle::kExit};
  std::atomic<int> last_{0};
  std::mutex mutex_;
  std::function<void()> cancel_;  // Guarded by mutex_; empty: nothing runs.
  int cancels_ = 0;               // Signals since cancel_ was set.
};

}  // namespace weir
