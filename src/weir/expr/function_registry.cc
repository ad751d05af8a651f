// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/expr/function_registry.h"

#include <algorithm>
#include <unordered_map>

#include "weir/expr/aggregate.h"
#include "weir/expr/table_function.h"

namespace weir {
namespace {

/// Functions of Flink 2.2 that are refused by name.
constexpr std::string_view kKnownAndMissing[] = {
    "PARSE_JSON",        "TRY_PARSE_JSON", "OBJECT_OF",   "OBJECT_UPDATE", "SOURCE_WATERMARK",
    "CURRENT_WATERMARK", "ML_PREDICT",     "ML_EVALUATE", "VECTOR_SEARCH"};

std::string UpperCase(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return upper;
}

std::string JoinTypes(const std::vector<DataType>& types) {
  std::string out;
  for (const DataType& type : types) {
    if (!out.empty()) out += ", ";
    out += type.ToString();
  }
  return out;
}

/// The type families by which Flink's validator names arguments, "<NUMERIC>".
std::string SqlName(const DataType& type) {
  switch (type.kind()) {
    case TypeKind::kNull:
      return "NULL";
    case TypeKind::kInt:
      return "INTEGER";
    case TypeKind::kVarchar:
      return "VARCHAR(" + std::to_string(type.length()) + ")";
    case TypeKind::kArray:
      return SqlName(type.element()) + " ARRAY";
    default:
      return type.AsNullable().ToString();
  }
}

std::string FamilyName(const DataType& type) {
  if (type.is_numeric()) return "<NUMERIC>";
  if (type.is_character()) return "<CHARACTER>";
  if (type.is_binary()) return "<BINARY>";
  if (type.is_timestamp()) return "<TIMESTAMP>";
  return "<" + SqlName(type) + ">";
}

std::string JoinFamilies(const std::vector<DataType>& types) {
  std::string out;
  for (const DataType& type : types) {
    if (!out.empty()) out += ", ";
    out += FamilyName(type);
  }
  return out;
}

bool InFamily(const DataType& type, Arg::Family family) {
  using Family = Arg::Family;
  switch (family) {
    case Family::kAny:
      return true;
    case Family::kBoolean:
      return type.kind() == TypeKind::kBoolean;
    case Family::kInteger:
      return type.is_integer();
    case Family::kNumeric:
      return type.is_numeric();
    case Family::kApproximate:
      return type.is_approximate();
    case Family::kCharacter:
      return type.is_character();
    case Family::kBinary:
      return type.is_binary();
    case Family::kString:
      return type.is_character() || type.is_binary();
    case Family::kDate:
      return type.kind() == TypeKind::kDate;
    case Family::kTime:
      return type.kind() == TypeKind::kTime;
    case Family::kTimestamp:
      return type.is_timestamp();
    case Family::kDatetime:
      return type.kind() == TypeKind::kDate || type.kind() == TypeKind::kTime ||
             type.is_timestamp();
    case Family::kInterval:
      return type.is_interval();
    case Family::kArray:
      return type.kind() == TypeKind::kArray;
    case Family::kMap:
      return type.kind() == TypeKind::kMap;
    case Family::kMultiset:
      return type.kind() == TypeKind::kMultiset;
    case Family::kRow:
      return type.kind() == TypeKind::kRow;
    case Family::kVariant:
      return type.kind() == TypeKind::kVariant;
    case Family::kExact:
    case Family::kSameAs:
    case Family::kLiteral:
      return false;
  }
  return false;
}

/// What an untyped NULL becomes; kNull where nothing says.
DataType DefaultType(Arg::Family family) {
  using Family = Arg::Family;
  switch (family) {
    case Family::kBoolean:
      return DataType::Boolean();
    case Family::kInteger:
    case Family::kNumeric:
      return DataType::Int();
    case Family::kApproximate:
      return DataType::Double();
    case Family::kCharacter:
    case Family::kString:
      return DataType::String();
    case Family::kBinary:
      return DataType::Bytes();
    case Family::kDate:
      return DataType::Date();
    case Family::kTime:
      return DataType::Time();
    case Family::kTimestamp:
    case Family::kDatetime:
      return DataType::Timestamp(3);
    case Family::kInterval:
      return DataType::IntervalDayTime();
    case Family::kVariant:
      return DataType::Variant();
    default:
      return DataType::Null();
  }
}

enum class Matching { kExact, kImplicit };

/// Matches one argument that does not depend on others; coerces `type`.
bool MatchArg(const Arg& arg, const Value* literal, Matching matching, DataType* type) {
  bool nullable = type->nullable();
  switch (arg.family) {
    case Arg::Family::kSameAs:
      return true;  // Later.
    case Arg::Family::kLiteral:
      if (literal == nullptr) return false;
      [[fallthrough]];
    case Arg::Family::kExact:
      if (type->EqualsIgnoringNullable(arg.exact)) return true;
      // Of character and binary types only the length differs: no conversion worth the name.
      if ((type->is_character() && arg.exact.is_character()) ||
          (type->is_binary() && arg.exact.is_binary())) {
        *type = arg.exact.WithNullable(nullable);
        return true;
      }
      if (matching == Matching::kExact || !CanImplicitlyCast(*type, arg.exact.AsNullable()))
        return false;
      *type = arg.exact.WithNullable(nullable);
      return true;
    default:
      break;
  }
  if (InFamily(*type, arg.family)) return true;
  if (matching == Matching::kExact) return false;
  if (type->kind() == TypeKind::kNull) {
    DataType known = DefaultType(arg.family);
    if (known.kind() == TypeKind::kNull) return false;
    *type = known;
    return true;
  }
  if (arg.family == Arg::Family::kApproximate && type->is_numeric()) {
    *type = DataType::Double().WithNullable(nullable);
    return true;
  }
  return false;
}

/// Gives all arguments of each kSameAs group their common type.
bool MatchGroups(const std::vector<const Arg*>& args, std::vector<DataType>* types) {
  for (size_t base = 0; base < args.size(); ++base) {
    std::vector<size_t> members = {base};
    for (size_t i = 0; i < args.size(); ++i) {
      if (i != base && args[i]->family == Arg::Family::kSameAs &&
          args[i]->same_as == static_cast<int>(base)) {
        members.push_back(i);
      }
    }
    if (members.size() < 2) continue;
    std::vector<DataType> group;
    for (size_t i : members) group.push_back((*types)[i]);
    auto common = CommonType(group);
    if (!common) return false;
    if (args[base]->family != Arg::Family::kExact && args[base]->family != Arg::Family::kSameAs &&
        !InFamily(*common, args[base]->family)) {
      return false;
    }
    for (size_t i : members) (*types)[i] = common->WithNullable((*types)[i].nullable());
  }
  return true;
}

bool AcceptsCount(const Overload& overload, size_t count) {
  size_t most = overload.args.size();
  if (overload.coerce && most == 0) return true;
  size_t least = most - static_cast<size_t>(overload.optional_args);
  return count >= least && (count <= most || overload.variadic);
}

bool MatchOverload(const Overload& overload, const CallInfo& call, Matching matching,
                   std::vector<DataType>* types) {
  std::vector<const Arg*> args;
  for (size_t i = 0; i < types->size(); ++i)
    args.push_back(&overload.args[std::min(i, overload.args.size() - 1)]);
  for (size_t i = 0; i < types->size(); ++i) {
    const Value* literal = i < call.literals.size() ? call.literals[i] : nullptr;
    if (!MatchArg(*args[i], literal, matching, &(*types)[i])) return false;
  }
  return MatchGroups(args, types);
}

/// `name` as the user wrote it (an alias keeps its own name).
Status InvalidCall(const ScalarFunction& function, std::string_view name, const CallInfo& call,
                   bool wrong_count, const std::string& cause) {
  const char* untyped = "";
  for (const DataType& type : call.arg_types) {
    if (type.kind() == TypeKind::kNull) untyped = "Illegal use of 'NULL'\n";
  }
  if (wrong_count) {
    return InvalidQuery(
        "{}Invalid number of arguments to function '{}'. No match found for function signature "
        "{}({}).\nSupported signatures are:\n{}",
        untyped, UpperCase(name), UpperCase(name), JoinFamilies(call.arg_types),
        function.signatures);
  }
  std::string text = fmt::format("SQL validation failed. Invalid function call:\n{}({})\n{}",
                                 UpperCase(name), JoinTypes(call.arg_types), untyped);
  if (!cause.empty()) text += cause + "\n";
  return InvalidQuery("{}Invalid input arguments. Expected signatures are:\n{}", text,
                      function.signatures);
}

}  // namespace

void RowErrors::Add(int64_t row, std::string message) {
  rows_.push_back(row);
  if (first_row_ < 0 || row < first_row_) {
    first_row_ = row;
    first_message_ = std::move(message);
  }
}

void RowErrors::Clear() {
  rows_.clear();
  first_row_ = -1;
  first_message_.clear();
}

struct FunctionRegistry::Entries {
  std::unordered_map<std::string, std::unique_ptr<ScalarFunction>> scalars;
  std::unordered_map<std::string, std::unique_ptr<AggregateFunction>> aggregates;
  std::unordered_map<std::string, std::unique_ptr<TableFunction>> tables;
  std::unordered_map<std::string, std::string> aliases;

