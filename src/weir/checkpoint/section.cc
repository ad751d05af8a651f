// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/section.h"

#include <arrow/util/compression.h>
#include <xxhash.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "weir/checkpoint/column_bytes.h"

namespace weir {
namespace {

constexpr uint32_t kMagic = 0x43455357;  // "WSEC"
constexpr uint16_t kVersion = 1;
constexpr int64_t kHeadBytes = 24;
constexpr int64_t kChecksumBytes = 8;
constexpr int64_t kGroupRowsMax = 64 << 10;
// A group that has become longer is written again in halves.
constexpr int64_t kGroupBytesMax = 4 << 20;
constexpr int64_t kRawBytesMax = int64_t{1} << 31;

constexpr uint8_t kKeyed = 1, kSlots = 2, kKinds = 4;
enum Codec : uint8_t { kPlain = 0, kLz4 = 1 };

Result<std::unique_ptr<arrow::util::Codec>> MakeCodec() {
  return arrow::util::Codec::Create(arrow::Compression::LZ4);
}

// Differences, so that ascending slots become small numbers.
void EncodeAscending(std::span<const uint32_t> values, ByteWriter& out) {
  std::vector<uint32_t> steps(values.size());
  uint32_t last = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    steps[i] = values[i] - last;
    last = values[i];
  }
  // The first one says where they begin; without it neighbours are all 1.
  out.Number(values.empty() ? uint32_t{0} : steps[0]);
  if (!values.empty())
    EncodeNumbers(steps.data() + 1, static_cast<int64_t>(values.size()) - 1, out);
}

Result<std::vector<uint32_t>> DecodeAscending(int64_t length, ByteReader& in,
                                              const BufferPtr& block, arrow::MemoryPool* pool) {
  WEIR_ASSIGN_OR_RETURN(uint32_t last, in.Number<uint32_t>());
  std::vector<uint32_t> values;
  if (length == 0) return values;
  WEIR_ASSIGN_OR_RETURN(BufferPtr steps, DecodeNumbers<uint32_t>(length - 1, in, block, pool));
  const auto* step = reinterpret_cast<const uint32_t*>(steps->data());
  values.resize(static_cast<size_t>(length));
  values[0] = last;
  for (int64_t i = 1; i < length; ++i) values[static_cast<size_t>(i)] = last += step[i - 1];
  return values;
}

Result<SectionRows> DecodeGroup(const Schema& schema, ByteReader& in, const BufferPtr& block,
                                arrow::MemoryPool* pool) {
  SectionRows group;
  WEIR_ASSIGN_OR_RETURN(uint32_t num_rows, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint32_t num_erased, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint8_t flags, in.Number<uint8_t>());
  if (num_rows > kGroupRowsMax || num_erased > kGroupRowsMax || flags > (kKeyed | kSlots | kKinds))
    return Corruption("the head of a group of rows makes no sense");
  group.rows.num_rows = num_rows;
  if ((flags & kKeyed) != 0) {
    WEIR_ASSIGN_OR_RETURN(const uint8_t* at, in.Array(int64_t{num_rows} * 4));
    const auto* prefixes = reinterpret_cast<const uint32_t*>(at);
    group.hash_prefixes.assign(prefixes, prefixes + num_rows);
  }
  if ((flags & kSlots) != 0) {
    WEIR_ASSIGN_OR_RETURN(group.slots, DecodeAscending(num_rows, in, block, pool));
    WEIR_ASSIGN_OR_RETURN(group.erased, DecodeAscending(num_erased, in, block, pool));
  } else if (num_erased != 0) {
    return Corruption("rows are erased by slot from a table without slots");
  }
  if (num_rows == 0) return group;
  if ((flags & kKinds) != 0) {
    WEIR_ASSIGN_OR_RETURN(const uint8_t* kinds, in.Bytes(num_rows));
    if (std::any_of(kinds, kinds + num_rows, [](uint8_t kind) { return kind > 3; }))
      return Corruption("a row has an unknown kind");
    group.rows.row_kinds = arrow::SliceBuffer(block, kinds - block->data(), num_rows);
  }
  for (const Field& field : schema.fields) {
    Result<ColumnPtr> column = DecodeColumn(field.type, num_rows, in, block, pool);
    if (!column.ok()) return WithContext(column.status(), fmt::format("column '{}'", field.name));
    group.rows.columns.push_back(std::move(*column));
  }
  return group;
}

Status DecodeBlock(ByteReader& in, const Schema& schema, arrow::util::Codec& codec,
                   arrow::MemoryPool* pool, std::vector<SectionRows>* out) {
  WEIR_ASSIGN_OR_RETURN(uint32_t stored, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint32_t raw, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint8_t how, in.Number<uint8_t>());
  WEIR_ASSIGN_OR_RETURN(const uint8_t* bytes, in.Bytes(stored));
  // LZ4 never makes more than 255 bytes of one.
  if (how > kLz4 || (how == kPlain && raw != stored) || raw > int64_t{stored} * 255 + 64)
    return Corruption("the head of a block makes no sense");
  WEIR_ASSIGN_OR_RETURN(auto block, AllocateBuffer(int64_t{raw} + kReadableTailBytes, pool));
  uint8_t* to = block->mutable_data();
  std::memset(to + raw, 0, kReadableTailBytes);
  if (how == kPlain) {
    if (raw > 0) std::memcpy(to, bytes, raw);
  } else {
    Result<int64_t> got = codec.Decompress(stored, bytes, raw, to);
    if (!got.ok() || *got != int64_t{raw}) return Corruption("a block cannot be decompressed");
  }
  BufferPtr shared = std::move(block);
  ByteReader reader(shared->data(), raw);
  WEIR_ASSIGN_OR_RETURN(uint32_t num_groups, reader.Number<uint32_t>());
  for (uint32_t i = 0; i < num_groups; ++i) {
    WEIR_ASSIGN_OR_RETURN(SectionRows group, DecodeGroup(schema, reader, shared, pool));
    out->push_back(std::move(group));
  }
  if (reader.left() != 0) return Corruption("a block has {} bytes too many", reader.left());
  return Status::OK();
}

Status DecodeBlocks(std::string_view bytes, const Schema& schema, arrow::MemoryPool* pool,
                    std::vector<SectionRows>* out) {
  ByteReader in(reinterpret_cast<const uint8_t*>(bytes.data()),
                static_cast<int64_t>(bytes.size()) - kChecksumBytes);
  WEIR_ASSIGN_OR_RETURN(uint32_t magic, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint16_t version, in.Number<uint16_t>());
  WEIR_ASSIGN_OR_RETURN(uint16_t zero, in.Number<uint16_t>());
  WEIR_ASSIGN_OR_RETURN(uint64_t schema_hash, in.Number<uint64_t>());
  WEIR_ASSIGN_OR_RETURN(uint32_t num_blocks, in.Number<uint32_t>());
  WEIR_ASSIGN_OR_RETURN(uint32_t more_zero, in.Number<uint32_t>());
  if (magic != kMagic || zero != 0 || more_zero != 0) return Corruption("it does not begin as one");
  if (version != kVersion) {
    return Unsupported(
        "a section has format version {}, which is not supported: this program reads version {}",
        version, kVersion);
  }
  std::string text = StateSchemaText(schema);
  if (schema_hash != XXH3_64bits(text.data(), text.size()))
    return Corruption("its rows have other columns than the manifest says");
  WEIR_ASSIGN_OR_RETURN(auto codec, MakeCodec());
  for (uint32_t i = 0; i < num_blocks; ++i)
    WEIR_RETURN_NOT_OK(DecodeBlock(in, schema, *codec, pool, out));
  if (in.left() != 0) return Corruption("it has {} bytes too many", in.left());
  return Status::OK();
}

}  // namespace

