#include "base/file.h"
#include "cli/card.h"
#include "cli/channel.h"
#include "cli/client.h"
#include "cli/demo.h"
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What says that a folder is an earlier demo, and what a demo puts there. */
static const char MARKER[] = ".lotveil-demo";
static const char *const parts[] = {"a", "b", "s", "ledger", "fabric", "report.html"};
static const char *const party_dirs[LV_DEMO_PARTIES] = {"a", "b", "s"};
static const char *const party_names[LV_DEMO_PARTIES] = {LV_DEMO_UPSTREAM, LV_DEMO_DOWNSTREAM,
                                                         LV_DEMO_SERVICER};
static const lv_role party_roles[LV_DEMO_PARTIES] = {LV_ROLE_UPSTREAM, LV_ROLE_DOWNSTREAM,
                                                     LV_ROLE_SERVICER};

static const unsigned DEMO_DAYS = 365;

/* ---- the folder ---- */

static bool is_empty(const char *dir)
{
    DIR *folder = opendir(dir);
    if (folder == NULL) {
        return errno == ENOENT;
    }
    size_t entries = 0;
    while (readdir(folder) != NULL) {
        entries++;
    }
    closedir(folder);
    return entries <= 2; /* . and .. */
}

static lv_status remove_part(const char *dir, const char *name, lv_error *err)
{
    char *path = lv_cli_path(dir, name, err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_folder_remove(path, err);
    free(path);
    return status;
}

static lv_status refuse_running(const char *dir, lv_error *err)
{
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        json_t *health = NULL;
        char *party = lv_cli_path(dir, party_dirs[i], err);
        lv_status status =
            party != NULL ? lv_client_get(party, &health, NULL, "/healthz") : LV_E_MEMORY;
        json_decref(health);
        free(party);
        if (status == LV_OK) {
            return lv_fail(err, LV_REFUSED,
                           "a node still runs in %s/%s; stop it first, or choose another --dir",
                           dir, party_dirs[i]);
        }
    }
    return LV_OK;
}

/* One that a killed demo left running. */
static lv_status end_network(const char *dir, lv_error *err)
{
    char *state = lv_cli_path(dir, "fabric", err);
    lv_status status = state != NULL ? lv_network_end(state, err) : LV_E_MEMORY;
    free(state);
    return status;
}

static lv_status clear_folder(const lv_demo_plan *plan, lv_error *err)
{
    if (is_empty(plan->dir)) {
        return LV_OK;
    }
    char *marker = lv_cli_path(plan->dir, MARKER, err);
    bool earlier = marker != NULL && lv_file_exists(marker);
    free(marker);
    if (!earlier) {
        return lv_fail(err, LV_EXISTS, "%s is not empty and no earlier demo; choose another --dir",
                       plan->dir);
    }
    if (!plan->again) {
        return lv_fail(err, LV_EXISTS,
                       "%s holds an earlier demo; replace it with --again, or choose another --dir",
                       plan->dir);
    }
    lv_status status = refuse_running(plan->dir, err);
    if (status == LV_OK) {
        status = end_network(plan->dir, err);
    }
    for (size_t i = 0; status == LV_OK && i < sizeof parts / sizeof parts[0]; i++) {
        status = remove_part(plan->dir, parts[i], err);
    }
    return status;
}

static lv_status put_text(const char *dir, const char *name, const char *text, lv_error *err)
{
    char *path = lv_cli_path(dir, name, err);
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_file_write(path, lv_bytes_of_text(text), 0644, err);
    free(path);
    return status;
}

/* ---- the organisations ---- */

/* Three ports that nobody listens on: held together while they are chosen, so that they differ. */
static lv_status choose_ports(unsigned ports[LV_DEMO_PARTIES], lv_error *err)
{
    int sockets[LV_DEMO_PARTIES];
    lv_status status = LV_OK;
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
        socklen_t len = sizeof address;
        sockets[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (sockets[i] < 0 || bind(sockets[i], (struct sockaddr *)&address, sizeof address) != 0 ||
            getsockname(sockets[i], (struct sockaddr *)&address, &len) != 0) {
            status = lv_fail(err, LV_E_IO, "no free port on 127.0.0.1: %s", strerror(errno));
        }
        ports[i] = ntohs(address.sin_port);
    }
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        if (sockets[i] >= 0) {
            close(sockets[i]);
        }
    }
    return status;
}

/* On Fabric the network's script puts the addresses of their peers in place of this one. */
static const char *const no_gateway[] = {"127.0.0.1:7051"};

