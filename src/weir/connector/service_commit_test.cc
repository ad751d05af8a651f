// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/service_commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Kind = CommitOutcome::Kind;

class SleepClock : public Clock {
 public:
  int64_t WallMicros() override { return now_; }
  int64_t MonotonicMicros() override { return now_; }
  void SleepMicros(int64_t micros) override { now_ += micros; }
  int64_t now_ = 0;
};

class Zero : public Random {
 public:
  uint64_t Next() override { return 0; }
};

/// Answers as it is told, once each; then it commits.
class Service : public ServiceCommitter {
 public:
  Result<std::vector<CommitOutcome>> Commit(const std::vector<std::string>& names) override {
    ++num_requests;
    if (!connection.ok()) return std::exchange(connection, Status::OK());
    std::vector<CommitOutcome> outcomes;
    for (const std::string& name : names) {
      auto told = answers.find(name);
      CommitOutcome outcome;
      if (told != answers.end() && told->second.second-- > 0) {
        outcome = {told->second.first, told->second.first == Kind::kFatal
                                           ? InvalidData("no such transaction")
                                           : Unavailable("busy")};
      } else {
        visible.push_back(name);
      }
      outcomes.push_back(outcome);
    }
    return outcomes;
  }
  std::map<std::string, std::pair<Kind, int>> answers;
  Status connection;
  std::vector<std::string> visible;
  int num_requests = 0;
};

class ServiceCommitTest : public ::testing::Test {
 protected:
  ServiceCommitTest() {
    environment_.clock = &clock_;
    environment_.random = &random_;
  }
  Status Commit(std::function<bool()> cancelled = {}) {
    return CommitToService(service_, {"a", "b", "c"}, {1'000'000}, environment_, cancelled);
  }
  SleepClock clock_;
  Zero random_;
  Environment environment_;
  Service service_;
};

TEST_F(ServiceCommitTest, AllAtOnce) {
  ASSERT_TRUE(Commit().ok());
  EXPECT_THAT(service_.visible, ElementsAre("a", "b", "c"));
  EXPECT_EQ(service_.num_requests, 1);
}

TEST_F(ServiceCommitTest, OnlyTheRefusedAreTriedAgainAfterAPause) {
  service_.answers = {{"b", {Kind::kRetry, 2}}};
  ASSERT_TRUE(Commit().ok());
  EXPECT_THAT(service_.visible, ElementsAre("a", "c", "b"));
  EXPECT_EQ(clock_.now_, 10'000 + 20'000);
}

TEST_F(ServiceCommitTest, ALostConnectionIsTriedAgain) {
  service_.connection = Unavailable("connection reset");
  ASSERT_TRUE(Commit().ok());
  EXPECT_THAT(service_.visible, ElementsAre("a", "b", "c"));
}

TEST_F(ServiceCommitTest, OtherErrorsOfTheConnectionAreNot) {
  service_.connection = InvalidQuery("no permission");
  EXPECT_THAT(Commit().message(), HasSubstr("no permission"));
  EXPECT_EQ(service_.num_requests, 1);
}

TEST_F(ServiceCommitTest, AFatalAnswerIsNamedAndTheOthersAreCommitted) {
  service_.answers = {{"b", {Kind::kFatal, 9}}};
  Status status = Commit();
  EXPECT_THAT(status.message(), HasSubstr("commit 'b': no such transaction"));
  EXPECT_THAT(service_.visible, ElementsAre("a", "c"));
}

TEST_F(ServiceCommitTest, AFatalAnswerDoesNotEndTheRetriesOfOthers) {
  service_.answers = {{"a", {Kind::kFatal, 9}}, {"b", {Kind::kRetry, 2}}};
  EXPECT_THAT(Commit().message(), HasSubstr("commit 'a': no such transaction"));
  EXPECT_THAT(service_.visible, ElementsAre("c", "b"));
}

TEST_F(ServiceCommitTest, RetriesEnd) {
  service_.answers = {{"b", {Kind::kRetry, 1000}}};
  Status status = Commit();
  EXPECT_EQ(GetErrorInfo(status).code, ErrorCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("1 commits were refused for 1 s, last: busy"));
  EXPECT_LE(clock_.now_, 1'000'000);
}

TEST_F(ServiceCommitTest, WaitingCanBeCancelled) {
  service_.answers = {{"b", {Kind::kRetry, 1000}}};
  EXPECT_EQ(GetErrorInfo(Commit([] { return true; })).code, ErrorCode::kCancelled);
}

}  // namespace
}  // namespace weir
