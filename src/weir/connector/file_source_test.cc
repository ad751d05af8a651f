// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include <arrow/util/compression.h>
#include <gmock/gmock.h>
#include <utime.h>

#include "weir/connector/filesystem/file_split.h"
#include "weir/connector/filesystem/seen_files.h"
#include "weir/connector/test_table.h"
#include "weir/testing/fake_clock.h"

namespace weir {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::string Compress(arrow::Compression::type type, const std::string& text) {
  if (type == arrow::Compression::UNCOMPRESSED) return text;
  auto codec = arrow::util::Codec::Create(type).ValueOrDie();
  auto input = reinterpret_cast<const uint8_t*>(text.data());
  auto size = static_cast<int64_t>(text.size());
  std::string out(static_cast<size_t>(codec->MaxCompressedLen(size, input)), '\0');
  out.resize(static_cast<size_t>(codec
                                     ->Compress(size, input, static_cast<int64_t>(out.size()),
                                                reinterpret_cast<uint8_t*>(out.data()))
                                     .ValueOrDie()));
  return out;
}

std::string Numbers(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += fmt::format("{{\"a\":{}}}\n", i);
  return text;
}

class FileSourceTest : public testing::Test {
 protected:
  using Text = std::map<std::string, std::string>;

  FileSourceTest() : environment_(RealEnvironment()) {
    environment_.clock = &clock_;
    clock_.SetMillis(RealEnvironment().clock->WallMicros() / 1000);
  }
  TestTable Table(const std::string& path, const std::string& format, const std::string& columns,
                  Text more = {}) {
    more.insert({{"connector", "filesystem"}, {"path", dir_.path(path)}, {"format", format}});
    TestTable table(std::move(more), columns);
    table.context().environment = &environment_;
    return table;
  }
  TestTable Watched(Text more = {}) {
    more.insert({"source.monitor-interval", "10 s"});
    return Table("in", "json", "a INT", std::move(more));
  }
  std::unique_ptr<Source> MakeSource(TestTable& table) {
    ConnectorRegistry registry;
    RegisterBuiltinConnectors(&registry);
    auto source = (*registry.Lookup(table.context()))->MakeSource(table.context(), table.request());
    EXPECT_TRUE(source.ok()) << source.status().ToString();
    return source.ok() ? std::move(*source) : nullptr;
  }
  // Names of the files that are new, after `seconds` more.
  Result<std::vector<std::string>> Look(Source& source, int seconds = 20) {
    clock_.SleepMicros(int64_t{seconds} * 1'000'000);
    WEIR_ASSIGN_OR_RETURN(auto splits, source.Discover(1));
    std::vector<std::string> names;
    for (const SourceSplit& split : splits)
      names.push_back(split.id.substr(split.id.rfind('/') + 1));
    return names;
  }
  // Reads `rows` rows, changes the file, opens it again at its position, and reads the rest.
  std::string ReadWithChange(TestTable& table, int rows, const std::function<void()>& change,
                             bool reopen) {
    auto source = MakeSource(table);
    auto splits = source->Discover(1).ValueOrDie();
    auto reader = source->OpenSplit(splits[0]).ValueOrDie();
    Batch batch;
    EXPECT_TRUE(reader->Read(rows, table.context().pool, &batch).ok());
    std::string text = BatchText(batch);
    SourceSplit position = reader->Position().ValueOrDie();
    change();
    if (reopen) {
      auto opened = source->OpenSplit(position);
      if (!opened.ok()) return "error: " + opened.status().message();
      reader = std::move(*opened);
    }
    while (true) {
      auto state = reader->Read(rows, table.context().pool, &batch);
      if (!state.ok()) return "error: " + state.status().message();
      text += BatchText(batch);
      if (*state == ReadState::kEnd) return text;
    }
  }

