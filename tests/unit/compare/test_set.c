/* Table 3: opening both records of a set, whole and tampered with. */
#include "unit/compare/world.h"

#define WIDTH 4U

typedef struct {
    world w;
    lv_set_made one; /* sequence 1, key 0 */
    lv_set_made two; /* sequence 2, key 1 */
} sets;

static const uint64_t VALUES[][2] = {{3, 9}, {9, 3}};

static int setup(void **state)
{
    static sets s;
    world_plan p;
    world_open(&s.w, 2);
    world_plan_make(&s.w, &p, WIDTH, 1, VALUES, 2);
    world_publish(&s.w, &p, 0, &s.one);
    world_plan_make(&s.w, &p, WIDTH, 2, VALUES, 2);
    world_publish(&s.w, &p, 1, &s.two);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    sets *s = *state;
    lv_set_made_free(&s->one);
    lv_set_made_free(&s->two);
    world_close(&s->w);
    return 0;
}

static lv_quality read_quality(const sets *s, const lv_set_made *made)
{
    lv_error err;
    lv_quality quality;
    assert_int_equal(lv_quality_open(lv_buffer_view(&made->quality_record), s->w.trust,
                                     LV_TIME_RECORD, &quality, NULL, &err),
                     LV_OK);
    return quality;
}

static lv_xor read_xor(const sets *s, const lv_set_made *made)
{
    lv_error err;
    lv_xor record;
    assert_int_equal(lv_xor_open(lv_buffer_view(&made->xor_record), s->w.trust, LV_TIME_RECORD,
                                 &record, NULL, &err),
                     LV_OK);
    return record;
}

/* Signs the changed quality record again as its author and tries to open it; frees it. */
static lv_status open_again(const sets *s, lv_quality *quality)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    lv_set *set = NULL;
    assert_int_equal(lv_quality_seal(quality, s->w.downstream.identity, &bytes, &err), LV_OK);
    lv_status status = lv_set_open(lv_buffer_view(&bytes), s->w.trust, NULL, &set, &err);
    assert_true((status == LV_OK) == (set != NULL));
    assert_true(status == LV_OK || err.text[0] != '\0');
    lv_set_free(set);
    lv_buffer_free(&bytes);
    lv_quality_free(quality);
    return status;
}

static void test_a_set_opens(void **state)
{
    const sets *s = *state;
    lv_error err;
    lv_set *set = NULL;
    lv_combined combined;
    assert_int_equal(
        lv_set_open(lv_buffer_view(&s->one.quality_record), s->w.trust, NULL, &set, &err), LV_OK);
    assert_false(lv_set_has_xor(set));
    assert_true(lv_digest_equal(lv_set_id(set), &s->one.set_id));
    assert_true(lv_set_quality(set)->sequence == 1);
    assert_int_equal(lv_set_combine(set, 0, &ASK_INDEX, NULL, &combined, &err), LV_E_ARGUMENT);

    lv_bytes xor_record = lv_buffer_view(&s->one.xor_record);
    assert_int_equal(lv_set_add_xor(set, xor_record, s->w.trust, NULL, &err), LV_OK);
    assert_true(lv_set_has_xor(set));
    assert_int_equal(lv_set_add_xor(set, xor_record, s->w.trust, NULL, &err), LV_E_ARGUMENT);
    assert_int_equal(lv_set_combine(set, 2, &ASK_INDEX, NULL, &combined, &err), LV_E_RANGE);
    assert_null(combined.z[LV_RISE]);
    lv_set_free(set);
}

/* Every sealed change of what the quality record claims is found by key proof or decoding. */
static void test_changed_quality_records_are_refused(void **state)
{
    const sets *s = *state;
    lv_quality quality = read_quality(s, &s->one);
    assert_int_equal(open_again(s, &quality), LV_OK);

    quality = read_quality(s, &s->one);
    memcpy(quality.channel, "other", 6);
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    memcpy(quality.series, "other", 6);
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    quality.sequence = 2;
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    memcpy(quality.suite, "none", 5);
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    quality.width = WIDTH - 1;
    assert_int_not_equal(open_again(s, &quality), LV_OK);

    quality = read_quality(s, &s->one);
    quality.public_key.data[quality.public_key.len - 1] ^= 1; /* even */
    assert_int_not_equal(open_again(s, &quality), LV_OK);

    quality = read_quality(s, &s->one);
    quality.key_proof.len--;
    assert_int_not_equal(open_again(s, &quality), LV_OK);

    quality = read_quality(s, &s->one);
    memset(quality.x.data, 0, quality.x.len / ((size_t)2 * WIDTH)); /* ciphertext 0 */
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    memset(quality.y.data, 0xff, quality.y.len); /* over n^2 */
    assert_int_equal(open_again(s, &quality), LV_INVALID);

    quality = read_quality(s, &s->one);
    quality.y.len--;
    assert_int_not_equal(open_again(s, &quality), LV_OK);
}

