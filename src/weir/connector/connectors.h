// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
//
// The built-in connectors: one folder and one line here each; all_connectors.cc registers them.
#pragma once

#include <memory>

#include "weir/connector/connector.h"

namespace weir {

std::unique_ptr<Connector> MakeBlackholeConnector();
std::unique_ptr<Connector> MakeDatagenConnector();
std::unique_ptr<Connector> MakeFilesystemConnector();
std::unique_ptr<Connector> MakeNexmarkConnector();
std::unique_ptr<Connector> MakePrintConnector();
std::unique_ptr<Connector> MakeValuesConnector();

}  // namespace weir