  TestDirectory dir_;
  FakeClock clock_;
  Environment environment_;
};

TEST_F(FileSourceTest, GoesOnAtEveryRecordOfEveryFormat) {
  std::string lines, array = "[", csv = "a,b\n", plain;
  for (int i = 0; i < 40; ++i) {
    std::string text = i % 3 == 0 ? "größe\\n\\u20ac" : i % 3 == 1 ? "日本" : "";
    lines += fmt::format("{{\"a\":{},\"b\":\"{}\"}}\n", i, text);
    array += fmt::format("{}{{\"a\":{},\"b\":\"{}\"}}", i == 0 ? "" : ",\n", i, text);
    csv += i % 3 == 0   ? fmt::format("{},\"line\n\"\"größe\"\",{}\"\r\n", i, i)
           : i % 3 == 1 ? fmt::format("{},日本\n", i)
                        : fmt::format("\"{}\",\"\n\n\"\n", i);
    plain += fmt::format("größe {}\n", i);
  }
  struct Case {
    const char* name;
    const char* format;
    const char* columns;
    std::string text;
  };
  std::vector<Case> cases = {
      {"lines.json", "json", "a INT, b STRING", lines},
      {"unended.json", "json", "a INT, b STRING", lines.substr(0, lines.size() - 1)},
      {"array.json", "json", "a INT, b STRING", array + "]"},
      {"x.csv", "csv", "a INT, b STRING", csv},
      {"noheader.csv", "csv", "a INT, b STRING", csv.substr(4)},
      {"x.txt", "raw", "a STRING", plain},
  };
  using C = arrow::Compression;
  for (const Case& test : cases) {
    for (auto [type, ending] :
         {std::pair{C::UNCOMPRESSED, ""}, std::pair{C::GZIP, ".gz"}, std::pair{C::ZSTD, ".zst"}}) {
      for (bool members : {false, true}) {
        std::string bytes = Compress(type, test.text);
        if (members && type != C::UNCOMPRESSED) {
          size_t half = test.text.size() / 2;
          bytes =
              Compress(type, test.text.substr(0, half)) + Compress(type, test.text.substr(half));
        }
        std::string name = test.name + std::string(ending);
        dir_.Write(name, bytes);
        std::string whole = Table(name, test.format, test.columns).Read();
        ASSERT_EQ(whole.rfind("+I[", 0), 0u) << name << ": " << whole;
        for (int rows : {1, 2, 3, 7, 39, 40, 41}) {
          TestTable table = Table(name, test.format, test.columns);
          ASSERT_EQ(table.ReopenAlways().Read(rows), whole) << name << " " << rows;
        }
      }
    }
  }
}

TEST_F(FileSourceTest, GoesOnAtEveryRowOfParquet) {
  TestTable table = Table("out", "parquet", "a INT, b STRING, r ROW<`x` ARRAY<INT>>");
  std::string rows = "[";
  for (int i = 0; i < 100; ++i)
    rows += fmt::format("{}[{},\"text {}\",[[{},null]]]", i == 0 ? "" : ",", i, i * i, i);
  ASSERT_TRUE(table.Write(rows + "]").ok());
  std::string whole = table.Read();
  EXPECT_THAT(whole, HasSubstr("+I[99, text 9801, +I[[99, null]]]"));
  for (int step : {1, 2, 7, 50, 99, 100}) {
    TestTable again = Table("out", "parquet", "a INT, b STRING, r ROW<`x` ARRAY<INT>>");
    EXPECT_EQ(again.ReopenAlways().Read(step), whole) << step;
  }
}

TEST_F(FileSourceTest, NamesFilesThatChangeWhileTheyAreRead) {
  std::string path;
  auto fill = [&] { path = dir_.Write("x.json", Numbers(0, 1000)); };
  auto set_size = [&](int64_t size) {
    ASSERT_TRUE(RealEnvironment().files->Truncate(path, size).ok());
  };
  TestTable table = Table("x.json", "json", "a INT");
  std::string whole;
  for (int i = 0; i < 1000; ++i) whole += fmt::format("+I[{}]\n", i);
  for (bool reopen : {false, true}) {
    fill();
    EXPECT_EQ(ReadWithChange(table, 10, [] {}, reopen), whole);
    EXPECT_THAT(ReadWithChange(
                    table, 10, [&] { set_size(1000); }, reopen),
                HasSubstr("x.json' became shorter while it was read: from"))
        << reopen;
    fill();
    EXPECT_THAT(ReadWithChange(
                    table, 10, [&] { dir_.Write("x.json", Numbers(7000, 9000)); }, reopen),
                HasSubstr("x.json' was changed while it was read"))
        << reopen;
    fill();
    EXPECT_THAT(
        ReadWithChange(
            table, 10, [&] { std::ofstream(path, std::ios::app) << Numbers(1000, 1001); }, reopen),
        HasSubstr("+I[999]"))
        << reopen;
  }
  fill();
  auto touch = [&] {
    utimbuf times{1'000'000, 1'000'000};
    ASSERT_EQ(utime(path.c_str(), &times), 0);
  };
  EXPECT_EQ(ReadWithChange(table, 10, touch, true), whole);
  auto remove = [&] { ASSERT_TRUE(RealEnvironment().files->Delete(path).ok()); };
  EXPECT_EQ(ReadWithChange(table, 10, remove, false), whole);
  fill();
  EXPECT_THAT(ReadWithChange(table, 10, remove, true),
              HasSubstr("a file that was read in part cannot be read on: cannot read"));
}

TEST_F(FileSourceTest, NamesCompressedAndBulkFilesThatChange) {
  using C = arrow::Compression;
  TestTable table = Table("x.json.gz", "json", "a INT");
  dir_.Write("x.json.gz", Compress(C::GZIP, Numbers(0, 1000)));
  auto append = [&] {
    std::ofstream(dir_.path("x.json.gz"), std::ios::app | std::ios::binary)
        << Compress(C::GZIP, Numbers(0, 1));
  };
  EXPECT_THAT(ReadWithChange(table, 10, append, true), HasSubstr("was changed while it was read"));
  TestTable bulk = Table("out", "parquet", "a INT");
  std::string rows = "[[0]";
  for (int i = 1; i < 100; ++i) rows += fmt::format(",[{}]", i);
  ASSERT_TRUE(bulk.Write(rows + "]").ok());
  std::string path = dir_.path(dir_.Files("out")[0]);
  std::string bytes = dir_.Read(path);
  auto grow = [&] { std::ofstream(path, std::ios::binary) << bytes.substr(0, 4) << bytes; };
  EXPECT_THAT(ReadWithChange(bulk, 10, grow, true), HasSubstr("was changed while it was read"));
}

TEST_F(FileSourceTest, TakesNewFilesOnce) {
  TestTable table = Watched();
  ASSERT_TRUE(RealEnvironment().files->MakeDirectories(dir_.path("in")).ok());
  auto source = MakeSource(table);
  EXPECT_FALSE(source->is_bounded());
  EXPECT_THAT(*Look(*source), IsEmpty());
  dir_.Write("in/a.json", Numbers(0, 2));
  dir_.Write("in/sub/deeper/b.json", Numbers(2, 3));
  dir_.Write("in/.c.json", "no json");
  dir_.Write("in/_d.json", "no json");
  dir_.Write("in/_sub/e.json", "no json");
  dir_.Write("in/empty.json", "");
  EXPECT_THAT(*Look(*source), ElementsAre("a.json", "b.json"));
  EXPECT_THAT(*Look(*source), IsEmpty());
  std::string state = source->SaveDiscovery().ValueOrDie();
  EXPECT_TRUE(IsValidUtf8(state));
  dir_.Write("in/empty.json", Numbers(3, 4));
  EXPECT_THAT(*Look(*source), ElementsAre("empty.json"));
  // What was found after the state was saved is found again.
  auto next = MakeSource(table);
  ASSERT_TRUE(next->RestoreDiscovery(state).ok());
  EXPECT_THAT(*Look(*next), ElementsAre("empty.json"));
  // Gone and back is not new.
  ASSERT_TRUE(RealEnvironment().files->Delete(dir_.path("in/a.json")).ok());
  EXPECT_THAT(*Look(*next), IsEmpty());
  dir_.Write("in/a.json", Numbers(0, 2));
  EXPECT_THAT(*Look(*next), IsEmpty());
  for (const char* bad : {"", "files", "files 1\n1 2", "files 1\nx 1 1 a\n", "files 1\n5 1 1 a\n"})
    EXPECT_FALSE(next->RestoreDiscovery(bad).ok()) << bad;
}

TEST_F(FileSourceTest, WaitsForFilesThatAreWritten) {
  TestTable table = Watched();
  auto now = [&] { return RealEnvironment().clock->WallMicros() / 1000; };
  clock_.SetMillis(now());
  dir_.Write("in/a.json", Numbers(0, 2));
  auto source = MakeSource(table);
  EXPECT_THAT(*Look(*source, 0), IsEmpty());
  EXPECT_THAT(*Look(*source, 11), ElementsAre("a.json"));
  // By a clock that is behind, from one look to another.
  clock_.SetMillis(now() - 1'000'000);
  source = MakeSource(table);
  EXPECT_THAT(*Look(*source, 0), IsEmpty());
  dir_.Write("in/a.json", Numbers(0, 3));
  EXPECT_THAT(*Look(*source, 11), IsEmpty());
  EXPECT_THAT(*Look(*source, 11), ElementsAre("a.json"));
  dir_.Write("in/a.json", Numbers(0, 4));
  EXPECT_THAT(Look(*source).status().message(),
              HasSubstr("a.json' has changed since it was taken: it had 24 bytes and has 32"));
}

TEST_F(FileSourceTest, ABoundedRunCanBeContinuedByAWatchingOne) {
  dir_.Write("in/a.json", Numbers(0, 2));
  TestTable bounded = Table("in", "json", "a INT");
  auto source = MakeSource(bounded);
  EXPECT_THAT(*Look(*source), ElementsAre("a.json"));
  std::string state = source->SaveDiscovery().ValueOrDie();
  auto again = MakeSource(bounded);
  ASSERT_TRUE(again->RestoreDiscovery(state).ok());
  EXPECT_THAT(*Look(*again), IsEmpty());
  dir_.Write("in/b.json", Numbers(2, 4));
  TestTable watched = Watched();
  auto watching = MakeSource(watched);
  ASSERT_TRUE(watching->RestoreDiscovery(state).ok());
  EXPECT_THAT(*Look(*watching), ElementsAre("b.json"));
}

TEST_F(FileSourceTest, ChoosesFilesByARegularExpression) {
  dir_.Write("in/a-1.json", Numbers(0, 1));
  dir_.Write("in/a-2.json", Numbers(1, 2));
  dir_.Write("in/b-1.txt", "no json");
  TestTable table =
      Table("in", "json", "a INT", {{"source.path.regex-pattern", ".*/a-\\d\\.json"}});
  EXPECT_EQ(table.Read(), "+I[0]\n+I[1]\n");
  EXPECT_EQ(Table("in", "json", "a INT", {{"source.path.regex-pattern", "a-1"}}).Read(), "");
  EXPECT_THAT(Table("in", "json", "a INT", {{"source.path.regex-pattern", "(("}}).Read(),
              HasSubstr("'source.path.regex-pattern' = '((' cannot be read"));
  EXPECT_THAT(Table("in", "json", "a INT", {{"source.monitor-interval", "0 s"}}).Read(),
              HasSubstr("'source.monitor-interval' must be positive"));
}

TEST_F(FileSourceTest, WatchesGlobsThatMatchNothingYet) {
  TestTable table = Watched({{"path", dir_.path("in-*/x*.json")}});
  auto source = MakeSource(table);
  EXPECT_THAT(*Look(*source), IsEmpty());
  dir_.Write("in-1/x1.json", Numbers(0, 1));
  EXPECT_THAT(*Look(*source), ElementsAre("x1.json"));
}

TEST_F(FileSourceTest, RemembersFilesBriefly) {
  SeenFiles seen;
  std::vector<std::string> paths = {"/in/a",        "/in/a\tb", "/in/größe", "/in/grün",
                                    "/in/\xff\xfe", "/in/\\x",  "other",     "/in/a\nb"};
  for (size_t i = 0; i < paths.size(); ++i)
    seen.Add({paths[i], static_cast<int64_t>(i), 1'700'000'000'000'000, {}});
  std::string text = seen.Save();
  EXPECT_TRUE(IsValidUtf8(text));
  SeenFiles restored;
  ASSERT_TRUE(restored.Restore(text).ok());
  EXPECT_EQ(restored.Save(), text);
  for (size_t i = 0; i < paths.size(); ++i) {
    ASSERT_NE(restored.Find(paths[i]), nullptr) << i;
    EXPECT_EQ(restored.Find(paths[i])->size_bytes, static_cast<int64_t>(i));
  }
  EXPECT_EQ(restored.Find("/in"), nullptr);
  // 100,000 files that are gone are remembered, the newest ones.
  SeenFiles many;
  for (int i = 0; i < 100'010; ++i) many.Add({fmt::format("/in/part-{:06}", i), 1, i, {}});
  many.Forget({});
  EXPECT_EQ(many.size(), 100'000u);
  EXPECT_EQ(many.Find("/in/part-000009"), nullptr);
  EXPECT_NE(many.Find("/in/part-000010"), nullptr);
  EXPECT_LT(many.Save().size(), 1'500'000u);
}

TEST_F(FileSourceTest, RefusesPositionsThatItDidNotWrite) {
  SplitPosition position{1, 2, 3, 4, {5, 6, 7}, "/a b\n"};
  auto read = SplitPosition::Parse(position.ToString());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->ToString(), position.ToString());
  EXPECT_EQ(read->path, position.path);
  for (const char* bad : {"", "1", "1 2 3 4 5 6 7", "1 2 3 4 5 6 x p", "1 2 3 4 5 6 -7 p", "a b"})
    EXPECT_FALSE(SplitPosition::Parse(bad).ok()) << bad;
}

}  // namespace
}  // namespace weir
