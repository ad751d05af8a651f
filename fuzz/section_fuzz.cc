// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Sections of checkpoint data of any bytes, with a checksum that fits, so that decoding itself is
// tried: no crash, no read behind the end, and rows that can be written again.
#include <cstring>

#include "weir/base/check.h"
#include "weir/checkpoint/section.h"
#include "weir/memory/budget_pool.h"

namespace {

constexpr const char* kSchemas[] = {
    R"~([["k","BIGINT NOT NULL"],["v","STRING"]])~",
    R"~([["a","ARRAY<ROW<`x` INT, `y` STRING>>"],["m","MAP<INT, BOOLEAN>"],["u","MULTISET<STRING>"]])~",
    R"~([["b","BOOLEAN"],["d","DECIMAL(30, 2)"],["f","DOUBLE"],["t","TINYINT"],["n","NULL"],["y","BYTES"]])~",
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  if (size < 1 || size > 1 << 16) return 0;
  Schema schema = ParseStateSchema(kSchemas[data[0] % 3]).ValueOrDie();
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  // The schema's hash would never be found by chance.
  SectionBuilder empty(1 << 20);
  std::string head;
  WEIR_CHECK(empty.Finish(schema, "o", &head).ok(), "nothing is always written");
  if (bytes.size() >= 16) std::memcpy(bytes.data(), head.data(), 16);
  uint64_t checksum = PlaceChecksum(bytes, "o", 0);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof(checksum));
  BudgetPool pool("fuzz", 256 << 20, nullptr, arrow::default_memory_pool());
  auto rows = DecodeSection(bytes, schema, "o", 0, &pool);
  if (!rows.ok()) return 0;
  SectionBuilder builder(1 << 20);
  for (const SectionRows& group : *rows) {
    SubtaskSnapshot::Part part;
    part.schema = schema;
    part.rows = group.rows;
    for (uint32_t prefix : group.hash_prefixes) part.key_hashes.push_back(uint64_t{prefix} << 32);
    part.slots = group.slots;
    part.erased = group.erased;
    part.is_slot_table = !group.slots.empty() || !group.erased.empty();
    Status status = builder.Add(part, &pool);
    if (!status.ok()) return 0;
  }
  std::string again;
  if (!builder.Finish(schema, "o", &again).ok()) return 0;
  auto read = DecodeSection(again, schema, "o", 0, &pool);
  WEIR_CHECK(read.ok() || GetErrorInfo(read.status()).code == ErrorCode::kResourceExhausted,
             "what was written cannot be read");
  return 0;
}
