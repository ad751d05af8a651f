// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/runtime/exchange.h"

#include <algorithm>
#include <span>
#include <utility>

#include "weir/state/snapshot.h"

namespace weir {

ExchangeSender::ExchangeSender(const JobEdge& edge, std::vector<std::shared_ptr<Channel>> channels,
                               arrow::MemoryPool* pool)
    : exchange_(edge.exchange), keys_(edge.keys), pool_(pool) {
  for (auto& channel : channels) targets_.push_back({std::move(channel), {}, {}});
}

Status ExchangeSender::Send(Batch batch) {
  if (targets_.size() == 1) {
    Push(targets_[0], Event::Of(std::move(batch)));
    return Status::OK();
  }
  switch (exchange_) {
    case Exchange::kHash:
      return SendByHash(batch);
    case Exchange::kBroadcast:
      SendToAll(Event::Of(std::move(batch)));
      return Status::OK();
    case Exchange::kForward:
    case Exchange::kRebalance:
    case Exchange::kSingleton:
      SendToNext(std::move(batch));
      return Status::OK();
  }
  return Status::OK();
}

Status ExchangeSender::SendByHash(const Batch& batch) {
  ColumnVector keys;
  for (int key : keys_) keys.push_back(batch.columns[static_cast<size_t>(key)]);
  hashes_.resize(static_cast<size_t>(batch.num_rows));
  WEIR_RETURN_NOT_OK(HashColumns(keys, batch.num_rows, hashes_.data()));
  int parallelism = static_cast<int>(targets_.size());
  ends_.clear();
  for (Target& target : targets_) {
    target.rows.resize(static_cast<size_t>(batch.num_rows));
    ends_.push_back(target.rows.data());
  }
  for (int64_t i = 0; i < batch.num_rows; ++i) {
    int subtask = SubtaskOfHash(hashes_[static_cast<size_t>(i)], parallelism);
    *ends_[static_cast<size_t>(subtask)]++ = static_cast<int32_t>(i);
  }
  for (size_t t = 0; t < targets_.size(); ++t) {
    std::span<const int32_t> rows(targets_[t].rows.data(), ends_[t]);
    if (rows.empty()) continue;
    if (static_cast<int64_t>(rows.size()) == batch.num_rows) {
      Push(targets_[t], Event::Of(batch));
      break;
    }
    WEIR_ASSIGN_OR_RETURN(Batch part, GatherBatch(batch, rows, pool_));
    Push(targets_[t], Event::Of(std::move(part)));
  }
  return Status::OK();
}

void ExchangeSender::SendToNext(Batch batch) {
  size_t choice = next_;
  for (size_t i = 0; i < targets_.size(); ++i) {
    Target& target = targets_[(next_ + i) % targets_.size()];
    if (target.outbox.empty() && target.channel->HasRoom()) {
      choice = (next_ + i) % targets_.size();
      break;
    }
  }
  next_ = (choice + 1) % targets_.size();
  Push(targets_[choice], Event::Of(std::move(batch)));
}

void ExchangeSender::SendToAll(const Event& event) {
  for (Target& target : targets_) Push(target, event);
}

void ExchangeSender::Push(Target& target, Event event) {
  if (target.outbox.empty() && target.channel->TryPush(std::move(event))) return;
  // TryPush leaves the event alone when there is no room.
  target.outbox.push_back(std::move(event));  // NOLINT(bugprone-use-after-move)
}

bool ExchangeSender::Flush() {
  bool moved = false;
  for (Target& target : targets_) {
    while (!target.outbox.empty() && target.channel->TryPush(std::move(target.outbox.front()))) {
      target.outbox.pop_front();
      moved = true;
    }
  }
  return moved;
}

bool ExchangeSender::HasRoom() const {
  auto has_room = [](const Target& target) {
    return target.outbox.empty() && target.channel->HasRoom();
  };
  if (exchange_ == Exchange::kRebalance)
    return std::any_of(targets_.begin(), targets_.end(), has_room);
  return std::all_of(targets_.begin(), targets_.end(), has_room);
}

bool ExchangeSender::IsFlushed() const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.outbox.empty(); });
}

bool ExchangeSender::Unwanted() const {
  return std::all_of(targets_.begin(), targets_.end(),
                     [](const Target& target) { return target.channel->unwanted(); });
}

}  // namespace weir
