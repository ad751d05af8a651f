// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'connector' = 'datagen': random rows and sequences. Row n of a table depends on 'seed' and n
// alone; without a seed each run differs. Source: Flink documentation, "DataGen SQL Connector".
// 'seed' is ours.
#include <charconv>

#include "weir/connector/connectors.h"
#include "weir/connector/datagen/field_generator.h"

namespace weir {
namespace {

constexpr int64_t kForever = std::numeric_limits<int64_t>::max();

struct GeneratedTable {
  Schema requested;
  std::vector<std::unique_ptr<FieldGenerator>> fields;  // Of the requested columns.
  std::vector<uint64_t> salts;                          // Of each: its place in the table.
  uint64_t seed = 0;
  int64_t rows = kForever;
  double rows_per_second = 0;
  Clock* clock = nullptr;
};

// Rows first, first + step, ... below end.
struct RowRange {
  int64_t next = 0, step = 1, end = kForever;
  std::string ToString() const { return fmt::format("{} {} {}", next, step, end); }
};

class DatagenReader : public SplitReader {
 public:
  DatagenReader(std::shared_ptr<const GeneratedTable> table, std::string id, RowRange range)
      : table_(std::move(table)),
        id_(std::move(id)),
        range_(range),
        slots_(table_->requested),
        pace_(table_->rows_per_second / static_cast<double>(range.step), table_->clock) {}

  Result<ReadState> Read(int64_t rows_max, arrow::MemoryPool* pool, Batch* out) override {
    int64_t left = range_.next >= range_.end ? 0 : (range_.end - range_.next - 1) / range_.step + 1;
    int64_t rows = pace_.Take(std::min(rows_max, left));
    WEIR_RETURN_NOT_OK(slots_.Begin(std::max<int64_t>(rows, 1), pool));
    int64_t now = table_->clock->WallMicros();
    for (int64_t i = 0; i < rows; ++i) {
      int64_t number = range_.next + i * range_.step;
      RandomStream random(table_->seed, static_cast<uint64_t>(number));
      for (size_t c = 0; c < table_->fields.size(); ++c) {
        GeneratedRow row{number, now, random.Part(table_->salts[c])};
        WEIR_RETURN_NOT_OK(table_->fields[c]->Generate(row, slots_.column(c), i, &slots_));
      }
    }
    range_.next += rows * range_.step;
    WEIR_ASSIGN_OR_RETURN(*out, slots_.Finish(rows));
    if (range_.next >= range_.end) return ReadState::kEnd;
    return rows < rows_max ? ReadState::kNothing : ReadState::kMore;
  }
  Result<SourceSplit> Position() override { return SourceSplit{id_, range_.ToString()}; }

 private:
  std::shared_ptr<const GeneratedTable> table_;
  std::string id_;
  RowRange range_;
  BatchSlots slots_;
  Pace pace_;
};

class DatagenSource : public Source {
 public:
  explicit DatagenSource(GeneratedTable table)
      : table_(std::make_shared<const GeneratedTable>(std::move(table))) {}
  bool is_bounded() const override { return table_->rows != kForever; }
  Result<std::vector<SourceSplit>> Discover(int parallelism) override {
    std::vector<SourceSplit> splits;
    if (std::exchange(discovered_, true)) return splits;
    int64_t count = std::max(1, parallelism);
    for (int64_t i = 0; i < count; ++i) {
      splits.push_back({fmt::format("rows-{}-of-{}", i + 1, count),
                        RowRange{i, count, table_->rows}.ToString()});
    }
    return splits;
  }
  Result<std::unique_ptr<SplitReader>> OpenSplit(const SourceSplit& split) override {
    RowRange range;
    const char* p = split.position.data();
    const char* end = p + split.position.size();
    for (int64_t* number : {&range.next, &range.step, &range.end}) {
      auto [stop, error] = std::from_chars(p, end, *number);
      if (error != std::errc())
        return Corruption("'{}' is no position of a datagen source", split.position);
      p = stop == end ? end : stop + 1;
    }
    if (range.step < 1 || range.next < 0)
      return Corruption("'{}' is no position of a datagen source", split.position);
    return std::make_unique<DatagenReader>(table_, split.id, range);
  }
  std::optional<int64_t> EstimatedRows() override {
    return is_bounded() ? std::optional(table_->rows) : std::nullopt;
  }

