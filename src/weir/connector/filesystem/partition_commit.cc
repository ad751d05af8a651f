// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/partition_commit.h"

#include <algorithm>
#include <cctype>

#include "weir/connector/filesystem/file_list.h"
#include "weir/data/text.h"

namespace weir {
namespace {

constexpr int64_t kMillisPerDay = 86'400'000;

class SuccessFilePolicy : public PartitionCommitPolicy {
 public:
  explicit SuccessFilePolicy(std::string name) : name_(std::move(name)) {}
  Status Commit(const PartitionToCommit& partition, const Environment& environment) override {
    WEIR_ASSIGN_OR_RETURN(auto file, environment.files->OpenForWrite(partition.path + "/" + name_));
    WEIR_RETURN_NOT_OK(file->Sync());
    WEIR_RETURN_NOT_OK(file->Close());
    return environment.files->SyncDirectory(partition.path);
  }

 private:
  std::string name_;
};

// Items of "a, b;c" without blanks around them.
std::vector<std::string> SplitList(const std::string& text, char separator) {
  std::vector<std::string> items;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find(separator, begin), text.size());
    std::string item = text.substr(begin, end - begin);
    size_t first = item.find_first_not_of(' ');
    if (first != std::string::npos)
      items.push_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
    begin = end + 1;
  }
  return items;
}

Result<std::unique_ptr<PartitionCommitPolicy>> MakeCustomPolicy(const TableContext& table,
                                                                const PartitionPolicies& custom) {
  auto name = table.options.Get("sink.partition-commit.policy.class");
  if (!name) {
    return WithHint(
        InvalidQuery("table {}: a custom partition commit policy needs its name", table.table_name),
        "add 'sink.partition-commit.policy.class' = '...'");
  }
  auto found = custom.find(*name);
  if (found == custom.end()) {
    std::vector<std::string> names;
    for (const auto& entry : custom) names.push_back(entry.first);
    return WithHint(
        InvalidQuery("table {}: there is no partition commit policy '{}'", table.table_name, *name),
        names.empty() ? std::string("custom policies are registered in C++, by name; Java classes "
                                    "cannot be loaded")
                      : fmt::format("registered policies: {}", fmt::join(names, ", ")));
  }
  return found->second(
      table,
      SplitList(table.options.GetOr("sink.partition-commit.policy.class.parameters", ""), ';'));
}

