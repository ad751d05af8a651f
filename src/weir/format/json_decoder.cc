// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The hottest loop of reading: a walk over simdjson's structural index, driven by a plan compiled
// from the schema.
//
//   {"event_type":2,"person":null,"bid":{"auction":1007,...}}
//    ^ ^           ^ ^                                            positions of the index
//   expected key? -> its slot -> typed store at `row`             no allocation, no virtual call,
//   no hash a field
//
// Keys are compared with the key that came at this place in the record before
// (JsonObjectPlan::expected). Strings without escapes stay where they are: the block of input is a
// heap of the batch. The end of a string follows from the next position of the index, so its bytes
// are not looked at; whether it has a backslash is known from one search for backslashes over the
// whole block.
//
// Errors: a record that cannot be a row sets `error_` and goes to the BadRecordHandler. The first
// stage checks a block at once; if it refuses one, lines are indexed one by one to find the bad
// ones.
#include "weir/format/json_decoder.h"

#include <algorithm>
#include <limits>

#include "weir/data/text.h"
#include "weir/data/variant.h"
#include "weir/format/json_plan.h"
#include "weir/format/json_tokens.h"
#include "weir/format/scalar_text.h"

namespace weir {
namespace {

constexpr int kDepthMax = 1000;  // As Jackson's limit.
constexpr size_t kExpectedKeysMax = 1024;

using Token = const uint32_t*;

class JsonDecoder : public RecordDecoder {
 public:
  JsonDecoder(const DecodeSpec& spec, bool null_bad_fields, bool need_all_fields,
              char time_separator)
      : slots_(spec.requested),
        null_bad_fields_(null_bad_fields),
        need_all_fields_(need_all_fields) {
    scalars_.time_separator = time_separator;
  }

  Status Compile(const Schema& schema) {
    std::vector<ColumnSlot*> slots;
    for (size_t i = 0; i < slots_.num_columns(); ++i) slots.push_back(&slots_.column(i));
    return CompileJsonObject(schema.fields, slots, &root_);
  }

  Status SetBlock(const ByteBlock& block) override;
  Status BeginBatch(int64_t rows_max, arrow::MemoryPool* pool) override {
    num_rows_ = 0;
    WEIR_RETURN_NOT_OK(slots_.Begin(std::max<int64_t>(rows_max, 1), pool));
    if (!block_done()) slots_.AddHeap(block_.buffer);
    return Status::OK();
  }
  Status Decode(BadRecordHandler* bad_records) override;
  bool block_done() const override { return token_ >= token_end_ && next_line_ >= limit_; }
  int64_t consumed() const override { return consumed_ - block_.data; }
  bool needs_whole_stream() const override { return is_array_; }
  int64_t num_rows() const override { return num_rows_; }
  Result<Batch> FinishBatch() override { return slots_.Finish(num_rows_); }

 private:
  // How a failed value is treated depends on whether its text is JSON at all.
  enum class Fault { kNone, kSyntax, kValue };

  void UseTokens(const char* text, size_t size);
  Status DecodeLine(BadRecordHandler* bad_records);
  Status DecodeArray(BadRecordHandler* bad_records);
  Status Reject(const char* begin, const char* end, BadRecordHandler* bad_records);

  Token ParseObject(JsonObjectPlan& plan, int64_t row, Token t);
  Token ParseValue(JsonFieldPlan& field, int64_t row, Token t);
  Token ParseString(JsonFieldPlan& field, int64_t row, Token t);
  Token ParseList(JsonFieldPlan& field, int64_t row, Token t);
  Token ParseMap(JsonFieldPlan& field, int64_t row, Token t);
  Token ParseVariant(JsonFieldPlan& field, int64_t row, Token t);
  Token SkipValue(Token t);
  Token SkipNested(Token t);
  const JsonKey* FindKey(JsonObjectPlan& plan, Token t, size_t* position);
  bool ReadStringBytes(Token t, const char** data, uint32_t* size);
  bool CheckFields(JsonObjectPlan& plan, uint64_t object, Token t);

