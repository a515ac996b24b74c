/** Writes the keys in tests/fuzz/keys, where they are missing, and from them the inputs in
 *  tests/fuzz/corpus. Signatures and encryptions are random, so that a second run writes other
 * bytes of the same meaning. Regression inputs (regress-*) are left alone. */
#include "make_seeds.h"
#include "base/file.h"
#include "base/writer.h"
#include "fabric_peer.h"
#include "identity/vault.h"
#include "ledger/embedded/block.h"
#include "ledger/embedded/transaction.h"
#include "proof/proof.h"
#include "suite/paillier/paillier.h"
#include <lotveil/compare.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_KEY "keys/paillier-2048.key"

void seed_must(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        fprintf(stderr, "%s: %s\n", lv_status_name(status), err->text);
        exit(1);
    }
}

void seed_write(const char *target, const char *name, lv_bytes bytes)
{
    char path[512];
    lv_error err = {0};
    snprintf(path, sizeof path, LOTVEIL_FUZZ_DIR "/corpus/%s", target);
    seed_must(lv_folder_make(path, &err), &err);
    snprintf(path, sizeof path, LOTVEIL_FUZZ_DIR "/corpus/%s/%s", target, name);
    seed_must(lv_file_write(path, bytes, 0644, &err), &err);
}

void seed_text(const char *target, const char *name, const char *text)
{
    seed_write(target, name, lv_bytes_of_text(text));
}

/* ---- keys ---- */

static bool key_exists(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, LOTVEIL_FUZZ_DIR "/keys/%s", name);
    return lv_file_exists(path);
}

static void key_write(const char *name, lv_buffer *bytes)
{
    char path[512];
    lv_error err = {0};
    snprintf(path, sizeof path, LOTVEIL_FUZZ_DIR "/keys/%s", name);
    seed_must(lv_file_write(path, lv_buffer_view(bytes), 0644, &err), &err);
    lv_buffer_wipe(bytes);
}

static void make_organisation(const char *msp, const char *unit)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {.msp_id = msp,
                                           .hosts = hosts,
                                           .host_count = 1,
                                           .days = 3650,
                                           .not_before = FUZZ_TIME - 86400,
                                           .unit = unit};
    lv_organisation made = {0};
    lv_error err = {0};
    char name[64];
    snprintf(name, sizeof name, "%s-key.pem", msp);
    if (key_exists(name)) {
        return;
    }
    seed_must(lv_organisation_create(&params, &made, &err), &err);
    key_write(name, &made.key);
    snprintf(name, sizeof name, "%s.pem", msp);
    key_write(name, &made.certificate);
    snprintf(name, sizeof name, "%s-ca.pem", msp);
    key_write(name, &made.ca_certificate);
    lv_organisation_wipe(&made);
}

/* The smallest key of a suite that can be made, and the bits 0 and 1 under it. */
static void make_suite_key(const lv_suite *suite)
{
    uint8_t plain[] = {0, 1};
    const lv_bits bits = {.pairs = 1, .width = 2, .bits = plain};
    lv_secret_key *key = NULL;
    lv_matrix *matrix = NULL;
    lv_buffer bytes = {0};
    lv_error err = {0};
    char name[128];
    snprintf(name, sizeof name, "%s.key", lv_suite_name(suite));
    if (key_exists(name)) {
        return;
    }
    if (strcmp(lv_suite_name(suite), "paillier") == 0) {
        seed_must(lv_paillier_generate_sized(LV_PAILLIER_BITS_TINY, NULL, &key, &err), &err);
    } else {
        seed_must(lv_key_generate(suite, lv_suite_default_key_bits(suite), NULL, &key, &err), &err);
    }
    seed_must(lv_key_encode(key, &bytes), &err);
    key_write(name, &bytes);
    seed_must(lv_encrypt(key, &bits, NULL, &matrix, &err), &err);
    seed_must(lv_matrix_encode(matrix, &bytes), &err);
    snprintf(name, sizeof name, "%s.bits", lv_suite_name(suite));
    key_write(name, &bytes);
    lv_matrix_free(matrix);
    lv_key_free(key);
}

