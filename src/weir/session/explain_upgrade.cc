// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// EXPLAIN UPGRADE FROM 'savepoint' FOR statement: which operators find their state again, whose
// state would be dropped, and which begin empty. State is found by semantic id: the hash of what
// an operator computes, so that edits elsewhere in the query do not matter.
#include <set>

#include "weir/plan/explain.h"
#include "weir/session/local_session.h"
#include "weir/store/open_object_store.h"

namespace weir {
namespace {

/// Nodes that keep state, in the order of the plan, inputs first.
std::vector<const PlanNode*> StatefulNodes(const std::vector<PlanPtr>& roots) {
  std::vector<const PlanNode*> nodes;
  std::set<const PlanNode*> seen;
  // Plans are at most as deep as the parser's limit lets them be; an explicit stack bears any.
  struct Open {
    const PlanNode* node;
    size_t next = 0;
  };
  for (const PlanPtr& root : roots) {
    std::vector<Open> stack{{root.get()}};
    while (!stack.empty()) {
      Open& top = stack.back();
      if (top.next == 0 && !seen.insert(top.node).second) {
        stack.pop_back();
      } else if (top.next < top.node->inputs.size()) {
        stack.push_back({top.node->inputs[top.next++].get()});
      } else {
        if (!top.node->traits.semantic_id.empty()) nodes.push_back(top.node);
        stack.pop_back();
      }
    }
  }
  return nodes;
}

}  // namespace

Result<QueryResultPtr> LocalSession::ExplainUpgrade(const AstExplain& explain,
                                                    const Statement& statement,
                                                    std::string_view sql) {
  PlanMode mode;
  std::vector<std::string> names;
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> roots, BindRoots(statement, sql, &mode, &names));
  WEIR_ASSIGN_OR_RETURN(std::vector<PlanPtr> optimized, OptimizePlans(std::move(roots), mode));
  const std::string& path = *explain.upgrade_from;
  WEIR_ASSIGN_OR_RETURN(auto objects, OpenObjectStore(path, environment_, Options{options_}));
  auto opened = OpenSavepoint(objects.get());
  if (!opened.ok()) return WithContext(opened.status(), fmt::format("savepoint '{}'", path));
  const RestoredState& saved = **opened;
  std::set<std::string> unclaimed = saved.Nodes();
  std::vector<TextRow> rows;
  for (const PlanNode* node : StatefulNodes(optimized)) {
    const std::string& id = node->traits.semantic_id;
    bool kept = unclaimed.erase(id) > 0;
    rows.push_back({kept ? "kept" : "new", ExplainNode(*node), id});
  }
  for (const std::string& id : unclaimed) {
    auto name = saved.facts().node_names.find(id);
    rows.push_back(
        {"dropped", name == saved.facts().node_names.end() ? "unknown" : name->second, id});
  }
  return MakeTable({"state", "operator", "id"}, rows);
}

}  // namespace weir
