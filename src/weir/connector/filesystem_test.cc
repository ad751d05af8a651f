// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <arrow/util/compression.h>
#include <gmock/gmock.h>

#include "weir/connector/test_table.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

std::map<std::string, std::string> Files(const std::string& path, const std::string& format,
                                         std::map<std::string, std::string> more = {}) {
  more.insert({{"connector", "filesystem"}, {"path", path}, {"format", format}});
  return more;
}

std::string Compress(arrow::Compression::type type, const std::string& text) {
  auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  std::string out(
      static_cast<size_t>(codec->MaxCompressedLen(static_cast<int64_t>(text.size()),
                                                  reinterpret_cast<const uint8_t*>(text.data()))),
      '\0');
  int64_t size =
      codec
          ->Compress(static_cast<int64_t>(text.size()),
                     reinterpret_cast<const uint8_t*>(text.data()),
                     static_cast<int64_t>(out.size()), reinterpret_cast<uint8_t*>(out.data()))
          .ValueOrDie();
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string Numbers(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += fmt::format("{{\"a\":{}}}\n", i);
  return text;
}
std::string NumberRows(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += fmt::format("+I[{}]\n", i);
  return text;
}

TEST(Filesystem, ReadsDirectoriesRecursivelyWithoutHiddenFiles) {
  TestDirectory dir;
  dir.Write("t/a.json", Numbers(0, 2));
  dir.Write("t/sub/b.json", Numbers(2, 3));
  dir.Write("t/_SUCCESS", "");
  dir.Write("t/.c.json", "no json");
  dir.Write("t/_tmp/d.json", "no json");
  EXPECT_EQ(TestTable(Files(dir.path("t"), "json"), "a INT").Read(), NumberRows(0, 3));
  EXPECT_EQ(TestTable(Files(dir.path("t") + "/", "json"), "a INT").Read(), NumberRows(0, 3));
}

TEST(Filesystem, ReadsGlobs) {
  TestDirectory dir;
  dir.Write("2026-01/x.json", Numbers(0, 1));
  dir.Write("2026-02/x.json", Numbers(1, 2));
  dir.Write("2027-01/y.json", Numbers(2, 3));
  EXPECT_EQ(TestTable(Files(dir.path("2026-*/x.json"), "json"), "a INT").Read(), NumberRows(0, 2));
  EXPECT_EQ(TestTable(Files(dir.path("202[67]-0?/*"), "json"), "a INT").Read(), NumberRows(0, 3));
  EXPECT_EQ(TestTable(Files(dir.path("**/y.json"), "json"), "a INT").Read(), NumberRows(2, 3));
  EXPECT_EQ(TestTable(Files(dir.path("{2026-02,2027-01}/*.json"), "json"), "a INT").Read(),
            NumberRows(1, 3));
  EXPECT_THAT(TestTable(Files(dir.path("nothing-*.json"), "json"), "a INT").Read(),
              HasSubstr("no file matches '"));
}

TEST(Filesystem, NamesWhatIsMissingOrOfTheWrongKind) {
  TestDirectory dir;
  EXPECT_THAT(TestTable(Files(dir.path("none.json"), "json"), "a INT").Read(),
              HasSubstr("none.json': there is no such file"));
  dir.Write("f.json", Numbers(0, 1));
  EXPECT_THAT(TestTable(Files(dir.path("f.json/x"), "json"), "a INT").Read(),
              HasSubstr("not a directory"));
  EXPECT_THAT(TestTable(Files("s3://bucket/x", "json"), "a INT").Read(),
              HasSubstr("'s3://' is not supported yet"));
  EXPECT_THAT(TestTable(Files(dir.path("f.json"), "jsn"), "a INT").Read(),
              HasSubstr("there is no format 'jsn'"));
  EXPECT_THAT(TestTable(Files(dir.path("f.json"), "avro"), "a INT").Read(),
              HasSubstr("'avro' is not supported yet"));
  EXPECT_THAT(TestTable(Files(dir.path("f.json"), "json", {{"jsn.x", "1"}}), "a INT").Read(),
              HasSubstr("has no option 'jsn.x'"));
}

TEST(Filesystem, ReadsPartitionsFromPaths) {
  TestDirectory dir;
  dir.Write("t/dt=2026-01-01/n=1/x.json", Numbers(0, 1));
  dir.Write("t/dt=2026-01-02/n=__DEFAULT_PARTITION__/x.json", Numbers(1, 2));
  TestTable table(Files(dir.path("t"), "json"), "a INT, dt STRING, n INT");
  table.Partitioned({"dt", "n"});
  EXPECT_EQ(table.Read(), "+I[0, 2026-01-01, 1]\n+I[1, 2026-01-02, null]\n");
  table.request().partitions = {{{"dt", "2026-01-02"}}};
  EXPECT_EQ(table.Read(), "+I[1, 2026-01-02, null]\n");
  table.Project("n INT");
  EXPECT_EQ(table.Read(), "+I[null]\n");
}

TEST(Filesystem, GivesMetadata) {
  TestDirectory dir;
  std::string path = dir.Write("x.json", Numbers(0, 1));
  TestTable table(Files(path, "json"), "a INT");
  table.context().metadata_columns =
      TestTable::SchemaOf("`file.path` STRING, `file.name` STRING, `file.size` BIGINT").fields;
  table.Project("`file.name` STRING, a INT, `file.size` BIGINT, `file.path` STRING");
  EXPECT_EQ(table.Read(), fmt::format("+I[x.json, 0, 8, {}]\n", path));
}

TEST(Filesystem, ReadsCompressedFiles) {
  TestDirectory dir;
  std::string text = Numbers(0, 5000);
  dir.Write("t/a.json.gz", Compress(arrow::Compression::GZIP, text));
  dir.Write("t/b.json.zst", Compress(arrow::Compression::ZSTD, Numbers(5000, 5001)));
  EXPECT_EQ(TestTable(Files(dir.path("t"), "json"), "a INT").Read(), NumberRows(0, 5001));
  EXPECT_EQ(TestTable(Files(dir.path("t"), "json"), "a INT").ReopenAlways().Read(1000),
            NumberRows(0, 5001));
}

TEST(Filesystem, ReadsAllMembersOfACompressedFile) {
  TestDirectory dir;
  for (auto [type, name] : {std::pair{arrow::Compression::GZIP, "a.json.gz"},
                            std::pair{arrow::Compression::ZSTD, "a.json.zst"}}) {
    std::string path =
        dir.Write(name, Compress(type, Numbers(0, 10)) + Compress(type, Numbers(10, 20)));
    EXPECT_EQ(TestTable(Files(path, "json"), "a INT").Read(), NumberRows(0, 20)) << name;
  }
}

TEST(Filesystem, RefusesTruncatedCompressedFiles) {
  TestDirectory dir;
  for (auto [type, name] : {std::pair{arrow::Compression::GZIP, "a.json.gz"},
                            std::pair{arrow::Compression::ZSTD, "a.json.zst"}}) {
    std::string whole = Compress(type, Numbers(0, 5000));
    for (size_t size : {whole.size() - 1, whole.size() / 2, size_t{5}}) {
      std::string path = dir.Write(name, whole.substr(0, size));
      EXPECT_THAT(TestTable(Files(path, "json"), "a INT").Read(), HasSubstr("a.json"))
          << name << " " << size;
      EXPECT_THAT(TestTable(Files(path, "json"), "a INT").Read(), HasSubstr("error: "))
          << name << " " << size;
    }
    std::string garbage = dir.Write(name, "this is not compressed");
    EXPECT_THAT(TestTable(Files(garbage, "json"), "a INT").Read(),
                HasSubstr("cannot be decompressed"))
        << name;
  }
}

TEST(Filesystem, EmptyFilesGiveNoRows) {
  TestDirectory dir;
  EXPECT_EQ(TestTable(Files(dir.Write("a.json", ""), "json"), "a INT").Read(), "");
  EXPECT_EQ(TestTable(Files(dir.Write("b.json", "\n \n"), "json"), "a INT").Read(), "");
  EXPECT_EQ(TestTable(Files(dir.Write("c.csv", ""), "csv"), "a INT").Read(), "");
  EXPECT_EQ(TestTable(Files(dir.Write("d.csv", "a,b\n"), "csv"), "a INT, b STRING").Read(), "");
  EXPECT_EQ(TestTable(Files(dir.Write("e.txt", ""), "raw"), "a STRING").Read(), "");
  EXPECT_THAT(TestTable(Files(dir.Write("f.parquet", ""), "parquet"), "a INT").Read(),
              HasSubstr("f.parquet' cannot be read as Parquet"));
  (void)RealEnvironment().files->MakeDirectories(dir.path("empty"));
  EXPECT_EQ(TestTable(Files(dir.path("empty"), "json"), "a INT").Read(), "");
}

TEST(Filesystem, CutsBigFilesWithoutLossOrRepetition) {
  TestDirectory dir;
  std::string text, padding(1000, 'x');
  for (int i = 0; i < 30000; ++i) text += fmt::format("{{\"a\":{},\"p\":\"{}\"}}\n", i, padding);
  TestTable table(Files(dir.Write("a.json", text), "json"), "a INT");
  EXPECT_EQ(table.Read(4096, 3), NumberRows(0, 30000));
  EXPECT_EQ(table.splits(), 4u);
  table.request().keep_order = true;
  EXPECT_EQ(table.Read(4096, 3), NumberRows(0, 30000));
  EXPECT_EQ(table.splits(), 1u);
}

TEST(Filesystem, GoesOnAtPositions) {
  TestDirectory dir;
  dir.Write("t/a.json", Numbers(0, 100));
  dir.Write("t/b.json", "[{\"a\":100},\n{\"a\":101}, {\"a\":102}]");
  EXPECT_EQ(TestTable(Files(dir.path("t"), "json"), "a INT").ReopenAlways().Read(7),
            NumberRows(0, 103));
  std::string csv = "a\n";
  for (int i = 0; i < 50; ++i) csv += fmt::format("\"{}\"\r\n", i);
  EXPECT_EQ(TestTable(Files(dir.Write("c.csv", csv), "csv"), "a INT").ReopenAlways().Read(7),
            NumberRows(0, 50));
}

TEST(Filesystem, BadRecordsFailSkipOrGoToDeadLetters) {
  TestDirectory dir;
  std::string path = dir.Write("a.json", "{\"a\":1}\n{\"a\":\"x\"}\nnot json\n{\"a\":2}\n");
  EXPECT_EQ(TestTable(Files(path, "json"), "a INT").Read(),
            "error: '" + path + "', byte 13: column 'a': \"x\" is not a value of type INT");
  TestTable skip(Files(path, "json", {{"json.on-bad-record", "skip"}}), "a INT");
  EXPECT_EQ(skip.Read(), "+I[1]\n+I[2]\n");
  EXPECT_EQ(skip.skipped(), 2);
  EXPECT_EQ(TestTable(Files(path, "json", {{"json.ignore-parse-errors", "true"}}), "a INT").Read(),
            "+I[1]\n+I[null]\n+I[2]\n");
  TestTable dead(
      Files(path, "json",
            {{"json.on-bad-record", "dead-letter"}, {"dead-letter.path", dir.path("dead")}}),
      "a INT");
  EXPECT_EQ(dead.Read(), "+I[1]\n+I[2]\n");
  auto files = dir.Files("dead");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_THAT(dir.Read(dir.path(files[0])), HasSubstr("\"offset\":13,\"column\":\"a\""));
  EXPECT_THAT(dir.Read(dir.path(files[0])), HasSubstr("\"record\":\"not json\""));
  EXPECT_THAT(
      TestTable(Files(path, "json", {{"json.on-bad-record", "dead-letter"}}), "a INT").Read(),
      HasSubstr("dead-letter directory"));
}

TEST(Filesystem, LongRecordsAreBadRecords) {
  TestDirectory dir;
  std::string path = dir.Write(
      "a.json", "{\"a\":1}\n{\"a\":2,\"b\":\"" + std::string(3 << 20, 'x') + "\"}\n{\"a\":3}\n");
  EXPECT_THAT(TestTable(Files(path, "json", {{"max-record-bytes", "1 mb"}}), "a INT").Read(),
              HasSubstr("longer than 1048576 bytes"));
  EXPECT_EQ(
      TestTable(Files(path, "json", {{"max-record-bytes", "1 mb"}, {"json.on-bad-record", "skip"}}),
                "a INT")
          .Read(),
      "+I[1]\n+I[3]\n");
  EXPECT_EQ(TestTable(Files(path, "json"), "a INT").Read(), NumberRows(1, 4));
}

TEST(Filesystem, FindsNewFilesWhenMonitoring) {
  TestDirectory dir;
  dir.Write("t/a.json", Numbers(0, 1));
  TestTable table(Files(dir.path("t"), "json", {{"source.monitor-interval", "1 us"}}), "a INT");
  ConnectorRegistry registry;
  RegisterBuiltinConnectors(&registry);
  auto source = (*registry.Lookup(table.context()))
                    ->MakeSource(table.context(), table.request())
                    .ValueOrDie();
  EXPECT_FALSE(source->is_bounded());
  EXPECT_EQ(source->Discover(1)->size(), 1u);
  RealEnvironment().clock->SleepMicros(10);
  EXPECT_EQ(source->Discover(1)->size(), 0u);
  dir.Write("t/b.json", Numbers(1, 2));
  RealEnvironment().clock->SleepMicros(10);
  EXPECT_EQ(source->Discover(1)->size(), 1u);
}

TEST(Filesystem, WritesAtomically) {
  TestDirectory dir;
  TestTable table(Files(dir.path("out"), "json"), "a INT, b STRING");
  auto sink = table.MakeSink().ValueOrDie();
  auto writer = sink->OpenWriter(0, 1).ValueOrDie();
  ASSERT_TRUE(writer->Write(table.MakeBatch("[[1,\"x\"]]").ValueOrDie()).ok());
  ASSERT_EQ(dir.Files().size(), 1u);
  EXPECT_THAT(dir.Files()[0], MatchesRegex("out/\\..*inprogress"));
  EXPECT_EQ(table.Read(), "");
  auto committables = writer->PrepareCommit(PreparePoint::kEnd).ValueOrDie();
  EXPECT_EQ(table.Read(), "");
  ASSERT_TRUE(sink->Commit(committables).ok());
  ASSERT_TRUE(sink->Commit(committables).ok());
  EXPECT_EQ(table.Read(), "+I[1, x]\n");
  ASSERT_TRUE(writer->Write(table.MakeBatch("[[2,\"y\"]]").ValueOrDie()).ok());
  ASSERT_TRUE(writer->Abort().ok());
  EXPECT_EQ(dir.Files().size(), 1u);
}

TEST(Filesystem, WritesPartitionsAndOverwritesThem) {
  TestDirectory dir;
  TestTable table(
      Files(dir.path("out"), "csv", {{"sink.partition-commit.policy.kind", "success-file"}}),
      "a INT, p STRING");
  table.Partitioned({"p"});
  ASSERT_TRUE(table.Write("[[1,\"x\"],[2,\"a/b\"],[3,null],[4,\"x\"]]").ok());
  EXPECT_EQ(table.Read(), "+I[3, null]\n+I[2, a/b]\n+I[1, x]\n+I[4, x]\n");
  EXPECT_TRUE(RealEnvironment().files->Exists(dir.path("out/p=a%2Fb/_SUCCESS")));
  ASSERT_TRUE(table.Write("[[9,\"x\"]]", true).ok());
  EXPECT_EQ(table.Read(), "+I[3, null]\n+I[2, a/b]\n+I[9, x]\n");
  TestTable plain(Files(dir.path("plain"), "json"), "a INT");
  ASSERT_TRUE(plain.Write("[[1],[2]]").ok());
  ASSERT_TRUE(plain.Write("[[3]]", true).ok());
  EXPECT_EQ(plain.Read(), "+I[3]\n");
}

TEST(Filesystem, RefusesBadSinks) {
  TestDirectory dir;
  EXPECT_THAT(TestTable(Files(dir.Write("f", ""), "json"), "a INT").MakeSink().status().message(),
              HasSubstr("is a file"));
  auto refused = [&](const std::string& option, const std::string& value) {
    TestTable table(Files(dir.path("o"), "json", {{option, value}}), "a INT, p STRING");
    return table.Partitioned({"p"}).MakeSink().status().message();
  };
  EXPECT_THAT(refused("sink.partition-commit.policy.kind", "metastore"), HasSubstr("'metastore'"));
  EXPECT_THAT(refused("sink.partition-commit.policy.kind", "sucess-file"),
              HasSubstr("there is no partition commit policy 'sucess-file'"));
  EXPECT_THAT(refused("sink.partition-commit.policy.kind", "custom"), HasSubstr("needs its name"));
  EXPECT_THAT(refused("compaction.file-size", "x"), HasSubstr("compaction.file-size"));
  EXPECT_THAT(refused("sink.rolling-policy.file-size", "0 b"), HasSubstr("greater than 0"));
  EXPECT_THAT(refused("sink.partition-commit.watermark-time-zone", "Mars/Base"),
              HasSubstr("'sink.partition-commit.watermark-time-zone'"));
  TestTable wrong_name(Files(dir.path("o"), "json",
                             {{"sink.partition-commit.trigger", "partition-time"},
                              {"sink.partition-commit.policy.kind", "success-file"},
                              {"partition.time-extractor.timestamp-pattern", "$day 00:00:00"}}),
                       "a INT, p STRING");
  EXPECT_THAT(wrong_name.Partitioned({"p"}).MakeSink().status().message(),
              HasSubstr("names '$day', which is no partition column"));
  TestTable full(Files("/dev/full", "json"), "a INT");
  EXPECT_FALSE(full.MakeSink().ok());
}

TEST(Filesystem, ParquetRoundTrip) {
  TestDirectory dir;
  std::string columns =
      "i INT, b BIGINT, d DOUBLE, s STRING, dec DECIMAL(10, 2), dt DATE, ts TIMESTAMP(3), z "
      "TIMESTAMP_LTZ(6), "
      "a ARRAY<INT>, m MAP<STRING, INT>, r ROW<`x` INT, `y` STRING>, by BYTES, bo BOOLEAN";
  TestTable table(Files(dir.path("out"), "parquet"), columns);
  Status written = table.Write(
      R"([[1,2,0.5,"text that is longer than twelve","12.30","2026-01-31","2026-01-31 10:11:12.5",
      "2026-01-31 10:11:12.123456Z",[1,null,3],[["k",1]],[7,"y"],"00ff",true],
      [null,null,null,null,null,null,null,null,null,null,null,null,null]])");
  ASSERT_TRUE(written.ok()) << written.ToString();
  EXPECT_EQ(table.Read(),
            "+I[1, 2, 0.5, text that is longer than twelve, 12.30, 2026-01-31, "
            "2026-01-31T10:11:12.500, 2026-01-31T10:11:12.123456Z, "
            "[1, null, 3], {k=1}, +I[7, y], [0, -1], true]\n"
            "+I[null, null, null, null, null, null, null, null, null, null, null, null, null]\n");
  table.Project("r ROW<`y` STRING>, i INT");
  EXPECT_EQ(table.Read(), "+I[+I[y], 1]\n+I[null, null]\n");
  table.Project("");
  EXPECT_EQ(table.Read(), "+I[]\n+I[]\n");
  std::string file = dir.path(dir.Files("out")[0]);
  TestTable guessed({{"connector", "filesystem"}, {"path", file}}, "");
  EXPECT_THAT(guessed.Infer(), HasSubstr("`r` ROW<`x` INT, `y` STRING>"));
  std::string bytes = dir.Read(file);
  std::string cut = dir.Write("cut.parquet", bytes.substr(0, bytes.size() - 10));
  EXPECT_THAT(TestTable(Files(cut, "parquet"), "i INT").Read(),
              HasSubstr("cut.parquet' cannot be read as Parquet"));
}

