// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/connector.h"

#include <algorithm>
#include <cctype>

#include "weir/format/format.h"

namespace weir {
namespace {

// Options that every table takes, whatever its connector.
const std::vector<OptionSpec>& CommonOptions() {
  static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
      {"connector", OptionType::kString, "", "The connector that serves the table"},
      {"property-version", OptionType::kInt, "1", "Version of the options"},
      {"scan.parallelism", OptionType::kInt, "", "Parallelism of the source"},
      {"sink.parallelism", OptionType::kInt, "", "Parallelism of the sink"},
      {"scan.watermark.emit.strategy",
       OptionType::kEnum,
       "on-periodic",
       "When watermarks are sent",
       false,
       {"on-periodic", "on-event"}},
      {"scan.watermark.emit.on-event.gap", OptionType::kInt, "1", "Events between two watermarks"},
      {"scan.watermark.idle-timeout", OptionType::kDuration, "",
       "After this long without rows a split is idle"},
  };
  return *specs;
}

// Known to Flink's users, to come here.
constexpr std::string_view kLaterConnectors[] = {
    "kafka",           "upsert-kafka",    "jdbc",       "mysql-cdc", "postgres-cdc",
    "elasticsearch-7", "elasticsearch-8", "opensearch", "mongodb",   "hbase-2.2",
    "kinesis",         "firehose",        "dynamodb",   "pulsar",    "http",
    "paimon",          "iceberg",         "hudi",       "fluss",     "python-input-format",
    "savepoint",       "faker",           "redis",      "mqtt",      "socket",
};

// The format of `table`, its options checked too; null when the connector uses none.
Status CollectFormatOptions(const Connector& connector, const TableContext& table,
                            std::vector<OptionSpec>* specs) {
  if (!connector.uses_format()) return Status::OK();
  specs->push_back({"format", OptionType::kString, "", "How rows lie in the bytes", false, {}});
  std::string name = table.options.GetOr("format", FormatOfPath(table.options.GetOr("path", "")));
  if (name.empty()) return Status::OK();
  WEIR_ASSIGN_OR_RETURN(const Format* format, LookupFormat(name));
  for (OptionSpec spec : format->options()) {
    spec.name = name + "." + spec.name;
    specs->push_back(std::move(spec));
  }
  return Status::OK();
}

}  // namespace

std::string ChangelogMode::ToString() const {
  std::string text;
  auto add = [&](bool has, std::string_view name) {
    if (!has) return;
    if (!text.empty()) text += ',';
    text += name;
  };
  add(insert, "I");
  add(update_before, "UB");
  add(update_after, "UA");
  add(erase, "D");
  return text;
}

Result<ChangelogMode> ParseChangelogMode(std::string_view text) {
  ChangelogMode mode;
  mode.insert = false;
  std::string word;
  auto finish = [&]() -> Status {
    if (word == "I") {
      mode.insert = true;
    } else if (word == "UB") {
      mode.update_before = true;
    } else if (word == "UA") {
      mode.update_after = true;
    } else if (word == "D") {
      mode.erase = true;
    } else if (!word.empty()) {
      return WithHint(InvalidQuery("'{}' is no row kind of a changelog mode", word),
                      "write a list such as 'I,UB,UA,D'");
    }
    word.clear();
    return Status::OK();
  };
  for (char c : text) {
    if (c == ',') {
      WEIR_RETURN_NOT_OK(finish());
    } else if (!std::isspace(static_cast<unsigned char>(c))) {
      word += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    }
  }
  WEIR_RETURN_NOT_OK(finish());
  return mode;
}

Result<Schema> Connector::InferSchema(const TableContext& table) const {
  return WithHint(
      InvalidQuery("table {} declares no columns, and the connector '{}' cannot tell them",
                   table.table_name, name()),
      "declare the columns: CREATE TABLE t (id BIGINT, ...) WITH (...)");
}

Result<std::unique_ptr<Source>> Connector::MakeSource(const TableContext& table,
                                                      const ScanRequest&) const {
  return InvalidQuery("table {} cannot be read: the connector '{}' is a sink only",
                      table.table_name, name());
}

Result<std::unique_ptr<Sink>> Connector::MakeSink(const TableContext& table) const {
  return InvalidQuery("table {} cannot be written: the connector '{}' is a source only",
                      table.table_name, name());
}

void ConnectorRegistry::Add(std::unique_ptr<Connector> connector) {
  connectors_.push_back(std::move(connector));
}

const Connector* ConnectorRegistry::Find(std::string_view name) const {
  for (const auto& connector : connectors_) {
    if (connector->name() == name) return connector.get();
  }
  return nullptr;
}

std::vector<std::string> ConnectorRegistry::Names() const {
  std::vector<std::string> names;
  for (const auto& connector : connectors_) names.push_back(connector->name());
  std::sort(names.begin(), names.end());
  return names;
}

Result<const Connector*> ConnectorRegistry::Lookup(const TableContext& table) const {
  auto name = table.options.Get("connector");
  if (!name) {
    return WithHint(
        InvalidQuery("table {} has no 'connector' option", table.table_name),
        "add it to the WITH clause: 'connector' = 'filesystem', 'path' = '...', 'format' = 'json'");
  }
  const Connector* connector = Find(*name);
  if (connector == nullptr) {
    for (std::string_view later : kLaterConnectors) {
      if (later == *name) return Unsupported("the connector '{}' is not supported yet", *name);
    }
    std::vector<std::string> names = Names();
    std::string nearest = NearestName(*name, names);
    return WithHint(InvalidQuery("there is no connector '{}' (table {})", *name, table.table_name),
                    nearest.empty() ? fmt::format("known connectors: {}", fmt::join(names, ", "))
                                    : fmt::format("did you mean 'connector' = '{}'?", nearest));
  }
  std::vector<OptionSpec> specs = connector->options();
  specs.insert(specs.end(), CommonOptions().begin(), CommonOptions().end());
  WEIR_RETURN_NOT_OK(CollectFormatOptions(*connector, table, &specs));
  for (const auto& [key, value] : table.options.values()) {
    if (key.rfind("scan.watermark.alignment.", 0) == 0)
      return Unsupported("watermark alignment ('{}') is not supported yet", key);
  }
  WEIR_RETURN_NOT_OK(table.options.Check(
      specs, {}, fmt::format("table {} (connector '{}')", table.table_name, *name)));
  return connector;
}

}  // namespace weir
