// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/session/restart_strategy.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

constexpr int64_t kSecond = 1'000'000;

class Middle : public Random {
 public:
  explicit Middle(uint64_t value) : value_(value) {}
  uint64_t Next() override { return value_; }

 private:
  uint64_t value_;
};

std::unique_ptr<RestartStrategy> Make(std::map<std::string, std::string> options,
                                      bool has_checkpoints = true) {
  return RestartStrategy::Make(Options(std::move(options)), has_checkpoints).ValueOrDie();
}

TEST(RestartStrategy, DefaultDependsOnCheckpoints) {
  EXPECT_EQ(Make({}, false)->name(), "none");
  EXPECT_EQ(Make({}, true)->name(), "exponential-delay");
}

TEST(RestartStrategy, NoneNeverRestarts) {
  Middle random(0);
  auto strategy = Make({{"restart-strategy.type", "off"}});
  EXPECT_FALSE(strategy->OnFailure(Unavailable("disk"), 3, 0, &random));
}

TEST(RestartStrategy, FixedDelayCountsAttempts) {
  Middle random(0);
  auto strategy = Make({{"restart-strategy.type", "fixed-delay"},
                        {"restart-strategy.fixed-delay.attempts", "2"},
                        {"restart-strategy.fixed-delay.delay", "3 s"}});
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, 0, &random), 3 * kSecond);
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, 0, &random), 3 * kSecond);
  EXPECT_FALSE(strategy->OnFailure(Unavailable("a"), 1, 0, &random));
}

TEST(RestartStrategy, FailureRateForgetsOldFailures) {
  Middle random(0);
  auto strategy = Make({{"restart-strategy.type", "failure-rate"},
                        {"restart-strategy.failure-rate.max-failures-per-interval", "2"},
                        {"restart-strategy.failure-rate.failure-rate-interval", "10 s"}});
  EXPECT_TRUE(strategy->OnFailure(Unavailable("a"), 1, 0, &random));
  EXPECT_TRUE(strategy->OnFailure(Unavailable("a"), 1, 5 * kSecond, &random));
  EXPECT_TRUE(strategy->OnFailure(Unavailable("a"), 1, 12 * kSecond, &random));
  EXPECT_FALSE(strategy->OnFailure(Unavailable("a"), 1, 13 * kSecond, &random));
}

TEST(RestartStrategy, ExponentialDelayGrowsAndResets) {
  Middle random(100'000);  // The middle of the first jitter: nothing added.
  auto strategy = Make({{"restart-strategy.type", "exponential-delay"},
                        {"restart-strategy.exponential-delay.jitter-factor", "0"},
                        {"restart-strategy.exponential-delay.max-backoff", "2 s"},
                        {"restart-strategy.exponential-delay.reset-backoff-threshold", "1 min"}});
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, 0, &random), kSecond);
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, kSecond, &random), kSecond * 3 / 2);
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, kSecond, &random), kSecond * 2);
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, kSecond, &random), kSecond * 2);
  EXPECT_EQ(strategy->OnFailure(Unavailable("a"), 1, 100 * kSecond, &random), kSecond);
}

TEST(RestartStrategy, JitterStaysInItsBounds) {
  for (uint64_t value : {uint64_t{0}, uint64_t{17}, ~uint64_t{0}}) {
    Middle random(value);
    auto strategy = Make({});
    int64_t delay = *strategy->OnFailure(Unavailable("a"), 1, 0, &random);
    EXPECT_GE(delay, kSecond * 9 / 10);
    EXPECT_LE(delay, kSecond * 11 / 10);
  }
}

TEST(RestartStrategy, TheSameBadRecordIsNotReadForEver) {
  Middle random(0);
  auto strategy = Make({});
  EXPECT_TRUE(strategy->OnFailure(InvalidData("bad row 7"), 4, 0, &random));
  EXPECT_TRUE(strategy->OnFailure(InvalidData("bad row 7"), 4, 0, &random));
  EXPECT_FALSE(strategy->OnFailure(InvalidData("bad row 7"), 4, 0, &random));
  // Progress in between, or an error of the world, is another matter.
  EXPECT_TRUE(strategy->OnFailure(InvalidData("bad row 7"), 5, 0, &random));
  for (int i = 0; i < 10; ++i)
    EXPECT_TRUE(strategy->OnFailure(Unavailable("no answer"), 5, 0, &random));
}

TEST(RestartStrategy, SomeErrorsAreFinal) {
  Middle random(0);
  auto strategy = Make({});
  EXPECT_FALSE(strategy->OnFailure(Corruption("x"), 4, 0, &random));
  EXPECT_FALSE(strategy->OnFailure(Fenced("x"), 4, 0, &random));
  EXPECT_FALSE(strategy->OnFailure(Cancelled(), 4, 0, &random));
}

TEST(RestartStrategy, BadOptionsAreNamed) {
  auto fails = [](std::map<std::string, std::string> options) {
    return RestartStrategy::Make(Options(std::move(options)), true).status().message();
  };
  EXPECT_EQ(fails({{"restart-strategy.type", "sometimes"}}),
            "option 'restart-strategy.type' cannot be 'sometimes'");
  EXPECT_EQ(fails({{"restart-strategy.exponential-delay.backoff-multiplier", "0.5"}}),
            "option 'restart-strategy.exponential-delay.backoff-multiplier' must be at least 1");
}

}  // namespace
}  // namespace weir
