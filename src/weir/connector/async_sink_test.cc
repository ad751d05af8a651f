// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/async_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Time passes only when somebody sleeps, and then `on_sleep` is told.
class StepClock : public Clock {
 public:
  int64_t WallMicros() override { return now_; }
  int64_t MonotonicMicros() override { return now_; }
  void SleepMicros(int64_t micros) override {
    now_ += micros;
    if (on_sleep) on_sleep();
  }
  std::function<void()> on_sleep;
  int64_t now_ = 0;
};

class Seeded : public Random {
 public:
  uint64_t Next() override { return random_(); }

 private:
  std::mt19937_64 random_{7};
};

/// The service: requests wait until the test answers them.
struct Service {
  struct Waiting {
    std::vector<SinkEntry> entries;
    std::function<void(SendAnswer)> answer;
  };
  std::vector<Waiting> waiting;
  std::vector<std::string> stored;
  std::vector<size_t> sizes;  // Of all requests.
  size_t most_waiting = 0;

  void Accept(size_t index) {
    Waiting one = Take(index);
    for (SinkEntry& entry : one.entries) stored.push_back(entry.bytes);
    one.answer({});
  }
  /// Stores the first `good` entries and refuses the others.
  void Refuse(size_t index, size_t good) {
    Waiting one = Take(index);
    SendAnswer answer;
    for (size_t i = 0; i < one.entries.size(); ++i) {
      if (i < good) {
        stored.push_back(one.entries[i].bytes);
      } else {
        answer.refused.push_back(one.entries[i]);
      }
    }
    one.answer(std::move(answer));
  }
  void Fail(size_t index) { Take(index).answer({{}, Unavailable("no such stream")}); }
  Waiting Take(size_t index) {
    Waiting one = std::move(waiting[index]);
    waiting.erase(waiting.begin() + static_cast<int64_t>(index));
    return one;
  }
};

class ServiceSender : public RequestSender {
 public:
  explicit ServiceSender(std::shared_ptr<Service> service) : service_(std::move(service)) {}
  void Send(std::vector<SinkEntry> entries, std::function<void(SendAnswer)> answer) override {
    service_->sizes.push_back(entries.size());
    service_->waiting.push_back({std::move(entries), std::move(answer)});
    service_->most_waiting = std::max(service_->most_waiting, service_->waiting.size());
  }

 private:
  std::shared_ptr<Service> service_;
};

class TextConverter : public ElementConverter {
 public:
  Status Convert(const Batch& batch, std::vector<SinkEntry>* entries) override {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      entries->push_back({std::string(batch.columns[0]->At<StringView>(i).view()), batch.kind(i)});
    }
    return Status::OK();
  }
};

class AsyncSinkTest : public ::testing::Test {
 protected:
  AsyncSinkTest() {
    settings_.batch_entries_max = 3;
    settings_.batch_bytes_max = 100;
    settings_.entry_bytes_max = 50;
    settings_.buffered_entries_max = 6;
    settings_.requests_max = 2;
    settings_.buffer_micros_max = 1'000'000;
    settings_.request_micros_max = 5'000'000;
    environment_ = RealEnvironment();
    environment_.clock = &clock_;
    environment_.random = &random_;
  }
  void Open() {
    writer_ = std::make_unique<AsyncSinkWriter>(settings_, std::make_unique<TextConverter>(),
                                                std::make_unique<ServiceSender>(service_),
                                                environment_, [this] { return cancelled_; });
  }
  Status Write(const std::vector<std::string>& texts) {
    Schema schema;
    schema.fields.push_back({"t", DataType::String()});
    BatchBuilder builder(schema, arrow::default_memory_pool());
    for (const std::string& text : texts) {
      WEIR_RETURN_NOT_OK(builder.AppendRow({Value::String(text)}));
    }
    WEIR_ASSIGN_OR_RETURN(Batch batch, builder.Finish());
    return writer_->Write(batch);
  }
  Status Prepare() { return writer_->PrepareCommit(PreparePoint::kCheckpoint).status(); }
  /// Whenever the writer waits, the oldest request is accepted.
  void AcceptWhileWaiting() {
    clock_.on_sleep = [this] {
      if (!service_->waiting.empty()) service_->Accept(0);
    };
  }

  AsyncSinkSettings settings_;
  StepClock clock_;
  Seeded random_;
  Environment environment_;
  std::shared_ptr<Service> service_ = std::make_shared<Service>();
  bool cancelled_ = false;
  std::unique_ptr<AsyncSinkWriter> writer_;
};

TEST_F(AsyncSinkTest, RequestsGoOutByCount) {
  Open();
  ASSERT_TRUE(Write({"a", "b"}).ok());
  EXPECT_TRUE(service_->waiting.empty());
  ASSERT_TRUE(Write({"c", "d"}).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(3));
  EXPECT_EQ(writer_->num_buffered(), 1);
}

