// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The sending side of an exchange: one subtask's rows to the subtasks of the consumer.
//   hash        one pass gives each target its rows; -U and +U of one key take the same way and
//   keep their order rebalance   whole batches in turn, passing over targets that are full
//   broadcast   everything to everyone (batches are shared, not copied)
//   singleton   to the only target
// Watermarks, activity and the end go to every target, in order with the batches. Sending never
// blocks: what does not fit waits in an outbox, which HasRoom keeps short. Threads: one task.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "weir/runtime/channel.h"
#include "weir/runtime/job_graph.h"

namespace weir {

class ExchangeSender {
 public:
  /// One channel a target subtask. `pool` holds partitioned rows.
  ExchangeSender(const JobEdge& edge, std::vector<std::shared_ptr<Channel>> channels,
                 arrow::MemoryPool* pool);

  Status Send(Batch batch);
  void SendToAll(const Event& event);
  /// Puts waiting events into the rings; true if any moved.
  bool Flush();
  bool HasRoom() const;
  /// Nothing waits in an outbox.
  bool IsFlushed() const;
  /// No target wants rows any more.
  bool Unwanted() const;

 private:
  struct Target {
    std::shared_ptr<Channel> channel;
    std::deque<Event> outbox;
    std::vector<int32_t> rows;  // Room for those of a batch.
  };
  void Push(Target& target, Event event);
  Status SendByHash(const Batch& batch);
  void SendToNext(Batch batch);

  Exchange exchange_;
  std::vector<int> keys_;
  std::vector<Target> targets_;
  arrow::MemoryPool* pool_;
  size_t next_ = 0;
  std::vector<uint64_t> hashes_;
  std::vector<int32_t*> ends_;  // Of each target's rows.
};

}  // namespace weir
