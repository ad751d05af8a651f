// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "session_names.h"

#include <algorithm>

#include "weir/format/format.h"

namespace weir {
namespace {

constexpr size_t kFilesMax = 500;

class SessionNames : public NameSource {
 public:
  explicit SessionNames(Session& session) : session_(session) {}

  std::vector<std::string> Tables() override {
    return catalog().TableNames(catalog().current_catalog(), catalog().current_database(), false);
  }
  std::vector<std::string> Databases() override {
    std::vector<std::string> names;
    if (CatalogEntry* entry = catalog().FindCatalog(catalog().current_catalog())) {
      for (const auto& [name, database] : entry->databases) names.push_back(name);
    }
    return names;
  }
  std::vector<std::string> Catalogs() override { return catalog().CatalogNames(); }
  std::vector<std::string> TablesOf(const std::string& catalog_name,
                                    const std::string& database) override {
    const std::string& in = catalog_name.empty() ? catalog().current_catalog() : catalog_name;
    if (catalog().FindDatabase(in, database) == nullptr) return {};
    return catalog().TableNames(in, database, false);
  }
  std::vector<std::string> Columns(const std::vector<std::string>& path) override {
    ObjectName name{catalog().current_catalog(), catalog().current_database(), path.back()};
    if (path.size() > 1) name.database = path[path.size() - 2];
    if (path.size() > 2) name.catalog = path[path.size() - 3];
    TablePtr table = catalog().FindTable(name);
    std::vector<std::string> names;
    if (table == nullptr) return names;
    for (const TableColumn& column : table->columns) names.push_back(column.name);
    return names;
  }
  std::vector<std::string> Functions() override {
    std::vector<std::string> names = session_.functions().Names();
    for (std::string& name : catalog().FunctionNames()) names.push_back(std::move(name));
    return names;
  }
  std::vector<std::string> SessionOptions() override {
    std::vector<std::string> keys;
    for (const KnownOption& option : KnownOptions()) keys.emplace_back(option.key);
    return keys;
  }
  std::vector<std::string> Connectors() override { return session_.connectors().Names(); }
  std::vector<std::string> Formats() override {
    std::vector<std::string> names;
    for (const Format* format : BuiltinFormats()) names.push_back(format->name());
    return names;
  }
  std::vector<std::string> ConnectorOptions(const std::string& name) override {
    std::vector<std::string> keys = {"connector"};
    const Connector* connector = session_.connectors().Find(name);
    if (connector == nullptr) return keys;
    for (const OptionSpec& spec : connector->options()) keys.push_back(spec.name);
    if (!connector->uses_format()) return keys;
    keys.push_back("format");
    for (const Format* format : BuiltinFormats()) {
      for (const OptionSpec& spec : format->options())
        keys.push_back(format->name() + "." + spec.name);
    }
    return keys;
  }
  std::vector<std::string> OptionValues(const std::string& name, const std::string& key) override {
    if (key == "execution.runtime-mode") return {"AUTOMATIC", "BATCH", "STREAMING"};
    for (const KnownOption& option : KnownOptions()) {
      if (option.key == key && option.type == "Boolean") return {"false", "true"};
    }
    const Connector* connector = session_.connectors().Find(name);
    if (connector == nullptr) return {};
    for (const OptionSpec& spec : connector->options()) {
      if (!spec.Matches(key)) continue;
      return spec.type == OptionType::kBool ? std::vector<std::string>{"false", "true"}
                                            : spec.enum_values;
    }
    return {};
  }
  std::vector<std::string> Files(const std::string& prefix) override {
    size_t slash = prefix.rfind('/');
    std::string directory = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
    std::string begin = prefix.substr(directory.size());
    std::vector<std::string> paths;
    auto entries = session_.environment().files->List(directory.empty() ? "." : directory);
    if (!entries.ok()) return paths;
    for (const FileInfo& info : *entries) {
      std::string path = info.path;
      while (path.size() > 1 && path.back() == '/') path.pop_back();
      std::string name = path.substr(path.rfind('/') + 1);
      bool is_hidden = name.starts_with(".") && !begin.starts_with(".");
      if (!name.starts_with(begin) || is_hidden || paths.size() >= kFilesMax) continue;
      paths.push_back(directory + name + (info.is_directory ? "/" : ""));
    }
    return paths;
  }

 private:
  Catalog& catalog() { return session_.catalog(); }

  Session& session_;
};

}  // namespace

std::unique_ptr<NameSource> MakeSessionNames(Session& session) {
  return std::make_unique<SessionNames>(session);
}

}  // namespace weir
