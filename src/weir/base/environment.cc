// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The real environment: POSIX files, the system's clocks and random numbers. "-" names standard
// input and output.
#include "weir/base/environment.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

namespace weir {
namespace {

Status FileError(int error, std::string_view action, const std::string& path) {
  switch (error) {
    case ENOENT:
      return InvalidData("cannot {} '{}': there is no such file or directory", action, path);
    case EISDIR:
      return InvalidData("cannot {} '{}': it is a directory", action, path);
    case ENOTDIR:
      return InvalidData("cannot {} '{}': a part of the path is not a directory", action, path);
    case EACCES:
    case EPERM:
    case EROFS:
      return InvalidData("cannot {} '{}': permission denied", action, path);
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
      return InvalidData("cannot {} '{}': {}", action, path, std::strerror(error));
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ResourceExhausted("cannot {} '{}': the disk is full", action, path);
    case EMFILE:
    case ENFILE:
      return ResourceExhausted("cannot {} '{}': too many open files", action, path);
    default:
      return Unavailable("cannot {} '{}': {}", action, path, std::strerror(error));
  }
}

int64_t MicrosOf(const timespec& time) {
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1000;
}

class RealClock : public Clock {
 public:
  int64_t WallMicros() override { return Now(CLOCK_REALTIME); }
  int64_t MonotonicMicros() override { return Now(CLOCK_MONOTONIC); }
  void SleepMicros(int64_t micros) override {
    if (micros <= 0) return;
    timespec left{micros / 1'000'000, (micros % 1'000'000) * 1000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
  }

 private:
  static int64_t Now(clockid_t id) {
    timespec now{};
    clock_gettime(id, &now);
    return MicrosOf(now);
  }
};

class RealRandom : public Random {
 public:
  uint64_t Next() override {
    uint64_t value = 0;
    // Reads of up to 256 bytes are never short once the system's generator is seeded.
    while (getrandom(&value, sizeof(value), 0) != static_cast<ssize_t>(sizeof(value))) {
    }
    return value;
  }
};

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(int fd, std::string path, bool is_stream)
      : fd_(fd), path_(std::move(path)), is_stream_(is_stream) {}
  ~PosixReadableFile() override {
    if (fd_ > STDERR_FILENO) close(fd_);
  }

  Result<int64_t> Size() override {
    struct stat info{};
    if (fstat(fd_, &info) != 0) return FileError(errno, "read", path_);
    if (!S_ISREG(info.st_mode))
      return InvalidData("the size of '{}' is not known: it is a stream", path_);
    return static_cast<int64_t>(info.st_size);
  }

  Result<int64_t> ReadAt(int64_t offset, int64_t length, uint8_t* out) override {
    if (is_stream_) return InvalidData("cannot read '{}' at a position: it is a stream", path_);
    int64_t done = 0;
    while (done < length) {
      ssize_t got = pread(fd_, out + done, static_cast<size_t>(length - done), offset + done);
      if (got == 0) break;
      if (got < 0) {
        if (errno == EINTR) continue;
        return FileError(errno, "read", path_);
      }
      done += got;
    }
    return done;
  }

  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    while (true) {
      ssize_t got = read(fd_, out, static_cast<size_t>(length));
      if (got >= 0) return static_cast<int64_t>(got);
      if (errno != EINTR) return FileError(errno, "read", path_);
    }
  }

 private:
  int fd_;
  std::string path_;
  bool is_stream_;
};

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixWritableFile() override {
    if (fd_ > STDERR_FILENO) close(fd_);
  }

  Status Append(std::string_view bytes) override {
    if (fd_ != STDOUT_FILENO) return WriteAll(bytes);
    // Standard output has many writers, and a pipe takes a long text in pieces: libc's lock of the
    // stream keeps the texts whole.
    flockfile(stdout);
    Status status = WriteAll(bytes);
    funlockfile(stdout);
    return status;
  }

