#include "cli/card.h"
#include "base/file.h"
#include "identity/msp_folder.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const size_t CONFIG_MAX = (size_t)1024 * 1024;

void lv_card_free(lv_card *card)
{
    lv_buffer_free(&card->root);
    *card = (lv_card){0};
}

static bool is_url(const char *url)
{
    static const char scheme[] = "https://";
    size_t len = strlen(url);
    if (len > LV_URL_MAX || strncmp(url, scheme, sizeof scheme - 1) != 0 ||
        len == sizeof scheme - 1) {
        return false;
    }
    for (; *url != '\0'; url++) {
        if (!isalnum((unsigned char)*url) && strchr("-._~:/[]%", *url) == NULL) {
            return false;
        }
    }
    return true;
}

static lv_status check_root(const lv_card *card, lv_error *err)
{
    lv_trust *trust = NULL;
    lv_status status = lv_trust_new(&trust);
    if (status == LV_OK) {
        status = lv_trust_add(trust, card->organisation, lv_buffer_view(&card->root), err);
    }
    lv_trust_free(trust);
    return status;
}

static lv_status fingerprint(lv_card *card)
{
    lv_digest digest;
    lv_status status = lv_digest_of(lv_buffer_view(&card->root), &digest);
    if (status == LV_OK) {
        lv_digest_hex(&digest, card->fingerprint);
    }
    return status;
}

static lv_status card_fields(const json_t *json, lv_card *out, lv_error *err)
{
    const char *organisation = NULL;
    const char *role = NULL;
    const char *url = NULL;
    const char *root = NULL;
    json_error_t why;
    /* Unpacking checks without changing; jansson takes no const. */
    if (json_unpack_ex((json_t *)(uintptr_t)json, &why, JSON_STRICT, "{s:s, s:s, s:s, s:s}",
                       "organisation", &organisation, "role", &role, "url", &url, "root",
                       &root) != 0) {
        return lv_fail(err, LV_E_SYNTAX, "not a card as `lotveil init` writes it: %s", why.text);
    }
    if (!lv_name_is_valid(organisation)) {
        return lv_fail(err, LV_E_SYNTAX, "\"organisation\" is no name of an organisation");
    }
    if (lv_cli_role(role, &out->role) != LV_OK) {
        return lv_fail(err, LV_E_SYNTAX, "\"role\" is none of downstream, upstream, servicer");
    }
    if (!is_url(url)) {
        return lv_fail(err, LV_E_SYNTAX, "\"url\" is no https address");
    }
    memcpy(out->organisation, organisation, strlen(organisation) + 1);
    memcpy(out->url, url, strlen(url) + 1);
    lv_status status = lv_buffer_append(&out->root, root, strlen(root));
    if (status == LV_OK && check_root(out, err) != LV_OK) {
        status = LV_E_SYNTAX;
    }
    return status == LV_OK ? fingerprint(out) : status;
}

lv_status lv_card_read(const char *path, lv_card *out, lv_error *err)
{
    lv_buffer text = {0};
    json_error_t why;
    json_t *json = NULL;
    *out = (lv_card){0};
    lv_status status = lv_cli_read(path, LV_CARD_MAX, &text, err);
    if (status != LV_OK) {
        return status;
    }
    json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
    if (json == NULL) {
        status = lv_fail(err, LV_E_SYNTAX, "line %d: not JSON: %s", why.line, why.text);
    } else {
        status = card_fields(json, out, err);
    }
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: ", path);
        lv_card_free(out);
    }
    json_decref(json);
    lv_buffer_free(&text);
    return status;
}

static json_t *card_json(const lv_card *card)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "organisation", card->organisation, "role",
                     lv_role_name(card->role), "url", card->url, "root",
                     lv_buffer_text(&card->root));
}

lv_status lv_card_print(const lv_card *card, lv_error *err)
{
    json_t *json = card_json(card);
    lv_status status = json == NULL ? LV_E_MEMORY : lv_cli_print_json(json, err);
    json_decref(json);
    return status;
}

