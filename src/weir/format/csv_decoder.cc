// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Like the JSON decoder a walk over an index: the positions of delimiters, quotes, escapes and line
// ends of a block, found 64 bytes at a time. A quote opens a field only at the field's beginning,
// as in RFC 4180; elsewhere it is a character.
//
//   7,"a ""b"", c",x\r\n      index:  ,  " "" "" ,   " ,  \n
//
// A record that is not complete at the end of a block is left for the next one. A bad record ends
// at its next line end.
#include "weir/format/csv_decoder.h"

#include <algorithm>
#include <bit>

#include "weir/data/loops.h"
#include "weir/data/text.h"
#include "weir/data/variant.h"
#include "weir/format/column_slots.h"
#include "weir/format/scalar_text.h"

namespace weir {
namespace {

class CsvDecoder : public RecordDecoder {
 public:
  CsvDecoder(const DecodeSpec& spec, CsvDialect dialect)
      : dialect_(std::move(dialect)), slots_(spec.requested) {
    for (const Field& field : spec.table_schema.fields) {
      int index = spec.requested.IndexOf(field.name);
      targets_.push_back(index < 0 ? nullptr : &slots_.column(static_cast<size_t>(index)));
      names_.push_back(field.name);
    }
  }

  Status SetBlock(const ByteBlock& block) override;
  Status BeginBatch(int64_t rows_max, arrow::MemoryPool* pool) override {
    num_rows_ = 0;
    WEIR_RETURN_NOT_OK(slots_.Begin(std::max<int64_t>(rows_max, 1), pool));
    if (!block_done()) slots_.AddHeap(block_.buffer);
    return Status::OK();
  }
  Status Decode(BadRecordHandler* bad_records) override;
  bool block_done() const override { return done_; }
  int64_t consumed() const override { return record_; }
  int64_t num_rows() const override { return num_rows_; }
  Result<Batch> FinishBatch() override { return slots_.Finish(num_rows_); }

 private:
  enum class Ending { kField, kRecord, kIncomplete, kBad };
  struct FieldText {
    int64_t begin = 0, end = 0;  // Of the content, without quotes.
    int64_t next = 0;            // Behind the delimiter or line end.
    bool quoted = false, escaped = false;
  };

  void BuildIndex();
  bool IsHeader() const;
  Ending CutField(int64_t at, FieldText* field);
  Ending CutQuoted(int64_t at, FieldText* field);
  Ending EndOfQuoted(int64_t after, FieldText* field);
  Ending ReadRecord(bool store);
  bool StoreField(size_t column, const FieldText& field);
  bool StoreText(ColumnSlot& slot, int64_t row, std::string_view text, bool quoted);
  bool StoreNested(ColumnSlot& slot, int64_t row, std::string_view text);
  bool StoreVariant(ColumnSlot& slot, int64_t row, std::string_view text);
  Result<std::string_view> Content(const FieldText& field);
  Status Reject(BadRecordHandler* bad_records);
  int64_t NextLine(int64_t at) const {
    const void* found = at >= block_.size ? nullptr
                                          : std::memchr(block_.data + at, '\n',
                                                        static_cast<size_t>(block_.size - at));
    return found == nullptr ? block_.size : static_cast<const char*>(found) - block_.data + 1;
  }
  bool Fail(int64_t at, std::string reason) {
    error_at_ = at;
    error_ = std::move(reason);
    column_.clear();
    return false;
  }

  CsvDialect dialect_;
  BatchSlots slots_;
  std::vector<ColumnSlot*> targets_;  // By column of the file; null: not asked for.
  std::vector<std::string> names_;
  ScalarReader scalars_;

