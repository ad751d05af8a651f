// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// weir: Flink SQL from the command line. See docs/guide/command-line.md.
//   weir run job.sql          weir -c "SELECT 1"          weir < job.sql          weir
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "serve_command.h"
#include "shell.h"
#include "terminal.h"

#ifndef WEIR_VERSION
#define WEIR_VERSION "0.0.0"
#endif

namespace weir {
namespace {

constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr std::string_view kCommands[] = {"run", "serve", "job"};
constexpr int kExitOutputClosed = 128 + SIGPIPE;

struct CommandLine {
  std::vector<std::string> files;     // weir run FILE..
  std::vector<std::string> commands;  // -c
  std::vector<std::string> init_files;
  std::vector<std::string> settings;  // -D key=value
  std::string mode;
  int parallelism = 0;
  bool resume = false;
  std::string savepoint;
  std::string output = std::string(OutputKinds().front().name);
  bool quiet = false;
};

void AddOptions(CLI::App& app, CommandLine* line) {
  std::vector<std::string> outputs;
  for (const OutputKind& kind : OutputKinds()) outputs.emplace_back(kind.name);
  app.add_option("-c,--command", line->commands, "Run these statements, separated by ';'")
      ->type_name("SQL")
      ->allow_extra_args(false);
  app.add_option("--mode", line->mode,
                 "auto: batch when every source is bounded, else stream (the default)")
      ->type_name("auto|stream|batch")
      ->check(CLI::IsMember({"auto", "stream", "batch"}));
  app.add_option("--parallelism", line->parallelism,
                 "Subtasks of each operator (default: the cores)")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  app.add_option("-D", line->settings, "Set an option, as SET 'key' = 'value' does")
      ->type_name("key=value")
      ->allow_extra_args(false);
  app.add_option("-i,--init", line->init_files, "Run this file first")
      ->type_name("FILE.sql")
      ->allow_extra_args(false);
  app.add_option(
         "--output", line->output,
         fmt::format("How results are printed: {} (default: table)", fmt::join(outputs, ", ")))
      ->type_name("KIND")
      ->check(CLI::IsMember(outputs));
  app.add_flag("--resume", line->resume,
               "Go on from the job's newest checkpoint in execution.checkpointing.dir, if any");
  app.add_option("--from-savepoint", line->savepoint, "Start from the state of this savepoint")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_flag("-q,--quiet", line->quiet, "Rows and errors only");
}

std::string Footer() {
  return "Without FILE and -c, statements are read from standard input; on a terminal that is an "
         "interactive shell.\n"
         "Rows go to standard output, all else to standard error.\n"
         "Exit status: 0, 1 if a statement failed, 2 for wrong usage.\n";
}

/// Reads a whole file; "-" is standard input.
Result<std::string> ReadScript(const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "rb");
  if (file == nullptr) return InvalidData("cannot read '{}': {}", path, std::strerror(errno));
  std::string text;
  char bytes[1 << 16];
  errno = 0;
  for (size_t count; (count = std::fread(bytes, 1, sizeof(bytes), file)) > 0;)
    text.append(bytes, count);
  int error = std::ferror(file) != 0 ? errno : 0;
  if (file != stdin) (void)std::fclose(file);
  if (error != 0) return InvalidData("cannot read '{}': {}", path, std::strerror(error));
  return text;
}

/// Blanks what is no SQL at the front: a byte order mark, a "#!" line. Positions stay.
void BlankFront(std::string* text) {
  if (text->starts_with("\xEF\xBB\xBF")) text->replace(0, 3, "   ");
  if (!text->starts_with("#!")) return;
  size_t end = std::min(text->find('\n'), text->size());
  text->replace(0, end, end, ' ');
}

Result<SessionConfig> MakeConfig(const CommandLine& line) {
  SessionConfig config;
  for (const std::string& setting : line.settings) {
    size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return WithHint(InvalidQuery("-D needs key=value, not '{}'", setting),
                      "-D execution.runtime-mode=streaming");
    }
    config.options[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  if (line.resume) config.options["weir.job.resume"] = "true";
  if (!line.savepoint.empty()) config.options["execution.state-recovery.path"] = line.savepoint;
  config.log = [](const std::string& text) {
    (void)std::fprintf(stderr, "note: %s\n", text.c_str());
  };
  if (line.mode == "auto") config.options["execution.runtime-mode"] = "AUTOMATIC";
  if (line.mode == "stream") config.options["execution.runtime-mode"] = "STREAMING";
  if (line.mode == "batch") config.options["execution.runtime-mode"] = "BATCH";
  if (line.parallelism > 0)
    config.options["parallelism.default"] = std::to_string(line.parallelism);
  return config;
}

void PrintUsageError(const Status& status) {
  (void)std::fprintf(stderr, "weir: %s\n", RenderError(status, "").c_str());
}

int ExitStatus(RunEnd end, const SignalWatcher& signals) {
  switch (end) {
    case RunEnd::kDone:
      return 0;
    case RunEnd::kFailed:
      return kExitFailed;
    case RunEnd::kCancelled:
      return 128 + signals.last();
    case RunEnd::kOutputClosed:
      return kExitOutputClosed;
  }
  return kExitFailed;
}

/// Runs statements of standard input as they come.
RunEnd RunInput(StatementRunner& runner) {
  std::string text;
  size_t done = 0;
  char bytes[1 << 16];
  while (true) {
    ssize_t count = ::read(STDIN_FILENO, bytes, sizeof(bytes));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bool is_first = text.empty();
    text.append(bytes, static_cast<size_t>(count));
    if (is_first) BlankFront(&text);
    RunEnd end = runner.RunComplete(text, "stdin", &done);
    if (end != RunEnd::kDone) return end;
  }
  // What follows the last ';'.
  return runner.RunScript(text, "stdin", done);
}

RunEnd RunFiles(StatementRunner& runner, const std::vector<std::string>& names,
                const std::vector<std::string>& texts) {
  for (size_t i = 0; i < names.size(); ++i) {
    RunEnd end = runner.RunScript(texts[i], names[i] == "-" ? "stdin" : names[i]);
    if (end != RunEnd::kDone) return end;
  }
  return RunEnd::kDone;
}

int Run(const CommandLine& line) {
  if (!line.files.empty() && !line.commands.empty()) {
    PrintUsageError(InvalidQuery("'run FILE.sql' and -c cannot be given together"));
    return kExitUsage;
  }
  // All files first: a wrong name is found before anything runs.
  std::vector<std::string> texts, init_texts;
  for (auto [names, into] :
       {std::pair{&line.files, &texts}, std::pair{&line.init_files, &init_texts}}) {
    for (const std::string& name : *names) {
      Result<std::string> text = ReadScript(name);
      if (!text.ok()) {
        PrintUsageError(text.status());
        return kExitUsage;
      }
      into->push_back(*std::move(text));
      BlankFront(&into->back());
    }
  }
  SignalWatcher& signals = SignalWatcher::Start();
  Result<SessionConfig> config = MakeConfig(line);
  Result<std::unique_ptr<Session>> session =
      config.ok() ? Session::Create(*config) : config.status();
  if (!session.ok()) {
    PrintUsageError(session.status());
    return kExitUsage;
  }
  RunnerSettings settings;
  settings.output = FindOutput(line.output);
  settings.quiet = line.quiet;
  settings.output_is_terminal = IsTerminal(STDOUT_FILENO);
  settings.errors_are_terminal = IsTerminal(STDERR_FILENO);
  StatementRunner runner(**session, signals, settings);
  runner.PrintWarnings();
  RunEnd end = RunFiles(runner, line.init_files, init_texts);
  if (end != RunEnd::kDone) return ExitStatus(end, signals);
  if (!line.files.empty()) return ExitStatus(RunFiles(runner, line.files, texts), signals);
  for (const std::string& command : line.commands) {
    end = runner.RunScript(command, "");
    if (end != RunEnd::kDone) return ExitStatus(end, signals);
  }
  if (!line.commands.empty()) return 0;
  if (IsTerminal(STDIN_FILENO) && settings.output_is_terminal)
    return RunShell(**session, signals, runner, settings, WEIR_VERSION);
  return ExitStatus(RunInput(runner), signals);
}

int Main(int argc, char** argv) {
  CommandLine line;
  CLI::App app{
      "Flink SQL, vectorized and native.\n"
      "  weir run FILE.sql...    weir -c \"SQL; SQL\"    weir < FILE.sql    weir\n"
      "  weir serve              weir job submit FILE.sql"};
  app.name("weir");
  app.footer(Footer());
  app.set_version_flag("--version", "weir " WEIR_VERSION);
  app.fallthrough();
  AddOptions(app, &line);
  CLI::App* run = app.add_subcommand("run", "Run the statements of files");
  run->add_option("FILE.sql", line.files, "Files with statements; - is standard input")->required();
  run->fallthrough();
  run->footer("All options of weir --help apply: --resume, --parallelism N, -D key=value, ...\n" +
              Footer());
  ServeCommand serve_command;
  JobCommand job_command;
  ServerCommands server = AddServerCommands(app, &serve_command, &job_command);
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version);
  } catch (const CLI::ParseError& error) {
    (void)std::fprintf(stderr, "weir: %s\n", error.what());
    bool is_command = std::any_of(std::begin(kCommands), std::end(kCommands), [&](auto name) {
      return argc > 1 && std::string_view(argv[1]) == name;
    });
    if (argc > 1 && argv[1][0] != '-' && !is_command) {
      (void)std::fprintf(stderr, "  hint: weir run %s\n", argv[1]);
    } else {
      std::string command = "weir";
      for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
        at = at->get_subcommands().front();
        command += " " + at->get_name();
      }
      (void)std::fprintf(stderr, "  hint: %s --help\n", command.c_str());
    }
    return kExitUsage;
  }
  if (!server.serve->parsed() && !server.job->parsed()) return Run(line);
  Result<SessionConfig> config = MakeConfig(line);
  if (!config.ok()) {
    PrintUsageError(config.status());
    return kExitUsage;
  }
  if (server.serve->parsed()) return RunServe(serve_command, config->options);
  job_command.resume = line.resume;
  job_command.savepoint = line.savepoint;
  config->options.erase("weir.job.resume");
  config->options.erase("execution.state-recovery.path");
  return RunJobCommand(job_command, config->options);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) { return weir::Main(argc, argv); }
