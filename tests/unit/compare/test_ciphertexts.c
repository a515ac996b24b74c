/* Ciphertexts that are none, in records that their author signed: refused in every suite. */
#include "unit/compare/world.h"

#define WIDTH 4U

enum { CELL_MAX = 64 };

/* What is put in place of the first ciphertext of a matrix. */
typedef struct {
    const char *suite;
    const char *what;
    size_t at;
    size_t len; /* 0: to the end */
    uint8_t bytes[CELL_MAX];
    int fill; /* the byte in place of all, where `len` is 0 */
} bad_cell;

static const bad_cell BAD[] = {
    {"ristretto255", "the identity as C1", 0, 32, {0}, 0},
    {"ristretto255", "the identity as C2", 32, 32, {0}, 0},
    {"ristretto255", "not below the field's prime", 0, 0, {0}, 0xff},
    {"ristretto255", "negative", 0, 32, {1}, 0},
    {"ristretto255", "no point", 0, 32, {2}, 0},
    {"rlwe1024", "q", 32, 5, {0x01, 0xd8, 0x0f, 0, 0}, 0},
    {"rlwe1024", "above q everywhere", 32, 0, {0}, 0xff},
    {"paillier", "0", 0, 2 * WORLD_KEY_BITS / 8, {0}, 0},
    {"paillier", "above n^2", 0, 0, {0}, 0xff},
};

static const uint64_t VALUES[][2] = {{3, 9}, {9, 3}};

static int setup(void **state)
{
    static world w;
    world_open(&w, 1);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world_close(*state);
    return 0;
}

static void publish(const world *w, const char *suite, lv_set_made *made)
{
    lv_error err = {0};
    world_plan p;
    world_plan_make(w, &p, WIDTH, 1, VALUES, 2);
    assert_true(strlen(suite) < sizeof p.series.suite);
    memcpy(p.series.suite, suite, strlen(suite) + 1);
    p.series.key_bits = strcmp(suite, "paillier") == 0
                            ? WORLD_KEY_BITS
                            : lv_suite_default_key_bits(lv_suite_find(suite));
    assert_int_equal(lv_set_make(&p.plan, w->downstream.identity, NULL, NULL, made, &err), LV_OK);
}

static void spoil(lv_buffer *matrix, const bad_cell *bad)
{
    if (bad->len == 0) {
        memset(matrix->data + bad->at, bad->fill, matrix->len - bad->at);
        return;
    }
    uint8_t cell[2 * WORLD_KEY_BITS / 8] = {0};
    memcpy(cell, bad->bytes, sizeof bad->bytes);
    memcpy(matrix->data + bad->at, cell, bad->len);
}

/* Signs both records again, so that their digests fit. */
static void seal(const world *w, lv_quality *quality, lv_xor *sold, lv_set_made *out)
{
    lv_error err = {0};
    *out = (lv_set_made){0};
    assert_int_equal(lv_binding_of(lv_buffer_view(&quality->public_key),
                                   lv_buffer_view(&quality->x), lv_buffer_view(&quality->y),
                                   &sold->binding),
                     LV_OK);
    assert_int_equal(lv_xor_seal(sold, w->downstream.identity, &out->xor_record, &err), LV_OK);
    assert_int_equal(lv_digest_of(lv_buffer_view(&out->xor_record), &quality->xor_digest), LV_OK);
    assert_int_equal(lv_quality_seal(quality, w->downstream.identity, &out->quality_record, &err),
                     LV_OK);
}

static lv_status open_both(const world *w, const lv_set_made *made, lv_error *err)
{
    lv_set *set = NULL;
    lv_status status =
        lv_set_open(lv_buffer_view(&made->quality_record), w->trust, NULL, &set, err);
    if (status == LV_OK) {
        status = lv_set_add_xor(set, lv_buffer_view(&made->xor_record), w->trust, NULL, err);
    }
    lv_set_free(set);
    return status;
}

/* @param bad  NULL: nothing is spoiled. @param matrix  0: x, 1: y, 2: w */
static void open_spoiled(const world *w, const lv_set_made *whole, const bad_cell *bad, int matrix)
{
    lv_error err = {0};
    lv_quality quality;
    lv_xor sold;
    lv_set_made made;
    assert_int_equal(lv_quality_open(lv_buffer_view(&whole->quality_record), w->trust,
                                     LV_TIME_RECORD, &quality, NULL, &err),
                     LV_OK);
    assert_int_equal(lv_xor_open(lv_buffer_view(&whole->xor_record), w->trust, LV_TIME_RECORD,
                                 &sold, NULL, &err),
                     LV_OK);
    lv_buffer *const matrices[] = {&quality.x, &quality.y, &sold.w};
    if (bad != NULL) {
        spoil(matrices[matrix], bad);
    }
    seal(w, &quality, &sold, &made);
    lv_status status = open_both(w, &made, &err);
    if (bad != NULL && status != LV_INVALID) {
        fail_msg("%s: %s in matrix %d: %s", bad->suite, bad->what, matrix, lv_status_name(status));
    }
    assert_true(bad != NULL || status == LV_OK);
    assert_true((err.text[0] != '\0') == (bad != NULL));
    lv_set_made_free(&made);
    lv_quality_free(&quality);
    lv_xor_free(&sold);
}

static void test_what_is_no_ciphertext_is_refused(void **state)
{
    const world *w = *state;
    for (size_t s = 0; lv_suite_at(s) != NULL; s++) {
        const char *suite = lv_suite_name(lv_suite_at(s));
        size_t tried = 0;
        lv_set_made made;
        publish(w, suite, &made);
        open_spoiled(w, &made, NULL, 0);
        for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
            if (strcmp(BAD[i].suite, suite) != 0) {
                continue;
            }
            for (int matrix = 0; matrix < 3; matrix++) {
                open_spoiled(w, &made, &BAD[i], matrix);
            }
            tried++;
        }
        assert_true(tried > 0); /* a new suite has its own */
        lv_set_made_free(&made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_what_is_no_ciphertext_is_refused)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
