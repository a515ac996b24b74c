#include "node/config.h"
#include "base/file.h"
#include "node/config_ledger.h"
#include "node/config_parts.h"
#include "node/config_yaml.h"
#include <arpa/inet.h>
#include <lotveil/record.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_NAME "config.yaml"
#define ROOT_FILE_MAX 65536U /* bytes of root certificates in PEM */
#define URL_MAX 256U
#define PATH_TEXT_MAX 4096U
#define ADDRESS_MAX 64U

#define REQUEST_BYTES_MIN 65536U
#define REQUEST_BYTES_MAX ((uint64_t)1 << 30)
#define REQUEST_SECONDS_MAX 3600U
#define REQUESTS_PER_MINUTE_MAX 1000000U
#define THREADS_MAX 1024U

/* The members but this organisation itself, which is trusted too. */
#define MEMBERS_MAX (LV_TRUST_MEMBERS_MAX - 1)

static const char *const ROLE_NAMES[] = {
    [LV_ROLE_DOWNSTREAM] = "downstream",
    [LV_ROLE_UPSTREAM] = "upstream",
    [LV_ROLE_SERVICER] = "servicer",
};

const char *lv_role_name(lv_role role) { return ROLE_NAMES[role]; }

/* ---- the file as it is written: config.h shows one ---- */

typedef struct {
    char *msp;
    lv_role role;
    char *url;
    char *root;
} raw_member;

typedef struct {
    char *request_bytes;
    char *request_seconds;
    char *requests_per_minute;
} raw_limits;

typedef struct {
    char *organisation;
    lv_role role;
    char *listen;
    lv_raw_ledger *ledger;
    raw_member *members;
    uint32_t members_count;
    raw_limits *limits;
    char *threads;
    lv_config_raw_enroll *enroll;
} raw_config;

static const cyaml_strval_t ROLES[] = {
    {"downstream", LV_ROLE_DOWNSTREAM},
    {"upstream", LV_ROLE_UPSTREAM},
    {"servicer", LV_ROLE_SERVICER},
};

#define NEEDED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t MEMBER_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("msp", NEEDED, raw_member, msp, 1, LV_NAME_MAX),
    CYAML_FIELD_ENUM("role", CYAML_FLAG_STRICT, raw_member, role, ROLES, CYAML_ARRAY_LEN(ROLES)),
    CYAML_FIELD_STRING_PTR("url", OPTIONAL, raw_member, url, 0, URL_MAX),
    CYAML_FIELD_STRING_PTR("root", NEEDED, raw_member, root, 1, PATH_TEXT_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t MEMBER = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_member, MEMBER_FIELDS),
};

static const cyaml_schema_field_t LIMITS_FIELDS[] = {
    LV_YAML_FIELD_NUMBER("request_bytes", OPTIONAL, raw_limits, request_bytes),
    LV_YAML_FIELD_NUMBER("request_seconds", OPTIONAL, raw_limits, request_seconds),
    LV_YAML_FIELD_NUMBER("requests_per_minute", OPTIONAL, raw_limits, requests_per_minute),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t CONFIG_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("organisation", NEEDED, raw_config, organisation, 1, LV_NAME_MAX),
    CYAML_FIELD_ENUM("role", CYAML_FLAG_STRICT, raw_config, role, ROLES, CYAML_ARRAY_LEN(ROLES)),
    CYAML_FIELD_STRING_PTR("listen", NEEDED, raw_config, listen, 1, ADDRESS_MAX),
    CYAML_FIELD_MAPPING_PTR("ledger", NEEDED, raw_config, ledger, lv_config_ledger_fields),
    CYAML_FIELD_SEQUENCE("members", NEEDED, raw_config, members, &MEMBER, 0, MEMBERS_MAX),
    CYAML_FIELD_MAPPING_PTR("limits", OPTIONAL, raw_config, limits, LIMITS_FIELDS),
    LV_YAML_FIELD_NUMBER("threads", OPTIONAL, raw_config, threads),
    CYAML_FIELD_MAPPING_PTR("enroll", OPTIONAL, raw_config, enroll, lv_config_enroll_fields),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t CONFIG = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_config, CONFIG_FIELDS),
};

/* ---- addresses ---- */

static bool is_port(const char *text, uint16_t *out)
{
    char *end = NULL;
    if (text[0] < '0' || text[0] > '9') {
        return false;
    }
    unsigned long port = strtoul(text, &end, 10);
    *out = (uint16_t)port;
    return *end == '\0' && port <= UINT16_MAX;
}

