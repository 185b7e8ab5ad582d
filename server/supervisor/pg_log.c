// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/pg_log.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "server/base/fiber.h"

static struct {
    uv_pipe_t pipe;
    char line[2048];
    size_t len;
    int write_fd;
} pg_log = {.write_fd = -1};

enum log_level pg_log_level(const char *line)
{
    static const struct {
        const char *word;
        enum log_level level;
    } words[] = {
        {"PANIC:", LOG_ERROR}, {"FATAL:", LOG_ERROR},    {"ERROR:", LOG_WARN}, {"WARNING:", LOG_WARN},
        {"error:", LOG_ERROR}, {"HINT:", LOG_WARN},      {"LOG:", LOG_INFO},   {"postgres: ", LOG_ERROR},
        {"hint:", LOG_WARN},   {"could not", LOG_ERROR},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(line, words[i].word))
            return words[i].level;
    return LOG_DEBUG;
}

static void line_end(void)
{
    pg_log.line[pg_log.len] = '\0';
    if (pg_log.len > 0)
        LOG(pg_log_level(pg_log.line), "postgres", LOG_S("text", pg_log.line));
    pg_log.len = 0;
}

static void line_feed(const char *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] == '\n')
            line_end();
        else if (pg_log.len + 1 < sizeof pg_log.line)
            pg_log.line[pg_log.len++] = data[i];
    }
}

static void pipe_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    static char block[4096];
    (void)handle, (void)suggested;
    *ret_buf = uv_buf_init(block, sizeof block);
}

static void pipe_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    if (len < 0)
        uv_read_stop(stream);
    else
        line_feed(buf->base, (size_t)len);
}

int pg_log_begin(void)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return -1;
    uv_pipe_init(fiber_loop(), &pg_log.pipe, 0);
    uv_pipe_open(&pg_log.pipe, fds[0]);
    uv_read_start((uv_stream_t *)&pg_log.pipe, pipe_alloc, pipe_read);
    return pg_log.write_fd = fds[1];
}

void pg_log_end(void)
{
    if (pg_log.write_fd < 0)
        return;
    close(pg_log.write_fd);
    pg_log.write_fd = -1;
    uv_close((uv_handle_t *)&pg_log.pipe, NULL);
}
