// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/checkpoint/garbage.h"

#include <array>
#include <charconv>

namespace weir {
namespace {

constexpr std::string_view kManifests = "manifests/", kManifestSuffix = ".json";
constexpr std::string_view kData = "data/";

// "12-7-3" as three numbers.
bool ParseNumbers(std::string_view text, std::array<int64_t, 3>* numbers) {
  for (size_t i = 0; i < 3; ++i) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), (*numbers)[i]);
    if (error != std::errc()) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    if (i == 2) return text.empty();
    if (!text.starts_with('-')) return false;
    text.remove_prefix(1);
  }
  return false;
}

struct Origin {
  int64_t generation = 0, epoch = 0;
};

bool OriginOfManifest(std::string_view key, Origin* origin) {
  if (!key.starts_with(kManifests) || !key.ends_with(kManifestSuffix)) return false;
  key.remove_prefix(kManifests.size());
  key.remove_suffix(kManifestSuffix.size());
  std::array<int64_t, 3> numbers;
  if (!ParseNumbers(key, &numbers)) return false;
  *origin = {numbers[1], numbers[0]};
  return true;
}
bool OriginOfData(std::string_view key, Origin* origin) {
  if (!key.starts_with(kData)) return false;
  std::array<int64_t, 3> numbers;
  if (!ParseNumbers(key.substr(kData.size()), &numbers)) return false;
  *origin = {numbers[0], numbers[1]};
  return true;
}

}  // namespace

std::string ManifestKey(int64_t epoch, int64_t generation, int64_t part) {
  return fmt::format("{}{:010}-{:010}-{}{}", kManifests, epoch, generation, part, kManifestSuffix);
}
std::string DataKey(int64_t generation, int64_t epoch, int64_t part) {
  return fmt::format("{}{:010}-{:010}-{}", kData, generation, epoch, part);
}

std::set<std::string> ObjectsOf(const Manifest& manifest) {
  std::set<std::string> objects;
  for (const auto& [id, node] : manifest.nodes) {
    for (const WriterState& writer : node.writers) {
      for (const auto& [name, table] : writer.tables) {
        for (const TableLayer& layer : table.layers) {
          for (const SectionPlace& place : layer.sections) objects.insert(place.object);
        }
      }
    }
  }
  return objects;
}

Status DeleteGarbage(ObjectStore& objects, const std::set<std::string>& reachable,
                     const Collector& collector) {
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> keys, objects.List(std::string(kManifests)));
  WEIR_ASSIGN_OR_RETURN(std::vector<std::string> data, objects.List(std::string(kData)));
  keys.insert(keys.end(), data.begin(), data.end());
  for (const std::string& key : keys) {
    Origin origin;
    if (reachable.contains(key) ||
        !(OriginOfManifest(key, &origin) || OriginOfData(key, &origin)) ||
        origin.generation > collector.generation)
      continue;
    if (origin.generation == collector.generation && origin.epoch == collector.writing_epoch)
      continue;
    WEIR_RETURN_NOT_OK(objects.Delete(key));
  }
  return Status::OK();
}

}  // namespace weir
