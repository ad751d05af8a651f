// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Internal to checkpoint/: names of objects, and deleting those that nothing names any more.
//
//   manifests/<epoch>-<generation>-<part>.json      data/<generation>-<epoch>-<part>
//
// Numbers have ten digits (parts: as many as they need); a part is used once in a generation, so no
// name ever stands for two contents.
#pragma once

#include <set>
#include <string>

#include "weir/checkpoint/manifest.h"

namespace weir {

std::string ManifestKey(int64_t epoch, int64_t generation, int64_t part);
std::string DataKey(int64_t generation, int64_t epoch, int64_t part);

/// The data objects that the manifest names.
std::set<std::string> ObjectsOf(const Manifest& manifest);

/// Who collects: nothing of a greater generation is deleted, nothing of the epoch that this one is
/// writing (0: none), and nothing whose name is not of the forms above.
struct Collector {
  int64_t generation = 0;
  int64_t writing_epoch = 0;
};
Status DeleteGarbage(ObjectStore& objects, const std::set<std::string>& reachable,
                     const Collector& collector);

}  // namespace weir
