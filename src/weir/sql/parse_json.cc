// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The clauses inside the parentheses of the SQL/JSON functions:
//   JSON_VALUE(doc, '$.a' RETURNING INT DEFAULT 0 ON EMPTY ERROR ON ERROR)
//   JSON_OBJECT(KEY 'a' VALUE x FORMAT JSON, 'b' VALUE y ABSENT ON NULL)
#include "weir/sql/statement_parser.h"

namespace weir {

Status StatementParser::ParseJsonArguments(KeywordId keyword, AstCall* call) {
  auto json = std::make_shared<AstJsonClauses>();
  call->form = CallForm::kJson;
  switch (keyword) {
    case "JSON_OBJECT"_kw:
    case "JSON_OBJECTAGG"_kw:
      WEIR_RETURN_NOT_OK(ParseJsonObjectArguments(call, json.get()));
      break;
    case "JSON_ARRAY"_kw:
    case "JSON_ARRAYAGG"_kw:
      WEIR_RETURN_NOT_OK(ParseJsonArrayArguments(call, json.get()));
      break;
    default:
      WEIR_RETURN_NOT_OK(ParseJsonPathArguments(keyword, call, json.get()));
      break;
  }
  call->json = std::move(json);
  return Status::OK();
}

bool StatementParser::AtJsonNulls() {
  return (At("NULL"_kw) || At("ABSENT"_kw)) && AtAhead(1, "ON"_kw) && AtAhead(2, "NULL"_kw);
}

Status StatementParser::ParseJsonNulls(AstJsonClauses* json) {
  if (!AtJsonNulls()) return Status::OK();
  json->nulls = At("NULL"_kw) ? JsonNullClause::kNullOnNull : JsonNullClause::kAbsentOnNull;
  Advance();
  Advance();
  Advance();
  return Status::OK();
}

Status StatementParser::ParseJsonValue(AstCall* call, AstJsonClauses* json) {
  WEIR_ASSIGN_OR_RETURN(AstArgument argument, ParseArgument());
  call->arguments.push_back(std::move(argument));
  bool format = Accept("FORMAT"_kw, "JSON"_kw);
  if (format || !json->format_json.empty()) {
    json->format_json.resize(call->arguments.size(), false);
    json->format_json.back() = format;
  }
  return Status::OK();
}

Status StatementParser::ParseJsonNameAndValue(AstCall* call, AstJsonClauses* json) {
  // KEY is also a name: JSON_OBJECT(key VALUE x).
  bool key_is_name = AtAhead(1, "VALUE"_kw) && !AtAhead(2, "VALUE"_kw);
  if (At("KEY"_kw) && !key_is_name && !AtAhead(1, TokenKind::kComma) &&
      !AtAhead(1, TokenKind::kColon))
    Advance();
  WEIR_ASSIGN_OR_RETURN(AstExprPtr key, ParseExpression());
  call->arguments.push_back({std::nullopt, std::move(key)});
  if (!Accept("VALUE"_kw) && !Accept(TokenKind::kColon) && !Accept(TokenKind::kComma))
    return Unexpected("VALUE");
  return ParseJsonValue(call, json);
}

Status StatementParser::ParseJsonObjectArguments(AstCall* call, AstJsonClauses* json) {
  if (At(TokenKind::kRightParen)) return Status::OK();
  if (AtJsonNulls()) return ParseJsonNulls(json);
  do {
    WEIR_RETURN_NOT_OK(ParseJsonNameAndValue(call, json));
  } while (Accept(TokenKind::kComma));
  return ParseJsonNulls(json);
}

Status StatementParser::ParseJsonArrayArguments(AstCall* call, AstJsonClauses* json) {
  if (At(TokenKind::kRightParen)) return Status::OK();
  if (AtJsonNulls()) return ParseJsonNulls(json);
  do {
    WEIR_RETURN_NOT_OK(ParseJsonValue(call, json));
  } while (Accept(TokenKind::kComma));
  if (At("ORDER"_kw)) {
    WEIR_ASSIGN_OR_RETURN(call->order_by, ParseSortItems());
  }
  return ParseJsonNulls(json);
}

bool StatementParser::AtJsonBehavior() {
  return At("NULL"_kw) || At("ERROR"_kw) || At("DEFAULT"_kw) || At("EMPTY"_kw) || At("TRUE"_kw) ||
         At("FALSE"_kw) || At("UNKNOWN"_kw);
}

Result<AstJsonBehavior> StatementParser::ParseJsonBehavior() {
  AstJsonBehavior out;
  if (Accept("NULL"_kw)) {
    out.kind = JsonBehaviorKind::kNull;
  } else if (Accept("ERROR"_kw)) {
    out.kind = JsonBehaviorKind::kError;
  } else if (Accept("TRUE"_kw)) {
    out.kind = JsonBehaviorKind::kTrue;
  } else if (Accept("FALSE"_kw)) {
    out.kind = JsonBehaviorKind::kFalse;
  } else if (Accept("UNKNOWN"_kw)) {
    out.kind = JsonBehaviorKind::kUnknown;
  } else if (Accept("DEFAULT"_kw)) {
    out.kind = JsonBehaviorKind::kDefault;
    WEIR_ASSIGN_OR_RETURN(out.default_value, ParseExpression());
  } else {
    WEIR_RETURN_NOT_OK(Expect("EMPTY"_kw));
    out.kind = Accept("OBJECT"_kw) ? JsonBehaviorKind::kEmptyObject : JsonBehaviorKind::kEmptyArray;
    if (out.kind == JsonBehaviorKind::kEmptyArray) Accept("ARRAY"_kw);
  }
  return out;
}

Status StatementParser::ParseJsonWrapper(AstJsonClauses* json) {
  if (Accept("WITHOUT"_kw)) {
    json->wrapper = JsonWrapper::kWithout;
  } else if (Accept("WITH"_kw)) {
    json->wrapper =
        Accept("CONDITIONAL"_kw) ? JsonWrapper::kConditional : JsonWrapper::kUnconditional;
    if (json->wrapper == JsonWrapper::kUnconditional) Accept("UNCONDITIONAL"_kw);
  } else {
    return Status::OK();
  }
  Accept("ARRAY"_kw);
  return Expect("WRAPPER"_kw);
}

Status StatementParser::ParseJsonPathArguments(KeywordId keyword, AstCall* call,
                                               AstJsonClauses* json) {
  if (At(TokenKind::kRightParen)) return Status::OK();
  do {
    WEIR_RETURN_NOT_OK(ParseJsonValue(call, json));
  } while (Accept(TokenKind::kComma));
  if (At("PASSING"_kw))
    return UnsupportedAt(Peek().span(), "PASSING in a JSON function is not supported yet");
  if (keyword != "JSON_EXISTS"_kw && Accept("RETURNING"_kw)) {
    WEIR_ASSIGN_OR_RETURN(json->returning, ParseType());
  }
  if (keyword == "JSON_QUERY"_kw) {
    WEIR_RETURN_NOT_OK(ParseJsonWrapper(json));
    if (At("KEEP"_kw, "QUOTES"_kw) || At("OMIT"_kw, "QUOTES"_kw)) {
      json->quotes = At("KEEP"_kw) ? JsonQuotes::kKeep : JsonQuotes::kOmit;
      Advance();
      Advance();
    }
  }
  while (AtJsonBehavior()) {
    WEIR_ASSIGN_OR_RETURN(AstJsonBehavior behavior, ParseJsonBehavior());
    WEIR_RETURN_NOT_OK(Expect("ON"_kw));
    std::optional<AstJsonBehavior>* target = At("EMPTY"_kw) ? &json->on_empty : &json->on_error;
    if (target->has_value()) return InvalidQueryAt(Peek().span(), "this ON clause is given twice");
    if (!Accept("EMPTY"_kw)) WEIR_RETURN_NOT_OK(Expect("ERROR"_kw));
    *target = std::move(behavior);
  }
  return Status::OK();
}

}  // namespace weir
