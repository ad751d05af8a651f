// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'format' = 'csv'. Source: Flink documentation, "CSV Format"; RFC 4180. 'csv.header' is ours.
#include "weir/format/csv_decoder.h"
#include "weir/format/csv_encoder.h"
#include "weir/format/csv_options.h"
#include "weir/format/formats.h"
#include "weir/format/record_options.h"
#include "weir/format/text_values.h"

namespace weir {
namespace {

constexpr int kRecordsMax = 10'000;

// One character, also written "\t", "\\" or "\u0001".
Result<char> OneCharacter(const std::string& key, const std::string& text) {
  if (text.size() == 1) return text[0];
  if (text == "\\t") return '\t';
  if (text == "\\\\") return '\\';
  if (text.size() == 6 && text[0] == '\\' && (text[1] == 'u' || text[1] == 'U')) {
    unsigned value = 0;
    for (char c : text.substr(2)) {
      int digit = c >= '0' && c <= '9'                 ? c - '0'
                  : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                       : -1;
      if (digit < 0) value = 1000;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    if (value < 128) return static_cast<char>(value);
  }
  return InvalidQuery("option 'csv.{}' must be one ASCII character, not '{}'", key, text);
}

class CsvFormat : public Format {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "Comma-separated values, RFC 4180"; }
  const std::vector<OptionSpec>& options() const override { return CsvOptionSpecs(); }
  bool splits_at_lines(const Options& options) const override {
    auto dialect = ReadCsvDialect(options);
    return dialect.ok() && dialect->quote == '\0' && dialect->escape == '\0';
  }
  Result<std::unique_ptr<RecordDecoder>> MakeDecoder(const DecodeSpec& spec) const override {
    return MakeCsvDecoder(spec);
  }
  Result<std::unique_ptr<RecordEncoder>> MakeEncoder(const EncodeSpec& spec) const override {
    return MakeCsvEncoder(spec);
  }

  Result<Schema> InferSchema(std::string_view sample, bool is_whole,
                             const Options& options) const override {
    WEIR_ASSIGN_OR_RETURN(CsvDialect dialect, ReadCsvDialect(options));
    if (sample.substr(0, 3) == "\xEF\xBB\xBF") sample.remove_prefix(3);
    std::vector<std::vector<std::string>> records;
    size_t at = 0;
    std::vector<std::string> fields;
    while (static_cast<int>(records.size()) < kRecordsMax &&
           SplitCsvRecord(dialect, sample, is_whole, &at, &fields)) {
      bool blank = fields.size() == 1 && fields[0].empty();
      bool comment = dialect.has_comments && !fields[0].empty() && fields[0][0] == '#';
      if (!blank && !comment) records.push_back(fields);
    }
    if (records.empty())
      return InvalidData("there is no record to tell the columns from: the file is empty");
    bool has_header = dialect.header == CsvDialect::Header::kAuto
                          ? LooksLikeHeader(records)
                          : dialect.header == CsvDialect::Header::kYes;
    return SchemaOf(records, has_header);
  }

 private:
  // A first record of names over columns of which at least one is not text; or of distinct words
  // when all are text.
  static bool LooksLikeHeader(const std::vector<std::vector<std::string>>& records) {
    const auto& first = records[0];
    for (size_t i = 0; i < first.size(); ++i) {
      if (first[i].empty() || GuessField(first[i]) != TextGuess::kString) return false;
      for (size_t k = 0; k < i; ++k) {
        if (first[k] == first[i]) return false;
      }
    }
    if (records.size() == 1) return true;
    for (size_t i = 0; i < first.size(); ++i) {
      TextGuess guess = GuessColumn(records, i);
      if (guess != TextGuess::kString && guess != TextGuess::kNothing) return true;
    }
    // All text: a name has no blanks at its ends and does not come again below.
    for (size_t i = 0; i < first.size(); ++i) {
      for (size_t r = 1; r < records.size() && r < 100; ++r) {
        if (i < records[r].size() && records[r][i] == first[i]) return false;
      }
    }
    return true;
  }

  static TextGuess GuessColumn(const std::vector<std::vector<std::string>>& records,
                               size_t column) {
    TextGuess guess = TextGuess::kNothing;
    for (size_t r = 1; r < records.size(); ++r) {
      if (column < records[r].size()) guess = MergeGuess(guess, GuessField(records[r][column]));
    }
    return guess;
  }

  static Result<Schema> SchemaOf(const std::vector<std::vector<std::string>>& records,
                                 bool has_header) {
    Schema schema;
    for (size_t i = 0; i < records[0].size(); ++i) {
      TextGuess guess = GuessColumn(records, i);
      if (!has_header) guess = MergeGuess(guess, GuessField(records[0][i]));
      std::string name = has_header ? records[0][i] : fmt::format("f{}", i);
      schema.fields.push_back({std::move(name), TypeOfGuess(guess)});
    }
    return schema;
  }

  std::string name_ = "csv";
};

}  // namespace

const std::vector<OptionSpec>& CsvOptionSpecs() {
  using T = OptionType;
  static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
      {"field-delimiter", T::kString, ",", "Character between fields"},
      {"quote-character", T::kString, "\"", "Character around fields"},
      {"disable-quote-character", T::kBool, "false", "Quotes are ordinary characters"},
      {"escape-character", T::kString, "", "The character behind this one stands for itself"},
      {"allow-comments", T::kBool, "false", "Lines that begin with # are passed over"},
      {"array-element-delimiter", T::kString, ";",
       "What stands between elements of arrays and fields of rows"},
      {"null-literal", T::kString, "", "Text that stands for NULL"},
      {"write-bigdecimal-in-scientific-notation", T::kBool, "true",
       "Write decimals with exponents where Java does"},
      {"header",
       T::kEnum,
       "auto",
       "Whether the first record of a file holds the column names (auto: when it is them); true: "
       "written files get one",
       false,
       {"auto", "true", "false"}},
      IgnoreParseErrorsOption(),
      OnBadRecordOption(),
  };
  return *specs;
}

