// SPDX-License-Identifier: Apache-2.0
// Feeds every file of a directory to the target: the corpus as a plain test.
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

#define SIZE_MOST (4u << 20)

static void file_feed(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = malloc(SIZE_MOST);
    MUST(file != NULL && data != NULL);
    size_t size = fread(data, 1, SIZE_MOST, file);
    uint8_t *exact = malloc(size > 0 ? size : 1); // so that a sanitizer sees a read behind the end
    MUST(exact != NULL);
    memcpy(exact, data, size);
    free(data);
    fclose(file);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
}

int main(int argc, char **argv)
{
    unsigned count = 0;
    MUST(argc == 2);
    DIR *dir = opendir(argv[1]);
    MUST(dir != NULL);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        char path[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        file_feed(path);
        count++;
    }
    closedir(dir);
    printf("%u files\n", count);
    return count == 0; // an empty corpus proves nothing
}
