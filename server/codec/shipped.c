// SPDX-License-Identifier: Apache-2.0
#include "server/codec/shipped.h"

#include <string.h>

const struct shipped_file *shipped_find(const char *name)
{
    for (const struct shipped_file *file = shipped_files; file->name; file++) {
        if (strcmp(file->name, name) == 0)
            return file;
    }
    return NULL;
}
