// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Manifests and epoch records of any bytes, as they are and sealed as if they were ours: no crash,
// and what is read is written and read again alike.
#include "weir/base/check.h"
#include "weir/checkpoint/manifest.h"
#include "weir/checkpoint/section.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace weir;
  if (size > 1 << 16) return 0;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)OpenManifest(text, "o");
  (void)OpenRecord(text, "o");
  std::string sealed = fmt::format("{{\"checksum\":\"{:016x}\",\"content\":{}}}\n",
                                   PlaceChecksum(text, "o", 0), text);
  auto record = OpenRecord(sealed, "o");
  if (record.ok()) {
    std::string again = SealRecord(*record, "o");
    WEIR_CHECK(SealRecord(OpenRecord(again, "o").ValueOrDie(), "o") == again,
               "a record changes when it is read and written");
  }
  auto manifest = OpenManifest(sealed, "o");
  if (manifest.ok()) {
    std::string again = SealManifest(*manifest, "o");
    WEIR_CHECK(SealManifest(OpenManifest(again, "o").ValueOrDie(), "o") == again,
               "a manifest changes when it is read and written");
  }
  return 0;
}
