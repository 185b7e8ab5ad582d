// SPDX-License-Identifier: Apache-2.0
// One function a target: libFuzzer calls it, and so does replay.c with the files of the corpus.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Unlike assert it also stands where NDEBUG is set.
#define MUST(condition)   \
    do {                  \
        if (!(condition)) \
            abort();      \
    } while (0)
