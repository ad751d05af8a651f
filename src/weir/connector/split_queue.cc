// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/split_queue.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace weir {
namespace {

constexpr int64_t kDiscoveryIntervalMicros = 1'000'000;

// The saved queue: texts as "<length>:<bytes>", numbers in them as decimal digits.
//   1:1  discovered or not   <number>  splits discovered so far   <text>  the source's state
//   then four a split: id, position, number, watermark

void Append(std::string_view text, std::string* out) {
  *out += fmt::format("{}:", text.size());
  out->append(text);
}
void Append(int64_t number, std::string* out) { Append(fmt::format("{}", number), out); }

class TextReader {
 public:
  explicit TextReader(std::string_view text) : rest_(text) {}
  bool is_at_end() const { return rest_.empty(); }
  Result<std::string> Text() {
    size_t length = 0;
    auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), length);
    size_t begin = static_cast<size_t>(end - rest_.data()) + 1;
    if (error != std::errc() || begin > rest_.size() || *end != ':' ||
        length > rest_.size() - begin) {
      return Corruption("the saved splits of a source cannot be read");
    }
    std::string text(rest_.substr(begin, length));
    rest_.remove_prefix(begin + length);
    return text;
  }
  Result<int64_t> Number() {
    WEIR_ASSIGN_OR_RETURN(std::string text, Text());
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size())
      return Corruption("the saved splits of a source cannot be read");
    return number;
  }

 private:
  std::string_view rest_;
};

}  // namespace

Schema SplitTableSchema() {
  return {{{"id", DataType::Bytes().NotNull()},
           {"position", DataType::Bytes().NotNull()},
           {"number", DataType::BigInt().NotNull()},
           {"watermark", DataType::BigInt().NotNull()}}};
}

Result<Batch> SplitsToBatch(std::span<const SplitState> splits, arrow::MemoryPool* pool) {
  BatchBuilder builder(SplitTableSchema(), pool);
  for (const SplitState& state : splits) {
    WEIR_RETURN_NOT_OK(
        builder.AppendRow({Value::String(state.split.id), Value::String(state.split.position),
                           Value::Int(state.number), Value::Int(state.watermark_millis)}));
  }
  return builder.Finish();
}

std::vector<SplitState> SplitsOfBatch(const Batch& batch) {
  std::vector<SplitState> splits;
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    SplitState state;
    state.split.id = std::string(batch.columns[0]->At<StringView>(i).view());
    state.split.position = std::string(batch.columns[1]->At<StringView>(i).view());
    state.number = batch.columns[2]->At<int64_t>(i);
    state.watermark_millis = batch.columns[3]->At<int64_t>(i);
    splits.push_back(std::move(state));
  }
  return splits;
}

Status SplitQueue::Restore(const std::string& state, std::vector<SplitState> read) {
  TextReader reader(state);
  WEIR_ASSIGN_OR_RETURN(int64_t discovered, reader.Number());
  WEIR_ASSIGN_OR_RETURN(num_discovered_, reader.Number());
  WEIR_ASSIGN_OR_RETURN(std::string source_state, reader.Text());
  while (!reader.is_at_end()) {
    SplitState split;
    WEIR_ASSIGN_OR_RETURN(split.split.id, reader.Text());
    WEIR_ASSIGN_OR_RETURN(split.split.position, reader.Text());
    WEIR_ASSIGN_OR_RETURN(split.number, reader.Number());
    WEIR_ASSIGN_OR_RETURN(split.watermark_millis, reader.Number());
    read.push_back(std::move(split));
  }
  std::stable_sort(read.begin(), read.end(),
                   [](const SplitState& a, const SplitState& b) { return a.number < b.number; });
  discovered_ = discovered != 0;
  // A source that remembers nothing would give out everything again.
  discovers_again_ = !discovered_ || !source_state.empty();
  if (discovered_) WEIR_RETURN_NOT_OK(source_->RestoreDiscovery(source_state));
  for (SplitState& split : read) Share(std::move(split));
  if (discovered_) CountUnassigned();
  return Status::OK();
}

void SplitQueue::Share(SplitState split) {
  shares_[static_cast<size_t>(split.number) % shares_.size()].push_back(std::move(split));
}

void SplitQueue::CountUnassigned() {
  unassigned_.store(static_cast<int64_t>(shares_[0].size()), std::memory_order_release);
}

Status SplitQueue::DiscoverWhenDue(int subtask) {
  bool bounded = source_->is_bounded();
  if (discovered_) {
    if (bounded || !discovers_again_ || !shares_[static_cast<size_t>(subtask)].empty())
      return Status::OK();
    if (clock_->MonotonicMicros() < next_discovery_micros_) return Status::OK();
  }
  WEIR_ASSIGN_OR_RETURN(std::vector<SourceSplit> splits, source_->Discover(parallelism_));
  discovered_ = true;
  if (!bounded) next_discovery_micros_ = clock_->MonotonicMicros() + kDiscoveryIntervalMicros;
  for (SourceSplit& split : splits) {
    SplitState state;
    state.split = std::move(split);
    state.number = num_discovered_++;
    Share(std::move(state));
  }
  return Status::OK();
}

Result<std::optional<SplitState>> SplitQueue::Take(int subtask, int64_t barrier) {
  std::lock_guard<std::mutex> lock(mutex_);
  int share = source_->is_bounded() ? 0 : subtask;
  WEIR_RETURN_NOT_OK(DiscoverWhenDue(share));
  std::deque<SplitState>& splits = shares_[static_cast<size_t>(share)];
  std::optional<SplitState> taken;
  if (!splits.empty()) {
    if (keeps_taken_) taken_.push_back({splits.front(), barrier});
    taken = std::move(splits.front());
    splits.pop_front();
  }
  if (source_->is_bounded()) CountUnassigned();
  return taken;
}

Result<std::string> SplitQueue::Save(int64_t barrier) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::erase_if(taken_, [&](const Taken& taken) { return taken.barrier < barrier; });
  WEIR_ASSIGN_OR_RETURN(std::string source_state, source_->SaveDiscovery());
  std::string out;
  Append(discovered_ ? 1 : 0, &out);
  Append(num_discovered_, &out);
  Append(source_state, &out);
  auto append = [&](const SplitState& state) {
    Append(state.split.id, &out);
    Append(state.split.position, &out);
    Append(state.number, &out);
    Append(state.watermark_millis, &out);
  };
  for (const Taken& taken : taken_) append(taken.split);
  for (const std::deque<SplitState>& share : shares_) {
    for (const SplitState& state : share) append(state);
  }
  return out;
}

}  // namespace weir