static lv_status write_text(const char *folder, const char *name, const char *text, unsigned mode,
                            lv_error *err)
{
    char *path = lv_cli_path(folder, name, err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_write(path, lv_bytes_of_text(text), mode, err);
    free(path);
    return status;
}

static lv_status write_card(const char *folder, const lv_card *card, lv_error *err)
{
    json_t *json = card_json(card);
    char *text = json != NULL ? json_dumps(json, JSON_INDENT(2)) : NULL;
    lv_status status =
        text == NULL ? LV_E_MEMORY : write_text(folder, "card.json", text, 0644, err);
    free(text);
    json_decref(json);
    return status;
}

/* ---- lotveil init ---- */

/* HOST:PORT taken apart; the host without the brackets of an IPv6 address. */
typedef struct {
    char host[256];
    char bracketed[256];
    unsigned port;
} endpoint;

static bool is_host(const char *text)
{
    size_t len = strlen(text);
    return len > 0 && len < 254 &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == len;
}

static lv_status endpoint_parse(const char *text, endpoint *out, lv_error *err)
{
    const char *colon = strrchr(text, ':');
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;
    char *end = NULL;
    *out = (endpoint){0};
    if (len == 0 || len >= sizeof out->host || colon[1] < '0' || colon[1] > '9') {
        return lv_fail(err, LV_E_ARGUMENT, "--listen %s: HOST:PORT is wanted", text);
    }
    unsigned long port = strtoul(colon + 1, &end, 10);
    memcpy(out->bracketed, text, len);
    if (text[0] == '[' && text[len - 1] == ']') {
        memcpy(out->host, text + 1, len - 2);
    } else {
        memcpy(out->host, text, len);
    }
    if (*end != '\0' || port == 0 || port > UINT16_MAX || !is_host(out->host)) {
        return lv_fail(err, LV_E_ARGUMENT, "--listen %s: HOST:PORT is wanted, the port 1 to 65535",
                       text);
    }
    out->port = (unsigned)port;
    return LV_OK;
}

static lv_status check_hosts(const lv_init *init, const endpoint *listen, lv_error *err)
{
    for (size_t i = 0; i < init->host_count; i++) {
        if (!is_host(init->hosts[i])) {
            return lv_fail(err, LV_E_ARGUMENT, "--host %s: no DNS name or address", init->hosts[i]);
        }
    }
    bool any = strcmp(listen->host, "0.0.0.0") == 0 || strcmp(listen->host, "::") == 0;
    if (any && init->host_count == 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "--listen %s listens on every address; say with --host NAME under which "
                       "name the others reach it",
                       listen->bracketed);
    }
    return LV_OK;
}

static lv_status check_gateways(const lv_init *init, lv_error *err)
{
    for (size_t i = 0; i < init->gateway_count; i++) {
        if (!lv_config_is_gateway(init->gateways[i])) {
            return lv_fail(err, LV_E_ARGUMENT, "--gateway %s: HOST:PORT of a peer is wanted",
                           init->gateways[i]);
        }
    }
    return LV_OK;
}

/* Refuses a folder in which any part of an organisation stands. */
static lv_status check_free(const char *folder, lv_error *err)
{
    static const char *const parts[] = {"config.yaml", "card.json", "msp", "ca", "state"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *path = lv_cli_path(folder, parts[i], err);
        bool stands = path != NULL && lv_file_exists(path);
        bool lost = path == NULL;
        free(path);
        if (lost) {
            return LV_E_MEMORY;
        }
        if (stands) {
            return lv_fail(err, LV_EXISTS,
                           "%s/%s stands already and nothing is overwritten; choose another --dir",
                           folder, parts[i]);
        }
    }
    return LV_OK;
}

static lv_status make_folders(const lv_init *init, lv_error *err)
{
    static const char *const role_folders[] = {
        [LV_ROLE_DOWNSTREAM] = "series", [LV_ROLE_UPSTREAM] = "follow", [LV_ROLE_SERVICER] = NULL};
    const char *const names[] = {"members", "state", role_folders[init->role]};
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < sizeof names / sizeof names[0]; i++) {
        if (names[i] != NULL) {
            char *path = lv_cli_path(init->folder, names[i], err);
            status = path == NULL ? LV_E_MEMORY : lv_folder_make(path, err);
            free(path);
        }
    }
    return status;
}

