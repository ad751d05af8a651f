// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// `weir serve` and `weir job ..`: the job server and its command line.
//
// The server writes the address it listens on to <state-dir>/server.json and its token to
// <state-dir>/token (readable by its user alone); `weir job` finds both there.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weir {

struct ServeCommand {
  std::string state_dir;
  std::string listen = "127.0.0.1";
  int port = 8321;
  std::string log_file;  // Empty: standard error.
};

struct JobCommand {
  std::string action;  // submit, list, show, cancel, stop, savepoint, dispose
  std::string state_dir;
  std::string subject;  // A file for submit, a path for dispose, else an id or name.
  std::string directory;
  std::string savepoint;
  bool resume = false;
  bool drain = false;
  bool json = false;
};

/// Adds the subcommands; which one was given is known by their `parsed()`.
struct ServerCommands {
  CLI::App* serve = nullptr;
  CLI::App* job = nullptr;
};
ServerCommands AddServerCommands(CLI::App& app, ServeCommand* serve, JobCommand* job);

/// `options`: of -D. They return the exit status.
int RunServe(const ServeCommand& command, const std::map<std::string, std::string>& options);
int RunJobCommand(const JobCommand& command, const std::map<std::string, std::string>& options);

}  // namespace weir
