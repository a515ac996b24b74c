#include "base/file.h"
#include "node/config.h"
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* ---- a folder for each test ---- */

static char folder[] = "/tmp/lotveil-config-XXXXXX";

static void put(const char *name, const char *text)
{
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(lv_file_write(path, lv_bytes_of_text(text), 0600, NULL), LV_OK);
    free(path);
}

static void drop(const char *name)
{
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void put_folder(const char *name)
{
    char *path = lv_path_join(folder, name);
    assert_non_null(path);
    assert_int_equal(lv_folder_make(path, NULL), LV_OK);
    free(path);
}

static const char ROOT[] = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";

static int set_up(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL) {
        return -1;
    }
    put_folder("members");
    put_folder("series");
    put_folder("follow");
    put("members/root.pem", ROOT);
    put("members/empty.pem", "nothing\n");
    return 0;
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* ---- good files, and what to spoil in them ---- */

#define MEMBERS                                                                                    \
    "members:\n"                                                                                   \
    "  - {msp: AMSP, role: upstream, url: \"https://127.0.0.1:7101\", root: members/root.pem}\n"   \
    "  - {msp: SMSP, role: servicer, url: \"https://[::1]:7103\", root: members/root.pem}\n"       \
    "  - {msp: DMSP, role: downstream, root: members/root.pem}\n"

static const char DOWNSTREAM[] = "organisation: BMSP\n"
                                 "role: downstream\n"
                                 "listen: 127.0.0.1:7102\n"
                                 "ledger:\n"
                                 "  kind: embedded\n"
                                 "  folder: ../ledger\n"
                                 "  quality: quality\n"
                                 "  xor: xor\n" MEMBERS;

static const char UPSTREAM[] =
    "organisation: CMSP\n"
    "role: upstream\n"
    "listen: \"[::1]:0\"\n"
    "ledger: {kind: embedded, folder: /srv/ledger, quality: quality}\n"
    "limits: {request_bytes: 65536, request_seconds: 5, requests_per_minute: 7}\n"
    "threads: 3\n"
    "members:\n"
    "  - {msp: BMSP, role: downstream, url: \"https://b:1\", root: members/root.pem}\n"
    "  - {msp: SMSP, role: servicer, url: \"https://s:1\", root: members/root.pem}\n"
    "  - {msp: TMSP, role: servicer, root: members/root.pem}\n";

static const char FABRIC[] = "organisation: BMSP\n"
                             "role: downstream\n"
                             "listen: 127.0.0.1:7102\n"
                             "ledger:\n"
                             "  kind: fabric\n"
                             "  quality: quality\n"
                             "  xor: xor.b-1\n"
                             "  chaincode: {xor: sales}\n"
                             "  gateways:\n"
                             "    - {address: \"127.0.0.1:7051\", host_name: peer0.b.example}\n"
                             "    - {address: \"[::1]:7051\"}\n"
                             "  tls_roots: members/root.pem\n" MEMBERS;

static const char SERIES[] = "name: moisture\n"
                             "unit: g/cm2\n"
                             "columns:\n"
                             "  lot: lot\n"
                             "  time: month\n"
                             "  value: moisture_g_per_cm2\n"
                             "decimals: 2\n"
                             "offset: \"-0.76\"\n"
                             "width: 16\n"
                             "suite: paillier\n"
                             "key_bits: 2048\n"
                             "compare: both\n"
                             "baseline_lot: L1\n"
                             "grants: [{buyer: AMSP, servicer: SMSP, quota: 9}]\n";

static const char FOLLOW[] = "downstream: BMSP\n"
                             "series: moisture\n"
                             "servicer: SMSP\n"
                             "worse: rise\n"
                             "alarm_scale: 32\n";

/* A good file in which `from` becomes `to`, and words that the error must have. */
typedef struct {
    const char *from;
    const char *to;
    const char *words[3];
} spoilt;

static char *spoil(const char *good, const spoilt *change)
{
    const char *at = strstr(good, change->from);
    if (at == NULL) {
        fail_msg("the good file has no '%s'", change->from);
    }
    size_t len = strlen(good) + strlen(change->to) + 1;
    char *text = malloc(len);
    assert_non_null(text);
    snprintf(text, len, "%.*s%s%s", (int)(at - good), good, change->to, at + strlen(change->from));
    return text;
}

static void expect_words(const spoilt *change, const lv_error *err)
{
    for (size_t i = 0; i < sizeof change->words / sizeof change->words[0]; i++) {
        if (change->words[i] != NULL && strstr(err->text, change->words[i]) == NULL) {
            fail_msg("'%s' -> '%s': no '%s' in: %s", change->from, change->to, change->words[i],
                     err->text);
        }
    }
}

/* Loads with each spoilt form of `good` at `name`; the rest of the folder is as it is. */
static void expect_refused(const char *name, const char *good, const spoilt *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        lv_error err = {0};
        lv_config *config = NULL;
        char *text = spoil(good, &changes[i]);
        put(name, text);
        free(text);
        if (lv_config_load(folder, &config, &err) != LV_E_CONFIG) {
            fail_msg("'%s' -> '%s' was let through: %s", changes[i].from, changes[i].to, err.text);
        }
        assert_null(config);
        assert_non_null(strstr(err.text, name));
        expect_words(&changes[i], &err);
    }
    put(name, good);
}

static void expect_fault(lv_status status, const char *words)
{
    lv_error err = {0};
    lv_config *config = NULL;
    assert_int_equal(lv_config_load(folder, &config, &err), status);
    assert_null(config);
    if (strstr(err.text, words) == NULL) {
        fail_msg("no '%s' in: %s", words, err.text);
    }
}

