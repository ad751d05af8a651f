// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/server/job_record.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kRecordVersion = 1;
constexpr int64_t kRecordBytesMax = 16 << 20;
constexpr std::string_view kStateNames[] = {"RUNNING", "RESTARTING", "FINISHED", "FAILED",
                                            "CANCELED"};

std::string Parent(const std::string& path) {
  size_t slash = path.find_last_of('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

std::string_view JobStateName(JobState state) { return kStateNames[static_cast<size_t>(state)]; }

std::string RecordToJson(const JobRecord& record) {
  Json json;
  json["version"] = kRecordVersion;
  json["id"] = record.id;
  json["name"] = record.name;
  json["state"] = JobStateName(record.state);
  json["error"] = record.error;
  json["resume"] = record.resume;
  json["createdMicros"] = record.created_micros;
  json["endedMicros"] = record.ended_micros;
  json["options"] = record.options;
  json["preparation"] = record.preparation;
  json["statement"] = record.statement;
  json["savepoints"] = Json::array();
  for (const SavepointRecord& savepoint : record.savepoints) {
    json["savepoints"].push_back(
        {{"path", savepoint.path}, {"createdMicros", savepoint.created_micros}});
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<JobRecord> RecordFromJson(std::string_view text, std::string_view where) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return Corruption("{} is not a job record", where);
  try {
    if (json.at("version").get<int>() > kRecordVersion) {
      return Unsupported("{} was written by a newer version of Weir (record version {})", where,
                         json.at("version").get<int>());
    }
    JobRecord record;
    record.id = json.at("id").get<std::string>();
    record.name = json.at("name").get<std::string>();
    record.error = json.at("error").get<std::string>();
    record.resume = json.at("resume").get<bool>();
    record.created_micros = json.at("createdMicros").get<int64_t>();
    record.ended_micros = json.at("endedMicros").get<int64_t>();
    record.options = json.at("options").get<std::map<std::string, std::string>>();
    record.preparation = json.at("preparation").get<std::string>();
    record.statement = json.at("statement").get<std::string>();
    auto state = json.at("state").get<std::string>();
    bool known = false;
    for (size_t i = 0; i < std::size(kStateNames); ++i) {
      if (state != kStateNames[i]) continue;
      record.state = static_cast<JobState>(i);
      known = true;
    }
    if (!known) return Corruption("{} has the unknown state '{}'", where, state);
    for (const Json& savepoint : json.at("savepoints")) {
      record.savepoints.push_back(
          {savepoint.at("path").get<std::string>(), savepoint.at("createdMicros").get<int64_t>()});
    }
    return record;
  } catch (const Json::exception& error) {
    return Corruption("{} is not a whole job record: {}", where, error.what());
  }
}

Result<std::string> ReadSmallFile(FileSystem* files, const std::string& path, int64_t bytes_max) {
  WEIR_ASSIGN_OR_RETURN(auto file, files->OpenForRead(path));
  WEIR_ASSIGN_OR_RETURN(int64_t size, file->Size());
  if (size > bytes_max)
    return InvalidData("'{}' has {} bytes, more than {}", path, size, bytes_max);
  std::string text(static_cast<size_t>(size), '\0');
  WEIR_ASSIGN_OR_RETURN(int64_t read,
                        file->ReadAt(0, size, reinterpret_cast<uint8_t*>(text.data())));
  text.resize(static_cast<size_t>(read));
  return text;
}

Status ReplaceFile(FileSystem* files, const std::string& path, std::string_view bytes) {
  std::string temporary = path + ".new";
  WEIR_ASSIGN_OR_RETURN(auto file, files->OpenForWrite(temporary));
  WEIR_RETURN_NOT_OK(file->Append(bytes));
  WEIR_RETURN_NOT_OK(file->Sync());
  WEIR_RETURN_NOT_OK(file->Close());
  WEIR_RETURN_NOT_OK(files->Rename(temporary, path));
  return files->SyncDirectory(Parent(path));
}

Status JobRecords::Open() { return files_->MakeDirectories(directory_); }

Result<std::vector<JobRecord>> JobRecords::Load() {
  std::vector<JobRecord> records;
  WEIR_ASSIGN_OR_RETURN(std::vector<FileInfo> entries, files_->List(directory_));
  for (const FileInfo& entry : entries) {
    if (entry.is_directory || !entry.path.ends_with(".json")) continue;
    WEIR_ASSIGN_OR_RETURN(std::string text, ReadSmallFile(files_, entry.path, kRecordBytesMax));
    WEIR_ASSIGN_OR_RETURN(JobRecord record, RecordFromJson(text, "'" + entry.path + "'"));
    records.push_back(std::move(record));
  }
  return records;
}

Status JobRecords::Store(const JobRecord& record) {
  return ReplaceFile(files_, fmt::format("{}/{}.json", directory_, record.id),
                     RecordToJson(record));
}

}  // namespace weir