  Token Syntax(Token t, const char* reason) {
    fault_ = Fault::kSyntax;
    error_at_ = text_ + *t;
    error_ = reason;
    column_.clear();
    return nullptr;
  }
  Token BadValue(Token t, std::string reason) {
    fault_ = Fault::kValue;
    error_at_ = text_ + *t;
    error_ = std::move(reason);
    column_.clear();
    return nullptr;
  }
  // The last byte of the scalar that begins at *t.
  const char* ScalarEnd(Token t) const {
    const char* last = text_ + t[1] - 1;
    while (static_cast<unsigned char>(*last) <= ' ') --last;
    return last;
  }
  // Whether a backslash lies in [begin, end). Searches forward only: values come in the order of
  // the text.
  bool HasEscape(const char* begin, const char* end) {
    if (next_backslash_ >= end) return false;
    if (next_backslash_ < begin) {
      const void* found = std::memchr(begin, '\\', static_cast<size_t>(text_end_ - begin));
      next_backslash_ = found == nullptr ? text_end_ : static_cast<const char*>(found);
    }
    return next_backslash_ < end;
  }

  BatchSlots slots_;
  VariantBuilder variants_{VariantBuilder::DuplicateKeys::kKeepLast};
  std::string variant_;
  JsonObjectPlan root_;
  ScalarReader scalars_;
  bool null_bad_fields_;
  bool need_all_fields_;
  uint64_t objects_ = 0;

  JsonTokens tokens_;
  ByteBlock block_;
  const char* limit_ = nullptr;      // End of the block's whole records.
  const char* next_line_ = nullptr;  // Lines still to be indexed one by one.
  const char* consumed_ = nullptr;
  const char* text_ = nullptr;  // What token positions count from.
  const char* text_end_ = nullptr;
  const char* next_backslash_ = nullptr;
  Token token_ = nullptr, token_end_ = nullptr;
  bool is_array_ = false;
  int64_t num_rows_ = 0;

