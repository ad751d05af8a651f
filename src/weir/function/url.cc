// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// PARSE_URL, URL_ENCODE and URL_DECODE.
//   http://user:pass@host:80/path;p?query=1#ref
//   PROTOCOL http   AUTHORITY user:pass@host:80   USERINFO user:pass   HOST host   PATH /path;p
//   QUERY query=1 FILE /path;p?query=1   REF ref
// As java.net.URL: only the protocols that it knows, else every part is NULL.
#include <algorithm>
#include <optional>

#include "weir/function/families.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

struct Url {
  sv protocol, path, file;
  std::optional<sv> authority, user, host, query, ref;
};

bool IsKnownProtocol(sv protocol) {
  static constexpr sv kProtocols[] = {"http", "https", "ftp", "file", "jar", "mailto"};
  std::string lower(protocol);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return std::find(std::begin(kProtocols), std::end(kProtocols), lower) != std::end(kProtocols);
}

bool ParseAuthority(sv authority, Url* url) {
  url->authority = authority;
  sv host = authority;
  size_t at = authority.rfind('@');
  if (at != sv::npos) {
    url->user = authority.substr(0, at);
    host = authority.substr(at + 1);
  }
  size_t colon = host.find(':', host.starts_with('[') ? std::min(host.find(']'), host.size()) : 0);
  if (colon != sv::npos) {
    sv port = host.substr(colon + 1);
    if (port.find_first_not_of("0123456789") != sv::npos || port.size() > 9) return false;
    host = host.substr(0, colon);
  }
  url->host = host;
  return true;
}

bool ParseUrl(sv text, Url* url) {
  while (!text.empty() && static_cast<uint8_t>(text.front()) <= ' ') text.remove_prefix(1);
  while (!text.empty() && static_cast<uint8_t>(text.back()) <= ' ') text.remove_suffix(1);
  size_t colon = text.find(':');
  if (colon == sv::npos || !IsKnownProtocol(text.substr(0, colon))) return false;
  url->protocol = text.substr(0, colon);
  sv rest = text.substr(colon + 1);
  size_t hash = rest.find('#');
  if (hash != sv::npos) {
    url->ref = rest.substr(hash + 1);
    rest = rest.substr(0, hash);
  }
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    size_t end = std::min(rest.find_first_of("/?"), rest.size());
    if (!ParseAuthority(rest.substr(0, end), url)) return false;
    rest = rest.substr(end);
  }
  url->file = rest;
  size_t question = rest.find('?');
  url->path = rest.substr(0, question);
  if (question != sv::npos) url->query = rest.substr(question + 1);
  return true;
}

std::optional<sv> PartOf(const Url& url, sv part) {
  if (part == "HOST") return url.host ? url.host : sv();
  if (part == "PATH") return url.path;
  if (part == "QUERY") return url.query;
  if (part == "REF") return url.ref;
  if (part == "PROTOCOL") return url.protocol;
  if (part == "FILE") return url.file;
  if (part == "AUTHORITY") return url.authority;
  if (part == "USERINFO") return url.user;
  return std::nullopt;
}

void ShareOrNull(std::optional<sv> part, StringRow& row) {
  if (part) {
    row.Share(*part);
  } else {
    row.SetNull();
  }
}

void Parse(sv text, sv part, StringRow& row) {
  Url url;
  ShareOrNull(ParseUrl(text, &url) ? PartOf(url, part) : std::nullopt, row);
}

void ParseKey(sv text, sv part, sv key, StringRow& row) {
  Url url;
  if (part != "QUERY" || !ParseUrl(text, &url) || !url.query) return row.SetNull();
  sv query = *url.query;
  while (true) {
    sv pair = query.substr(0, query.find('&'));
    size_t equals = pair.find('=');
    if (equals != sv::npos && pair.substr(0, equals) == key)
      return row.Share(pair.substr(equals + 1));
    if (pair.size() == query.size()) return row.SetNull();
    query.remove_prefix(pair.size() + 1);
  }
}

