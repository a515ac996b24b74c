/** One well-formed record of each kind. */
#ifndef LV_TESTS_SAMPLES_H
#define LV_TESTS_SAMPLES_H

#include <lotveil/record.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define SAMPLE_TIME 1700000000

static inline void sample_bytes(lv_buffer *buffer, const char *text)
{
    assert_int_equal(lv_buffer_append(buffer, text, strlen(text)), LV_OK);
}

static inline lv_digest sample_digest(uint8_t fill)
{
    lv_digest digest;
    memset(digest.bytes, fill, sizeof digest.bytes);
    return digest;
}

static inline lv_quality sample_quality(void)
{
    lv_quality r = {.channel = "quality",
                    .author = "BMSP",
                    .series = "moisture",
                    .suite = "paillier",
                    .unit = "g/m²",
                    .sequence = 7,
                    .width = 32,
                    .time = SAMPLE_TIME,
                    .pair_count = 2,
                    .xor_digest = sample_digest(3),
                    .has_corrects = true,
                    .corrects = sample_digest(4)};
    sample_bytes(&r.public_key, "public key");
    sample_bytes(&r.key_proof, "key proof");
    sample_bytes(&r.x, "x ciphertexts");
    sample_bytes(&r.y, "y ciphertexts");
    sample_bytes(&r.bit_proof, "bit proof");
    r.distance = true;
    r.has_scale = true;
    r.scale = (lv_fixed_scale){.decimals = 2, .offset = -300, .bits = 32};
    r.pairs = calloc(2, sizeof *r.pairs);
    assert_non_null(r.pairs);
    r.pairs[0] = (lv_pair){.earlier_lot = "L 1",
                           .later_lot = "L 2 — Süd",
                           .earlier_time = "1",
                           .later_time = "2024-03-01T10:00:00Z"};
    r.pairs[1] = (lv_pair){.earlier_lot = "L0",
                           .later_lot = "L2",
                           .earlier_time = "0",
                           .later_time = "2",
                           .baseline = true,
                           .parent_count = 2};
    r.pairs[1].parents = calloc(2, sizeof *r.pairs[1].parents);
    assert_non_null(r.pairs[1].parents);
    memcpy(r.pairs[1].parents[0], "M-17", 5);
    memcpy(r.pairs[1].parents[1], "M-18", 5);
    return r;
}

static inline lv_xor sample_xor(void)
{
    lv_xor r = {.channel = "xor",
                .author = "BMSP",
                .series = "moisture",
                .suite = "paillier",
                .sequence = 7,
                .width = 32,
                .pairs = 2,
                .time = SAMPLE_TIME,
                .binding = sample_digest(9)};
    sample_bytes(&r.public_key, "public key");
    sample_bytes(&r.w, "w ciphertexts");
    sample_bytes(&r.w_proof, "w proof");
    sample_bytes(&r.both_proof, "both proof");
    sample_bytes(&r.d, "d ciphertexts");
    sample_bytes(&r.d_proof, "d proof");
    return r;
}

static inline lv_grant sample_grant(void)
{
    return (lv_grant){.channel = "xor",
                      .author = "BMSP",
                      .buyer = "AMSP",
                      .servicer = "SMSP",
                      .series = "moisture",
                      .number = 3,
                      .quota = 12,
                      .revoke = true,
                      .time = SAMPLE_TIME};
}

static inline lv_sale sample_sale(void)
{
    return (lv_sale){.channel = "xor",
                     .author = "SMSP",
                     .buyer = "AMSP",
                     .set_id = sample_digest(1),
                     .purchase_digest = sample_digest(2),
                     .time = SAMPLE_TIME};
}

static inline lv_purchase sample_purchase(void)
{
    return (lv_purchase){
        .author = "AMSP", .servicer = "SMSP", .set_id = sample_digest(1), .time = SAMPLE_TIME};
}

static inline lv_receipt sample_receipt(void)
{
    return (lv_receipt){.author = "SMSP",
                        .buyer = "AMSP",
                        .set_id = sample_digest(1),
                        .xor_digest = sample_digest(2),
                        .purchase_digest = sample_digest(3),
                        .time = SAMPLE_TIME};
}

static inline lv_inquiry sample_inquiry(void)
{
    lv_inquiry r = {.author = "AMSP",
                    .downstream = "BMSP",
                    .channel = "quality",
                    .set_id = sample_digest(1),
                    .pair = 1,
                    .z_digest = sample_digest(2),
                    .question = LV_ASK_THRESHOLD,
                    .limit = 1250,
                    .time = SAMPLE_TIME};
    sample_bytes(&r.z, "z ciphertexts");
    return r;
}

static inline lv_answer sample_answer(void)
{
    lv_answer r = {.author = "BMSP",
                   .upstream = "AMSP",
                   .inquiry_digest = sample_digest(1),
                   .set_id = sample_digest(2),
                   .pair = 1,
                   .formula = LV_FALL,
                   .index = 25,
                   .question = LV_ASK_THRESHOLD,
                   .limit = 1250,
                   .time = SAMPLE_TIME};
    sample_bytes(&r.proof, "proof");
    return r;
}

#endif
