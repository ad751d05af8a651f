// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/function/aggregate_loops.h"
#include "weir/function/families.h"

namespace weir {
namespace {

class SpecAggregate : public AggregateFunction {
 public:
  explicit SpecAggregate(AggregateSpec spec) : spec_(std::move(spec)) {}

  const std::string& name() const override { return spec_.name; }
  std::string signatures() const override { return spec_.signatures; }
  std::string description() const override { return spec_.description; }
  std::string example() const override { return spec_.example; }
  Status Resolve(const AggregateCallInfo& info, std::vector<DataType>* arg_types,
                 DataType* result) const override {
    *arg_types = info.call.arg_types;
    Status status = spec_.resolve(info, arg_types, result);
    // A resolver refuses by a bare "type error"; what the call may be instead is said here, once.
    return status.IsTypeError() ? BadAggregateArguments(spec_, info) : status;
  }
  Result<std::vector<DataType>> StateTypes(const AggregateCallInfo& info) const override {
    return spec_.state_types(info);
  }
  Result<std::unique_ptr<Accumulators>> Make(const AggregateCallInfo& info,
                                             arrow::MemoryPool* pool) const override {
    return spec_.make(info, pool);
  }
  bool skips_nulls() const override { return spec_.skips_nulls; }
  bool ignores_distinct() const override { return spec_.ignores_distinct; }
  bool is_order_sensitive() const override { return spec_.is_order_sensitive; }

 private:
  AggregateSpec spec_;
};

}  // namespace

std::unique_ptr<AggregateFunction> MakeAggregate(AggregateSpec spec) {
  return std::make_unique<SpecAggregate>(std::move(spec));
}

Status BadAggregateArguments(const AggregateSpec& spec, const AggregateCallInfo& info) {
  std::string types;
  for (const DataType& type : info.call.arg_types) {
    if (!types.empty()) types += ", ";
    types += type.ToString();
  }
  return MakeError({ErrorCode::kInvalidQuery, fmt::format("supported: {}", spec.signatures), {}},
                   fmt::format("{} cannot be called with ({})", spec.name, types));
}

bool AggregateMayBeNull(const AggregateCallInfo& info) {
  if (!info.has_group_keys) return true;
  for (const DataType& type : info.call.arg_types) {
    if (type.nullable()) return true;
  }
  return false;
}

void RegisterAggregate(FunctionRegistry* registry) {
  RegisterSumAggregates(registry);
  RegisterMomentAggregates(registry);
  RegisterMinMaxAggregates(registry);
  RegisterSketchAggregates(registry);
}

void RegisterAggregateOrdered(FunctionRegistry* registry) {
  RegisterFirstLastAggregates(registry);
  RegisterCollectAggregates(registry);
  RegisterJsonAggregates(registry);
}

}  // namespace weir
