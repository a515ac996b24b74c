/* Inquiries, and above all those that try to use the downstream as a decryption oracle. */
#include "record/digest.h"
#include "unit/compare/world.h"

#define WIDTH 4U

static const char SAME_WORDS[] = "the inquiry does not match the records on the ledger";

typedef struct {
    world w;
    lv_set_made made[2];
    lv_set *set[2];       /* of key 0 and key 1 */
    lv_combined z[2];     /* pair 0 of each */
    lv_combined z_pair_1; /* pair 1 of the first */
} asking;

static const uint64_t VALUES[][2] = {{3, 9}, {9, 3}};

static int setup(void **state)
{
    static asking a;
    lv_error err;
    world_open(&a.w, 2);
    for (size_t i = 0; i < 2; i++) {
        world_plan p;
        world_plan_make(&a.w, &p, WIDTH, i + 1, VALUES, 2);
        world_publish(&a.w, &p, i, &a.made[i]);
        a.set[i] = world_set(&a.w, &a.made[i]);
        assert_int_equal(lv_set_combine(a.set[i], 0, &ASK_INDEX, NULL, &a.z[i], &err), LV_OK);
    }
    assert_int_equal(lv_set_combine(a.set[0], 1, &ASK_INDEX, NULL, &a.z_pair_1, &err), LV_OK);
    *state = &a;
    return 0;
}

static int teardown(void **state)
{
    asking *a = *state;
    for (size_t i = 0; i < 2; i++) {
        lv_set_free(a->set[i]);
        lv_set_made_free(&a->made[i]);
        lv_combined_free(&a->z[i]);
    }
    lv_combined_free(&a->z_pair_1);
    world_close(&a->w);
    return 0;
}

static lv_status check(const asking *a, lv_bytes inquiry, const char *downstream, int64_t time,
                       lv_error *err)
{
    *err = (lv_error){0};
    lv_status status =
        lv_inquiry_check(a->set[0], &a->z[0], inquiry, a->w.trust, downstream, time, err);
    assert_true(status == LV_OK || err->text[0] != '\0');
    return status;
}

/* An honest inquiry about pair 0 of the first set, not yet signed. */
static lv_inquiry honest(const asking *a)
{
    return (lv_inquiry){.author = "AMSP",
                        .downstream = "BMSP",
                        .channel = "quality",
                        .set_id = a->made[0].set_id,
                        .pair = 0,
                        .z_digest = a->z[0].digest,
                        .question = LV_ASK_INDEX,
                        .time = a->w.now};
}

static lv_status check_sealed(const asking *a, const lv_inquiry *inquiry, lv_error *err)
{
    lv_buffer bytes = {0};
    assert_int_equal(lv_inquiry_seal(inquiry, a->w.upstream.identity, &bytes, err), LV_OK);
    lv_status status = check(a, lv_buffer_view(&bytes), "BMSP", a->w.now, err);
    lv_buffer_free(&bytes);
    return status;
}

static void test_both_forms_of_an_honest_inquiry(void **state)
{
    const asking *a = *state;
    lv_error err;
    lv_buffer digest_form = {0};
    lv_buffer full_form = {0};
    assert_int_equal(lv_inquiry_make(a->set[0], &a->z[0], false, a->w.upstream.identity, a->w.now,
                                     &digest_form, &err),
                     LV_OK);
    assert_int_equal(lv_inquiry_make(a->set[0], &a->z[0], true, a->w.upstream.identity, a->w.now,
                                     &full_form, &err),
                     LV_OK);
    assert_true(full_form.len > digest_form.len + a->z[0].encoding.len - 1);
    assert_int_equal(check(a, lv_buffer_view(&digest_form), "BMSP", a->w.now, &err), LV_OK);
    assert_int_equal(check(a, lv_buffer_view(&full_form), "BMSP", a->w.now, &err), LV_OK);
    assert_int_equal(check(a, lv_buffer_view(&digest_form), "CMSP", a->w.now, &err), LV_INVALID);
    lv_buffer_free(&digest_form);
    lv_buffer_free(&full_form);
}

/* Pair 0, question 2, limit 0. */
static const uint8_t ASKED[16] = {[7] = LV_ASK_INDEX};

static void test_the_digest_is_the_one_specified(void **state)
{
    const asking *a = *state;
    lv_buffer text = {0};
    lv_digest digest;
    assert_int_equal(lv_buffer_append(&text, "lotveil/v1/z", 13), LV_OK);
    assert_int_equal(lv_buffer_append(&text, a->made[0].set_id.bytes, LV_DIGEST_LEN), LV_OK);
    assert_int_equal(lv_buffer_append(&text, ASKED, sizeof ASKED), LV_OK);
    static const lv_formula order[] = {LV_RISE, LV_FALL, LV_EQUAL};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lv_matrix_encode(a->z[0].z[order[i]], &text), LV_OK);
    }
    assert_int_equal(lv_digest_of(lv_buffer_view(&text), &digest), LV_OK);
    assert_true(lv_digest_equal(&digest, &a->z[0].digest));
    lv_buffer_free(&text);
}

