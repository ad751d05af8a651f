// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// 'format' = 'json': one object a line, or a file that is one array of objects.
// Source: Flink documentation, "JSON Format".
#include "weir/format/formats.h"
#include "weir/format/json_decoder.h"
#include "weir/format/json_encoder.h"
#include "weir/format/json_infer.h"
#include "weir/format/record_options.h"

namespace weir {
namespace {

class JsonFormat : public Format {
 public:
  const std::string& name() const override { return name_; }
  std::string description() const override { return "JSON objects, one a line"; }
  const std::vector<OptionSpec>& options() const override {
    using T = OptionType;
    static const std::vector<OptionSpec>* specs = new std::vector<OptionSpec>{
        {"fail-on-missing-field", T::kBool, "false", "A record without one of the columns is bad"},
        IgnoreParseErrorsOption(),
        OnBadRecordOption(),
        {"timestamp-format.standard",
         T::kEnum,
         "SQL",
         "Form of timestamps; reading takes both when it is not set",
         false,
         {"SQL", "ISO-8601"}},
        {"map-null-key.mode",
         T::kEnum,
         "FAIL",
         "What becomes of NULL keys of maps when writing",
         false,
         {"FAIL", "DROP", "LITERAL"}},
        {"map-null-key.literal", T::kString, "null",
         "Key that stands for NULL with 'map-null-key.mode' = 'LITERAL'"},
        {"encode.decimal-as-plain-number", T::kBool, "false", "Write decimals without exponents"},
        {"encode.ignore-null-fields", T::kBool, "false", "Leave out fields that are NULL"},
        {"decode.json-parser.enabled", T::kBool, "true",
         "Accepted for Flink's sake; has no effect"},
    };
    return *specs;
  }
  bool splits_at_lines(const Options&) const override { return true; }
  Result<std::unique_ptr<RecordDecoder>> MakeDecoder(const DecodeSpec& spec) const override {
    return MakeJsonDecoder(spec);
  }
  Result<std::unique_ptr<RecordEncoder>> MakeEncoder(const EncodeSpec& spec) const override {
    return MakeJsonEncoder(spec);
  }
  Result<Schema> InferSchema(std::string_view sample, bool is_whole,
                             const Options&) const override {
    return InferJsonSchema(sample, is_whole);
  }

 private:
  std::string name_ = "json";
};

}  // namespace

std::unique_ptr<Format> MakeJsonFormat() { return std::make_unique<JsonFormat>(); }

}  // namespace weir