/// As java.net.URLEncoder with UTF-8.
void Encode(sv text, StringRow& row, int64_t bytes_max) {
  std::string out;
  for (char c : text) {
    bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '.' || c == '-' || c == '*' || c == '_';
    if (is_plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      constexpr char kDigits[] = "0123456789ABCDEF";
      out += '%';
      out += kDigits[static_cast<uint8_t>(c) >> 4];
      out += kDigits[static_cast<uint8_t>(c) & 15];
    }
  }
  SetResult(row, out, bytes_max);
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// False when an escape is broken.
bool Decode(sv text, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      *out += ' ';
    } else if (text[i] != '%') {
      *out += text[i];
    } else {
      int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
      int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
      if (high < 0 || low < 0) return false;
      *out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return true;
}

/// Decodes until nothing changes, at most `rounds` times; what a later round finds broken stays.
void DecodeAll(sv text, int64_t rounds, StringRow& row) {
  std::string current(text);
  for (int64_t round = 0; round < rounds; ++round) {
    std::string next;
    if (!Decode(current, &next)) {
      if (round == 0) return row.SetNull();
      break;
    }
    if (next == current) break;
    current = std::move(next);
  }
  row.Set(current);
}

void DecodeOnce(sv text, StringRow& row) {
  std::string out;
  if (Decode(text, &out)) {
    row.Set(out);
  } else {
    row.SetNull();
  }
}

}  // namespace

void RegisterUrl(FunctionRegistry* registry) {
  Arg text = Arg::Character();
  registry->Add(ScalarFunction{.name = "PARSE_URL",
                               .family = "url",
                               .signatures = "PARSE_URL(url, part [, key])",
                               .description =
                                   "Returns HOST, PATH, QUERY, REF, PROTOCOL, AUTHORITY, FILE or "
                                   "USERINFO of a URL, or a key of its QUERY.",
                               .example = "PARSE_URL('http://a.org/p?k=v', 'QUERY', 'k') = 'v'",
                               .overloads = {{.args = {text, text},
                                              .returns = ReturnNullableString(),
                                              .kernel = StringKernel<sv, sv>(&Parse)},
                                             {.args = {text, text, text},
                                              .returns = ReturnNullableString(),
                                              .kernel = StringKernel<sv, sv, sv>(&ParseKey)}}});
  registry->Add(ScalarFunction{.name = "URL_ENCODE",
                               .family = "url",
                               .signatures = "URL_ENCODE(string)",
                               .description = "Returns the string in the form of URL-encoded text.",
                               .example = "URL_ENCODE('a b') = 'a+b'",
                               .overloads = {{.args = {text},
                                              .returns = ReturnNullableString(),
                                              .kernel = BoundedStringKernel<sv>(&Encode)}},
                               .may_fail = true});
  registry->Add(ScalarFunction{
      .name = "URL_DECODE",
      .family = "url",
      .signatures = "URL_DECODE(string)",
      .description = "Returns the text of URL-encoded text; NULL where it is broken.",
      .example = "URL_DECODE('a+b') = 'a b'",
      .overloads = {{.args = {text},
                     .returns = ReturnNullableString(),
                     .kernel = StringKernel<sv>(&DecodeOnce)}}});
  constexpr int64_t kRounds = 10;
  registry->Add(ScalarFunction{
      .name = "URL_DECODE_RECURSIVE",
      .family = "url",
      .signatures = "URL_DECODE_RECURSIVE(string [, max_depth])",
      .description = "Returns the text of text that has been URL-encoded several times.",
      .example = "URL_DECODE_RECURSIVE('a%252Fb') = 'a/b'",
      .overloads = {{.args = {text},
                     .returns = ReturnNullableString(),
                     .kernel = StringKernel<sv>(
                         [](sv encoded, StringRow& row) { DecodeAll(encoded, kRounds, row); })},
                    {.args = {text, IntegerArg()},
                     .returns = ReturnNullableString(),
                     .kernel = StringKernel<sv, int64_t>(&DecodeAll)}}});
}

}  // namespace weir
