// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'values': tables for tests. Reads rows from the option 'data' or from the session's
// ValuesStore, with row kinds and explicit watermarks; as a sink it appends what it receives to the
// ValuesStore.
//   CREATE TABLE t (a INT, b STRING) WITH ('connector' = 'values', 'data' = '[[1, "x"], {"op":
//   "-D", "values": [1, "x"]}]')
// Source: the option names of Flink's testing connector of the same name.
#include <algorithm>

#include "weir/connector/connectors.h"
#include "weir/connector/values/values_store.h"

namespace weir {
namespace {

const std::vector<OptionSpec>& Specs() {
  using T = OptionType;
  static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
      {"data", T::kString, "", "Rows as JSON: an array of rows, or one row a line"},
      {"data-id", T::kString, "", "Name of rows in the session's store of test rows"},
      {"bounded", T::kBool, "true", "Whether the source is bounded"},
      {"terminating", T::kBool, "true", "Whether an unbounded source ends after its rows"},
      {"changelog-mode", T::kString, "I", "Row kinds that the source produces: I,UB,UA,D"},
      {"source.produces-delete-by-key", T::kBool, "false", "Deletions carry only the key"},
      {"source.num-element-to-skip", T::kInt, "0", "Rows left out at the start"},
      {"source.sleep-after-elements", T::kInt, "0", "Accepted; has no effect"},
      {"source.sleep-time", T::kDuration, "0 ms", "Accepted; has no effect"},
      {"sink-insert-only", T::kBool, "false", "The sink takes insertions only"},
      {"sink-changelog-mode-enforced", T::kString, "", "Row kinds that the sink takes"},
      {"sink.supports-delete-by-key", T::kBool, "false",
       "The sink is content with deletions that carry only the key"},
      {"sink-expected-messages-num", T::kInt, "-1", "Accepted; has no effect"},
      {"sink.bucket-count-required", T::kBool, "false", "Accepted; has no effect"},
      {"sink.drop-late-event", T::kBool, "false", "Accepted; has no effect"},
      {"runtime-source", T::kString, "", "Accepted; has no effect"},
      {"runtime-sink", T::kString, "", "Accepted; has no effect"},
      {"table-source-class", T::kString, "", "Accepted; has no effect"},
      {"table-sink-class", T::kString, "", "Accepted; has no effect"},
      {"failing-source", T::kBool, "false", "Accepted when false"},
      {"register-table-data", T::kBool, "true", "Accepted; has no effect"},
      {"readable-metadata", T::kString, "", "Metadata columns that can be read: 'key:TYPE, ...'"},
      {"writable-metadata", T::kString, "",
       "Metadata columns that can be written: 'key:TYPE, ...'"},
      {"partition-list", T::kString, "", "Partitions that exist: 'a:1,b:2;a:2,b:2'"},
      {"disable-lookup", T::kBool, "false", "The table cannot be looked up"},
      {"async", T::kBool, "false", "Lookups are asynchronous"},
      {"lookup-function-class", T::kString, "", "Accepted; has no effect"},
      {"lookup-threshold", T::kInt, "-1", "Accepted; has no effect"},
      {"lookup.#", T::kString, "", "Options of lookups"},
      {"start-lookup-threshold", T::kInt, "-1", "Accepted; has no effect"},
      {"nested-projection-supported", T::kBool, "false", "Planner hint"},
      {"enable-projection-push-down", T::kBool, "true", "Planner hint"},
      {"enable-watermark-push-down", T::kBool, "false", "The source makes the watermarks"},
      {"enable-aggregate-push-down", T::kBool, "false", "Accepted; has no effect"},
      {"enable-vector-search", T::kBool, "false", "The table can serve VECTOR_SEARCH"},
      {"filterable-fields", T::kString, "", "Planner hint"},
      {"dynamic-filtering-fields", T::kString, "", "Planner hint"},
  };
  return *specs;
}

// "key:TYPE, key:TYPE"; commas inside <> and () belong to a type.
Result<std::vector<Field>> ParseMetadata(const std::string& text) {
  std::vector<Field> fields;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size()) {
      if (text[i] == '<' || text[i] == '(') ++depth;
      if (text[i] == '>' || text[i] == ')') --depth;
      if (text[i] != ',' || depth > 0) continue;
    }
    std::string item = text.substr(begin, i - begin);
    begin = i + 1;
    size_t colon = item.find(':');
    if (item.find_first_not_of(' ') == std::string::npos) continue;
    if (colon == std::string::npos)
      return InvalidQuery("metadata '{}' must be written 'key:TYPE'", item);
    std::string key = item.substr(0, colon);
    key.erase(0, key.find_first_not_of(" '"));
    key.erase(key.find_last_not_of(" '") + 1);
    std::string type_text = item.substr(colon + 1);
    type_text.erase(0, type_text.find_first_not_of(" '"));
    type_text.erase(type_text.find_last_not_of(" '") + 1);
    WEIR_ASSIGN_OR_RETURN(DataType type, ParseTypeString(type_text));
    fields.push_back({std::move(key), std::move(type)});
  }
  return fields;
}

