// SPDX-License-Identifier: Apache-2.0
#include "server/rpc/qr.h"

#include <qrencode.h>

#define QUIET_ZONE 4 // modules of white around it

// One path of unit squares: small, and sharp at every size.
char *qr_svg(struct call *c, const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return NULL;
    int size = code->width + 2 * QUIET_ZONE;
    struct buf svg = buf_in(&c->arena);
    buf_printf(
        &svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\">"
        "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path fill=\"#000\" d=\"",
        size, size, size, size);
    for (int y = 0; y < code->width; y++) {
        for (int x = 0; x < code->width; x++) {
            if (code->data[y * code->width + x] & 1)
                buf_printf(&svg, "M%d %dh1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
        }
    }
    buf_puts(&svg, "\"/></svg>");
    QRcode_free(code);
    return (char *)buf_text(&svg);
}