  Fault fault_ = Fault::kNone;
  const char* error_at_ = nullptr;
  std::string error_, column_;
};

Status JsonDecoder::SetBlock(const ByteBlock& block) {
  block_ = block;
  token_ = token_end_ = nullptr;
  const char* begin = block.data;
  limit_ = next_line_ = consumed_ = begin;
  if (block.stream_offset == 0 && block.size >= 3 && std::memcmp(begin, "\xEF\xBB\xBF", 3) == 0)
    begin += 3;  // Byte order mark.
  if (block.stream_offset == 0) {
    const char* first = begin;
    while (first < block.data + block.size && static_cast<unsigned char>(*first) <= ' ') ++first;
    is_array_ = first < block.data + block.size && *first == '[';
  }
  if (block.is_last) {
    limit_ = block.data + block.size;
  } else if (!is_array_) {
    const void* last = memrchr(block.data, '\n', static_cast<size_t>(block.size));
    if (last != nullptr) limit_ = static_cast<const char*>(last) + 1;
  }
  next_line_ = limit_;
  if (limit_ <= begin) {
    consumed_ = limit_;
    return Status::OK();
  }
  consumed_ = begin;
  auto size = static_cast<size_t>(limit_ - begin);
  error_ = tokens_.Index(begin, size);
  if (error_.empty()) {
    UseTokens(begin, size);
  } else if (is_array_) {
    return InvalidData("the file is not valid JSON: {}", error_);
  } else {
    next_line_ = begin;
  }
  if (token_ == token_end_ && next_line_ == limit_) consumed_ = limit_;
  slots_.AddHeap(block_.buffer);
  return Status::OK();
}

void JsonDecoder::UseTokens(const char* text, size_t size) {
  text_ = text;
  text_end_ = text + size;
  token_ = tokens_.begin();
  token_end_ = tokens_.end();
  next_backslash_ = text - 1;
}

Status JsonDecoder::Decode(BadRecordHandler* bad_records) {
  if (is_array_) return DecodeArray(bad_records);
  while (num_rows_ < slots_.rows_max()) {
    if (token_ < token_end_) {
      WEIR_RETURN_NOT_OK(DecodeLine(bad_records));
      continue;
    }
    if (next_line_ >= limit_) {
      consumed_ = limit_;
      break;
    }
    const void* found = std::memchr(next_line_, '\n', static_cast<size_t>(limit_ - next_line_));
    const char* line = next_line_;
    next_line_ = found == nullptr ? limit_ : static_cast<const char*>(found) + 1;
    auto size = static_cast<size_t>(next_line_ - line);
    error_ = tokens_.Index(line, size);
    token_ = token_end_ = nullptr;
    if (error_.empty()) {
      UseTokens(line, size);
    } else {
      error_at_ = line;
      column_.clear();
      WEIR_RETURN_NOT_OK(Reject(line, next_line_, bad_records));
    }
    consumed_ = token_ < token_end_ ? line : next_line_;
  }
  return Status::OK();
}

// One record, which must end before its line does.
Status JsonDecoder::DecodeLine(BadRecordHandler* bad_records) {
  const char* begin = text_ + *token_;
  const void* found = std::memchr(begin, '\n', static_cast<size_t>(text_end_ - begin));
  const char* line_end = found == nullptr ? text_end_ : static_cast<const char*>(found);
  Token next = *begin == '{' ? ParseObject(root_, num_rows_, token_)
                             : Syntax(token_, "a record must be a JSON object");
  if (next != nullptr) {
    if (text_ + next[-1] >= line_end) {
      next = Syntax(next - 1, "the line ends within the record");
    } else if (text_ + *next < line_end) {
      next = Syntax(next, "more text behind the record");
    }
  }
  if (next != nullptr) {
    token_ = next;
    ++num_rows_;
  } else {
    // Said alike wherever blocks end.
    if (error_at_ >= line_end) error_ = "the line ends within the record", column_.clear();
    slots_.ClearRow(num_rows_);
    while (token_ < token_end_ && text_ + *token_ < line_end) ++token_;
    next_backslash_ = std::min(next_backslash_, line_end);
    WEIR_RETURN_NOT_OK(Reject(begin, line_end, bad_records));
  }
  consumed_ = std::min(line_end + 1, limit_);
  return Status::OK();
}

// The file is one array: records between its brackets, whatever the lines.
Status JsonDecoder::DecodeArray(BadRecordHandler* bad_records) {
  if (token_ >= token_end_) return Status::OK();
  if (text_[*token_] == '[') {
    ++token_;
    if (text_[*token_] == ']') token_ = token_end_;
  }
  while (token_ < token_end_ && num_rows_ < slots_.rows_max()) {
    const char* begin = text_ + *token_;
    Token next = *begin == '{' ? ParseObject(root_, num_rows_, token_)
                               : Syntax(token_, "a record must be a JSON object");
    if (next == nullptr) {
      slots_.ClearRow(num_rows_);
      std::string reason = std::move(error_), column = std::move(column_);
      const char* at = error_at_;
      next = SkipValue(token_);
      if (next == nullptr)
        return InvalidData("the file is not valid JSON at byte {}: {}", error_at_ - block_.data,
                           error_);
      error_ = std::move(reason);
      column_ = std::move(column);
      error_at_ = at;
      next_backslash_ = std::min(next_backslash_, begin);
      WEIR_RETURN_NOT_OK(Reject(begin, text_ + next[-1] + 1, bad_records));
    } else {
      ++num_rows_;
    }
    consumed_ = text_ + *next;
    char separator = text_[*next];
    if (separator == ']') {
      if (next + 1 != token_end_)
        return InvalidData("more text behind the array at byte {}", text_ + next[1] - block_.data);
      token_ = token_end_;
    } else if (separator == ',') {
      token_ = next + 1;
    } else {
      return InvalidData("the file is not valid JSON at byte {}: expected ',' or ']'",
                         consumed_ - block_.data);
    }
  }
  if (token_ >= token_end_) consumed_ = limit_;
  return Status::OK();
}

Status JsonDecoder::Reject(const char* begin, const char* end, BadRecordHandler* bad_records) {
  BadRecord record;
  record.stream_offset = block_.stream_offset + (error_at_ - block_.data);
  while (end > begin && (end[-1] == '\n' || end[-1] == '\r')) --end;
  record.bytes = {begin, static_cast<size_t>(end - begin)};
  record.column = column_;
  record.reason = error_;
  return bad_records->OnBadRecord(record);
}

Token JsonDecoder::ParseObject(JsonObjectPlan& plan, int64_t row, Token t) {
  uint64_t object = ++objects_;
  ++t;
  if (text_[*t] == '}') {
    if (need_all_fields_ && !CheckFields(plan, object, t)) return nullptr;
    return t + 1;
  }
  size_t position = 0;
  while (true) {
    const char* quote = text_ + *t;
    if (*quote != '"') return Syntax(t, "expected a key in double quotes");
    const JsonKey* key;
    if (position < plan.expected.size() && plan.expected[position].Matches(quote + 1)) {
      key = &plan.expected[position++];
    } else {
      key = FindKey(plan, t, &position);
      if (key == nullptr) return nullptr;
    }
    if (text_[t[1]] != ':') return Syntax(t + 1, "expected ':' after a key");
    JsonFieldPlan* field = key->field;
    Token value = t + 2;
    if (field == nullptr) {
      t = SkipValue(value);
      if (t == nullptr) return nullptr;
    } else {
      field->seen = object;
      t = ParseValue(*field, row, value);
      if (__builtin_expect(t == nullptr, 0)) {
        if (null_bad_fields_ && fault_ == Fault::kValue) {
          field->slot->ClearRow(row);
          t = SkipValue(value);
        }
        if (t == nullptr) {
          if (fault_ == Fault::kValue)
            column_ = column_.empty() ? field->name : field->name + "." + column_;
          return nullptr;
        }
      }
    }
    char separator = text_[*t];
    ++t;
    if (separator == ',') continue;
    if (separator != '}') return Syntax(t - 1, "expected ',' or '}'");
    if (need_all_fields_ && !CheckFields(plan, object, t - 1)) return nullptr;
    return t;
  }
}

bool JsonDecoder::CheckFields(JsonObjectPlan& plan, uint64_t object, Token t) {
  for (JsonFieldPlan& field : plan.fields) {
    if (field.seen == object) continue;
    BadValue(t, "the key is missing");
    column_ = field.name;
    return false;
  }
  return true;
}

// The key is not the one that was expected: finds it further on, or among all fields, and learns
// its place.
const JsonKey* JsonDecoder::FindKey(JsonObjectPlan& plan, Token t, size_t* position) {
  const char* name = text_ + *t + 1;
  size_t near_end = std::min(plan.expected.size(), *position + 16);
  for (size_t i = *position; i < near_end; ++i) {
    if (plan.expected[i].Matches(name)) {
      *position = i + 1;
      return &plan.expected[i];
    }
  }
  const char* bytes;
  uint32_t size;
  if (!ReadStringBytes(t, &bytes, &size)) return nullptr;
  bool is_raw = bytes == name;
  auto found = plan.by_name.find(std::string_view(bytes, size));
  JsonFieldPlan* field = found == plan.by_name.end() ? nullptr : found->second;
  if (!is_raw) {
    static const JsonKey kIgnored{};
    if (field == nullptr) return &kIgnored;
  }
  std::string_view stable = field != nullptr ? std::string_view(field->name) : std::string_view();
  bool room = plan.expected.size() < std::min(kExpectedKeysMax, 2 * plan.fields.size() + 64);
  if (!room) {
    plan.expected.clear();
    plan.names.clear();
    *position = 0;
  }
  if (field == nullptr) {
    plan.names.emplace_back(bytes, size);
    stable = plan.names.back();
  }
  JsonKey key = MakeJsonKey(stable, field);
  *position = std::min(*position, plan.expected.size());
  plan.expected.insert(plan.expected.begin() + static_cast<std::ptrdiff_t>(*position), key);
  return &plan.expected[(*position)++];
}

// The decoded bytes of the string at *t; where it has escapes, in memory of the batch.
bool JsonDecoder::ReadStringBytes(Token t, const char** data, uint32_t* size) {
  const char* begin = text_ + *t + 1;
  const char* end = ScalarEnd(t);
  *data = begin;
  *size = static_cast<uint32_t>(end - begin);
  if (__builtin_expect(!HasEscape(begin, end), 1)) return true;
  auto room = slots_.AllocateBytes(end - begin);
  if (!room.ok()) {
    Syntax(t, "out of memory");
    return false;
  }
  char* out_end = tokens_.Unescape(begin, *room);
  // The library lets halves of surrogate pairs through, as bytes that are no UTF-8.
  if (out_end == nullptr || !IsValidUtf8({*room, static_cast<size_t>(out_end - *room)})) {
    BadValue(t, "a bad escape in a string, or half of a surrogate pair");
    return false;
  }
  *data = *room;
  *size = static_cast<uint32_t>(out_end - *room);
  return true;
}

Token JsonDecoder::ParseValue(JsonFieldPlan& field, int64_t row, Token t) {
  const char* p = text_ + *t;
  if (*p == 'n') {
    if (ScalarEnd(t) != p + 3 || std::memcmp(p, "null", 4) != 0)
      return Syntax(t, "expected a value");
    field.slot->SetNull(row);
    return t + 1;
  }
  switch (field.kind) {
    case TypeKind::kBigInt: {
      // The common form: digits only, no sign, up to the next separator.
      auto size = static_cast<uint32_t>(t[1] - t[0]);
      uint64_t number;
      if (ParseDigits(p, size, &number) && (*p != '0' || size == 1)) {
        field.slot->Set<int64_t>(row, static_cast<int64_t>(number));
        return t + 1;
      }
      break;
    }
    case TypeKind::kInt: {
      auto size = static_cast<uint32_t>(t[1] - t[0]);
      uint64_t number;
      if (size <= 9 && ParseDigits(p, size, &number) && (*p != '0' || size == 1)) {
        field.slot->Set<int32_t>(row, static_cast<int32_t>(number));
        return t + 1;
      }
      break;
    }
    case TypeKind::kChar:
    case TypeKind::kVarchar:
      return ParseString(field, row, t);
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampLtz:
      if (*p == '"') {
        const char* end = ScalarEnd(t);
        if (field.kind == TypeKind::kTimestampLtz && end[-1] == 'Z') --end;
        auto store = [&](auto ticks) {
          if (!ReadTimestamp(p + 1, static_cast<uint32_t>(end - p - 1), field.precision,
                             scalars_.time_separator, &scalars_.dates, &ticks))
            return false;
          field.slot->Set<decltype(ticks)>(row, ticks);
          return true;
        };
        if (field.precision > 6 ? store(Int128{0}) : store(int64_t{0})) return t + 1;
      }
      break;
    case TypeKind::kRow: {
      if (*p != '{')
        return static_cast<unsigned char>(*p) <= ' '
                   ? Syntax(t, "expected a value")
                   : BadValue(t, "expected an object for " + field.slot->type().ToString());
      if (field.slot->IsSet(row)) field.slot->ClearRow(row);
      Token next = ParseObject(*field.object, row, t);
      if (next != nullptr) field.slot->Mark(row);
      return next;
    }
    case TypeKind::kArray:
      return ParseList(field, row, t);
    case TypeKind::kMap:
    case TypeKind::kMultiset:
      return ParseMap(field, row, t);
    case TypeKind::kVariant:
      return ParseVariant(field, row, t);
    default:
      break;
  }
  if (static_cast<unsigned char>(*p) <= ' ') return Syntax(t, "expected a value");
  ScalarText scalar;
  scalar.is_string = *p == '"';
  if (scalar.is_string) {
    uint32_t size;
    const char* data;
    if (!ReadStringBytes(t, &data, &size)) return nullptr;
    scalar.text = {data, size};
  } else if (*p == '{' || *p == '[') {
    return BadValue(t, "expected a " + field.slot->type().ToString() + ", not an object or array");
  } else {
    scalar.text = {p, static_cast<size_t>(ScalarEnd(t) + 1 - p)};
    if (!IsJsonScalar(scalar.text)) return Syntax(t, "expected a value");
  }
  std::string reason;
  if (!scalars_.Store(scalar, *field.slot, row, &slots_, &reason))
    return BadValue(t, std::move(reason));
  return t + 1;
}

// Any value can be a string: numbers and literals as they are written, objects and arrays as
// compact text.
Token JsonDecoder::ParseString(JsonFieldPlan& field, int64_t row, Token t) {
  const char* p = text_ + *t;
  if (__builtin_expect(*p == '"', 1)) {
    const char* data;
    uint32_t size;
    if (!ReadStringBytes(t, &data, &size)) return nullptr;
    field.slot->SetView(row, data, size);
    return t + 1;
  }
  if (*p != '{' && *p != '[') {
    if (static_cast<unsigned char>(*p) <= ' ') return Syntax(t, "expected a value");
    std::string_view text(p, static_cast<size_t>(ScalarEnd(t) + 1 - p));
    if (!IsJsonScalar(text)) return Syntax(t, "expected a value");
    field.slot->SetView(row, text.data(), static_cast<uint32_t>(text.size()));
    return t + 1;
  }
  Token next = SkipValue(t);
  if (next == nullptr) return nullptr;
  auto room = slots_.AllocateBytes(text_ + next[-1] + 1 - p);
  if (!room.ok()) return Syntax(t, "out of memory");
  size_t size = CompactJson({p, static_cast<size_t>(text_ + next[-1] + 1 - p)}, *room);
  field.slot->SetView(row, *room, static_cast<uint32_t>(size));
  return next;
}

Token JsonDecoder::ParseList(JsonFieldPlan& field, int64_t row, Token t) {
  if (text_[*t] != '[')
    return BadValue(t, "expected an array for " + field.slot->type().ToString());
  if (!field.slot->BeginList(row).ok()) return Syntax(t, "out of memory");
  ++t;
  if (text_[*t] == ']') {
    field.slot->EndList(row);
    return t + 1;
  }
  while (true) {
    auto element = field.slot->AddElement();
    if (!element.ok()) return Syntax(t, "out of memory");
    t = ParseValue(field.elements[0], *element, t);
    if (t == nullptr) return nullptr;
    char separator = text_[*t++];
    if (separator == ',') continue;
    if (separator != ']') return Syntax(t - 1, "expected ',' or ']'");
    field.slot->EndList(row);
    return t;
  }
}

Token JsonDecoder::ParseMap(JsonFieldPlan& field, int64_t row, Token t) {
  if (text_[*t] != '{')
    return BadValue(t, "expected an object for " + field.slot->type().ToString());
  if (!field.slot->BeginList(row).ok()) return Syntax(t, "out of memory");
  ++t;
  if (text_[*t] == '}') {
    field.slot->EndList(row);
    return t + 1;
  }
  while (true) {
    if (text_[*t] != '"') return Syntax(t, "expected a key in double quotes");
    if (text_[t[1]] != ':') return Syntax(t + 1, "expected ':' after a key");
    auto element = field.slot->AddElement();
    if (!element.ok()) return Syntax(t, "out of memory");
    if (ParseString(field.elements[0], *element, t) == nullptr) return nullptr;
    t = ParseValue(field.elements[1], *element, t + 2);
    if (t == nullptr) return nullptr;
    char separator = text_[*t++];
    if (separator == ',') continue;
    if (separator != '}') return Syntax(t - 1, "expected ',' or '}'");
    field.slot->EndList(row);
    return t;
  }
}

Token JsonDecoder::ParseVariant(JsonFieldPlan& field, int64_t row, Token t) {
  const char* p = text_ + *t;
  const bool is_nested = *p == '{' || *p == '[';
  Token next = SkipValue(t);
  if (next == nullptr) return nullptr;
  const char* last = is_nested ? text_ + next[-1] : ScalarEnd(t);
  variants_.Clear();
  Status status = ParseVariantJson({p, static_cast<size_t>(last + 1 - p)}, &variants_);
  variant_.clear();
  if (status.ok()) status = variants_.Finish(&variant_);
  if (!status.ok()) return BadValue(t, status.message());
  auto room = slots_.AllocateBytes(static_cast<int64_t>(variant_.size()));
  if (!room.ok()) return Syntax(t, "out of memory");
  std::memcpy(*room, variant_.data(), variant_.size());
  field.slot->SetView(row, *room, static_cast<uint32_t>(variant_.size()));
  return next;
}

Token JsonDecoder::SkipValue(Token t) {
  switch (text_[*t]) {
    case '{':
    case '[':
      return SkipNested(t);
    case '}':
    case ']':
    case ',':
    case ':':
    case '\n':
    case '\0':
      return Syntax(t, "expected a value");
    default:
      return t + 1;
  }
}

Token JsonDecoder::SkipNested(Token t) {
  uint64_t is_object[(kDepthMax + 63) / 64 + 1] = {};
  int depth = 0;
  Token begin = t;
  do {
    char c = text_[*t];
    if (c == '{' || c == '[') {
      if (depth == kDepthMax) return Syntax(begin, "nested deeper than 1000 levels");
      uint64_t bit = uint64_t{1} << (depth & 63);
      is_object[depth >> 6] = c == '{' ? is_object[depth >> 6] | bit : is_object[depth >> 6] & ~bit;
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
      if (((is_object[depth >> 6] >> (depth & 63)) & 1) != (c == '}' ? 1u : 0u))
        return Syntax(t, "brackets do not match");
    } else if (c == '\0' || c == '\n') {
      return Syntax(t, "the text ends within a value");
    }
    ++t;
  } while (depth > 0);
  return t;
}

}  // namespace

Result<std::unique_ptr<RecordDecoder>> MakeJsonDecoder(const DecodeSpec& spec) {
  WEIR_ASSIGN_OR_RETURN(bool ignore, spec.options.GetBool("ignore-parse-errors", false));
  WEIR_ASSIGN_OR_RETURN(bool need_all, spec.options.GetBool("fail-on-missing-field", false));
  if (ignore && need_all) {
    return InvalidQuery(
        "the options 'json.ignore-parse-errors' and 'json.fail-on-missing-field' cannot both be "
        "true");
  }
  char separator = '\0';
  if (auto standard = spec.options.Get("timestamp-format.standard"))
    separator = *standard == "SQL" ? ' ' : 'T';
  auto decoder = std::make_unique<JsonDecoder>(spec, ignore, need_all, separator);
  WEIR_RETURN_NOT_OK(decoder->Compile(spec.requested));
  return decoder;
}

}  // namespace weir