static void test_the_key_proof_of_another_set_is_refused(void **state)
{
    const sets *s = *state;
    lv_quality one = read_quality(s, &s->one);
    lv_quality two = read_quality(s, &s->two);
    lv_buffer kept = one.key_proof;
    one.key_proof = two.key_proof;
    two.key_proof = kept;
    assert_int_equal(open_again(s, &one), LV_INVALID);
    lv_quality_free(&two);
}

static lv_status add(const sets *s, lv_bytes quality_record, lv_bytes xor_record)
{
    lv_error err = {0};
    lv_set *set = NULL;
    assert_int_equal(lv_set_open(quality_record, s->w.trust, NULL, &set, &err), LV_OK);
    lv_status status = lv_set_add_xor(set, xor_record, s->w.trust, NULL, &err);
    assert_true(lv_set_has_xor(set) == (status == LV_OK));
    assert_true(status == LV_OK || err.text[0] != '\0');
    lv_set_free(set);
    return status;
}

static void test_a_substituted_xor_record_is_refused(void **state)
{
    const sets *s = *state;
    lv_bytes quality = lv_buffer_view(&s->one.quality_record);
    assert_int_equal(add(s, quality, lv_buffer_view(&s->two.xor_record)), LV_INVALID);
    assert_int_equal(add(s, quality, quality), LV_INVALID);

    lv_buffer changed = {0};
    assert_int_equal(lv_buffer_append(&changed, s->one.xor_record.data, s->one.xor_record.len),
                     LV_OK);
    changed.data[changed.len / 2] ^= 1;
    assert_int_equal(add(s, quality, lv_buffer_view(&changed)), LV_INVALID);
    changed.data[changed.len / 2] ^= 1;
    changed.len--;
    assert_int_equal(add(s, quality, lv_buffer_view(&changed)), LV_INVALID);
    lv_buffer_free(&changed);
}

/* A downstream that names, in its quality record, an XOR record that does not belong to it. */
static lv_status add_named(const sets *s, const lv_xor *record)
{
    lv_error err;
    lv_buffer xor_record = {0};
    lv_buffer quality_record = {0};
    lv_quality quality = read_quality(s, &s->one);
    assert_int_equal(lv_xor_seal(record, s->w.downstream.identity, &xor_record, &err), LV_OK);
    assert_int_equal(lv_digest_of(lv_buffer_view(&xor_record), &quality.xor_digest), LV_OK);
    assert_int_equal(lv_quality_seal(&quality, s->w.downstream.identity, &quality_record, &err),
                     LV_OK);
    lv_status status = add(s, lv_buffer_view(&quality_record), lv_buffer_view(&xor_record));
    lv_quality_free(&quality);
    lv_buffer_free(&quality_record);
    lv_buffer_free(&xor_record);
    return status;
}

static void test_every_field_of_both_records_must_agree(void **state)
{
    const sets *s = *state;
    lv_xor record = read_xor(s, &s->one);
    assert_int_equal(add_named(s, &record), LV_OK);

    lv_xor changed = record; /* lends its buffers */
    memcpy(changed.series, "other", 6);
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    changed = record;
    memcpy(changed.suite, "other", 6);
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    changed = record;
    changed.sequence++;
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    changed = record;
    changed.width--;
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    changed = record;
    changed.pairs--;
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    changed = record;
    changed.binding.bytes[0] ^= 1;
    assert_int_equal(add_named(s, &changed), LV_INVALID);

    lv_xor other = read_xor(s, &s->two);
    assert_int_equal(add_named(s, &other), LV_INVALID);
    changed = record;
    changed.public_key = other.public_key;
    assert_int_equal(add_named(s, &changed), LV_INVALID);
    lv_xor_free(&other);

    memset(record.w.data, 0, record.w.len);
    assert_int_equal(add_named(s, &record), LV_INVALID);
    lv_xor_free(&record);
}

/* A certificate that had not begun at the time the record names. */
static void test_a_record_from_before_its_certificate_is_refused(void **state)
{
    const sets *s = *state;
    lv_quality quality = read_quality(s, &s->one);
    quality.time = s->w.now - 86400;
    assert_int_equal(open_again(s, &quality), LV_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_set_opens),
        cmocka_unit_test(test_changed_quality_records_are_refused),
        cmocka_unit_test(test_the_key_proof_of_another_set_is_refused),
        cmocka_unit_test(test_a_substituted_xor_record_is_refused),
        cmocka_unit_test(test_every_field_of_both_records_must_agree),
        cmocka_unit_test(test_a_record_from_before_its_certificate_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
