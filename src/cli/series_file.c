#include "cli/series_file.h"
#include "base/file.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* "follow/moisture-at-b.yaml" gives the name of the file: an upstream may follow series of one
 * name at several downstreams. */
static lv_status stem(const char *path, char name[LV_NAME_MAX + 1], lv_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *file = slash != NULL ? slash + 1 : path;
    size_t len = strlen(file);
    if (len > 5 && strcmp(file + len - 5, ".yaml") == 0) {
        len -= 5;
    } else if (len > 4 && strcmp(file + len - 4, ".yml") == 0) {
        len -= 4;
    }
    name[0] = '\0';
    if (len <= LV_NAME_MAX) {
        memcpy(name, file, len);
        name[len] = '\0';
    }
    return lv_name_is_valid(name)
               ? LV_OK
               : lv_fail(err, LV_E_SYNTAX, "%s: the file's name is no name for a series", path);
}

lv_status lv_series_file_name(const lv_config *config, const char *path, lv_bytes yaml,
                              char name[LV_NAME_MAX + 1], lv_error *err)
{
    if (config->role == LV_ROLE_SERVICER) {
        return lv_fail(err, LV_REFUSED, "%s is a servicer: it has no series of its own",
                       config->organisation);
    }
    if (config->role == LV_ROLE_UPSTREAM) {
        return stem(path, name, err);
    }
    lv_config_series series = {0};
    lv_status status = lv_config_series_parse(path, yaml, &series, err);
    if (status == LV_OK) {
        memcpy(name, series.series.name, LV_NAME_MAX + 1);
    }
    lv_config_series_free(&series);
    return status;
}

static lv_status put_checked(const char *folder, const char *path, lv_bytes yaml, lv_error *err)
{
    lv_config *config = NULL;
    if (lv_file_exists(path)) {
        return lv_fail(err, LV_EXISTS, "%s stands already and nothing is overwritten", path);
    }
    lv_status status = lv_file_write(path, yaml, 0644, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_config_load(folder, &config, err);
    if (status != LV_OK) {
        unlink(path);
    }
    lv_config_free(config);
    return status;
}

lv_status lv_series_file_put(const char *folder, const lv_config *config, const char *name,
                             lv_bytes yaml, lv_error *err)
{
    lv_buffer file = {0};
    char *path = NULL;
    lv_status status = lv_buffer_printf(
        &file, "%s/%s.yaml", config->role == LV_ROLE_DOWNSTREAM ? "series" : "follow", name);
    if (status == LV_OK) {
        path = lv_cli_path(folder, lv_buffer_text(&file), err);
        status = path == NULL ? LV_E_MEMORY : put_checked(folder, path, yaml, err);
    }
    free(path);
    lv_buffer_free(&file);
    return status;
}
