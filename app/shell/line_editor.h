// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Lines from a terminal: editing, history and completion by libedit. Bytes are read by our own
// function, which also hears of signals, so that Ctrl-C drops the line and nothing else. Threads:
// one.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "completion.h"
#include "signals.h"

namespace weir {

enum class LineEnd : uint8_t {
  kLine,         // A line, without its end.
  kInterrupted,  // Ctrl-C.
  kEnd,          // Ctrl-D, or the terminal has gone.
};

class LineEditor {
 public:
  /// What may stand at byte `cursor` of `line`; positions of the result are those of `line`.
  using Completer = std::function<Completion(std::string_view line, size_t cursor)>;

  virtual ~LineEditor() = default;
  virtual LineEnd ReadLine(std::string_view prompt, std::string* line) = 0;
  /// Remembers a statement, now and in the history file; a file that cannot be written is no error.
  virtual void Remember(std::string_view statement) = 0;
};

/// `history_path`: empty: no file.
std::unique_ptr<LineEditor> MakeLineEditor(SignalWatcher& signals, LineEditor::Completer completer,
                                           std::string history_path);

/// A statement on one line, as history keeps it: line ends become blanks, "-- x" becomes "/* x */";
/// texts stay as they are.
std::string OnOneLine(std::string_view statement);

}  // namespace weir
