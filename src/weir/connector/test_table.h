// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// For tests of connectors: a table over the real environment, read whole into lines of text.
//   TestTable table({{"connector", "filesystem"}, {"path", dir.Write("a.json", "{\"a\":1}\n")},
//   {"format", "json"}}, "a INT"); EXPECT_EQ(table.Read(), "+I[1]\n");
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "weir/connector/connector.h"
#include "weir/connector/values/values_store.h"
#include "weir/data/text.h"

namespace weir {

/// A directory of its own, deleted at the end.
class TestDirectory {
 public:
  TestDirectory() {
    char name[] = "/tmp/weir-test-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TestDirectory() { (void)RealEnvironment().files->DeleteTree(path_); }
  std::string path(const std::string& name = "") const {
    return name.empty() ? path_ : path_ + "/" + name;
  }
  /// Writes a file below the directory; its path.
  std::string Write(const std::string& name, const std::string& bytes) const {
    std::string file = path(name);
    (void)RealEnvironment().files->MakeDirectories(file.substr(0, file.rfind('/')));
    std::ofstream(file, std::ios::binary) << bytes;
    return file;
  }
  std::string Read(const std::string& file) const {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  /// Names of all files below, hidden ones too, sorted.
  std::vector<std::string> Files(const std::string& below = "") const {
    std::vector<std::string> names;
    auto entries = RealEnvironment().files->List(path(below));
    if (!entries.ok()) return names;
    for (const FileInfo& entry : *entries) {
      std::string name = entry.path.substr(path_.size() + 1);
      if (!entry.is_directory) names.push_back(name);
      if (entry.is_directory) {
        for (const std::string& inner : Files(name)) names.push_back(inner);
      }
    }
    return names;
  }

 private:
  std::string path_;
};

inline std::string BatchText(const Batch& batch) {
  std::string text;
  for (int64_t row = 0; row < batch.num_rows; ++row) {
    text += RowKindText(batch.kind(row));
    text += "[";
    for (size_t i = 0; i < batch.columns.size(); ++i) {
      if (i > 0) text += ", ";
      AppendValueText(*batch.columns[i], row, TextStyle::kJavaRow, nullptr, &text);
    }
    text += "]\n";
  }
  return text;
}

class TestTable {
 public:
  /// `columns`: the fields of a ROW type, "a INT, b ROW<`c` STRING>".
  TestTable(std::map<std::string, std::string> options, const std::string& columns) {
    RegisterBuiltinConnectors(&registry_);
    context_.table_name = "`t`";
    context_.options = Options(std::move(options));
    context_.environment = &RealEnvironment();
    context_.pool = arrow::default_memory_pool();
    context_.values_store = store_.get();
    if (!columns.empty()) context_.schema = SchemaOf(columns);
    request_.schema = context_.schema;
  }
  static Schema SchemaOf(const std::string& columns) {
    auto type = ParseTypeString("ROW<" + columns + ">");
    EXPECT_TRUE(type.ok()) << type.status().ToString();
    return type.ok() ? Schema{type->fields()} : Schema{};
  }

  TableContext& context() { return context_; }
  ScanRequest& request() { return request_; }
  ValuesStore& store() { return *store_; }
  TestTable& Partitioned(std::vector<std::string> keys) {
    context_.partition_keys = std::move(keys);
    return *this;
  }
  TestTable& Project(const std::string& columns) {
    request_.schema = columns.empty() ? Schema{} : SchemaOf(columns);
    return *this;
  }

  /// All rows as text in the order read; or "error: ...".
  std::string Read(int64_t rows_max = 4096, int parallelism = 1) {
    auto text = TryRead(rows_max, parallelism);
    return text.ok() ? *text : "error: " + text.status().message();
  }
  Result<std::string> TryRead(int64_t rows_max, int parallelism) {
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, registry_.Lookup(context_));
    WEIR_ASSIGN_OR_RETURN(auto source, connector->MakeSource(context_, request_));
    WEIR_ASSIGN_OR_RETURN(auto splits, source->Discover(parallelism));
    splits_ = splits.size();
    std::string text;
    for (const SourceSplit& split : splits) {
      WEIR_ASSIGN_OR_RETURN(auto reader, source->OpenSplit(split));
      WEIR_RETURN_NOT_OK(Drain(source.get(), std::move(reader), rows_max, &text));
    }
    return text;
  }
  std::string Infer() {
    auto connector = registry_.Lookup(context_);
    if (!connector.ok()) return "error: " + connector.status().message();
    auto schema = (*connector)->InferSchema(context_);
    return schema.ok() ? DataType::Row(schema->fields).ToString()
                       : "error: " + schema.status().message();
  }
  /// Opens each reader anew after every batch, at its position.
  TestTable& ReopenAlways() {
    reopen_ = true;
    return *this;
  }
  Result<std::unique_ptr<Sink>> MakeSink() {
    WEIR_ASSIGN_OR_RETURN(const Connector* connector, registry_.Lookup(context_));
    return connector->MakeSink(context_);
  }
  /// Writes rows (JSON as in ParseValuesRows) and commits.
  Status Write(const std::string& rows_json, bool overwrite = false) {
    WEIR_ASSIGN_OR_RETURN(auto sink, MakeSink());
    if (overwrite) WEIR_RETURN_NOT_OK(sink->Truncate());
    WEIR_ASSIGN_OR_RETURN(auto writer, sink->OpenWriter(0, 1));
    WEIR_ASSIGN_OR_RETURN(Batch batch, MakeBatch(rows_json));
    WEIR_RETURN_NOT_OK(writer->Write(batch));
    WEIR_ASSIGN_OR_RETURN(auto committables, writer->PrepareCommit(PreparePoint::kEnd));
    WEIR_ASSIGN_OR_RETURN(committables, sink->PreCommit(std::move(committables)));
    for (int i = 0; i < 2; ++i) {  // Twice is as once.
      WEIR_RETURN_NOT_OK(sink->Commit(committables));
      WEIR_RETURN_NOT_OK(sink->PostCommit(committables));
    }
    return Status::OK();
  }
  Result<Batch> MakeBatch(const std::string& rows_json) {
    WEIR_ASSIGN_OR_RETURN(ValuesRows rows, ParseValuesRows(rows_json, context_.schema.fields));
    BatchBuilder builder(context_.schema, context_.pool);
    for (const ValuesEvent& event : rows)
      WEIR_RETURN_NOT_OK(builder.AppendRow(event.values, event.kind));
    return builder.Finish();
  }
  size_t splits() const { return splits_; }
  int64_t skipped() const { return skipped_; }

 private:
  Status Drain(Source* source, std::unique_ptr<SplitReader> reader, int64_t rows_max,
               std::string* text) {
    while (true) {
      Batch batch;
      WEIR_ASSIGN_OR_RETURN(ReadState state, reader->Read(rows_max, context_.pool, &batch));
      *text += BatchText(batch);
      if (auto watermark = reader->TakeWatermark())
        *text += fmt::format("watermark {}\n", *watermark);
      if (state == ReadState::kEnd) break;
      if (state == ReadState::kNothing && batch.num_rows == 0) {
        if (++idle_ > 1000) break;
        RealEnvironment().clock->SleepMicros(1000);
      }
      if (!reopen_) continue;
      WEIR_ASSIGN_OR_RETURN(SourceSplit position, reader->Position());
      WEIR_ASSIGN_OR_RETURN(reader, source->OpenSplit(position));
    }
    skipped_ += reader->records_skipped();
    return Status::OK();
  }

  ConnectorRegistry registry_;
  TableContext context_;
  ScanRequest request_;
  std::unique_ptr<ValuesStore> store_ = std::make_unique<ValuesStore>();
  bool reopen_ = false;
  size_t splits_ = 0;
  int64_t skipped_ = 0;
  int idle_ = 0;
};

}  // namespace weir
