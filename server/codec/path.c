// SPDX-License-Identifier: Apache-2.0
#include "server/codec/path.h"

static void path_put(struct buf *out, const struct path *path)
{
    if (path == NULL || path->field == NULL)
        return;
    path_put(out, path->up);
    if (out->len > 0)
        buf_putc(out, '.');
    buf_puts(out, path->field->json_name);
    if (path->index >= 0)
        buf_printf(out, "[%d]", path->index);
}

const char *path_text(struct call *c, const struct path *path)
{
    struct buf out = buf_in(&c->arena);
    path_put(&out, path);
    return buf_text(&out);
}