  Status WriteAll(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t wrote = write(fd_, bytes.data(), bytes.size());
      if (wrote < 0) {
        if (errno == EINTR) continue;
        return FileError(errno, "write", path_);
      }
      bytes.remove_prefix(static_cast<size_t>(wrote));
      bytes_written_ += wrote;
    }
    return Status::OK();
  }

  Status Sync() override {
    if (fsync(fd_) == 0 || errno == EINVAL || errno == ENOTSUP)
      return Status::OK();  // Pipes cannot be synced.
    return FileError(errno, "sync", path_);
  }

  Status Close() override {
    if (fd_ < 0) return Status::OK();
    int fd = fd_;
    fd_ = -1;
    if (fd > STDERR_FILENO && close(fd) != 0 && errno != EINTR)
      return FileError(errno, "close", path_);
    return Status::OK();
  }

  int64_t bytes_written() const override { return bytes_written_; }

 private:
  int fd_;
  std::string path_;
  int64_t bytes_written_ = 0;
};

class PosixFileLock : public FileLock {
 public:
  explicit PosixFileLock(int fd) : fd_(fd) {}
  ~PosixFileLock() override { close(fd_); }

 private:
  int fd_;
};

class PosixFileSystem : public FileSystem {
 public:
  Result<std::unique_ptr<ReadableFile>> OpenForRead(const std::string& path) override {
    if (path == "-")
      return std::make_unique<PosixReadableFile>(STDIN_FILENO, "standard input", true);
    WEIR_RETURN_NOT_OK(CheckPath(path, "read"));
    int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return FileError(errno, "read", path);
    struct stat info{};
    if (fstat(fd, &info) != 0 || S_ISDIR(info.st_mode)) {
      int error = S_ISDIR(info.st_mode) ? EISDIR : errno;
      close(fd);
      return FileError(error, "read", path);
    }
    return std::make_unique<PosixReadableFile>(fd, path, !S_ISREG(info.st_mode));
  }

  Result<std::unique_ptr<WritableFile>> OpenForWrite(const std::string& path) override {
    if (path == "-") return std::make_unique<PosixWritableFile>(STDOUT_FILENO, "standard output");
    WEIR_RETURN_NOT_OK(CheckPath(path, "write"));
    int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return FileError(errno, "write", path);
    return std::make_unique<PosixWritableFile>(fd, path);
  }

  Result<std::vector<FileInfo>> List(const std::string& directory) override {
    WEIR_RETURN_NOT_OK(CheckPath(directory, "list"));
    DIR* dir = opendir(directory.empty() ? "." : directory.c_str());
    if (dir == nullptr) return FileError(errno, "list", directory);
    std::vector<FileInfo> entries;
    int error = 0;
    while (true) {
      errno = 0;
      dirent* entry = readdir(dir);
      if (entry == nullptr) {
        error = errno;
        break;
      }
      std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      std::string path = directory.empty() ? "" : directory;
      if (!path.empty() && path.back() != '/') path += '/';
      path += name;
      struct stat info{};
      if (stat(path.c_str(), &info) != 0) continue;  // It went away, or is a dangling link.
      entries.push_back(InfoOf(std::move(path), info));
    }
    closedir(dir);
    if (error != 0) return FileError(error, "list", directory);
    std::sort(entries.begin(), entries.end(),
              [](const FileInfo& a, const FileInfo& b) { return a.path < b.path; });
    return entries;
  }

