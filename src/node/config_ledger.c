#include "node/config_ledger.h"
#include "base/file.h"
#include "node/config_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_TEXT_MAX 4096U
#define GATEWAYS_MAX 16U
#define ADDRESS_MAX 263U /* a DNS name, a colon and a port, with room for brackets */
#define HOST_MAX 253U

static const cyaml_strval_t KINDS[] = {
    {"embedded", LV_LEDGER_EMBEDDED},
    {"fabric", LV_LEDGER_FABRIC},
};

#define NEEDED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t CHAINCODE_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("quality", OPTIONAL, lv_raw_chaincode, quality, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("xor", OPTIONAL, lv_raw_chaincode, xor_channel, 1, LV_NAME_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t GATEWAY_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("address", NEEDED, lv_raw_gateway, address, 1, ADDRESS_MAX),
    CYAML_FIELD_STRING_PTR("host_name", OPTIONAL, lv_raw_gateway, host_name, 1, HOST_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t GATEWAY = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, lv_raw_gateway, GATEWAY_FIELDS),
};

const cyaml_schema_field_t lv_config_ledger_fields[] = {
    CYAML_FIELD_ENUM("kind", CYAML_FLAG_STRICT, lv_raw_ledger, kind, KINDS, CYAML_ARRAY_LEN(KINDS)),
    CYAML_FIELD_STRING_PTR("folder", OPTIONAL, lv_raw_ledger, folder, 1, PATH_TEXT_MAX),
    CYAML_FIELD_STRING_PTR("quality", OPTIONAL, lv_raw_ledger, quality, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("xor", OPTIONAL, lv_raw_ledger, xor_channel, 1, LV_NAME_MAX),
    CYAML_FIELD_MAPPING_PTR("chaincode", OPTIONAL, lv_raw_ledger, chaincode, CHAINCODE_FIELDS),
    CYAML_FIELD_SEQUENCE("gateways", OPTIONAL, lv_raw_ledger, gateways, &GATEWAY, 0, GATEWAYS_MAX),
    CYAML_FIELD_STRING_PTR("tls_roots", OPTIONAL, lv_raw_ledger, tls_roots, 1, PATH_TEXT_MAX),
    CYAML_FIELD_END,
};

/* ---- channels ---- */

/* Which channels a role has a part in. */
static lv_status take_channel(const char *path, const char *key, const char *value, bool has_part,
                              lv_role role, char *out, lv_error *err)
{
    if (value == NULL && has_part) {
        return lv_fail(err, LV_E_CONFIG, "%s: %s: is missing; %s has a part in that channel", path,
                       key, lv_role_name(role));
    }
    if (value != NULL && !has_part) {
        return lv_fail(err, LV_E_CONFIG, "%s: %s: leave it out; %s has no part in that channel",
                       path, key, lv_role_name(role));
    }
    return value != NULL ? lv_yaml_name(path, key, value, out, err) : LV_OK;
}

static lv_status take_channels(const char *path, const lv_raw_ledger *raw, lv_config *out,
                               lv_error *err)
{
    lv_status status =
        take_channel(path, "ledger, quality", raw->quality, out->role != LV_ROLE_SERVICER,
                     out->role, out->quality_channel, err);
    if (status == LV_OK) {
        status = take_channel(path, "ledger, xor", raw->xor_channel, out->role != LV_ROLE_UPSTREAM,
                              out->role, out->xor_channel, err);
    }
    if (status == LV_OK && strcmp(out->quality_channel, out->xor_channel) == 0) {
        status =
            lv_fail(err, LV_E_CONFIG,
                    "%s: ledger: quality and xor name the same channel; they must be two", path);
    }
    return status;
}

/* ---- embedded ---- */

static lv_status take_embedded(const char *path, const lv_raw_ledger *raw, lv_config *out,
                               lv_error *err)
{
    const char *foreign = NULL;
    if (raw->gateways != NULL) {
        foreign = "gateways";
    } else if (raw->chaincode != NULL) {
        foreign = "chaincode";
    } else if (raw->tls_roots != NULL) {
        foreign = "tls_roots";
    }
    if (foreign != NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: ledger, %s: leave it out; it belongs to kind: fabric",
                       path, foreign);
    }
    if (raw->folder == NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: ledger, folder: is missing; kind: embedded needs it",
                       path);
    }
    out->ledger_folder = lv_path_join(out->folder, raw->folder);
    return out->ledger_folder != NULL ? LV_OK : LV_E_MEMORY;
}

/* ---- fabric ---- */

/* Fabric's own rule for a channel: lower case, and first a letter. */
static bool is_fabric_channel(const char *name)
{
    return name[0] >= 'a' && name[0] <= 'z' &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789.-")] == '\0';
}

static bool is_host(const char *host, size_t len)
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    return len > 0 && len <= HOST_MAX && host[0] != '.' && host[0] != '-' &&
           strspn(host, legal) >= len;
}

/* "127.0.0.1:7051", "peer0.b.example:7051" or "[::1]:7051". */
bool lv_config_is_gateway(const char *text)
{
    const char *colon = strrchr(text, ':');
    if (colon == NULL) {
        return false;
    }
    size_t len = (size_t)(colon - text);
    size_t digits = strspn(colon + 1, "0123456789");
    unsigned long port = strtoul(colon + 1, NULL, 10);
    if (digits == 0 || digits > 5 || colon[1 + digits] != '\0' || port == 0 || port > UINT16_MAX) {
        return false;
    }
    if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
        return strspn(text + 1, "0123456789abcdefABCDEF:.") == len - 2;
    }
    return is_host(text, len);
}

