// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/job_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "weir/server/api.h"
#include "weir/server/http_server.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr char kToken[] = "0123456789abcdef";

// One row a millisecond, for ever.
constexpr char kEndless[] =
    "SET 'pipeline.name' = 'endless';"
    "CREATE TABLE source (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');"
    "CREATE TABLE sink (n BIGINT) WITH ('connector' = 'blackhole');"
    "INSERT INTO sink SELECT n FROM source";
constexpr char kShort[] =
    "CREATE TABLE sink (n BIGINT) WITH ('connector' = 'blackhole');"
    "INSERT INTO sink VALUES (1), (2)";

class JobServerTest : public ::testing::Test {
 protected:
  JobServerTest()
      : directory_(::testing::TempDir() + "weir-server-" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name()),
        log_(RealEnvironment().clock, [this](std::string_view line) { lines_ += line; }) {
    std::filesystem::remove_all(directory_);
  }
  ~JobServerTest() override { std::filesystem::remove_all(directory_); }

  Result<std::unique_ptr<JobServer>> TryOpen() {
    JobServerConfig config;
    config.state_directory = directory_;
    config.options = {{"execution.checkpointing.interval", "50 ms"}, {"parallelism.default", "2"}};
    return JobServer::Open(std::move(config), &log_);
  }
  std::unique_ptr<JobServer> Open() { return TryOpen().ValueOrDie(); }

  static std::string Submit(JobServer& server, const std::string& sql) {
    SubmitRequest request;
    request.sql = sql;
    auto ids = server.Submit(request);
    EXPECT_TRUE(ids.ok()) << ids.status().ToString();
    return ids.ok() && ids->size() == 1 ? ids->front() : std::string();
  }
  /// Waits until `reached`, at most 30 seconds.
  static bool Eventually(const std::function<bool()>& reached) {
    for (int i = 0; i < 3000; ++i) {
      if (reached()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  static JobState StateOf(JobServer& server, const std::string& id) {
    return server.Show(id).ValueOrDie().record.state;
  }
  static int64_t Epochs(JobServer& server, const std::string& id) {
    int64_t newest = 0;
    for (const CheckpointFigures& figures : server.Show(id).ValueOrDie().checkpoints)
      if (figures.status.ok()) newest = std::max(newest, figures.epoch);
    return newest;
  }

  std::string directory_;
  std::string lines_;
  EventLog log_;
};

TEST_F(JobServerTest, RunsAJobToItsEnd) {
  auto server = Open();
  std::string id = Submit(*server, kShort);
  EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kFinished; }));
  JobView view = server->Show(id).ValueOrDie();
  EXPECT_EQ(view.record.name, "insert-into_sink");
  EXPECT_GT(view.record.ended_micros, 0);
  EXPECT_THAT(lines_, HasSubstr("\"event\":\"job ended\""));
}

TEST_F(JobServerTest, AFailedJobSaysWhy) {
  auto server = Open();
  std::string id = Submit(*server,
                          "CREATE TABLE sink (n INT) WITH ('connector' = 'blackhole');"
                          "INSERT INTO sink SELECT CAST('x' AS INT)");
  EXPECT_TRUE(Eventually([&] { return IsTerminal(StateOf(*server, id)); }));
  JobView view = server->Show(id).ValueOrDie();
  EXPECT_EQ(view.record.state, JobState::kFailed);
  EXPECT_THAT(view.record.error, HasSubstr("'x'"));
}

TEST_F(JobServerTest, WrongScriptsStartNothing) {
  auto server = Open();
  for (const char* sql : {"SELECT 1", "SELEC 1", "", "CREATE TABLE t (a INT) WITH ('a' = 'b')",
                          "INSERT INTO t VALUES (1); SELECT 1"}) {
    SubmitRequest request;
    request.sql = sql;
    EXPECT_FALSE(server->Submit(request).ok()) << sql;
  }
  EXPECT_TRUE(server->List().empty());
}

