/** The `ledger:` part of config.yaml. Internal to config*.c. */
#ifndef LV_NODE_CONFIG_LEDGER_H
#define LV_NODE_CONFIG_LEDGER_H

#include "node/config.h"
#include "node/config_yaml.h"

typedef struct {
    char *address;
    char *host_name;
} lv_raw_gateway;

typedef struct {
    char *quality;
    char *xor_channel;
} lv_raw_chaincode;

/** As it is written: config.h shows one of each kind. */
typedef struct {
    lv_ledger_kind kind;
    char *folder;
    char *quality;
    char *xor_channel;
    lv_raw_chaincode *chaincode;
    lv_raw_gateway *gateways;
    uint32_t gateways_count;
    char *tls_roots;
} lv_raw_ledger;

extern const cyaml_schema_field_t lv_config_ledger_fields[];

/** Checks and takes it; organisation, role and folder must be there already. */
LV_MUST_CHECK lv_status lv_config_take_ledger(const char *path, const lv_raw_ledger *raw,
                                              lv_config *out, lv_error *err);
void lv_config_ledger_free(lv_config *config);

#endif