/* ---- tests ---- */

static void test_a_downstream(void **state)
{
    (void)state;
    lv_config *config = NULL;
    put("config.yaml", DOWNSTREAM);
    put("series/moisture.yaml", SERIES);
    put("series/moisture.yaml.AbCdEf", "left behind by a kill");
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_string_equal(config->organisation, "BMSP");
    assert_int_equal(config->role, LV_ROLE_DOWNSTREAM);
    assert_string_equal(config->listen_host, "127.0.0.1");
    assert_int_equal(config->listen_port, 7102);
    assert_string_equal(config->quality_channel, "quality");
    assert_string_equal(config->xor_channel, "xor");
    assert_int_equal(strncmp(config->ledger_folder, folder, strlen(folder)), 0);
    assert_int_equal(config->member_count, 3);
    assert_string_equal(lv_config_member_find(config, "SMSP")->url, "https://[::1]:7103");
    assert_string_equal(lv_config_member_find(config, "DMSP")->url, "");
    assert_string_equal(lv_buffer_text(&lv_config_member_find(config, "AMSP")->root), ROOT);
    assert_null(lv_config_member_find(config, "BMSP"));
    assert_int_equal(config->request_bytes, 67108864);
    assert_int_equal(config->request_seconds, 30);
    assert_int_equal(config->requests_per_minute, 600);
    assert_int_equal(config->threads, 0);

    assert_int_equal(config->series_count, 1);
    const lv_series *series = &config->series[0].series;
    assert_string_equal(series->name, "moisture");
    assert_string_equal(series->unit, "g/cm2");
    assert_string_equal(series->column_lot, "lot");
    assert_string_equal(series->column_time, "month");
    assert_string_equal(series->column_value, "moisture_g_per_cm2");
    assert_string_equal(series->column_parents, "");
    assert_int_equal(series->scale.offset, -76);
    assert_int_equal(series->scale.decimals, 2);
    assert_int_equal(series->scale.bits, 16);
    assert_int_equal(series->key_bits, 2048);
    assert_int_equal(series->pairs_per_set, 1); /* what suits paillier */
    assert_false(series->short_exponents);
    assert_int_equal(series->compare, LV_COMPARE_BOTH);
    assert_string_equal(series->baseline_lot, "L1");
    assert_int_equal(config->series[0].grant_count, 1);
    assert_string_equal(config->series[0].grants[0].buyer, "AMSP");
    assert_string_equal(config->series[0].grants[0].servicer, "SMSP");
    assert_int_equal(config->series[0].grants[0].quota, 9);
    lv_config_free(config);
    drop("series/moisture.yaml");
    drop("series/moisture.yaml.AbCdEf");
}

static void test_an_upstream(void **state)
{
    (void)state;
    lv_config *config = NULL;
    put("config.yaml", UPSTREAM);
    put("follow/moisture.yaml", FOLLOW);
    put("follow/other.yaml", "downstream: BMSP\nseries: other\nservicer: SMSP\nworse: both\n"
                             "alarm_scale: 1\nfull: true\n");
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_string_equal(config->listen_host, "::1");
    assert_int_equal(config->listen_port, 0);
    assert_string_equal(config->ledger_folder, "/srv/ledger");
    assert_string_equal(config->xor_channel, "");
    assert_int_equal(config->request_bytes, 65536);
    assert_int_equal(config->request_seconds, 5);
    assert_int_equal(config->requests_per_minute, 7);
    assert_int_equal(config->threads, 3);
    assert_int_equal(config->follow_count, 2);
    assert_string_equal(config->follows[0].series, "moisture");
    assert_true(config->follows[0].worse_rise && !config->follows[0].worse_fall);
    assert_int_equal(config->follows[0].alarm_scale, 32);
    assert_false(config->follows[0].full);
    assert_true(config->follows[1].worse_rise && config->follows[1].worse_fall);
    assert_true(config->follows[1].full);
    lv_config_free(config);
    drop("follow/moisture.yaml");
    drop("follow/other.yaml");
}

static void test_nobody_known_yet(void **state)
{
    (void)state;
    lv_config *config = NULL;
    const char *text = "organisation: SMSP\nrole: servicer\nlisten: 127.0.0.1:0\n"
                       "ledger: {kind: embedded, folder: l, xor: x}\nmembers: []\n";
    put("config.yaml", text);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_int_equal(config->member_count, 0);
    assert_null(lv_config_member_find(config, "AMSP"));
    lv_config_free(config);
}