TEST(Filesystem, ParquetSkipsRowGroupsAndGoesOnAtPositions) {
  TestDirectory dir;
  TestTable table(Files(dir.path("out"), "parquet"), "a INT");
  std::string rows = "[";
  for (int i = 0; i < 3000; ++i) rows += fmt::format("{}[{}]", i == 0 ? "" : ",", i);
  ASSERT_TRUE(table.Write(rows + "]").ok());
  EXPECT_EQ(table.Read(1024), NumberRows(0, 3000));
  EXPECT_EQ(table.ReopenAlways().Read(700), NumberRows(0, 3000));
  table.request().filters = {{"a", PushedFilter::Op::kGreater, {Value::Int(5000)}}};
  EXPECT_EQ(table.Read(), "");
  table.request().filters = {{"a", PushedFilter::Op::kEqual, {Value::Int(5)}}};
  EXPECT_EQ(table.Read(), NumberRows(0, 3000));
}

TEST(Filesystem, ParquetReadsAndWritesInt96) {
  TestDirectory dir;
  TestTable table(Files(dir.path("out"), "parquet", {{"parquet.write.int64.timestamp", "false"}}),
                  "a INT, r ROW<`t` TIMESTAMP(3)>, t TIMESTAMP(6)");
  ASSERT_TRUE(
      table.Write(R"([[1,["2026-01-31 10:11:12.5"],"1969-12-31 23:59:59.999999"],[2,null,null]])")
          .ok());
  EXPECT_EQ(table.Read(),
            "+I[1, +I[2026-01-31T10:11:12.500], 1969-12-31T23:59:59.999999]\n+I[2, null, null]\n");
}