/* Cuts "127.0.0.1:7102" or "[::1]:7102" apart. */
static bool split_address(char *text, const char **host, uint16_t *port)
{
    uint8_t binary[sizeof(struct in6_addr)];
    char *colon = strrchr(text, ':');
    if (colon == NULL || !is_port(colon + 1, port)) {
        return false;
    }
    *colon = '\0';
    *host = text;
    if (text[0] != '[') {
        return inet_pton(AF_INET, text, binary) == 1;
    }
    if (colon[-1] != ']') {
        return false;
    }
    colon[-1] = '\0';
    *host = text + 1;
    return inet_pton(AF_INET6, *host, binary) == 1;
}

static lv_status take_listen(const char *path, const char *listen, lv_config *out, lv_error *err)
{
    char text[ADDRESS_MAX + 1];
    const char *host = NULL;
    snprintf(text, sizeof text, "%s", listen);
    if (!split_address(text, &host, &out->listen_port)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: listen: '%s' is no address; it must be a numeric address and a port "
                       "of 0 to 65535, such as 127.0.0.1:7102 or [::1]:7102",
                       path, listen);
    }
    out->listen_host = strdup(host);
    return out->listen_host != NULL ? LV_OK : LV_E_MEMORY;
}

/* https://host[:port] and nothing after it: paths are ours to add. */
static bool is_url(const char *text)
{
    static const char scheme[] = "https://";
    if (strncmp(text, scheme, sizeof scheme - 1) != 0) {
        return false;
    }
    const char *host = text + sizeof scheme - 1;
    size_t legal = strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                ".-_:[]");
    return legal > 0 && host[legal] == '\0' && host[0] != ':';
}

/* ---- members, limits ---- */

lv_status lv_config_read_roots(const lv_config *config, const char *path, const char *key,
                               const char *name, lv_buffer *out, lv_error *err)
{
    char *file = lv_path_join(config->folder, name);
    if (file == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_read(file, ROOT_FILE_MAX, out, err);
    free(file);
    if (status == LV_OK && strstr(lv_buffer_text(out), "-----BEGIN CERTIFICATE-----") == NULL) {
        status = lv_fail(err, LV_E_CONFIG, "is no certificate in PEM");
    }
    if (status != LV_OK && status != LV_E_MEMORY) {
        lv_error_prefix(err, "%s: %s: ", path, key);
        return LV_E_CONFIG;
    }
    return status;
}

static lv_status take_member(const char *path, const raw_member *raw, lv_config *config,
                             lv_error *err)
{
    lv_config_member *member = &config->members[config->member_count];
    lv_status status = lv_yaml_name(path, "members, msp", raw->msp, member->msp, err);
    if (status != LV_OK) {
        return status;
    }
    if (strcmp(member->msp, config->organisation) == 0) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: members: %s is this organisation; list only the others", path,
                       member->msp);
    }
    if (lv_config_member_find(config, member->msp) != NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: members: %s stands twice", path, member->msp);
    }
    config->member_count++;
    member->role = raw->role;
    member->url = strdup(raw->url != NULL ? raw->url : "");
    if (member->url == NULL) {
        return LV_E_MEMORY;
    }
    if (member->url[0] != '\0' && !is_url(member->url)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: members, %s, url: '%s' cannot be used; it must be https://host:port "
                       "without a path",
                       path, member->msp, member->url);
    }
    char key[LV_NAME_MAX + sizeof "members, , root"];
    snprintf(key, sizeof key, "members, %s, root", member->msp);
    return lv_config_read_roots(config, path, key, raw->root, &member->root, err);
}

static lv_status take_members(const char *path, const raw_config *raw, lv_config *out,
                              lv_error *err)
{
    if (raw->members_count == 0) {
        return LV_OK; /* an organisation that has just been made */
    }
    out->members = calloc(raw->members_count, sizeof *out->members);
    lv_status status = out->members != NULL ? LV_OK : LV_E_MEMORY;
    for (uint32_t i = 0; status == LV_OK && i < raw->members_count; i++) {
        status = take_member(path, &raw->members[i], out, err);
    }
    return status;
}

