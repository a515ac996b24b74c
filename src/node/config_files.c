#include "base/file.h"
#include "node/config_parts.h"
#include "node/config_yaml.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text);
    size_t tail = strlen(end);
    return len > tail && strcmp(text + len - tail, end) == 0;
}

static int is_yaml(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && (ends_with(name, ".yaml") || ends_with(name, ".yml"));
}

static lv_status read_one(lv_config *config, const char *folder, const char *name,
                          lv_config_take take, lv_error *err)
{
    lv_buffer text = {0};
    char *path = lv_path_join(folder, name);
    lv_status status = LV_E_MEMORY;
    if (path != NULL && ends_with(name, ".yml")) {
        status = lv_fail(err, LV_E_CONFIG, "%s: rename it to end in .yaml", path);
    } else if (path != NULL) {
        status = lv_file_read(path, LV_CONFIG_FILE_MAX, &text, err);
    }
    if (status == LV_OK) {
        status = take(config, path, lv_buffer_view(&text), err);
    }
    lv_buffer_free(&text);
    free(path);
    return status;
}

lv_status lv_config_each_file(lv_config *config, const char *name, lv_config_take take,
                              lv_error *err)
{
    struct dirent **entries = NULL;
    char *folder = lv_path_join(config->folder, name);
    if (folder == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_OK;
    int count = scandir(folder, &entries, is_yaml, alphasort);
    if (count < 0 && errno != ENOENT) {
        status = lv_fail(err, LV_E_IO, "%s: cannot read the folder: %s", folder, strerror(errno));
    }
    if (count > (int)LV_CONFIG_FILES_MAX) {
        status = lv_fail(err, LV_E_LIMIT, "%s: more than %u files", folder, LV_CONFIG_FILES_MAX);
    }
    for (int i = 0; i < count; i++) {
        if (status == LV_OK) {
            status = read_one(config, folder, entries[i]->d_name, take, err);
        }
        free(entries[i]);
    }
    free((void *)entries);
    free(folder);
    return status;
}
