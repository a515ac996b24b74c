/* The quality record's pairs and its correction. */
#include "lotveil.pb-c.h"
#include "unit/record/samples.h"

static lv_status encode(const lv_quality *quality, lv_buffer *out)
{
    lv_error err = {0};
    lv_status status = lv_quality_encode(quality, out, &err);
    assert_true(status == LV_OK || err.text[0] != '\0');
    return status;
}

static void test_all_fields_come_back(void **state)
{
    (void)state;
    lv_error err;
    lv_buffer bytes = {0};
    lv_quality sample = sample_quality();
    lv_quality read;
    assert_int_equal(encode(&sample, &bytes), LV_OK);
    assert_int_equal(lv_quality_decode(lv_buffer_view(&bytes), &read, &err), LV_OK);
    assert_string_equal(read.channel, "quality");
    assert_string_equal(read.author, "BMSP");
    assert_string_equal(read.series, "moisture");
    assert_string_equal(read.suite, "paillier");
    assert_string_equal(read.unit, "g/m²");
    assert_true(read.sequence == 7 && read.width == 32 && read.time == SAMPLE_TIME);
    assert_string_equal(lv_buffer_text(&read.public_key), "public key");
    assert_string_equal(lv_buffer_text(&read.key_proof), "key proof");
    assert_string_equal(lv_buffer_text(&read.x), "x ciphertexts");
    assert_string_equal(lv_buffer_text(&read.y), "y ciphertexts");
    assert_true(lv_digest_equal(&read.xor_digest, &sample.xor_digest));
    assert_true(read.distance);
    assert_true(read.has_corrects && lv_digest_equal(&read.corrects, &sample.corrects));
    assert_int_equal(read.pair_count, 2);
    assert_string_equal(read.pairs[0].later_lot, "L 2 — Süd");
    assert_string_equal(read.pairs[0].later_time, "2024-03-01T10:00:00Z");
    assert_false(read.pairs[0].baseline);
    assert_null(read.pairs[0].parents);
    assert_true(read.pairs[1].baseline);
    assert_int_equal(read.pairs[1].parent_count, 2);
    assert_string_equal(read.pairs[1].parents[1], "M-18");
    lv_quality_free(&read);
    lv_quality_free(&sample);
    lv_buffer_free(&bytes);
}

static void test_without_a_correction(void **state)
{
    (void)state;
    lv_error err;
    lv_buffer bytes = {0};
    lv_quality sample = sample_quality();
    lv_quality read;
    sample.has_corrects = false;
    assert_int_equal(encode(&sample, &bytes), LV_OK);
    assert_int_equal(lv_quality_decode(lv_buffer_view(&bytes), &read, &err), LV_OK);
    assert_false(read.has_corrects);
    lv_quality_free(&read);
    lv_quality_free(&sample);
    lv_buffer_free(&bytes);
}

static void test_lots_must_be_plain_text(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "a\nb",
                                      "a\tb",
                                      "\x7f",
                                      "\xff",
                                      "\xc0\xaf",
                                      "\xe0\x80\xaf",
                                      "\xed\xa0\x80",
                                      "\xf4\x90\x80\x80",
                                      "ab\xc3",
                                      " a"};
    lv_buffer bytes = {0};
    lv_quality sample = sample_quality();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        memcpy(sample.pairs[0].later_lot, bad[i], strlen(bad[i]) + 1);
        assert_int_equal(encode(&sample, &bytes), LV_E_SYNTAX);
    }
    memset(sample.pairs[0].later_lot, 'a', LV_LOT_MAX + 1); /* no NUL */
    assert_int_equal(encode(&sample, &bytes), LV_E_LIMIT);
    sample.pairs[0].later_lot[LV_LOT_MAX] = '\0';
    assert_int_equal(encode(&sample, &bytes), LV_OK);
    memcpy(sample.pairs[1].parents[0], "a\nb", 4);
    assert_int_equal(encode(&sample, &bytes), LV_E_SYNTAX);
    lv_quality_free(&sample);
    lv_buffer_free(&bytes);
}

/* ---- messages that the encoder would not write ---- */

static lv_status decode_message(const Lotveil__V1__Quality *message)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    uint8_t *place = NULL;
    lv_quality read;
    assert_int_equal(
        lv_buffer_extend(&bytes, lotveil__v1__quality__get_packed_size(message), &place), LV_OK);
    lotveil__v1__quality__pack(message, place);
    lv_status status = lv_quality_decode(lv_buffer_view(&bytes), &read, &err);
    assert_true(status == LV_OK || err.text[0] != '\0');
    lv_quality_free(&read);
    lv_buffer_free(&bytes);
    return status;
}

