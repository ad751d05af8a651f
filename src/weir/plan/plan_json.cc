// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/plan/plan_json.h"

#include <map>
#include <unordered_map>

#include "weir/plan/json_spec.h"
#include "weir/plan/validate_plan.h"

namespace weir {
namespace {

using plan::Json;
using plan::JsonFields;
using plan::JsonTables;

constexpr int kVersion = 1;
constexpr size_t kBytesMax = 64 << 20;
constexpr size_t kNodesMax = 100'000;
constexpr int kJsonDepthMax = 2 * plan::kExprDepthMax + 16;

/// Inputs before readers, without recursion.
std::vector<PlanPtr> Ordered(const std::vector<PlanPtr>& roots) {
  std::vector<PlanPtr> order, stack(roots.rbegin(), roots.rend());
  std::unordered_map<const PlanNode*, int> state;
  while (!stack.empty()) {
    PlanPtr node = stack.back();
    int& seen = state[node.get()];
    if (seen == 0) {
      seen = 1;
      for (size_t i = node->inputs.size(); i-- > 0;) {
        if (state.find(node->inputs[i].get()) == state.end()) stack.push_back(node->inputs[i]);
      }
      continue;
    }
    stack.pop_back();
    if (seen == 2) continue;
    seen = 2;
    order.push_back(std::move(node));
  }
  return order;
}

Json TraitsToJson(const PlanTraits& traits) {
  Json json = Json::object();
  json["changes"] = traits.changes.ToString();
  if (!traits.upsert_keys.empty()) json["upsertKeys"] = traits.upsert_keys;
  if (traits.estimated_rows) json["estimatedRows"] = *traits.estimated_rows;
  if (!traits.semantic_id.empty()) json["semanticId"] = traits.semantic_id;
  if (traits.parallelism != 0) json["parallelism"] = traits.parallelism;
  return json;
}

Result<PlanTraits> TraitsFromJson(const Json& json, const std::string& where) {
  JsonFields fields(json, "traits of " + where);
  PlanTraits traits;
  auto changes = ParseChangelogMode(fields.Text("changes"));
  if (!changes.ok()) fields.Fail(changes.status());
  if (changes.ok()) traits.changes = *changes;
  for (const Json* item : fields.Items("upsertKeys")) {
    Json wrapped = {{"key", *item}};
    JsonFields of(wrapped, "an upsert key of " + where);
    traits.upsert_keys.push_back(of.Ints("key"));
    fields.Fail(of.Finish());
  }
  if (const Json* rows = fields.Find("estimatedRows")) {
    if (!rows->is_number()) return InvalidData("'estimatedRows' of {} must be a number", where);
    traits.estimated_rows = rows->get<double>();
  }
  traits.semantic_id = fields.Text("semanticId", false);
  int64_t parallelism = fields.Int("parallelism", 0);
  if (parallelism < 0 || parallelism > 32768)
    fields.Fail(InvalidData("'parallelism' of {} is {}", where, parallelism));
  traits.parallelism = static_cast<int>(parallelism);
  WEIR_RETURN_NOT_OK(fields.Finish());
  return traits;
}

Result<Json> ParseBounded(std::string_view text) {
  if (text.size() > kBytesMax)
    return ResourceExhausted("the plan has {} bytes, more than {}", text.size(), kBytesMax);
  // Depth is checked on the text: the parser itself keeps its levels on the heap, what walks the
  // result does not.
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kJsonDepthMax)
        return ResourceExhausted("the plan is nested deeper than {}", kJsonDepthMax);
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return InvalidData("the plan is no valid JSON");
  return json;
}

Result<PlanPtr> NodeFromJson(const Json& json, const std::vector<TablePtr>& tables,
                             const std::map<int64_t, PlanPtr>& nodes, int64_t* id) {
  JsonFields fields(json, "a node");
  *id = fields.Int("id", -1);
  std::string kind = fields.Text("kind");
  WEIR_RETURN_NOT_OK(fields.status());
  std::string where = fmt::format("node {} ({})", *id, kind);
  JsonFields of(json, where);
  of.Int("id", -1);
  of.Text("kind");
  auto node = std::make_shared<PlanNode>();
  for (int input : of.Ints("inputs")) {
    auto at = nodes.find(input);
    if (at == nodes.end())
      return InvalidData("{} reads node {}, which is not listed before it", where, input);
    node->inputs.push_back(at->second);
  }
  node->schema.fields = of.Columns("schema");
  if (const Json* traits = of.Find("traits")) {
    WEIR_ASSIGN_OR_RETURN(node->traits, TraitsFromJson(*traits, where));
  }
  WEIR_RETURN_NOT_OK(of.status());
  node->spec = plan::SpecFromJson(kind, tables, node->schema, &of);
  WEIR_RETURN_NOT_OK(of.Finish());
  Status valid = ValidatePlanNode(*node);
  if (!valid.ok()) return WithContext(InvalidData("{}", valid.message()), where);
  return PlanPtr(std::move(node));
}

}  // namespace