static void test_bad_main_files(void **state)
{
    (void)state;
    static const spoilt changes[] = {
        {"role: downstream\n", "", {"Missing required mapping field: role", NULL, NULL}},
        {"role: downstream\n", "role: boss\n", {":2: role: ", "boss", "downstream, upstream"}},
        {"role: downstream\n", "role: 1\n", {"role: ", "downstream, upstream, servicer"}},
        {"role: downstream\n", "role: downstream\nrole: servicer\n", {"already", "role", NULL}},
        {"listen:", "colour: red\nlisten:", {"colour", "organisation, role, listen", "near line"}},
        {"organisation: BMSP", "organisation: ../B", {"organisation", "'../B'", "letters"}},
        {"organisation: BMSP", "organisation: ''", {":1: organisation", "1 to 64", NULL}},
        {"organisation: BMSP", "organisation: [BMSP]", {":1: organisation", "text", NULL}},
        {"organisation: BMSP", "organisation: AMSP", {"AMSP", "this organisation", NULL}},
        {"127.0.0.1:7102", "localhost:7102", {"listen", "localhost", "numeric"}},
        {"127.0.0.1:7102", "127.0.0.1", {"listen", "port", NULL}},
        {"127.0.0.1:7102", "127.0.0.1:65536", {"listen", "65535", NULL}},
        {"127.0.0.1:7102", "127.0.0.1:-1", {"listen", "65535", NULL}},
        {"127.0.0.1:7102", "'127.0.0.1:'", {"listen", "65535", NULL}},
        {"127.0.0.1:7102", "':7102'", {"listen", "numeric", NULL}},
        {"127.0.0.1:7102", "::1:7102", {"listen", "[::1]", NULL}},
        {"kind: embedded", "kind: fabrik", {":5: ledger, kind", "fabrik", "fabric"}},
        {"  folder: ../ledger\n", "", {"ledger, folder", "missing", "embedded"}},
        {"  quality: quality\n", "", {"ledger, quality", "missing", "downstream"}},
        {"  xor: xor\n", "", {"ledger, xor", "missing", NULL}},
        {"  xor: xor\n", "  xor: quality\n", {"same channel", NULL, NULL}},
        {"  xor: xor\n", "  xor: a/b\n", {"ledger, xor", "a/b", NULL}},
        {"msp: SMSP", "msp: AMSP", {"AMSP stands twice", NULL, NULL}},
        {"msp: SMSP", "msp: -x", {"members, msp", "-x", NULL}},
        {"role: servicer", "role: seller", {"members, entry 2, role", "seller", "servicer"}},
        {"role: servicer",
         "rolle: servicer",
         {"members, entry 2", "rolle", "msp, role, url, root"}},
        {"https://127.0.0.1:7101", "http://127.0.0.1:7101", {"AMSP, url", "https://", NULL}},
        {"https://127.0.0.1:7101", "https://127.0.0.1:7101/", {"AMSP, url", "path", NULL}},
        {"https://127.0.0.1:7101", "https://", {"AMSP, url", NULL, NULL}},
        {"root.pem}\n  - {msp: S", "none.pem}\n  - {msp: S", {"AMSP, root", "none.pem", NULL}},
        {"root.pem}\n  - {msp: S", "empty.pem}\n  - {msp: S", {"AMSP, root", "PEM", NULL}},
        {"members:\n", "threads: -1\nmembers:\n", {"threads", "-1", "0 to 1024"}},
        {"members:\n", "threads: 1025\nmembers:\n", {"threads", "1025", "0 to 1024"}},
        {"members:\n", "threads: many\nmembers:\n", {"threads", "'many'", "whole number"}},
        {"members:\n", "threads: [1]\nmembers:\n", {":9: threads", "a whole number", NULL}},
        {"kind: embedded", "kind: Embedded", {"kind", "Embedded", NULL}},
        {"kind: embedded", "kind: embedded x", {"kind", "embedded x", NULL}},
        {"kind: embedded", "kind: 0", {"kind", NULL, NULL}},
        {"members:\n", "limits: {request_bytes: 1}\nmembers:\n", {"request_bytes", "65536", NULL}},
        {"members:\n", "limits: {request_seconds: 0}\nmembers:\n", {"request_seconds", "1 to", ""}},
        {"members:\n", "limits: {requests_per_minute: 0}\nmembers:\n", {"per_minute", "1 to", ""}},
        {"members:\n",
         "limits: {requests: 1}\nmembers:\n",
         {"limits", "requests", "request_bytes"}},
        {"members:\n", "limits: 7\nmembers:\n", {":9: limits", "mapping", NULL}},
        {"organisation: BMSP", "organisation: &a BMSP\nrole: *a", {"lias", NULL, NULL}},
        {"organisation: BMSP\n", "organisation: BMSP\n\trole: x\n", {"tab", NULL, NULL}},
        {"organisation: BMSP\n",
         "organisation: {\n",
         {"organisation: Expecting STRING", NULL, NULL}},
        {"organisation: BMSP\n", "- organisation\n", {"mapping", NULL, NULL}},
        {DOWNSTREAM, "", {"empty", NULL, NULL}},
        {DOWNSTREAM, "# nothing\n", {"empty", NULL, NULL}},
    };
    expect_refused("config.yaml", DOWNSTREAM, changes, sizeof changes / sizeof changes[0]);
}

static void test_where_a_certificate_is_renewed(void **state)
{
    (void)state;
    static const char section[] = "enroll:\n"
                                  "  ca: https://ca.example:7054\n"
                                  "  ca_name: ca-b\n"
                                  "  tls_roots: members/root.pem\n"
                                  "  renew_days: 14\n";
    static const spoilt changes[] = {
        {"https://ca", "http://ca", {"enroll, ca", "https://", NULL}},
        {"7054", "7054/", {"enroll, ca", NULL, NULL}},
        {"  ca: https://ca.example:7054\n", "", {"enroll", "Missing", "ca"}},
        {"ca_name: ca-b", "ca_name: \"a\\nb\"", {"enroll, ca_name", NULL, NULL}},
        {"renew_days: 14", "renew_days: 0", {"renew_days", "1 to 3650", NULL}},
        {"renew_days: 14", "renew_days: soon", {"renew_days", "soon", NULL}},
        {"renew_days: 14", "user: u", {"enroll", "user", "ca, ca_name, tls_roots, renew_days"}},
        {"tls_roots: members/root.pem", "tls_roots: none.pem", {"tls_roots", "none.pem", NULL}},
        {"tls_roots: members/root.pem", "tls_roots: members/empty.pem", {"tls_roots", "PEM", NULL}},
    };
    char text[2 * sizeof DOWNSTREAM];
    lv_config *config = NULL;
    put("config.yaml", DOWNSTREAM);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_null(config->enroll);
    lv_config_free(config);

    snprintf(text, sizeof text, "%s%s", DOWNSTREAM, section);
    expect_refused("config.yaml", text, changes, sizeof changes / sizeof changes[0]);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_string_equal(config->enroll->ca, "https://ca.example:7054");
    assert_string_equal(config->enroll->ca_name, "ca-b");
    assert_string_equal(lv_buffer_text(&config->enroll->tls_roots), ROOT);
    assert_int_equal(config->enroll->renew_days, 14);
    lv_config_free(config);

    snprintf(text, sizeof text, "%senroll: {ca: \"https://ca\"}\n", DOWNSTREAM);
    put("config.yaml", text);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_string_equal(config->enroll->ca_name, "");
    assert_int_equal(config->enroll->tls_roots.len, 0);
    assert_int_equal(config->enroll->renew_days, 30);
    lv_config_free(config);
}

