// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Events of the Nexmark benchmark: persons, auctions and bids of an auction house, in the
// benchmark's proportions, with its ids, hot keys and sizes. Event n depends on the seed and n
// alone. Source: Tucker, Tufte, Papadimos, Maier, "NEXMark - A Benchmark for Queries over Data
// Streams", 2002; the defaults of the benchmark's Flink edition.
#pragma once

#include <string>
#include <vector>

#include "weir/connector/connector.h"
#include "weir/connector/random_stream.h"
#include "weir/format/column_slots.h"

namespace weir {

struct NexmarkSpec {
  uint64_t seed = 1;
  int64_t person_share = 1, auction_share = 3, bid_share = 46;
  int64_t hot_auction_ratio = 2, hot_bidder_ratio = 4, hot_seller_ratio = 4;
  int64_t person_bytes = 200, auction_bytes = 500, bid_bytes = 100;
  int64_t active_people = 1000, in_flight_auctions = 100;
  double events_per_second = 10'000;        // Of event time.
  int64_t base_millis = 1'767'225'600'000;  // 2026-01-01 00:00:00.
  bool out_of_order = false;                // A tenth of the events come up to 3 s late.
};

/// The columns of a Nexmark table.
const Schema& NexmarkSchema();

/// Fills slots with events. Threads: Make on one, Generate on one at a time each with slots of its
/// own.
class NexmarkEvents {
 public:
  /// `requested`: a subset of NexmarkSchema; ROWs may have lost fields. Errors: kInvalidQuery
  /// naming the column.
  static Result<NexmarkEvents> Make(NexmarkSpec spec, const Schema& requested);
  /// Writes event `number` to row `row`.
  Status Generate(int64_t number, int64_t row, BatchSlots* batch) const;
  /// Must be called for each batch: strings refer to tables of this object.
  void AddHeaps(BatchSlots* batch) const;

 private:
  struct Clocked {
    int64_t number;
    int64_t millis;  // Of the event, with its delay.
    RandomStream random;
  };
  // A field to fill: which, and its place in the requested ROW.
  struct Target {
    int field;
    size_t child;
  };

  int64_t TotalShare() const { return spec_.person_share + spec_.auction_share + spec_.bid_share; }
  int64_t LastPerson(int64_t number) const;
  int64_t LastAuction(int64_t number) const;
  int64_t MillisOf(int64_t number) const;
  int64_t PickPerson(int64_t number, RandomStream random) const;
  Status FillPerson(const Clocked& event, ColumnSlot& slot, int64_t row, BatchSlots* batch) const;
  Status FillAuction(const Clocked& event, ColumnSlot& slot, int64_t row, BatchSlots* batch) const;
  Status FillBid(const Clocked& event, ColumnSlot& slot, int64_t row, BatchSlots* batch) const;
  void MakeChannels();

  NexmarkSpec spec_;
  int event_type_ = -1, person_ = -1, auction_ = -1,
      bid_ = -1;  // Positions of the columns requested; -1: not.
  std::vector<Target> person_fields_, auction_fields_, bid_fields_;
  BufferPtr channels_;  // Names and URLs of channels, one after the other.
  std::vector<std::string_view> channel_names_, channel_urls_;  // Into channels_. Hot ones first.
};

}  // namespace weir