TEST(Filesystem, ParquetSurvivesDamage) {
  TestDirectory dir;
  std::string columns = "a INT, s STRING, r ROW<`x` BIGINT, `y` ARRAY<STRING>>, d DOUBLE";
  TestTable table(Files(dir.path("out"), "parquet"), columns);
  std::string rows = "[";
  for (int i = 0; i < 200; ++i)
    rows += fmt::format("{}[{},\"a longer text {}\",[{},[\"y{}\",null]],{}.5]", i == 0 ? "" : ",",
                        i, i % 9, i, i % 3, i);
  ASSERT_TRUE(table.Write(rows + "]").ok());
  std::string bytes = dir.Read(dir.path(dir.Files("out")[0]));
  for (size_t at = 0; at < bytes.size(); at += 7) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    TestTable broken(Files(dir.Write("broken.parquet", damaged), "parquet"), columns);
    (void)broken.Read();  // Rows or an error, never a crash.
  }
}

TEST(Filesystem, InfersSchemas) {
  TestDirectory dir;
  auto infer = [&](const std::string& name, const std::string& text) {
    return TestTable({{"connector", "filesystem"}, {"path", dir.Write(name, text)}}, "").Infer();
  };
  EXPECT_EQ(infer("a.json",
                  "{\"i\":1,\"d\":1.5,\"s\":\"x\",\"t\":\"2026-01-01 "
                  "00:00:00.5\",\"o\":{\"k\":[1,2]},\"n\":null}\n{\"d\":2,\"b\":true}\n"),
            "ROW<`i` BIGINT, `d` DOUBLE, `s` STRING, `t` TIMESTAMP(3), `o` ROW<`k` ARRAY<BIGINT>>, "
            "`n` STRING, `b` BOOLEAN>");
  EXPECT_EQ(infer("b.json", "[\n {\"a\": 1},\n {\"a\": 2}\n]\n"), "ROW<`a` BIGINT>");
  EXPECT_EQ(infer("c.csv", "id,name,when,zip\n1,x,2026-01-01,01234\n,y,2026-01-02,99999\n"),
            "ROW<`id` BIGINT, `name` STRING, `when` DATE, `zip` STRING>");
  EXPECT_EQ(infer("d.csv", "1,2.5\n3,4\n"), "ROW<`f0` BIGINT, `f1` DOUBLE>");
  EXPECT_THAT(infer("e.json", ""), HasSubstr("the file is empty"));
  EXPECT_THAT(infer("f.bin", "x"), HasSubstr("needs the option 'format'"));
}

}  // namespace
}  // namespace weir