static lv_status make_identity(const lv_init *init, const endpoint *listen, lv_error *err)
{
    const char **hosts = (const char **)calloc(init->host_count + 2, sizeof *hosts);
    if (hosts == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < init->host_count; i++) {
        hosts[i] = init->hosts[i];
    }
    size_t count = init->host_count;
    if (count == 0) {
        hosts[count++] = listen->host;
        if (strcmp(listen->host, "127.0.0.1") == 0) {
            hosts[count++] = "localhost";
        }
    }
    lv_organisation_params params = {
        .msp_id = init->organisation, .hosts = hosts, .host_count = count, .days = init->days};
    lv_status status = lv_msp_folder_create(init->folder, &params, err);
    free((void *)hosts);
    return status;
}

/* A text as a double-quoted YAML scalar. */
static lv_status put_quoted(const char *text, lv_buffer *out)
{
    lv_status status = lv_buffer_append(out, "\"", 1);
    for (; status == LV_OK && *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            status = lv_buffer_append(out, "\\", 1);
        }
        status = status == LV_OK ? lv_buffer_append(out, text, 1) : status;
    }
    return status == LV_OK ? lv_buffer_append(out, "\"", 1) : status;
}

static const char *role_words(lv_role role)
{
    switch (role) {
    case LV_ROLE_DOWNSTREAM:
        return "# One file per series stands in series/ (`lotveil series add FILE`).\n";
    case LV_ROLE_UPSTREAM:
        return "# One file per followed series stands in follow/ (`lotveil series add FILE`).\n";
    case LV_ROLE_SERVICER:
        break;
    }
    return "# It keeps the XOR records of the xor channel and sells them under grants.\n";
}

static lv_status embedded_text(const lv_init *init, lv_buffer *out)
{
    lv_status status = lv_buffer_printf(
        out, "# The ledger that the organisations share; the folder is relative to this file.\n"
             "ledger:\n"
             "  kind: embedded\n"
             "  folder: ");
    if (status == LV_OK) {
        status = put_quoted(init->ledger_folder != NULL ? init->ledger_folder : "../ledger", out);
    }
    return status == LV_OK ? lv_buffer_printf(out, "\n") : status;
}

static lv_status fabric_text(const lv_init *init, lv_buffer *out)
{
    lv_status status =
        lv_buffer_printf(out, "# Hyperledger Fabric (docs/fabric.md), through peers of this "
                              "organisation, the preferred one first.\n"
                              "ledger:\n"
                              "  kind: fabric\n"
                              "  gateways:\n");
    for (size_t i = 0; status == LV_OK && i < init->gateway_count; i++) {
        status = lv_buffer_printf(out, "    - {address: \"%s\"}\n", init->gateways[i]);
    }
    return status;
}

static lv_status config_text(const lv_init *init, const char *listen, lv_buffer *out)
{
    lv_status status = lv_buffer_printf(
        out,
        "# An organisation's node of Lotveil (lotveil-config in docs/config.md).\n"
        "%s"
        "organisation: %s\n"
        "role: %s\n"
        "# Where the node listens for the other organisations (mutual TLS).\n"
        "listen: \"%s\"\n"
        "\n",
        role_words(init->role), init->organisation, lv_role_name(init->role), listen);
    if (status == LV_OK) {
        status = init->gateways != NULL ? fabric_text(init, out) : embedded_text(init, out);
    }
    return status == LV_OK ? lv_buffer_printf(
                                 out,
                                 "%s%s\n"
                                 "# The other organisations (`lotveil member add CARD` adds one).\n"
                                 "members: []\n"
                                 "\n"
                                 "# What a peer may ask of this node; these are the defaults.\n"
                                 "limits:\n"
                                 "  request_bytes: 67108864\n"
                                 "  request_seconds: 30\n"
                                 "  requests_per_minute: 600\n"
                                 "\n"
                                 "# Threads for encryption; 0: all processors.\n"
                                 "threads: 0\n",
                                 init->role != LV_ROLE_SERVICER ? "  quality: quality\n" : "",
                                 init->role != LV_ROLE_UPSTREAM ? "  xor: xor\n" : "")
                           : status;
}

