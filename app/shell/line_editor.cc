// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <vector>

#include <fmt/format.h>

#include "terminal.h"

namespace weir {
namespace {

constexpr int kHistoryEntries = 1000;
constexpr size_t kListedMax = 120;  // Candidates that one Tab shows.

size_t CountCodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

class EditLineEditor : public LineEditor {
 public:
  EditLineEditor(SignalWatcher& signals, Completer completer, std::string history_path)
      : signals_(signals),
        completer_(std::move(completer)),
        history_path_(std::move(history_path)) {
    // libedit counts in the locale's characters; SQL is UTF-8.
    const char* locale = std::setlocale(LC_CTYPE, "");
    if (locale == nullptr || std::string_view(locale) == "C" || std::string_view(locale) == "POSIX")
      std::setlocale(LC_CTYPE, "C.UTF-8");
    edit_ = el_init("weir", stdin, stdout, stderr);
    history_ = history_init();
    if (edit_ == nullptr || history_ == nullptr) return;
    HistEvent event;
    history(history_, &event, H_SETSIZE, kHistoryEntries);
    history(history_, &event, H_SETUNIQUE, 1);
    if (!history_path_.empty()) history(history_, &event, H_LOAD, history_path_.c_str());
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_SIGNAL, 0);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_PROMPT, &PromptOf);
    el_set(edit_, EL_GETCFN, &ReadChar);
    el_set(edit_, EL_ADDFN, "weir-complete", "Completes the name at the cursor", &OnTab);
    el_set(edit_, EL_BIND, "^I", "weir-complete", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_BIND, "^W", "ed-delete-prev-word", nullptr);
    el_source(edit_, nullptr);  // ~/.editrc
  }
  ~EditLineEditor() override {
    if (history_ != nullptr) history_end(history_);
    if (edit_ != nullptr) el_end(edit_);
  }

  LineEnd ReadLine(std::string_view prompt, std::string* line) override {
    line->clear();
    if (edit_ == nullptr) return LineEnd::kEnd;
    prompt_ = prompt;
    DrainEvents();  // What came while a statement ran has been dealt with.
    el_resize(edit_);
    int count = 0;
    const char* text = el_gets(edit_, &count);
    if (text == nullptr || count <= 0) {
      if (signals_.last() == SIGINT) {
        (void)signals_.Take();
        std::fputs("^C\x1b[J\n", stdout);
        std::fflush(stdout);
        el_reset(edit_);
        return LineEnd::kInterrupted;
      }
      std::fputs("\n", stdout);
      std::fflush(stdout);
      return LineEnd::kEnd;
    }
    line->assign(text, static_cast<size_t>(count));
    while (!line->empty() && (line->back() == '\n' || line->back() == '\r')) line->pop_back();
    return LineEnd::kLine;
  }

  void Remember(std::string_view statement) override {
    std::string one = OnOneLine(statement);
    if (one.empty() || history_ == nullptr) return;
    HistEvent event;
    history(history_, &event, H_ENTER, one.c_str());
    if (!history_path_.empty()) history(history_, &event, H_SAVE, history_path_.c_str());
  }

 private:
  static EditLineEditor* Self(EditLine* edit) {
    void* self = nullptr;
    el_get(edit, EL_CLIENTDATA, &self);
    return static_cast<EditLineEditor*>(self);
  }
  static char* PromptOf(EditLine* edit) { return Self(edit)->prompt_.data(); }
  static int ReadChar(EditLine* edit, wchar_t* out) { return Self(edit)->NextChar(out); }
  static unsigned char OnTab(EditLine* edit, int) { return Self(edit)->CompleteHere(); }

  void DrainEvents() {
    uint64_t count;
    (void)!::read(signals_.event_fd(), &count, sizeof(count));
  }

  /// Waits for input or a signal. False: a signal that ends the line, or the end of input.
  bool FillInput() {
    while (true) {
      pollfd waits[2] = {{STDIN_FILENO, POLLIN, 0}, {signals_.event_fd(), POLLIN, 0}};
      if (::poll(waits, 2, -1) < 0 && errno != EINTR) return false;
      if (waits[1].revents != 0) {
        DrainEvents();
        if (signals_.last() != 0) return false;
        el_resize(edit_);  // The window's size changed, or we are in the foreground again.
        el_set(edit_, EL_PREP_TERM, 0);  // The other program has set its own mode.
        el_set(edit_, EL_PREP_TERM, 1);
        std::fputs("\r\x1b[J", stdout);
        el_set(edit_, EL_REFRESH);
      }
      if (waits[0].revents == 0) continue;
      char bytes[4096];
      ssize_t count = ::read(STDIN_FILENO, bytes, sizeof(bytes));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      input_.assign(bytes, static_cast<size_t>(count));
      input_at_ = 0;
      return true;
    }
  }

