// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/store/s3_object_store.h"

#include <gtest/gtest.h>

#include "weir/store/open_object_store.h"
#include "weir/testing/fake_s3.h"
#include "weir/testing/sim_environment.h"

namespace weir {
namespace {

// The keys of the examples that AWS has published.
const AwsCredentials kExampleKeys = {
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", {}};
constexpr int64_t kExampleMicros = 1369353600ll * 1'000'000;  // 2013-05-24.
constexpr char kEmptySha256[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string SignatureOf(const SignedRequest& request) {
  std::string text =
      SignedHeaders(request, kExampleKeys, "us-east-1", kExampleMicros).back().second;
  return text.substr(text.find("Signature=") + 10);
}

// Source: Amazon S3 API Reference, "Examples: Signature Calculations".
TEST(AwsSignature, AgreesWithThePublishedExamples) {
  std::string host = "examplebucket.s3.amazonaws.com";
  EXPECT_EQ(Sha256Hex(""), kEmptySha256);
  EXPECT_EQ(SignatureOf({"GET", host, "/test.txt", {}, {{"range", "bytes=0-9"}}, kEmptySha256}),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(SignatureOf({"PUT",
                         host,
                         "/test%24file.text",
                         {},
                         {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                          {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                         Sha256Hex("Welcome to Amazon S3.")}),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(SignatureOf({"GET", host, "/", {{"lifecycle", ""}}, {}, kEmptySha256}),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(SignatureOf({"GET", host, "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, kEmptySha256}),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

class S3ObjectStoreTest : public testing::Test {
 protected:
  S3ObjectStoreTest() : server_("b", {"key", "secret", "token"}, "us-east-1"), machine_(1) {
    S3Config config;
    config.bucket = "b";
    config.prefix = "jobs/";
    config.endpoint = "http://127.0.0.1:9000";
    config.credentials = {"key", "secret", "token"};
    config.addressing = S3Addressing::kPath;
    config.object_bytes_max = 1000;
    store_ = MakeS3ObjectStore(config, server_.MakeClient(), &machine_.clock(),
                               machine_.environment().random);
  }
  ErrorCode CodeOf(const Status& status) { return GetErrorInfo(status).code; }

  FakeS3 server_;
  SimEnvironment machine_;
  std::unique_ptr<ObjectStore> store_;
};

TEST_F(S3ObjectStoreTest, KeepsObjectsUnderItsPrefix) {
  ASSERT_TRUE(store_->Put("a/x y+z&$", "one").ok());
  EXPECT_EQ(server_.objects().begin()->first, "jobs/a/x y+z&$");
  EXPECT_EQ(store_->Get("a/x y+z&$").ValueOrDie(), "one");
  EXPECT_EQ(store_->GetRange("a/x y+z&$", 1, 2).ValueOrDie(), "ne");
  EXPECT_EQ(CodeOf(store_->GetRange("a/x y+z&$", 1, 3).status()), ErrorCode::kCorruption);
  EXPECT_EQ(CodeOf(store_->GetRange("a/x y+z&$", 9, 3).status()), ErrorCode::kCorruption);
  EXPECT_EQ(store_->GetRange("a/x y+z&$", 1, 0).ValueOrDie(), "");
  EXPECT_TRUE(store_->Delete("a/x y+z&$").ok());
  EXPECT_TRUE(store_->Delete("a/x y+z&$").ok());
  EXPECT_EQ(CodeOf(store_->Get("a/x y+z&$").status()), ErrorCode::kInvalidData);
}

TEST_F(S3ObjectStoreTest, PutsOnlyOnceIfAbsent) {
  EXPECT_TRUE(store_->PutIfAbsent("epochs/1", "mine").ValueOrDie());
  EXPECT_FALSE(store_->PutIfAbsent("epochs/1", "other").ValueOrDie());
  EXPECT_EQ(store_->Get("epochs/1").ValueOrDie(), "mine");
  server_.Fail({HttpFault::kConflict, HttpFault::kConflict});
  EXPECT_TRUE(store_->PutIfAbsent("epochs/2", "x").ValueOrDie());
  server_.Fail({HttpFault::kConflict});
  EXPECT_FALSE(store_->PutIfAbsent("epochs/2", "y").ValueOrDie());
}

TEST_F(S3ObjectStoreTest, DoesNotGuessWhoPutAnObject) {
  for (HttpFault lost : {HttpFault::kLostReply, HttpFault::k500AfterDeed}) {
    server_.objects().clear();
    server_.Fail({lost});
    auto put = store_->PutIfAbsent("epochs/1", "mine");
    EXPECT_EQ(CodeOf(put.status()), ErrorCode::kUnavailable);
    EXPECT_NE(put.status().message().find("not known"), std::string::npos);
    EXPECT_EQ(store_->Get("epochs/1").ValueOrDie(), "mine");
  }
  // A plain put may be repeated without harm.
  server_.Fail({HttpFault::kLostReply, HttpFault::k500AfterDeed});
  EXPECT_TRUE(store_->Put("data/1", "mine").ok());
}

TEST_F(S3ObjectStoreTest, RepeatsWhatPasses) {
  for (HttpFault fault : {HttpFault::k500, HttpFault::k503, HttpFault::kReset}) {
    server_.Fail({fault, fault, fault});
    EXPECT_TRUE(store_->Put("k", "v").ok());
    server_.Fail({fault, fault});
    EXPECT_EQ(store_->Get("k").ValueOrDie(), "v");
    server_.Fail({fault});
    EXPECT_EQ(store_->List("").ValueOrDie().size(), 1u);
    server_.Fail({fault, fault});
    EXPECT_TRUE(store_->Delete("k").ok());
  }
}

TEST_F(S3ObjectStoreTest, GivesUpAtTheDeadline) {
  for (HttpFault fault : {HttpFault::k500, HttpFault::k503, HttpFault::kReset}) {
    server_.FailForEver(fault);
    int64_t begin = machine_.clock().MonotonicMicros();
    EXPECT_EQ(CodeOf(store_->Put("k", "v")), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(store_->Get("k").status()), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(store_->PutIfAbsent("k", "v").status()), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(store_->List("k").status()), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(store_->Delete("k")), ErrorCode::kUnavailable);
    int64_t took = machine_.clock().MonotonicMicros() - begin;
    EXPECT_GT(took, 5 * 100'000'000);
    EXPECT_LT(took, 5 * 121'000'000);
  }
  EXPECT_LT(server_.requests().size(), 500u);
}

TEST_F(S3ObjectStoreTest, ListsAllPages) {
  server_.set_page_size(3);
  std::vector<std::string> wanted;
  for (int i = 0; i < 20; ++i) {
    wanted.push_back(fmt::format("d/{:02}&<", i));
    ASSERT_TRUE(store_->Put(wanted.back(), "x").ok());
  }
  ASSERT_TRUE(store_->Put("other", "x").ok());
  server_.objects()["elsewhere/d/1"] = "x";
  EXPECT_EQ(store_->List("d/").ValueOrDie(), wanted);
  EXPECT_EQ(store_->List("").ValueOrDie().size(), 21u);
  EXPECT_TRUE(store_->List("none").ValueOrDie().empty());
  server_.FailForEver(HttpFault::kBadXml);
  EXPECT_EQ(CodeOf(store_->List("d/").status()), ErrorCode::kUnavailable);
}

TEST_F(S3ObjectStoreTest, RefusesByName) {
  Status large = store_->Put("k", std::string(1001, 'x'));
  EXPECT_EQ(CodeOf(large), ErrorCode::kUnsupported);
  EXPECT_NE(large.message().find("s3://b/jobs/k"), std::string::npos);
  server_.objects()["jobs/big"] = std::string(5000, 'x');
  EXPECT_EQ(CodeOf(store_->Get("big").status()), ErrorCode::kResourceExhausted);
  for (const char* key : {"../x", "/x", "a//b", "a/./b"}) EXPECT_FALSE(store_->Put(key, "x").ok());
  S3Config config;
  config.bucket = "b";
  config.endpoint = "http://127.0.0.1:9000";
  config.addressing = S3Addressing::kPath;
  config.credentials = {"key", "another", {}};
  auto stranger = MakeS3ObjectStore(config, server_.MakeClient(), &machine_.clock(),
                                    machine_.environment().random);
  Status refused = stranger->Put("k", "x");
  EXPECT_EQ(CodeOf(refused), ErrorCode::kInvalidData);
  EXPECT_NE(refused.message().find("403 SignatureDoesNotMatch"), std::string::npos);
  EXPECT_EQ(refused.ToString().find("another"), std::string::npos);
  config.bucket = "c";
  config.credentials = {"key", "secret", "token"};
  auto missing = MakeS3ObjectStore(config, server_.MakeClient(), &machine_.clock(),
                                   machine_.environment().random);
  EXPECT_NE(missing->Put("k", "x").message().find("bucket 'c' does not exist"), std::string::npos);
}

TEST(S3Config, ReadsUrisAndOptions) {
  Options options({{"s3.access-key", "k"},
                   {"s3.secret-key", "s"},
                   {"s3.endpoint", "http://localhost:9000/"},
                   {"s3.path.style.access", "true"},
                   {"s3.region", "eu-west-1"}});
  S3Config config = MakeS3Config("s3://bucket/a//b/", options).ValueOrDie();
  EXPECT_EQ(config.bucket, "bucket");
  EXPECT_EQ(config.prefix, "a//b/");
  EXPECT_EQ(config.endpoint, "http://localhost:9000");
  EXPECT_EQ(config.addressing, S3Addressing::kPath);
  EXPECT_EQ(config.region, "eu-west-1");
  for (const char* bad : {"s3://", "s3:///x", "s3://a", "s3://a b/c", "s3://..../x"})
    EXPECT_FALSE(MakeS3Config(bad, options).ok()) << bad;
  Options bad_endpoint(
      {{"s3.access-key", "k"}, {"s3.secret-key", "s"}, {"s3.endpoint", "http://evil/path?x"}});
  EXPECT_FALSE(MakeS3Config("s3://bucket/x", bad_endpoint).ok());
}

TEST(OpenObjectStore, KnowsSchemes) {
  SimEnvironment machine(1);
  EXPECT_EQ(LocalPathOf("dir/x"), "dir/x");
  EXPECT_EQ(LocalPathOf("file:///dir"), "/dir");
  EXPECT_EQ(LocalPathOf("file:/dir"), "/dir");
  EXPECT_EQ(LocalPathOf("file://localhost/dir"), "/dir");
  EXPECT_FALSE(LocalPathOf("file://host/dir"));
  EXPECT_FALSE(LocalPathOf("s3://bucket/x"));
  for (const char* bad : {"gs://bucket/x", "hdfs://name/x", "file://host/x", ""}) {
    auto opened = OpenObjectStore(bad, machine.environment(), Options{});
    EXPECT_FALSE(opened.ok()) << bad;
  }
  EXPECT_TRUE(OpenObjectStore("/dir", machine.environment(), Options{}).ok());
}

TEST(HttpHeaders, AreReadWhateverTheyAre) {
  HttpResponse response;
  AddHeaderLine("HTTP/1.1 100 Continue\r\n", &response);
  AddHeaderLine("X-Old: 1\r\n", &response);
  AddHeaderLine("HTTP/1.1 200 OK\r\n", &response);
  AddHeaderLine("ETag:  \"x:y\" \r\n", &response);
  AddHeaderLine("no colon\r\n", &response);
  AddHeaderLine(": empty\r\n", &response);
  AddHeaderLine(std::string_view("a\0b: c\r\n", 8), &response);
  EXPECT_EQ(response.headers, (std::map<std::string, std::string>{{"etag", "\"x:y\""}}));
}

}  // namespace
}  // namespace weir