static lv_status write_config(const lv_init *init, const char *listen, lv_error *err)
{
    lv_buffer text = {0};
    lv_status status = config_text(init, listen, &text);
    if (status == LV_OK) {
        status = write_text(init->folder, "config.yaml", lv_buffer_text(&text), 0644, err);
    }
    lv_buffer_free(&text);
    return status;
}

static lv_status fill_card(const char *folder, const char *host, unsigned port, lv_card *out,
                           lv_error *err)
{
    char *path = lv_cli_path(folder, "msp/cacerts/ca.pem", err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    bool v6 = strchr(host, ':') != NULL;
    snprintf(out->url, sizeof out->url, "https://%s%s%s:%u", v6 ? "[" : "", host, v6 ? "]" : "",
             port);
    lv_status status = lv_file_read(path, LV_CARD_MAX, &out->root, err);
    free(path);
    return status == LV_OK ? fingerprint(out) : status;
}

static lv_status introduce(const lv_init *init, const endpoint *listen, lv_card *out, lv_error *err)
{
    snprintf(out->organisation, sizeof out->organisation, "%s", init->organisation);
    out->role = init->role;
    const char *host = init->host_count > 0 ? init->hosts[0] : listen->host;
    lv_status status = fill_card(init->folder, host, listen->port, out, err);
    return status == LV_OK ? write_card(init->folder, out, err) : status;
}

lv_status lv_card_introduce(const lv_config *config, const char *host, lv_card *out, lv_error *err)
{
    *out = (lv_card){.role = config->role};
    snprintf(out->organisation, sizeof out->organisation, "%s", config->organisation);
    lv_status status = fill_card(config->folder, host != NULL ? host : config->listen_host,
                                 config->listen_port, out, err);
    return status == LV_OK ? write_card(config->folder, out, err) : status;
}

lv_status lv_init_organisation(const lv_init *init, lv_card *out, lv_error *err)
{
    static const char *const listens[] = {[LV_ROLE_UPSTREAM] = "127.0.0.1:7101",
                                          [LV_ROLE_DOWNSTREAM] = "127.0.0.1:7102",
                                          [LV_ROLE_SERVICER] = "127.0.0.1:7103"};
    const char *text = init->listen != NULL ? init->listen : listens[init->role];
    endpoint listen;
    *out = (lv_card){0};
    if (!lv_name_is_valid(init->organisation)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "--org: a name of up to %u letters, digits, '.', '_' and '-' is wanted",
                       LV_NAME_MAX);
    }
    lv_status status = endpoint_parse(text, &listen, err);
    if (status == LV_OK && !init->no_identity) {
        status = check_hosts(init, &listen, err);
    }
    if (status == LV_OK) {
        status = check_gateways(init, err);
    }
    if (status == LV_OK) {
        status = check_free(init->folder, err);
    }
    if (status == LV_OK) {
        status = lv_folder_make(init->folder, err);
    }
    if (status == LV_OK && !init->no_identity) {
        status = make_identity(init, &listen, err);
    }
    if (status == LV_OK) {
        status = make_folders(init, err);
    }
    if (status == LV_OK && !init->no_identity) {
        status = introduce(init, &listen, out, err);
    }
    return status == LV_OK ? write_config(init, text, err) : status;
}

/* ---- lotveil member add ---- */

static lv_status put_entry(const lv_card *card, lv_buffer *out)
{
    return lv_buffer_printf(out,
                            "  - msp: %s\n"
                            "    role: %s\n"
                            "    url: \"%s\"\n"
                            "    root: members/%s.pem\n",
                            card->organisation, lv_role_name(card->role), card->url,
                            card->organisation);
}

