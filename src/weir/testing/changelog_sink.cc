// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/changelog_sink.h"

#include <algorithm>

#include "weir/data/text.h"

namespace weir {
namespace {

struct ChangelogTable {
  std::string path;
  std::string job;
  ChangelogMode changes;
  FileSystem* files = nullptr;
};

std::string HiddenName(const ChangelogTable& table, int64_t sequence, int subtask) {
  return fmt::format("{}/.{}-part-{:06}-{}", table.path, table.job, sequence, subtask);
}

std::string FinalName(const ChangelogTable& table, int64_t sequence, int subtask) {
  return fmt::format("{}/part-{:06}-{}", table.path, sequence, subtask);
}

std::string_view LastPart(std::string_view path) { return path.substr(path.rfind('/') + 1); }

class ChangelogWriter : public SinkWriter {
 public:
  ChangelogWriter(std::shared_ptr<const ChangelogTable> table, int subtask, int64_t sequence)
      : table_(std::move(table)), subtask_(subtask), sequence_(sequence) {}

  Status Write(const Batch& batch) override {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      lines_ += RowKindText(batch.kind(i));
      for (const auto& column : batch.columns) {
        lines_ += '|';
        AppendValueText(*column, i, TextStyle::kDisplay, nullptr, &lines_);
      }
      lines_ += '\n';
    }
    return Status::OK();
  }

  Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
    if (lines_.empty()) return std::vector<std::string>{};
    std::string hidden = HiddenName(*table_, sequence_, subtask_);
    WEIR_ASSIGN_OR_RETURN(auto file, table_->files->OpenForWrite(hidden));
    WEIR_RETURN_NOT_OK(file->Append(lines_));
    WEIR_RETURN_NOT_OK(file->Sync());
    WEIR_RETURN_NOT_OK(file->Close());
    WEIR_RETURN_NOT_OK(table_->files->SyncDirectory(table_->path));
    lines_.clear();
    std::string final_name = FinalName(*table_, sequence_, subtask_);
    ++sequence_;
    return std::vector<std::string>{hidden + "\t" + final_name};
  }

  Status Abort() override {
    lines_.clear();
    return Status::OK();
  }

 private:
  std::shared_ptr<const ChangelogTable> table_;
  int subtask_;
  int64_t sequence_;
  std::string lines_;
};

class ChangelogSink : public Sink {
 public:
  explicit ChangelogSink(ChangelogTable table)
      : table_(std::make_shared<const ChangelogTable>(std::move(table))) {}

  ChangelogMode accepted_changes(const ChangelogMode& query) const override {
    return table_->changes == ChangelogMode::All() ? query : table_->changes;
  }

  Result<std::unique_ptr<SinkWriter>> OpenWriter(int subtask, int) override {
    WEIR_RETURN_NOT_OK(MakeFolder());
    // Recover has published all that belongs to earlier runs, so new files sort behind them.
    int64_t sequence = 0;
    WEIR_ASSIGN_OR_RETURN(auto entries, table_->files->List(table_->path));
    for (const FileInfo& entry : entries) {
      std::string_view name = LastPart(entry.path);
      if (name.starts_with("part-"))
        sequence = std::max<int64_t>(sequence, std::atoll(name.data() + 5) + 1);
    }
    return std::make_unique<ChangelogWriter>(table_, subtask, sequence);
  }

  Status Commit(const std::vector<std::string>& committables) override {
    for (const std::string& committable : committables) {
      size_t tab = committable.find('\t');
      if (tab == std::string::npos)
        return Corruption("'{}' is no committable of a changelog sink", committable);
      std::string hidden = committable.substr(0, tab), final_name = committable.substr(tab + 1);
      if (table_->files->Exists(hidden)) {
        WEIR_RETURN_NOT_OK(table_->files->Rename(hidden, final_name));
      } else if (!table_->files->Exists(final_name)) {
        return Corruption("the prepared file '{}' is gone", hidden);
      }
    }
    return committables.empty() ? Status::OK() : table_->files->SyncDirectory(table_->path);
  }

  Status Recover(const std::vector<std::string>& committables,
                 const std::vector<std::string>&) override {
    if (!table_->files->Exists(table_->path)) return MakeFolder();
    WEIR_RETURN_NOT_OK(Commit(committables));
    WEIR_ASSIGN_OR_RETURN(auto entries, table_->files->List(table_->path));
    for (const FileInfo& entry : entries) {
      if (LastPart(entry.path).starts_with(fmt::format(".{}-part-", table_->job)))
        WEIR_RETURN_NOT_OK(table_->files->Delete(entry.path));
    }
    return Status::OK();
  }

 private:
  Status MakeFolder() {
    WEIR_RETURN_NOT_OK(table_->files->MakeDirectories(table_->path));
    for (std::string path = table_->path; path.size() > 1;) {
      path = path.substr(0, path.rfind('/'));
      WEIR_RETURN_NOT_OK(table_->files->SyncDirectory(path.empty() ? "/" : path));
    }
    return Status::OK();
  }

  std::shared_ptr<const ChangelogTable> table_;
};

class ChangelogConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Every change, in files, exactly once"; }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"path", OptionType::kString, "", "Directory", true, {}},
        {"changes", OptionType::kString, "I,UB,UA,D", "Row kinds that the sink takes"}};
    return *specs;
  }
  bool can_write() const override { return true; }
  Result<std::unique_ptr<Sink>> MakeSink(const TableContext& context) const override {
    ChangelogTable table;
    table.path = context.options.GetOr("path", "");
    table.job = context.job_id;
    table.files = context.environment->files;
    WEIR_ASSIGN_OR_RETURN(table.changes,
                          ParseChangelogMode(context.options.GetOr("changes", "I,UB,UA,D")));
    return std::make_unique<ChangelogSink>(std::move(table));
  }

 private:
  std::string name_ = "changelog";
};

}  // namespace

std::unique_ptr<Connector> MakeChangelogConnector() {
  return std::make_unique<ChangelogConnector>();
}

}  // namespace weir
