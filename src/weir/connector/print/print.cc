// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'print': writes each change to standard output (or error) as
//   +I[1, a]      without options and with one subtask
//   id:2> +I[..]  with 'print-identifier' = 'id', from the second of several subtasks
// Source: Flink documentation, "Print SQL Connector".
#include <cstdio>

#include "weir/connector/connectors.h"
#include "weir/data/text.h"

namespace weir {
namespace {

class PrintWriter : public SinkWriter {
 public:
  PrintWriter(std::string prefix, bool to_stderr, std::unique_ptr<WritableFile> out)
      : prefix_(std::move(prefix)), to_stderr_(to_stderr), out_(std::move(out)) {}

  Status Write(const Batch& batch) override {
    std::string text;
    for (int64_t row = 0; row < batch.num_rows; ++row) {
      text += prefix_;
      text += RowKindText(batch.kind(row));
      text += '[';
      for (size_t i = 0; i < batch.columns.size(); ++i) {
        if (i > 0) text += ", ";
        AppendValueText(*batch.columns[i], row, TextStyle::kJavaRow, nullptr, &text);
      }
      text += "]\n";
    }
    if (!to_stderr_) return out_->Append(text);
    // Lines of subtasks do not mix: one call writes them all.
    std::fwrite(text.data(), 1, text.size(), stderr);
    return Status::OK();
  }
  Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
    return std::vector<std::string>{};
  }
  Status Abort() override { return Status::OK(); }

 private:
  std::string prefix_;
  bool to_stderr_;
  std::unique_ptr<WritableFile> out_;
};

class PrintSink : public Sink {
 public:
  PrintSink(std::string identifier, bool to_stderr, FileSystem* files)
      : identifier_(std::move(identifier)), to_stderr_(to_stderr), files_(files) {}
  ChangelogMode accepted_changes(const ChangelogMode& query) const override { return query; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int parallelism) override {
    std::string prefix = identifier_;
    if (parallelism > 1) prefix += (prefix.empty() ? "" : ":") + std::to_string(subtask + 1);
    if (!prefix.empty()) prefix += "> ";
    std::unique_ptr<WritableFile> out;
    if (!to_stderr_) {
      WEIR_ASSIGN_OR_RETURN(out, files_->OpenForWrite("-"));
    }
    return std::make_unique<PrintWriter>(std::move(prefix), to_stderr_, std::move(out));
  }
  Status Truncate() override { return Status::OK(); }

 private:
  std::string identifier_;
  bool to_stderr_;
  FileSystem* files_;
};

class PrintConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override {
    return "Writes each change to standard output or error";
  }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"print-identifier", OptionType::kString, "", "Text before each row"},
        {"standard-error", OptionType::kBool, "false", "Write to standard error"},
    };
    return *specs;
  }
  bool can_write() const override { return true; }
  Result<std::unique_ptr<Sink>> MakeSink(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(bool to_stderr, table.options.GetBool("standard-error", false));
    return std::make_unique<PrintSink>(table.options.GetOr("print-identifier", ""), to_stderr,
                                       table.environment->files);
  }

 private:
  std::string name_ = "print";
};

}  // namespace

std::unique_ptr<Connector> MakePrintConnector() { return std::make_unique<PrintConnector>(); }

}  // namespace weir