// Value of type `from` as one of `to`, which may have lost ROW fields.
Value PruneValue(const Value& value, const DataType& from, const DataType& to) {
  if (value.is_null() || from.kind() != TypeKind::kRow || to.kind() != TypeKind::kRow) return value;
  ValueList fields;
  for (const Field& field : to.fields()) {
    int index = from.FieldIndex(field.name);
    fields.push_back(index < 0
                         ? Value::Null()
                         : PruneValue(value.list()[static_cast<size_t>(index)],
                                      from.fields()[static_cast<size_t>(index)].type, field.type));
  }
  return Value::List(std::move(fields));
}

struct ValuesTable {
  std::shared_ptr<const ValuesRows> rows;
  int64_t first_position = 0;    // Of the first of them.
  ValuesStore* store = nullptr;  // That they came from; null: from the option 'data'.
  std::vector<Field> columns;    // Of each row.
  std::vector<int> positions;    // Of the requested columns in a row; -1: not there (NULL).
  Schema requested;
  ChangelogMode changes;
  bool bounded = true;
  bool terminating = true;
  bool has_watermarks = false;
};

class ValuesReader : public SplitReader {
 public:
  ValuesReader(std::shared_ptr<const ValuesTable> table, SourceSplit split, size_t next)
      : table_(std::move(table)), split_(std::move(split)), next_(next) {
    if (table_->store != nullptr) table_->store->CountOpened();
  }

  Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
    BatchBuilder builder(table_->requested, pool);
    const ValuesRows& rows = *table_->rows;
    if (next_ >= rows.size() && table_->store != nullptr && !std::exchange(waits_, true))
      table_->store->CountWaiting();
    while (next_ < rows.size() && builder.num_rows() < rows_max) {
      const ValuesEvent& event = rows[next_++];
      if (event.watermark_ms) {
        watermark_ = event.watermark_ms;
        break;
      }
      ValueList values;
      for (size_t i = 0; i < table_->positions.size(); ++i) {
        int position = table_->positions[i];
        values.push_back(position < 0
                             ? Value::Null()
                             : PruneValue(event.values[static_cast<size_t>(position)],
                                          table_->columns[static_cast<size_t>(position)].type,
                                          table_->requested[static_cast<int>(i)].type));
      }
      WEIR_RETURN_NOT_OK(builder.AppendRow(values, event.kind));
    }
    WEIR_ASSIGN_OR_RETURN(*out, builder.Finish());
    if (next_ < rows.size()) return ReadState::kMore;
    return table_->bounded || table_->terminating ? ReadState::kEnd : ReadState::kNothing;
  }
  Result<SourceSplit> Position() override {
    return SourceSplit{split_.id,
                       std::to_string(table_->first_position + static_cast<int64_t>(next_))};
  }
  std::optional<int64_t> TakeWatermark() override {
    return std::exchange(watermark_, std::nullopt);
  }

 private:
  std::shared_ptr<const ValuesTable> table_;
  SourceSplit split_;
  size_t next_;
  bool waits_ = false;
  std::optional<int64_t> watermark_;
};

