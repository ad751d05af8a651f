// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A JSON document as a tree, and paths into it ("lax $.a[0].b", "strict $..name").
// Numbers keep all their digits and are written as java.math.BigDecimal does (1e2 is 1E+2), as in
// Flink; of equal keys the last counts. Nesting is limited to kJsonDepthMax. simdjson reads the text.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weir/base/error.h"
#include "weir/data/json_text.h"

namespace weir {

inline constexpr int kJsonDepthMax = 1000;

struct JsonMember;
class JsonFilter;  // function/json_filter.h

struct JsonNode {
  enum class Kind : uint8_t { kNull, kBool, kNumber, kString, kArray, kObject };
  Kind kind = Kind::kNull;
  std::string text;  // kString: the characters; kNumber: as AppendJsonNumber; kBool: true or false.
  std::vector<JsonNode> items;      // kArray.
  std::vector<JsonMember> members;  // kObject, in the text's order.

  bool is_scalar() const { return kind != Kind::kArray && kind != Kind::kObject; }
  const JsonNode* Find(std::string_view key) const;
};

/// No std::pair: that of a type which is not complete yet does not compile with clang.
struct JsonMember {
  std::string first;
  JsonNode second;
};

/// Reads documents; keeps its buffers from one to the next. Threads: one.
class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  /// Errors: kInvalidData with the cause. `only`: of an object at the top just this member is kept;
  /// the others are checked all the same.
  Result<JsonNode> Read(std::string_view text, const std::string_view* only = nullptr);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

/// Whether AppendJsonNumber leaves `number` as it is.
bool IsPlainJsonNumber(std::string_view number);
/// Appends a JSON number as java.math.BigDecimal (or, of a whole one, BigInteger) prints it.
void AppendJsonNumber(std::string_view number, std::string* out);
/// Appends the node as JSON; members by key, as Flink writes them.
void AppendJson(const JsonNode& node, std::string* out);
/// The text that JSON_VALUE gives for a scalar; strings without quotes.
std::string JsonScalarText(const JsonNode& node);

/// A compiled path.
class JsonPath {
 public:
  enum class Mode : uint8_t { kStrict, kLax };
  /// What a path finds: a node, nothing, or (in strict mode) an error.
  struct Found {
    const JsonNode* node = nullptr;
    std::shared_ptr<JsonNode>
        owned;  // The list of a path with several answers; `node` points into it.
    std::string error;
    bool is_failure = false;  // An error in lax mode too: a function, a search that was given up.
    int64_t visits = 0;       // Values that were looked at.
  };

  /// Errors: kInvalidQuery, kUnsupported (scripts).
  static Result<JsonPath> Compile(std::string_view text);
  Mode mode() const { return mode_; }
  /// The only member of the document's object that the path looks at; null when there may be
  /// others.
  const std::string* only_member() const {
    bool is_one = !reads_root_ && !steps_.empty() && steps_[0].kind == Step::Kind::kMember &&
                  steps_[0].names.size() == 1;
    return is_one ? &steps_[0].names[0] : nullptr;
  }
  Found Find(const JsonNode& root) const;

  /// A member, or (index >= 0) an element.
  struct PlainStep {
    std::string name;
    int64_t index = -1;
  };
  /// The path as members and elements counted from the front alone; null when it has anything else,
  /// or nothing.
  const std::vector<PlainStep>* plain_steps() const {
    return plain_steps_.empty() ? nullptr : &plain_steps_;
  }

 private:
  /// Of a function: a value, or a path from the document's root.
  struct Argument {
    std::optional<JsonNode> value;
    std::shared_ptr<const JsonPath> path;
  };
  struct Step {
    enum class Kind : uint8_t { kMember, kIndex, kWildcard, kDeep, kSlice, kFilter, kFunction };
    Kind kind;
    std::vector<std::string> names = {};  // Of members; of the function.
    std::vector<int64_t> indices = {};
    std::optional<int64_t> from = {}, to = {};  // Of a slice.
    std::shared_ptr<const JsonFilter> filter = nullptr;
    std::vector<Argument> arguments = {};  // Of the function.
  };
  static bool IsDefinite(const Step& step);
  bool IsDefinite() const;
  Status ReadBracket(std::string_view text, size_t* at);
  Status ReadFilter(std::string_view text, size_t* at);
  Status ReadFunction(std::string_view text, size_t name, size_t* at);
  Status AddArgument(std::string_view text, std::string_view path, Step* step);
  void InvertDeepFunction();
  void SetPlainSteps();
  struct Collector;  // In json_path.cc.
  void Collect(const JsonNode& node, size_t step, Collector* collector) const;
  void CollectDeep(const JsonNode& node, size_t step, Collector* collector) const;
  Found FindAll(const JsonNode& root) const;
  Found FindOne(const JsonNode& root) const;
  /// What a function makes of a value, in json_path_function.cc.
  Found Apply(const Step& step, const JsonNode& model, const JsonNode& root) const;
  Status Evaluate(const Step& step, const JsonNode& root, std::vector<JsonNode>* values,
                  int64_t* visits) const;

  Mode mode_ = Mode::kStrict;
  bool is_definite_ = true;  // One answer at most.
  bool reads_root_ = false;  // A filter or an argument looks at the whole document.
  std::vector<Step> steps_;
  std::vector<PlainStep> plain_steps_;
};

}  // namespace weir
