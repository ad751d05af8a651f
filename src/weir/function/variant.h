// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// Parts of variants: variant['name'] and variant[1], for ITEM, and for casts.
#pragma once

#include "weir/data/variant.h"
#include "weir/expr/kernel.h"

namespace weir {

/// The kernel of an access by name (CHARACTER) or by position from 1 (BIGINT). What is not there is
/// NULL; a name of what is no object, or a position in what is no array, is a row error.
Result<Kernel> MakeVariantItem(const CallInfo& call);

/// Encodes a part of a variant as a variant of its own.
class VariantPartWriter {
 public:
  /// The bytes live until the next call. Errors: kInvalidData.
  Result<std::string_view> Encode(const Variant& part);

 private:
  VariantBuilder builder_;
  std::string bytes_;
};

}  // namespace weir