class ValuesSource : public Source {
 public:
  explicit ValuesSource(ValuesTable table)
      : table_(std::make_shared<const ValuesTable>(std::move(table))) {}
  /// A terminating source runs as a bounded one, however it is planned.
  bool is_bounded() const override { return table_->bounded || table_->terminating; }
  ChangelogMode changelog_mode() const override { return table_->changes; }
  Result<std::vector<SourceSplit>> Discover(int) override {
    if (std::exchange(discovered_, true)) return std::vector<SourceSplit>{};
    return std::vector<SourceSplit>{{"values", std::to_string(table_->first_position)}};
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    size_t next = 0;
    for (char c : split.position) {
      if (c < '0' || c > '9')
        return Corruption("'{}' is no position of a values source", split.position);
      next = next * 10 + static_cast<size_t>(c - '0');
    }
    auto first = static_cast<size_t>(table_->first_position);
    if (next < first) {
      return InvalidData("a values source cannot go on from row {}: its rows begin at {}", next,
                         first);
    }
    return std::make_unique<ValuesReader>(table_, split,
                                          std::min(next - first, table_->rows->size()));
  }
  std::optional<int64_t> EstimatedRows() override {
    return static_cast<int64_t>(table_->rows->size());
  }
  bool has_own_watermarks() const override { return table_->has_watermarks; }

 private:
  std::shared_ptr<const ValuesTable> table_;
  bool discovered_ = false;
};

class ValuesWriter : public SinkWriter {
 public:
  ValuesWriter(ValuesStore* store, std::string id) : store_(store), id_(std::move(id)) {}
  Status Write(const Batch& batch) override {
    store_->Append(id_, batch);
    return Status::OK();
  }
  Result<std::vector<std::string>> PrepareCommit(PreparePoint) override {
    return std::vector<std::string>{};
  }
  Status Abort() override { return Status::OK(); }

 private:
  ValuesStore* store_;  // The session's.
  std::string id_;
};

class ValuesSink : public Sink {
 public:
  ValuesSink(ValuesStore* store, std::string id, std::optional<ChangelogMode> enforced,
             bool has_key, bool deletes_by_key)
      : store_(store),
        id_(std::move(id)),
        enforced_(enforced),
        has_key_(has_key),
        deletes_by_key_(deletes_by_key) {}
  ChangelogMode accepted_changes(const ChangelogMode& query) const override {
    if (enforced_) return *enforced_;
    return has_key_ && !query.append_only() ? ChangelogMode::Upsert() : query;
  }
  bool accepts_deletes_by_key() const override { return deletes_by_key_; }
  Result<std::unique_ptr<SinkWriter>> OpenWriter(int, int) override {
    return std::make_unique<ValuesWriter>(store_, id_);
  }
  Status Truncate() override {
    store_->Clear(id_);
    return Status::OK();
  }

 private:
  ValuesStore* store_;
  std::string id_;
  std::optional<ChangelogMode> enforced_;
  bool has_key_;
  bool deletes_by_key_;
};

class ValuesConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override {
    return "Inline rows with row kinds and watermarks, for tests";
  }
  const std::vector<OptionSpec>& options() const override { return Specs(); }
  bool can_read() const override { return true; }
  bool can_write() const override { return true; }
  std::vector<Field> readable_metadata(const TableContext& table) const override {
    return ParseMetadata(table.options.GetOr("readable-metadata", ""))
        .ValueOr(std::vector<Field>{});
  }
  std::vector<Field> writable_metadata(const TableContext& table) const override {
    return ParseMetadata(table.options.GetOr("writable-metadata", ""))
        .ValueOr(std::vector<Field>{});
  }
  Result<bool> IsBounded(const TableContext& table) const override {
    return table.options.GetBool("bounded", true);
  }
  Result<ChangelogMode> SourceChanges(const TableContext& table) const override {
    return ParseChangelogMode(table.options.GetOr("changelog-mode", "I"));
  }
  Result<bool> DeletesByKey(const TableContext& table) const override {
    return table.options.GetBool("source.produces-delete-by-key", false);
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                             const ScanRequest& request) const override {
    ValuesTable values;
    values.requested = request.schema;
    WEIR_ASSIGN_OR_RETURN(values.bounded, table.options.GetBool("bounded", true));
    WEIR_ASSIGN_OR_RETURN(values.terminating, table.options.GetBool("terminating", true));
    WEIR_ASSIGN_OR_RETURN(values.changes, SourceChanges(table));
    values.columns = table.schema.fields;
    WEIR_ASSIGN_OR_RETURN(auto metadata,
                          ParseMetadata(table.options.GetOr("readable-metadata", "")));
    values.columns.insert(values.columns.end(), metadata.begin(), metadata.end());
    WEIR_ASSIGN_OR_RETURN(GivenRows given, RowsOf(table, values.columns));
    values.rows = std::move(given.rows);
    values.first_position = given.first_position;
    if (table.options.Get("data-id")) values.store = table.values_store;
    for (const ValuesEvent& event : *values.rows)
      values.has_watermarks |= event.watermark_ms.has_value();
    for (const Field& field : request.schema.fields) {
      auto found = std::find_if(values.columns.begin(), values.columns.end(),
                                [&](const Field& f) { return f.name == field.name; });
      values.positions.push_back(
          found == values.columns.end() ? -1 : static_cast<int>(found - values.columns.begin()));
    }
    return std::make_unique<ValuesSource>(std::move(values));
  }

  Result<std::unique_ptr<Sink>> MakeSink(const TableContext& table) const override {
    if (table.values_store == nullptr)
      return InvalidQuery("table {} cannot be written: this session keeps no test rows",
                          table.table_name);
    std::optional<ChangelogMode> enforced;
    if (auto text = table.options.Get("sink-changelog-mode-enforced")) {
      WEIR_ASSIGN_OR_RETURN(enforced, ParseChangelogMode(*text));
    }
    WEIR_ASSIGN_OR_RETURN(bool insert_only, table.options.GetBool("sink-insert-only", false));
    if (insert_only) enforced = ChangelogMode::AppendOnly();
    WEIR_ASSIGN_OR_RETURN(bool deletes_by_key,
                          table.options.GetBool("sink.supports-delete-by-key", false));
    return std::make_unique<ValuesSink>(table.values_store,
                                        table.options.GetOr("data-id", table.table_name), enforced,
                                        !table.primary_key.empty(), deletes_by_key);
  }

  Result<std::vector<std::map<std::string, std::string>>> Partitions(
      const TableContext& table) const override {
    std::vector<std::map<std::string, std::string>> partitions;
    std::string text = table.options.GetOr("partition-list", "");
    size_t begin = 0;
    while (begin < text.size()) {
      size_t end = std::min(text.find(';', begin), text.size());
      std::map<std::string, std::string> partition;
      for (size_t at = begin; at < end;) {
        size_t stop = std::min(text.find(',', at), end);
        size_t colon = text.find(':', at);
        if (colon < stop)
          partition[text.substr(at, colon - at)] = text.substr(colon + 1, stop - colon - 1);
        at = stop + 1;
      }
      if (!partition.empty()) partitions.push_back(std::move(partition));
      begin = end + 1;
    }
    return partitions;
  }

 private:
  static Result<GivenRows> RowsOf(const TableContext& table, const std::vector<Field>& columns) {
    auto data = table.options.Get("data");
    auto id = table.options.Get("data-id");
    if (data && id) return InvalidQuery("table {} has both 'data' and 'data-id'", table.table_name);
    if (id) {
      GivenRows given =
          table.values_store == nullptr ? GivenRows{} : table.values_store->FindRows(*id);
      if (given.rows == nullptr)
        return InvalidQuery("table {}: no rows are registered as '{}'", table.table_name, *id);
      for (const ValuesEvent& event : *given.rows) {
        if (event.watermark_ms || event.values.size() == columns.size()) continue;
        return InvalidData("table {}: rows of '{}' have {} values, the table has {} columns",
                           table.table_name, *id, event.values.size(), columns.size());
      }
      return given;
    }
    auto rows = ParseValuesRows(data.value_or("[]"), columns);
    if (!rows.ok())
      return WithContext(rows.status(), fmt::format("table {}, option 'data'", table.table_name));
    return GivenRows{std::make_shared<const ValuesRows>(std::move(rows).ValueUnsafe())};
  }

  std::string name_ = "values";
};

}  // namespace

std::unique_ptr<Connector> MakeValuesConnector() { return std::make_unique<ValuesConnector>(); }

}  // namespace weir
