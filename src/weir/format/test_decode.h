// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// For tests and fuzzing of record formats: text in, rows as text out. Bad records appear in place
// as "bad [column] reason".
//   Decode("json", "{\"a\":1}\n{\"a\":x}\n", "a INT")  ->  "1\nbad expected a value\n"
#pragma once

#include <cstring>
#include <map>
#include <string>

#include "weir/data/text.h"
#include "weir/format/record_reader.h"

namespace weir {

/// Gives `text` in pieces of `piece` bytes.
class TextStream : public ByteStream {
 public:
  TextStream(std::string text, int64_t piece) : text_(std::move(text)), piece_(piece) {}
  Result<int64_t> Read(int64_t length, uint8_t* out) override {
    int64_t size = std::min({length, piece_, static_cast<int64_t>(text_.size()) - at_});
    std::memcpy(out, text_.data() + at_, static_cast<size_t>(size));
    at_ += size;
    return size;
  }
  /// Small pieces are handed on one by one, so that blocks end anywhere.
  bool is_live() const override { return piece_ < 1 << 20; }

 private:
  std::string text_;
  int64_t piece_;
  int64_t at_ = 0;
};

class CollectedBadRecords : public BadRecordHandler {
 public:
  Status OnBadRecord(const BadRecord& record) override {
    text +=
        "bad " + (record.column.empty() ? "" : "[" + record.column + "] ") + record.reason + "\n";
    offsets.push_back(record.stream_offset);
    return Status::OK();
  }
  std::string text;
  std::vector<int64_t> offsets;
};

inline Schema SchemaOfText(const std::string& columns) {
  auto type = ParseTypeString("ROW<" + columns + ">");
  return type.ok() ? Schema{type->fields()} : Schema{};
}

struct DecodeCase {
  std::map<std::string, std::string> options = {};
  std::string requested = {};  // Empty: all columns.
  int64_t piece = 1 << 20;
  int64_t rows_max = 4096;
};

/// Rows (values joined by '|'), then the bad records; or "error: ...".
inline std::string Decode(const std::string& format_name, const std::string& text,
                          const std::string& columns, const DecodeCase& how = {}) {
  const Format* format = FindFormat(format_name);
  Schema schema = SchemaOfText(columns);
  DecodeSpec spec{schema, how.requested.empty() ? schema : SchemaOfText(how.requested),
                  Options(how.options), "UTC"};
  auto decoder = format->MakeDecoder(spec);
  if (!decoder.ok()) return "error: " + decoder.status().message() + "\n";
  CollectedBadRecords bad;
  RecordReader reader(std::make_unique<TextStream>(text, how.piece), std::move(*decoder), {},
                      1 << 24, &bad);
  std::string out;
  bool at_end = false;
  while (!at_end) {
    auto batch = reader.Read(how.rows_max, arrow::default_memory_pool(), &at_end);
    if (!batch.ok()) return out + "error: " + batch.status().message() + "\n";
    for (int64_t row = 0; row < batch->num_rows; ++row) {
      for (size_t i = 0; i < batch->columns.size(); ++i) {
        if (i > 0) out += "|";
        AppendValueText(*batch->columns[i], row, TextStyle::kJavaRow, nullptr, &out);
      }
      out += "\n";
    }
  }
  return out + bad.text;
}

/// The result must not depend on how the bytes are cut.
inline std::string DecodeEveryWay(const std::string& format_name, const std::string& text,
                                  const std::string& columns, DecodeCase how = {}) {
  std::string whole = Decode(format_name, text, columns, how);
  for (int64_t piece : {1, 3, 64, 1000}) {
    for (int64_t rows_max : {1, 1000}) {
      how.piece = piece;
      how.rows_max = rows_max;
      std::string cut = Decode(format_name, text, columns, how);
      if (cut != whole)
        return fmt::format("whole:\n{}pieces of {} bytes, {} rows:\n{}", whole, piece, rows_max,
                           cut);
    }
  }
  return whole;
}

}  // namespace weir