static lv_status make_parties(const lv_demo_plan *plan, const lv_demo *demo, lv_error *err)
{
    unsigned ports[LV_DEMO_PARTIES] = {0};
    lv_status status = choose_ports(ports, err);
    for (size_t i = 0; status == LV_OK && i < LV_DEMO_PARTIES; i++) {
        char listen[32];
        lv_card card;
        snprintf(listen, sizeof listen, "127.0.0.1:%u", ports[i]);
        lv_init init = {.folder = demo->dirs[i],
                        .organisation = party_names[i],
                        .role = party_roles[i],
                        .listen = listen,
                        .gateways = plan->fabric ? no_gateway : NULL,
                        .gateway_count = plan->fabric ? 1 : 0,
                        .days = DEMO_DAYS};
        status = lv_init_organisation(&init, &card, err);
        lv_card_free(&card);
    }
    return status;
}

static lv_status introduce(const char *dir, const char *other, lv_error *err)
{
    lv_card card = {0};
    char *path = lv_cli_path(other, "card.json", err);
    lv_status status = path == NULL ? LV_E_MEMORY : lv_card_read(path, &card, err);
    if (status == LV_OK) {
        status = lv_card_add(dir, &card, err);
    }
    lv_card_free(&card);
    free(path);
    return status;
}

static lv_status introduce_all(const lv_demo *demo, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; i < LV_DEMO_PARTIES; i++) {
        for (size_t j = 0; status == LV_OK && j < LV_DEMO_PARTIES; j++) {
            if (i != j) {
                status = introduce(demo->dirs[i], demo->dirs[j], err);
            }
        }
    }
    return status;
}

static lv_status make_ledger(const lv_demo *demo, lv_error *err)
{
    lv_cli_org org;
    lv_status status = lv_cli_org_load(demo->dirs[LV_DEMO_B], &org, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *made = json_array();
    status = lv_folder_make(org.config->ledger_folder, err);
    if (status == LV_OK) {
        status = lv_channel_make(&org, false, made, err);
    }
    if (status == LV_OK) {
        status = lv_channel_make(&org, true, made, err);
    }
    json_decref(made);
    lv_cli_org_free(&org);
    return status;
}

static lv_status make_series(const lv_demo_plan *plan, const lv_demo *demo, lv_error *err)
{
    static const char follow[] = "downstream: " LV_DEMO_DOWNSTREAM "\n"
                                 "series: " LV_DEMO_SERIES "\n"
                                 "servicer: " LV_DEMO_SERVICER "\n"
                                 "worse: rise\n"
                                 "alarm_scale: 32\n"
                                 "full: false\n";
    lv_buffer series = {0};
    lv_status status = lv_buffer_printf(
        &series,
        "name: " LV_DEMO_SERIES "\n"
        "unit: g/cm2\n"
        "columns: {lot: lot, time: month, value: moisture_g_per_cm2, parents: \"\"}\n"
        "decimals: 2\n"
        "offset: \"0\"\n"
        "width: 32\n"
        "suite: %s\n"
        "key_bits: %u\n"
        "compare: consecutive\n"
        "baseline_lot: \"\"\n"
        "grants: [{buyer: " LV_DEMO_UPSTREAM ", servicer: " LV_DEMO_SERVICER ", quota: 0}]\n",
        plan->suite, plan->key_bits);
    if (status == LV_OK) {
        status = put_text(demo->dirs[LV_DEMO_B], "series/" LV_DEMO_SERIES ".yaml",
                          lv_buffer_text(&series), err);
    }
    if (status == LV_OK) {
        status = put_text(demo->dirs[LV_DEMO_A], "follow/" LV_DEMO_SERIES ".yaml", follow, err);
    }
    lv_buffer_free(&series);
    return status;
}

lv_status lv_demo_make(const lv_demo_plan *plan, lv_demo *out, lv_error *err)
{
    *out = (lv_demo){0};
    lv_status status = clear_folder(plan, err);
    if (status == LV_OK) {
        status = lv_folder_make(plan->dir, err);
    }
    if (status == LV_OK) {
        status = put_text(
            plan->dir, MARKER,
            "`lotveil demo` made this folder and `lotveil demo --again` replaces it.\n", err);
    }
    for (size_t i = 0; status == LV_OK && i < LV_DEMO_PARTIES; i++) {
        out->dirs[i] = lv_cli_path(plan->dir, party_dirs[i], err);
        status = out->dirs[i] == NULL ? LV_E_MEMORY : LV_OK;
    }
    if (status == LV_OK) {
        status = make_parties(plan, out, err);
    }
    if (status == LV_OK) {
        status = introduce_all(out, err);
    }
    if (status == LV_OK && !plan->fabric) {
        status = make_ledger(out, err);
    }
    if (status == LV_OK) {
        status = make_series(plan, out, err);
    }
    if (status != LV_OK) {
        lv_demo_free(out);
    }
    return status;
}
