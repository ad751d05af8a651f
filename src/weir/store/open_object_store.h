// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// From a URI of the configuration to an object store.
//   dir, /dir, file:///dir     a local directory
//   s3://bucket/prefix         an S3-compatible store; also s3a:// and s3p://, as Flink's plug-ins
//                              call it
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "weir/base/environment.h"
#include "weir/base/options.h"

namespace weir {

/// The path of a URI that names a local directory; nothing for others.
std::optional<std::string> LocalPathOf(const std::string& uri);

/// `options`: those of the store (s3.endpoint, ...). An environment that has objects of its own
/// serves all URIs that are not local with them, below "<bucket>/<prefix>/". Nothing is connected
/// to yet. Errors: kInvalidQuery for a URI or option that makes no sense, kUnsupported for other
/// schemes.
Result<std::unique_ptr<ObjectStore>> OpenObjectStore(const std::string& uri,
                                                     const Environment& environment,
                                                     const Options& options);

}  // namespace weir
