#include "fuzz.h"
#include "base/file.h"
#include "identity/x509.h"
#include "suite/paillier/paillier.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const FUZZ_MSP[FUZZ_ORGANISATIONS] = {"AMSP", "BMSP", "SMSP"};
const char *const FUZZ_ROLE[FUZZ_ORGANISATIONS] = {"upstream", "downstream", "servicer"};

#ifndef __has_feature
#define __has_feature(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/lsan_interface.h>
void fuzz_keep_begin(void) { __lsan_disable(); }
void fuzz_keep_end(void) { __lsan_enable(); }
#else
void fuzz_keep_begin(void) {}
void fuzz_keep_end(void) {}
#endif

static const size_t FILE_MAX = (size_t)1 << 20;
#define SEEDS_MAX 256U
#define SUITES_MAX 8U

void fuzz_broken(const char *file, int line, const char *promise)
{
    fprintf(stderr, "%s:%d: broken promise: %s\n", file, line, promise);
    abort();
}

void fuzz_check_refusal(lv_status status, const lv_error *err)
{
    FUZZ_CHECK(status == LV_E_SYNTAX || status == LV_E_LIMIT || status == LV_E_RANGE ||
               status == LV_INVALID);
    FUZZ_CHECK(err->text[0] != '\0');
}

bool fuzz_same(lv_bytes a, lv_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool fuzz_same_certificate(lv_bytes a, lv_bytes b)
{
    X509 *left = NULL;
    X509 *right = NULL;
    lv_error err = {0};
    FUZZ_CHECK(lv_x509_from_pem(a, &left, &err) == LV_OK);
    FUZZ_CHECK(lv_x509_from_pem(b, &right, &err) == LV_OK);
    bool same = X509_cmp(left, right) == 0;
    X509_free(left);
    X509_free(right);
    return same;
}

bool fuzz_is_zero(const void *memory, size_t len)
{
    const uint8_t *at = memory;
    for (size_t i = 0; i < len; i++) {
        if (at[i] != 0) {
            return false;
        }
    }
    return true;
}

static void must(lv_status status, const lv_error *err, const char *what)
{
    if (status != LV_OK) {
        fprintf(stderr, "%s: %s: %s\n", what, lv_status_name(status), err->text);
        exit(2);
    }
}

lv_buffer fuzz_file(const char *path)
{
    lv_error err = {0};
    lv_buffer out = {0};
    char *whole = lv_path_join(LOTVEIL_FUZZ_DIR, path);
    FUZZ_CHECK(whole != NULL);
    must(lv_file_read(whole, FILE_MAX, &out, &err), &err, path);
    free(whole);
    return out;
}

/* ---- seeds ---- */

static lv_digest seeds[SEEDS_MAX];
static size_t seed_count;
static bool seeds_read;

static void read_seeds(const char *target)
{
    char folder[512];
    snprintf(folder, sizeof folder, LOTVEIL_FUZZ_DIR "/corpus/%s", target);
    DIR *open_folder = opendir(folder);
    FUZZ_CHECK(open_folder != NULL);
    for (const struct dirent *entry = readdir(open_folder); entry != NULL;
         entry = readdir(open_folder)) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        char path[1024];
        snprintf(path, sizeof path, "corpus/%s/%s", target, entry->d_name);
        FUZZ_CHECK(seed_count < SEEDS_MAX);
        lv_buffer bytes = fuzz_file(path);
        FUZZ_CHECK(lv_digest_of(lv_buffer_view(&bytes), &seeds[seed_count++]) == LV_OK);
        lv_buffer_free(&bytes);
    }
    closedir(open_folder);
    seeds_read = true;
}

bool fuzz_is_seed(const char *target, lv_bytes input)
{
    lv_digest digest;
    if (!seeds_read) {
        read_seeds(target);
    }
    FUZZ_CHECK(lv_digest_of(input, &digest) == LV_OK);
    for (size_t i = 0; i < seed_count; i++) {
        if (lv_digest_equal(&seeds[i], &digest)) {
            return true;
        }
    }
    return false;
}

/* ---- organisations ---- */

const lv_buffer *fuzz_root(size_t i)
{
    static lv_buffer roots[FUZZ_ORGANISATIONS];
    if (roots[i].len == 0) {
        char path[64];
        snprintf(path, sizeof path, "keys/%s-ca.pem", FUZZ_MSP[i]);
        roots[i] = fuzz_file(path);
    }
    return &roots[i];
}

const lv_identity *fuzz_identity(size_t i)
{
    static lv_identity *identities[FUZZ_ORGANISATIONS];
    if (identities[i] == NULL) {
        char path[64];
        lv_error err = {0};
        snprintf(path, sizeof path, "keys/%s.pem", FUZZ_MSP[i]);
        lv_buffer certificate = fuzz_file(path);
        snprintf(path, sizeof path, "keys/%s-key.pem", FUZZ_MSP[i]);
        lv_buffer key = fuzz_file(path);
        must(lv_identity_load(FUZZ_MSP[i], lv_buffer_view(&certificate), lv_buffer_view(&key),
                              &identities[i], &err),
             &err, path);
        lv_buffer_free(&certificate);
        lv_buffer_wipe(&key);
    }
    return identities[i];
}

