#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const int FOLDERS_OPEN = 16; /* of nftw at once */

lv_status lv_file_read(const char *path, size_t max, lv_buffer *out, lv_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return lv_fail(err, errno == ENOENT ? LV_NOT_FOUND : LV_E_IO, "%s: %s", path,
                       strerror(errno));
    }
    lv_status status = LV_OK;
    size_t start = out->len;
    for (;;) {
        uint8_t chunk[16384];
        ssize_t got = read(fd, chunk, sizeof chunk);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            status = lv_fail(err, LV_E_IO, "%s: %s", path, strerror(errno));
            break;
        }
        if (got == 0) {
            break;
        }
        if (out->len - start + (size_t)got > max) {
            status = lv_fail(err, LV_E_LIMIT, "%s: larger than %zu bytes", path, max);
            break;
        }
        status = lv_buffer_append(out, chunk, (size_t)got);
        if (status != LV_OK) {
            break;
        }
    }
    close(fd);
    return status;
}

static lv_status write_all(int fd, lv_bytes bytes)
{
    while (bytes.len > 0) {
        ssize_t put = write(fd, bytes.data, bytes.len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return LV_E_IO;
        }
        bytes.data += put;
        bytes.len -= (size_t)put;
    }
    return fsync(fd) == 0 ? LV_OK : LV_E_IO;
}

static lv_status sync_folder_of(const char *path)
{
    char *folder = strdup(path);
    if (folder == NULL) {
        return LV_E_MEMORY;
    }
    char *slash = strrchr(folder, '/');
    const char *name = ".";
    if (slash == folder) {
        name = "/";
    } else if (slash != NULL) {
        *slash = '\0';
        name = folder;
    }
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0) {
        return LV_E_IO;
    }
    lv_status status = fsync(fd) == 0 ? LV_OK : LV_E_IO;
    close(fd);
    return status;
}

lv_status lv_file_write(const char *path, lv_bytes bytes, unsigned mode, lv_error *err)
{
    lv_buffer temporary = {0};
    lv_status status = lv_buffer_printf(&temporary, "%s.XXXXXX", path);
    if (status != LV_OK) {
        return status;
    }
    char *name = (char *)temporary.data;
    int fd = mkostemp(name, O_CLOEXEC);
    if (fd < 0) {
        status = lv_fail(err, LV_E_IO, "%s: cannot create: %s", path, strerror(errno));
        lv_buffer_free(&temporary);
        return status;
    }
    status = fchmod(fd, (mode_t)mode) == 0 ? write_all(fd, bytes) : LV_E_IO;
    if (close(fd) != 0 && status == LV_OK) {
        status = LV_E_IO;
    }
    if (status == LV_OK && rename(name, path) != 0) {
        status = LV_E_IO;
    }
    if (status != LV_OK) {
        int cause = errno;
        unlink(name);
        status = lv_fail(err, status, "%s: cannot write: %s", path, strerror(cause));
    } else {
        status = sync_folder_of(path);
    }
    lv_buffer_free(&temporary);
    return status;
}

lv_status lv_folder_make(const char *path, lv_error *err)
{
    char *partial = strdup(path);
    if (partial == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_OK;
    for (char *at = partial + 1; status == LV_OK; at++) {
        char kept = *at;
        if (kept != '/' && kept != '\0') {
            continue;
        }
        *at = '\0';
        if (mkdir(partial, 0700) != 0 && errno != EEXIST) {
            status =
                lv_fail(err, LV_E_IO, "%s: cannot make the folder: %s", partial, strerror(errno));
        }
        *at = kept;
        if (kept == '\0') {
            break;
        }
    }
    free(partial);
    return status;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

lv_status lv_folder_remove(const char *path, lv_error *err)
{
    return nftw(path, remove_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT
               ? LV_OK
               : lv_fail(err, LV_E_IO, "%s: cannot remove: %s", path, strerror(errno));
}

bool lv_file_exists(const char *path) { return access(path, F_OK) == 0; }

char *lv_path_join(const char *folder, const char *name)
{
    if (name[0] == '/') {
        return strdup(name);
    }
    size_t len = strlen(folder) + strlen(name) + 2;
    char *path = malloc(len);
    if (path != NULL) {
        snprintf(path, len, "%s/%s", folder, name);
    }
    return path;
}