static Lotveil__V1__Quality *sample_message(void)
{
    lv_buffer bytes = {0};
    lv_quality sample = sample_quality();
    assert_int_equal(encode(&sample, &bytes), LV_OK);
    Lotveil__V1__Quality *message = lotveil__v1__quality__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(message);
    lv_quality_free(&sample);
    lv_buffer_free(&bytes);
    return message;
}

static void test_basis_and_correction_have_few_forms(void **state)
{
    (void)state;
    Lotveil__V1__Quality *message = sample_message();
    assert_int_equal(decode_message(message), LV_OK);

    char *basis = message->pairs[0]->basis;
    static char other[] = "random";
    message->pairs[0]->basis = other;
    assert_int_equal(decode_message(message), LV_E_SYNTAX);
    message->pairs[0]->basis = basis;

    message->corrects.len = 31;
    assert_int_equal(decode_message(message), LV_E_SYNTAX);
    message->corrects.len = 32;
    assert_int_equal(decode_message(message), LV_OK);
    lotveil__v1__quality__free_unpacked(message, NULL);
}

static void test_list_sizes(void **state)
{
    (void)state;
    Lotveil__V1__Quality *message = sample_message();
    Lotveil__V1__Pair *pair = message->pairs[0];
    Lotveil__V1__Pair **kept = message->pairs;
    size_t count = message->n_pairs;
    static Lotveil__V1__Pair *many[LV_SET_PAIRS_MAX + 1];
    for (size_t i = 0; i <= LV_SET_PAIRS_MAX; i++) {
        many[i] = pair;
    }
    message->pairs = many;
    message->n_pairs = LV_SET_PAIRS_MAX;
    assert_int_equal(decode_message(message), LV_OK);
    message->n_pairs = LV_SET_PAIRS_MAX + 1;
    assert_int_equal(decode_message(message), LV_E_LIMIT);
    message->n_pairs = 0;
    assert_int_equal(decode_message(message), LV_E_SYNTAX);
    message->pairs = kept;
    message->n_pairs = count;

    static char lot[] = "M-1";
    static char *parents[LV_PARENTS_MAX + 1];
    for (size_t i = 0; i <= LV_PARENTS_MAX; i++) {
        parents[i] = lot;
    }
    pair->parents = parents;
    pair->n_parents = LV_PARENTS_MAX;
    assert_int_equal(decode_message(message), LV_OK);
    pair->n_parents = LV_PARENTS_MAX + 1;
    assert_int_equal(decode_message(message), LV_E_LIMIT);
    pair->parents = NULL;
    pair->n_parents = 0;
    lotveil__v1__quality__free_unpacked(message, NULL);
}

static void test_unknown_fields_within_a_pair_are_refused(void **state)
{
    (void)state;
    static uint8_t data[] = {0x00};
    ProtobufCMessageUnknownField unknown = {
        .tag = 99, .wire_type = PROTOBUF_C_WIRE_TYPE_VARINT, .len = sizeof data, .data = data};
    Lotveil__V1__Quality *message = sample_message();
    message->pairs[1]->base.n_unknown_fields = 1;
    message->pairs[1]->base.unknown_fields = &unknown;
    assert_int_equal(decode_message(message), LV_E_SYNTAX);
    message->pairs[1]->base.n_unknown_fields = 0;
    message->pairs[1]->base.unknown_fields = NULL;
    assert_int_equal(decode_message(message), LV_OK);
    lotveil__v1__quality__free_unpacked(message, NULL);
}

/* A few bytes each that would ask for a hundred times as much memory. */
static void test_a_flood_of_empty_pairs_is_refused_early(void **state)
{
    (void)state;
    lv_error err;
    lv_quality read;
    lv_buffer bytes = {0};
    uint8_t *place = NULL;
    size_t pairs = 4000000;
    assert_int_equal(lv_buffer_extend(&bytes, 2 * pairs, &place), LV_OK);
    for (size_t i = 0; i < pairs; i++) {
        place[2 * i] = 0x4a; /* field 9, an empty message */
    }
    assert_int_equal(lv_quality_decode(lv_buffer_view(&bytes), &read, &err), LV_E_LIMIT);
    lv_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_fields_come_back),
        cmocka_unit_test(test_without_a_correction),
        cmocka_unit_test(test_lots_must_be_plain_text),
        cmocka_unit_test(test_basis_and_correction_have_few_forms),
        cmocka_unit_test(test_list_sizes),
        cmocka_unit_test(test_unknown_fields_within_a_pair_are_refused),
        cmocka_unit_test(test_a_flood_of_empty_pairs_is_refused_early),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