const lv_trust *fuzz_trust(void) { return fuzz_channel("quality")->trust; }

static void make_channel(const char *contract, lv_channel *out)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    lv_channel described = {.member_count = FUZZ_ORGANISATIONS};
    lv_member members[FUZZ_ORGANISATIONS] = {0};
    described.members = members;
    snprintf(described.channel, sizeof described.channel, "%s", contract);
    snprintf(described.contract, sizeof described.contract, "%s", contract);
    for (size_t i = 0; i < FUZZ_ORGANISATIONS; i++) {
        snprintf(members[i].msp_id, sizeof members[i].msp_id, "%s", FUZZ_MSP[i]);
        snprintf(members[i].role, sizeof members[i].role, "%s", FUZZ_ROLE[i]);
        members[i].root = *fuzz_root(i);
    }
    must(lv_channel_encode(&described, &bytes, &err), &err, contract);
    must(lv_channel_decode(lv_buffer_view(&bytes), out, &err), &err, contract);
    lv_buffer_free(&bytes);
}

const lv_channel *fuzz_channel(const char *contract)
{
    static lv_channel channels[2];
    lv_channel *channel = &channels[contract[0] == 'q' ? 0 : 1];
    if (channel->member_count == 0) {
        make_channel(contract, channel);
    }
    return channel;
}

/* ---- keys ---- */

const lv_secret_key *fuzz_key(size_t suite)
{
    static lv_secret_key *keys[SUITES_MAX];
    const lv_suite *found = lv_suite_at(suite);
    if (found == NULL) {
        return NULL;
    }
    FUZZ_CHECK(suite < SUITES_MAX);
    if (keys[suite] == NULL) {
        char path[128];
        lv_error err = {0};
        snprintf(path, sizeof path, "keys/%s.key", lv_suite_name(found));
        lv_buffer bytes = fuzz_file(path);
        lv_bytes view = lv_buffer_view(&bytes);
        fuzz_keep_begin();
        must(strcmp(lv_suite_name(found), "paillier") == 0
                 ? lv_paillier_key_decode_sized(view, LV_PAILLIER_BITS_TINY, &keys[suite], &err)
                 : lv_key_decode(found, view, &keys[suite], &err),
             &err, path);
        fuzz_keep_end();
        lv_buffer_wipe(&bytes);
    }
    return keys[suite];
}

lv_series fuzz_series(void)
{
    return (lv_series){.name = "moisture",
                       .unit = "g/cm2",
                       .column_lot = "lot",
                       .column_time = "month",
                       .column_value = "moisture",
                       .column_parents = "parents",
                       .scale = {.offset = -100, .decimals = 2, .bits = 16},
                       .suite = "paillier",
                       .key_bits = 2048,
                       .compare = LV_COMPARE_CONSECUTIVE};
}

uint8_t fuzz_take(lv_bytes *input)
{
    if (input->len == 0) {
        return 0;
    }
    uint8_t first = input->data[0];
    input->data++;
    input->len--;
    return first;
}

/* ---- bit proofs ---- */

fuzz_bits fuzz_bits_open(const lv_public_key *key, lv_bytes encoded)
{
    fuzz_bits out = {0};
    lv_error err = {0};
    lv_bytes zero = {.data = encoded.data, .len = lv_matrix_encoded_len(key, 1, 1)};
    lv_buffer twice = {0};
    FUZZ_CHECK(lv_matrix_decode(key, 1, 2, encoded, &out.row, &err) == LV_OK);
    out.of = (lv_bits_matrices){.x = out.row, .y = out.row, .w = out.row, .d = out.row};
    if (lv_suite_proves_bits(lv_public_suite(key))) {
        FUZZ_CHECK(lv_buffer_append(&twice, zero.data, zero.len) == LV_OK);
        FUZZ_CHECK(lv_buffer_append(&twice, zero.data, zero.len) == LV_OK);
        FUZZ_CHECK(lv_matrix_decode(key, 1, 2, lv_buffer_view(&twice), &out.zeros, &err) == LV_OK);
        out.of.w = out.zeros;
        lv_buffer_free(&twice);
    }
    return out;
}

void fuzz_bits_free(fuzz_bits *bits)
{
    lv_matrix_free(bits->row);
    lv_matrix_free(bits->zeros);
    *bits = (fuzz_bits){0};
}

lv_status fuzz_bits_prove(const lv_secret_key *key, const fuzz_bits *bits,
                          lv_bits_statement statement, const lv_proof_context *context,
                          lv_buffer *proof, lv_error *err)
{
    uint8_t values[][2] = {{0, 1}, {0, 0}};
    const lv_bits row = {.pairs = 1, .width = 2, .bits = values[0]};
    const lv_bits zeros = {.pairs = 1, .width = 2, .bits = values[1]};
    const lv_bits_plain plain = {.x = &row, .y = &row, .w = &zeros, .d = &row};
    return lv_bits_prove(key, statement, &bits->of, &plain, context, NULL, proof, err);
}