uint64_t PlaceChecksum(std::string_view bytes, std::string_view object, int64_t offset) {
  uint64_t seed = XXH3_64bits_withSeed(object.data(), object.size(), static_cast<uint64_t>(offset));
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::string StateSchemaText(const Schema& schema) {
  auto fields = nlohmann::json::array();
  for (const Field& field : schema.fields)
    fields.push_back(nlohmann::json::array({field.name, field.type.ToString()}));
  return fields.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Result<Schema> ParseStateSchema(std::string_view text) {
  auto fields = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!fields.is_array()) return Corruption("a schema cannot be read");
  Schema schema;
  for (const auto& field : fields) {
    if (!field.is_array() || field.size() != 2 || !field[0].is_string() || !field[1].is_string())
      return Corruption("a schema cannot be read");
    WEIR_ASSIGN_OR_RETURN(DataType type, ParseTypeString(field[1].get_ref<const std::string&>()));
    schema.fields.push_back({field[0].get<std::string>(), std::move(type)});
  }
  return schema;
}

Status SectionBuilder::Add(const SubtaskSnapshot::Part& part, arrow::MemoryPool* pool) {
  for (int64_t begin = 0; begin < part.rows.num_rows; begin += kGroupRowsMax) {
    WEIR_RETURN_NOT_OK(
        AddRows(part, begin, std::min(part.rows.num_rows, begin + kGroupRowsMax), pool));
  }
  std::span<const uint32_t> erased = part.erased;
  for (size_t begin = 0; begin < erased.size(); begin += kGroupRowsMax) {
    size_t count = std::min<size_t>(kGroupRowsMax, erased.size() - begin);
    WEIR_RETURN_NOT_OK(AddGroup(part, {}, 0, erased.subspan(begin, count), pool));
  }
  return Status::OK();
}

Status SectionBuilder::AddRows(const SubtaskSnapshot::Part& part, int64_t begin, int64_t end,
                               arrow::MemoryPool* pool) {
  size_t size_before = raw_.size();
  uint32_t groups_before = num_groups_;
  Batch rows = part.rows;
  if (begin != 0 || end != rows.num_rows) {
    WEIR_ASSIGN_OR_RETURN(rows, SliceBatch(part.rows, begin, end - begin, pool));
  }
  WEIR_RETURN_NOT_OK(AddGroup(part, rows, begin, {}, pool));
  bool is_too_long =
      end - begin > 1 && static_cast<int64_t>(raw_.size() - size_before) > kGroupBytesMax;
  if (!is_too_long) {
    return static_cast<int64_t>(raw_.size()) >= block_bytes_ ? CloseBlock() : Status::OK();
  }
  raw_.resize(size_before);
  num_groups_ = groups_before;
  int64_t middle = begin + (end - begin) / 2;
  WEIR_RETURN_NOT_OK(AddRows(part, begin, middle, pool));
  return AddRows(part, middle, end, pool);
}

Status SectionBuilder::AddGroup(const SubtaskSnapshot::Part& part, const Batch& rows, int64_t begin,
                                std::span<const uint32_t> erased, arrow::MemoryPool* pool) {
  if (raw_.empty()) raw_.append(4, '\0');  // The number of groups.
  ByteWriter out(&raw_, 0);
  auto n = static_cast<size_t>(rows.num_rows);
  bool is_keyed = !part.key_hashes.empty() && n > 0;
  uint8_t flags = static_cast<uint8_t>((is_keyed ? kKeyed : 0) | (part.is_slot_table ? kSlots : 0) |
                                       (rows.row_kinds != nullptr && n > 0 ? kKinds : 0));
  out.Number(static_cast<uint32_t>(n));
  out.Number(static_cast<uint32_t>(erased.size()));
  out.Number(flags);
  if (is_keyed) {
    auto* prefixes = reinterpret_cast<uint32_t*>(out.Array(static_cast<int64_t>(n) * 4));
    const uint64_t* hashes = part.key_hashes.data() + begin;
    for (size_t i = 0; i < n; ++i) prefixes[i] = static_cast<uint32_t>(hashes[i] >> 32);
  }
  if (part.is_slot_table) {
    EncodeAscending(std::span(part.slots).subspan(n == 0 ? 0 : static_cast<size_t>(begin), n), out);
    EncodeAscending(erased, out);
  }
  ++num_groups_;
  if (n == 0) return Status::OK();
  if ((flags & kKinds) != 0) out.Bytes(rows.row_kinds->data(), rows.num_rows);
  for (const ColumnPtr& column : rows.columns) WEIR_RETURN_NOT_OK(EncodeColumn(column, out, pool));
  return Status::OK();
}

Status SectionBuilder::CloseBlock() {
  if (num_groups_ == 0) return Status::OK();
  auto raw_size = static_cast<int64_t>(raw_.size());
  if (raw_size > kRawBytesMax) return Unsupported("saving a row of more than 2 GiB");
  std::memcpy(raw_.data(), &num_groups_, sizeof(num_groups_));
  WEIR_ASSIGN_OR_RETURN(auto codec, MakeCodec());
  const auto* raw = reinterpret_cast<const uint8_t*>(raw_.data());
  int64_t room = codec->MaxCompressedLen(raw_size, raw);
  if (static_cast<int64_t>(compressed_.size()) < room)
    compressed_.resize(static_cast<size_t>(room));
  auto* to = reinterpret_cast<uint8_t*>(compressed_.data());
  WEIR_ASSIGN_OR_RETURN(int64_t stored, codec->Compress(raw_size, raw, room, to));
  bool pays = stored < raw_size - raw_size / 16;  // Else it is not worth the reader's time.
  const std::string& bytes = pays ? compressed_ : raw_;
  if (!pays) stored = raw_size;
  ByteWriter out(&blocks_, 0);
  out.Number(static_cast<uint32_t>(stored));
  out.Number(static_cast<uint32_t>(raw_size));
  out.Number(static_cast<uint8_t>(pays ? kLz4 : kPlain));
  out.Bytes(bytes.data(), stored);
  ++num_blocks_;
  raw_.clear();
  num_groups_ = 0;
  return Status::OK();
}

Status SectionBuilder::Finish(const Schema& schema, std::string_view object, std::string* out) {
  WEIR_RETURN_NOT_OK(CloseBlock());
  std::string text = StateSchemaText(schema);
  size_t begin = out->size();
  ByteWriter writer(out, begin);
  writer.Number(kMagic);
  writer.Number(kVersion);
  writer.Number(uint16_t{0});
  writer.Number(static_cast<uint64_t>(XXH3_64bits(text.data(), text.size())));
  writer.Number(num_blocks_);
  writer.Number(uint32_t{0});
  writer.Bytes(blocks_.data(), static_cast<int64_t>(blocks_.size()));
  writer.Number(
      PlaceChecksum(std::string_view(*out).substr(begin), object, static_cast<int64_t>(begin)));
  blocks_.clear();
  num_blocks_ = 0;
  return Status::OK();
}

Result<std::vector<SectionRows>> DecodeSection(std::string_view bytes, const Schema& schema,
                                               std::string_view object, int64_t offset,
                                               arrow::MemoryPool* pool) {
  auto size = static_cast<int64_t>(bytes.size());
  if (size < kHeadBytes + kChecksumBytes)
    return Corruption("object '{}' is damaged at {}: a section has {} bytes", object, offset, size);
  uint64_t checksum;
  std::memcpy(&checksum, bytes.data() + size - kChecksumBytes, sizeof(checksum));
  std::string_view covered = bytes.substr(0, bytes.size() - kChecksumBytes);
  if (checksum != PlaceChecksum(covered, object, offset))
    return Corruption("object '{}' is damaged at {}: the checksum of {} bytes is wrong", object,
                      offset, size);
  std::vector<SectionRows> rows;
  Status status = DecodeBlocks(bytes, schema, pool, &rows);
  if (!status.ok())
    return WithContext(status, fmt::format("object '{}' is damaged at {}", object, offset));
  return rows;
}

}  // namespace weir
