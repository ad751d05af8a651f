// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Syntax tree -> SQL text on one line, with names in back quotes: for SHOW CREATE VIEW, digests and
// round trips.
//   Unparse(*ParseExpression("a+b * 2"))   ->   `a` + `b` * 2
// Invariants: the text parses again, and unparses to itself then. Parentheses are written only
// where they are needed.
#pragma once

#include <string>
#include <string_view>

#include "weir/sql/ast.h"
#include "weir/sql/statement.h"

namespace weir {

std::string Unparse(const AstExpr& expr);
std::string Unparse(const AstType& type);
std::string Unparse(const AstQuery& query);
std::string Unparse(const Statement& statement);
std::string Unparse(const ObjectPath& path);

/// `name`, with back quotes doubled.
std::string QuoteIdentifier(std::string_view name);
/// 'text', with quotes doubled.
std::string QuoteString(std::string_view text);

}  // namespace weir
