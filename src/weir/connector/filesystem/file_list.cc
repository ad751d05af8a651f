// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/file_list.h"

#include <re2/re2.h>

#include <algorithm>

namespace weir {
namespace {

constexpr int kDirectoryDepthMax = 100;
constexpr size_t kFilesMax = 1'000'000;

std::string_view NameOf(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool HasWildcard(const std::string& path) {
  return path.find_first_of("*?[{") != std::string::npos;
}

bool IsHidden(std::string_view name) { return !name.empty() && (name[0] == '.' || name[0] == '_'); }

// Whether `name`, without '/', matches the glob `pattern`; [ ] sets, * and ?.
bool MatchesGlob(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = std::string_view::npos, star_name = 0;
  while (n < name.size()) {
    bool matched = false;
    size_t next = p + 1;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_name = n;
      continue;
    }
    if (p < pattern.size() && pattern[p] == '[') {
      size_t i = p + 1;
      bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
      if (negated) ++i;
      bool inside = false;
      for (bool first = true; i < pattern.size() && (first || pattern[i] != ']'); first = false) {
        char low = pattern[i], high = low;
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']')
          high = pattern[i + 2], i += 2;
        inside |= low <= name[n] && name[n] <= high;
        ++i;
      }
      matched = inside != negated;
      next = i + 1;
    } else if (p < pattern.size()) {
      matched = pattern[p] == '?' || pattern[p] == name[n];
    }
    if (matched) {
      p = next;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++star_name;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

// "a{b,c}d" -> "abd", "acd".
void ExpandBraces(const std::string& pattern, std::vector<std::string>* out) {
  size_t open = pattern.find('{');
  size_t close = open == std::string::npos ? open : pattern.find('}', open);
  if (close == std::string::npos || out->size() > 1000) {
    out->push_back(pattern);
    return;
  }
  size_t begin = open + 1;
  while (begin <= close) {
    size_t end = std::min(pattern.find(',', begin), close);
    ExpandBraces(
        pattern.substr(0, open) + pattern.substr(begin, end - begin) + pattern.substr(close + 1),
        out);
    begin = end + 1;
  }
}

class Lister {
 public:
  Lister(const std::vector<std::string>& partition_keys, FileSystem* files)
      : keys_(partition_keys), files_(files) {}

  Status AddTree(const std::string& directory, std::map<std::string, std::string> partition,
                 int depth) {
    if (depth > kDirectoryDepthMax)
      return InvalidData("directories below '{}' are nested too deep", directory);
    auto entries = files_->List(directory);
    // A directory may go away between two looks.
    if (!entries.ok() && depth > 0 && !files_->Exists(directory)) return Status::OK();
    WEIR_RETURN_NOT_OK(entries.status());
    for (const FileInfo& entry : *entries) {
      std::string_view name = NameOf(entry.path);
      if (IsHidden(name) && !IsPartitionName(name)) continue;
      if (!entry.is_directory) {
        WEIR_RETURN_NOT_OK(AddFile(entry, partition));
        continue;
      }
      auto below = partition;
      AddPartition(name, &below);
      WEIR_RETURN_NOT_OK(AddTree(entry.path, std::move(below), depth + 1));
    }
    return Status::OK();
  }

  // What `pattern` (components separated by '/') matches below `base`.
  Status AddGlob(const std::string& base, const std::vector<std::string>& parts, size_t part,
                 std::map<std::string, std::string> partition, int depth) {
    if (depth > kDirectoryDepthMax) return Status::OK();
    if (part == parts.size()) {
      WEIR_ASSIGN_OR_RETURN(FileInfo info, files_->Stat(base));
      return info.is_directory ? AddTree(base, std::move(partition), depth)
                               : AddFile(info, partition);
    }
    const std::string& pattern = parts[part];
    std::string prefix = base.empty() || base.back() == '/' ? base : base + "/";
    if (pattern.find_first_of("*?[") == std::string::npos) {
      if (!files_->Exists(prefix + pattern)) return Status::OK();
      AddPartition(pattern, &partition);
      return AddGlob(prefix + pattern, parts, part + 1, std::move(partition), depth + 1);
    }
    if (pattern == "**") WEIR_RETURN_NOT_OK(AddGlob(base, parts, part + 1, partition, depth + 1));
    auto entries = files_->List(base.empty() ? "." : base);
    if (!entries.ok()) return Status::OK();  // A file where the pattern has a directory: no match.
    for (const FileInfo& entry : *entries) {
      std::string name(NameOf(entry.path));
      if (IsHidden(name) && !IsHidden(pattern)) continue;
      auto below = partition;
      AddPartition(name, &below);
      if (pattern == "**") {
        if (entry.is_directory)
          WEIR_RETURN_NOT_OK(AddGlob(prefix + name, parts, part, std::move(below), depth + 1));
      } else if (MatchesGlob(pattern, name) && (entry.is_directory || part + 1 == parts.size())) {
        WEIR_RETURN_NOT_OK(AddGlob(prefix + name, parts, part + 1, std::move(below), depth + 1));
      }
    }
    return Status::OK();
  }

  Status AddFile(const FileInfo& info, const std::map<std::string, std::string>& partition) {
    if (found_.size() >= kFilesMax)
      return ResourceExhausted("more than {} files in one table are not supported", kFilesMax);
    found_.push_back({info.path, info.size_bytes, info.modified_micros, partition});
    return Status::OK();
  }

  std::vector<InputFile> Take() {
    std::sort(found_.begin(), found_.end(),
              [](const InputFile& a, const InputFile& b) { return a.path < b.path; });
    found_.erase(
        std::unique(found_.begin(), found_.end(),
                    [](const InputFile& a, const InputFile& b) { return a.path == b.path; }),
        found_.end());
    return std::move(found_);
  }
  bool empty() const { return found_.empty(); }

 private:
  bool IsPartitionName(std::string_view name) const {
    return std::any_of(keys_.begin(), keys_.end(), [&](const std::string& key) {
      std::string prefix = EscapePartition(key) + "=";
      return name.substr(0, prefix.size()) == prefix;
    });
  }
  void AddPartition(std::string_view name, std::map<std::string, std::string>* partition) const {
    size_t equals = name.find('=');
    if (equals == std::string_view::npos) return;
    std::string key = UnescapePartition(name.substr(0, equals));
    if (std::find(keys_.begin(), keys_.end(), key) != keys_.end())
      (*partition)[key] = UnescapePartition(name.substr(equals + 1));
  }

  const std::vector<std::string>& keys_;
  FileSystem* files_;
  std::vector<InputFile> found_;
};

}  // namespace

bool IsStandardInput(std::string_view path) { return path == "-" || path == "stdin"; }

Result<std::string> LocalPath(const std::string& path) {
  if (path.rfind("file://", 0) == 0) {
    std::string rest = path.substr(7);
    if (rest.rfind("localhost/", 0) == 0) rest = rest.substr(9);
    return rest;
  }
  if (path.rfind("file:", 0) == 0) return path.substr(5);
  size_t scheme = path.find("://");
  if (scheme != std::string::npos && scheme > 0 && path.find('/') > scheme) {
    return Unsupported("the file system '{}://' is not supported yet", path.substr(0, scheme));
  }
  if (path.empty()) return InvalidQuery("option 'path' must not be empty");
  return path;
}

Result<FileFinder> FileFinder::Make(const std::string& path, const std::string& regex_pattern,
                                    const std::vector<std::string>& partition_keys) {
  FileFinder finder;
  finder.path_ = path;
  finder.partition_keys_ = partition_keys;
  if (regex_pattern.empty()) return finder;
  RE2::Options options;
  options.set_log_errors(false);
  auto pattern = std::make_shared<const RE2>(regex_pattern, options);
  if (!pattern->ok()) {
    return InvalidQuery("'source.path.regex-pattern' = '{}' cannot be read: {}", regex_pattern,
                        pattern->error());
  }
  finder.pattern_ = std::move(pattern);
  return finder;
}

Result<std::vector<InputFile>> FileFinder::Find(FileSystem* files, Missing missing) const {
  auto found = ListFiles(path_, partition_keys_, files);
  if (!found.ok()) {
    bool is_nothing = missing == Missing::kIsNothing && HasWildcard(path_) &&
                      GetErrorInfo(found.status()).code == ErrorCode::kInvalidData;
    return is_nothing ? Result<std::vector<InputFile>>(std::vector<InputFile>{}) : found;
  }
  if (pattern_ != nullptr) {
    found->erase(std::remove_if(
                     found->begin(), found->end(),
                     [&](const InputFile& file) { return !RE2::FullMatch(file.path, *pattern_); }),
                 found->end());
  }
  return found;
}

std::map<std::string, std::string> PartitionOfPath(const std::string& path,
                                                   const std::vector<std::string>& partition_keys) {
  std::map<std::string, std::string> partition;
  for (const std::string& key : partition_keys) {
    std::string name = "/" + EscapePartition(key) + "=";
    size_t at = path.rfind(name);
    if (at == std::string::npos) continue;
    size_t begin = at + name.size();
    partition[key] =
        UnescapePartition(std::string_view(path).substr(begin, path.find('/', begin) - begin));
  }
  return partition;
}

Result<std::vector<InputFile>> ListFiles(const std::string& path,
                                         const std::vector<std::string>& partition_keys,
                                         FileSystem* files) {
  Lister lister(partition_keys, files);
  if (HasWildcard(path) && !files->Exists(path)) {
    std::vector<std::string> patterns;
    ExpandBraces(path, &patterns);
    for (const std::string& pattern : patterns) {
      std::vector<std::string> parts;
      size_t begin = pattern[0] == '/' ? 1 : 0;
      while (begin <= pattern.size()) {
        size_t end = std::min(pattern.find('/', begin), pattern.size());
        if (end > begin) parts.push_back(pattern.substr(begin, end - begin));
        begin = end + 1;
      }
      WEIR_RETURN_NOT_OK(lister.AddGlob(pattern[0] == '/' ? "/" : "", parts, 0, {}, 0));
    }
    if (lister.empty()) return InvalidData("no file matches '{}'", path);
    return lister.Take();
  }
  WEIR_ASSIGN_OR_RETURN(FileInfo info, files->Stat(path));
  if (info.is_directory) {
    WEIR_RETURN_NOT_OK(lister.AddTree(path, {}, 0));
  } else {
    WEIR_RETURN_NOT_OK(lister.AddFile(info, {}));
  }
  return lister.Take();
}

std::string EscapePartition(std::string_view value) {
  std::string out;
  for (char c : value) {
    bool special = static_cast<unsigned char>(c) < ' ' || c == 0x7F ||
                   std::string_view("\"#%'*/:=?\\{[]^").find(c) != std::string_view::npos;
    if (special) {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string UnescapePartition(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9'                 ? c - '0'
           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 &&
        digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace weir