int64_t DaysFromCivil(int64_t y, int64_t m, int64_t d) {
  y -= m <= 2 ? 1 : 0;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

// Reads a text by a pattern, letter by letter.
class LocalTimeReader {
 public:
  explicit LocalTimeReader(std::string_view text) : text_(text) {}

  /// False: the text does not fit.
  Result<bool> Read(std::string_view pattern) {
    for (size_t i = 0; i < pattern.size();) {
      char letter = pattern[i];
      if (letter == '\'') {
        size_t close = std::min(pattern.find('\'', i + 1), pattern.size());
        std::string_view literal =
            close == i + 1 ? std::string_view("'") : pattern.substr(i + 1, close - i - 1);
        if (!TakeLiteral(literal)) return false;
        i = close + 1;
        continue;
      }
      if (!std::isalpha(static_cast<unsigned char>(letter))) {
        if (!TakeLiteral(pattern.substr(i, 1))) return false;
        ++i;
        continue;
      }
      size_t count = 1;
      while (i + count < pattern.size() && pattern[i + count] == letter) ++count;
      int64_t* field = FieldOf(letter);
      if (field == nullptr || count > (letter == 'S' ? 9u : 4u)) {
        return Unsupported(
            "the letters '{}' of 'partition.time-extractor.timestamp-formatter' = '{}' are not "
            "supported yet",
            pattern.substr(i, count), pattern);
      }
      if (!TakeNumber(count, letter, field)) return false;
      i += count;
    }
    return at_ == text_.size();
  }
  std::optional<int64_t> millis() const {
    int month_days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year_ % 4 == 0 && year_ % 100 != 0) || year_ % 400 == 0;
    bool good = month_ >= 1 && month_ <= 12 && day_ >= 1 && day_ <= month_days[month_ - 1] &&
                (is_leap || month_ != 2 || day_ <= 28) && hour_ <= 23 && minute_ <= 59 &&
                second_ <= 59;
    if (!good) return std::nullopt;
    return DaysFromCivil(year_, month_, day_) * kMillisPerDay +
           ((hour_ * 60 + minute_) * 60 + second_) * 1000 + milli_;
  }

 private:
  int64_t* FieldOf(char letter) {
    switch (letter) {
      case 'y':
      case 'u':
        return &year_;
      case 'M':
        return &month_;
      case 'd':
        return &day_;
      case 'H':
        return &hour_;
      case 'm':
        return &minute_;
      case 's':
        return &second_;
      case 'S':
        return &milli_;
      default:
        return nullptr;
    }
  }
  bool TakeLiteral(std::string_view literal) {
    if (text_.substr(at_, literal.size()) != literal) return false;
    at_ += literal.size();
    return true;
  }
  // One letter takes any number of digits, several exactly as many.
  bool TakeNumber(size_t count, char letter, int64_t* out) {
    size_t digits = 0;
    int64_t value = 0;
    size_t digits_max = count == 1 ? (letter == 'y' || letter == 'u' ? 9 : 2) : count;
    while (digits < digits_max && at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      value = value * 10 + (text_[at_++] - '0');
      ++digits;
    }
    if (digits == 0 || (count > 1 && digits != count)) return false;
    if (letter == 'S') {
      for (; digits < 3; ++digits) value *= 10;
      for (; digits > 3; --digits) value /= 10;
    } else if (count == 2 && (letter == 'y' || letter == 'u')) {
      value += 2000;
    }
    *out = value;
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  int64_t year_ = 1970, month_ = 1, day_ = 1, hour_ = 0, minute_ = 0, second_ = 0, milli_ = 0;
};

// "$dt $hour:00" with the partition's values; the longest name that fits counts.
std::string FillPattern(const std::string& pattern,
                        const std::vector<std::pair<std::string, std::string>>& values) {
  std::string out;
  for (size_t i = 0; i < pattern.size(); ++i) {
    const std::pair<std::string, std::string>* best = nullptr;
    for (const auto& value : values) {
      bool fits = pattern[i] == '$' && pattern.compare(i + 1, value.first.size(), value.first) == 0;
      if (fits && (best == nullptr || value.first.size() > best->first.size())) best = &value;
    }
    if (best == nullptr) {
      out += pattern[i];
    } else {
      out += best->second;
      i += best->first.size();
    }
  }
  return out;
}

/// Every `$name` of the pattern must be of a partition column.
Status CheckPattern(const std::string& pattern, const TableContext& table) {
  std::vector<std::pair<std::string, std::string>> none;
  for (const std::string& key : table.partition_keys) none.emplace_back(key, "");
  std::string rest = FillPattern(pattern, none);
  size_t dollar = rest.find('$');
  if (dollar == std::string::npos) return Status::OK();
  size_t end = dollar + 1;
  while (end < rest.size() &&
         (std::isalnum(static_cast<unsigned char>(rest[end])) != 0 || rest[end] == '_')) {
    ++end;
  }
  return WithHint(
      InvalidQuery("'partition.time-extractor.timestamp-pattern' names '{}', which is no partition "
                   "column of {}",
                   rest.substr(dollar, end - dollar), table.table_name),
      fmt::format("the partition columns are: ${}", fmt::join(table.partition_keys, ", $")));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> PartitionValues(const std::string& partition) {
  std::vector<std::pair<std::string, std::string>> values;
  for (size_t begin = 0; begin < partition.size();) {
    size_t end = std::min(partition.find('/', begin), partition.size());
    std::string_view part = std::string_view(partition).substr(begin, end - begin);
    size_t equals = std::min(part.find('='), part.size());
    values.emplace_back(UnescapePartition(part.substr(0, equals)),
                        UnescapePartition(part.substr(std::min(equals + 1, part.size()))));
    begin = end + 1;
  }
  return values;
}

Result<int64_t> ParseLocalTime(std::string_view text, std::string_view pattern) {
  std::vector<std::string_view> patterns = {pattern};
  if (pattern.empty()) patterns = {"y-M-d H:m:s", "y-M-d", "y-M-d'T'H:m:s"};
  for (std::string_view candidate : patterns) {
    LocalTimeReader reader(text);
    WEIR_ASSIGN_OR_RETURN(bool fits, reader.Read(candidate));
    if (!fits) continue;
    if (auto millis = reader.millis()) return *millis;
  }
  return InvalidData("'{}' is no time of the form {}", text,
                     pattern.empty() ? "yyyy-MM-dd HH:mm:ss" : pattern);
}

Result<std::vector<std::unique_ptr<PartitionCommitPolicy>>> MakePartitionPolicies(
    const TableContext& table, const PartitionPolicies& custom) {
  std::vector<std::unique_ptr<PartitionCommitPolicy>> policies;
  std::string kinds = table.options.GetOr("sink.partition-commit.policy.kind", "");
  for (const std::string& kind : SplitList(kinds, ',')) {
    if (kind == "success-file") {
      std::string name = table.options.GetOr("sink.partition-commit.success-file.name", "_SUCCESS");
      if (name.empty() || name.find('/') != std::string::npos)
        return InvalidQuery("'{}' is no name for a success file (table {})", name,
                            table.table_name);
      policies.push_back(std::make_unique<SuccessFilePolicy>(std::move(name)));
    } else if (kind == "custom") {
      WEIR_ASSIGN_OR_RETURN(auto policy, MakeCustomPolicy(table, custom));
      policies.push_back(std::move(policy));
    } else if (kind == "metastore") {
      return WithHint(
          Unsupported("the partition commit policy 'metastore' is for tables of a Hive catalog; "
                      "table {} has none",
                      table.table_name),
          "use 'sink.partition-commit.policy.kind' = 'success-file'");
    } else {
      return WithHint(InvalidQuery("there is no partition commit policy '{}' (table {})", kind,
                                   table.table_name),
                      "'sink.partition-commit.policy.kind' is a list of success-file and custom");
    }
  }
  if (table.partition_keys.empty()) policies.clear();
  return policies;
}

Result<PartitionTrigger> PartitionTrigger::Make(const TableContext& table) {
  PartitionTrigger trigger;
  const Options& options = table.options;
  trigger.table_name_ = table.table_name;
  trigger.by_partition_time_ =
      options.GetOr("sink.partition-commit.trigger", "process-time") == "partition-time";
  WEIR_ASSIGN_OR_RETURN(trigger.delay_micros_,
                        options.GetDurationMicros("sink.partition-commit.delay", 0));
  trigger.zone_ = options.GetOr("sink.partition-commit.watermark-time-zone", "UTC");
  trigger.default_name_ = options.GetOr("partition.default-name", "__DEFAULT_PARTITION__");
  trigger.formatter_ = options.GetOr("partition.time-extractor.timestamp-formatter", "");
  WEIR_RETURN_NOT_OK(WithContext(FindTimeZone(trigger.zone_).status(),
                                 "option 'sink.partition-commit.watermark-time-zone'"));
  if (!trigger.by_partition_time_) return trigger;
  if (options.GetOr("partition.time-extractor.kind", "default") != "default") {
    return Unsupported(
        "'partition.time-extractor.kind' other than 'default' (table {}) is not "
        "supported yet",
        table.table_name);
  }
  if (table.partition_keys.empty()) {
    return InvalidQuery(
        "'sink.partition-commit.trigger' = 'partition-time' needs a partitioned table, and {} is "
        "none",
        table.table_name);
  }
  std::string first = "$" + table.partition_keys[0];
  trigger.pattern_ = options.GetOr("partition.time-extractor.timestamp-pattern", first);
  WEIR_RETURN_NOT_OK(CheckPattern(trigger.pattern_, table));
  // Letters that are not known show before anything runs.
  Status parsed = ParseLocalTime("", trigger.formatter_).status();
  if (GetErrorInfo(parsed).code == ErrorCode::kUnsupported) return parsed;
  return trigger;
}

Result<std::optional<int64_t>> PartitionTrigger::TimeOf(const std::string& partition) const {
  if (!by_partition_time_) return std::optional<int64_t>();
  auto values = PartitionValues(partition);
  bool has_default = std::any_of(values.begin(), values.end(),
                                 [&](const auto& value) { return value.second == default_name_; });
  if (has_default) return std::optional<int64_t>();
  auto local = ParseLocalTime(FillPattern(pattern_, values), formatter_);
  if (!local.ok()) {
    return WithHint(
        WithContext(local.status(), fmt::format("the partition '{}' of table {} has no time",
                                                partition, table_name_)),
        "set 'partition.time-extractor.timestamp-pattern' and "
        "'partition.time-extractor.timestamp-formatter'");
  }
  WEIR_ASSIGN_OR_RETURN(const TimeZone* zone, FindTimeZone(zone_));
  return std::optional<int64_t>(FromLocal(*zone, *local, 1000));
}

bool PartitionTrigger::IsComplete(const std::string& partition, int64_t created_micros,
                                  Moment moment) const {
  if (!by_partition_time_)
    return delay_micros_ == 0 || moment.now_micros > created_micros + delay_micros_;
  auto time = TimeOf(partition);
  if (!time.ok() || !*time) return false;
  return moment.watermark_millis > **time + delay_micros_ / 1000;
}

}  // namespace weir
