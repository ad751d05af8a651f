// SPDX-License-Identifier: Apache-2.0
// Copyright the Weir authors
#include "weir/connector/connectors.h"

namespace weir {

void RegisterBuiltinConnectors(ConnectorRegistry* registry) {
  registry->Add(MakeBlackholeConnector());
  registry->Add(MakeDatagenConnector());
  registry->Add(MakeFilesystemConnector());
  registry->Add(MakeNexmarkConnector());
  registry->Add(MakePrintConnector());
  registry->Add(MakeValuesConnector());
}

}  // namespace weir