static void make_keys(void)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    for (size_t i = 0; i < FUZZ_ORGANISATIONS; i++) {
        make_organisation(FUZZ_MSP[i], NULL);
    }
    make_organisation(FUZZ_PEER, "peer");
    for (size_t i = 0; lv_suite_at(i) != NULL; i++) {
        make_suite_key(lv_suite_at(i));
    }
    if (!key_exists("paillier-2048.key")) {
        lv_secret_key *key = NULL;
        seed_must(lv_key_generate(lv_suite_find("paillier"), 2048, NULL, &key, &err), &err);
        seed_must(lv_key_encode(key, &bytes), &err);
        key_write("paillier-2048.key", &bytes);
        lv_key_free(key);
    }
    if (!key_exists("vault")) {
        seed_must(lv_vault_create(NULL, &bytes, &err), &err);
        key_write("vault", &bytes);
    }
}

/* ---- records ---- */

static lv_digest digest(uint8_t fill)
{
    lv_digest out;
    memset(out.bytes, fill, sizeof out.bytes);
    return out;
}

#define BODY(kind, name, ...)                                                                      \
    do {                                                                                           \
        const lv_##kind body_ = {__VA_ARGS__};                                                     \
        lv_buffer bytes_ = {0};                                                                    \
        lv_error err_ = {0};                                                                       \
        seed_must(lv_##kind##_encode(&body_, &bytes_, &err_), &err_);                              \
        seed_write(#kind, name, lv_buffer_view(&bytes_));                                          \
        lv_buffer_free(&bytes_);                                                                   \
    } while (0)

static lv_buffer buffer_of(char *text)
{
    return (lv_buffer){.data = (uint8_t *)text, .len = strlen(text), .cap = strlen(text) + 1};
}

static void make_bodies(void)
{
    static char parents[2][LV_LOT_MAX + 1] = {"M-17", "M-18"};
    static lv_pair pairs[] = {
        {.earlier_lot = "L 1", .later_lot = "L 2", .earlier_time = "1", .later_time = "2026-01-02"},
        {.earlier_lot = "L0",
         .later_lot = "L2",
         .earlier_time = "0",
         .later_time = "2",
         .baseline = true,
         .parent_count = 2,
         .parents = parents}};
    static char some[] = "some bytes";
    const lv_buffer bytes = buffer_of(some);
    BODY(quality, "whole", .channel = "quality", .author = "BMSP", .series = "moisture",
         .suite = "paillier", .unit = "g/m\xc2\xb2", .sequence = 7, .width = 32, .time = FUZZ_TIME,
         .pair_count = 2, .pairs = pairs, .public_key = bytes, .key_proof = bytes, .x = bytes,
         .y = bytes, .xor_digest = digest(3), .has_corrects = true, .corrects = digest(4),
         .bit_proof = bytes, .has_scale = true, .scale = {.decimals = 2, .offset = -300});
    BODY(quality, "other-author", .channel = "quality", .author = "AMSP", .series = "m",
         .suite = "ristretto255", .sequence = 1, .width = 1, .time = FUZZ_TIME, .pair_count = 1,
         .pairs = pairs, .public_key = bytes, .x = bytes, .y = bytes);
    BODY(xor, "whole", .channel = "xor", .author = "BMSP", .series = "moisture",
         .suite = "paillier", .sequence = 7, .width = 32, .pairs = 2, .time = FUZZ_TIME,
         .binding = digest(9), .public_key = bytes, .w = bytes, .w_proof = bytes,
         .both_proof = bytes, .d = bytes, .d_proof = bytes);
    BODY(grant, "whole", .channel = "xor", .author = "BMSP", .buyer = "AMSP", .servicer = "SMSP",
         .series = "moisture", .number = 3, .quota = 12, .time = FUZZ_TIME);
    BODY(grant, "revoke", .channel = "xor", .author = "BMSP", .buyer = "AMSP", .servicer = "SMSP",
         .series = "moisture", .number = UINT64_MAX, .revoke = true, .time = FUZZ_TIME);
    BODY(sale, "whole", .channel = "xor", .author = "SMSP", .buyer = "AMSP", .set_id = digest(1),
         .purchase_digest = digest(2), .time = FUZZ_TIME);
    BODY(purchase, "whole", .author = "AMSP", .servicer = "SMSP", .set_id = digest(1),
         .time = FUZZ_TIME);
    BODY(receipt, "whole", .author = "SMSP", .buyer = "AMSP", .set_id = digest(1),
         .xor_digest = digest(2), .purchase_digest = digest(3), .time = FUZZ_TIME);
    BODY(inquiry, "short", .author = "AMSP", .downstream = "BMSP", .channel = "quality",
         .set_id = digest(1), .pair = 1, .z_digest = digest(2), .time = FUZZ_TIME,
         .question = LV_ASK_INDEX);
    BODY(inquiry, "full", .author = "AMSP", .downstream = "BMSP", .channel = "quality",
         .set_id = digest(1), .pair = 1, .z_digest = digest(2), .z = bytes, .time = FUZZ_TIME,
         .question = LV_ASK_THRESHOLD, .limit = 1250);
    BODY(answer, "whole", .author = "BMSP", .upstream = "AMSP", .inquiry_digest = digest(1),
         .set_id = digest(2), .pair = 1, .formula = LV_FALL, .index = 25, .proof = bytes,
         .time = FUZZ_TIME, .question = LV_ASK_THRESHOLD, .limit = 1250);
    BODY(opening, "whole", .author = "BMSP", .auditor = "Auditor GmbH", .set_id = digest(1),
         .key_digest = digest(2), .time = FUZZ_TIME);
    BODY(delivery, "whole", .xor_record = bytes, .receipt = bytes);
}

static lv_buffer signed_grant(uint64_t number, uint32_t quota, bool revoke)
{
    const lv_grant grant = {.channel = "xor",
                            .author = "BMSP",
                            .buyer = "AMSP",
                            .servicer = "SMSP",
                            .series = "moisture",
                            .number = number,
                            .quota = quota,
                            .revoke = revoke,
                            .time = FUZZ_TIME};
    lv_buffer out = {0};
    lv_error err = {0};
    seed_must(lv_grant_seal(&grant, fuzz_identity(1), &out, &err), &err);
    return out;
}

static lv_buffer signed_sale(const lv_digest *set_id)
{
    const lv_sale sale = {.channel = "xor",
                          .author = "SMSP",
                          .buyer = "AMSP",
                          .set_id = *set_id,
                          .purchase_digest = digest(2),
                          .time = FUZZ_TIME};
    lv_buffer out = {0};
    lv_error err = {0};
    seed_must(lv_sale_seal(&sale, fuzz_identity(2), &out, &err), &err);
    return out;
}

static void make_signed(void)
{
    lv_buffer grant = signed_grant(1, 0, false);
    const lv_digest set_id = digest(1);
    lv_buffer sale = signed_sale(&set_id);
    seed_write("signed", "grant", lv_buffer_view(&grant));
    seed_write("signed", "sale", lv_buffer_view(&sale));
    lv_buffer_free(&grant);
    lv_buffer_free(&sale);
}

/* ---- the ledger ---- */

static void make_ledger(void)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    seed_must(lv_channel_encode(fuzz_channel("xor"), &bytes, &err), &err);
    seed_write("channel", "xor", lv_buffer_view(&bytes));
    const lv_bytes arguments[] = {lv_bytes_of_text("one"), lv_bytes_of_text("")};
    const lv_call call = {.function = "put", .arguments = arguments, .argument_count = 2};
    bytes.len = 0;
    seed_must(lv_transaction_seal("xor", &call, FUZZ_TIME, fuzz_identity(1), &bytes, &err), &err);
    seed_write("transaction", "put", lv_buffer_view(&bytes));
    bytes.len = 0;
    seed_must(lv_transaction_seal("other", &call, FUZZ_TIME, fuzz_identity(1), &bytes, &err), &err);
    seed_write("transaction", "other-channel", lv_buffer_view(&bytes));
    lv_block block = {
        .channel = "xor", .merkle_root = digest(1), .transactions = 1, .time = FUZZ_TIME};
    bytes.len = 0;
    seed_must(lv_block_seal(&block, fuzz_identity(2), &bytes, &err), &err);
    seed_write("block", "genesis", lv_buffer_view(&bytes));
    block.number = 1;
    block.has_previous = true;
    block.previous = digest(2);
    block.transactions = 1024;
    bytes.len = 0;
    seed_must(lv_block_seal(&block, fuzz_identity(2), &bytes, &err), &err);
    seed_write("block", "second", lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
}

/* ---- contracts ---- */

static void add_call(lv_buffer *script, uint8_t submitter, const char *function,
                     const lv_bytes *arguments, uint8_t count)
{
    lv_error err = {.text = "script"};
    seed_must(lv_write_u8(script, submitter), &err);
    seed_must(lv_write_u8(script, count), &err);
    seed_must(lv_write_block(script, lv_bytes_of_text(function)), &err);
    for (uint8_t i = 0; i < count; i++) {
        seed_must(lv_write_block(script, arguments[i]), &err);
    }
}

/* @param key_file  of `suite` */
static lv_set_made made_set(const char *suite, unsigned key_bits, const char *key_file)
{
    static const lv_pair pairs[] = {
        {.earlier_lot = "L1", .later_lot = "L2", .earlier_time = "1", .later_time = "2"}};
    static const uint64_t x[] = {1};
    static const uint64_t y[] = {2};
    lv_series series = fuzz_series();
    series.scale.bits = 2;
    snprintf(series.suite, sizeof series.suite, "%s", suite);
    series.key_bits = key_bits;
    const lv_set_plan plan = {.quality_channel = "quality",
                              .xor_channel = "xor",
                              .series = &series,
                              .sequence = 1,
                              .pairs = pairs,
                              .pair_count = 1,
                              .x = x,
                              .y = y,
                              .time = FUZZ_TIME,
                              .with_distance = true,
                              .tell_scale = true};
    lv_secret_key *key = NULL;
    lv_set_made made = {0};
    lv_error err = {0};
    lv_buffer bytes = fuzz_file(key_file);
    seed_must(lv_key_decode(lv_suite_find(suite), lv_buffer_view(&bytes), &key, &err), &err);
    seed_must(lv_set_make(&plan, fuzz_identity(1), key, NULL, &made, &err), &err);
    lv_buffer_wipe(&bytes);
    return made;
}

static void add_reads(lv_buffer *script, const char *hex)
{
    const lv_bytes get[] = {lv_bytes_of_text(hex)};
    const lv_bytes list[] = {lv_bytes_of_text("BMSP"), lv_bytes_of_text("moisture"),
                             lv_bytes_of_text("1"), lv_bytes_of_text("10")};
    add_call(script, 0, "get", get, 1);
    add_call(script, 0, "list", list, 4);
}

static void make_xor_script(const lv_set_made *made, const char *hex, const char *name)
{
    lv_buffer script = {0};
    lv_buffer grant = signed_grant(1, 2, false);
    lv_buffer revoke = signed_grant(2, 0, true);
    lv_buffer sale = signed_sale(&made->set_id);
    const lv_bytes records[] = {lv_buffer_view(&made->xor_record), lv_buffer_view(&grant),
                                lv_buffer_view(&sale), lv_buffer_view(&revoke)};
    const lv_bytes granted[] = {lv_bytes_of_text("BMSP"), lv_bytes_of_text("AMSP"),
                                lv_bytes_of_text("moisture")};
    const lv_bytes sold[] = {lv_bytes_of_text(hex), lv_bytes_of_text("AMSP")};
    lv_error err = {.text = "script"};
    seed_must(lv_write_u8(&script, 1), &err);
    add_call(&script, 1, "put", &records[0], 1);
    add_call(&script, 1, "grant", &records[1], 1);
    add_call(&script, 2, "granted", granted, 3);
    add_call(&script, 2, "sell", &records[2], 1);
    add_call(&script, 0, "sold", sold, 2);
    add_call(&script, 1, "grant", &records[3], 1);
    add_reads(&script, hex);
    seed_write("contract", name, lv_buffer_view(&script));
    script.len = 1;
    add_call(&script, 1, "grant", &records[1], 1);
    add_call(&script, 2, "granted", granted, 3);
    add_call(&script, 1, "grant", &records[3], 1);
    add_call(&script, 2, "granted", granted, 3);
    seed_write("contract", "grants", lv_buffer_view(&script));
    lv_buffer_free(&script);
    lv_buffer_free(&grant);
    lv_buffer_free(&revoke);
    lv_buffer_free(&sale);
}

static void make_contracts(void)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_buffer script = {0};
    lv_error err = {.text = "script"};
    lv_set_made made = made_set("paillier", 2048, RECORD_KEY);
    lv_set_made proved = made_set("ristretto255", 256, "keys/ristretto255.key");
    const lv_bytes proved_record = lv_buffer_view(&proved.quality_record);
    const lv_bytes record = lv_buffer_view(&made.quality_record);
    lv_digest_hex(&made.set_id, hex);
    seed_must(lv_write_u8(&script, 0), &err);
    add_reads(&script, hex);
    seed_write("contract", "empty", lv_buffer_view(&script));
    script.len = 1;
    add_call(&script, 1, "put", &record, 1);
    add_reads(&script, hex);
    seed_write("contract", "quality", lv_buffer_view(&script));
    make_xor_script(&made, hex, "xor");
    script.len = 1;
    lv_digest_hex(&proved.set_id, hex);
    add_call(&script, 1, "put", &proved_record, 1);
    add_reads(&script, hex);
    seed_write("contract", "quality-proved", lv_buffer_view(&script));
    make_xor_script(&proved, hex, "xor-proved");
    lv_buffer_free(&script);
    lv_set_made_free(&made);
    lv_set_made_free(&proved);
}

/* ---- keys, ciphertexts and proofs ---- */

static void write_with_head(const char *target, const char *name, const uint8_t *head, size_t len,
                            lv_bytes rest)
{
    lv_buffer out = {0};
    lv_error err = {.text = "head"};
    seed_must(lv_buffer_append(&out, head, len), &err);
    seed_must(lv_buffer_append(&out, rest.data, rest.len), &err);
    seed_write(target, name, lv_buffer_view(&out));
    lv_buffer_wipe(&out);
}

static void make_proofs(uint8_t suite, const char *name, const lv_secret_key *key, lv_bytes bits)
{
    const lv_proof_context context = {.channel = "quality",
                                      .downstream = "BMSP",
                                      .upstream = "",
                                      .series = "moisture",
                                      .sequence = 7};
    const uint8_t key_head[] = {suite, 0, 0};
    const uint8_t zero_head[] = {suite, 1, 0};
    const uint8_t one_of_head[] = {suite, 2, 0};
    const uint8_t range_head[] = {suite, 3, 0};
    lv_buffer proof = {0};
    lv_matrix *matrix = NULL;
    lv_error err = {0};
    char file[128];
    seed_must(lv_key_prove(key, &context, NULL, &proof, &err), &err);
    snprintf(file, sizeof file, "%s-key", name);
    write_with_head("proof", file, key_head, sizeof key_head, lv_buffer_view(&proof));
    proof.len = 0;
    seed_must(lv_matrix_decode(lv_key_public(key), 1, 2, bits, &matrix, &err), &err);
    seed_must(lv_zero_prove(key, matrix, 0, 0, &context, NULL, &proof, &err), &err);
    snprintf(file, sizeof file, "%s-zero", name);
    write_with_head("proof", file, zero_head, sizeof zero_head, lv_buffer_view(&proof));
    proof.len = 0;
    seed_must(lv_one_of_prove(key, matrix, 0, &context, NULL, &proof, &err), &err);
    snprintf(file, sizeof file, "%s-one-of", name);
    write_with_head("proof", file, one_of_head, sizeof one_of_head, lv_buffer_view(&proof));
    proof.len = 0;
    seed_must(lv_range_prove(key, matrix, 0, 1, 2, &context, NULL, &proof, &err), &err);
    snprintf(file, sizeof file, "%s-range", name);
    write_with_head("proof", file, range_head, sizeof range_head, lv_buffer_view(&proof));
    lv_matrix_free(matrix);
    lv_buffer_free(&proof);
}

/* Of the suites that have them, by the names that the transcripts have for the statements. */
static void make_bit_proofs(uint8_t suite, const char *name, const lv_secret_key *key,
                            lv_bytes encoded)
{
    static const char *const statements[] = {"values", "xor", "both", "distance"};
    const lv_proof_context context = {.channel = "quality",
                                      .downstream = "BMSP",
                                      .upstream = "",
                                      .series = "moisture",
                                      .sequence = 7};
    fuzz_bits bits = fuzz_bits_open(lv_key_public(key), encoded);
    lv_error err = {0};
    for (uint8_t i = 0; i < 4 && lv_suite_proves_bits(lv_suite_at(suite)); i++) {
        const uint8_t head[] = {suite, (uint8_t)(4 + i), 0};
        char file[128];
        lv_buffer proof = {0};
        seed_must(fuzz_bits_prove(key, &bits, (lv_bits_statement)(LV_BITS_VALUES + i), &context,
                                  &proof, &err),
                  &err);
        snprintf(file, sizeof file, "%s-bits-%s", name, statements[i]);
        write_with_head("proof", file, head, sizeof head, lv_buffer_view(&proof));
        lv_buffer_free(&proof);
    }
    fuzz_bits_free(&bits);
}

static void make_suites(void)
{
    lv_error err = {.text = "key"};
    for (uint8_t i = 0; lv_suite_at(i) != NULL; i++) {
        const char *name = lv_suite_name(lv_suite_at(i));
        const lv_secret_key *key = fuzz_key(i);
        const uint8_t head[] = {i, 0, 1};
        lv_buffer bytes = {0};
        char path[128];
        snprintf(path, sizeof path, "keys/%s.bits", name);
        lv_buffer bits = fuzz_file(path);
        seed_must(lv_public_encode(lv_key_public(key), &bytes), &err);
        seed_write("public_key", name, lv_buffer_view(&bytes));
        bytes.len = 0;
        seed_must(lv_key_encode(key, &bytes), &err);
        seed_write("secret_key", name, lv_buffer_view(&bytes));
        write_with_head("matrix", name, head, sizeof head, lv_buffer_view(&bits));
        make_proofs(i, name, key, lv_buffer_view(&bits));
        make_bit_proofs(i, name, key, lv_buffer_view(&bits));
        lv_buffer_wipe(&bytes);
        lv_buffer_free(&bits);
    }
    lv_buffer large = fuzz_file(RECORD_KEY);
    lv_secret_key *key = NULL;
    lv_buffer bytes = {0};
    seed_must(lv_key_decode(lv_suite_find("paillier"), lv_buffer_view(&large), &key, &err), &err);
    seed_must(lv_public_encode(lv_key_public(key), &bytes), &err);
    seed_write("public_key", "paillier-2048", lv_buffer_view(&bytes));
    seed_write("secret_key", "paillier-2048", lv_buffer_view(&large));
    lv_key_free(key);
    lv_buffer_free(&bytes);
    lv_buffer_wipe(&large);
}

/* ---- identity ---- */

static void make_certificates(void)
{
    seed_write("certificate", "member.der", lv_identity_certificate(fuzz_identity(1)));
    seed_write("certificate", "member.pem", lv_identity_certificate_pem(fuzz_identity(1)));
    seed_write("certificate", "member-key.pem", lv_identity_key_pem(fuzz_identity(1)));
    seed_write("certificate", "root.pem", lv_buffer_view(fuzz_root(1)));
}

/* A file wrapped under the passphrase "passphrase" with the least that Argon2id allows. */
static lv_buffer wrapped_vault(void)
{
    static const uint8_t salt[crypto_pwhash_SALTBYTES] = {1};
    static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES] = {2};
    static const uint8_t made[32] = {3};
    uint8_t key[32];
    uint8_t sealed[32 + crypto_aead_xchacha20poly1305_ietf_ABYTES];
    lv_buffer file = {0};
    lv_error err = {.text = "vault"};
    seed_must(lv_buffer_append(&file, "lotveil vault 1\n\2", 17), &err);
    seed_must(lv_buffer_append(&file, salt, sizeof salt), &err);
    seed_must(lv_write_u64(&file, crypto_pwhash_OPSLIMIT_MIN), &err);
    seed_must(lv_write_u64(&file, crypto_pwhash_MEMLIMIT_MIN), &err);
    FUZZ_CHECK(crypto_pwhash(key, sizeof key, "passphrase", 10, salt, crypto_pwhash_OPSLIMIT_MIN,
                             crypto_pwhash_MEMLIMIT_MIN, crypto_pwhash_ALG_ARGON2ID13) == 0);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, made, sizeof made, file.data, file.len,
                                               NULL, nonce, key);
    seed_must(lv_buffer_append(&file, nonce, sizeof nonce), &err);
    seed_must(lv_buffer_append(&file, sealed, sizeof sealed), &err);
    return file;
}