static void test_second_documents_and_absent_files(void **state)
{
    (void)state;
    char text[2 * sizeof DOWNSTREAM + 8];
    snprintf(text, sizeof text, "%s---\n%s", DOWNSTREAM, DOWNSTREAM);
    put("config.yaml", text);
    expect_fault(LV_E_CONFIG, "after first");
    drop("config.yaml");
    expect_fault(LV_E_CONFIG, "lotveil init");
}

static void test_channels_that_a_role_has_no_part_in(void **state)
{
    (void)state;
    static const spoilt upstream[] = {
        {"quality: quality", "quality: quality, xor: xor", {"ledger, xor", "leave it out", NULL}},
        {"quality: quality", "xor: xor", {"ledger, quality", "missing", NULL}},
    };
    static const spoilt servicer[] = {
        {"role: downstream\n", "role: servicer\n", {"ledger, quality", "leave it out", NULL}},
    };
    expect_refused("config.yaml", UPSTREAM, upstream, 2);
    expect_refused("config.yaml", DOWNSTREAM, servicer, 1);
}

static void test_a_ledger_on_fabric(void **state)
{
    (void)state;
    lv_config *config = NULL;
    put("config.yaml", FABRIC);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_int_equal(config->ledger_kind, LV_LEDGER_FABRIC);
    assert_null(config->ledger_folder);
    assert_string_equal(config->quality_channel, "quality");
    assert_string_equal(config->xor_channel, "xor.b-1");
    assert_string_equal(config->quality_chaincode, "quality");
    assert_string_equal(config->xor_chaincode, "sales");
    assert_int_equal(config->gateway_count, 2);
    assert_string_equal(config->gateways[0].address, "127.0.0.1:7051");
    assert_string_equal(config->gateways[0].host_name, "peer0.b.example");
    assert_string_equal(config->gateways[1].address, "[::1]:7051");
    assert_null(config->gateways[1].host_name);
    assert_string_equal(lv_buffer_text(&config->tls_roots), ROOT);
    lv_config_free(config);

    /* What may be left out; an upstream has no part in xor and no chaincode there. */
    put("config.yaml", "organisation: CMSP\nrole: upstream\nlisten: 127.0.0.1:1\n"
                       "ledger: {kind: fabric, quality: q, gateways: [{address: \"p.b:1\"}]}\n"
                       "members: []\n");
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_string_equal(config->quality_chaincode, "quality");
    assert_string_equal(config->xor_chaincode, "");
    assert_int_equal(config->tls_roots.len, 0);
    lv_config_free(config);

    put("config.yaml", DOWNSTREAM);
    assert_int_equal(lv_config_load(folder, &config, NULL), LV_OK);
    assert_int_equal(config->ledger_kind, LV_LEDGER_EMBEDDED);
    assert_string_equal(config->quality_chaincode, "");
    lv_config_free(config);
}

