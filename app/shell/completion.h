// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// What may stand at the cursor, for the shell's Tab key. Knows the tables of the statement, their
// columns and aliases:
//   SELECT fl|                      float functions, FLATTEN, FLOOR ...
//   SELECT o.am| FROM orders AS o   amount
//   SET 'execution.r|               execution.runtime-mode
// Threads: one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir {

/// The names that completion offers; the session's in the shell, fixed ones in tests.
class NameSource {
 public:
  virtual ~NameSource() = default;
  virtual std::vector<std::string> Tables() = 0;  // And views, of the current database.
  virtual std::vector<std::string> Databases() = 0;
  virtual std::vector<std::string> Catalogs() = 0;
  virtual std::vector<std::string> TablesOf(const std::string& catalog,
                                            const std::string& database) = 0;
  /// Of a table given by 1 to 3 names; empty when there is none.
  virtual std::vector<std::string> Columns(const std::vector<std::string>& path) = 0;
  virtual std::vector<std::string> Functions() = 0;
  virtual std::vector<std::string> SessionOptions() = 0;
  virtual std::vector<std::string> Connectors() = 0;
  virtual std::vector<std::string> Formats() = 0;
  virtual std::vector<std::string> ConnectorOptions(const std::string& connector) = 0;
  /// Values of a session option or an option of a connector, where they are few.
  virtual std::vector<std::string> OptionValues(const std::string& connector,
                                                const std::string& key) = 0;
  /// Paths that begin with `prefix`; directories end with '/'.
  virtual std::vector<std::string> Files(const std::string& prefix) = 0;
};

struct Candidate {
  std::string text;    // What replaces the bytes from `begin` to the cursor.
  std::string suffix;  // Follows when this is the only one: " ", "(", "'".
};

struct Completion {
  size_t begin = 0;
  std::vector<Candidate> candidates;  // In the order to show: columns, tables, functions, keywords.
  /// The longest text with which all candidates begin.
  std::string CommonPrefix() const;
};

/// `text`: the whole statement as typed so far; `cursor`: a byte position in it.
Completion Complete(NameSource& names, std::string_view text, size_t cursor);

}  // namespace weir
