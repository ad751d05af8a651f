// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Visits the direct children of a node of the syntax tree, in the order they were written.
//   ForEachChild(expr, overloaded{[](const AstExpr& e) {..}, [](const AstQuery& q) {..}, ...})
// `visit` is called with const AstExpr&, const AstQuery&, const AstTable& and const AstType&; null
// children are left out.
#pragma once

#include <variant>

#include "weir/sql/ast.h"

namespace weir {
namespace ast_internal {

template <typename F>
struct ChildVisitor {
  F& visit;

  template <typename T>
  void One(const std::shared_ptr<const T>& child) const {
    if (child != nullptr) visit(*child);
  }
  template <typename T>
  void All(const std::vector<std::shared_ptr<const T>>& children) const {
    for (const auto& child : children) One(child);
  }
  void Sorts(const std::vector<AstSortItem>& items) const {
    for (const auto& item : items) One(item.expr);
  }
  void Behavior(const std::optional<AstJsonBehavior>& behavior) const {
    if (behavior) One(behavior->default_value);
  }
  void Window(const AstWindowSpec& spec) const {
    All(spec.partition_by);
    Sorts(spec.order_by);
    if (!spec.frame) return;
    One(spec.frame->start.offset);
    if (spec.frame->end) One(spec.frame->end->offset);
  }
  void Grouping(const AstGrouping& grouping) const {
    All(grouping.exprs);
    for (const auto& element : grouping.elements) Grouping(element);
  }

  // Expressions.
  void operator()(const AstLiteral&) const {}
  void operator()(const AstInterval& n) const { One(n.value); }
  void operator()(const AstColumnPath&) const {}
  void operator()(const AstStar& n) const { One(n.operand); }
  void operator()(const AstOperator& n) const { All(n.operands); }
  void operator()(const AstBetween& n) const { One(n.operand), One(n.low), One(n.high); }
  void operator()(const AstInList& n) const { One(n.operand), All(n.items); }
  void operator()(const AstInQuery& n) const { One(n.operand), One(n.query); }
  void operator()(const AstLike& n) const { One(n.operand), One(n.pattern), One(n.escape); }
  void operator()(const AstQuantified& n) const { One(n.operand), One(n.query), All(n.items); }
  void operator()(const AstExists& n) const { One(n.query); }
  void operator()(const AstSubquery& n) const { One(n.query); }
  void operator()(const AstIsJson& n) const { One(n.operand); }
  void operator()(const AstCase& n) const {
    One(n.operand);
    for (const auto& when : n.whens) One(when.condition), One(when.result);
    One(n.otherwise);
  }
  void operator()(const AstCast& n) const { One(n.operand), One(n.type); }
  void operator()(const AstConstructor& n) const { All(n.items), One(n.query); }
  void operator()(const AstSubscript& n) const { One(n.operand), One(n.index); }
  void operator()(const AstFieldAccess& n) const { One(n.operand); }
  void operator()(const AstCall& n) const {
    for (const auto& argument : n.arguments) One(argument.value);
    Sorts(n.order_by);
    Sorts(n.within_group);
    One(n.filter);
    if (n.over != nullptr) Window(*n.over);
    if (n.json == nullptr) return;
    One(n.json->returning);
    Behavior(n.json->on_empty);
    Behavior(n.json->on_error);
  }
  void operator()(const AstSymbol&) const {}
  void operator()(const AstDescriptor&) const {}
  void operator()(const AstTableArgument& n) const {
    One(n.table), All(n.partition_by), Sorts(n.order_by);
  }
  void operator()(const AstModelArgument&) const {}
  void operator()(const AstDefault&) const {}
  void operator()(const AstParameter&) const {}

  // FROM items.
  void operator()(const AstTableName&) const {}
  void operator()(const AstDerivedTable& n) const { One(n.query); }
  void operator()(const AstTableFunction& n) const { One(n.call); }
  void operator()(const AstUnnest& n) const { All(n.operands); }
  void operator()(const AstJoin& n) const {
    One(n.left), One(n.right), One(n.on), One(n.match_condition);
  }
  void operator()(const AstMatchRecognize& n) const {
    One(n.input);
    All(n.partition_by);
    Sorts(n.order_by);
    for (const auto& measure : n.measures) One(measure.expr);
    One(n.within);
    for (const auto& definition : n.definitions) One(definition.condition);
  }
  void operator()(const AstPivot& n) const { One(n.input); }

  // Queries.
  void operator()(const AstSelect& n) const {
    for (const auto& item : n.items) One(item.expr);
    One(n.from);
    One(n.where);
    for (const auto& grouping : n.group_by) Grouping(grouping);
    One(n.having);
    for (const auto& window : n.windows) {
      if (window.spec != nullptr) Window(*window.spec);
    }
    One(n.qualify);
  }
  void operator()(const AstSetOperation& n) const { All(n.inputs); }
  void operator()(const AstValues& n) const {
    for (const auto& row : n.rows) All(row);
  }
  void operator()(const AstTableQuery&) const {}
  void operator()(const AstNestedQuery& n) const { One(n.query); }
};

}  // namespace ast_internal

template <typename F>
void ForEachChild(const AstExpr& expr, F&& visit) {
  std::visit(ast_internal::ChildVisitor<F>{visit}, expr.node);
}
template <typename F>
void ForEachChild(const AstTable& table, F&& visit) {
  ast_internal::ChildVisitor<F> visitor{visit};
  std::visit(visitor, table.node);
  visitor.One(table.system_time);
  if (table.sample) visitor.One(table.sample->percentage);
}
template <typename F>
void ForEachChild(const AstQuery& query, F&& visit) {
  ast_internal::ChildVisitor<F> visitor{visit};
  for (const auto& common : query.with) visitor.One(common.query);
  std::visit(visitor, query.body);
  visitor.Sorts(query.order_by);
  visitor.One(query.limit);
  visitor.One(query.offset);
}
template <typename F>
void ForEachChild(const AstType& type, F&& visit) {
  ast_internal::ChildVisitor<F> visitor{visit};
  visitor.All(type.children);
  for (const auto& field : type.fields) visitor.One(field.type);
}

}  // namespace weir