TEST_F(AsyncSinkTest, RequestsGoOutByBytes) {
  Open();
  std::string big(50, 'x');
  ASSERT_TRUE(Write({big, big}).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(2));
}

TEST_F(AsyncSinkTest, RequestsGoOutByAge) {
  Open();
  ASSERT_TRUE(Write({"a"}).ok());
  clock_.now_ += 999'999;
  ASSERT_TRUE(writer_->OnWatermark(1).ok());
  EXPECT_TRUE(service_->waiting.empty());
  clock_.now_ += 1;
  ASSERT_TRUE(writer_->OnWatermark(2).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(1));
}

// What a request leaves behind has waited since it came.
TEST_F(AsyncSinkTest, EntriesKeepTheirAge) {
  settings_.batch_entries_max = 2;
  Open();
  ASSERT_TRUE(Write({"a"}).ok());
  clock_.now_ += 400'000;
  ASSERT_TRUE(Write({"b", "c"}).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(2));
  service_->Accept(0);
  clock_.now_ += 999'999;
  ASSERT_TRUE(writer_->OnWatermark(1).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(2));
  clock_.now_ += 1;
  ASSERT_TRUE(writer_->OnWatermark(2).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(2, 1));
}

TEST_F(AsyncSinkTest, NeverIsNotSoon) {
  settings_.buffer_micros_max = settings_.request_micros_max = std::numeric_limits<int64_t>::max();
  Open();
  clock_.now_ = 5'000'000;
  ASSERT_TRUE(Write({"a"}).ok());
  EXPECT_EQ(writer_->NextTimerMillis(), std::numeric_limits<int64_t>::max());
}

