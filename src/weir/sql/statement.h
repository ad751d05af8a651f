// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The syntax tree of statements. ParseStatements (parser.h) makes it; `statement.As<AstInsert>()`
// or std::visit reads it. Spans are byte ranges of the text that was parsed, so
// sql.substr(span.begin, span.end - span.begin) is what the user wrote.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "weir/sql/ast.h"

namespace weir {

struct Statement;
using StatementPtr = std::shared_ptr<const Statement>;

/// 'key' = 'value'
struct AstOption {
  std::string key;
  std::string value;
  SourceSpan span;
};
/// PARTITION (k = v, ..); `value` is null where only the name was written.
struct AstPartitionValue {
  Identifier name;
  AstExprPtr value;
};
using AstPartitionSpec = std::vector<AstPartitionValue>;

enum class ObjectKind : uint8_t {
  kTable,
  kView,
  kDatabase,
  kCatalog,
  kFunction,
  kModel,
  kMaterializedTable,
  kConnection,
  kModule,
  kJob,
  kConnector,
  kFormat,  // Weir's own: DESCRIBE CONNECTOR x, DESCRIBE FORMAT x.
};
/// "table", "materialized table", ...
std::string_view ObjectKindName(ObjectKind kind);

// ---- Queries and changes
// ---------------------------------------------------------------------------------------------

struct AstQueryStatement {
  AstQueryPtr query;
};

enum class ConflictAction : uint8_t { kNone, kDoNothing, kError, kDeduplicate };
struct AstInsert {
  ObjectPath table;
  std::optional<std::string> file;  // INSERT INTO 'out.parquet', Weir's extension.
  std::vector<AstHint> hints;
  bool overwrite = false;
  bool execute = false;  // Written EXECUTE INSERT.
  AstPartitionSpec partition;
  std::vector<ObjectPath> columns;  // Empty: all. A part of a row is a path of more than one name.
  AstQueryPtr query;
  ConflictAction on_conflict = ConflictAction::kNone;
};
struct AstDelete {
  ObjectPath table;
  std::vector<AstHint> hints;
  std::optional<AstTableAlias> alias;
  AstExprPtr where;  // Null: every row.
};
struct AstAssignment {
  ObjectPath column;
  AstExprPtr value;
};
struct AstUpdate {
  ObjectPath table;
  std::vector<AstHint> hints;
  std::optional<AstTableAlias> alias;
  std::vector<AstAssignment> assignments;
  AstExprPtr where;
};
struct AstTruncate {
  ObjectPath table;
};
/// EXECUTE STATEMENT SET BEGIN .. END and BEGIN STATEMENT SET; .. END. The statements are
/// AstInsert, or AstCreateTable with a query.
struct AstStatementSet {
  std::vector<StatementPtr> statements;
  bool execute = true;  // False inside EXPLAIN STATEMENT SET and COMPILE PLAN FOR STATEMENT SET.
};
struct AstCallProcedure {
  AstExprPtr call;  // An AstCall.
};

// ---- CREATE
// ----------------------------------------------------------------------------------------------------------

enum class ConstraintKind : uint8_t { kPrimaryKey, kUnique };
struct AstConstraint {
  ConstraintKind kind = ConstraintKind::kPrimaryKey;
  std::optional<Identifier> name;
  std::vector<Identifier> columns;  // Empty inside a column definition, where it is that column.
  std::optional<bool> enforced;     // Absent when neither ENFORCED nor NOT ENFORCED was written.
  SourceSpan span;
};
/// WATERMARK FOR column AS expr
struct AstWatermark {
  ObjectPath column;
  AstExprPtr expr;
  SourceSpan span;
};

enum class ColumnKind : uint8_t {
  kPhysical,  // name type
  kComputed,  // name AS expr
  kMetadata,  // name type METADATA [FROM 'key'] [VIRTUAL]
  kNameOnly,  // name, in the column list of CREATE TABLE t (a, b) AS query
};
enum class ColumnPositionKind : uint8_t { kNone, kFirst, kAfter };
struct AstColumn {
  ColumnKind kind = ColumnKind::kPhysical;
  ObjectPath name;  // One name; more in ALTER TABLE .. ADD/MODIFY of a nested field.
  AstTypePtr type;  // kPhysical, kMetadata.
  AstExprPtr expr;  // kComputed.
  std::optional<std::string> metadata_key;
  bool is_virtual = false;
  std::optional<AstConstraint> constraint;  // a INT PRIMARY KEY NOT ENFORCED
  std::optional<std::string> comment;
  ColumnPositionKind position = ColumnPositionKind::kNone;  // ALTER TABLE only.
  ObjectPath after;                                         // kAfter.
  SourceSpan span;
};

enum class DistributionKind : uint8_t { kUnspecified, kHash, kRange };
/// DISTRIBUTED [BY [HASH|RANGE] (a, b)] [INTO n BUCKETS]
struct AstDistribution {
  DistributionKind kind = DistributionKind::kUnspecified;
  std::vector<Identifier> columns;
  std::optional<int64_t> buckets;
  SourceSpan span;
};

enum class LikeMode : uint8_t { kIncluding, kExcluding, kOverwriting };
enum class LikeFeature : uint8_t {
  kAll,
  kConstraints,
  kDistribution,
  kGenerated,
  kMetadata,
  kOptions,
  kPartitions,
  kWatermarks,
};
struct AstLikeOption {
  LikeMode mode = LikeMode::kIncluding;
  LikeFeature feature = LikeFeature::kAll;
};
struct AstLikeClause {
  ObjectPath table;
  std::vector<AstLikeOption> options;
  SourceSpan span;
};

/// The parts between the parentheses of CREATE TABLE and ALTER TABLE ADD/MODIFY.
struct AstTableElements {
  std::vector<AstColumn> columns;
  std::vector<AstConstraint> constraints;
  std::vector<AstWatermark> watermarks;         // More than one is refused by the binder.
  std::optional<AstDistribution> distribution;  // ALTER TABLE only.
};

struct AstCreateTable {
  ObjectPath name;
  bool or_replace = false;
  bool replace = false;  // REPLACE TABLE without CREATE OR: the table must exist.
  bool temporary = false;
  bool if_not_exists = false;
  AstTableElements elements;  // Without columns: inferred, or those of `query`.
  std::optional<std::string> comment;
  std::optional<AstDistribution> distribution;
  std::vector<Identifier> partitioned_by;
  ObjectPath connection;  // USING CONNECTION c
  std::vector<AstOption> options;
  std::optional<AstLikeClause> like;
  AstQueryPtr query;  // Null without AS.
};

struct AstViewColumn {
  Identifier name;
  std::optional<std::string> comment;
};
struct AstCreateView {
  ObjectPath name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<AstViewColumn> columns;
  std::optional<std::string> comment;
  AstQueryPtr query;  // Its span slices the text to store.
};
struct AstCreateDatabase {
  ObjectPath name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  std::vector<AstOption> options;
};
struct AstCreateCatalog {
  Identifier name;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  std::vector<AstOption> options;
};

enum class ResourceKind : uint8_t { kJar, kFile, kArchive, kArtifact };
struct AstResource {
  ResourceKind kind = ResourceKind::kJar;
  std::string path;
};
struct AstFunctionParameter {
  Identifier name;
  AstTypePtr type;
};
/// CREATE FUNCTION f AS 'class' LANGUAGE JAVA USING JAR 'x', or Weir's own
/// CREATE FUNCTION f(a INT) RETURNS INT AS SQL 'a + 1' (language = "SQL", definition = the
/// expression, returns set).
struct AstCreateFunction {
  ObjectPath name;
  bool or_replace = false;
  bool temporary = false;
  bool system = false;
  bool if_not_exists = false;
  std::vector<AstFunctionParameter> parameters;
  AstTypePtr returns;
  std::string definition;
  SourceSpan definition_span;
  std::string language;  // "JAVA", "SCALA", "PYTHON", "SQL"; empty when not written.
  std::vector<AstResource> resources;
  std::vector<AstOption> options;
};
struct AstCreateModel {
  ObjectPath name;
  bool or_replace = false;
  bool temporary = false;
  bool if_not_exists = false;
  std::vector<AstColumn> inputs;
  std::vector<AstColumn> outputs;
  std::optional<std::string> comment;
  std::vector<AstOption> options;
  AstQueryPtr query;
};
struct AstCreateConnection {
  ObjectPath name;
  bool or_replace = false;
  bool temporary = false;
  bool system = false;
  bool if_not_exists = false;
  std::optional<std::string> comment;
  std::vector<AstOption> options;
};

enum class RefreshMode : uint8_t { kNone, kContinuous, kFull };
struct AstCreateMaterializedTable {
  ObjectPath name;
  bool or_alter = false;
  bool or_replace = false;
  bool if_not_exists = false;
  AstTableElements elements;
  std::optional<std::string> comment;
  std::optional<AstDistribution> distribution;
  std::vector<Identifier> partitioned_by;
  std::vector<AstOption> options;
  std::optional<AstInterval> freshness;
  RefreshMode refresh_mode = RefreshMode::kNone;
  AstExprPtr start_mode;  // START_MODE = ..; null without.
  AstQueryPtr query;
};

// ---- ALTER and DROP
// --------------------------------------------------------------------------------------------------

enum class AlterKind : uint8_t {
  kRename,            // RENAME TO new_name
  kRenameColumn,      // RENAME column TO new_name
  kAdd,               // ADD elements
  kModify,            // MODIFY elements
  kDropColumns,       // DROP (a, b): columns
  kDropPrimaryKey,    // DROP PRIMARY KEY
  kDropConstraint,    // DROP CONSTRAINT new_name[0]
  kDropWatermark,     // DROP WATERMARK
  kDropDistribution,  // DROP DISTRIBUTION
  kAddPartitions,  // ADD [IF NOT EXISTS] PARTITION (..) [WITH ..] ..: partitions, partition_options
  kDropPartitions,  // DROP [IF EXISTS] PARTITION (..), ..: partitions
  kSetOptions,      // SET (..): options (of partitions[0] when there is one)
  kResetOptions,    // RESET (..): keys
  kComment,         // COMMENT '..'
  kAsQuery,         // AS query (views, materialized tables)
  kFunctionClass,   // AS 'class' LANGUAGE ..
  kSuspend,
  kResume,
  kRefresh,  // Materialized tables; kResume has options, kRefresh partitions[0].
  kSetFreshness,
  kSetRefreshMode,
  kResetFreshness,
  kResetRefreshMode,
};
struct AstAlter {
  ObjectKind object = ObjectKind::kTable;
  ObjectPath name;
  bool if_exists = false;
  bool temporary = false;
  bool system = false;
  AlterKind kind = AlterKind::kRename;
  ObjectPath new_name;
  std::vector<ObjectPath> columns;
  AstTableElements elements;
  std::vector<AstOption> options;
  std::vector<std::string> keys;
  std::optional<std::string> comment;
  bool partition_if_exists = false;  // IF [NOT] EXISTS of the partition clause.
  std::vector<AstPartitionSpec> partitions;
  std::vector<std::vector<AstOption>> partition_options;  // One per partition.
  AstQueryPtr query;
  std::string definition;  // kFunctionClass.
  std::string language;
  std::optional<AstInterval> freshness;
  RefreshMode refresh_mode = RefreshMode::kNone;
};

enum class DropBehavior : uint8_t { kNone, kCascade, kRestrict };
struct AstDrop {
  ObjectKind object = ObjectKind::kTable;
  ObjectPath name;
  bool if_exists = false;
  bool temporary = false;
  bool system = false;
  DropBehavior behavior = DropBehavior::kNone;
};

// ---- Looking and setting
// ---------------------------------------------------------------------------------------------

enum class ShowKind : uint8_t {
  kCatalogs,
  kDatabases,
  kTables,
  kViews,
  kFunctions,
  kColumns,
  kPartitions,
  kModules,
  kJars,
  kJobs,
  kProcedures,
  kModels,
  kMaterializedTables,
  kConnections,
  kCurrentCatalog,
  kCurrentDatabase,
  kCreateTable,
  kCreateView,
  kCreateCatalog,
  kCreateDatabase,
  kCreateModel,
  kCreateMaterializedTable,
  kCreateFunction,
  kCreateConnection,
  kConnectors,
  kFormats,  // Weir's own.
};
struct AstShow {
  ShowKind kind = ShowKind::kTables;
  bool user = false;  // SHOW USER FUNCTIONS
  bool full = false;  // SHOW FULL MODULES
  ObjectPath name;    // SHOW CREATE TABLE name, SHOW COLUMNS FROM name, SHOW PARTITIONS name, SHOW
                      // TABLES FROM name.
  AstPartitionSpec partition;
  std::optional<std::string> like;
  bool like_negated = false;
  bool like_ignores_case = false;  // ILIKE
};
struct AstDescribe {
  ObjectKind object = ObjectKind::kTable;
  bool extended = false;
  ObjectPath name;  // A job's id and a connector's name are name[0].
};

enum class ExplainDetail : uint8_t {
  kEstimatedCost,
  kChangelogMode,
  kJsonExecutionPlan,
  kPlanAdvice,
  kAst,
  kPhysical
};
struct AstExplain {
  std::vector<ExplainDetail> details;
  /// EXPLAIN UPGRADE FROM '/savepoint' FOR INSERT ..: what becomes of its state (Weir's extension).
  std::optional<std::string> upgrade_from;
  StatementPtr statement;  // AstQueryStatement, AstInsert, AstStatementSet, AstCreateTable,
                           // AstExecutePlan ..
};
struct AstCompilePlan {
  std::string file;
  bool if_not_exists = false;
  bool execute = false;  // COMPILE AND EXECUTE PLAN
  StatementPtr statement;
};
struct AstExecutePlan {
  std::string file;
};

struct AstUse {
  ObjectKind object = ObjectKind::kDatabase;  // kCatalog, kDatabase, kModule.
  ObjectPath name;
  std::vector<Identifier> modules;
};
/// SET 'k' = 'v', SET k = v, or SET alone (no key).
struct AstSet {
  std::optional<std::string> key;
  std::string value;
};
struct AstReset {
  std::optional<std::string> key;
};
struct AstLoadModule {
  Identifier name;
  std::vector<AstOption> options;
};
struct AstUnloadModule {
  Identifier name;
};
struct AstJar {
  bool remove = false;
  std::string path;
};
struct AstStopJob {
  std::string job_id;
  bool with_savepoint = false;
  bool with_drain = false;
};
struct AstAnalyzeTable {
  ObjectPath table;
  AstPartitionSpec partition;
  bool for_columns = false;
  bool for_all_columns = false;
  std::vector<Identifier> columns;
};

struct Statement {
  using Node =
      std::variant<AstQueryStatement, AstInsert, AstDelete, AstUpdate, AstTruncate, AstStatementSet,
                   AstCallProcedure, AstCreateTable, AstCreateView, AstCreateDatabase,
                   AstCreateCatalog, AstCreateFunction, AstCreateModel, AstCreateConnection,
                   AstCreateMaterializedTable, AstAlter, AstDrop, AstShow, AstDescribe, AstExplain,
                   AstCompilePlan, AstExecutePlan, AstUse, AstSet, AstReset, AstLoadModule,
                   AstUnloadModule, AstJar, AstStopJob, AstAnalyzeTable>;
  Node node;
  SourceSpan span;  // Without the closing ';'.

  template <typename T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
};

}  // namespace weir
