// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "completion.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "weir/sql/lexer.h"
#include "weir/sql/parser.h"

namespace weir {
namespace {

std::string Upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return upper;
}

bool StartsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && Upper(text.substr(0, prefix.size())) == Upper(prefix);
}

bool IsBareName(std::string_view name) {
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return false;
  bool plain = std::all_of(name.begin(), name.end(),
                           [](unsigned char c) { return std::isalnum(c) || c == '_'; });
  return plain && !IsReservedWord(name);
}

std::string QuoteName(const std::string& name) {
  if (IsBareName(name)) return name;
  std::string quoted = "`";
  for (char c : name) quoted += c == '`' ? "``" : std::string(1, c);
  return quoted + "`";
}

/// The words that a statement begins with.
constexpr std::string_view kFirstWords[] = {"SELECT",  "INSERT",   "CREATE",  "DROP", "ALTER",
                                            "SHOW",    "DESCRIBE", "EXPLAIN", "USE",  "SET",
                                            "RESET",   "WITH",     "VALUES",  "FROM", "EXECUTE",
                                            "COMPILE", "BEGIN",    "HELP",    "QUIT", "CLEAR"};
/// Words after which a table's name stands.
constexpr std::string_view kTableWords[] = {"FROM", "JOIN",      "INTO", "TABLE", "DESCRIBE",
                                            "DESC", "OVERWRITE", "VIEW", "UPDATE"};

template <size_t N>
bool Contains(const std::string_view (&words)[N], std::string_view word) {
  return std::find(std::begin(words), std::end(words), word) != std::end(words);
}

using Path = std::vector<std::string>;

class Completer {
 public:
  Completer(NameSource& names, std::string_view text, size_t cursor)
      : names_(names),
        text_(text),
        cursor_(cursor),
        tokens_(Tokenize(text.substr(0, cursor)).tokens) {
    tokens_.pop_back();  // kEnd
  }

  Completion Run() {
    if (!tokens_.empty() && OpenQuote(tokens_.back()) == '\'') return InsideText();
    FindWord();
    if (!qualifiers_.empty()) return AfterDot();
    Completion completion{word_begin_, {}};
    out_ = &completion;
    std::string before = Word(1);
    if (word_at_ == 0 || tokens_[word_at_ - 1].kind == TokenKind::kSemicolon) {
      AddKeywords(kFirstWords);
    } else if (before == "USE") {
      AddNames(names_.Databases(), " ");
      AddKeyword("CATALOG");
    } else if (before == "CATALOG" && Word(2) == "USE") {
      AddNames(names_.Catalogs(), "");
    } else if (Contains(kTableWords, before)) {
      AddNames(names_.Tables(), " ");
      if (!prefix_.empty()) {
        AddNames(names_.Databases(), ".");
        AddNames(names_.Catalogs(), ".");
        if (completion.candidates.empty()) AddAllKeywords();  // FROM LATERAL, CREATE VIEW IF
      }
    } else {
      AddGeneral();
    }
    return completion;
  }

 private:
  /// The quote character of a token that begins with one and is not closed; 0 otherwise.
  char OpenQuote(const Token& token) const {
    char c = text_[token.begin];
    if ((c != '\'' && c != '`') || token.end < cursor_) return 0;
    std::string_view body = text_.substr(token.begin + 1, cursor_ - token.begin - 1);
    return std::count(body.begin(), body.end(), c) % 2 == 0 ? c : 0;
  }

  /// The name that the cursor is at the end of, and the names before it with dots.
  void FindWord() {
    word_at_ = tokens_.size();
    word_begin_ = cursor_;
    if (!tokens_.empty() && tokens_.back().end >= cursor_) {
      const Token& last = tokens_.back();
      bool is_open_name = OpenQuote(last) == '`';
      if (last.kind == TokenKind::kWord || is_open_name) {
        word_at_ = tokens_.size() - 1;
        word_begin_ = last.begin;
        prefix_ = std::string(text_.substr(last.begin, cursor_ - last.begin));
        if (is_open_name) prefix_.erase(0, 1);
      }
    }
    size_t at = word_at_;
    while (
        at >= 2 && tokens_[at - 1].kind == TokenKind::kDot &&
        (tokens_[at - 2].kind == TokenKind::kWord || tokens_[at - 2].kind == TokenKind::kQuoted)) {
      qualifiers_.insert(qualifiers_.begin(), TokenValue(text_, tokens_[at - 2]));
      at -= 2;
    }
    path_at_ = at;
  }