static void test_bad_ledgers_on_fabric(void **state)
{
    (void)state;
    static const spoilt changes[] = {
        {"  quality: quality\n", "", {"ledger, quality", "missing", NULL}},
        {"quality: quality", "quality: Quality", {"Quality", "lower-case", NULL}},
        {"xor: xor.b-1", "xor: quality", {"same channel", NULL, NULL}},
        {"xor: xor.b-1", "xor: 1xor", {"1xor", "begin with a letter", NULL}},
        {"  chaincode: {xor: sales}\n", "  folder: l\n", {"ledger, folder", "leave it out", NULL}},
        {"{xor: sales}", "{xor: a/b}", {"ledger, chaincode, xor", "a/b", NULL}},
        {"{xor: sales}", "{other: sales}", {"chaincode", "other", NULL}},
        {"  gateways:\n", "  peers:\n", {"peers", "gateways", NULL}},
        {"\"127.0.0.1:7051\"", "\"127.0.0.1\"", {"address", "127.0.0.1", "host:port"}},
        {"\"127.0.0.1:7051\"", "\"127.0.0.1:0\"", {"address", "host:port", NULL}},
        {"\"127.0.0.1:7051\"", "\"127.0.0.1:70511\"", {"address", "host:port", NULL}},
        {"\"127.0.0.1:7051\"", "\":7051\"", {"address", "host:port", NULL}},
        {"\"127.0.0.1:7051\"", "\"https://p:1\"", {"address", "host:port", NULL}},
        {"\"127.0.0.1:7051\"", "\"[peer]:1\"", {"address", "host:port", NULL}},
        {"\"127.0.0.1:7051\"", "\"[::1]:7051\"", {"gateways", "[::1]:7051", "twice"}},
        {"{address: \"[::1]:7051\"}", "{host_name: peer}", {"gateways", "address", NULL}},
        {"peer0.b.example", "\"peer 0\"", {"host_name", "peer 0", NULL}},
        {"members/root.pem\n", "members/none.pem\n", {"ledger, tls_roots", "none.pem", NULL}},
        {"members/root.pem\n", "members/empty.pem\n", {"ledger, tls_roots", "PEM", NULL}},
    };
    static const spoilt without[] = {
        {"gateways: []", "", {"ledger, gateways", "missing", "peer"}},
        {"gateways: []", "gateways: []", {"ledger, gateways", NULL, NULL}},
        {"gateways: []",
         "chaincode: {xor: s}, gateways: [{address: \"a:1\"}]",
         {"ledger, chaincode, xor", "leave it out", NULL}},
    };
    static const spoilt foreign[] = {
        {"  folder: ../ledger\n",
         "  folder: l\n  gateways: [{address: \"p:1\"}]\n",
         {"ledger, gateways", "kind: fabric", NULL}},
        {"  folder: ../ledger\n",
         "  folder: l\n  chaincode: {quality: q}\n",
         {"ledger, chaincode", "kind: fabric", NULL}},
        {"  folder: ../ledger\n",
         "  folder: l\n  tls_roots: members/root.pem\n",
         {"ledger, tls_roots", "kind: fabric", NULL}},
    };
    expect_refused("config.yaml", FABRIC, changes, sizeof changes / sizeof changes[0]);
    expect_refused("config.yaml",
                   "organisation: CMSP\nrole: upstream\nlisten: 127.0.0.1:1\n"
                   "ledger: {kind: fabric, quality: q, gateways: []}\nmembers: []\n",
                   without, sizeof without / sizeof without[0]);
    expect_refused("config.yaml", DOWNSTREAM, foreign, sizeof foreign / sizeof foreign[0]);
}

static void test_bad_series(void **state)
{
    (void)state;
    static const spoilt changes[] = {
        {"name: moisture\n", "", {"Missing required mapping field: name", NULL, NULL}},
        {"name: moisture\n", "name: .moisture\n", {"name", ".moisture", NULL}},
        {"  lot: lot\n", "", {"columns", "Missing required mapping field: lot", NULL}},
        {"  lot: lot\n", "  lot: lot\n  line: l\n", {"columns", "line", "lot, time, value"}},
        {"decimals: 2", "decimals: 10", {"decimals", "0 to 9", NULL}},
        {"decimals: 2", "decimals: -1", {"decimals", "-1", "0 to 9"}},
        {"decimals: 2", "decimals: 1", {"offset", "at most 1 digits", NULL}},
        {"\"-0.76\"", "1e3", {"offset", "'1e3'", "plain decimal"}},
        {"\"-0.76\"", "\"--1\"", {"offset", NULL, NULL}},
        {"\"-0.76\"", "\"-\"", {"offset", NULL, NULL}},
        {"\"-0.76\"", "\".\"", {"offset", NULL, NULL}},
        {"\"-0.76\"", "\" 1\"", {"offset", NULL, NULL}},
        {"\"-0.76\"", "\"0.761\"", {"offset", "0.761", NULL}},
        {"\"-0.76\"", "\"92233720368547758.07\"", {"offset", "64 bits", NULL}},
        {"\"-0.76\"", "\"92233720368547758.08\"", {"offset", "64 bits", NULL}},
        {"\"-0.76\"", "\"99999999999999999999\"", {"offset", "64 bits", NULL}},
        {"width: 16", "width: 63", {"width", "1 to 62", NULL}},
        {"width: 16", "width: 0", {"width", "1 to 62", NULL}},
        {"suite: paillier", "suite: rot13", {"suite", "rot13", "paillier"}},
        {"key_bits: 2048", "key_bits: 1024", {"key_bits", "2048", "8192"}},
        {"key_bits: 2048", "key_bits: 2049", {"key_bits", NULL, NULL}},
        {"key_bits: 2048", "exponent: half", {"exponent", "full, short", NULL}},
        {"suite: paillier\nkey_bits: 2048",
         "suite: ristretto255\nexponent: short",
         {"exponent", "ristretto255", "full"}},
        {"suite: paillier\nkey_bits: 2048",
         "suite: rlwe1024\nexponent: short",
         {"exponent", "rlwe1024", "full"}},
        {"key_bits: 2048", "pairs_per_set: 4097", {"pairs_per_set", "0 to 4096", NULL}},
        {"key_bits: 2048", "pairs_per_set: -1", {"pairs_per_set", NULL, NULL}},
        {"key_bits: 2048", "key_bits: 4294969344", {"key_bits", NULL, NULL}},
        {"compare: both", "compare: all", {":12: compare", "consecutive, baseline, both", NULL}},
        {"buyer: AMSP", "buyer: SMSP", {"grants, buyer", "servicer", "upstream"}},
        {"buyer: AMSP", "buyer: XMSP", {"XMSP", "no member", NULL}},
        {"servicer: SMSP", "servicer: AMSP", {"grants, servicer", "AMSP", NULL}},
        {"quota: 9", "quota: 4294967296", {"grants, quota", "4294967295", NULL}},
        {"quota: 9}",
         "quota: 9}, {buyer: AMSP, servicer: SMSP}",
         {"AMSP stands twice", NULL, NULL}},
    };
    put("config.yaml", DOWNSTREAM);
    expect_refused("series/moisture.yaml", SERIES, changes, sizeof changes / sizeof changes[0]);
    drop("series/moisture.yaml");
}

