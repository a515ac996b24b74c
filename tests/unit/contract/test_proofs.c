/* Both contracts refuse records whose proofs are missing, fail, or prove what nobody asked for, and
 * say which field of which record it is. */
#include "unit/compare/forge.h"
#include "unit/contract/calls.h"

#define WIDTH 4U
#define COUNT 3U

static const uint64_t VALUES[COUNT][2] = {{9, 3}, {7, 8}, {5, 5}};

typedef struct {
    world w;
    lv_channel quality;
    lv_channel xor_channel;
    asked_set sets[3]; /* one of each suite */
    asked_set other;
} scene;

enum { RISTRETTO, PAILLIER, RLWE };

static int setup(void **state)
{
    static scene s;
    world_open(&s.w, 1);
    lv_channel described = channel_begin("quality", "quality");
    channel_add(&described, "BMSP", "downstream", &s.w.downstream);
    channel_add(&described, "AMSP", "upstream", &s.w.upstream);
    s.quality = channel_finish(&described);
    described = channel_begin("xor", "xor");
    channel_add(&described, "BMSP", "downstream", &s.w.downstream);
    channel_add(&described, "SMSP", "servicer", &s.w.servicer);
    s.xor_channel = channel_finish(&described);
    asked_open(&s.sets[RISTRETTO], &s.w, "ristretto255", WIDTH, 1, VALUES, COUNT);
    asked_open(&s.sets[PAILLIER], &s.w, "paillier", WIDTH, 1, VALUES, 1);
    asked_open(&s.sets[RLWE], &s.w, "rlwe1024", WIDTH, 1, VALUES, COUNT);
    asked_open(&s.other, &s.w, "ristretto255", WIDTH, 2, VALUES, COUNT);
    *state = &s;
    return 0;
}

static int teardown(void **state)
{
    scene *s = *state;
    for (size_t i = 0; i < 3; i++) {
        asked_close(&s->sets[i]);
    }
    asked_close(&s->other);
    lv_channel_free(&s->quality);
    lv_channel_free(&s->xor_channel);
    world_close(&s->w);
    return 0;
}

/* Puts a record on an empty channel. */
static lv_status put(const lv_channel *channel, const lv_buffer *record, lv_error *err)
{
    memory_state *m = calloc(1, sizeof *m);
    assert_non_null(m);
    lv_bytes argument = lv_buffer_view(record);
    lv_buffer response = {0};
    const lv_call call = {
        .function = "put", .arguments = &argument, .argument_count = 1, .submitter = "BMSP"};
    lv_status status = memory_invoke(channel, m, &call, &response, err);
    lv_buffer_free(&response);
    memory_free(m);
    free(m);
    return status;
}

static void expect(const lv_channel *channel, const lv_buffer *record, const char *field)
{
    lv_error err = {0};
    lv_status status = put(channel, record, &err);
    if (field == NULL) {
        assert_int_equal(status, LV_OK);
        return;
    }
    assert_int_equal(status, LV_INVALID);
    if (strstr(err.text, field) == NULL || strstr(err.text, "series moisture, sequence") == NULL) {
        fail_msg("\"%s\" does not name %s of which record", err.text, field);
    }
}

/* Seals what was forged and puts both records; each field is the one refused, or NULL. */
static void put_both(const scene *s, forged *f, const asked_set *set, const char *quality,
                     const char *xor_record)
{
    forged_seal(f, set);
    expect(&s->quality, &f->quality_bytes, quality);
    expect(&s->xor_channel, &f->xor_bytes, xor_record);
}

static void test_honest_records_of_every_suite(void **state)
{
    const scene *s = *state;
    for (size_t i = 0; i < 3; i++) {
        forged f;
        forged_open(&f, &s->sets[i]);
        put_both(s, &f, &s->sets[i], NULL, NULL);
        forged_close(&f);
    }
}

