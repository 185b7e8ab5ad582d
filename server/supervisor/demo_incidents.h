// SPDX-License-Identifier: Apache-2.0
// Past incidents of the demo city: db/demo/incidents.csv, one action a line.
#pragma once

#include "server/base/call.h"
#include "server/supervisor/demo_files.h"

// Does what the file says, each line as the holder of its post, by the same functions as a client. Doing it
// again changes nothing: the operation ids come from the line's number.
enum err demo_incidents(struct call *c, const struct demo_file *file) MUST_USE;