TEST_F(JobServerTest, CancelEndsAJobForGood) {
  auto server = Open();
  std::string id = Submit(*server, kEndless);
  EXPECT_TRUE(Eventually([&] { return Epochs(*server, id) > 0; }));
  ASSERT_TRUE(server->Cancel("endless").ok());  // By name.
  EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kCanceled; }));
  EXPECT_THAT(server->Cancel(id).message(), HasSubstr("has ended already: CANCELED"));
  EXPECT_FALSE(server->Cancel("nobody").ok());
}

TEST_F(JobServerTest, JobsOutliveTheServer) {
  std::string id;
  int64_t epoch = 0;
  {
    auto server = Open();
    id = Submit(*server, kEndless);
    EXPECT_TRUE(Eventually([&] { return Epochs(*server, id) > 1; }));
    epoch = Epochs(*server, id);
  }
  auto server = Open();
  EXPECT_EQ(StateOf(*server, id), JobState::kRunning);
  // It goes on from where it was: epoch numbers only grow.
  EXPECT_TRUE(Eventually([&] { return Epochs(*server, id) > epoch; }));
  EXPECT_TRUE(server->Cancel(id).ok());
  EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kCanceled; }));
}

TEST_F(JobServerTest, EndedJobsStayEnded) {
  std::string id;
  {
    auto server = Open();
    id = Submit(*server, kShort);
    EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kFinished; }));
  }
  auto server = Open();
  EXPECT_EQ(StateOf(*server, id), JobState::kFinished);
  EXPECT_EQ(server->List().size(), 1u);
}

TEST_F(JobServerTest, OneServerADirectory) {
  auto server = Open();
  Status status = TryOpen().status();
  EXPECT_THAT(status.message(), HasSubstr("another server has the state directory"));
}

TEST_F(JobServerTest, OneJobAName) {
  auto server = Open();
  Submit(*server, kEndless);
  SubmitRequest request;
  request.sql = kEndless;
  EXPECT_THAT(server->Submit(request).status().message(), HasSubstr("job 'endless' runs already"));
}

TEST_F(JobServerTest, JobsOfOneScriptHaveNamesOfTheirOwn) {
  auto server = Open();
  SubmitRequest request;
  request.sql = std::string(kShort) + "; INSERT INTO sink VALUES (3)";
  std::vector<std::string> ids = server->Submit(request).ValueOrDie();
  ASSERT_EQ(ids.size(), 2u);
  for (const std::string& id : ids)
    EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kFinished; }));
  EXPECT_EQ(server->Show(ids[0]).ValueOrDie().record.name, "insert-into_sink");
  EXPECT_EQ(server->Show(ids[1]).ValueOrDie().record.name, "insert-into_sink-2");
}

TEST_F(JobServerTest, StopWithSavepointAndStartFromIt) {
  auto server = Open();
  std::string id = Submit(*server, kEndless);
  EXPECT_TRUE(Eventually([&] { return Epochs(*server, id) > 0; }));
  SavepointRequest stop;
  stop.end = SavepointEnd::kStop;
  auto path = server->Savepoint(id, stop);
  ASSERT_TRUE(path.ok()) << path.status().ToString();
  EXPECT_TRUE(Eventually([&] { return StateOf(*server, id) == JobState::kFinished; }));
  EXPECT_EQ(server->Show(id).ValueOrDie().record.savepoints.size(), 1u);
  SubmitRequest again;
  again.sql = kEndless;
  again.from_savepoint = *path;
  std::string second = server->Submit(again).ValueOrDie().front();
  EXPECT_TRUE(Eventually([&] { return Epochs(*server, second) > 0; }));
  EXPECT_TRUE(server->Cancel(second).ok());
  EXPECT_TRUE(std::filesystem::exists(*path));
  EXPECT_TRUE(server->DisposeSavepoint(*path).ok());
  EXPECT_FALSE(std::filesystem::exists(*path));
  EXPECT_FALSE(server->DisposeSavepoint(*path).ok());
}

