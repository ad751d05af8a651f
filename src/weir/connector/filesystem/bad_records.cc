// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/bad_records.h"

#include "weir/connector/filesystem/file_list.h"
#include "weir/connector/filesystem/file_source.h"
#include "weir/data/text.h"
#include "weir/format/json_encoder.h"

namespace weir {
namespace {

constexpr size_t kRecordTextMax = 1 << 20;

}  // namespace

Result<BadRecordPolicy> ReadBadRecordPolicy(const TableContext& table, const Format& format) {
  Options format_options = FormatOptions(table, format);
  BadRecordPolicy policy;
  policy.format_name = format.name();
  std::string action = format_options.GetOr("on-bad-record", "");
  WEIR_ASSIGN_OR_RETURN(bool ignore, format_options.GetBool("ignore-parse-errors", false));
  if (action.empty()) action = ignore ? "skip" : "fail";
  if (action == "skip") policy.action = BadRecordPolicy::Action::kSkip;
  if (action != "dead-letter") return policy;
  policy.action = BadRecordPolicy::Action::kDeadLetter;
  auto path = table.options.Get("dead-letter.path");
  if (!path) {
    return WithHint(
        InvalidQuery(
            "table {}: bad records are to go to a dead-letter directory, but there is none",
            table.table_name),
        "add 'dead-letter.path' = '...'");
  }
  WEIR_ASSIGN_OR_RETURN(policy.dead_letter_path, LocalPath(*path));
  return policy;
}

FileBadRecords::FileBadRecords(BadRecordPolicy policy, std::string file,
                               const Environment* environment)
    : policy_(std::move(policy)), file_(std::move(file)), environment_(environment) {}

Status FileBadRecords::OnBadRecord(const BadRecord& record) {
  std::string column = record.column.empty() ? "" : fmt::format("column '{}': ", record.column);
  if (policy_.action == BadRecordPolicy::Action::kFail) {
    return WithHint(
        InvalidData("'{}', byte {}: {}{}", file_, record.stream_offset, column, record.reason),
        fmt::format("correct the record, or set '{}.on-bad-record' = 'skip' or 'dead-letter'",
                    policy_.format_name));
  }
  ++count_;
  if (policy_.action == BadRecordPolicy::Action::kSkip) return Status::OK();
  if (dead_letters_ == nullptr) {
    WEIR_RETURN_NOT_OK(environment_->files->MakeDirectories(policy_.dead_letter_path));
    std::string path = fmt::format("{}/bad-{:016x}.ndjson", policy_.dead_letter_path,
                                   environment_->random->Next());
    WEIR_ASSIGN_OR_RETURN(dead_letters_, environment_->files->OpenForWrite(path));
  }
  std::string line = "{\"file\":";
  AppendJsonString(file_, &line);
  line += fmt::format(",\"offset\":{},\"column\":", record.stream_offset);
  AppendJsonString(record.column, &line);
  line += ",\"reason\":";
  AppendJsonString(record.reason, &line);
  line += ",\"record\":";
  std::string text(record.bytes.substr(0, kRecordTextMax));
  if (!IsValidUtf8(text)) {
    for (char& c : text) c = static_cast<unsigned char>(c) < 0x80 ? c : '?';
  }
  AppendJsonString(text, &line);
  line += "}\n";
  return dead_letters_->Append(line);
}

Status FileBadRecords::Finish() {
  if (dead_letters_ == nullptr) return Status::OK();
  auto file = std::move(dead_letters_);
  return file->Close();
}

}  // namespace weir
