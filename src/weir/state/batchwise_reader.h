// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Reading a snapshot a batch at a time, for tables that may be big: what has been taken in need not
// be kept, so that a restore needs little more memory than the state itself.
#pragma once

#include <functional>
#include <string_view>

#include "weir/state/snapshot.h"

namespace weir {

using TakeBatch = std::function<Status(const Batch&)>;

/// What a SnapshotReader may be besides.
class BatchwiseReader {
 public:
  virtual ~BatchwiseReader() = default;
  /// Gives the batches that SnapshotReader::Read would return, in order.
  virtual Status ReadEach(std::string_view name, const Schema& schema, const TakeBatch& take) = 0;
  /// About how many rows that will be.
  virtual int64_t EstimateRows(std::string_view name) const = 0;
};

/// Tells `expect` about how many rows there are, then gives the batches of table `name` to `take`.
inline Status ReadBatches(SnapshotReader& snapshot, std::string_view name, const Schema& schema,
                          const std::function<Status(int64_t)>& expect, const TakeBatch& take) {
  if (auto* batchwise = dynamic_cast<BatchwiseReader*>(&snapshot); batchwise != nullptr) {
    WEIR_RETURN_NOT_OK(expect(batchwise->EstimateRows(name)));
    return batchwise->ReadEach(name, schema, take);
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<Batch> batches, snapshot.Read(name, schema));
  int64_t num_rows = 0;
  for (const Batch& batch : batches) num_rows += batch.num_rows;
  WEIR_RETURN_NOT_OK(expect(num_rows));
  for (const Batch& batch : batches) WEIR_RETURN_NOT_OK(take(batch));
  return Status::OK();
}

}  // namespace weir