static lv_status take_limits(const char *path, const raw_config *raw, lv_config *out, lv_error *err)
{
    static const raw_limits none = {0};
    const raw_limits *limits = raw->limits != NULL ? raw->limits : &none;
    uint64_t bytes = 0;
    uint64_t seconds = 0;
    uint64_t requests = 0;
    uint64_t threads = 0;

    lv_status status =
        lv_yaml_number(path, "limits, request_bytes", limits->request_bytes, REQUEST_BYTES_MIN,
                       REQUEST_BYTES_MAX, LV_RECORD_MAX, &bytes, err);
    if (status == LV_OK) {
        status = lv_yaml_number(path, "limits, request_seconds", limits->request_seconds, 1,
                                REQUEST_SECONDS_MAX, 30, &seconds, err);
    }
    if (status == LV_OK) {
        status = lv_yaml_number(path, "limits, requests_per_minute", limits->requests_per_minute, 1,
                                REQUESTS_PER_MINUTE_MAX, 600, &requests, err);
    }
    if (status == LV_OK) {
        status = lv_yaml_number(path, "threads", raw->threads, 0, THREADS_MAX, 0, &threads, err);
    }
    out->request_bytes = (size_t)bytes;
    out->request_seconds = (unsigned)seconds;
    out->requests_per_minute = (unsigned)requests;
    out->threads = (unsigned)threads;
    return status;
}

/* ---- the whole ---- */

static lv_status take_config(const char *path, const raw_config *raw, lv_config *out, lv_error *err)
{
    out->role = raw->role;
    lv_status status =
        lv_yaml_name(path, "organisation", raw->organisation, out->organisation, err);
    if (status == LV_OK) {
        status = take_listen(path, raw->listen, out, err);
    }
    if (status == LV_OK) {
        status = lv_config_take_ledger(path, raw->ledger, out, err);
    }
    if (status == LV_OK) {
        status = take_members(path, raw, out, err);
    }
    if (status == LV_OK) {
        status = take_limits(path, raw, out, err);
    }
    if (status == LV_OK) {
        status = lv_config_take_enroll(path, raw->enroll, out, err);
    }
    return status;
}

static lv_status load_main(lv_config *config, lv_error *err)
{
    lv_buffer text = {0};
    void *raw = NULL;
    char *path = lv_path_join(config->folder, CONFIG_NAME);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_read(path, LV_CONFIG_FILE_MAX, &text, err);
    if (status == LV_NOT_FOUND) {
        status = lv_fail(err, LV_E_CONFIG,
                         "%s: there is no such file; make an organisation with 'lotveil init' or "
                         "name its folder with --dir",
                         path);
    }
    if (status == LV_OK) {
        status = lv_yaml_load(path, lv_buffer_view(&text), &CONFIG, &raw, err);
    }
    if (status == LV_OK) {
        status = take_config(path, raw, config, err);
    }
    lv_yaml_free(&CONFIG, raw);
    lv_buffer_free(&text);
    free(path);
    return status;
}

lv_status lv_config_load(const char *folder, lv_config **out, lv_error *err)
{
    *out = NULL;
    lv_config *config = calloc(1, sizeof *config);
    if (config == NULL) {
        return LV_E_MEMORY;
    }
    config->folder = strdup(folder);
    lv_status status = config->folder != NULL ? load_main(config, err) : LV_E_MEMORY;
    if (status == LV_OK) {
        status = lv_config_load_series(config, err);
    }
    if (status == LV_OK) {
        status = lv_config_load_follows(config, err);
    }
    if (status != LV_OK) {
        lv_config_free(config);
        return status;
    }
    *out = config;
    return LV_OK;
}

void lv_config_free(lv_config *config)
{
    if (config == NULL) {
        return;
    }
    for (size_t i = 0; i < config->member_count; i++) {
        free(config->members[i].url);
        lv_buffer_free(&config->members[i].root);
    }
    for (size_t i = 0; i < config->series_count; i++) {
        lv_config_series_free(&config->series[i]);
    }
    free(config->members);
    free(config->series);
    free(config->follows);
    lv_config_ledger_free(config);
    lv_config_enroll_free(config->enroll);
    free(config->listen_host);
    free(config->folder);
    free(config);
}

const lv_config_member *lv_config_member_find(const lv_config *config, const char *msp)
{
    for (size_t i = 0; i < config->member_count; i++) {
        if (strcmp(config->members[i].msp, msp) == 0) {
            return &config->members[i];
        }
    }
    return NULL;
}

lv_status lv_config_need_member(const lv_config *config, const char *path, const char *key,
                                const char *msp, lv_role role, const lv_config_member **out,
                                lv_error *err)
{
    const lv_config_member *member = lv_config_member_find(config, msp);
    if (member == NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: %s: %s is no member; add it to members in %s first",
                       path, key, msp, CONFIG_NAME);
    }
    if (member->role != role) {
        return lv_fail(err, LV_E_CONFIG, "%s: %s: %s is a member as %s; it must be %s", path, key,
                       msp, lv_role_name(member->role), lv_role_name(role));
    }
    if (out != NULL) {
        *out = member;
    }
    return LV_OK;
}