static void test_exponents(void **state)
{
    (void)state;
    static const spoilt good[] = {
        {"suite: paillier\n", "suite: paillier\nexponent: full\n", {NULL}},
        {"suite: paillier\n", "suite: paillier\nexponent: short\n", {NULL}},
        {"suite: paillier\nkey_bits: 2048\n", "suite: rlwe1024\nexponent: full\n", {NULL}},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        lv_config_series series = {0};
        lv_error err = {0};
        char *text = spoil(SERIES, &good[i]);
        assert_int_equal(lv_config_series_parse("s.yaml", lv_bytes_of_text(text), &series, &err),
                         LV_OK);
        assert_int_equal(series.series.short_exponents, i == 1);
        lv_config_series_free(&series);
        free(text);
    }
}

static void test_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t units;
    } good[] = {
        {"0", 0},
        {"-0", 0},
        {"1", 100},
        {"-1.5", -150},
        {".5", 50},
        {"5.", 500},
        {"0.760", 76},
        {"-0.7600000", -76},
        {"007", 700},
        {"92233720368546000.07", 9223372036854600007},
        {"-92233720368547758.07", -INT64_MAX},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char quoted[64];
        snprintf(quoted, sizeof quoted, "\"%s\"", good[i].text);
        spoilt change = {"\"-0.76\"", quoted, {NULL}};
        char *text = spoil(SERIES, &change);
        lv_config_series series;
        lv_error err = {0};
        lv_status status = lv_config_series_parse("x.yaml", lv_bytes_of_text(text), &series, &err);
        free(text);
        if (status != LV_OK) {
            fail_msg("%s: %s", good[i].text, err.text);
        }
        assert_true(series.series.scale.offset == good[i].units);
        lv_config_series_free(&series);
    }
}

static void test_series_defaults(void **state)
{
    (void)state;
    lv_config_series series;
    const char *text = "name: m\nunit: ''\ncolumns: {lot: a, time: b, value: c, parents: d}\n"
                       "decimals: 0\ncompare: consecutive\n";
    assert_int_equal(lv_config_series_parse("m.yaml", lv_bytes_of_text(text), &series, NULL),
                     LV_OK);
    assert_int_equal(series.series.scale.bits, 32);
    assert_int_equal(series.series.scale.offset, 0);
    assert_string_equal(series.series.suite, "ristretto255");
    assert_int_equal(series.series.key_bits, 256);
    assert_int_equal(series.series.pairs_per_set, 32);
    assert_string_equal(series.series.baseline_lot, "");
    assert_string_equal(series.series.column_parents, "d");
    assert_int_equal(series.grant_count, 0);
    lv_config_series_free(&series);
}

static void test_series_stand_once_and_where_they_belong(void **state)
{
    (void)state;
    put("config.yaml", DOWNSTREAM);
    put("series/moisture.yaml", SERIES);
    put("series/zz.yaml", SERIES);
    expect_fault(LV_E_CONFIG, "moisture stands in another file");
    drop("series/zz.yaml");
    put("series/zz.yml", SERIES);
    expect_fault(LV_E_CONFIG, "rename it to end in .yaml");
    drop("series/zz.yml");
    put("config.yaml", UPSTREAM);
    expect_fault(LV_E_CONFIG, "only a downstream has series");
    drop("series/moisture.yaml");
}

static void test_bad_follows(void **state)
{
    (void)state;
    static const spoilt changes[] = {
        {"downstream: BMSP", "downstream: SMSP", {"downstream", "SMSP", "servicer"}},
        {"downstream: BMSP", "downstream: XMSP", {"XMSP", "no member", NULL}},
        {"servicer: SMSP", "servicer: TMSP", {"TMSP", "no url", NULL}},
        {"series: moisture", "series: 'a b'", {"series", "a b", NULL}},
        {"worse: rise", "worse: up", {":4: worse", "rise, fall, both", NULL}},
        {"alarm_scale: 32", "alarm_scale: -18446744073709551584", {"alarm_scale", NULL, NULL}},
        {"alarm_scale: 32", "alarm_scale: 18446744073709551617", {"alarm_scale", NULL, NULL}},
        {"alarm_scale: 32", "alarm_scale: 0", {"alarm_scale", "1 to 2305843009213693952", NULL}},
        {"alarm_scale: 32", "alarm_scale: 2305843009213693953", {"alarm_scale", NULL, NULL}},
        {"alarm_scale: 32\n", "", {"alarm_scale is missing", "ask: index", NULL}},
        {"alarm_scale: 32\n", "ask: band\n", {"alarm_scale is missing", "ask: band", NULL}},
        {"alarm_scale: 32\n", "ask: size\nalarm_scale: 32\n", {"ask", "'size'", "direction, "}},
        {"alarm_scale: 32", "alarm_scale: 32\nask: direction", {"tells no scale", "", "index or"}},
        {"alarm_scale: 32", "alarm_scale: 2\nask: threshold\nlimit: 1", {"tells no scale", "", ""}},
        {"alarm_scale: 32", "ask: threshold", {"limit", "needs one", NULL}},
        {"alarm_scale: 32", "ask: threshold\nlimit: 1e3", {"limit", "1e3", "plain decimal"}},
        {"alarm_scale: 32", "alarm_scale: 1\nlimit: 1.5", {"limit", "only a threshold", "index"}},
        {"alarm_scale: 32", "ask: equality", {"worse", "no direction", "both"}},
        {"rise\nalarm_scale: 32",
         "both\nask: threshold\nlimit: 1",
         {"worse", "which side", "above"}},
        {"alarm_scale: 32\n", "alarm_scale: 32\nfull: maybe\n", {":6: full", "true, false", NULL}},
        {"alarm_scale: 32\n",
         "alarm_scale: 32\nbudget: 1\n",
         {"budget", "alarm_scale, full", NULL}},
    };
    put("config.yaml", UPSTREAM);
    expect_refused("follow/moisture.yaml", FOLLOW, changes, sizeof changes / sizeof changes[0]);
    put("follow/zz.yaml", FOLLOW);
    expect_fault(LV_E_CONFIG, "followed by another file");
    drop("follow/zz.yaml");
    put("config.yaml", DOWNSTREAM);
    expect_fault(LV_E_CONFIG, "only an upstream follows");
    drop("follow/moisture.yaml");
}

