// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/seen_files.h"

#include <algorithm>
#include <charconv>

#include "weir/connector/filesystem/escaped_text.h"

namespace weir {
namespace {

constexpr size_t kGoneFilesMax = 100'000;

// Takes "<number> " off the front of `line`.
template <typename T>
bool TakeNumber(std::string_view* line, T* out) {
  auto [end, error] = std::from_chars(line->data(), line->data() + line->size(), *out);
  bool good = error == std::errc() && end != line->data() + line->size() && *end == ' ';
  if (good) line->remove_prefix(static_cast<size_t>(end - line->data()) + 1);
  return good;
}

}  // namespace

const SeenFiles::Seen* SeenFiles::Find(const std::string& path) const {
  auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

void SeenFiles::Add(const InputFile& file) {
  files_[file.path] = {file.size_bytes, file.modified_micros};
}

void SeenFiles::Forget(const std::vector<InputFile>& existing) {
  if (files_.size() <= existing.size() + kGoneFilesMax) return;
  std::vector<std::pair<int64_t, const std::string*>> gone;
  for (const auto& [path, seen] : files_) {
    bool exists =
        std::binary_search(existing.begin(), existing.end(), InputFile{path, 0, 0, {}},
                           [](const InputFile& a, const InputFile& b) { return a.path < b.path; });
    if (!exists) gone.emplace_back(seen.modified_micros, &path);
  }
  if (gone.size() <= kGoneFilesMax) return;
  std::sort(gone.begin(), gone.end());
  std::vector<std::string> oldest;
  for (size_t i = 0; i + kGoneFilesMax < gone.size(); ++i) oldest.push_back(*gone[i].second);
  for (const std::string& path : oldest) files_.erase(path);
}

std::string SeenFiles::Save() const {
  std::string text, last;
  for (const auto& [path, seen] : files_) {
    std::string escaped;
    AppendEscaped(path, &escaped);
    size_t shared = static_cast<size_t>(
        std::mismatch(last.begin(), last.end(), escaped.begin(), escaped.end()).first -
        last.begin());
    // Not within a character, so that each line is valid text.
    while (shared > 0 && (static_cast<unsigned char>(escaped[shared]) & 0xC0) == 0x80) --shared;
    text += fmt::format("{} {} {} {}\n", shared, seen.size_bytes, seen.modified_micros,
                        std::string_view(escaped).substr(shared));
    last = std::move(escaped);
  }
  return text;
}

Status SeenFiles::Restore(std::string_view text) {
  files_.clear();
  std::string escaped;
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    std::string_view rest = line;
    size_t shared = 0;
    Seen seen;
    std::string path;
    bool good = TakeNumber(&rest, &shared) && TakeNumber(&rest, &seen.size_bytes) &&
                TakeNumber(&rest, &seen.modified_micros) && shared <= escaped.size();
    if (good) {
      escaped.resize(shared);
      escaped += rest;
      good = AppendUnescaped(escaped, &path);
    }
    if (!good) return Corruption("'{}' is no list of files that were read", line);
    files_[std::move(path)] = seen;
  }
  return Status::OK();
}

}  // namespace weir
