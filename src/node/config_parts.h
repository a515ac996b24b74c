/** The parts of the configuration that have files of their own. Internal to config*.c. */
#ifndef LV_NODE_CONFIG_PARTS_H
#define LV_NODE_CONFIG_PARTS_H

#include "node/config.h"
#include <cyaml/cyaml.h>

#define LV_CONFIG_FILES_MAX 1024U /* series, or follows, of one organisation */

/** Fills config->series (or ->follows) from the folder `series` (or `follow`) below
 *  config->folder; the members must be there already. A folder that is missing counts as empty.
 *  For a role that has no such files any file is an error. */
LV_MUST_CHECK lv_status lv_config_load_series(lv_config *config, lv_error *err);
LV_MUST_CHECK lv_status lv_config_load_follows(lv_config *config, lv_error *err);

/** Calls `take` for each `*.yaml` below `folder`/`name` in the order of their names.
 * @param path  for the words. */
typedef lv_status (*lv_config_take)(lv_config *config, const char *path, lv_bytes yaml,
                                    lv_error *err);
LV_MUST_CHECK lv_status lv_config_each_file(lv_config *config, const char *name,
                                            lv_config_take take, lv_error *err);

/** Reads a file of root certificates in PEM that the configuration names.
 * @return LV_OK; LV_E_CONFIG with words that name `path` and `key`; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_config_read_roots(const lv_config *config, const char *path,
                                             const char *key, const char *name, lv_buffer *out,
                                             lv_error *err);

/** The section `enroll` as it is written. */
typedef struct {
    char *ca;
    char *ca_name;
    char *tls_roots;
    char *renew_days;
} lv_config_raw_enroll;

extern const cyaml_schema_field_t lv_config_enroll_fields[];

/** Fills config->enroll. @param raw  NULL where the section is not there. */
LV_MUST_CHECK lv_status lv_config_take_enroll(const char *path, const lv_config_raw_enroll *raw,
                                              lv_config *out, lv_error *err);
void lv_config_enroll_free(lv_config_enroll *enroll);

/** Finds a member and holds it against the role it must have. */
LV_MUST_CHECK lv_status lv_config_need_member(const lv_config *config, const char *path,
                                              const char *key, const char *msp, lv_role role,
                                              const lv_config_member **out, lv_error *err);

#endif
