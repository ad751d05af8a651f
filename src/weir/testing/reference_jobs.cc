// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/reference_jobs.h"

#include <fmt/format.h>

#include <algorithm>

#include "weir/testing/sim_environment.h"

namespace weir {

std::vector<ReferenceJob> AllReferenceJobs() {
  std::vector<ReferenceJob> jobs;
  AddAggregateJobs(&jobs);
  AddWindowJobs(&jobs);
  AddJoinJobs(&jobs);
  AddFileJobs(&jobs);
  AddContinuousJobs(&jobs);
  return jobs;
}

std::string BidLines(uint64_t seed, int rows, int keys, int late_every, int64_t late_by_millis) {
  SimRandom random(seed);
  std::string lines;
  int64_t millis = 0;
  for (int i = 0; i < rows; ++i) {
    millis += 200 + static_cast<int64_t>(random.Below(1600));
    int64_t at =
        late_every > 0 && i % late_every == late_every - 1 ? millis - late_by_millis : millis;
    at = std::max<int64_t>(at, 0);
    lines += fmt::format("k{},{},2024-01-01 00:{:02}:{:02}.{:03}\n",
                         random.Below(static_cast<uint64_t>(keys)), random.Below(100), at / 60'000,
                         at / 1000 % 60, at % 1000);
  }
  return lines;
}

}  // namespace weir