static void expect_follow(const char *lines, lv_question question, const char *limit,
                          uint64_t alarm_scale)
{
    char text[512];
    lv_config *config = NULL;
    lv_error err = {0};
    snprintf(text, sizeof text, "downstream: BMSP\nseries: moisture\nservicer: SMSP\n%s", lines);
    put("follow/moisture.yaml", text);
    if (lv_config_load(folder, &config, &err) != LV_OK) {
        fail_msg("%s: %s", lines, err.text);
    }
    const lv_config_follow *follow = &config->follows[0];
    assert_int_equal(follow->ask.question, question);
    assert_string_equal(follow->ask.limit, limit);
    assert_true(follow->alarm_scale == alarm_scale);
    lv_config_free(config);
}

static void test_what_a_follow_asks(void **state)
{
    (void)state;
    put("config.yaml", UPSTREAM);
    expect_follow("worse: rise\nalarm_scale: 32\n", LV_ASK_INDEX, "", 32);
    expect_follow("worse: rise\nalarm_scale: 32\nask: index\n", LV_ASK_INDEX, "", 32);
    expect_follow("worse: both\nask: band\nalarm_scale: 4\n", LV_ASK_BAND, "", 4);
    expect_follow("worse: fall\nask: direction\n", LV_ASK_DIRECTION, "", 1);
    expect_follow("worse: fall\nask: direction\nalarm_scale: 1\n", LV_ASK_DIRECTION, "", 1);
    expect_follow("worse: rise\nask: threshold\nlimit: \"-0.50\"\n", LV_ASK_THRESHOLD, "-0.50", 1);
    expect_follow("worse: fall\nask: threshold\nlimit: 12.5\n", LV_ASK_THRESHOLD, "12.5", 1);
    expect_follow("worse: both\nask: equality\n", LV_ASK_EQUALITY, "", 1);
    drop("follow/moisture.yaml");
}

#define DISCLOSE                                                                                   \
    "quota: 9}]\ndisclose:\n  - {to: AMSP, allow: [index, threshold], budget: 200, "               \
    "period_days: 7}\n"

static void test_what_is_disclosed(void **state)
{
    (void)state;
    const spoilt add = {"quota: 9}]\n", DISCLOSE "  - {to: CMSP, allow: []}\n", {NULL}};
    lv_config_series series;
    lv_error err = {0};
    char *text = spoil(SERIES, &add);
    assert_int_equal(lv_config_series_parse("x.yaml", lv_bytes_of_text(text), &series, &err),
                     LV_OK);
    free(text);
    assert_int_equal(series.policy_count, 2);
    const lv_policy *first = lv_policy_find(series.policies, 2, "AMSP");
    assert_string_equal(first->to, "AMSP");
    assert_true(lv_policy_allows(first, LV_ASK_DIRECTION));
    assert_true(lv_policy_allows(first, LV_ASK_INDEX));
    assert_true(lv_policy_allows(first, LV_ASK_THRESHOLD));
    assert_false(lv_policy_allows(first, LV_ASK_BAND));
    assert_false(lv_policy_allows(first, LV_ASK_EQUALITY));
    assert_true(first->limited);
    assert_true(first->budget == 200000);
    assert_int_equal(first->period_days, 7);
    const lv_policy *second = lv_policy_find(series.policies, 2, "CMSP");
    assert_int_equal(second->allow, 0);
    assert_false(second->limited);
    assert_int_equal(second->period_days, 30);
    lv_config_series_free(&series);
    assert_int_equal(lv_config_series_parse("x.yaml", lv_bytes_of_text(SERIES), &series, &err),
                     LV_OK);
    assert_int_equal(series.policy_count, 0);
    lv_config_series_free(&series);
}

/* Every key that takes a whole number, with the text around it. */
typedef struct {
    const char *file;
    const char *good;
    const char *key;    /* stands in the words */
    const char *from;   /* replaced by */
    const char *before; /* this, the number, and */
    const char *after;  /* this */
} numbered;