TEST_F(JobServerTest, DamagedRecordsAreNamed) {
  {
    auto server = Open();
    Submit(*server, kShort);
  }
  std::string file = std::filesystem::directory_iterator(directory_ + "/jobs")->path().string();
  ASSERT_TRUE(ReplaceFile(RealEnvironment().files, file, "{\"version\":1}").ok());
  EXPECT_THAT(TryOpen().status().message(), HasSubstr(file));
  ASSERT_TRUE(ReplaceFile(RealEnvironment().files, file, "{\"version\":99}").ok());
  EXPECT_THAT(TryOpen().status().message(), HasSubstr("newer version"));
}

TEST(JobRecordTest, TextAndBack) {
  JobRecord record;
  record.id = "j1";
  record.name = "a \"name\" \xc3\xa9";
  record.statement = "INSERT INTO t\nSELECT 1";
  record.options = {{"a", "b"}};
  record.state = JobState::kRestarting;
  record.savepoints = {{"/s", 5}};
  JobRecord back = RecordFromJson(RecordToJson(record), "x").ValueOrDie();
  EXPECT_EQ(RecordToJson(back), RecordToJson(record));
  // Cut anywhere it is an error, never half a record.
  std::string json = RecordToJson(record);
  for (size_t length = 0; length + 2 < json.size(); ++length)
    EXPECT_FALSE(RecordFromJson(json.substr(0, length), "x").ok()) << length;
}

// ---- The interface ----

class ApiTest : public JobServerTest {
 protected:
  ApiTest() : server_(Open()), api_(server_.get(), kToken) {}
  ApiResponse Call(const std::string& method, const std::string& target,
                   const std::string& body = {}) {
    return api_.Handle({method, target, std::string("Bearer ") + kToken, "localhost:8321", body});
  }
  std::unique_ptr<JobServer> server_;
  Api api_;
};

TEST_F(ApiTest, NothingWithoutTheToken) {
  for (const std::string& authorization :
       {std::string(), std::string("Bearer "), std::string("Bearer 0123456789abcdee"),
        std::string("Bearer 0123456789abcdef0"), std::string("Basic 0123456789abcdef")}) {
    EXPECT_EQ(api_.Handle({"GET", "/v1/jobs", authorization, "localhost", ""}).status, 401);
    EXPECT_EQ(api_.Handle({"GET", "/metrics", authorization, "localhost", ""}).status, 401);
    EXPECT_EQ(api_.Handle({"GET", "/health", authorization, "localhost", ""}).status, 200);
  }
}

TEST_F(ApiTest, ForeignNamesAreRefused) {
  std::string bearer = std::string("Bearer ") + kToken;
  EXPECT_EQ(api_.Handle({"GET", "/v1/jobs", bearer, "evil.example", ""}).status, 403);
  EXPECT_EQ(api_.Handle({"GET", "/v1/jobs", bearer, "", ""}).status, 403);
  EXPECT_EQ(api_.Handle({"GET", "/v1/jobs", bearer, "[::1]:80", ""}).status, 200);
  EXPECT_EQ(api_.Handle({"GET", "/v1/jobs", bearer, "127.0.0.1", ""}).status, 200);
}

