// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/file_split.h"

#include <algorithm>
#include <charconv>

#include "weir/connector/filesystem/escaped_text.h"

namespace weir {
namespace {

constexpr int64_t kHeadBytes = 4096;

}  // namespace

std::string SplitPosition::ToString() const {
  std::string text = fmt::format("{} {} {} {} {} {} {} ", begin, end, next, rows, file.size_bytes,
                                 file.modified_micros, file.head);
  AppendEscaped(path, &text);
  return text;
}

Result<SplitPosition> SplitPosition::Parse(const std::string& text) {
  SplitPosition position;
  const char* p = text.data();
  const char* end = p + text.size();
  bool good = true;
  auto take = [&](auto* number) {
    auto [stop, error] = std::from_chars(p, end, *number);
    good = good && error == std::errc() && stop != end && *stop == ' ';
    p = std::min(stop + 1, end);
  };
  for (int64_t* number : {&position.begin, &position.end, &position.next, &position.rows,
                          &position.file.size_bytes, &position.file.modified_micros})
    take(number);
  take(&position.file.head);
  good = good && AppendUnescaped({p, static_cast<size_t>(end - p)}, &position.path);
  if (!good) return Corruption("'{}' is no position of a file source", text);
  return position;
}

Result<uint64_t> HeadChecksum(FileSystem& files, const std::string& path, int64_t size_bytes) {
  WEIR_ASSIGN_OR_RETURN(auto file, files.OpenForRead(path));
  std::string head(static_cast<size_t>(std::clamp<int64_t>(size_bytes, 0, kHeadBytes)), '\0');
  int64_t got = 0;
  if (!head.empty()) {
    WEIR_ASSIGN_OR_RETURN(got, file->ReadAt(0, static_cast<int64_t>(head.size()),
                                            reinterpret_cast<uint8_t*>(head.data())));
  }
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a.
  for (char c : head.substr(0, static_cast<size_t>(got)))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return std::max<uint64_t>(hash, 1);
}

Status CheckUnchanged(FileSystem& files, const std::string& path, const FileIdentity& before,
                      const FileInfo& now, Growth growth, Touching touching) {
  bool same_size = now.size_bytes == before.size_bytes;
  bool same_time = now.modified_micros == before.modified_micros;
  if (same_size && same_time) return Status::OK();
  std::string hint =
      "a file that is read must stay as it is; write new data under a hidden name and rename it";
  if (now.size_bytes < before.size_bytes) {
    return WithHint(InvalidData("'{}' became shorter while it was read: from {} to {} bytes", path,
                                before.size_bytes, now.size_bytes),
                    hint);
  }
  if (!same_size && growth == Growth::kRefused) {
    return WithHint(InvalidData("'{}' was changed while it was read: from {} to {} bytes", path,
                                before.size_bytes, now.size_bytes),
                    hint);
  }
  bool is_other = same_size && touching == Touching::kRefused;
  if (!is_other && before.head != 0) {
    WEIR_ASSIGN_OR_RETURN(uint64_t head, HeadChecksum(files, path, before.size_bytes));
    is_other = head != before.head;
  }
  if (is_other)
    return WithHint(InvalidData("'{}' was changed while it was read", path), std::move(hint));
  return Status::OK();
}

}  // namespace weir
