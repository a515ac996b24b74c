/* The section `enroll` of config.yaml. */
#include "node/ca.h"
#include "node/config_parts.h"
#include "node/config_yaml.h"
#include <stdlib.h>
#include <string.h>

#define RENEW_DAYS_MAX 3650U
#define RENEW_DAYS 30U /* where the section says nothing */

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

const cyaml_schema_field_t lv_config_enroll_fields[] = {
    CYAML_FIELD_STRING_PTR("ca", CYAML_FLAG_POINTER, lv_config_raw_enroll, ca, 1, 256),
    CYAML_FIELD_STRING_PTR("ca_name", OPTIONAL, lv_config_raw_enroll, ca_name, 1, LV_CA_TEXT_MAX),
    CYAML_FIELD_STRING_PTR("tls_roots", OPTIONAL, lv_config_raw_enroll, tls_roots, 1, 4096),
    LV_YAML_FIELD_NUMBER("renew_days", OPTIONAL, lv_config_raw_enroll, renew_days),
    CYAML_FIELD_END,
};

static lv_status take_fields(const char *path, const lv_config_raw_enroll *raw,
                             const lv_config *config, lv_config_enroll *out, lv_error *err)
{
    uint64_t days = 0;
    if (!lv_ca_url_is_valid(raw->ca)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: enroll, ca: '%s' must be an address such as https://ca.example:7054",
                       path, raw->ca);
    }
    if (raw->ca_name != NULL && !lv_ca_text_is_valid(raw->ca_name)) {
        return lv_fail(err, LV_E_CONFIG, "%s: enroll, ca_name: must be printable ASCII", path);
    }
    lv_status status = lv_yaml_number(path, "enroll, renew_days", raw->renew_days, 1,
                                      RENEW_DAYS_MAX, RENEW_DAYS, &days, err);
    if (status != LV_OK) {
        return status;
    }
    out->renew_days = (unsigned)days;
    out->ca = strdup(raw->ca);
    out->ca_name = strdup(raw->ca_name != NULL ? raw->ca_name : "");
    if (out->ca == NULL || out->ca_name == NULL) {
        return LV_E_MEMORY;
    }
    return raw->tls_roots == NULL ? LV_OK
                                  : lv_config_read_roots(config, path, "enroll, tls_roots",
                                                         raw->tls_roots, &out->tls_roots, err);
}

lv_status lv_config_take_enroll(const char *path, const lv_config_raw_enroll *raw, lv_config *out,
                                lv_error *err)
{
    if (raw == NULL) {
        return LV_OK;
    }
    out->enroll = calloc(1, sizeof *out->enroll);
    return out->enroll == NULL ? LV_E_MEMORY : take_fields(path, raw, out, out->enroll, err);
}

void lv_config_enroll_free(lv_config_enroll *enroll)
{
    if (enroll == NULL) {
        return;
    }
    free(enroll->ca);
    free(enroll->ca_name);
    lv_buffer_free(&enroll->tls_roots);
    free(enroll);
}