TEST_F(ApiTest, PathsAndMethods) {
  EXPECT_EQ(Call("GET", "/").status, 404);
  EXPECT_EQ(Call("GET", "/v1/nothing").status, 404);
  EXPECT_EQ(Call("DELETE", "/v1/jobs").status, 405);
  EXPECT_EQ(Call("GET", "/v1/jobs/x/cancel").status, 405);
  EXPECT_EQ(Call("POST", "/v1/jobs/x/fly").status, 404);
  EXPECT_EQ(Call("GET", "/v1/jobs/..%2f..%2fetc%2fpasswd").status, 400);
  EXPECT_THAT(Call("GET", "/v1/jobs/..%252f").body, HasSubstr("there is no job '..%2f'"));
  EXPECT_EQ(Call("GET", "/v1/jobs/%zz").status, 400);
  EXPECT_EQ(Call("POST", "/v1/jobs", "[1]").status, 400);
  EXPECT_THAT(Call("POST", "/v1/jobs", "{\"sqll\":\"x\"}").body,
              HasSubstr("unknown member 'sqll'"));
  EXPECT_THAT(Call("POST", "/v1/jobs", "{\"sql\":7}").body, HasSubstr("must be a string"));
}

TEST_F(ApiTest, AJobFromSubmissionToMetrics) {
  nlohmann::json body = {{"sql", kEndless}};
  ApiResponse submitted = Call("POST", "/v1/jobs", body.dump());
  ASSERT_EQ(submitted.status, 200) << submitted.body;
  std::string id = nlohmann::json::parse(submitted.body)["ids"][0];
  EXPECT_TRUE(Eventually([&] { return Epochs(*server_, id) > 0; }));
  auto shown = nlohmann::json::parse(Call("GET", "/v1/jobs/" + id).body);
  EXPECT_EQ(shown["state"], "RUNNING");
  EXPECT_EQ(shown["name"], "endless");
  EXPECT_GE(shown["operators"].size(), 2u);
  std::string metrics = Call("GET", "/metrics").body;
  EXPECT_THAT(metrics, HasSubstr("weir_job_running{job=\"" + id + "\",name=\"endless\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("weir_operator_rows_out_total"));
  EXPECT_THAT(metrics, HasSubstr("weir_checkpoint_last_epoch"));
  ApiResponse savepoint = Call("POST", "/v1/jobs/" + id + "/savepoints");
  ASSERT_EQ(savepoint.status, 200) << savepoint.body;
  EXPECT_EQ(Call("POST", "/v1/jobs/" + id + "/cancel").status, 200);
}

TEST_F(ApiTest, OverHttp) {
  auto http = HttpServer::Listen("127.0.0.1", 0, &api_).ValueOrDie();
  std::thread thread([&] { http->Run(); });
  HttpAddress address{"127.0.0.1", http->port()};
  std::string bearer = std::string("Bearer ") + kToken;
  ApiResponse good = SendRequest(address, {"GET", "/v1/jobs", bearer, "", ""}, 10).ValueOrDie();
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, "{\"jobs\":[]}\n");
  EXPECT_EQ(SendRequest(address, {"GET", "/v1/jobs", "", "", ""}, 10).ValueOrDie().status, 401);
  std::string big(3 << 20, ' ');
  auto refused = SendRequest(address, {"POST", "/v1/jobs", bearer, "", big}, 10);
  if (refused.ok()) {  // Else the connection was cut.
    EXPECT_EQ(refused->status, 413);
  }
  std::string long_header = bearer + std::string(20 << 10, 'x');
  auto cut = SendRequest(address, {"GET", "/v1/jobs", long_header, "", ""}, 10);
  if (cut.ok()) {
    EXPECT_EQ(cut->status, 431);
  }
  http->Stop();
  thread.join();
  EXPECT_FALSE(SendRequest(address, {"GET", "/health", "", "", ""}, 2).ok());
}

TEST_F(ApiTest, LoopbackOnly) {
  EXPECT_THAT(HttpServer::Listen("0.0.0.0", 0, &api_).status().message(),
              HasSubstr("loopback addresses only"));
  EXPECT_FALSE(HttpServer::Listen("example.org", 0, &api_).ok());
  auto first = HttpServer::Listen("127.0.0.1", 0, &api_).ValueOrDie();
  EXPECT_THAT(HttpServer::Listen("127.0.0.1", first->port(), &api_).status().message(),
              HasSubstr("cannot listen on"));
}

}  // namespace
}  // namespace weir
