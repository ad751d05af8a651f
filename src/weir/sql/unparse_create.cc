// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// CREATE statements and their parts as text.
#include "weir/sql/unparse.h"
#include "weir/sql/unparser.h"

namespace weir {

void Unparser::CreateHead(bool or_replace, bool temporary, bool system, std::string_view object,
                          bool if_not_exists) {
  Text("CREATE ");
  if (or_replace) Text("OR REPLACE ");
  if (temporary) Text("TEMPORARY ");
  if (system) Text("SYSTEM ");
  Text(object);
  Text(if_not_exists ? " IF NOT EXISTS " : " ");
}

void Unparser::Options(const std::vector<AstOption>& options) {
  Text("(");
  for (size_t i = 0; i < options.size(); ++i) {
    if (i > 0) Text(", ");
    String(options[i].key);
    Text(" = ");
    String(options[i].value);
  }
  Text(")");
}

void Unparser::WithOptions(const std::vector<AstOption>& options) {
  if (options.empty()) return;
  Text(" WITH ");
  Options(options);
}

void Unparser::PartitionSpec(const AstPartitionSpec& spec) {
  Text("(");
  for (size_t i = 0; i < spec.size(); ++i) {
    if (i > 0) Text(", ");
    Name(spec[i].name);
    if (spec[i].value == nullptr) continue;
    Text(" = ");
    Expr(*spec[i].value);
  }
  Text(")");
}

void Unparser::Comment(const std::optional<std::string>& comment) {
  if (!comment) return;
  Text(" COMMENT ");
  String(*comment);
}

void Unparser::Constraint(const AstConstraint& constraint) {
  if (constraint.name) {
    Text("CONSTRAINT ");
    Name(*constraint.name);
    Text(" ");
  }
  Text(constraint.kind == ConstraintKind::kPrimaryKey ? "PRIMARY KEY" : "UNIQUE");
  if (!constraint.columns.empty()) {
    Text(" (");
    Names(constraint.columns);
    Text(")");
  }
  if (constraint.enforced) Text(*constraint.enforced ? " ENFORCED" : " NOT ENFORCED");
}

void Unparser::Watermark(const AstWatermark& watermark) {
  Text("WATERMARK FOR ");
  Path(watermark.column);
  Text(" AS ");
  Expr(*watermark.expr);
}

void Unparser::Column(const AstColumn& column) {
  Path(column.name);
  switch (column.kind) {
    case ColumnKind::kNameOnly:
      break;
    case ColumnKind::kComputed:
      Text(" AS ");
      Expr(*column.expr);
      break;
    case ColumnKind::kPhysical:
    case ColumnKind::kMetadata:
      Text(" ");
      Type(*column.type);
  }
  if (column.kind == ColumnKind::kMetadata) {
    Text(" METADATA");
    if (column.metadata_key) {
      Text(" FROM ");
      String(*column.metadata_key);
    }
    if (column.is_virtual) Text(" VIRTUAL");
  }
  if (column.constraint) {
    Text(" ");
    Constraint(*column.constraint);
  }
  Comment(column.comment);
  if (column.position == ColumnPositionKind::kFirst) Text(" FIRST");
  if (column.position == ColumnPositionKind::kAfter) {
    Text(" AFTER ");
    Path(column.after);
  }
}

void Unparser::Elements(const AstTableElements& elements) {
  std::string_view separator = "";
  auto next = [&] {
    Text(separator);
    separator = ", ";
  };
  Text("(");
  for (const AstColumn& column : elements.columns) next(), Column(column);
  for (const AstConstraint& constraint : elements.constraints) next(), Constraint(constraint);
  for (const AstWatermark& watermark : elements.watermarks) next(), Watermark(watermark);
  Text(")");
}

void Unparser::Distribution(std::string_view word, const AstDistribution& distribution) {
  Text(word);
  if (!distribution.columns.empty()) {
    Text(" BY ");
    if (distribution.kind == DistributionKind::kHash) Text("HASH ");
    if (distribution.kind == DistributionKind::kRange) Text("RANGE ");
    Text("(");
    Names(distribution.columns);
    Text(")");
  }
  if (distribution.buckets) Text(fmt::format(" INTO {} BUCKETS", *distribution.buckets));
}

void Unparser::Like(const AstLikeClause& like) {
  Text(" LIKE ");
  Path(like.table);
  if (like.options.empty()) return;
  std::string_view separator = " (";
  for (const AstLikeOption& option : like.options) {
    Text(separator);
    separator = " ";
    switch (option.mode) {
      case LikeMode::kIncluding:
        Text("INCLUDING ");
        break;
      case LikeMode::kExcluding:
        Text("EXCLUDING ");
        break;
      case LikeMode::kOverwriting:
        Text("OVERWRITING ");
        break;
    }
    switch (option.feature) {
      case LikeFeature::kAll:
        Text("ALL");
        break;
      case LikeFeature::kConstraints:
        Text("CONSTRAINTS");
        break;
      case LikeFeature::kDistribution:
        Text("DISTRIBUTION");
        break;
      case LikeFeature::kGenerated:
        Text("GENERATED");
        break;
      case LikeFeature::kMetadata:
        Text("METADATA");
        break;
      case LikeFeature::kOptions:
        Text("OPTIONS");
        break;
      case LikeFeature::kPartitions:
        Text("PARTITIONS");
        break;
      case LikeFeature::kWatermarks:
        Text("WATERMARKS");
        break;
    }
  }
  Text(")");
}

void Unparser::Write(const AstCreateTable& node) {
  if (node.replace) {
    Text("REPLACE TABLE ");
    if (node.if_not_exists) Text("IF NOT EXISTS ");
  } else {
    CreateHead(node.or_replace, node.temporary, false, "TABLE", node.if_not_exists);
  }
  Path(node.name);
  if (!node.elements.columns.empty() || !node.elements.constraints.empty() ||
      !node.elements.watermarks.empty()) {
    Text(" ");
    Elements(node.elements);
  }
  Comment(node.comment);
  if (node.distribution) Distribution(" DISTRIBUTED", *node.distribution);
  if (!node.partitioned_by.empty()) {
    Text(" PARTITIONED BY (");
    Names(node.partitioned_by);
    Text(")");
  }
  if (!node.connection.empty()) {
    Text(" USING CONNECTION ");
    Path(node.connection);
  }
  WithOptions(node.options);
  if (node.like) Like(*node.like);
  if (node.query == nullptr) return;
  Text(" AS ");
  Query(*node.query);
}

void Unparser::Write(const AstCreateView& node) {
  CreateHead(node.or_replace, node.temporary, false, "VIEW", node.if_not_exists);
  Path(node.name);
  for (size_t i = 0; i < node.columns.size(); ++i) {
    Text(i == 0 ? " (" : ", ");
    Name(node.columns[i].name);
    Comment(node.columns[i].comment);
  }
  if (!node.columns.empty()) Text(")");
  Comment(node.comment);
  Text(" AS ");
  Query(*node.query);
}

void Unparser::Write(const AstCreateDatabase& node) {
  CreateHead(false, false, false, "DATABASE", node.if_not_exists);
  Path(node.name);
  Comment(node.comment);
  WithOptions(node.options);
}

void Unparser::Write(const AstCreateCatalog& node) {
  CreateHead(false, false, false, "CATALOG", node.if_not_exists);
  Name(node.name);
  Comment(node.comment);
  WithOptions(node.options);
}

void Unparser::Write(const AstCreateFunction& node) {
  CreateHead(node.or_replace, node.temporary, node.system, "FUNCTION", node.if_not_exists);
  Path(node.name);
  if (node.returns != nullptr) {
    Text("(");
    for (size_t i = 0; i < node.parameters.size(); ++i) {
      if (i > 0) Text(", ");
      Name(node.parameters[i].name);
      Text(" ");
      Type(*node.parameters[i].type);
    }
    Text(") RETURNS ");
    Type(*node.returns);
  }
  Text(" AS ");
  String(node.definition);
  if (!node.language.empty()) Text(" LANGUAGE " + node.language);
  for (size_t i = 0; i < node.resources.size(); ++i) {
    Text(i == 0 ? " USING " : ", ");
    switch (node.resources[i].kind) {
      case ResourceKind::kJar:
        Text("JAR ");
        break;
      case ResourceKind::kFile:
        Text("FILE ");
        break;
      case ResourceKind::kArchive:
        Text("ARCHIVE ");
        break;
      case ResourceKind::kArtifact:
        Text("ARTIFACT ");
        break;
    }
    String(node.resources[i].path);
  }
  WithOptions(node.options);
}

void Unparser::Write(const AstCreateModel& node) {
  CreateHead(node.or_replace, node.temporary, false, "MODEL", node.if_not_exists);
  Path(node.name);
  auto columns = [&](std::string_view word, const std::vector<AstColumn>& list) {
    for (size_t i = 0; i < list.size(); ++i) {
      Text(i == 0 ? word : ", ");
      Column(list[i]);
    }
    if (!list.empty()) Text(")");
  };
  columns(" INPUT (", node.inputs);
  columns(" OUTPUT (", node.outputs);
  Comment(node.comment);
  WithOptions(node.options);
  if (node.query == nullptr) return;
  Text(" AS ");
  Query(*node.query);
}

void Unparser::Write(const AstCreateConnection& node) {
  CreateHead(node.or_replace, node.temporary, node.system, "CONNECTION", node.if_not_exists);
  Path(node.name);
  Comment(node.comment);
  WithOptions(node.options);
}

void Unparser::Write(const AstCreateMaterializedTable& node) {
  std::string_view object = node.or_alter ? "OR ALTER MATERIALIZED TABLE" : "MATERIALIZED TABLE";
  CreateHead(node.or_replace, false, false, object, node.if_not_exists);
  Path(node.name);
  if (!node.elements.columns.empty() || !node.elements.constraints.empty() ||
      !node.elements.watermarks.empty()) {
    Text(" ");
    Elements(node.elements);
  }
  Comment(node.comment);
  if (node.distribution) Distribution(" DISTRIBUTED", *node.distribution);
  if (!node.partitioned_by.empty()) {
    Text(" PARTITIONED BY (");
    Names(node.partitioned_by);
    Text(")");
  }
  WithOptions(node.options);
  if (node.freshness) {
    Text(" FRESHNESS = ");
    Node(*node.freshness);
  }
  if (node.refresh_mode == RefreshMode::kContinuous) Text(" REFRESH_MODE = CONTINUOUS");
  if (node.refresh_mode == RefreshMode::kFull) Text(" REFRESH_MODE = FULL");
  if (node.start_mode != nullptr) {
    Text(" START_MODE = ");
    Expr(*node.start_mode);
  }
  Text(" AS ");
  Query(*node.query);
}

}  // namespace weir