 private:
  std::shared_ptr<const GeneratedTable> table_;
  bool discovered_ = false;
};

class DatagenConnector : public Connector {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Random rows and sequences"; }
  const std::vector<OptionSpec>& options() const override {
    using T = OptionType;
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"rows-per-second", T::kInt, "10000", "Rows a second"},
        {"number-of-rows", T::kInt, "", "Rows in all; without it the table is unbounded"},
        {"seed", T::kInt, "", "The same seed gives the same rows"},
        {"fields.#.kind", T::kEnum, "random", "How values are made", false, {"random", "sequence"}},
        {"fields.#.min", T::kDouble, "", "Least random number"},
        {"fields.#.max", T::kDouble, "", "Greatest random number"},
        {"fields.#.max-past", T::kDuration, "0 s", "How far times lie in the past at most"},
        {"fields.#.length", T::kInt, "100", "Length of strings, bytes (100) and collections (3)"},
        {"fields.#.var-len", T::kBool, "false", "Lengths vary between 1 and 'length'"},
        {"fields.#.start", T::kInt, "", "First value of a sequence"},
        {"fields.#.end", T::kInt, "", "Last value of a sequence"},
        {"fields.#.null-rate", T::kDouble, "0", "Share of NULL values"},
    };
    return *specs;
  }
  bool can_read() const override { return true; }

  Result<bool> IsBounded(const TableContext& table) const override {
    WEIR_ASSIGN_OR_RETURN(auto generators, Generators(table));
    WEIR_ASSIGN_OR_RETURN(int64_t rows, RowsOf(table, generators));
    return rows != kForever;
  }

  Result<std::unique_ptr<Source>> MakeSource(const TableContext& table,
                                             const ScanRequest& request) const override {
    WEIR_RETURN_NOT_OK(CheckFieldNames(table));
    WEIR_ASSIGN_OR_RETURN(auto generators, Generators(table));
    GeneratedTable generated;
    WEIR_ASSIGN_OR_RETURN(generated.rows, RowsOf(table, generators));
    WEIR_ASSIGN_OR_RETURN(int64_t rate, table.options.GetInt("rows-per-second", 10'000));
    if (rate <= 0) return InvalidQuery("option 'rows-per-second' must be greater than 0");
    generated.rows_per_second = static_cast<double>(rate);
    WEIR_ASSIGN_OR_RETURN(
        int64_t seed,
        table.options.GetInt("seed", static_cast<int64_t>(table.environment->random->Next())));
    generated.seed = static_cast<uint64_t>(seed);
    generated.clock = table.environment->clock;
    generated.requested = request.schema;
    for (const Field& field : request.schema.fields) {
      int index = table.schema.IndexOf(field.name);
      if (index < 0)
        return InvalidQuery("the connector 'datagen' has no metadata column '{}'", field.name);
      WEIR_ASSIGN_OR_RETURN(auto generator,
                            MakeFieldGenerator(field.type, "fields." + field.name, table.options));
      generated.fields.push_back(std::move(generator));
      generated.salts.push_back(static_cast<uint64_t>(index));
    }
    return std::make_unique<DatagenSource>(std::move(generated));
  }

 private:
  using Fields = std::vector<std::unique_ptr<FieldGenerator>>;
  static Result<Fields> Generators(const TableContext& table) {
    Fields fields;
    for (const Field& field : table.schema.fields) {
      WEIR_ASSIGN_OR_RETURN(auto generator,
                            MakeFieldGenerator(field.type, "fields." + field.name, table.options));
      fields.push_back(std::move(generator));
    }
    return fields;
  }
  static Result<int64_t> RowsOf(const TableContext& table, const Fields& fields) {
    WEIR_ASSIGN_OR_RETURN(int64_t rows, table.options.GetInt("number-of-rows", kForever));
    if (rows < 0) return InvalidQuery("option 'number-of-rows' must not be negative");
    for (const auto& field : fields) rows = std::min(rows, field->rows_max().value_or(kForever));
    return rows;
  }
  static Status CheckFieldNames(const TableContext& table) {
    std::vector<std::string> names;
    for (const Field& field : table.schema.fields) names.push_back(field.name);
    for (const auto& [key, value] : table.options.values()) {
      if (key.rfind("fields.", 0) != 0) continue;
      std::string rest = key.substr(7);
      bool known = std::any_of(names.begin(), names.end(), [&](const std::string& name) {
        return rest.rfind(name + ".", 0) == 0;
      });
      if (known) continue;
      std::string nearest = NearestName(rest.substr(0, rest.rfind('.')), names);
      Status error = InvalidQuery("option '{}' of table {} names no column", key, table.table_name);
      return nearest.empty() ? error
                             : WithHint(error, fmt::format("did you mean 'fields.{}{}'?", nearest,
                                                           rest.substr(rest.rfind('.'))));
    }
    return Status::OK();
  }

  std::string name_ = "datagen";
};

}  // namespace

std::unique_ptr<Connector> MakeDatagenConnector() { return std::make_unique<DatagenConnector>(); }

}  // namespace weir