static void test_another_pair_set_channel_or_downstream(void **state)
{
    const asking *a = *state;
    lv_error err;
    lv_inquiry inquiry = honest(a);
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_OK);
    inquiry.pair = 1;
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
    inquiry = honest(a);
    inquiry.set_id = a->made[1].set_id;
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
    inquiry = honest(a);
    memcpy(inquiry.channel, "other", 6);
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
    inquiry = honest(a);
    memcpy(inquiry.downstream, "CMSP", 5);
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
    inquiry = honest(a);
    inquiry.question = LV_ASK_DIRECTION;
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
    inquiry.question = LV_ASK_THRESHOLD;
    inquiry.limit = 7;
    assert_int_equal(check_sealed(a, &inquiry, &err), LV_INVALID);
}

static void test_signature_and_form(void **state)
{
    const asking *a = *state;
    lv_error err;
    lv_buffer bytes = {0};
    assert_int_equal(
        lv_inquiry_make(a->set[0], &a->z[0], false, a->w.upstream.identity, a->w.now, &bytes, &err),
        LV_OK);
    for (size_t i = 0; i < bytes.len; i += 3) {
        bytes.data[i] ^= 0x10;
        assert_int_equal(check(a, lv_buffer_view(&bytes), "BMSP", a->w.now, &err), LV_INVALID);
        bytes.data[i] ^= 0x10;
    }
    for (size_t len = 0; len < bytes.len; len += 7) {
        assert_int_equal(
            check(a, (lv_bytes){.data = bytes.data, .len = len}, "BMSP", a->w.now, &err),
            LV_INVALID);
    }
    int64_t year = (int64_t)365 * 86400;
    assert_int_equal(check(a, lv_buffer_view(&bytes), "BMSP", a->w.now + year, &err), LV_INVALID);
    assert_int_equal(check(a, lv_buffer_view(&a->made[0].xor_record), "BMSP", a->w.now, &err),
                     LV_INVALID);
    lv_buffer_free(&bytes);
}

/* ---- oracle inquiries ---- */

/* The digest that goes with forged vectors, by the specification. */
static lv_digest digest_of_forged(const asking *a, lv_bytes vectors)
{
    const lv_bytes parts[] = {{.data = (const uint8_t *)"lotveil/v1/z", .len = 13},
                              lv_digest_view(&a->made[0].set_id),
                              {.data = ASKED, .len = sizeof ASKED},
                              vectors};
    lv_digest digest;
    assert_int_equal(lv_digest_of_parts(parts, 4, &digest), LV_OK);
    return digest;
}

static void expect_refused(const asking *a, const lv_inquiry *inquiry)
{
    lv_error err;
    assert_int_equal(check_sealed(a, inquiry, &err), LV_REFUSED);
    assert_string_equal(err.text, SAME_WORDS);
}

/* Asks in every form with vectors that are not those of the ledger. */
static void ask_forged(const asking *a, const lv_buffer *vectors)
{
    lv_inquiry inquiry = honest(a);
    inquiry.z_digest = digest_of_forged(a, lv_buffer_view(vectors));
    expect_refused(a, &inquiry); /* digest form */
    inquiry.z = *vectors;        /* lent */
    expect_refused(a, &inquiry); /* full form */
    inquiry.z_digest = a->z[0].digest;
    expect_refused(a, &inquiry); /* forged vectors under the honest digest */
    inquiry.z = a->z[0].encoding;
    inquiry.z_digest = digest_of_forged(a, lv_buffer_view(vectors));
    expect_refused(a, &inquiry); /* honest vectors under a forged digest */
}

/* One row of a published matrix in the place of each vector. */
static lv_buffer vectors_of_row(lv_bytes matrix, size_t row)
{
    size_t row_len = matrix.len / 2;
    const uint8_t *at = matrix.data + row * row_len;
    lv_buffer vectors = {0};
    assert_int_equal(lv_buffer_append(&vectors, at, row_len), LV_OK);
    assert_int_equal(lv_buffer_append(&vectors, at, row_len), LV_OK);
    assert_int_equal(lv_buffer_append(&vectors, at, row_len / WIDTH), LV_OK);
    return vectors;
}

