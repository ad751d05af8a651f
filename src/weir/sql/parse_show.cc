// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// SHOW, DESCRIBE, USE, SET, modules, jars, jobs.
#include "weir/sql/statement_parser.h"

namespace weir {
namespace {

struct ShowWord {
  KeywordId word;
  ShowKind kind;
  bool takes_from;  // FROM|IN path and LIKE may follow.
};
constexpr ShowWord kShowWords[] = {
    {"CATALOGS"_kw, ShowKind::kCatalogs, false},
    {"DATABASES"_kw, ShowKind::kDatabases, true},
    {"TABLES"_kw, ShowKind::kTables, true},
    {"VIEWS"_kw, ShowKind::kViews, true},
    {"FUNCTIONS"_kw, ShowKind::kFunctions, true},
    {"COLUMNS"_kw, ShowKind::kColumns, true},
    {"PROCEDURES"_kw, ShowKind::kProcedures, true},
    {"MODELS"_kw, ShowKind::kModels, true},
    {"CONNECTIONS"_kw, ShowKind::kConnections, true},
    {"MODULES"_kw, ShowKind::kModules, false},
    {"JARS"_kw, ShowKind::kJars, false},
    {"JOBS"_kw, ShowKind::kJobs, false},
    {"CONNECTORS"_kw, ShowKind::kConnectors, false},
    {"FORMATS"_kw, ShowKind::kFormats, false},
};

}  // namespace

Result<Statement::Node> StatementParser::ParseShow() {
  Advance();
  AstShow show;
  if (Accept("CREATE"_kw)) return ParseShowCreate();
  if (Accept("CURRENT"_kw)) {
    show.kind = Accept("CATALOG"_kw) ? ShowKind::kCurrentCatalog : ShowKind::kCurrentDatabase;
    if (show.kind == ShowKind::kCurrentDatabase) WEIR_RETURN_NOT_OK(Expect("DATABASE"_kw));
    return Statement::Node(std::move(show));
  }
  if (Accept("PARTITIONS"_kw)) {
    show.kind = ShowKind::kPartitions;
    WEIR_ASSIGN_OR_RETURN(show.name, ParsePath("a table"));
    if (Accept("PARTITION"_kw)) {
      WEIR_ASSIGN_OR_RETURN(show.partition, ParsePartitionSpec());
    }
    return Statement::Node(std::move(show));
  }
  show.user = Accept("USER"_kw);
  show.full = Accept("FULL"_kw);
  bool takes_from = true;
  if (!show.user && !show.full && Accept("MATERIALIZED"_kw)) {
    WEIR_RETURN_NOT_OK(Expect("TABLES"_kw));
    show.kind = ShowKind::kMaterializedTables;
  } else {
    const ShowWord* found = nullptr;
    for (const ShowWord& one : kShowWords) {
      bool allowed = (!show.user || one.kind == ShowKind::kFunctions) &&
                     (!show.full || one.kind == ShowKind::kModules);
      if (found == nullptr && allowed && Accept(one.word)) found = &one;
    }
    if (found == nullptr) {
      std::string_view expected = show.user   ? "FUNCTIONS"
                                  : show.full ? "MODULES"
                                              : "CATALOGS, DATABASES, TABLES or the like";
      return Unexpected(expected);
    }
    show.kind = found->kind;
    takes_from = found->takes_from;
  }
  if (takes_from && (Accept("FROM"_kw) || Accept("IN"_kw))) {
    WEIR_ASSIGN_OR_RETURN(show.name, ParsePath("a name"));
  } else if (show.kind == ShowKind::kColumns) {
    return Unexpected("FROM");
  }
  WEIR_RETURN_NOT_OK(ParseShowLike(&show));
  return Statement::Node(std::move(show));
}

Status StatementParser::ParseShowLike(AstShow* show) {
  show->like_negated = Accept("NOT"_kw);
  bool like = Accept("LIKE"_kw);
  if (!like && Accept("ILIKE"_kw)) {
    show->like_ignores_case = true;
    like = true;
  }
  if (!like) return show->like_negated ? Unexpected("LIKE") : Status::OK();
  WEIR_ASSIGN_OR_RETURN(show->like, ParseString("a pattern in quotes"));
  return Status::OK();
}

Result<Statement::Node> StatementParser::ParseShowCreate() {
  AstShow show;
  WEIR_ASSIGN_OR_RETURN(ObjectKind object, ParseObjectKind());
  switch (object) {
    case ObjectKind::kTable:
      show.kind = ShowKind::kCreateTable;
      break;
    case ObjectKind::kView:
      show.kind = ShowKind::kCreateView;
      break;
    case ObjectKind::kCatalog:
      show.kind = ShowKind::kCreateCatalog;
      break;
    case ObjectKind::kDatabase:
      show.kind = ShowKind::kCreateDatabase;
      break;
    case ObjectKind::kModel:
      show.kind = ShowKind::kCreateModel;
      break;
    case ObjectKind::kMaterializedTable:
      show.kind = ShowKind::kCreateMaterializedTable;
      break;
    case ObjectKind::kFunction:
      show.kind = ShowKind::kCreateFunction;
      break;
    default:
      show.kind = ShowKind::kCreateConnection;
      break;
  }
  WEIR_ASSIGN_OR_RETURN(show.name, ParsePath("a name"));
  return Statement::Node(std::move(show));
}

Result<Statement::Node> StatementParser::ParseDescribe() {
  Advance();
  AstDescribe describe;
  const std::pair<KeywordId, ObjectKind> kinds[] = {
      {"CATALOG"_kw, ObjectKind::kCatalog},
      {"DATABASE"_kw, ObjectKind::kDatabase},
      {"FUNCTION"_kw, ObjectKind::kFunction},
      {"MODEL"_kw, ObjectKind::kModel},
      {"CONNECTION"_kw, ObjectKind::kConnection},
      {"CONNECTOR"_kw, ObjectKind::kConnector},
      {"FORMAT"_kw, ObjectKind::kFormat},
      {"TABLE"_kw, ObjectKind::kTable},
      {"VIEW"_kw, ObjectKind::kView},
      {"JOB"_kw, ObjectKind::kJob},
  };
  // Followed by a name these are keywords; alone, or before a dot, they are a table's name.
  auto name_follows = [&] {
    TokenKind next = Peek(1).kind;
    return next == TokenKind::kWord || next == TokenKind::kQuoted || next == TokenKind::kString;
  };
  auto accept_extended = [&] {
    if (!name_follows() || !Accept("EXTENDED"_kw)) return;
    describe.extended = true;
  };
  accept_extended();
  for (const auto& [keyword, kind] : kinds) {
    if (!name_follows() || !Accept(keyword)) continue;
    describe.object = kind;
    break;
  }
  if (At("MATERIALIZED"_kw, "TABLE"_kw)) {
    Advance();
    Advance();
    describe.object = ObjectKind::kMaterializedTable;
  }
  accept_extended();
  bool string_name = describe.object == ObjectKind::kJob ||
                     describe.object == ObjectKind::kConnector ||
                     describe.object == ObjectKind::kFormat;
  if (At(TokenKind::kString) && string_name) {
    SourceSpan span = Peek().span();
    WEIR_ASSIGN_OR_RETURN(std::string name, ParseString("a name"));
    describe.name.push_back({std::move(name), true, span});
  } else if (describe.object == ObjectKind::kConnector || describe.object == ObjectKind::kFormat) {
    // Names such as upsert-kafka are read without quotes too.
    uint32_t begin = this->begin();
    WEIR_RETURN_NOT_OK(ParseAnyWord("a name").status());
    while (At(TokenKind::kMinus)) {
      Advance();
      WEIR_RETURN_NOT_OK(ParseAnyWord("a name").status());
    }
    describe.name.push_back({std::string(Text(SpanFrom(begin))), false, SpanFrom(begin)});
  } else if (describe.object == ObjectKind::kJob) {
    return Unexpected("a job id in quotes");
  } else {
    WEIR_ASSIGN_OR_RETURN(describe.name, ParsePath("a table"));
  }
  return Statement::Node(std::move(describe));
}

Result<Statement::Node> StatementParser::ParseUse() {
  Advance();
  AstUse use;
  bool more = AtIdentifier(1);
  if (more && Accept("CATALOG"_kw)) {
    use.object = ObjectKind::kCatalog;
  } else if (more && Accept("MODULES"_kw)) {
    use.object = ObjectKind::kModule;
    do {
      WEIR_ASSIGN_OR_RETURN(Identifier module, ParseIdentifier("a module"));
      use.modules.push_back(std::move(module));
    } while (Accept(TokenKind::kComma));
    return Statement::Node(std::move(use));
  } else if (more) {
    Accept("DATABASE"_kw);
  }
  WEIR_ASSIGN_OR_RETURN(use.name, ParsePath("a name"));
  return Statement::Node(std::move(use));
}

void StatementParser::SkipToStatementEnd() {
  while (!AtStatementEnd() && !AtOpenQuote()) Advance();
}

/// An option's name in quotes, or written as it is: execution.runtime-mode
Result<std::string> StatementParser::ParseRawKey() {
  if (At(TokenKind::kString)) return ParseString("an option");
  uint32_t begin = this->begin();
  while (!AtStatementEnd() && !At(TokenKind::kEqual) && !AtOpenQuote()) Advance();
  std::string_view text = Text(SpanFrom(begin));
  if (AtOpenQuote() || text.empty()) return Unexpected("an option");
  return std::string(text);
}

/// SET, SET 'k' = 'v', SET k = v
Result<Statement::Node> StatementParser::ParseSet() {
  Advance();
  AstSet set;
  if (AtStatementEnd()) return Statement::Node(std::move(set));
  WEIR_ASSIGN_OR_RETURN(set.key, ParseRawKey());
  WEIR_RETURN_NOT_OK(Expect(TokenKind::kEqual));
  bool single = AtAhead(1, TokenKind::kEnd) || AtAhead(1, TokenKind::kSemicolon);
  if (At(TokenKind::kString) && single) {
    WEIR_ASSIGN_OR_RETURN(set.value, ParseString("a value"));
  } else {
    uint32_t begin = this->begin();
    SkipToStatementEnd();
    if (AtOpenQuote()) return Unexpected("a value");
    set.value = std::string(Text(SpanFrom(begin)));
    if (set.value.empty()) return Unexpected("a value");
  }
  return Statement::Node(std::move(set));
}

Result<Statement::Node> StatementParser::ParseReset() {
  Advance();
  AstReset reset;
  if (!AtStatementEnd()) {
    WEIR_ASSIGN_OR_RETURN(reset.key, ParseRawKey());
  }
  return Statement::Node(std::move(reset));
}

Result<Statement::Node> StatementParser::ParseModule(bool load) {
  Advance();
  WEIR_RETURN_NOT_OK(Expect("MODULE"_kw));
  WEIR_ASSIGN_OR_RETURN(Identifier name, ParseIdentifier("a module"));
  if (!load) return Statement::Node(AstUnloadModule{std::move(name)});
  AstLoadModule module;
  module.name = std::move(name);
  if (Accept("WITH"_kw)) {
    WEIR_ASSIGN_OR_RETURN(module.options, ParseOptions());
  }
  return Statement::Node(std::move(module));
}

Result<Statement::Node> StatementParser::ParseJar(bool remove) {
  Advance();
  AstJar jar;
  jar.remove = remove;
  WEIR_RETURN_NOT_OK(Expect("JAR"_kw));
  WEIR_ASSIGN_OR_RETURN(jar.path, ParseString("a path in quotes"));
  return Statement::Node(std::move(jar));
}

Result<Statement::Node> StatementParser::ParseStopJob() {
  Advance();
  AstStopJob stop;
  WEIR_RETURN_NOT_OK(Expect("JOB"_kw));
  WEIR_ASSIGN_OR_RETURN(stop.job_id, ParseString("a job id in quotes"));
  while (Accept("WITH"_kw)) {
    if (Accept("SAVEPOINT"_kw)) {
      stop.with_savepoint = true;
    } else {
      WEIR_RETURN_NOT_OK(Expect("DRAIN"_kw));
      stop.with_drain = true;
    }
  }
  return Statement::Node(std::move(stop));
}

Result<Statement::Node> StatementParser::ParseTruncate() {
  Advance();
  AstTruncate truncate;
  WEIR_RETURN_NOT_OK(Expect("TABLE"_kw));
  WEIR_ASSIGN_OR_RETURN(truncate.table, ParsePath("a table"));
  return Statement::Node(std::move(truncate));
}

/// ANALYZE TABLE t [PARTITION (..)] COMPUTE STATISTICS [FOR COLUMNS a, b | FOR ALL COLUMNS]
Result<Statement::Node> StatementParser::ParseAnalyze() {
  Advance();
  AstAnalyzeTable analyze;
  WEIR_RETURN_NOT_OK(Expect("TABLE"_kw));
  WEIR_ASSIGN_OR_RETURN(analyze.table, ParsePath("a table"));
  if (Accept("PARTITION"_kw)) {
    WEIR_ASSIGN_OR_RETURN(analyze.partition, ParsePartitionSpec());
  }
  WEIR_RETURN_NOT_OK(Expect("COMPUTE"_kw, "STATISTICS"_kw));
  if (!Accept("FOR"_kw)) return Statement::Node(std::move(analyze));
  analyze.for_columns = true;
  if (Accept("ALL"_kw)) {
    analyze.for_all_columns = true;
    WEIR_RETURN_NOT_OK(Expect("COLUMNS"_kw));
  } else {
    WEIR_RETURN_NOT_OK(Expect("COLUMNS"_kw));
    do {
      WEIR_ASSIGN_OR_RETURN(Identifier column, ParseIdentifier("a column name"));
      analyze.columns.push_back(std::move(column));
    } while (Accept(TokenKind::kComma));
  }
  return Statement::Node(std::move(analyze));
}

}  // namespace weir
