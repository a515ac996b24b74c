/** The certificates of one side, from a folder with roots.pem, own.pem and key.pem. */
#ifndef LV_TESTS_RPC_FOLDER_H
#define LV_TESTS_RPC_FOLDER_H

#include "base/file.h"
#include "rpc/rpc.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    lv_buffer roots;
    lv_buffer certificate;
    lv_buffer key;
} rpc_folder;

static inline void rpc_must(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        fprintf(stderr, "%s: %s\n", lv_status_name(status), err->text);
        exit(1);
    }
}

static inline void rpc_folder_read(const char *folder, const char *name, lv_buffer *out)
{
    lv_error err = {0};
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    rpc_must(lv_file_read(path, (size_t)64 * 1024, out, &err), &err);
}

static inline lv_rpc_tls rpc_folder_open(const char *folder, rpc_folder *out)
{
    *out = (rpc_folder){0};
    rpc_folder_read(folder, "roots.pem", &out->roots);
    rpc_folder_read(folder, "own.pem", &out->certificate);
    rpc_folder_read(folder, "key.pem", &out->key);
    return (lv_rpc_tls){.roots = lv_buffer_view(&out->roots),
                        .certificate = lv_buffer_view(&out->certificate),
                        .key = lv_buffer_view(&out->key)};
}

static inline void rpc_folder_free(rpc_folder *folder)
{
    lv_buffer_free(&folder->roots);
    lv_buffer_free(&folder->certificate);
    lv_buffer_wipe(&folder->key);
}

#endif
