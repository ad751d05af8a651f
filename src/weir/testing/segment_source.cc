// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/segment_source.h"

#include <algorithm>
#include <cstdio>

#include "weir/testing/text_batch.h"

namespace weir {
namespace {

/// "3 120": the segment and the byte that is read next.
struct LogPosition {
  int segment = 0;
  size_t byte = 0;
  std::string ToString() const { return fmt::format("{} {}", segment, byte); }
};

Result<LogPosition> ParsePosition(const std::string& text) {
  LogPosition position;
  if (std::sscanf(text.c_str(), "%d %zu", &position.segment, &position.byte) != 2)
    return Corruption("'{}' is no position in a log", text);
  return position;
}

class SegmentReader : public SplitReader {
 public:
  SegmentReader(FileSystem* files, std::string folder, SourceSplit split, LogPosition position,
                Schema schema, std::vector<int> columns)
      : files_(files),
        folder_(std::move(folder)),
        split_(std::move(split)),
        position_(position),
        schema_(std::move(schema)),
        columns_(std::move(columns)) {}

  Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
    WEIR_ASSIGN_OR_RETURN(bool is_there, OpenSegment());
    if (!is_there) return ReadState::kNothing;
    size_t end = position_.byte;
    for (int64_t row = 0; row < rows_max && end < bytes_.size(); ++row)
      end = std::min(bytes_.find('\n', end), bytes_.size() - 1) + 1;
    WEIR_ASSIGN_OR_RETURN(
        Batch rows, ParseRows(std::string_view(bytes_).substr(position_.byte, end - position_.byte),
                              schema_, pool));
    out->num_rows = rows.num_rows;
    for (int column : columns_) out->columns.push_back(rows.columns[static_cast<size_t>(column)]);
    position_.byte = end;
    if (end == bytes_.size()) {
      position_ = {position_.segment + 1, 0};
      bytes_.clear();
    }
    return ReadState::kMore;
  }

  Result<SourceSplit> Position() override { return SourceSplit{split_.id, position_.ToString()}; }

 private:
  Result<bool> OpenSegment() {
    if (!bytes_.empty()) return true;
    std::string path = fmt::format("{}/{:03}", folder_, position_.segment);
    auto info = files_->Stat(path);
    if (!info.ok()) {
      bool is_missing = GetErrorInfo(info.status()).code == ErrorCode::kInvalidData;
      return is_missing ? Result<bool>(false) : Result<bool>(info.status());
    }
    if (info->size_bytes == 0) return false;
    WEIR_ASSIGN_OR_RETURN(auto file, files_->OpenForRead(path));
    WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
    bytes_.resize(static_cast<size_t>(size));
    WEIR_ASSIGN_OR_RETURN(int64_t got,
                          file->ReadAt(0, size, reinterpret_cast<uint8_t*>(bytes_.data())));
    if (got != size || position_.byte > bytes_.size())
      return InvalidData("the segment '{}' is shorter than it was", path);
    return true;
  }

  FileSystem* files_;
  std::string folder_;
  SourceSplit split_;
  LogPosition position_;
  Schema schema_;
  std::vector<int> columns_;  // Of schema_, those asked for.
  std::string bytes_;         // Of the segment being read.
};

class SegmentSource : public Source {
 public:
  SegmentSource(const TableContext& table, const ScanRequest& request, int64_t partitions)
      : files_(table.environment->files),
        path_(table.options.GetOr("path", "")),
        schema_(table.schema),
        partitions_(partitions) {
    for (const Field& field : request.schema.fields)
      columns_.push_back(schema_.IndexOf(field.name));
  }
  bool is_bounded() const override { return false; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    std::vector<SourceSplit> splits;
    for (; discovered_ < partitions_; ++discovered_)
      splits.push_back({std::to_string(discovered_), LogPosition().ToString()});
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    WEIR_ASSIGN_OR_RETURN(LogPosition position, ParsePosition(split.position));
    return std::make_unique<SegmentReader>(files_, path_ + "/" + split.id, split, position, schema_,
                                           columns_);
  }

 private:
  FileSystem* files_;
  std::string path_;
  Schema schema_;
  std::vector<int> columns_;
  int64_t partitions_;
  int64_t discovered_ = 0;
};

class SegmentConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Partitions that never end, in files"; }
  const std::vector<OptionSpec>& options() const override {
    static const std::vector<OptionSpec>* specs =
        new std::vector<OptionSpec>{{"path", OptionType::kString, "", "Directory", true, {}},
                                    {"partitions", OptionType::kInt, "1", "Partitions"}};
    return *specs;
  }
  bool can_read() const override { return true; }
  Result<bool> IsBounded(const TableContext&) const override { return false; }
  Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                             const ScanRequest& request) const override {
    WEIR_ASSIGN_OR_RETURN(int64_t partitions, table.options.GetInt("partitions", 1));
    return std::make_unique<SegmentSource>(table, request, partitions);
  }

 private:
  std::string name_ = "segments";
};

}  // namespace

std::unique_ptr<Connector> MakeSegmentConnector() { return std::make_unique<SegmentConnector>(); }

}  // namespace weir
