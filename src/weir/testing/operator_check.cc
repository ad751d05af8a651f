// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/operator_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <sstream>
#include <vector>

#include "weir/memory/budget_pool.h"
#include "weir/runtime/contract_check.h"
#include "weir/testing/check_script.h"
#include "weir/testing/fake_clock.h"
#include "weir/testing/memory_snapshot.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

enum class Pass { kWhole, kTight, kRowByRow };

std::string_view PassName(Pass pass) {
  return pass == Pass::kWhole   ? "as it stands"
         : pass == Pass::kTight ? "with little room"
                                : "one row at a time";
}

/// Collects what an operator emits, as text.
class TextOutput : public Output {
 public:
  TextOutput(const CheckScript& script, bool tight) : script_(script), tight_(tight) {}

  Status Emit(Batch batch) override {
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      items_.push_back(FormatRow(batch, i));
      if (!script_.key.empty()) keys_[items_.back()] = FormatValues(batch, i, script_.key);
    }
    full_ = tight_;
    return Status::OK();
  }
  Status Emit(Watermark watermark) override {
    if (script_.show_watermarks) {
      items_.push_back(watermark.millis == Watermark::kMax ? "wmax"
                                                           : fmt::format("w{}", watermark.millis));
    }
    return Status::OK();
  }
  Status EmitActivity(Activity activity) override {
    if (script_.show_watermarks) items_.push_back(activity == Activity::kIdle ? "idle" : "active");
    return Status::OK();
  }
  bool HasRoom() const override { return !full_; }

  void MakeRoom() { full_ = false; }
  std::vector<std::string> Take() { return std::exchange(items_, {}); }
  bool empty() const { return items_.empty(); }
  const std::map<std::string, std::string>& keys() const { return keys_; }

 private:
  const CheckScript& script_;
  bool tight_;
  bool full_ = false;
  std::vector<std::string> items_;
  std::map<std::string, std::string> keys_;  // Of each row that was emitted.
};

/// The content that changes add up to.
class FoldedContent {
 public:
  void Add(const std::vector<std::string>& items, const std::map<std::string, std::string>& keys) {
    for (const std::string& item : items) {
      if (item[0] != '+' && item[0] != '-') continue;
      bool adds = item.starts_with("+");
      std::string row = item.substr(std::min<size_t>(3, item.size()));
      auto key = keys.find(item);
      if (key == keys.end()) {
        int count = counts_[row] += adds ? 1 : -1;
        if (count == 0) counts_.erase(row);
      } else if (adds) {
        rows_[key->second] = row;
      } else if (!item.starts_with("-U")) {
        rows_.erase(key->second);
      }
    }
  }
  std::string ToString() const {
    std::string text;
    for (const auto& [row, count] : counts_) text += fmt::format("  {}x {}\n", count, row);
    for (const auto& [key, row] : rows_) text += fmt::format("  {}\n", row);
    return text;
  }

 private:
  std::map<std::string, int> counts_;
  std::map<std::string, std::string> rows_;
};

/// One pass over the script.
class ScriptRun {
 public:
  ScriptRun(const OperatorFactory& factory, CheckScript& script, Pass pass)
      : factory_(factory),
        script_(script),
        pass_(pass),
        pool_("test", 0, nullptr, arrow::default_memory_pool()),
        out_(script, pass == Pass::kTight) {
    environment_ = RealEnvironment();
    environment_.clock = &clock_;
    context_.environment = &environment_;
    context_.pool = &pool_;
    context_.batch_rows_max = pass == Pass::kWhole ? 4096 : pass == Pass::kTight ? 2 : 1;
    context_.counters = &counters_;
  }

  Status Run(bool update) {
    WEIR_RETURN_NOT_OK(Make());
    for (size_t i = 0; i < script_.steps.size(); ++i) {
      CheckStep& step = script_.steps[i];
      if (step.kind == CheckStep::Kind::kOut) {
        Compare(step, update);
        continue;
      }
      Status status = RunStep(step);
      bool must_fail =
          i + 1 < script_.steps.size() && script_.steps[i + 1].kind == CheckStep::Kind::kError;
      if (must_fail) {
        CheckError(status, script_.steps[i + 1]);
        return Status::OK();
      }
      if (!status.ok()) return WithContext(status, "'" + step.line + "'");
    }
    if (!out_.empty())
      ADD_FAILURE() << "left over at the end, " << PassName(pass_) << ":\n  " << Join(out_.Take());
    return Status::OK();
  }