static void make_vaults(void)
{
    static const uint8_t is_file = 0;
    static const uint8_t is_sealed = 1;
    lv_error err = {0};
    lv_vault *vault = NULL;
    lv_buffer sealed = {0};
    lv_buffer file = fuzz_file("keys/vault");
    lv_buffer wrapped = wrapped_vault();
    write_with_head("vault", "open", &is_file, 1, lv_buffer_view(&file));
    write_with_head("vault", "wrapped", &is_file, 1, lv_buffer_view(&wrapped));
    seed_must(lv_vault_open(lv_buffer_view(&file), NULL, &vault, &err), &err);
    seed_must(lv_vault_seal(vault, "set-key/1", lv_bytes_of_text("secret"), &sealed, &err), &err);
    write_with_head("vault", "sealed", &is_sealed, 1, lv_buffer_view(&sealed));
    lv_vault_close(vault);
    lv_buffer_wipe(&file);
    lv_buffer_wipe(&wrapped);
    lv_buffer_free(&sealed);
}

int main(void)
{
    make_keys();
    make_bodies();
    make_signed();
    make_ledger();
    make_contracts();
    make_suites();
    make_certificates();
    make_vaults();
    seeds_of_text();
    seeds_of_fabric();
    seeds_of_chaincode(); /* after those of contracts, of which they are made */
    return 0;
}