/// What the runtime does: sleeps until the timer is due, and calls.
TEST_F(AsyncSinkTest, TheTimerSendsOnAnIdleStream) {
  Open();
  EXPECT_EQ(writer_->NextTimerMillis(), std::numeric_limits<int64_t>::max());
  ASSERT_TRUE(Write({"a"}).ok());
  EXPECT_EQ(writer_->NextTimerMillis(), 1'000);
  clock_.now_ = 999'999;
  ASSERT_TRUE(writer_->OnTimer(999).ok());
  EXPECT_TRUE(service_->waiting.empty());
  clock_.now_ = 1'000'000;
  EXPECT_EQ(writer_->NextTimerMillis(), 1'000);
  ASSERT_TRUE(writer_->OnTimer(1'000).ok());
  EXPECT_THAT(service_->sizes, ElementsAre(1));
  EXPECT_EQ(writer_->NextTimerMillis(), 6'000);  // When its answer is overdue.
  service_->Accept(0);
  EXPECT_EQ(writer_->NextTimerMillis(), 1'000);  // The answer waits to be looked at.
  ASSERT_TRUE(writer_->OnTimer(1'000).ok());
  EXPECT_EQ(writer_->NextTimerMillis(), std::numeric_limits<int64_t>::max());
}

TEST_F(AsyncSinkTest, TheTimerSendsAgainAfterPausesAndTimeouts) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  service_->Refuse(0, 0);
  ASSERT_TRUE(writer_->OnTimer(writer_->NextTimerMillis()).ok());
  EXPECT_TRUE(service_->waiting.empty());  // A pause.
  int64_t due = writer_->NextTimerMillis();
  EXPECT_GT(due, 0);
  EXPECT_LE(due, 10);
  clock_.now_ = due * 1000;
  ASSERT_TRUE(writer_->OnTimer(due).ok());
  EXPECT_FALSE(service_->waiting.empty());
  while (!service_->waiting.empty()) (void)service_->Take(0);  // All are lost.
  for (int step = 0; step < 200 && service_->stored.size() < 3; ++step) {
    int64_t next = writer_->NextTimerMillis();
    ASSERT_NE(next, std::numeric_limits<int64_t>::max());
    clock_.now_ = std::max(clock_.now_, next * 1000);
    ASSERT_TRUE(writer_->OnTimer(next).ok());
    while (!service_->waiting.empty() && clock_.now_ > 5'000'000) service_->Accept(0);
  }
  EXPECT_EQ(service_->stored.size(), 3u);
}

TEST_F(AsyncSinkTest, TheTimerFindsFatalAnswers) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  service_->Fail(0);
  EXPECT_EQ(writer_->NextTimerMillis(), 0);
  EXPECT_THAT(writer_->OnTimer(0).message(), HasSubstr("no such stream"));
}

TEST_F(AsyncSinkTest, TheBufferIsBounded) {
  Open();
  AcceptWhileWaiting();
  std::vector<std::string> many;
  for (int i = 0; i < 100; ++i) many.push_back(std::to_string(i));
  ASSERT_TRUE(Write(many).ok());
  EXPECT_LT(writer_->num_buffered(), 6);
  EXPECT_LE(service_->most_waiting, 2u);
  ASSERT_TRUE(Prepare().ok());
  EXPECT_EQ(service_->stored, many);
}

TEST_F(AsyncSinkTest, PrepareWaitsForEverything) {
  Open();
  AcceptWhileWaiting();
  ASSERT_TRUE(Write({"a", "b", "c", "d"}).ok());
  ASSERT_TRUE(Prepare().ok());
  EXPECT_THAT(service_->stored, ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(writer_->num_buffered() + writer_->num_entries_under_way(), 0);
}

TEST_F(AsyncSinkTest, RefusedEntriesGoFirst) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c", "d"}).ok());
  service_->Refuse(0, 1);
  AcceptWhileWaiting();
  ASSERT_TRUE(Prepare().ok());
  EXPECT_THAT(service_->stored, ElementsAre("a", "b", "c", "d"));
  EXPECT_GE(clock_.now_, 5'000);  // Not without a pause.
}

TEST_F(AsyncSinkTest, FatalAnswersAreNotSwallowed) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  service_->Fail(0);  // After the last write.
  EXPECT_THAT(Prepare().message(), HasSubstr("no such stream"));
}

TEST_F(AsyncSinkTest, ALostAnswerIsATimeout) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  auto lost = service_->Take(0);
  AcceptWhileWaiting();
  ASSERT_TRUE(Prepare().ok());
  EXPECT_GE(clock_.now_, 5'000'000);
  EXPECT_THAT(service_->stored, ElementsAre("a", "b", "c"));
  lost.answer({});  // Late, and about a request that was given up.
  ASSERT_TRUE(Write({"d"}).ok());
  ASSERT_TRUE(Prepare().ok());
  EXPECT_THAT(service_->stored, ElementsAre("a", "b", "c", "d"));
}

TEST_F(AsyncSinkTest, ATimeoutMayFailTheJob) {
  settings_.fail_on_timeout = true;
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  EXPECT_THAT(Prepare().message(), HasSubstr("no answer for 5 s"));
}

TEST_F(AsyncSinkTest, WaitingCanBeCancelled) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  clock_.on_sleep = [this] { cancelled_ = true; };
  EXPECT_EQ(GetErrorInfo(Prepare()).code, ErrorCode::kCancelled);
}

TEST_F(AsyncSinkTest, AnswersMayOutliveTheWriter) {
  Open();
  ASSERT_TRUE(Write({"a", "b", "c"}).ok());
  writer_.reset();
  service_->Accept(0);
  EXPECT_EQ(service_->stored.size(), 3u);
}

TEST_F(AsyncSinkTest, TooBigAnEntryIsNamed) {
  Open();
  EXPECT_THAT(Write({std::string(51, 'x')}).message(), HasSubstr("has 51 bytes"));
}

TEST_F(AsyncSinkTest, OptionsAreChecked) {
  auto read = [](std::map<std::string, std::string> options) {
    return ReadAsyncSinkSettings(Options(std::move(options))).status().message();
  };
  EXPECT_EQ(read({}), "");
  EXPECT_THAT(read({{"sink.batch.max-size", "0"}}), HasSubstr("'sink.batch.max-size' must be"));
  EXPECT_THAT(read({{"sink.requests.max-buffered", "10"}}), HasSubstr("at least"));
  EXPECT_THAT(read({{"sink.record.max-size", "6 mb"}}), HasSubstr("at most"));
}

/// Whatever the service does, every entry is stored, and only refused or lost ones twice.
TEST_F(AsyncSinkTest, RandomServices) {
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    std::mt19937_64 random(seed);
    service_ = std::make_shared<Service>();
    clock_.now_ = 0;
    Open();
    auto act = [&] {
      if (service_->waiting.empty()) return;
      size_t index = random() % service_->waiting.size();
      switch (random() % 4) {
        case 0:
          return service_->Refuse(index, random() % (service_->waiting[index].entries.size() + 1));
        case 1:
          if (random() % 8 == 0) (void)service_->Take(index);  // Lost before it was stored.
          return;
        default:
          return service_->Accept(index);
      }
    };
    clock_.on_sleep = act;
    std::vector<std::string> all;
    for (int step = 0; step < 10; ++step) {
      std::vector<std::string> some;
      for (uint64_t i = random() % 8; i > 0; --i) some.push_back(std::to_string(all.size() + i));
      all.insert(all.end(), some.begin(), some.end());
      ASSERT_TRUE(Write(some).ok());
      ASSERT_LE(service_->most_waiting, 2u);
      if (random() % 3 == 0) act();
      clock_.now_ += static_cast<int64_t>(random() % 100'000);
    }
    ASSERT_TRUE(Prepare().ok());
    std::multiset<std::string> stored(service_->stored.begin(), service_->stored.end());
    ASSERT_EQ(stored, std::multiset<std::string>(all.begin(), all.end())) << "seed " << seed;
  }
}

}  // namespace
}  // namespace weir
