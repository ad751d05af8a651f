// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "serve_command.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "signals.h"
#include "weir/server/api.h"
#include "weir/server/http_server.h"
#include "weir/server/job_server.h"

namespace weir {
namespace {

constexpr int kExitFailed = 1;
constexpr int64_t kSmallFileMax = 64 << 10;
constexpr int64_t kSubmitSeconds = 60;
// A savepoint may be long; the server answers when it is there.
constexpr int64_t kSavepointSeconds = 3600;

int Fail(const Status& status) {
  (void)std::fprintf(stderr, "weir: %s\n", RenderError(status, "").c_str());
  return kExitFailed;
}

/// --state-dir, else $WEIR_STATE_DIR, else $XDG_STATE_HOME/weir, else ~/.local/state/weir.
std::string StateDirectory(const std::string& given) {
  if (!given.empty()) return given;
  auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  if (std::string own = variable("WEIR_STATE_DIR"); !own.empty()) return own;
  if (std::string state = variable("XDG_STATE_HOME"); !state.empty()) return state + "/weir";
  return variable("HOME") + "/.local/state/weir";
}

/// The token of the state directory, made at the first start.
Result<std::string> OpenToken(FileSystem* files, const std::string& path) {
  if (files->Exists(path)) {
    WEIR_ASSIGN_OR_RETURN(std::string token, ReadSmallFile(files, path, kSmallFileMax));
    while (!token.empty() && token.back() == '\n') token.pop_back();
    if (token.size() < 16) return InvalidData("'{}' holds no token of 16 characters or more", path);
    return token;
  }
  std::string token;
  WEIR_ASSIGN_OR_RETURN(auto random, files->OpenForRead("/dev/urandom"));
  uint8_t bytes[32];
  WEIR_ASSIGN_OR_RETURN(int64_t read, random->Read(sizeof(bytes), bytes));
  if (read != sizeof(bytes)) return Unavailable("'/dev/urandom' gives no random bytes");
  for (uint8_t byte : bytes) token += fmt::format("{:02x}", byte);
  WEIR_RETURN_NOT_OK(ReplaceFile(files, path, token + "\n"));
  return token;
}

Status Serve(const ServeCommand& command, const std::map<std::string, std::string>& options) {
  SignalWatcher& signals = SignalWatcher::Start();
  FileSystem* files = RealEnvironment().files;
  // Jobs and savepoints are named by whole paths, wherever the next server is started.
  std::string directory = std::filesystem::absolute(StateDirectory(command.state_dir)).string();
  WEIR_RETURN_NOT_OK(files->MakeDirectories(directory));
  // State, records and token are this user's alone; what jobs write elsewhere is not touched.
  if (::chmod(directory.c_str(), 0700) != 0)
    return InvalidData("cannot make '{}' private: {}", directory, std::strerror(errno));
  std::FILE* out = stderr;
  if (!command.log_file.empty()) {
    out = std::fopen(command.log_file.c_str(), "ae");
    if (out == nullptr) return InvalidData("cannot append to '{}'", command.log_file);
  }
  EventLog log(RealEnvironment().clock, [out](std::string_view line) {
    (void)std::fwrite(line.data(), 1, line.size(), out);
    (void)std::fflush(out);
  });
  JobServerConfig config;
  config.state_directory = directory;
  config.options = options;
  WEIR_ASSIGN_OR_RETURN(auto jobs, JobServer::Open(std::move(config), &log));
  WEIR_ASSIGN_OR_RETURN(std::string token, OpenToken(files, directory + "/token"));
  Api api(jobs.get(), token);
  WEIR_ASSIGN_OR_RETURN(
      auto http, HttpServer::Listen(command.listen, static_cast<uint16_t>(command.port), &api));
  nlohmann::ordered_json address;
  address["host"] = command.listen == "localhost" ? "127.0.0.1" : command.listen;
  address["port"] = http->port();
  address["pid"] = ::getpid();
  WEIR_RETURN_NOT_OK(ReplaceFile(files, directory + "/server.json", address.dump() + "\n"));
  log.Write(
      LogLevel::kInfo, "server started",
      {{"address", fmt::format("{}:{}", command.listen, http->port())}, {"state", directory}});
  {
    SignalWatcher::Running running(signals, [&http] { http->Stop(); });
    http->Run();
  }
  log.Write(LogLevel::kInfo, "server stops; its jobs go on when it starts again", {});
  jobs.reset();
  return Status::OK();
}

/// Where the server of a state directory listens, and its token.
struct Connection {
  HttpAddress address;
  std::string token;
};

Result<Connection> Connect(const std::string& given) {
  std::string directory = StateDirectory(given);
  FileSystem* files = RealEnvironment().files;
  auto text = ReadSmallFile(files, directory + "/server.json", kSmallFileMax);
  if (!text.ok()) {
    return WithHint(Unavailable("no server has run on the state directory '{}'", directory),
                    fmt::format("weir serve --state-dir {}", directory));
  }
  Connection connection;
  auto json = nlohmann::json::parse(*text, nullptr, false);
  if (!json.is_object() || !json.contains("host") || !json["host"].is_string() ||
      !json.contains("port") || !json["port"].is_number_unsigned()) {
    return InvalidData("'{}/server.json' is damaged; start the server again", directory);
  }
  connection.address.host = json["host"].get<std::string>();
  connection.address.port = json["port"].get<uint16_t>();
  WEIR_ASSIGN_OR_RETURN(connection.token,
                        ReadSmallFile(files, directory + "/token", kSmallFileMax));
  while (!connection.token.empty() && connection.token.back() == '\n') connection.token.pop_back();
  return connection;
}

/// Names in a path are escaped whole.
std::string Escape(std::string_view name) {
  std::string escaped;
  for (unsigned char c : name) {
    bool plain = std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.';
    escaped += plain ? std::string(1, static_cast<char>(c)) : fmt::format("%{:02X}", c);
  }
  return escaped;
}

Result<nlohmann::ordered_json> Call(const JobCommand& command, const std::string& method,
                                    const std::string& target, const nlohmann::ordered_json& body,
                                    int64_t seconds) {
  WEIR_ASSIGN_OR_RETURN(Connection connection, Connect(command.state_dir));
  ApiRequest request;
  request.method = method;
  request.target = target;
  request.authorization = "Bearer " + connection.token;
  if (method == "POST") request.body = body.dump();
  WEIR_ASSIGN_OR_RETURN(ApiResponse response, SendRequest(connection.address, request, seconds));
  auto json = nlohmann::ordered_json::parse(response.body, nullptr, false);
  if (json.is_discarded()) return Unavailable("the server's answer is no JSON: {}", response.body);
  if (response.status == 200) return json;
  std::string hint = json.value("hint", "");
  Status status = InvalidQuery("{}", json.value("error", "the server refused"));
  return hint.empty() ? status : WithHint(status, hint);
}

std::string Text(const nlohmann::ordered_json& json, const char* key) {
  return json.contains(key) && json[key].is_string() ? json[key].get<std::string>() : "";
}

void PrintJobs(const nlohmann::ordered_json& jobs) {
  std::vector<std::vector<std::string>> rows = {{"ID", "STATE", "CREATED", "CHECKPOINT", "NAME"}};
  for (const auto& job : jobs) {
    std::string checkpoint = "-";
    if (job.contains("lastCheckpoint"))
      checkpoint = fmt::format("{}", job["lastCheckpoint"].value("epoch", int64_t{0}));
    rows.push_back(
        {Text(job, "id"), Text(job, "state"), Text(job, "created"), checkpoint, Text(job, "name")});
  }
  std::vector<size_t> widths(rows[0].size());
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const auto& row : rows) {
    std::string line;
    for (size_t i = 0; i + 1 < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    (void)std::printf("%s%s\n", line.c_str(), row.back().c_str());
  }
}

Status RunJob(const JobCommand& command, const std::map<std::string, std::string>& options) {
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  std::string job = "/v1/jobs/" + Escape(command.subject);
  auto print = [&](const nlohmann::ordered_json& json) {
    (void)std::printf("%s\n", json.dump(2).c_str());
  };
  if (command.action == "submit") {
    constexpr int64_t kScriptBytesMax = 1 << 20;
    WEIR_ASSIGN_OR_RETURN(std::string sql,
                          ReadSmallFile(RealEnvironment().files, command.subject, kScriptBytesMax));
    body = {{"sql", sql}, {"options", options}, {"resume", command.resume}};
    if (!command.savepoint.empty()) body["fromSavepoint"] = command.savepoint;
    WEIR_ASSIGN_OR_RETURN(auto json, Call(command, "POST", "/v1/jobs", body, kSubmitSeconds));
    for (const auto& id : json["ids"]) (void)std::printf("%s\n", id.get<std::string>().c_str());
    return Status::OK();
  }
  if (command.action == "list") {
    WEIR_ASSIGN_OR_RETURN(auto json, Call(command, "GET", "/v1/jobs", body, kSubmitSeconds));
    command.json ? print(json["jobs"]) : PrintJobs(json["jobs"]);
    return Status::OK();
  }
  if (command.action == "show") {
    WEIR_ASSIGN_OR_RETURN(auto json, Call(command, "GET", job, body, kSubmitSeconds));
    print(json);
    return Status::OK();
  }
  if (command.action == "cancel")
    return Call(command, "POST", job + "/cancel", body, kSubmitSeconds).status();
  if (command.action == "dispose") {
    body["path"] = command.subject;
    return Call(command, "POST", "/v1/savepoints/dispose", body, kSubmitSeconds).status();
  }
  if (!command.directory.empty()) body["directory"] = command.directory;
  bool stops = command.action == "stop";
  if (stops) body["drain"] = command.drain;
  WEIR_ASSIGN_OR_RETURN(auto json, Call(command, "POST", job + (stops ? "/stop" : "/savepoints"),
                                        body, kSavepointSeconds));
  (void)std::printf("%s\n", Text(json, "savepoint").c_str());
  return Status::OK();
}

}  // namespace

ServerCommands AddServerCommands(CLI::App& app, ServeCommand* serve, JobCommand* job) {
  ServerCommands commands;
  const char* state_help =
      "Where jobs, checkpoints and the token are kept (default: $WEIR_STATE_DIR, else "
      "~/.local/state/weir)";
  commands.serve = app.add_subcommand("serve", "Run jobs in the background");
  commands.serve->add_option("--state-dir", serve->state_dir, state_help)->type_name("DIR");
  commands.serve->add_option("--listen", serve->listen, "A loopback address (default: 127.0.0.1)");
  commands.serve->add_option("--port", serve->port, "0: any free port (default: 8321)")
      ->check(CLI::Range(0, 65535));
  commands.serve->add_option("--log-file", serve->log_file, "Default: standard error");
  commands.serve->fallthrough();
  commands.serve->footer("-D key=value sets an option of every job of this server.");
  commands.job = app.add_subcommand("job", "Talk to the server on this machine");
  commands.job->require_subcommand(1);
  commands.job->fallthrough();
  commands.job->add_option("--state-dir", job->state_dir, state_help)->type_name("DIR");
  commands.job->footer("weir job SUBCOMMAND --help says more.");
  const char* job_help = "Its id or its name";
  const char* directory_help =
      "Where the savepoint goes (default: what 'execution.checkpointing.savepoint-dir' says, else "
      "savepoints/ below the state directory)";
  auto add = [&](const char* name, const char* help, const char* subject, const char* what) {
    CLI::App* one = commands.job->add_subcommand(name, help);
    if (subject != nullptr) one->add_option(subject, job->subject, what)->required();
    one->footer("");
    one->fallthrough();
    one->callback([job, name] { job->action = name; });
    return one;
  };
  add("submit", "Start the INSERTs of a file; prints their ids", "FILE.sql",
      "SET, CREATE, USE and INSERT statements")
      ->footer(
          "As with weir run: --resume, --from-savepoint DIR, --parallelism N, -D key=value, "
          "--mode MODE.");
  add("list", "All jobs", nullptr, nullptr)->add_flag("--json", job->json, "As JSON");
  add("show", "One job, as JSON: its operators and checkpoints", "JOB", job_help);
  add("cancel", "End a job at once; its checkpoints stay", "JOB", job_help);
  CLI::App* stop =
      add("stop", "Savepoint, then the end; prints the savepoint's path", "JOB", job_help);
  stop->add_flag("--drain", job->drain, "Let everything out first: the job is not to go on");
  stop->add_option("--savepoint-dir", job->directory, directory_help)->type_name("DIR");
  add("savepoint", "Savepoint; prints its path", "JOB", job_help)
      ->add_option("--savepoint-dir", job->directory, directory_help)
      ->type_name("DIR");
  add("dispose", "Delete a savepoint that a job of the server has made", "SAVEPOINT",
      "The path that stop or savepoint has printed");
  return commands;
}

int RunServe(const ServeCommand& command, const std::map<std::string, std::string>& options) {
  Status status = Serve(command, options);
  return status.ok() ? 0 : Fail(status);
}

int RunJobCommand(const JobCommand& command, const std::map<std::string, std::string>& options) {
  Status status = RunJob(command, options);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace weir