  bool NextByte(unsigned char* byte) {
    if (input_at_ == input_.size() && !FillInput()) return false;
    *byte = static_cast<unsigned char>(input_[input_at_++]);
    return true;
  }

  int NextChar(wchar_t* out) {
    unsigned char byte;
    if (signals_.last() != 0 || !NextByte(&byte)) return signals_.last() != 0 ? -1 : 0;
    auto code = static_cast<uint32_t>(byte);
    int more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : byte >= 0xC0 ? 1 : 0;
    if (more > 0) code = byte & (0x3Fu >> more);
    for (; more > 0; --more) {
      if (!NextByte(&byte)) return -1;
      if ((byte & 0xC0) != 0x80) {  // Not UTF-8: the byte at fault is a character of its own.
        --input_at_;
        code = 0xFFFD;
        break;
      }
      code = code << 6 | (byte & 0x3Fu);
    }
    *out = static_cast<wchar_t>(code);
    return 1;
  }

  unsigned char CompleteHere() {
    const LineInfo* info = el_line(edit_);
    std::string line(info->buffer, info->lastchar);
    auto cursor = static_cast<size_t>(info->cursor - info->buffer);
    Completion completion = completer_(line, cursor);
    if (completion.candidates.empty()) return CC_ERROR;
    std::string typed = line.substr(completion.begin, cursor - completion.begin);
    std::string common = completion.CommonPrefix();
    bool is_only = completion.candidates.size() == 1;
    bool grows = common.size() > typed.size() || (is_only && common.size() == typed.size());
    if (!is_only && !grows) {
      List(completion);
      return CC_REDISPLAY;
    }
    if (is_only) common += completion.candidates[0].suffix;
    el_deletestr(edit_, static_cast<int>(CountCodePoints(typed)));
    if (el_insertstr(edit_, common.c_str()) == -1) return CC_ERROR;
    return CC_REFRESH;
  }

  void List(const Completion& completion) {
    size_t shown = std::min(completion.candidates.size(), kListedMax);
    int widest = 0;
    for (size_t i = 0; i < shown; ++i)
      widest = std::max(widest, DisplayWidth(completion.candidates[i].text));
    int columns = std::max(1, SizeOfTerminal(STDOUT_FILENO).columns / (widest + 2));
    size_t lines = (shown + static_cast<size_t>(columns) - 1) / static_cast<size_t>(columns);
    std::string text = "\n";
    for (size_t line = 0; line < lines; ++line) {
      for (size_t i = line; i < shown; i += lines) {
        std::string cell = CleanText(completion.candidates[i].text);
        text += cell + std::string(static_cast<size_t>(widest + 2 - DisplayWidth(cell)), ' ');
      }
      while (text.back() == ' ') text.pop_back();
      text += '\n';
    }
    if (shown < completion.candidates.size())
      text += fmt::format("... {} more\n", completion.candidates.size() - shown);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
  }

  SignalWatcher& signals_;
  Completer completer_;
  std::string history_path_;
  std::string prompt_;
  std::string input_;  // Bytes read and not yet taken: from input_at_ on.
  size_t input_at_ = 0;
  EditLine* edit_ = nullptr;
  History* history_ = nullptr;
};

}  // namespace

std::unique_ptr<LineEditor> MakeLineEditor(SignalWatcher& signals, LineEditor::Completer completer,
                                           std::string history_path) {
  return std::make_unique<EditLineEditor>(signals, std::move(completer), std::move(history_path));
}

std::string OnOneLine(std::string_view text) {
  std::string line;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      line += c;
    } else if (c == '-' && text.substr(i, 2) == "--") {
      size_t end = std::min(text.find('\n', i), text.size());
      std::string comment(text.substr(i + 2, end - i - 2));
      while (!comment.empty() && (comment.back() == ' ' || comment.back() == '\r'))
        comment.pop_back();
      line += "/*" + comment + " */";
      i = end - 1;
    } else if (text.substr(i, 2) == "/*") {
      size_t end = text.find("*/", i + 2);
      end = end == std::string_view::npos ? text.size() : end + 2;
      for (char inside : text.substr(i, end - i)) line += inside == '\n' ? ' ' : inside;
      i = end - 1;
    } else {
      if (c == '\'' || c == '`') quote = c;
      bool is_blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
      if (!is_blank) line += c;
      if (is_blank && !line.empty() && line.back() != ' ') line += ' ';
    }
  }
  size_t begin = line.find_first_not_of(' ');
  if (begin == std::string::npos) return {};
  return line.substr(begin, line.find_last_not_of(' ') - begin + 1);
}

}  // namespace weir