static void test_published_bits_in_place_of_z(void **state)
{
    const asking *a = *state;
    const lv_quality *quality = lv_set_quality(a->set[0]);
    const lv_buffer *columns[] = {&quality->x, &quality->y};
    for (size_t i = 0; i < 2; i++) {
        for (size_t row = 0; row < 2; row++) {
            lv_buffer vectors = vectors_of_row(lv_buffer_view(columns[i]), row);
            ask_forged(a, &vectors);
            lv_buffer_free(&vectors);
        }
    }
}

/* Appends Enc of some mix of a row of ciphertexts, made with the public key alone. */
static void append_mix(const lv_public_key *key, lv_bytes x, lv_bytes y, lv_bytes w,
                       lv_formula formula, lv_buffer *out)
{
    lv_error err;
    const lv_bytes bytes[] = {x, y, w};
    lv_matrix *in[3];
    lv_matrix *z = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lv_matrix_decode(key, 1, WIDTH, bytes[i], &in[i], &err), LV_OK);
    }
    assert_int_equal(lv_combine(key, in[0], in[1], in[2], formula, 0, 1, NULL, &z, &err), LV_OK);
    assert_int_equal(lv_matrix_encode(z, out), LV_OK);
    lv_matrix_free(z);
    for (size_t i = 0; i < 3; i++) {
        lv_matrix_free(in[i]);
    }
}

static lv_public_key *public_key(const asking *a)
{
    lv_error err;
    lv_public_key *key = NULL;
    assert_int_equal(lv_public_decode(lv_suite_find("paillier"),
                                      lv_buffer_view(&lv_set_quality(a->set[0])->public_key), &key,
                                      &err),
                     LV_OK);
    return key;
}

static void test_mixed_and_scaled_ciphertexts(void **state)
{
    const asking *a = *state;
    const lv_quality *quality = lv_set_quality(a->set[0]);
    size_t row_len = quality->x.len / 2;
    lv_bytes x = {.data = quality->x.data, .len = row_len};
    lv_bytes y = {.data = quality->y.data, .len = row_len};
    lv_public_key *key = public_key(a);

    lv_buffer mixed = {0}; /* x and y change places; sums over y instead of w */
    append_mix(key, y, x, y, LV_RISE, &mixed);
    append_mix(key, x, y, x, LV_FALL, &mixed);
    append_mix(key, x, y, x, LV_EQUAL, &mixed);
    ask_forged(a, &mixed);

    lv_buffer same = {0}; /* one bit in every place: its sum is the bit times the width */
    for (unsigned i = 0; i < WIDTH; i++) {
        assert_int_equal(lv_buffer_append(&same, x.data, row_len / WIDTH), LV_OK);
    }
    lv_bytes repeated = lv_buffer_view(&same);
    lv_buffer scaled = {0};
    append_mix(key, repeated, y, repeated, LV_RISE, &scaled);
    append_mix(key, repeated, y, repeated, LV_FALL, &scaled);
    append_mix(key, repeated, y, repeated, LV_EQUAL, &scaled);
    ask_forged(a, &scaled);

    lv_buffer_free(&mixed);
    lv_buffer_free(&same);
    lv_buffer_free(&scaled);
    lv_public_free(key);
}

static void test_z_of_another_set_or_pair(void **state)
{
    const asking *a = *state;
    ask_forged(a, &a->z[1].encoding);
    ask_forged(a, &a->z_pair_1.encoding);
    lv_inquiry inquiry = honest(a);
    inquiry.z_digest = a->z[1].digest;
    expect_refused(a, &inquiry);
    inquiry.z_digest = a->z_pair_1.digest;
    expect_refused(a, &inquiry);
}

static void test_z_changed_a_little(void **state)
{
    const asking *a = *state;
    lv_buffer vectors = {0};
    assert_int_equal(lv_buffer_append(&vectors, a->z[0].encoding.data, a->z[0].encoding.len),
                     LV_OK);
    vectors.data[vectors.len - 1] ^= 1;
    ask_forged(a, &vectors);
    vectors.data[vectors.len - 1] ^= 1;
    vectors.len--;
    ask_forged(a, &vectors);
    vectors.len = 1;
    ask_forged(a, &vectors);
    vectors.len = a->z[0].encoding.len;
    assert_int_equal(lv_buffer_append(&vectors, "", 1), LV_OK);
    ask_forged(a, &vectors);
    lv_buffer_free(&vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_forms_of_an_honest_inquiry),
        cmocka_unit_test(test_the_digest_is_the_one_specified),
        cmocka_unit_test(test_another_pair_set_channel_or_downstream),
        cmocka_unit_test(test_signature_and_form),
        cmocka_unit_test(test_published_bits_in_place_of_z),
        cmocka_unit_test(test_mixed_and_scaled_ciphertexts),
        cmocka_unit_test(test_z_of_another_set_or_pair),
        cmocka_unit_test(test_z_changed_a_little),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
