// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// `weir` on a terminal: statements over several lines, history, completion; Ctrl-C cancels the
// query or drops the statement being typed, Ctrl-D, QUIT and EXIT end it. Threads: one.
#pragma once

#include "statement_runner.h"

namespace weir {

/// The shell's own words, which no statement begins with.
enum class ShellCommand : uint8_t { kNone, kHelp, kClear, kQuit };
/// "help", "HELP;", " quit ; " -> the command; anything else: kNone.
ShellCommand ParseShellCommand(std::string_view line);

/// Reads and runs statements until the end; returns the exit status.
int RunShell(Session& session, SignalWatcher& signals, StatementRunner& runner,
             const RunnerSettings& settings, std::string_view version);

}  // namespace weir