  ByteBlock block_;
  std::vector<uint32_t> index_;
  size_t token_ = 0;    // First index entry at or after the place being read.
  int64_t record_ = 0;  // Where the record being read begins.
  bool done_ = true;
  bool is_utf8_ = true;
  bool header_done_ = false;
  int64_t num_rows_ = 0;
  int64_t error_at_ = 0, bad_next_ = 0;
  std::string error_, column_;
};

Status CsvDecoder::SetBlock(const ByteBlock& block) {
  block_ = block;
  record_ =
      block.stream_offset == 0 && block.size >= 3 && std::memcmp(block.data, "\xEF\xBB\xBF", 3) == 0
          ? 3
          : 0;
  if (block.stream_offset != 0) header_done_ = true;
  token_ = 0;
  done_ = false;
  BuildIndex();
  int64_t whole = block.size;
  if (!block.is_last) {
    const void* last = memrchr(block.data, '\n', static_cast<size_t>(block.size));
    whole = last == nullptr ? 0 : static_cast<const char*>(last) - block.data + 1;
    // Without a line end there is no whole record; the reader asks before it decodes.
    if (whole == 0) done_ = true, record_ = 0;
  }
  is_utf8_ = IsValidUtf8({block.data, static_cast<size_t>(whole)});
  slots_.AddHeap(block_.buffer);
  if (done_) return Status::OK();
  // Whether the first record is whole decides if the block can be worked on at all.
  size_t token = token_;
  int64_t record = record_;
  FieldText field;
  int64_t at = record_;
  Ending ending;
  do {
    ending = CutField(at, &field);
    at = field.next;
  } while (ending == Ending::kField);
  token_ = token;
  record_ = record;
  if (ending == Ending::kIncomplete) done_ = true, record_ = 0;
  return Status::OK();
}

void CsvDecoder::BuildIndex() {
  index_.clear();
  const char delimiter = dialect_.delimiter, quote = dialect_.quote, escape = dialect_.escape;
  const bool quotes = quote != '\0', escapes = escape != '\0';
  for (int64_t i = 0; i < block_.size; i += 64) {
    alignas(32) uint8_t bools[64];
    const char* bytes = block_.data + i;
    for (int j = 0; j < 64; ++j) {
      bools[j] =
          static_cast<uint8_t>((bytes[j] == delimiter) | (bytes[j] == '\n') |
                               (quotes & (bytes[j] == quote)) | (escapes & (bytes[j] == escape)));
    }
    uint64_t word = PackBools(bools);
    if (block_.size - i < 64) word &= (uint64_t{1} << (block_.size - i)) - 1;
    size_t base = index_.size();
    index_.resize(base + static_cast<size_t>(std::popcount(word)));
    uint32_t* out = index_.data() + base;
    while (word != 0) {
      *out++ = static_cast<uint32_t>(i + std::countr_zero(word));
      word &= word - 1;
    }
  }
}

// Whether the first record, which begins at record_, holds names.
bool CsvDecoder::IsHeader() const {
  if (dialect_.header != CsvDialect::Header::kAuto)
    return dialect_.header == CsvDialect::Header::kYes;
  std::string_view text(block_.data, static_cast<size_t>(block_.size));
  auto at = static_cast<size_t>(record_);
  std::vector<std::string> fields;
  return SplitCsvRecord(dialect_, text, block_.is_last, &at, &fields) && fields == names_;
}

// The field that begins at `at`. kRecord: it is the record's last one.
CsvDecoder::Ending CsvDecoder::CutField(int64_t at, FieldText* field) {
  field->quoted = field->escaped = false;
  if (dialect_.quote != '\0' && at < block_.size && block_.data[at] == dialect_.quote)
    return CutQuoted(at, field);
  field->begin = at;
  while (token_ < index_.size()) {
    int64_t position = index_[token_];
    if (position < at) {
      ++token_;
      continue;
    }
    char c = block_.data[position];
    ++token_;
    if (c == dialect_.delimiter || c == '\n') {
      field->next = position + 1;
      field->end =
          c == '\n' && position > at && block_.data[position - 1] == '\r' ? position - 1 : position;
      return c == '\n' ? Ending::kRecord : Ending::kField;
    }
    if (c == dialect_.escape && dialect_.escape != '\0') {
      field->escaped = true;
      at = position + 2;  // The next character stands for itself.
    }
  }
  if (!block_.is_last) return Ending::kIncomplete;
  field->end = field->next = block_.size;
  if (field->end > field->begin && block_.data[field->end - 1] == '\r') --field->end;
  return Ending::kRecord;
}

CsvDecoder::Ending CsvDecoder::CutQuoted(int64_t at, FieldText* field) {
  field->quoted = true;
  field->begin = at + 1;
  int64_t from = at + 1;
  while (token_ < index_.size()) {
    int64_t position = index_[token_++];
    if (position < from) continue;
    char c = block_.data[position];
    if (c == dialect_.escape && dialect_.escape != '\0' && dialect_.escape != dialect_.quote) {
      field->escaped = true;
      from = position + 2;
    } else if (c == dialect_.quote) {
      if (position + 1 < block_.size && block_.data[position + 1] == dialect_.quote) {
        field->escaped = true;
        from = position + 2;
        continue;
      }
      // A quote at the very end of the block may be the first half of a doubled one.
      if (position + 1 == block_.size && !block_.is_last) return Ending::kIncomplete;
      field->end = position;
      return EndOfQuoted(position + 1, field);
    }
  }
  if (!block_.is_last) return Ending::kIncomplete;
  Fail(at, "a quoted field is not closed");
  field->next = NextLine(record_);
  return Ending::kBad;
}

CsvDecoder::Ending CsvDecoder::EndOfQuoted(int64_t after, FieldText* field) {
  if (after < block_.size && block_.data[after] == '\r' && after + 1 < block_.size &&
      block_.data[after + 1] == '\n')
    ++after;
  if (after + 1 == block_.size && block_.data[after] == '\r') {
    if (!block_.is_last) return Ending::kIncomplete;
    ++after;
  }
  field->next = after + 1;
  if (after >= block_.size) {
    field->next = block_.size;
    return block_.is_last ? Ending::kRecord : Ending::kIncomplete;
  }
  if (block_.data[after] == dialect_.delimiter) return Ending::kField;
  if (block_.data[after] == '\n') return Ending::kRecord;
  field->next = NextLine(after);
  bool has_line_end = block_.data[field->next - 1] == '\n';
  if (!has_line_end && !block_.is_last) return Ending::kIncomplete;
  Fail(after, "text behind a closing quote");
  return Ending::kBad;
}

Status CsvDecoder::Decode(BadRecordHandler* bad_records) {
  while (!done_ && num_rows_ < slots_.rows_max()) {
    if (record_ >= block_.size) {
      done_ = true;
      break;
    }
    const char* begin = block_.data + record_;
    bool blank =
        *begin == '\n' || (*begin == '\r' && record_ + 1 < block_.size && begin[1] == '\n');
    bool comment = dialect_.has_comments && *begin == '#';
    if (blank || comment) {
      int64_t next = NextLine(record_);
      if (next == block_.size && begin[next - record_ - 1] != '\n' && !block_.is_last) {
        done_ = true;
        break;
      }
      record_ = next;
      continue;
    }
    bool is_header = !header_done_ && IsHeader();
    size_t token = token_;
    switch (ReadRecord(!is_header)) {
      case Ending::kIncomplete:
        slots_.ClearRow(num_rows_);
        token_ = token;
        done_ = true;
        break;
      case Ending::kBad:
        slots_.ClearRow(num_rows_);
        header_done_ = true;
        WEIR_RETURN_NOT_OK(Reject(bad_records));
        break;
      default:
        header_done_ = true;
        if (!is_header) ++num_rows_;
        break;
    }
  }
  return Status::OK();
}

// Reads the record at record_ and moves record_ behind it, unless it is incomplete. After kBad,
// error_ tells why, record_ still stands at the bad record, and bad_next_ is where to go on.
CsvDecoder::Ending CsvDecoder::ReadRecord(bool store) {
  int64_t at = record_;
  size_t column = 0;
  bool bad = false;
  while (true) {
    FieldText field;
    Ending ending = CutField(at, &field);
    if (ending == Ending::kIncomplete) return ending;
    if (ending == Ending::kBad) {
      if (column < names_.size()) column_ = names_[column];
      bad_next_ = field.next;
      return Ending::kBad;
    }
    if (store && !bad) {
      if (column >= targets_.size()) {
        if (!dialect_.ignore_parse_errors) bad = true, Fail(field.begin, "");
      } else if (targets_[column] != nullptr && !StoreField(column, field)) {
        if (dialect_.ignore_parse_errors) {
          targets_[column]->ClearRow(num_rows_);
        } else {
          bad = true;
        }
      }
    }
    ++column;
    at = field.next;
    if (ending == Ending::kRecord) break;
  }
  if (store && !bad && column < targets_.size() && !dialect_.ignore_parse_errors)
    bad = true, Fail(record_, "");
  if (bad && error_.empty())
    error_ = fmt::format("it has {} fields, the table has {} columns", column, targets_.size());
  if (!bad && !is_utf8_ &&
      !IsValidUtf8({block_.data + record_, static_cast<size_t>(at - record_)})) {
    bad = true;
    Fail(record_, "invalid UTF-8");
  }
  bad_next_ = at;
  if (bad) return Ending::kBad;
  record_ = at;
  return Ending::kRecord;
}

// Reports the bad record at record_ and goes behind it: where its end is not certain, to a line
// end.
Status CsvDecoder::Reject(BadRecordHandler* bad_records) {
  int64_t next = bad_next_;
  BadRecord record;
  record.stream_offset = block_.stream_offset + error_at_;
  int64_t end = next;
  while (end > record_ && (block_.data[end - 1] == '\n' || block_.data[end - 1] == '\r')) --end;
  record.bytes = {block_.data + record_, static_cast<size_t>(end - record_)};
  record.column = column_;
  record.reason = error_;
  WEIR_RETURN_NOT_OK(bad_records->OnBadRecord(record));
  record_ = next;
  token_ = static_cast<size_t>(
      std::lower_bound(index_.begin(), index_.end(), static_cast<uint32_t>(next)) - index_.begin());
  return Status::OK();
}

Result<std::string_view> CsvDecoder::Content(const FieldText& field) {
  std::string_view raw(block_.data + field.begin, static_cast<size_t>(field.end - field.begin));
  if (!field.escaped) return raw;
  WEIR_ASSIGN_OR_RETURN(char* out, slots_.AllocateBytes(static_cast<int64_t>(raw.size())));
  size_t size = 0;
  for (size_t i = 0; i < raw.size(); ++i) {
    bool pair = i + 1 < raw.size() &&
                ((dialect_.escape != '\0' && raw[i] == dialect_.escape) ||
                 (field.quoted && raw[i] == dialect_.quote && raw[i + 1] == dialect_.quote));
    if (pair) ++i;
    out[size++] = raw[i];
  }
  return std::string_view(out, size);
}

bool CsvDecoder::StoreField(size_t column, const FieldText& field) {
  auto content = Content(field);
  if (!content.ok()) return Fail(field.begin, "out of memory");
  if (StoreText(*targets_[column], num_rows_, *content, field.quoted)) return true;
  error_at_ = field.begin;
  column_ = names_[column];
  return false;
}

bool CsvDecoder::StoreText(ColumnSlot& slot, int64_t row, std::string_view text, bool quoted) {
  if (dialect_.null_literal && text == *dialect_.null_literal) return true;
  auto size = static_cast<uint32_t>(text.size());
  switch (slot.kind()) {
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      slot.SetView(row, text.data(), size);
      return true;
    case TypeKind::kBigInt: {
      uint64_t number;
      if (ParseDigits(text.data(), size, &number)) {
        slot.Set<int64_t>(row, static_cast<int64_t>(number));
        return true;
      }
      break;
    }
    case TypeKind::kInt: {
      uint64_t number;
      if (size <= 9 && ParseDigits(text.data(), size, &number)) {
        slot.Set<int32_t>(row, static_cast<int32_t>(number));
        return true;
      }
      break;
    }
    case TypeKind::kTimestamp: {
      auto store = [&](auto ticks) {
        if (!ReadTimestamp(text.data(), size, slot.type().precision(), '\0', &scalars_.dates,
                           &ticks))
          return false;
        slot.Set<decltype(ticks)>(row, ticks);
        return true;
      };
      if (slot.type().is_wide_timestamp() ? store(Int128{0}) : store(int64_t{0})) return true;
      break;
    }
    case TypeKind::kArray:
    case TypeKind::kRow:
      return text.empty() && !quoted ? true : StoreNested(slot, row, text);
    case TypeKind::kVariant:
      return text.empty() && !quoted ? true : StoreVariant(slot, row, text);
    default:
      break;
  }
  if (text.empty() && !quoted) return true;  // No number, date, ... is written so: it is NULL.
  std::string reason;
  if (scalars_.Store({text, true}, slot, row, &slots_, &reason)) return true;
  error_ = std::move(reason);
  return false;
}

// A variant is written as JSON.
bool CsvDecoder::StoreVariant(ColumnSlot& slot, int64_t row, std::string_view text) {
  VariantBuilder builder(VariantBuilder::DuplicateKeys::kKeepLast);
  std::string bytes;
  Status status = ParseVariantJson(text, &builder);
  if (status.ok()) status = builder.Finish(&bytes);
  if (!status.ok()) {
    error_ = status.message();
    return false;
  }
  auto room = slots_.AllocateBytes(static_cast<int64_t>(bytes.size()));
  if (!room.ok()) return Fail(0, "out of memory");
  std::memcpy(*room, bytes.data(), bytes.size());
  slot.SetView(row, *room, static_cast<uint32_t>(bytes.size()));
  return true;
}

// Elements of an array, or fields of a row, separated by 'array-element-delimiter'.
bool CsvDecoder::StoreNested(ColumnSlot& slot, int64_t row, std::string_view text) {
  bool is_array = slot.kind() == TypeKind::kArray;
  if (is_array && !slot.BeginList(row).ok()) return Fail(0, "out of memory");
  size_t at = 0, part = 0;
  while (!(is_array && text.empty())) {
    size_t end = std::min(text.find(dialect_.element_delimiter, at), text.size());
    std::string_view element = text.substr(at, end - at);
    if (is_array) {
      auto child = slot.AddElement();
      if (!child.ok()) return Fail(0, child.status().message());
      if (!StoreText(slot.child(0), *child, element, false)) return false;
    } else {
      if (part >= slot.num_children()) return Fail(0, "it has more parts than the ROW has fields");
      if (!StoreText(slot.child(part), row, element, false)) return false;
    }
    ++part;
    if (end == text.size()) break;
    at = end + dialect_.element_delimiter.size();
  }
  if (is_array) {
    slot.EndList(row);
    return true;
  }
  if (part < slot.num_children()) return Fail(0, "it has fewer parts than the ROW has fields");
  slot.Mark(row);
  return true;
}

Status CheckType(const Field& field, int depth) {
  switch (field.type.kind()) {
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return Unsupported("the type {} of column '{}' in the format 'csv' is not supported",
                         field.type.ToString(), field.name);
    case TypeKind::kArray:
    case TypeKind::kRow:
      if (depth > 0)
        return Unsupported(
            "nested types within nested types in the format 'csv' (column '{}') are not supported",
            field.name);
      for (const Field& child : field.type.fields())
        WEIR_RETURN_NOT_OK(CheckType({field.name, child.type}, depth + 1));
      return Status::OK();
    default:
      return Status::OK();
  }
}

}  // namespace

Result<std::unique_ptr<RecordDecoder>> MakeCsvDecoder(const DecodeSpec& spec) {
  for (const Field& field : spec.table_schema.fields) WEIR_RETURN_NOT_OK(CheckType(field, 0));
  DecodeSpec whole = spec;
  // Fields within a ROW go by position: a pruned ROW is read whole. The caller sees the type that
  // it asked for by name.
  for (const Field& field : spec.requested.fields) {
    int index = spec.table_schema.IndexOf(field.name);
    if (field.type.kind() == TypeKind::kRow && index >= 0 &&
        field.type.fields().size() != spec.table_schema[index].type.fields().size()) {
      return Unsupported(
          "reading some fields of the ROW column '{}' of a CSV file is not supported yet",
          field.name);
    }
  }
  WEIR_ASSIGN_OR_RETURN(CsvDialect dialect, ReadCsvDialect(spec.options));
  return std::make_unique<CsvDecoder>(whole, std::move(dialect));
}

bool SplitCsvRecord(const CsvDialect& dialect, std::string_view text, bool is_whole, size_t* at,
                    std::vector<std::string>* fields) {
  fields->clear();
  size_t i = *at;
  if (i >= text.size()) return false;
  while (true) {
    std::string field;
    if (dialect.quote != '\0' && i < text.size() && text[i] == dialect.quote) {
      for (++i; i < text.size(); ++i) {
        if (text[i] == dialect.quote) {
          if (i + 1 >= text.size() || text[i + 1] != dialect.quote) break;
          ++i;
        } else if (dialect.escape != '\0' && text[i] == dialect.escape && i + 1 < text.size()) {
          ++i;
        }
        field += text[i];
      }
      if (i >= text.size()) return false;
      ++i;
    }
    while (i < text.size() && text[i] != dialect.delimiter && text[i] != '\n') {
      if (dialect.escape != '\0' && text[i] == dialect.escape && i + 1 < text.size()) ++i;
      field += text[i++];
    }
    bool ends = i >= text.size() || text[i] == '\n';
    if (i >= text.size() && !is_whole) return false;
    if (ends && !field.empty() && field.back() == '\r') field.pop_back();
    fields->push_back(std::move(field));
    ++i;
    if (ends) break;
  }
  *at = i;
  return true;
}

}  // namespace weir
