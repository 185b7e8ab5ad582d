// SPDX-License-Identifier: Apache-2.0
// The types of Google's conformance test, to be added with registry_add.
#pragma once

#include "server/codec/registry.h"

extern const struct codec_types conformance_types;
