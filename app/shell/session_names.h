// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The names of a session, for completion. Threads: one.
#pragma once

#include <memory>

#include "completion.h"
#include "weir/session/session.h"

namespace weir {

/// `session` is borrowed.
std::unique_ptr<NameSource> MakeSessionNames(Session& session);

}  // namespace weir
