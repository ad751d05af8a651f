// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "output_stream.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace weir {

Status OutputStream::Flush() {
  if (fd_ < 0) return Status::OK();
  if (closed_) {
    buffer_.clear();
    return Cancelled();
  }
  size_t done = 0;
  while (done < buffer_.size()) {
    ssize_t written = ::write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (written >= 0) {
      done += static_cast<size_t>(written);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd ready = {fd_, POLLOUT, 0};
      (void)::poll(&ready, 1, -1);
    } else if (errno == EPIPE) {
      closed_ = true;
      buffer_.clear();
      return Cancelled();
    } else if (errno != EINTR) {
      int error = errno;
      buffer_.clear();
      return MakeError(
          {error == ENOSPC ? ErrorCode::kResourceExhausted : ErrorCode::kUnavailable, {}, {}},
          fmt::format("cannot write to standard output: {}", std::strerror(error)));
    }
  }
  buffer_.clear();
  return Status::OK();
}

}  // namespace weir