/* The beginning of the line "members:", at the margin; NULL where there is none. */
static const char *find_members(const char *text)
{
    while (text != NULL && strncmp(text, "members:", 8) != 0) {
        text = strchr(text, '\n');
        text = text != NULL ? text + 1 : NULL;
    }
    return text;
}

/* config.yaml with one more entry right below `members:`. */
static lv_status insert_member(const char *text, const lv_card *card, lv_buffer *out, lv_error *err)
{
    const char *line = find_members(text);
    if (line == NULL) {
        return lv_fail(err, LV_E_CONFIG, "there is no line \"members:\" to add to");
    }
    size_t len = strcspn(line, "\n");
    const char *rest = line + len + (line[len] == '\n' ? 1 : 0);
    const char *value = line + 8;
    value += strspn(value, " \t");
    bool listed = *value == '\n' || *value == '\0' || *value == '#';
    bool none = strncmp(value, "[]", 2) == 0;
    if (!listed && !none) {
        return lv_fail(err, LV_E_CONFIG,
                       "\"members:\" is not a block list (one \"- msp: ...\" per entry); change it "
                       "by hand");
    }
    lv_status status = lv_buffer_append(out, text, (size_t)(line - text));
    if (status == LV_OK) {
        status = lv_buffer_printf(out, "members:\n");
    }
    if (status == LV_OK) {
        status = put_entry(card, out);
    }
    return status == LV_OK ? lv_buffer_append(out, rest, strlen(rest)) : status;
}

static lv_status check_new(const char *folder, const lv_card *card, lv_error *err)
{
    lv_config *config = NULL;
    lv_status status = lv_config_load(folder, &config, err);
    if (status != LV_OK) {
        return status == LV_NOT_FOUND ? LV_E_CONFIG : status;
    }
    if (strcmp(config->organisation, card->organisation) == 0) {
        status = lv_fail(err, LV_EXISTS, "%s is this organisation itself", card->organisation);
    } else if (lv_config_member_find(config, card->organisation) != NULL) {
        status = lv_fail(err, LV_EXISTS,
                         "%s is a member already; to change it edit config.yaml and "
                         "members/%s.pem in %s",
                         card->organisation, card->organisation, folder);
    }
    lv_config_free(config);
    return status;
}

/* Writes the new configuration and takes it back where it cannot be read. */
static lv_status replace_config(const char *folder, const lv_buffer *before, const lv_buffer *after,
                                lv_error *err)
{
    lv_config *config = NULL;
    lv_status status = write_text(folder, "config.yaml", lv_buffer_text(after), 0644, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_config_load(folder, &config, err);
    lv_config_free(config);
    if (status != LV_OK &&
        write_text(folder, "config.yaml", lv_buffer_text(before), 0644, NULL) != LV_OK) {
        lv_error_prefix(err, "config.yaml is now broken and could not be put back: ");
    }
    return status;
}

lv_status lv_card_add(const char *folder, const lv_card *card, lv_error *err)
{
    lv_buffer before = {0};
    lv_buffer after = {0};
    lv_buffer name = {0};
    char *path = NULL;
    lv_status status = check_new(folder, card, err);
    if (status == LV_OK) {
        path = lv_cli_path(folder, "config.yaml", err);
        status = path == NULL ? LV_E_MEMORY : lv_cli_read(path, CONFIG_MAX, &before, err);
    }
    if (status == LV_OK) {
        status = insert_member(lv_buffer_text(&before), card, &after, err);
        if (status != LV_OK) {
            lv_error_prefix(err, "%s: ", path);
        }
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&name, "members/%s.pem", card->organisation);
    }
    if (status == LV_OK) {
        status = write_text(folder, lv_buffer_text(&name), lv_buffer_text(&card->root), 0644, err);
    }
    if (status == LV_OK) {
        status = replace_config(folder, &before, &after, err);
    }
    free(path);
    lv_buffer_free(&name);
    lv_buffer_free(&after);
    lv_buffer_free(&before);
    return status;
}
