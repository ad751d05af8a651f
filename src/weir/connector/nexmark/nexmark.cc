// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'nexmark': the events of the Nexmark benchmark, without columns declared or with a
// subset of them.
//   CREATE TABLE nexmark WITH ('connector' = 'nexmark', 'events.num' = '1000000', 'seed' = '1')
// Splits take blocks of events in turn, so that event times of several readers advance together.
// Source: the option names of the benchmark's Flink edition; 'seed' and 'out-of-order' are ours.
#include <charconv>

#include "weir/connector/connectors.h"
#include "weir/connector/nexmark/nexmark_events.h"

namespace weir {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();
constexpr int64_t kBlockEvents = 50;

struct NexmarkTable {
  NexmarkEvents events;
  Schema requested;
  int64_t number = kForever;  // Of events.
  double emit_per_second = 0;
  Clock* clock = nullptr;
};

// Events of the blocks first, first + step, ...; `done` of them are given out.
struct BlockRange {
  int64_t first = 0, step = 1, done = 0;
  int64_t EventAt(int64_t i) const {
    return (first + i / kBlockEvents * step) * kBlockEvents + i % kBlockEvents;
  }
};

class NexmarkReader : public SplitReader {
 public:
  NexmarkReader(std::shared_ptr<const NexmarkTable> table, std::string id, BlockRange range)
      : table_(std::move(table)),
        id_(std::move(id)),
        range_(range),
        slots_(table_->requested),
        pace_(table_->emit_per_second / static_cast<double>(range.step), table_->clock) {}

  Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
    int64_t allowed = pace_.Take(rows_max);
    WEIR_RETURN_NOT_OK(slots_.Begin(std::max<int64_t>(allowed, 1), pool));
    table_->events.AddHeaps(&slots_);
    int64_t row = 0;
    bool at_end = false;
    while (row < allowed && !at_end) {
      int64_t number = range_.EventAt(range_.done);
      at_end = number >= table_->number;
      if (at_end) break;
      WEIR_RETURN_NOT_OK(table_->events.Generate(number, row, &slots_));
      ++row;
      ++range_.done;
    }
    WEIR_ASSIGN_OR_RETURN(*out, slots_.Finish(row));
    if (at_end || range_.EventAt(range_.done) >= table_->number) return ReadState::kEnd;
    return allowed < rows_max ? ReadState::kNothing : ReadState::kMore;
  }
  Result<SourceSplit> Position() override {
    return SourceSplit{id_, fmt::format("{} {} {}", range_.first, range_.step, range_.done)};
  }

 private:
  std::shared_ptr<const NexmarkTable> table_;
  std::string id_;
  BlockRange range_;
  BatchSlots slots_;
  Pace pace_;
};

class NexmarkSource : public Source {
 public:
  explicit NexmarkSource(NexmarkTable table)
      : table_(std::make_shared<const NexmarkTable>(std::move(table))) {}
  bool is_bounded() const override { return table_->number != kForever; }
  Result<std::vector<SourceSplit>> Discover(int parallelism) override {
    std::vector<SourceSplit> splits;
    if (std::exchange(discovered_, true)) return splits;
    int count = std::max(1, parallelism);
    for (int i = 0; i < count; ++i)
      splits.push_back(
          {fmt::format("events-{}-of-{}", i + 1, count), fmt::format("{} {} 0", i, count)});
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    BlockRange range;
    const char* p = split.position.data();
    const char* end = p + split.position.size();
    for (int64_t* number : {&range.first, &range.step, &range.done}) {
      auto [stop, error] = std::from_chars(p, end, *number);
      if (error != std::errc())
        return Corruption("'{}' is no position of a nexmark source", split.position);
      p = stop == end ? end : stop + 1;
    }
    if (range.step < 1 || range.first < 0 || range.done < 0)
      return Corruption("'{}' is no position of a nexmark source", split.position);
    return std::make_unique<NexmarkReader>(table_, split.id, range);
  }
  std::optional<int64_t> EstimatedRows() override {
    return is_bounded() ? std::optional(table_->number) : std::nullopt;
  }

 private:
  std::shared_ptr<const NexmarkTable> table_;
  bool discovered_ = false;
};

class NexmarkConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override {
    return "Events of the Nexmark benchmark, deterministic";
  }
  const std::vector<OptionSpec>& options() const override {
    using T = OptionType;
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"events.num", T::kInt, "0", "Events in all; 0: unbounded"},
        {"number-of-events", T::kInt, "", "The same as 'events.num'"},
        {"seed", T::kInt, "1", "The same seed gives the same events"},
        {"first-event.rate", T::kInt, "10000", "Events a second of event time"},
        {"next-event.rate", T::kInt, "10000", "Must equal 'first-event.rate'"},
        {"out-of-order", T::kBool, "false", "A tenth of the events come up to 3 s late"},
        {"max-emit-speed", T::kInt, "0", "Events a second of the clock; 0: as fast as possible"},
        {"person.proportion", T::kInt, "1", "Persons of each group of events"},
        {"auction.proportion", T::kInt, "3", "Auctions of each group of events"},
        {"bid.proportion", T::kInt, "46", "Bids of each group of events"},
        {"bid.hot-ratio.auctions", T::kInt, "2", "One of so many bids is not on the hot auction"},
        {"bid.hot-ratio.bidders", T::kInt, "4", "One of so many bids is not by the hot bidder"},
        {"auction.hot-ratio.sellers", T::kInt, "4",
         "One of so many auctions is not by the hot seller"},
        {"person.avg-size", T::kMemorySize, "200", "Bytes of a person"},
        {"auction.avg-size", T::kMemorySize, "500", "Bytes of an auction"},
        {"bid.avg-size", T::kMemorySize, "100", "Bytes of a bid"},
        {"base-time", T::kInt, "1767225600000",
         "Time of the first event in milliseconds since 1970"},
    };
    return *specs;
  }
  bool can_read() const override { return true; }
  Result<Schema> InferSchema(const TableContext&) const override { return NexmarkSchema(); }
  Result<bool> IsBounded(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(int64_t number, NumberOfEvents(table.options));
    return number != kForever;
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                             const ScanRequest& request) const override {
    NexmarkTable nexmark;
    WEIR_ASSIGN_OR_RETURN(NexmarkSpec spec, ReadSpec(table.options));
    // All columns are checked, not only those that this query reads.
    WEIR_RETURN_NOT_OK(NexmarkEvents::Make(spec, table.schema).status());
    WEIR_ASSIGN_OR_RETURN(nexmark.events, NexmarkEvents::Make(spec, request.schema));
    nexmark.requested = request.schema;
    WEIR_ASSIGN_OR_RETURN(nexmark.number, NumberOfEvents(table.options));
    WEIR_ASSIGN_OR_RETURN(int64_t speed, table.options.GetInt("max-emit-speed", 0));
    nexmark.emit_per_second = static_cast<double>(std::max<int64_t>(speed, 0));
    nexmark.clock = table.environment->clock;
    return std::make_unique<NexmarkSource>(std::move(nexmark));
  }

 private:
  static Result<int64_t> NumberOfEvents(const Options& options) {
    WEIR_ASSIGN_OR_RETURN(
        int64_t number,
        options.GetInt(options.Has("number-of-events") ? "number-of-events" : "events.num", 0));
    if (number < 0) return InvalidQuery("option 'events.num' must not be negative");
    return number == 0 ? kForever : number;
  }
  static Result<NexmarkSpec> ReadSpec(const Options& options) {
    NexmarkSpec spec;
    auto read = [&](std::string_view key, int64_t* out, int64_t least) -> Status {
      WEIR_ASSIGN_OR_RETURN(*out, options.GetInt(key, *out));
      if (*out < least || *out > 1'000'000'000)
        return InvalidQuery("option '{}' = {} must be at least {}", key, *out, least);
      return Status::OK();
    };
    WEIR_ASSIGN_OR_RETURN(int64_t seed, options.GetInt("seed", 1));
    spec.seed = static_cast<uint64_t>(seed);
    WEIR_RETURN_NOT_OK(read("person.proportion", &spec.person_share, 1));
    WEIR_RETURN_NOT_OK(read("auction.proportion", &spec.auction_share, 1));
    WEIR_RETURN_NOT_OK(read("bid.proportion", &spec.bid_share, 0));
    WEIR_RETURN_NOT_OK(read("bid.hot-ratio.auctions", &spec.hot_auction_ratio, 1));
    WEIR_RETURN_NOT_OK(read("bid.hot-ratio.bidders", &spec.hot_bidder_ratio, 1));
    WEIR_RETURN_NOT_OK(read("auction.hot-ratio.sellers", &spec.hot_seller_ratio, 1));
    int64_t rate = 10'000;
    WEIR_RETURN_NOT_OK(read("first-event.rate", &rate, 1));
    int64_t next_rate = rate;
    WEIR_RETURN_NOT_OK(read("next-event.rate", &next_rate, 1));
    if (next_rate != rate)
      return Unsupported(
          "a 'next-event.rate' that differs from 'first-event.rate' is not supported yet");
    spec.events_per_second = static_cast<double>(rate);
    WEIR_ASSIGN_OR_RETURN(spec.person_bytes,
                          options.GetBytes("person.avg-size", spec.person_bytes));
    WEIR_ASSIGN_OR_RETURN(spec.auction_bytes,
                          options.GetBytes("auction.avg-size", spec.auction_bytes));
    WEIR_ASSIGN_OR_RETURN(spec.bid_bytes, options.GetBytes("bid.avg-size", spec.bid_bytes));
    if (std::max({spec.person_bytes, spec.auction_bytes, spec.bid_bytes}) > 1 << 20) {
      return InvalidQuery("sizes of nexmark events must not exceed 1 mb");
    }
    WEIR_ASSIGN_OR_RETURN(spec.base_millis, options.GetInt("base-time", spec.base_millis));
    WEIR_ASSIGN_OR_RETURN(spec.out_of_order, options.GetBool("out-of-order", false));
    return spec;
  }

  std::string name_ = "nexmark";
};

}  // namespace

std::unique_ptr<Connector> MakeNexmarkConnector() { return std::make_unique<NexmarkConnector>(); }

}  // namespace weir