  static std::string Join(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) text += (text.empty() ? "" : "  ") + item;
    return text;
  }

 private:
  Status Make() {
    WEIR_ASSIGN_OR_RETURN(auto made, factory_(context_));
    operator_ = WithContractChecks(
        std::move(made), {"operator", script_.inputs, script_.output, context_.batch_rows_max});
    return Status::OK();
  }

  Status RunStep(const CheckStep& step) {
    switch (step.kind) {
      case CheckStep::Kind::kIn:
        return RunIn(step);
      case CheckStep::Kind::kWatermark:
        watermark_ = step.number;
        return Finish(operator_->OnWatermark({step.number}, out_));
      case CheckStep::Kind::kTime:
        clock_.SetMillis(step.number);
        return operator_->NextTimerMillis() <= step.number
                   ? Finish(operator_->OnTimer(step.number, out_))
                   : Status::OK();
      case CheckStep::Kind::kCheckpoint:
        return RunCheckpoint();
      case CheckStep::Kind::kEnd:
        return RunEnd(step);
      case CheckStep::Kind::kOut:
      case CheckStep::Kind::kError:
        break;
    }
    return Status::OK();
  }

  Status RunIn(const CheckStep& step) {
    WEIR_ASSIGN_OR_RETURN(
        Batch batch, ParseRows(step.text, script_.inputs[static_cast<size_t>(step.input)], &pool_));
    if (pass_ != Pass::kRowByRow) return Finish(operator_->OnBatch(step.input, batch, out_));
    for (int64_t i = 0; i < batch.num_rows; ++i) {
      WEIR_ASSIGN_OR_RETURN(Batch row, SliceBatch(batch, i, 1, &pool_));
      WEIR_RETURN_NOT_OK(Finish(operator_->OnBatch(step.input, row, out_)));
    }
    return Status::OK();
  }

  Status RunEnd(const CheckStep& step) {
    int inputs = static_cast<int>(script_.inputs.size());
    ended_.resize(script_.inputs.size());
    for (int i = 0; i < inputs; ++i) {
      if (ended_[static_cast<size_t>(i)] || (step.input >= 0 && step.input != i)) continue;
      ended_[static_cast<size_t>(i)] = true;
      bool last = std::all_of(ended_.begin(), ended_.end(), [](bool ended) { return ended; });
      if (last && watermark_ != Watermark::kMax) {
        watermark_ = Watermark::kMax;
        WEIR_RETURN_NOT_OK(Finish(operator_->OnWatermark({Watermark::kMax}, out_)));
      }
      WEIR_RETURN_NOT_OK(Finish(operator_->OnEnd(i, out_)));
    }
    return Status::OK();
  }

  Status RunCheckpoint() {
    MemorySnapshot snapshot(&pool_);
    WEIR_RETURN_NOT_OK(operator_->Save(snapshot));
    operator_.reset();
    WEIR_RETURN_NOT_OK(Make());
    return operator_->Restore(*snapshot.Reader(0, 1));
  }

  /// Brings an event to its end.
  Status Finish(Result<Progress> progress) {
    for (int rounds = 0;; ++rounds) {
      WEIR_RETURN_NOT_OK(progress.status());
      out_.MakeRoom();
      if (*progress != Progress::kMoreOutput) return Status::OK();
      if (rounds > 1'000'000) return Internal("the operator never comes to an end of its output");
      progress = operator_->Continue(out_);
    }
  }

  void Compare(CheckStep& step, bool update) {
    std::vector<std::string> items = out_.Take();
    if (update) {
      step.text = Join(items);
      step.items = items;
      return;
    }
    if (pass_ != Pass::kRowByRow || script_.strict) {
      std::vector<std::string> expected = step.items;
      if (script_.unordered) {
        std::sort(items.begin(), items.end());
        std::sort(expected.begin(), expected.end());
      }
      if (items != expected) {
        ADD_FAILURE() << PassName(pass_) << ", line '" << step.line << "'\n  expected  "
                      << Join(expected) << "\n  actual    " << Join(items);
      }
      return;
    }
    folded_expected_.Add(step.items, script_.item_keys);
    folded_actual_.Add(items, out_.keys());
    if (folded_expected_.ToString() != folded_actual_.ToString()) {
      ADD_FAILURE() << PassName(pass_) << ", content after line '" << step.line << "'\n expected\n"
                    << folded_expected_.ToString() << " actual\n"
                    << folded_actual_.ToString() << " changes\n  " << Join(items);
    }
  }

  void CheckError(const Status& status, const CheckStep& step) {
    if (status.ok()) {
      ADD_FAILURE() << PassName(pass_) << ": no error where one is expected: " << step.text;
    } else if (status.message().find(step.text) == std::string::npos) {
      ADD_FAILURE() << PassName(pass_) << "\n  expected error  " << step.text
                    << "\n  actual          " << status.message();
    }
  }

  const OperatorFactory& factory_;
  CheckScript& script_;
  Pass pass_;
  BudgetPool pool_;
  FakeClock clock_;
  Environment environment_;
  OperatorCounters counters_;
  OperatorContext context_;
  TextOutput out_;
  std::unique_ptr<Operator> operator_;
  int64_t watermark_ = Watermark::kMin;
  std::vector<bool> ended_;
  FoldedContent folded_expected_, folded_actual_;
};

}  // namespace

