// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// A JSON document as a tree, and paths into it ("lax $.a[0].b", "strict $..name").
// Numbers keep all their digits and are written as java.math.BigDecimal does (1e2 is 1E+2), as in
// Flink; of equal keys the last counts. Nesting is limited to kJsonDepthMax. simdjson reads the
// text.
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

/// How much a search may still look at and keep. One for a path, the arguments of its functions,
/// the paths in its filters and theirs: work multiplies with nesting. A visit is about what a look
/// at a small value takes; what grows with a value (a copy, a comparison) is paid before it is
/// done.
class JsonBudget {
 public:
  static constexpr int64_t kVisitsMax = 10'000'000;
  static constexpr int64_t kCopyWeight = 3;  // Copies that are kept: some 400 MB in all at most.

  explicit JsonBudget(int64_t visits = kVisitsMax) : left_(visits) {}
  int64_t left() const { return left_; }
  bool is_spent() const { return left_ <= 0; }
  /// False: it is spent.
  bool Pay(size_t visits) {
    left_ -= static_cast<int64_t>(visits);
    return left_ > 0;
  }
  bool PayText(size_t bytes) { return Pay(bytes / 16); }
  /// All values in `node`, `weight` for each and for every 32 bytes of text.
  bool PayCopy(const JsonNode& node, int64_t weight = kCopyWeight);
  /// object.Find(key), paid.
  const JsonNode* Find(const JsonNode& object, std::string_view key) {
    Pay(object.members.size() / 16);
    return object.Find(key);
  }
  /// The error of a search that was given up.
  static Status Spent();

 private:
  int64_t left_;
};

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
  /// As part of a search; a spent budget is a failure.
  Found Find(const JsonNode& root, JsonBudget* budget) const {
    return Search(root, JsonBudget::kCopyWeight, budget);
  }

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
  static void CountItems(std::string_view function, JsonPath* argument);
  void SetPlainSteps();
  struct Collector;  // In json_path.cc.
  void Collect(const JsonNode& node, size_t step, Collector* collector) const;
  void CollectDeep(const JsonNode& node, size_t step, Collector* collector) const;
  Found Search(const JsonNode& root, int64_t copy_weight, JsonBudget* budget) const;
  Found FindAll(const JsonNode& root, int64_t copy_weight, JsonBudget* budget) const;
  Found FindOne(const JsonNode& root, JsonBudget* budget) const;
  /// The first `steps` steps, as errors name them.
  std::string Where(size_t steps) const;
  /// What a function makes of a value, in json_path_function.cc.
  Found Apply(const Step& step, const JsonNode& model, const JsonNode& root,
              JsonBudget* budget) const;
  Status Evaluate(const Step& step, const JsonNode& root, JsonBudget* budget,
                  std::vector<Found>* values) const;

  Mode mode_ = Mode::kStrict;
  bool is_definite_ = true;  // One answer at most.
  bool reads_root_ = false;  // A filter or an argument looks at the whole document.
  std::vector<Step> steps_;
  std::vector<PlainStep> plain_steps_;
};

}  // namespace weir
