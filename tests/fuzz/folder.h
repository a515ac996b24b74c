/** A folder of an organisation, for what can only be read from files. */
#ifndef LV_TESTS_FUZZ_FOLDER_H
#define LV_TESTS_FUZZ_FOLDER_H

#include "base/file.h"
#include "fuzz.h"
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char folder[64];

static inline int folder_remove_entry(const char *path, const struct stat *info, int kind,
                                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void folder_remove(void)
{
    nftw(folder, folder_remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

/** Where a file of the folder stands, until the next call. */
static inline const char *folder_path(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

/** Writes without waiting for the disk. */
static inline void folder_write(const char *name, lv_bytes bytes)
{
    FILE *file = fopen(folder_path(name), "wb");
    FUZZ_CHECK(file != NULL);
    FUZZ_CHECK(bytes.len == 0 || fwrite(bytes.data, 1, bytes.len, file) == bytes.len);
    FUZZ_CHECK(fclose(file) == 0);
}

/** Makes the folder of the upstream AMSP on the first call. */
static inline void folder_make(void)
{
    lv_error err = {0};
    if (folder[0] != '\0') {
        return;
    }
    snprintf(folder, sizeof folder, "/tmp/lotveil-fuzz-XXXXXX");
    FUZZ_CHECK(mkdtemp(folder) != NULL);
    FUZZ_CHECK(atexit(folder_remove) == 0);
    FUZZ_CHECK(lv_folder_make(folder_path("members"), &err) == LV_OK);
    FUZZ_CHECK(lv_folder_make(folder_path("follow"), &err) == LV_OK);
    folder_write("members/BMSP.pem", lv_buffer_view(fuzz_root(1)));
    folder_write("members/SMSP.pem", lv_buffer_view(fuzz_root(2)));
}

#endif