/* Proofs missing, short of a pair, changed in the last one, and of another set. */
static void test_failing_proofs(void **state)
{
    const scene *s = *state;
    const asked_set *set = &s->sets[RISTRETTO];
    static const char *const names[] = {"field bit_proof", "field w_proof", "field d_proof"};
    for (size_t i = 0; i < 3; i++) {
        forged f;
        forged foreign;
        forged_open(&f, set);
        forged_open(&foreign, &s->other);
        lv_buffer *const places[] = {&f.quality.bit_proof, &f.xor_record.w_proof,
                                     &f.xor_record.d_proof};
        const lv_buffer others[] = {foreign.quality.bit_proof, foreign.xor_record.w_proof,
                                    foreign.xor_record.d_proof};
        const lv_buffer honest = *places[i];
        const char *quality = i == 0 ? names[i] : NULL;
        const char *xor_record = i == 0 ? NULL : names[i];
        *places[i] = (lv_buffer){0};
        put_both(s, &f, set, quality, xor_record);
        *places[i] = honest;
        places[i]->len -= honest.len / COUNT;
        put_both(s, &f, set, quality, xor_record);
        *places[i] = honest;
        places[i]->data[honest.len - 1] ^= 1;
        put_both(s, &f, set, quality, xor_record);
        places[i]->data[honest.len - 1] ^= 1;
        *places[i] = others[i];
        put_both(s, &f, set, quality, xor_record);
        *places[i] = honest;
        put_both(s, &f, set, NULL, NULL);
        forged_close(&f);
        forged_close(&foreign);
    }
}

/* A change in the part of the last pair is told as one of the last pair. */
static void test_the_words_name_the_pair(void **state)
{
    const scene *s = *state;
    lv_error err = {0};
    forged f;
    forged_open(&f, &s->sets[RISTRETTO]);
    f.quality.bit_proof.data[f.quality.bit_proof.len - 1] ^= 1;
    forged_seal(&f, &s->sets[RISTRETTO]);
    assert_int_equal(put(&s->quality, &f.quality_bytes, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "row 2"));
    forged_close(&f);
}

static void test_superfluous_proofs(void **state)
{
    const scene *s = *state;
    for (size_t suite = PAILLIER; suite <= RLWE; suite++) {
        const asked_set *set = &s->sets[suite];
        forged f;
        forged_open(&f, set);
        assert_int_equal(lv_buffer_append(&f.quality.bit_proof, "x", 1), LV_OK);
        assert_int_equal(lv_buffer_append(&f.xor_record.w_proof, "x", 1), LV_OK);
        put_both(s, &f, set, "field bit_proof", "field w_proof");
        f.xor_record.w_proof.len = 0;
        assert_int_equal(lv_buffer_append(&f.xor_record.d_proof, "x", 1), LV_OK);
        put_both(s, &f, set, "field bit_proof", "field d_proof");
        forged_close(&f);
    }
    forged f;
    forged_open(&f, &s->sets[RISTRETTO]); /* a proof about a D that is not there */
    f.xor_record.d.len = 0;
    put_both(s, &f, &s->sets[RISTRETTO], NULL, "field d_proof");
    f.xor_record.d_proof.len = 0;
    put_both(s, &f, &s->sets[RISTRETTO], NULL, NULL);
    forged_close(&f);
}

static void test_what_is_no_bit(void **state)
{
    const scene *s = *state;
    forged f;
    forged_open(&f, &s->sets[RISTRETTO]);
    forged_non_bit(&f, &s->sets[RISTRETTO]);
    put_both(s, &f, &s->sets[RISTRETTO], "field bit_proof", NULL);
    forged_close(&f);
}

/* No contract sees x, y and w together, so a w that is not x xor y, or a D that is not their
 * distance, passes if it is made of bits. The buyer finds it (unit/compare/test_forged.c). */
static void test_what_takes_both_records(void **state)
{
    const scene *s = *state;
    const uint64_t wrong[COUNT] = {1, 2, 3};
    forged f;
    forged_open(&f, &s->sets[RISTRETTO]);
    forged_xor(&f, &s->sets[RISTRETTO], wrong);
    forged_distance(&f, &s->sets[RISTRETTO], wrong);
    put_both(s, &f, &s->sets[RISTRETTO], NULL, NULL);
    forged_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_honest_records_of_every_suite),
        cmocka_unit_test(test_failing_proofs),
        cmocka_unit_test(test_the_words_name_the_pair),
        cmocka_unit_test(test_superfluous_proofs),
        cmocka_unit_test(test_what_is_no_bit),
        cmocka_unit_test(test_what_takes_both_records),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
