// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/testing/check_script.h"

#include <algorithm>
#include <fstream>
#include <sstream>

#include "weir/data/text.h"
#include "weir/operator/operator.h"
#include "weir/testing/text_batch.h"

namespace weir {
namespace {

std::vector<std::string> SplitLines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string Trim(const std::string& text) {
  size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool BeginsWithKind(const std::string& text) {
  return text.starts_with("+I ") || text.starts_with("-U ") || text.starts_with("+U ") ||
         text.starts_with("-D ");
}

/// "5", "max".
Result<int64_t> ParseMillis(const std::string& text) {
  if (text == "max") return Watermark::kMax;
  std::optional<int64_t> number = ParseInteger(text);
  if (!number) return InvalidData("'{}' is no number of milliseconds", text);
  return *number;
}

class ScriptParser {
 public:
  Result<CheckScript> Parse(const std::string& text) {
    std::vector<std::string> lines = SplitLines(text);
    for (size_t i = 0; i < lines.size(); ++i) {
      std::string line = Trim(lines[i]);
      if (line.empty() || line.starts_with("--")) continue;
      Status status = ParseLine(line, static_cast<int>(i));
      if (!status.ok()) return WithContext(status, "'" + line + "'");
    }
    for (CheckStep& step : script_.steps) {
      if (step.kind != CheckStep::Kind::kOut) continue;
      Status status = ReadItems(&step);
      if (!status.ok()) return WithContext(status, "'" + step.line + "'");
    }
    return std::move(script_);
  }

 private:
  Status ParseLine(const std::string& line, int at) {
    if (BeginsWithKind(line) && !script_.steps.empty()) {
      CheckStep& step = script_.steps.back();
      step.text += "  " + line;
      step.num_lines = at - step.first_line + 1;
      return Status::OK();
    }
    size_t blank = std::min(line.find(' '), line.size());
    std::string word = line.substr(0, blank), rest = Trim(line.substr(blank));
    CheckStep step;
    step.text = rest;
    step.line = line;
    step.first_line = at;
    if (word == "input") {
      WEIR_ASSIGN_OR_RETURN(Schema schema, ParseSchemaText(rest));
      script_.inputs.push_back(std::move(schema));
      return Status::OK();
    }
    if (word == "output") {
      WEIR_ASSIGN_OR_RETURN(script_.output, ParseSchemaText(rest));
      return Status::OK();
    }
    if (word == "key") {
      std::istringstream columns(rest);
      for (int column; columns >> column;) script_.key.push_back(column);
      return Status::OK();
    }
    if (word == "unordered" || word == "strict" || line == "show watermarks") {
      (word == "unordered" ? script_.unordered
       : word == "strict"  ? script_.strict
                           : script_.show_watermarks) = true;
      return Status::OK();
    }
    return ParseEvent(word, rest, std::move(step));
  }

  Status ParseEvent(const std::string& word, const std::string& rest, CheckStep step) {
    if (word == "in" ||
        (word.size() == 3 && word.starts_with("in") && word[2] >= '0' && word[2] <= '9')) {
      step.kind = CheckStep::Kind::kIn;
      step.input = word == "in" ? 0 : word[2] - '0';
      if (step.input >= static_cast<int>(script_.inputs.size()))
        return InvalidData("there is no input {}", step.input);
    } else if (word == "out") {
      step.kind = CheckStep::Kind::kOut;
    } else if (word == "watermark" || word == "time") {
      step.kind = word == "time" ? CheckStep::Kind::kTime : CheckStep::Kind::kWatermark;
      WEIR_ASSIGN_OR_RETURN(step.number, ParseMillis(rest));
    } else if (word == "checkpoint") {
      step.kind = CheckStep::Kind::kCheckpoint;
    } else if (word == "end") {
      step.kind = CheckStep::Kind::kEnd;
      step.input = rest.empty() ? -1 : std::atoi(rest.c_str());
    } else if (word == "error") {
      step.kind = CheckStep::Kind::kError;
    } else {
      return InvalidData("'{}' is no word of a script", word);
    }
    script_.steps.push_back(std::move(step));
    return Status::OK();
  }

  /// Reads expected rows with the output's types, so that they are compared in FormatRow's writing.
  /// Without an output schema, rows are split before each kind.
  Status ReadItems(CheckStep* step) {
    for (const std::string& piece : SplitItems(step->text)) {
      if (!script_.output || !BeginsWithKind(piece + " ")) {
        std::istringstream words(piece);
        std::string item;
        for (std::string word; words >> word;) item += (item.empty() ? "" : " ") + word;
        step->items.push_back(item);
        if (!script_.key.empty() && !script_.output)
          return InvalidData("`key` needs an `output` line");
        continue;
      }
      WEIR_ASSIGN_OR_RETURN(Batch row,
                            ParseRows(piece, *script_.output, arrow::default_memory_pool()));
      step->items.push_back(FormatRow(row, 0));
      if (!script_.key.empty())
        script_.item_keys[step->items.back()] = FormatValues(row, 0, script_.key);
    }
    return Status::OK();
  }

  /// Splits before each row kind and each watermark that stand outside quotes.
  std::vector<std::string> SplitItems(const std::string& text) const {
    std::vector<std::string> items;
    bool quoted = false;
    size_t begin = 0;
    for (size_t i = 0; i <= text.size(); ++i) {
      if (i < text.size() && text[i] == '\'') quoted = !quoted;
      bool starts = i == text.size() ||
                    (!quoted && (i == 0 || text[i - 1] == ' ') && StartsItem(text.substr(i)));
      if (!starts) continue;
      std::string item = Trim(text.substr(begin, i - begin));
      if (!item.empty()) items.push_back(item);
      begin = i;
    }
    return items;
  }

  bool StartsItem(const std::string& text) const {
    std::string word = text.substr(0, text.find(' '));
    if (word == "+I" || word == "-U" || word == "+U" || word == "-D") return true;
    if (!script_.show_watermarks) return false;
    return word == "idle" || word == "active" || word == "wmax" ||
           (word.size() > 1 && word[0] == 'w' &&
            word.find_first_not_of("-0123456789", 1) == std::string::npos);
  }

  CheckScript script_;
};

/// The script with its `out` lines rewritten, keeping everything else as it stands.
std::string WithOutputs(const std::string& old_text, const CheckScript& script) {
  std::vector<std::string> lines = SplitLines(old_text);
  std::string text;
  size_t step = 0;
  for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
    while (step < script.steps.size() && script.steps[step].first_line < i) ++step;
    bool is_out = step < script.steps.size() && script.steps[step].first_line == i &&
                  script.steps[step].kind == CheckStep::Kind::kOut;
    if (!is_out) {
      text += lines[static_cast<size_t>(i)] + (i + 1 < static_cast<int>(lines.size()) ? "\n" : "");
      continue;
    }
    const std::string& line = lines[static_cast<size_t>(i)];
    std::string indent = line.substr(0, line.find("out"));
    std::string out = indent + "out";
    size_t line_begin = 0;
    for (const std::string& item : script.steps[step].items) {
      if (out.size() - line_begin + item.size() > 98 && BeginsWithKind(item)) {
        out += "\n" + indent + "     " + item;
        line_begin = out.rfind('\n') + 1;
      } else {
        out += "  " + item;
      }
    }
    text += out + "\n";
    i += script.steps[step].num_lines - 1;
  }
  return text;
}

}  // namespace

Result<CheckScript> ParseCheckScript(const std::string& text) { return ScriptParser().Parse(text); }

Status RewriteScript(const std::string& file, int line, const std::string& old_text,
                     const CheckScript& script) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream content;
  content << in.rdbuf();
  std::string source = content.str();
  // The nearest copy of the script at or after the call; earlier rewrites of the same file may have
  // moved it up or down.
  size_t best = std::string::npos;
  int64_t best_distance = 0;
  for (size_t at = source.find(old_text); at != std::string::npos;
       at = source.find(old_text, at + 1)) {
    auto at_line = std::count(source.begin(), source.begin() + static_cast<int64_t>(at), '\n') + 1;
    int64_t distance = std::abs(at_line - line);
    if (best == std::string::npos || distance < best_distance) {
      best = at;
      best_distance = distance;
    }
  }
  if (best == std::string::npos)
    return Internal("the script of line {} was not found in {}", line, file);
  std::string text = WithOutputs(old_text, script);
  if (text == old_text) return Status::OK();
  source.replace(best, old_text.size(), text);
  std::ofstream(file, std::ios::binary) << source;
  return Status::OK();
}

}  // namespace weir
