// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SQL text -> syntax tree, in Flink's dialect. A bounded effort for any input: text size and
// nesting have limits, and no input byte crashes it. Errors are kInvalidQuery (kResourceExhausted
// over a limit) with the span of the offending token.
//   ParseStatements("SELECT 1; SHOW TABLES")   -> two statements
//   ParseStatements("SELECT 1 FORM t")         -> unexpected 'FORM'; did you mean FROM?
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "weir/sql/ast.h"
#include "weir/sql/statement.h"

namespace weir {

struct ParserLimits {
  size_t text_bytes_max = 1 << 20;
  int depth_max = 1000;  // Levels of nesting of an expression, type or query.
};

/// Parses all statements of `sql`, which are separated by ';'. Empty statements are skipped.
Result<std::vector<Statement>> ParseStatements(std::string_view sql,
                                               const ParserLimits& limits = {});
/// Parses exactly one statement; a closing ';' may follow.
Result<Statement> ParseStatement(std::string_view sql, const ParserLimits& limits = {});
/// Parses one expression, for instance a computed column or a SQL function's body.
Result<AstExprPtr> ParseExpression(std::string_view sql, const ParserLimits& limits = {});
/// Parses one type: "ROW<a INT, b STRING>".
Result<AstTypePtr> ParseType(std::string_view sql, const ParserLimits& limits = {});
/// Parses one query: what may stand in a view.
Result<AstQueryPtr> ParseQuery(std::string_view sql, const ParserLimits& limits = {});

/// What a shell needs to know about text typed so far.
struct SplitText {
  std::vector<SourceSpan>
      statements;  // The complete statements, without their ';'. Comments may surround them.
  size_t rest_begin =
      0;  // Where the unfinished rest begins; sql.size() when nothing but blanks is left.
  bool rest_is_blank = true;  // The rest has only blanks and comments.
};
/// Splits `sql` at the ';' outside of quotes, comments and BEGIN STATEMENT SET .. END blocks.
SplitText SplitStatements(std::string_view sql);
/// True when `sql` ends with a complete statement (a ';' outside of quotes, comments and blocks) or
/// has none at all.
bool IsComplete(std::string_view sql);

/// True when `word` (any case) cannot be a bare column or table name.
bool IsReservedWord(std::string_view word);
/// All keywords of the dialect, upper case, sorted: for completion.
const std::vector<std::string_view>& SqlKeywords();

}  // namespace weir