  template <typename Map>
  const typename Map::mapped_type::element_type* Find(const Map& map, std::string_view name) const {
    std::string upper = UpperCase(name);
    auto it = map.find(upper);
    if (it == map.end()) {
      auto alias = aliases.find(upper);
      if (alias == aliases.end()) return nullptr;
      it = map.find(alias->second);
    }
    return it == map.end() ? nullptr : it->second.get();
  }
};

FunctionRegistry::FunctionRegistry() : entries_(std::make_unique<Entries>()) {}
FunctionRegistry::~FunctionRegistry() = default;

void FunctionRegistry::Add(ScalarFunction function) {
  auto& entry = entries_->scalars[function.name];
  if (entry == nullptr) {
    entry = std::make_unique<ScalarFunction>(std::move(function));
    return;
  }
  WEIR_CHECK(entry->null_policy == function.null_policy, "one function, two null policies");
  entry->signatures += "\n" + function.signatures;
  entry->may_fail |= function.may_fail;
  entry->expensive |= function.expensive;
  for (Overload& overload : function.overloads) entry->overloads.push_back(std::move(overload));
}

void FunctionRegistry::AddAlias(std::string alias, std::string_view name) {
  entries_->aliases.emplace(std::move(alias), std::string(name));
}

void FunctionRegistry::Add(std::unique_ptr<AggregateFunction> function) {
  std::string name = function->name();
  bool added = entries_->aggregates.emplace(name, std::move(function)).second;
  WEIR_CHECK(added, "an aggregate function is registered twice");
}

void FunctionRegistry::Add(TableFunction function) {
  std::string name = function.name;
  bool added =
      entries_->tables.emplace(name, std::make_unique<TableFunction>(std::move(function))).second;
  WEIR_CHECK(added, "a table function is registered twice");
}

const ScalarFunction* FunctionRegistry::FindScalar(std::string_view name) const {
  return entries_->Find(entries_->scalars, name);
}
const AggregateFunction* FunctionRegistry::FindAggregate(std::string_view name) const {
  return entries_->Find(entries_->aggregates, name);
}
const TableFunction* FunctionRegistry::FindTable(std::string_view name) const {
  return entries_->Find(entries_->tables, name);
}

std::vector<std::string> FunctionRegistry::Names() const {
  std::vector<std::string> names;
  for (const auto& entry : entries_->scalars) names.push_back(entry.first);
  for (const auto& entry : entries_->aggregates) names.push_back(entry.first);
  for (const auto& entry : entries_->tables) names.push_back(entry.first);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

Result<ResolvedCall> FunctionRegistry::Resolve(std::string_view name, const CallInfo& call) const {
  const ScalarFunction* function = FindScalar(name);
  if (function == nullptr) {
    std::string upper = UpperCase(name);
    for (std::string_view known : kKnownAndMissing) {
      if (upper == known) return Unsupported("the function {} is not supported yet", upper);
    }
    Status status = InvalidQuery("No match found for function signature {}({})", name,
                                 JoinFamilies(call.arg_types));
    std::vector<std::string> names = Names();
    std::erase_if(names, [](const std::string& known) {  // Operators: %, IS NULL.
      return known.empty() || known[0] < 'A' || known.find(' ') != std::string::npos;
    });
    std::string nearest = NearestName(name, names);
    return nearest.empty() ? status : WithHint(status, "did you mean " + nearest + "?");
  }
  bool count_matches = false;
  std::string cause;
  for (Matching matching : {Matching::kExact, Matching::kImplicit}) {
    for (const Overload& overload : function->overloads) {
      if (!AcceptsCount(overload, call.arg_types.size())) continue;
      count_matches = true;
      ResolvedCall resolved{function, &overload, call.arg_types, {}};
      if (overload.coerce) {
        Status status = overload.coerce(&resolved.arg_types, call);
        if (!status.ok()) {
          if (GetErrorInfo(status).code == ErrorCode::kUnsupported) return status;
          cause = status.message();
          continue;
        }
      } else if (!MatchOverload(overload, call, matching, &resolved.arg_types)) {
        continue;
      }
      CallInfo coerced = call;
      coerced.arg_types = resolved.arg_types;
      WEIR_ASSIGN_OR_RETURN(resolved.result_type, overload.returns(coerced));
      return resolved;
    }
  }
  return InvalidCall(*function, name, call, !count_matches, cause);
}

Result<ExprPtr> FunctionRegistry::MakeCall(std::string_view name, std::vector<ExprPtr> args,
                                           const FunctionConfig& config) const {
  CallInfo call;
  call.config = &config;
  for (const ExprPtr& arg : args) {
    call.arg_types.push_back(arg->type);
    call.literals.push_back(arg->is_literal() ? &arg->literal : nullptr);
  }
  WEIR_ASSIGN_OR_RETURN(ResolvedCall resolved, Resolve(name, call));
  if (resolved.function->expand) {
    WEIR_ASSIGN_OR_RETURN(ExprPtr expanded, resolved.function->expand(*this, args, config));
    if (expanded != nullptr) return expanded;
  }
  for (size_t i = 0; i < args.size(); ++i) {
    const DataType& wanted = resolved.arg_types[i];
    if (!args[i]->type.EqualsIgnoringNullable(wanted)) args[i] = MakeCast(args[i], wanted);
  }
  return weir::MakeCall(resolved.function->name, std::move(args), resolved.result_type);
}

}  // namespace weir
