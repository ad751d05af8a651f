// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// MD5, SHA1, SHA224 .. SHA512, SHA2: OpenSSL's digests in lower-case hexadecimal digits. Bytes are
// hashed as they are.
#include <openssl/evp.h>

#include <map>
#include <memory>

#include "weir/function/families.h"
#include "weir/function/string.h"

namespace weir {
namespace {

using sv = std::string_view;

/// One digest context, used again for every row of a kernel.
class Digester {
 public:
  explicit Digester(const char* name)
      : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free),
        digest_(EVP_MD_fetch(nullptr, name, nullptr), &EVP_MD_free) {}

  void Write(sv bytes, StringRow& row) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    bool ok = context_ != nullptr && digest_ != nullptr &&
              EVP_DigestInit_ex2(context_.get(), digest_.get(), nullptr) == 1 &&
              EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1 &&
              EVP_DigestFinal_ex(context_.get(), hash, &size) == 1;
    if (!ok) return row.Fail("this digest is not available in the installed OpenSSL");
    char* out = row.Reserve(size * 2);
    if (out == nullptr) return;
    constexpr char kDigits[] = "0123456789abcdef";
    for (unsigned int i = 0; i < size; ++i) {
      out[2 * i] = kDigits[hash[i] >> 4];
      out[2 * i + 1] = kDigits[hash[i] & 15];
    }
    row.Commit(size * 2);
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
  std::unique_ptr<EVP_MD, decltype(&EVP_MD_free)> digest_;
};

void RegisterDigest(FunctionRegistry* registry, std::string name, std::string example) {
  auto kernel = [name](const CallInfo& call) -> Result<Kernel> {
    auto digester = std::make_shared<Digester>(name.c_str());
    return StringKernel<sv>([digester](sv bytes, StringRow& row) { digester->Write(bytes, row); })(
        call);
  };
  registry->Add(
      ScalarFunction{.name = name,
                     .family = "hash",
                     .signatures = name + "(string)",
                     .description = "Returns the " + name + " digest in hexadecimal digits.",
                     .example = std::move(example),
                     .overloads = {{.args = {Arg::Of(Arg::Family::kString)},
                                    .returns = ReturnType(DataType::String()),
                                    .kernel = kernel}},
                     .may_fail = true,
                     .expensive = true});
}

Result<Kernel> MakeSha2(const CallInfo& call) {
  auto digesters = std::make_shared<std::map<int64_t, Digester>>();
  return StringKernel<sv, int64_t>([digesters](sv bytes, int64_t bits, StringRow& row) {
    if (bits != 224 && bits != 256 && bits != 384 && bits != 512) {
      return row.Fail(fmt::format("the bit length of SHA2 must be 224, 256, 384 or 512: {}", bits));
    }
    auto [digester, is_new] = digesters->try_emplace(bits, fmt::format("SHA{}", bits).c_str());
    digester->second.Write(bytes, row);
  })(call);
}

/// As java.lang.String.hashCode, over UTF-16 units.
int32_t JavaHash(sv text) {
  uint32_t hash = 0;
  while (!text.empty()) {
    size_t bytes = 0;
    uint32_t c = DecodeCharacter(text, &bytes);
    text.remove_prefix(bytes);
    if (c >= 0x10000) {
      hash = hash * 31 + (0xD800 + ((c - 0x10000) >> 10));
      c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    hash = hash * 31 + c;
  }
  return static_cast<int32_t>(hash);
}

}  // namespace

void RegisterHash(FunctionRegistry* registry) {
  RegisterDigest(registry, "MD5", "MD5('test') = '098f6bcd4621d373cade4e832627b4f6'");
  RegisterDigest(registry, "SHA1", "SHA1('test') = 'a94a8fe5ccb19ba61c4c0873d391e987982fbbd3'");
  for (const char* name : {"SHA224", "SHA256", "SHA384", "SHA512"})
    RegisterDigest(registry, name, {});
  registry->Add(ScalarFunction{
      .name = "SHA2",
      .family = "hash",
      .signatures = "SHA2(string, hashLength)",
      .description = "Returns the SHA-2 digest of 224, 256, 384 or 512 bits in hexadecimal digits.",
      .example = "SHA2('test', 224)",
      .overloads = {{.args = {Arg::Of(Arg::Family::kString), Arg::Exact(DataType::BigInt())},
                     .returns = ReturnType(DataType::String()),
                     .kernel = &MakeSha2}},
      .may_fail = true,
      .expensive = true});
  registry->Add(ScalarFunction{
      .name = "HASH_CODE",
      .family = "hash",
      .signatures = "HASH_CODE(string)",
      .description = "Returns a hash of the string, that of java.lang.String.",
      .example = "HASH_CODE('ab') = 3105",
      .overloads = {
          {.args = {Arg::Character()},
           .returns = ReturnType(DataType::Int()),
           .kernel = RowKernel<int32_t, sv>([](sv text, KernelRow&) { return JavaHash(text); })}}});
}

}  // namespace weir
