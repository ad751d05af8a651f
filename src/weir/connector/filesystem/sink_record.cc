// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/sink_record.h"

#include <charconv>

#include "weir/connector/filesystem/escaped_text.h"

namespace weir {
namespace {

constexpr size_t kFields = 9;
constexpr std::string_view kKinds = "FOHDPSBWER";

template <typename T>
bool ReadNumber(std::string_view text, T* out) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::string SinkRecord::ToString() const {
  std::string text = fmt::format("{}\t{}\t{}\t{}\t{}", static_cast<char>(kind), subtask,
                                 parallelism, bytes, micros);
  for (const std::string* field : {&schema, &partition, &temporary, &target}) {
    text += '\t';
    AppendEscaped(*field, &text);
  }
  return text;
}

Result<SinkRecord> SinkRecord::Parse(const std::string& text) {
  std::vector<std::string_view> fields;
  for (size_t begin = 0; begin <= text.size();) {
    size_t end = std::min(text.find('\t', begin), text.size());
    fields.push_back(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  SinkRecord record;
  bool good =
      fields.size() == kFields && fields[0].size() == 1 &&
      kKinds.find(fields[0][0]) != std::string_view::npos &&
      ReadNumber(fields[1], &record.subtask) && ReadNumber(fields[2], &record.parallelism) &&
      ReadNumber(fields[3], &record.bytes) && ReadNumber(fields[4], &record.micros) &&
      AppendUnescaped(fields[5], &record.schema) && AppendUnescaped(fields[6], &record.partition) &&
      AppendUnescaped(fields[7], &record.temporary) && AppendUnescaped(fields[8], &record.target);
  if (!good) return Corruption("'{}' is nothing that a file sink has written", text);
  record.kind = static_cast<Kind>(fields[0][0]);
  return record;
}

std::vector<std::string> ToStrings(const std::vector<SinkRecord>& records) {
  std::vector<std::string> texts;
  for (const SinkRecord& record : records) texts.push_back(record.ToString());
  return texts;
}

Result<std::vector<SinkRecord>> ParseRecords(const std::vector<std::string>& texts) {
  std::vector<SinkRecord> records;
  for (const std::string& text : texts) {
    WEIR_ASSIGN_OR_RETURN(SinkRecord record, SinkRecord::Parse(text));
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace weir
