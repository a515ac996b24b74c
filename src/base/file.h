/** Whole files: bounded reading, atomic durable writing. */
#ifndef LV_BASE_FILE_H
#define LV_BASE_FILE_H

#include <lotveil/bytes.h>

/** Reads all of a file. LV_NOT_FOUND; LV_E_LIMIT over `max` bytes; LV_E_IO. Words name it. */
LV_MUST_CHECK lv_status lv_file_read(const char *path, size_t max, lv_buffer *out, lv_error *err);

/** Writes a file whole or not at all: a temporary beside it, fsync, rename, fsync of the folder.
 * @param mode  permissions, such as 0600. */
LV_MUST_CHECK lv_status lv_file_write(const char *path, lv_bytes bytes, unsigned mode,
                                      lv_error *err);

/** Makes a folder and its parents (0700 each). A folder that stands is fine. */
LV_MUST_CHECK lv_status lv_folder_make(const char *path, lv_error *err);

/** Removes a file, or a folder with all below it; a link itself, not what it leads to.
 * @return LV_OK, also where there is none; LV_E_IO with words. */
LV_MUST_CHECK lv_status lv_folder_remove(const char *path, lv_error *err);

bool lv_file_exists(const char *path);

/** "folder/name" in newly allocated memory (free); NULL without memory. An absolute `name` stays
 *  as it is. */
char *lv_path_join(const char *folder, const char *name);

#endif