std::string PlanToJson(const std::vector<PlanPtr>& roots) {
  JsonTables tables;
  std::unordered_map<const PlanNode*, int> ids;
  Json nodes = Json::array();
  for (const PlanPtr& node : Ordered(roots)) {
    Json json;
    int id = static_cast<int>(ids.size());
    ids[node.get()] = id;
    json["id"] = id;
    json["kind"] = plan::KindOf(*node);
    Json inputs = Json::array();
    for (const PlanPtr& input : node->inputs) inputs.push_back(ids[input.get()]);
    json["inputs"] = std::move(inputs);
    json["schema"] = plan::ColumnsToJson(node->schema.fields);
    plan::SpecToJson(*node, &tables, &json);
    json["traits"] = TraitsToJson(node->traits);
    nodes.push_back(std::move(json));
  }
  Json out;
  out["weirPlanVersion"] = kVersion;
  Json table_list = Json::array();
  for (const TablePtr& table : tables.tables) table_list.push_back(plan::TableToJson(*table));
  out["tables"] = std::move(table_list);
  out["nodes"] = std::move(nodes);
  Json root_ids = Json::array();
  for (const PlanPtr& root : roots) root_ids.push_back(ids[root.get()]);
  out["roots"] = std::move(root_ids);
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

Result<std::vector<PlanPtr>> PlanFromJson(std::string_view text) {
  WEIR_ASSIGN_OR_RETURN(Json json, ParseBounded(text));
  JsonFields fields(json, "the plan");
  int64_t version = fields.Int("weirPlanVersion", -1);
  WEIR_RETURN_NOT_OK(fields.status());
  if (version < 0) return InvalidData("the plan has no field 'weirPlanVersion'");
  if (version != kVersion)
    return Unsupported("weirPlanVersion {} is not supported (this is version {})", version,
                       kVersion);
  std::vector<TablePtr> tables;
  for (const Json* item : fields.Items("tables")) {
    WEIR_ASSIGN_OR_RETURN(TableDefinition table,
                          plan::TableFromJson(*item, fmt::format("table {}", tables.size())));
    tables.push_back(std::make_shared<const TableDefinition>(std::move(table)));
  }
  std::vector<const Json*> items = fields.Items("nodes");
  if (items.size() > kNodesMax)
    return ResourceExhausted("the plan has {} nodes, more than {}", items.size(), kNodesMax);
  std::map<int64_t, PlanPtr> nodes;
  for (const Json* item : items) {
    int64_t id = -1;
    WEIR_ASSIGN_OR_RETURN(PlanPtr node, NodeFromJson(*item, tables, nodes, &id));
    if (!nodes.emplace(id, std::move(node)).second)
      return InvalidData("the plan has two nodes with id {}", id);
  }
  std::vector<PlanPtr> roots;
  for (int root : fields.Ints("roots")) {
    auto at = nodes.find(root);
    if (at == nodes.end()) return InvalidData("root {} is no node of the plan", root);
    roots.push_back(at->second);
  }
  WEIR_RETURN_NOT_OK(fields.Finish());
  if (roots.empty()) return InvalidData("the plan has no roots");
  return roots;
}

std::string PlanNodeText(const PlanNode& node) {
  JsonTables tables;
  Json json;
  json["kind"] = plan::KindOf(node);
  json["schema"] = plan::ColumnsToJson(node.schema.fields);
  plan::SpecToJson(node, &tables, &json);
  Json list = Json::array();
  for (const TablePtr& table : tables.tables) list.push_back(plan::TableToJson(*table));
  json["tables"] = std::move(list);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace weir
