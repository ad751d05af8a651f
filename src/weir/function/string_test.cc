// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The string, LIKE and REGEXP families, a case a line.
#include <gtest/gtest.h>

#include "weir/function/call_text.h"
#include "weir/function/like_matcher.h"
#include "weir/function/regex.h"

namespace weir {
namespace {

struct Case {
  const char* call;
  const char* expected;
};

void Check(std::initializer_list<Case> cases) {
  for (const Case& c : cases) EXPECT_EQ(Eval(c.call), c.expected) << c.call;
}

TEST(String, Case) {
  Check({{"UPPER('Weir ß é')", "WEIR SS É"},
         {"LOWER('ÀB')", "àb"},
         {"UPPER('')", ""},
         {"UPPER(NULL AS STRING)", "NULL"},
         {"INITCAP('hello wORLD-x')", "Hello World-X"},
         {"REVERSE('aé😀')", "😀éa"},
         {"CHAR_LENGTH('aé😀')", "3"},
         {"OCTET_LENGTH('aé😀')", "7"},
         {"IS_ALPHA('abc')", "TRUE"},
         {"IS_ALPHA(NULL AS STRING)", "FALSE"},
         {"IS_DECIMAL('-1.5e3')", "TRUE"},
         {"IS_DECIMAL('1.5.')", "FALSE"},
         {"IS_DIGIT('')", "FALSE"}});
}

TEST(String, PartsCountCharacters) {
  Check({{"SUBSTRING('hello', 2, 3)", "ell"},
         {"SUBSTRING('aé😀z', 2, 2)", "é😀"},
         {"SUBSTRING('hello', -3)", "llo"},
         {"SUBSTRING('hello', -9, 2)", ""},
         {"SUBSTRING('hello', 0, 2)", "he"},
         {"SUBSTRING('hello', 9)", ""},
         {"SUBSTRING('hello', 1, -1)", "NULL"},
         {"SUBSTRING('hello', 2, 9223372036854775807)", "ello"},
         {"LEFT('aé😀', 2)", "aé"},
         {"RIGHT('aé😀', 2)", "é😀"},
         {"RIGHT('abc', -1)", ""},
         {"BTRIM('  a ')", "a"},
         {"LTRIM('xyxa', 'yx')", "a"},
         {"RTRIM('aéé', 'é')", "a"},
         {"SPLIT_INDEX('a,,b', ',', 1)", ""},
         {"SPLIT_INDEX('a,,b', ',', 3)", "NULL"},
         {"SPLIT_INDEX('a,b', 44, 1)", "b"},
         {"SPLIT('a,b', ',')", "[a, b]"},
         {"SPLIT('aé', '')", "[a, é]"},
         {"OVERLAY('xxxxxtest', 'abcd', 6)", "xxxxxabcd"},
         {"OVERLAY('123456789', 'abc', 2, -1)", "1abc"}});
}

TEST(String, Joins) {
  Check({{"`||`('a', 'b')", "ab"},
         {"CONCAT('a', NULL AS STRING)", "NULL"},
         {"CONCAT_WS('~', 'a', NULL AS STRING, '', 'b')", "a~~b"},
         {"CONCAT_WS(NULL AS STRING, 'a')", "NULL"},
         {"LPAD('hi', 5, 'é*')", "é*éhi"},
         {"RPAD('hello', 2, '*')", "he"},
         {"LPAD('hi', -1, '*')", "NULL"},
         {"REPEAT('ab', 3)", "ababab"},
         {"REPEAT('ab', -3)", ""},
         {"REPLACE('ababab', 'abab', 'z')", "zab"},
         {"REPLACE('aé', '', '-')", "-a-é-"},
         {"TRANSLATE('www.apache.org', 'abcworg', '123 ')", "   .1p13he."},
         {"ELT(2, 'a', 'b')", "b"},
         {"ELT(9, 'a', 'b')", "NULL"}});
}

TEST(String, LongResultsAreRefused) {
  EXPECT_EQ(Eval("REPEAT('ab', 1000000000)").substr(0, 7), "error: ");
  EXPECT_EQ(Eval("LPAD('ab', 9223372036854775807, 'x')").substr(0, 7), "error: ");
  EXPECT_EQ(Eval("REPEAT('a', 9223372036854775807)").substr(0, 7), "error: ");
}

TEST(String, Search) {
  Check({{"POSITION('é', 'aé')", "2"},
         {"LOCATE('l', 'hello', 4)", "4"},
         {"LOCATE('', 'hello')", "1"},
         {"INSTR('Corporate Floor', 'or', 3, 2)", "14"},
         {"INSTR('Corporate Floor', 'or', -3, 2)", "2"},
         {"STARTSWITH('hello', 'he')", "TRUE"},
         {"ENDSWITH('hello', '')", "TRUE"},
         {"STARTSWITH(X'0102', X'01')", "TRUE"}});
}

TEST(String, Codes) {
  Check({{"ASCII('abc')", "97"},
         {"ASCII('')", "0"},
         {"CHR(353)", "a"},
         {"CHR(-1)", ""},
         {"TO_BASE64('hello')", "aGVsbG8="},
         {"FROM_BASE64('aGVsbG8=')", "hello"},
         {"FROM_BASE64('aGVsbG8')", "hello"},
         {"DECODE(ENCODE('aé😀', 'UTF-16LE'), 'UTF-16LE')", "aé😀"},
         {"DECODE(ENCODE('aé😀', 'utf-16'), 'utf-16')", "aé😀"},
         {"DECODE(ENCODE('é', 'US-ASCII'), 'utf-8')", "?"},
         {"MD5('test')", "098f6bcd4621d373cade4e832627b4f6"},
         {"SHA2('test', 256)", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
         {"HASH_CODE('ab')", "3105"}});
  EXPECT_EQ(Eval("FROM_BASE64('a*b')"), "error: no base64 text: 'a*b'");
}

TEST(String, Printf) {
  Check({{"PRINTF('%s has %5d %%', 'Ada', 3)", "Ada has     3 %"},
         {"PRINTF('%-4s|%04d|%+d', 'a', 7, 7)", "a   |0007|+7"},
         {"PRINTF('%.2f %,d', 2.345, 1234567)", "2.35 1,234,567"},
         {"PRINTF('%x', -1)", "ffffffff"},
         {"PRINTF('%2$s %1$s', 'a', 'b')", "b a"},
         {"PRINTF('%d', 'text')", "NULL"},
         {"PRINTF('%s')", "NULL"},
         {"PRINTF('%q', 1)", "NULL"}});
}

TEST(Like, Shapes) {
  Check({{"LIKE('hello', 'hello')", "TRUE"},
         {"LIKE('hello', 'he%')", "TRUE"},
         {"LIKE('hello', '%lo')", "TRUE"},
         {"LIKE('hello', '%ell%')", "TRUE"},
         {"LIKE('aXbXc', 'a%b%c')", "TRUE"},
         {"LIKE('ab', 'ab%b')", "FALSE"},
         {"LIKE('hello', 'h_llo')", "TRUE"},
         {"LIKE('hé', 'h_')", "TRUE"},
         {"LIKE('aaab', '%a_b')", "TRUE"},
         {"LIKE('', '%')", "TRUE"},
         {"LIKE('', '_')", "FALSE"},
         {"LIKE('50%', '50!%', '!')", "TRUE"},
         {"LIKE('50x', '50!%', '!')", "FALSE"},
         {"LIKE('a', 'a!', '!')", "error: Invalid escape sequence 'a!', 1"},
         {"`SIMILAR TO`('abab', '(ab)+')", "TRUE"},
         {"`SIMILAR TO`('a.b', 'a.b')", "TRUE"},
         {"`SIMILAR TO`('axb', 'a.b')", "TRUE"},
         {"`SIMILAR TO`('axb', 'a_b')", "TRUE"}});
}

TEST(Like, ManyWildcardsStayFast) {
  std::string text(20000, 'a'), pattern;
  for (int i = 0; i < 100; ++i) pattern += "%a_";
  auto matcher = LikeMatcher::Compile(pattern + "b", "").ValueOrDie();
  EXPECT_FALSE(matcher.Matches(text));
}

TEST(Regexp, Functions) {
  Check({{"REGEXP_EXTRACT('a=1&channel_id=0&b', '(&|^)channel_id=([^&]*)', 2)", "0"},
         {"REGEXP_EXTRACT('channel_i=0', '(&|^)channel_id=([^&]*)', 2)", "NULL"},
         {"REGEXP_EXTRACT('foothebar', 'foo(.*?)(bar)', 3)", "NULL"},
         {"REGEXP_EXTRACT('foo', '(')", "NULL"},
         {"REGEXP_REPLACE('foobar', 'oo|ar', '$1')", "f$1b$1"},
         {"REGEXP_REPLACE('abc', 'x*', '-')", "-a-b-c-"},
         {"REGEXP('abc-def', 'c.d')", "TRUE"},
         {"REGEXP('abc', '(')", "FALSE"},
         {"REGEXP_COUNT('a.b.c', '\\.')", "2"},
         {"REGEXP_COUNT('a', '(')", "NULL"},
         {"REGEXP_INSTR('é12', '\\d')", "2"},
         {"REGEXP_SUBSTR('abc123', '\\d+')", "123"},
         {"REGEXP_EXTRACT_ALL('100-200, 300-400', '(\\d+)-(\\d+)')", "[100, 300]"},
         {"STR_TO_MAP('k1=v1,k2')", "{k1=v1, k2=NULL}"},
         {"STR_TO_MAP('k1$$v1|k2$$ v2', '\\|', '\\$\\$')", "{k1=v1, k2= v2}"}});
}

TEST(Regexp, ParametersOfAUrl) {
  Check({{"REGEXP_EXTRACT('id=1&xid=2&id=3', '(&|^)id=([^&]*)', 2)", "1"},
         {"REGEXP_EXTRACT('xid=2&id=3', '(&|^)id=([^&]*)', 0)", "&id=3"},
         {"REGEXP_EXTRACT('xid=2&id=3', '(^|&)id=([^&]*)', 1)", "&"},
         {"REGEXP_EXTRACT('id=', '(&|^)id=([^&]*)', 2)", ""},
         {"REGEXP_EXTRACT('xid=3', '(&|^)id=([^&]*)', 2)", "NULL"},
         {"REGEXP_COUNT('id=1&id=2;id=3&id=', '(&|^)id=([^&]*)')", "3"},
         {"REGEXP_REPLACE('a=1&id=2&b=3', '(&|^)id=([^&]*)', '')", "a=1&b=3"}});
}

TEST(Regexp, JavasSyntaxIsKept) {
  Check({{"REGEXP('foobar', 'foo(?=bar)')", "TRUE"},  // Look-ahead: not RE2's.
         {"REGEXP('abab', '(ab)\\1')", "TRUE"},       // Back reference.
         {"REGEXP('aaa', 'a++a')", "FALSE"},          // Possessive quantifier.
         {"REGEXP('a\nb', 'a.b')", "FALSE"},          // A dot stops at line ends,
         {"REGEXP('a\nb', '(?s)a.b')", "TRUE"},       // unless told otherwise.
         {"REGEXP('a\n', 'a$')", "TRUE"},             // A dollar may stand before the last one.
         {"REGEXP('colour', 'colou?r')", "TRUE"},  // Required text stops before what is optional.
         {"REGEXP('color', 'colou?r')", "TRUE"},
         {"REGEXP('ac', 'ab{0,1}c')", "TRUE"},
         {"REGEXP('b', 'a|b')", "TRUE"},
         {"REGEXP('x', '(?i)X')", "TRUE"}});
  EXPECT_EQ(Eval("REGEXP('b', '[a-z&&[^b]]')"), "FALSE");
}

TEST(Regexp, BacktrackingIsBounded) {
  std::string text(40, 'a');
  std::string call = "REGEXP('" + text + "!', '(?=x?)(a+)+$')";
  FunctionConfig config;
  config.regex_steps_max = 10000;
  EXPECT_EQ(Eval(call, config), "error: the regular expression took too many steps");
}

}  // namespace
}  // namespace weir
