// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'blackhole': takes every row and drops it.
#include "weir/connector/connectors.h"

namespace weir {
namespace {

class BlackholeWriter : public SinkWriter {
 public:
  Status Write(const Batch&) override { return Status::OK(); }
  Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
    return std::vector<std::string>{};
  }
  Status Abort() override { return Status::OK(); }
};

class BlackholeSink : public Sink {
 public:
  ChangelogMode accepted_changes(const ChangelogMode& query) const override { return query; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int, int) override {
    return std::make_unique<BlackholeWriter>();
  }
  Status Truncate() override { return Status::OK(); }
};

class BlackholeConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Drops every row"; }
  const std::vector<OptionSpec>& options() const override { return specs_; }
  bool can_write() const override { return true; }
  Result<std::unique_ptr<Sink>> MakeSink(const TableContext&) const override {
    return std::make_unique<BlackholeSink>();
  }

 private:
  std::string name_ = "blackhole";
  std::vector<OptionSpec> specs_;
};

}  // namespace

std::unique_ptr<Connector> MakeBlackholeConnector() {
  return std::make_unique<BlackholeConnector>();
}

}  // namespace weir
