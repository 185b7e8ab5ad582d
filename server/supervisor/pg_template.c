// SPDX-License-Identifier: Apache-2.0
#include "server/supervisor/pg_template.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { NONCE_LEN = 32 }; // mock_authentication_nonce, just before the control file's checksum

static bool write_all(int fd, const unsigned char *data, size_t len)
{
    while (len > 0) {
        ssize_t done = write(fd, data, len);
        if (done < 0)
            return false;
        data += done;
        len -= (size_t)done;
    }
    return true;
}

// Real zeros, no hole: a commit must not find the disk full inside a segment of the log.
static bool write_zeros(int fd, size_t len)
{
    static const unsigned char zeros[1 << 16];
    bool good = true;
    for (size_t part; good && len > 0; len -= part) {
        part = len < sizeof zeros ? len : sizeof zeros;
        good = write_all(fd, zeros, part);
    }
    return good;
}

static bool file_make(int root, const struct pg_template_file *file, const unsigned char *raw)
{
    int fd = openat(root, file->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    bool good = write_all(fd, raw + file->offset, file->stored) && write_zeros(fd, file->size - file->stored);
    return close(fd) == 0 && good;
}

static bool tree_make(int root, const unsigned char *raw)
{
    bool good = true;
    for (const struct pg_template_file *file = pg_template.files; good && file->path; file++) {
        bool is_directory = file->path[strlen(file->path) - 1] == '/';
        good = is_directory ? mkdirat(root, file->path, 0700) == 0 : file_make(root, file, raw);
    }
    return good && syncfs(root) == 0; // a tenth of the time of a thousand fsyncs
}

static uint32_t crc32c(const unsigned char *data, size_t len)
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82F63B78) : 0);
    }
    return ~crc;
}

// What initdb makes anew for each cluster: two of one template must not be taken for copies of each other.
static bool identity_make(unsigned char *raw)
{
    unsigned char *control = raw + pg_template.control_at;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t identifier =
        (uint64_t)now.tv_sec << 32 | (uint64_t)(now.tv_nsec / 1000) << 12 | (getpid() & 0xFFF);
    memcpy(control, &identifier, sizeof identifier);
    memcpy(raw + pg_template.wal_identifier_at, &identifier, sizeof identifier);
    if (getrandom(control + pg_template.control_crc_at - NONCE_LEN, NONCE_LEN, 0) != NONCE_LEN)
        return false;
    uint32_t crc = crc32c(control, pg_template.control_crc_at);
    memcpy(control + pg_template.control_crc_at, &crc, sizeof crc);
    return true;
}

bool pg_template_fits(const char *bin)
{
    char end[32];
    int len = snprintf(end, sizeof end, "/%d/bin", pg_template.major);
    size_t bin_len = strlen(bin);
    return pg_template.major > 0 && bin_len > (size_t)len && strcmp(bin + bin_len - len, end) == 0;
}

void pg_template_unpack(void *arg)
{
    struct pg_template_place *place = arg;
    uLongf raw_len = pg_template.raw_len;
    unsigned char *raw = malloc(raw_len);
    place->error = ENOMEM;
    if (!raw)
        return;
    errno = EINVAL;
    bool good = uncompress(raw, &raw_len, pg_template.packed, pg_template.packed_len) == Z_OK &&
                raw_len == pg_template.raw_len && identity_make(raw) && mkdir(place->directory, 0700) == 0;
    int root = good ? open(place->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    good = root >= 0 && tree_make(root, raw);
    place->error = good ? 0 : errno;
    if (root >= 0)
        close(root);
    free(raw);
}