  Result<FileInfo> Stat(const std::string& path) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "read"));
    struct stat info{};
    if (stat(path.c_str(), &info) != 0) return FileError(errno, "read", path);
    return InfoOf(path, info);
  }

  bool Exists(const std::string& path) override {
    struct stat info{};
    return CheckPath(path, "read").ok() && stat(path.c_str(), &info) == 0;
  }

  Status Rename(const std::string& from, const std::string& to) override {
    WEIR_RETURN_NOT_OK(CheckPath(to, "rename to"));
    if (rename(from.c_str(), to.c_str()) == 0) return Status::OK();
    return WithContext(FileError(errno, "rename", from), fmt::format("to '{}'", to));
  }

  Status Delete(const std::string& path) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "delete"));
    if (unlink(path.c_str()) == 0) return Status::OK();
    return FileError(errno, "delete", path);
  }

  Status DeleteTree(const std::string& path) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "delete"));
    struct stat info{};
    if (lstat(path.c_str(), &info) != 0)
      return errno == ENOENT ? Status::OK() : FileError(errno, "delete", path);
    if (!S_ISDIR(info.st_mode)) return Delete(path);
    DIR* dir = opendir(path.c_str());
    if (dir == nullptr) return FileError(errno, "list", path);
    std::vector<std::string> names;
    while (dirent* entry = readdir(dir)) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
    }
    closedir(dir);
    for (const std::string& name : names) WEIR_RETURN_NOT_OK(DeleteTree(path + "/" + name));
    if (rmdir(path.c_str()) != 0 && errno != ENOENT) return FileError(errno, "delete", path);
    return Status::OK();
  }

  Status MakeDirectories(const std::string& path) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "create"));
    for (size_t end = 1; end <= path.size(); ++end) {
      if (end != path.size() && path[end] != '/') continue;
      std::string part = path.substr(0, end);
      if (mkdir(part.c_str(), 0755) == 0) {
        WEIR_RETURN_NOT_OK(SyncDirectory(part.substr(0, part.rfind('/') + 1)));
        continue;
      }
      int error = errno;
      struct stat info{};
      if (stat(part.c_str(), &info) == 0) {
        if (S_ISDIR(info.st_mode)) continue;
        return InvalidData("cannot create the directory '{}': '{}' is a file", path, part);
      }
      return FileError(error, "create the directory", path);
    }
    return Status::OK();
  }

  Status SyncDirectory(const std::string& path) override {
    int fd = open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return FileError(errno, "sync", path);
    int result = fsync(fd);
    int error = errno;
    close(fd);
    if (result != 0 && error != EINVAL && error != ENOTSUP) return FileError(error, "sync", path);
    return Status::OK();
  }
  Result<bool> LinkIfAbsent(const std::string& from, const std::string& to) override {
    WEIR_RETURN_NOT_OK(CheckPath(to, "link"));
    if (link(from.c_str(), to.c_str()) == 0) return true;
    if (errno == EEXIST) return false;
    return FileError(errno, "link", to);
  }
  Status Truncate(const std::string& path, int64_t length) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "truncate"));
    int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return FileError(errno, "truncate", path);
    bool is_done = ftruncate(fd, length) == 0 && fsync(fd) == 0;
    int error = errno;
    close(fd);
    return is_done ? Status::OK() : FileError(error, "truncate", path);
  }
  Result<std::unique_ptr<FileLock>> TryLock(const std::string& path) override {
    WEIR_RETURN_NOT_OK(CheckPath(path, "lock"));
    int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) return FileError(errno, "lock", path);
    auto lock = std::make_unique<PosixFileLock>(fd);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) return std::unique_ptr<FileLock>(std::move(lock));
    if (errno == EWOULDBLOCK) return std::unique_ptr<FileLock>();
    return FileError(errno, "lock", path);
  }

 private:
  static Status CheckPath(const std::string& path, std::string_view action) {
    if (path.find('\0') == std::string::npos) return Status::OK();
    return InvalidData("cannot {} a path with a NUL byte in it", action);
  }
  static FileInfo InfoOf(std::string path, const struct stat& info) {
    return {std::move(path), S_ISDIR(info.st_mode), static_cast<int64_t>(info.st_size),
            MicrosOf(info.st_mtim)};
  }
};

}  // namespace

Result<std::string> ObjectStore::GetRange(const std::string& key, int64_t offset, int64_t length) {
  WEIR_ASSIGN_OR_RETURN(std::string bytes, Get(key));
  auto size = static_cast<int64_t>(bytes.size());
  if (offset < 0 || length < 0 || offset > size || length > size - offset) {
    return Corruption("object '{}' has {} bytes, but {} at {} are wanted", key, size, length,
                      offset);
  }
  return bytes.substr(static_cast<size_t>(offset), static_cast<size_t>(length));
}

const Environment& RealEnvironment() {
  // Never destroyed: threads may still read the clock while the process ends.
  static const Environment* environment = new Environment{.clock = new RealClock,
                                                          .random = new RealRandom,
                                                          .files = new PosixFileSystem,
                                                          .objects = nullptr,
                                                          .network = nullptr};
  return *environment;
}

}  // namespace weir
