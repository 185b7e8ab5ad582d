// SPDX-License-Identifier: Apache-2.0
// QR codes for the authenticator app and for paper.
#pragma once

#include "server/base/call.h"

// The QR code of a text as an SVG image in the call's arena; NULL when the text does not fit.
char *qr_svg(struct call *c, const char *text);