Result<CsvDialect> ReadCsvDialect(const Options& options) {
  CsvDialect dialect;
  WEIR_ASSIGN_OR_RETURN(dialect.delimiter,
                        OneCharacter("field-delimiter", options.GetOr("field-delimiter", ",")));
  WEIR_ASSIGN_OR_RETURN(dialect.quote,
                        OneCharacter("quote-character", options.GetOr("quote-character", "\"")));
  WEIR_ASSIGN_OR_RETURN(bool no_quotes, options.GetBool("disable-quote-character", false));
  if (no_quotes && options.Has("quote-character")) {
    return InvalidQuery(
        "the options 'csv.quote-character' and 'csv.disable-quote-character' cannot both be set");
  }
  if (no_quotes) dialect.quote = '\0';
  if (auto escape = options.Get("escape-character")) {
    WEIR_ASSIGN_OR_RETURN(dialect.escape, OneCharacter("escape-character", *escape));
  }
  if (dialect.delimiter == dialect.quote || dialect.delimiter == '\n' || dialect.quote == '\n') {
    return InvalidQuery(
        "the options 'csv.field-delimiter' and 'csv.quote-character' must differ from each other "
        "and from the line end");
  }
  dialect.element_delimiter = options.GetOr("array-element-delimiter", ";");
  if (dialect.element_delimiter.empty())
    return InvalidQuery("option 'csv.array-element-delimiter' must not be empty");
  dialect.null_literal = options.Get("null-literal");
  WEIR_ASSIGN_OR_RETURN(dialect.has_comments, options.GetBool("allow-comments", false));
  std::string header = options.GetOr("header", "auto");
  dialect.header = header == "true"    ? CsvDialect::Header::kYes
                   : header == "false" ? CsvDialect::Header::kNo
                                       : CsvDialect::Header::kAuto;
  WEIR_ASSIGN_OR_RETURN(dialect.ignore_parse_errors, options.GetBool("ignore-parse-errors", false));
  WEIR_ASSIGN_OR_RETURN(bool scientific,
                        options.GetBool("write-bigdecimal-in-scientific-notation", true));
  dialect.plain_decimals = !scientific;
  return dialect;
}

std::unique_ptr<Format> MakeCsvFormat() { return std::make_unique<CsvFormat>(); }

}  // namespace weir
