// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/filesystem/compaction.h"

#include <algorithm>
#include <atomic>
#include <thread>

namespace weir {
namespace {

constexpr int64_t kCopyBytes = 1 << 20;
constexpr int64_t kCopyRows = 16 << 10;

// Records follow each other; only the first file keeps its header.
Status AppendRecords(const SinkTable& table, const SinkRecord& part, const std::string& header,
                     bool is_first, WritableFile* out) {
  WEIR_ASSIGN_OR_RETURN(auto file, table.files().OpenForRead(part.temporary));
  WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
  if (size != part.bytes) {
    return Corruption("'{}' has {} bytes, and {} were written", part.temporary, size, part.bytes);
  }
  std::string buffer(static_cast<size_t>(std::min(kCopyBytes, std::max<int64_t>(size, 1))), '\0');
  int64_t offset = is_first ? 0 : static_cast<int64_t>(header.size());
  while (offset < size) {
    WEIR_ASSIGN_OR_RETURN(int64_t got, file->ReadAt(offset, static_cast<int64_t>(buffer.size()),
                                                    reinterpret_cast<uint8_t*>(buffer.data())));
    if (got == 0) return Corruption("'{}' became shorter while it was read", part.temporary);
    WEIR_RETURN_NOT_OK(out->Append({buffer.data(), static_cast<size_t>(got)}));
    offset += got;
  }
  return Status::OK();
}

Status AppendRows(const SinkTable& table, const SinkRecord& part, BulkWriter* out) {
  WEIR_ASSIGN_OR_RETURN(std::shared_ptr<ReadableFile> file,
                        table.files().OpenForRead(part.temporary));
  BulkReadSpec spec;
  spec.requested = table.file_schema;
  spec.options = table.format_options;
  spec.path = part.temporary;
  spec.time_zone = table.context.time_zone;
  WEIR_ASSIGN_OR_RETURN(auto reader,
                        table.format->OpenBulkReader(std::move(file), spec, table.context.pool));
  while (true) {
    WEIR_ASSIGN_OR_RETURN(Batch batch, reader->Read(kCopyRows, table.context.pool));
    if (batch.num_rows == 0) return Status::OK();
    WEIR_RETURN_NOT_OK(out->Write(batch));
  }
}

Result<SinkRecord> MergeGroupFiles(const SinkTable& table, const std::vector<SinkRecord>& parts) {
  SinkRecord merged = parts[0];
  merged.kind = SinkRecord::Kind::kFile;
  for (const SinkRecord& part : parts) merged.micros = std::min(merged.micros, part.micros);
  std::string directory = DirectoryOf(parts[0].temporary) + "/";
  std::string name = table.run->NewName("c", table.format->name());
  merged.temporary = directory + table.run->TemporaryName(name);
  merged.target = directory + name;
  WEIR_ASSIGN_OR_RETURN(auto out, table.files().OpenForWrite(merged.temporary));
  table.run->NotePrepared(merged.temporary);
  if (table.format->is_bulk()) {
    WEIR_ASSIGN_OR_RETURN(auto writer, table.format->OpenBulkWriter(out.get(), table.encode_spec(),
                                                                    table.context.pool));
    for (const SinkRecord& part : parts) WEIR_RETURN_NOT_OK(AppendRows(table, part, writer.get()));
    WEIR_RETURN_NOT_OK(writer->Finish());
  } else {
    WEIR_ASSIGN_OR_RETURN(auto encoder, table.format->MakeEncoder(table.encode_spec()));
    std::string header = encoder->FileHeader();
    for (const SinkRecord& part : parts)
      WEIR_RETURN_NOT_OK(AppendRecords(table, part, header, &part == parts.data(), out.get()));
  }
  merged.bytes = out->bytes_written();
  WEIR_RETURN_NOT_OK(out->Sync());
  WEIR_RETURN_NOT_OK(out->Close());
  if (table.run->has_job()) WEIR_RETURN_NOT_OK(table.files().SyncDirectory(DirectoryOf(directory)));
  return merged;
}

}  // namespace

std::vector<MergeGroup> PlanMerges(std::vector<SinkRecord> files, int64_t target_bytes) {
  std::sort(files.begin(), files.end(), [](const SinkRecord& a, const SinkRecord& b) {
    return std::tie(a.micros, a.temporary) < std::tie(b.micros, b.temporary);
  });
  std::vector<MergeGroup> groups;
  MergeGroup group;
  int64_t bytes = 0;
  for (SinkRecord& file : files) {
    bytes += file.bytes;
    group.files.push_back(std::move(file));
    if (bytes < target_bytes) continue;
    groups.push_back(std::exchange(group, {}));
    bytes = 0;
  }
  if (!group.files.empty()) {
    group.is_full = false;
    groups.push_back(std::move(group));
  }
  return groups;
}

Result<std::vector<SinkRecord>> MergeFiles(const SinkTable& table,
                                           const std::vector<MergeGroup>& groups) {
  std::vector<Result<SinkRecord>> merged(groups.size(), SinkRecord{});
  std::atomic<size_t> next{0};
  auto merge = [&] {
    for (size_t i = next++; i < groups.size(); i = next++) {
      const std::vector<SinkRecord>& files = groups[i].files;
      merged[i] = files.size() == 1 ? Result<SinkRecord>(files[0]) : MergeGroupFiles(table, files);
    }
  };
  std::vector<std::thread> threads;
  size_t wanted = static_cast<size_t>(table.compaction ? table.compaction->parallelism : 1);
  for (size_t i = 1; i < std::min(wanted, groups.size()); ++i) threads.emplace_back(merge);
  merge();
  for (std::thread& thread : threads) thread.join();
  std::vector<SinkRecord> records;
  for (size_t i = 0; i < groups.size(); ++i) {
    WEIR_ASSIGN_OR_RETURN(SinkRecord record, std::move(merged[i]));
    record.kind = SinkRecord::Kind::kFile;
    records.push_back(std::move(record));
    if (groups[i].files.size() == 1) continue;
    for (const SinkRecord& file : groups[i].files) {
      SinkRecord gone;
      gone.kind = SinkRecord::Kind::kDelete;
      gone.bytes = -1;
      gone.temporary = file.temporary;
      records.push_back(std::move(gone));
    }
  }
  return records;
}

}  // namespace weir