static lv_status take_gateway(const char *path, const lv_raw_gateway *raw, lv_config *out,
                              lv_error *err)
{
    if (!lv_config_is_gateway(raw->address)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: ledger, gateways, address: '%s' is no address; it must be host:port "
                       "of a peer, such as peer0.b.example:7051",
                       path, raw->address);
    }
    if (raw->host_name != NULL && !is_host(raw->host_name, strlen(raw->host_name))) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: ledger, gateways, host_name: '%s' is no name that a certificate could "
                       "have",
                       path, raw->host_name);
    }
    for (size_t i = 0; i < out->gateway_count; i++) {
        if (strcmp(out->gateways[i].address, raw->address) == 0) {
            return lv_fail(err, LV_E_CONFIG, "%s: ledger, gateways: %s stands twice", path,
                           raw->address);
        }
    }
    lv_config_gateway *gateway = &out->gateways[out->gateway_count++];
    gateway->address = strdup(raw->address);
    gateway->host_name = raw->host_name != NULL ? strdup(raw->host_name) : NULL;
    bool lost = gateway->address == NULL || (raw->host_name != NULL && gateway->host_name == NULL);
    return lost ? LV_E_MEMORY : LV_OK;
}

static lv_status take_gateways(const char *path, const lv_raw_ledger *raw, lv_config *out,
                               lv_error *err)
{
    if (raw->gateways_count == 0) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: ledger, gateways: is missing; kind: fabric needs the address of one "
                       "peer at least",
                       path);
    }
    out->gateway_count = 0;
    out->gateways = calloc(raw->gateways_count, sizeof *out->gateways);
    lv_status status = out->gateways != NULL ? LV_OK : LV_E_MEMORY;
    for (uint32_t i = 0; status == LV_OK && i < raw->gateways_count; i++) {
        status = take_gateway(path, &raw->gateways[i], out, err);
    }
    return status;
}

/* The chaincode has the contract's name unless the configuration says otherwise. */
static lv_status take_chaincode(const char *path, const char *key, const char *channel,
                                const char *value, const char *contract, char *out, lv_error *err)
{
    if (channel[0] == '\0' && value == NULL) {
        return LV_OK;
    }
    if (channel[0] == '\0') {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: %s: leave it out; this node has no part in that channel", path, key);
    }
    return lv_yaml_name(path, key, value != NULL ? value : contract, out, err);
}

static lv_status take_chaincodes(const char *path, const lv_raw_ledger *raw, lv_config *out,
                                 lv_error *err)
{
    static const lv_raw_chaincode none = {0};
    const lv_raw_chaincode *named = raw->chaincode != NULL ? raw->chaincode : &none;
    lv_status status = take_chaincode(path, "ledger, chaincode, quality", out->quality_channel,
                                      named->quality, "quality", out->quality_chaincode, err);
    return status == LV_OK ? take_chaincode(path, "ledger, chaincode, xor", out->xor_channel,
                                            named->xor_channel, "xor", out->xor_chaincode, err)
                           : status;
}

static lv_status check_fabric(const char *path, const lv_raw_ledger *raw, const lv_config *out,
                              lv_error *err)
{
    if (raw->folder != NULL) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: ledger, folder: leave it out; it belongs to kind: embedded", path);
    }
    const char *const names[] = {out->quality_channel, out->xor_channel};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (names[i][0] != '\0' && !is_fabric_channel(names[i])) {
            return lv_fail(
                err, LV_E_CONFIG,
                "%s: ledger: %s cannot be a channel of Fabric; its names have lower-case "
                "letters, digits, '.' and '-' and begin with a letter",
                path, names[i]);
        }
    }
    return LV_OK;
}

static lv_status take_fabric(const char *path, const lv_raw_ledger *raw, lv_config *out,
                             lv_error *err)
{
    lv_status status = check_fabric(path, raw, out, err);
    if (status == LV_OK) {
        status = take_gateways(path, raw, out, err);
    }
    if (status == LV_OK) {
        status = take_chaincodes(path, raw, out, err);
    }
    if (status == LV_OK && raw->tls_roots != NULL) {
        status = lv_config_read_roots(out, path, "ledger, tls_roots", raw->tls_roots,
                                      &out->tls_roots, err);
    }
    return status;
}

/* ---- the whole ---- */

lv_status lv_config_take_ledger(const char *path, const lv_raw_ledger *raw, lv_config *out,
                                lv_error *err)
{
    out->ledger_kind = raw->kind;
    lv_status status = take_channels(path, raw, out, err);
    if (status != LV_OK) {
        return status;
    }
    return raw->kind == LV_LEDGER_FABRIC ? take_fabric(path, raw, out, err)
                                         : take_embedded(path, raw, out, err);
}

void lv_config_ledger_free(lv_config *config)
{
    for (size_t i = 0; i < config->gateway_count; i++) {
        free(config->gateways[i].address);
        free(config->gateways[i].host_name);
    }
    free(config->gateways);
    free(config->ledger_folder);
    lv_buffer_free(&config->tls_roots);
}