static void test_whole_numbers_are_digits_and_nothing_else(void **state)
{
    (void)state;
    static const numbered keys[] = {
        {"config.yaml", DOWNSTREAM, "request_bytes",
         "members:", "limits: {request_bytes: ", "}\nmembers:"},
        {"config.yaml", DOWNSTREAM, "request_seconds",
         "members:", "limits: {request_seconds: ", "}\nmembers:"},
        {"config.yaml", DOWNSTREAM, "requests_per_minute",
         "members:", "limits: {requests_per_minute: ", "}\nmembers:"},
        {"config.yaml", DOWNSTREAM, "threads", "members:", "threads: ", "\nmembers:"},
        {"series/moisture.yaml", SERIES, "decimals", "decimals: 2", "decimals: ", ""},
        {"series/moisture.yaml", SERIES, "width", "width: 16", "width: ", ""},
        {"series/moisture.yaml", SERIES, "key_bits", "key_bits: 2048", "key_bits: ", ""},
        {"series/moisture.yaml", SERIES, "pairs_per_set", "width:", "pairs_per_set: ", "\nwidth:"},
        {"series/moisture.yaml", SERIES, "pool", "width:", "pool: ", "\nwidth:"},
        {"series/moisture.yaml", SERIES, "quota", "quota: 9", "quota: ", ""},
        {"series/moisture.yaml", SERIES, "budget",
         "width:", "disclose: [{to: AMSP, allow: [index], budget: ", "}]\nwidth:"},
        {"series/moisture.yaml", SERIES, "period_days",
         "width:", "disclose: [{to: AMSP, allow: [index], period_days: ", "}]\nwidth:"},
        {"follow/moisture.yaml", FOLLOW, "alarm_scale", "alarm_scale: 32", "alarm_scale: ", ""},
    };
    static const char *const bad[] = {
        "1.5",  "12abc", "0x10", "010",  "0o10",     "1_0",
        "1e1",  "+1",    "-1",   "''",   "~",        "null",
        "true", "2 3",   "1,5",  "' 2'", "\"2\\n\"", "99999999999999999999999",
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const numbered *at = &keys[i];
        put("config.yaml", at->file[0] == 'f' ? UPSTREAM : DOWNSTREAM);
        for (size_t j = 0; j < sizeof bad / sizeof bad[0]; j++) {
            char text[256];
            snprintf(text, sizeof text, "%s%s%s", at->before, bad[j], at->after);
            const spoilt change = {at->from, text, {at->key, NULL, NULL}};
            expect_refused(at->file, at->good, &change, 1);
        }
        if (at->file[0] != 'c') {
            drop(at->file);
        }
    }
}

static void test_bad_policies(void **state)
{
    (void)state;
    char good[sizeof SERIES + 128];
    snprintf(good, sizeof good, "%.*s" DISCLOSE, (int)(strstr(SERIES, "quota") - SERIES), SERIES);
    static const spoilt changes[] = {
        {"to: AMSP", "to: SMSP", {"disclose, to", "servicer", "upstream"}},
        {"to: AMSP", "to: XMSP", {"XMSP", "no member", NULL}},
        {"to: AMSP", "to: ../A", {"disclose, to", "../A", NULL}},
        {"{to: AMSP, ", "{", {"disclose", "Missing required mapping field: to", NULL}},
        {"allow: [index, threshold], ", "", {"Missing required mapping field: allow", NULL, NULL}},
        {"threshold]", "values]", {"disclose, allow", "'values'", "band, threshold, equality"}},
        {"threshold]", "index, index, index, index, index]", {"allow", NULL, NULL}},
        {"[index, threshold]", "index", {"allow", NULL, NULL}},
        {"budget: 200", "budget: 0", {"disclose, budget", "1 to 1000000", NULL}},
        {"budget: 200", "budget: -1", {"disclose, budget", "-1", NULL}},
        {"budget: 200", "budget: 1000001", {"disclose, budget", "1000001", NULL}},
        {"budget: 200", "budget: much", {"budget", "whole number", NULL}},
        {"period_days: 7", "period_days: 0", {"period_days", "1 to 3650", NULL}},
        {"period_days: 7", "days: 7", {"disclose", "days", "to, allow, budget, period_days"}},
        {"period_days: 7}\n", "}\n  - {to: AMSP, allow: []}\n", {"AMSP stands twice", NULL, NULL}},
        {"disclose:\n  - {to: AMSP, allow: [index, threshold], budget: 200, period_days: 7}\n",
         "disclose: []\n",
         {"disclose", NULL, NULL}},
    };
    put("config.yaml", DOWNSTREAM);
    expect_refused("series/moisture.yaml", good, changes, sizeof changes / sizeof changes[0]);
    drop("series/moisture.yaml");
}

static void test_every_truncation_is_an_error_or_well_formed(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof SERIES - 1; len++) {
        lv_config_series series;
        lv_error err = {0};
        lv_bytes text = {.data = (const uint8_t *)SERIES, .len = len};
        lv_status status = lv_config_series_parse("cut.yaml", text, &series, &err);
        if (status == LV_OK) { /* only what is optional was cut off */
            assert_true(len > (size_t)(strstr(SERIES, "compare: both") - SERIES));
            lv_config_series_free(&series);
            continue;
        }
        assert_int_equal(status, LV_E_CONFIG);
        assert_non_null(strstr(err.text, "cut.yaml"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_downstream),
        cmocka_unit_test(test_an_upstream),
        cmocka_unit_test(test_nobody_known_yet),
        cmocka_unit_test(test_bad_main_files),
        cmocka_unit_test(test_where_a_certificate_is_renewed),
        cmocka_unit_test(test_second_documents_and_absent_files),
        cmocka_unit_test(test_channels_that_a_role_has_no_part_in),
        cmocka_unit_test(test_a_ledger_on_fabric),
        cmocka_unit_test(test_bad_ledgers_on_fabric),
        cmocka_unit_test(test_bad_series),
        cmocka_unit_test(test_exponents),
        cmocka_unit_test(test_offsets),
        cmocka_unit_test(test_series_defaults),
        cmocka_unit_test(test_series_stand_once_and_where_they_belong),
        cmocka_unit_test(test_bad_follows),
        cmocka_unit_test(test_what_a_follow_asks),
        cmocka_unit_test(test_what_is_disclosed),
        cmocka_unit_test(test_bad_policies),
        cmocka_unit_test(test_whole_numbers_are_digits_and_nothing_else),
        cmocka_unit_test(test_every_truncation_is_an_error_or_well_formed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
