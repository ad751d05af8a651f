// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#pragma once

#include <memory>
#include <string>

#include "weir/format/record_reader.h"

namespace weir {

/// Whether the name's ending says that the file is compressed (.gz .zst .bz2 ...).
bool IsCompressed(std::string_view path);
/// Streams `file` from byte `offset` of its decompressed content. All members of a compressed file
/// are read; one that is cut off is kInvalidData naming the byte.
Result<std::unique_ptr<ByteStream>> OpenByteStream(std::unique_ptr<ReadableFile> file,
                                                   const std::string& path, int64_t offset);
/// Streams `head`, then what `file` (standard input) still gives.
std::unique_ptr<ByteStream> MakeLiveStream(std::unique_ptr<ReadableFile> file, std::string head);

}  // namespace weir