  /// The token `back` places before the word (or the path), upper case; empty when there is none or
  /// it is no word.
  std::string Word(size_t back) const {
    if (path_at_ < back) return {};
    const Token& token = tokens_[path_at_ - back];
    return token.kind == TokenKind::kWord
               ? Upper(text_.substr(token.begin, token.end - token.begin))
               : std::string();
  }

  void Add(const std::string& text, std::string suffix) {
    if (seen_.insert(Upper(text)).second) out_->candidates.push_back({text, std::move(suffix)});
  }
  void AddNames(std::vector<std::string> names, const std::string& suffix) {
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      if (StartsWithIgnoringCase(name, prefix_)) Add(QuoteName(name), suffix);
    }
  }
  /// Keywords and functions come in the case that is being typed.
  std::string InTypedCase(std::string word) const {
    bool lower = std::any_of(prefix_.begin(), prefix_.end(),
                             [](unsigned char c) { return std::islower(c); });
    if (lower)
      std::transform(word.begin(), word.end(), word.begin(),
                     [](unsigned char c) { return std::tolower(c); });
    return word;
  }
  void AddKeyword(std::string_view word) {
    if (StartsWithIgnoringCase(word, prefix_)) Add(InTypedCase(std::string(word)), " ");
  }
  template <typename Words>
  void AddKeywords(const Words& words) {
    for (std::string_view word : words) AddKeyword(word);
  }
  void AddAllKeywords() { AddKeywords(SqlKeywords()); }

  void AddGeneral() {
    std::vector<std::string> columns;
    for (const auto& [alias, path] : TablesOfStatement()) {
      std::vector<std::string> more = names_.Columns(path);
      columns.insert(columns.end(), more.begin(), more.end());
    }
    AddNames(columns, "");
    AddNames(names_.Tables(), "");
    if (prefix_.empty()) return;  // Hundreds of functions and keywords are no help.
    for (const std::string& function : names_.Functions()) {
      bool is_name = std::isalpha(static_cast<unsigned char>(function[0])) != 0;
      if (is_name && StartsWithIgnoringCase(function, prefix_)) Add(InTypedCase(function), "(");
    }
    AddAllKeywords();
  }

  Completion AfterDot() {
    Completion completion{word_begin_, {}};
    out_ = &completion;
    std::map<std::string, Path> tables = TablesOfStatement();
    if (qualifiers_.size() == 1) {
      for (const auto& [alias, path] : tables) {
        if (Upper(alias) == Upper(qualifiers_[0])) AddNames(names_.Columns(path), "");
      }
    }
    AddNames(names_.Columns(qualifiers_), "");
    if (qualifiers_.size() == 1) {
      AddNames(names_.TablesOf("", qualifiers_[0]), "");
    } else if (qualifiers_.size() == 2) {
      AddNames(names_.TablesOf(qualifiers_[0], qualifiers_[1]), "");
    }
    return completion;
  }

  /// Alias (or last name) -> path of the tables that the whole statement names, also behind the
  /// cursor.
  std::map<std::string, Path> TablesOfStatement() const {
    std::vector<Token> all = Tokenize(text_).tokens;
    auto word = [&](size_t i) {
      return Upper(text_.substr(all[i].begin, all[i].end - all[i].begin));
    };
    auto is_name = [&](size_t i) {
      return all[i].kind == TokenKind::kQuoted ||
             (all[i].kind == TokenKind::kWord && !IsReservedWord(word(i)));
    };
    std::map<std::string, Path> tables;
    for (size_t i = 0; i + 1 < all.size(); ++i) {
      if (all[i].kind != TokenKind::kWord || !Contains(kTableWords, word(i))) continue;
      size_t at = i + 1;
      while (is_name(at)) {
        Path path = {TokenValue(text_, all[at++])};
        while (all[at].kind == TokenKind::kDot && is_name(at + 1)) {
          path.push_back(TokenValue(text_, all[at + 1]));
          at += 2;
        }
        tables[path.back()] = path;
        if (all[at].kind == TokenKind::kWord && word(at) == "AS") ++at;
        if (is_name(at)) tables[TokenValue(text_, all[at++])] = path;
        if (all[at].kind != TokenKind::kComma) break;  // FROM a, b
        ++at;
      }
    }
    return tables;
  }

  /// 'value' of the option 'key' before the cursor, in the list that is open there.
  std::string OptionBefore(std::string_view key) const {
    for (size_t i = tokens_.size(); i >= 3; --i) {
      const Token &k = tokens_[i - 3], &equals = tokens_[i - 2], &v = tokens_[i - 1];
      if (equals.kind != TokenKind::kEqual || k.kind != TokenKind::kString ||
          v.kind != TokenKind::kString)
        continue;
      if (TokenValue(text_, k) == key) return TokenValue(text_, v);
    }
    return {};
  }

  Completion InsideText() {
    word_at_ = path_at_ = tokens_.size() - 1;
    word_begin_ = tokens_.back().begin + 1;
    prefix_ = std::string(text_.substr(word_begin_, cursor_ - word_begin_));
    Completion completion{word_begin_, {}};
    out_ = &completion;
    if (word_at_ == 0) return completion;
    const Token& before = tokens_[word_at_ - 1];
    std::string word = Word(1);
    std::string connector = OptionBefore("connector");
    if (word == "SET" || word == "RESET") {
      AddTexts(names_.SessionOptions(), word == "SET" ? "' = '" : "'");
    } else if (Contains(kTableWords, word)) {
      AddFiles();
    } else if (before.kind == TokenKind::kLeftParen || before.kind == TokenKind::kComma) {
      AddTexts(names_.ConnectorOptions(connector), "' = '");
    } else if (before.kind == TokenKind::kEqual && word_at_ >= 2 &&
               tokens_[word_at_ - 2].kind == TokenKind::kString) {
      std::string key = TokenValue(text_, tokens_[word_at_ - 2]);
      if (key == "connector") {
        AddTexts(names_.Connectors(), "'");
      } else if (key == "format") {
        AddTexts(names_.Formats(), "'");
      } else if (key == "path") {
        AddFiles();
      } else {
        AddTexts(names_.OptionValues(connector, key), "'");
      }
    }
    return completion;
  }

  void AddTexts(std::vector<std::string> texts, const std::string& suffix) {
    std::sort(texts.begin(), texts.end());
    for (const std::string& text : texts) {
      if (StartsWithIgnoringCase(text, prefix_)) Add(text, suffix);
    }
  }
  void AddFiles() {
    for (const std::string& file : names_.Files(prefix_)) Add(file, file.ends_with('/') ? "" : "'");
  }

  NameSource& names_;
  std::string_view text_;
  size_t cursor_;
  std::vector<Token> tokens_;  // Up to the cursor.
  size_t word_at_ = 0;         // Token of the name at the cursor, or tokens_.size().
  size_t path_at_ = 0;         // Token where the path that ends in it begins.
  size_t word_begin_ = 0;
  std::string prefix_;
  Path qualifiers_;
  std::set<std::string> seen_;
  Completion* out_ = nullptr;
};

}  // namespace

std::string Completion::CommonPrefix() const {
  if (candidates.empty()) return {};
  std::string common = candidates[0].text;
  for (const Candidate& candidate : candidates) {
    size_t same = 0;
    while (same < common.size() && same < candidate.text.size() &&
           common[same] == candidate.text[same])
      ++same;
    common.resize(same);
  }
  // Never half a UTF-8 character.
  while (!common.empty() && candidates[0].text.size() > common.size() &&
         (static_cast<unsigned char>(candidates[0].text[common.size()]) & 0xC0) == 0x80) {
    common.pop_back();
  }
  return common;
}

Completion Complete(NameSource& names, std::string_view text, size_t cursor) {
  return Completer(names, text, std::min(cursor, text.size())).Run();
}

}  // namespace weir