void CheckOperatorScript(const OperatorFactory& factory, const std::string& text,
                         std::source_location where) {
  testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "CheckOperator");
  auto script = ParseCheckScript(text);
  if (!script.ok()) {
    ADD_FAILURE() << "the script: " << script.status().message();
    return;
  }
  const char* wanted = std::getenv("WEIR_UPDATE_EXPECTED");
  bool update = wanted != nullptr && std::string_view(wanted) == "1";
  for (Pass pass : {Pass::kWhole, Pass::kTight, Pass::kRowByRow}) {
    Status status = ScriptRun(factory, *script, pass).Run(update && pass == Pass::kWhole);
    if (!status.ok()) {
      ADD_FAILURE() << PassName(pass) << ": " << status.message();
      return;
    }
    if (update && pass == Pass::kWhole) {
      status = RewriteScript(where.file_name(), static_cast<int>(where.line()), text, *script);
      if (!status.ok()) ADD_FAILURE() << status.message();
      return;
    }
  }
}

std::string RunSource(const SourceFactory& factory, SourceRun run) {
  BudgetPool pool("test", 0, nullptr, arrow::default_memory_pool());
  FakeClock clock;
  Environment environment = RealEnvironment();
  environment.clock = &clock;
  OperatorCounters counters;
  OperatorContext context;
  context.environment = &environment;
  context.pool = &pool;
  context.batch_rows_max = run.batch_rows_max;
  context.counters = &counters;
  auto made = factory(context);
  if (!made.ok()) return "error " + made.status().message();
  auto source =
      WithContractChecks(std::move(*made), {"source", {}, std::nullopt, context.batch_rows_max});
  CheckScript script;
  script.show_watermarks = true;
  TextOutput out(script, false);
  std::string text;
  for (int64_t i = 0; i < run.polls_max; ++i) {
    auto state = source->Poll(out);
    std::string piece = ScriptRun::Join(out.Take());
    if (!piece.empty()) text += (text.empty() ? "" : run.show_batches ? " | " : "  ") + piece;
    if (!state.ok()) return text + (text.empty() ? "" : "  ") + "error " + state.status().message();
    if (*state == PollState::kEnd) return text + (text.empty() ? "" : "  ") + "end";
    if (*state == PollState::kNothing) clock.SleepMicros(1000);
  }
  return text;
}

}  // namespace weir
