/** The files of series in an organisation's folder: series/NAME.yaml of a downstream,
 *  follow/NAME.yaml of an upstream (node/config.h). */
#ifndef LV_CLI_SERIES_FILE_H
#define LV_CLI_SERIES_FILE_H

#include "cli/cli.h"

/** Checks a series file as far as this role can and gives the name that it will have in the
 *  folder. @param path  for words. @return LV_OK; LV_E_CONFIG, LV_E_SYNTAX; LV_REFUSED for a
 *  servicer, which has no series. */
LV_MUST_CHECK lv_status lv_series_file_name(const lv_config *config, const char *path,
                                            lv_bytes yaml, char name[LV_NAME_MAX + 1],
                                            lv_error *err);

/** Writes it into `folder`, reads the whole configuration again and takes it back where that
 *  fails. @return LV_OK; LV_EXISTS where the name is taken. */
LV_MUST_CHECK lv_status lv_series_file_put(const char *folder, const lv_config *config,
                                           const char *name, lv_bytes yaml, lv_error *err);

#endif
