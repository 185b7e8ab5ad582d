// SPDX-License-Identifier: Apache-2.0
// Japanese text made comparable, for searching (decision 0007).
#pragma once

#include <stddef.h>

#include "server/base/call.h"

// The form in which texts are compared: NFKC, case folded, katakana as hiragana, one kind of wave dash and
// minus, no variation selectors and no invisible characters, one space between words and none at the ends. In
// the call's arena.
const char *text_fold(struct call *c, const char *text);
// The different pairs of neighbouring characters within the words of a folded text, in order of first
// occurrence, at most max of them. Words of one character have none. Returns the count; *ret_grams in the
// call's arena.
size_t text_bigrams(struct call *c, const char *folded, size_t max, const char *const **ret_grams);
