/* The same tests over the bodies of all kinds: round trip, and every field of every message made
 * wrong in turn, by its type in the .proto file. */
#include "lotveil.pb-c.h"
#include "unit/record/samples.h"
#include <stdio.h>

typedef struct {
    const char *name;
    unsigned required; /* the last field that must be there */
    const ProtobufCMessageDescriptor *type;
    lv_status (*encode)(lv_buffer *out); /* a sample */
    lv_status (*decode)(lv_bytes bytes); /* and free */
    lv_status (*again)(lv_bytes bytes, lv_buffer *out);
} body_case;

#define CASE_FUNCTIONS(kind)                                                                       \
    static lv_status encode_##kind(lv_buffer *out)                                                 \
    {                                                                                              \
        lv_error err = {0};                                                                        \
        lv_##kind record = sample_##kind();                                                        \
        lv_status status = lv_##kind##_encode(&record, out, &err);                                 \
        lv_##kind##_free(&record);                                                                 \
        return status;                                                                             \
    }                                                                                              \
    static lv_status decode_##kind(lv_bytes bytes)                                                 \
    {                                                                                              \
        lv_error err = {0};                                                                        \
        static const lv_##kind zero;                                                               \
        lv_##kind record;                                                                          \
        memset(&record, 0xa5, sizeof record);                                                      \
        lv_status status = lv_##kind##_decode(bytes, &record, &err);                               \
        if (status != LV_OK) {                                                                     \
            assert_memory_equal(&record, &zero, sizeof zero);                                      \
            assert_string_not_equal(err.text, "");                                                 \
        }                                                                                          \
        lv_##kind##_free(&record);                                                                 \
        return status;                                                                             \
    }                                                                                              \
    static lv_status again_##kind(lv_bytes bytes, lv_buffer *out)                                  \
    {                                                                                              \
        lv_error err = {0};                                                                        \
        lv_##kind record;                                                                          \
        lv_status status = lv_##kind##_decode(bytes, &record, &err);                               \
        if (status == LV_OK) {                                                                     \
            status = lv_##kind##_encode(&record, out, &err);                                       \
        }                                                                                          \
        lv_##kind##_free(&record);                                                                 \
        return status;                                                                             \
    }

CASE_FUNCTIONS(quality)
CASE_FUNCTIONS(xor)
CASE_FUNCTIONS(grant)
CASE_FUNCTIONS(sale)
CASE_FUNCTIONS(purchase)
CASE_FUNCTIONS(receipt)
CASE_FUNCTIONS(inquiry)
CASE_FUNCTIONS(answer)

#define CASE(kind, last)                                                                           \
    {.name = #kind,                                                                                \
     .required = (last),                                                                           \
     .type = &lotveil__v1__##kind##__descriptor,                                                   \
     .encode = encode_##kind,                                                                      \
     .decode = decode_##kind,                                                                      \
     .again = again_##kind}

static const body_case CASES[] = {CASE(quality, 14), CASE(xor, 11),     CASE(grant, 9),
                                  CASE(sale, 6),     CASE(purchase, 4), CASE(receipt, 6),
                                  CASE(inquiry, 9),  CASE(answer, 10)};
static const size_t CASE_COUNT = sizeof CASES / sizeof CASES[0];

static lv_buffer encoded(const body_case *c)
{
    lv_buffer bytes = {0};
    assert_int_equal(c->encode(&bytes), LV_OK);
    return bytes;
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        lv_buffer bytes = encoded(&CASES[i]);
        lv_buffer again = {0};
        assert_int_equal(CASES[i].again(lv_buffer_view(&bytes), &again), LV_OK);
        assert_true(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again)));
        lv_buffer_free(&again);
        lv_buffer_free(&bytes);
    }
}

static uint64_t varint(const uint8_t *data, size_t *at)
{
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = data[(*at)++];
        value |= (uint64_t)(byte & 0x7fU) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
}

/* Does a record end here that only lacks fields which may be left out? */
static bool ends_whole(const body_case *c, const lv_buffer *bytes, size_t len)
{
    bool had = false;
    size_t at = 0;
    while (at < len) {
        uint64_t tag = varint(bytes->data, &at);
        uint64_t value = varint(bytes->data, &at);
        at += (tag & 7) == 2 ? value : 0;
        had = had || tag >> 3 == c->required;
    }
    return had && at == len;
}

static void test_every_truncation_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        lv_buffer bytes = encoded(&CASES[i]);
        for (size_t len = 0; len < bytes.len; len++) {
            lv_status status = CASES[i].decode((lv_bytes){.data = bytes.data, .len = len});
            assert_true((status == LV_OK) == ends_whole(&CASES[i], &bytes, len));
        }
        lv_buffer_free(&bytes);
    }
}

static void test_trailing_bytes_are_refused(void **state)
{
    (void)state;
    static const uint8_t tails[][3] = {
        {0x00, 0x00, 0x00},
        {0xfa, 0x07, 0x00}, /* field 127, which no message has, empty */
        {0x0a, 0x01, 'x'},  /* field 1 a second time, or not its type */
    };
    for (size_t i = 0; i < CASE_COUNT; i++) {
        for (size_t t = 0; t < sizeof tails / sizeof tails[0]; t++) {
            lv_buffer bytes = encoded(&CASES[i]);
            assert_int_equal(lv_buffer_append(&bytes, tails[t], sizeof tails[t]), LV_OK);
            assert_int_equal(CASES[i].decode(lv_buffer_view(&bytes)), LV_E_SYNTAX);
            lv_buffer_free(&bytes);
        }
    }
}

/* The same content with its last field first: another encoding, and so another digest. */
static void test_another_encoding_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        lv_buffer bytes = encoded(&CASES[i]);
        lv_buffer longer = {0};
        static const uint8_t empty_first[] = {0x0a, 0x00}; /* field 1, empty, before the real one */
        assert_int_equal(lv_buffer_append(&longer, empty_first, sizeof empty_first), LV_OK);
        assert_int_equal(lv_buffer_append(&longer, bytes.data, bytes.len), LV_OK);
        assert_int_equal(CASES[i].decode(lv_buffer_view(&longer)), LV_E_SYNTAX);
        lv_buffer_free(&longer);
        lv_buffer_free(&bytes);
    }
}

/* ---- every field made wrong ---- */

/* What a field may be replaced with; a field that takes such a value stands in `may_be`. */
typedef enum { WRONG_CONTROL, WRONG_LONG, WRONG_EMPTY, WRONG_SHORT, WRONG_LARGE } wrong;

static char LONG_TEXT[200];

static bool set_wrong(const ProtobufCFieldDescriptor *field, wrong how, void *place)
{
    static uint8_t bytes[31];
    static const uint64_t large = UINT64_MAX;
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        return false;
    }
    switch (field->type) {
    case PROTOBUF_C_TYPE_STRING: {
        static char control[] = "a\x1b[1m";
        static char empty[] = "";
        char *const texts[] = {
            [WRONG_CONTROL] = control, [WRONG_LONG] = LONG_TEXT, [WRONG_EMPTY] = empty};
        if (how > WRONG_EMPTY) {
            return false;
        }
        memcpy(place, (const void *)&texts[how], sizeof texts[how]);
        return true;
    }
    case PROTOBUF_C_TYPE_BYTES: {
        const ProtobufCBinaryData wrongs[] = {
            [WRONG_EMPTY] = {0}, [WRONG_SHORT] = {.len = sizeof bytes, .data = bytes}};
        if (how != WRONG_EMPTY && how != WRONG_SHORT) {
            return false;
        }
        memcpy(place, &wrongs[how], sizeof wrongs[how]);
        return true;
    }
    case PROTOBUF_C_TYPE_UINT32:
        memcpy(place, &large, sizeof(uint32_t));
        return how == WRONG_LARGE;
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_INT64: /* -1 */
        memcpy(place, &large, sizeof large);
        return how == WRONG_LARGE;
    default:
        return false;
    }
}

/* Fields that may well be so. */
static bool may_be(const char *kind, const char *field, wrong how)
{
    static const struct {
        const char *kind;
        const char *field;
        wrong how;
    } legal[] = {
        {"quality", "unit", WRONG_EMPTY},
        {"quality", "key_proof", WRONG_EMPTY},
        {"quality", "corrects", WRONG_EMPTY},
        {"inquiry", "z", WRONG_EMPTY},
        {"answer", "proof", WRONG_EMPTY},
        {"quality", "bit_proof", WRONG_EMPTY},
        {"quality", "bit_proof", WRONG_SHORT},
        {"xor", "w_proof", WRONG_EMPTY},
        {"xor", "w_proof", WRONG_SHORT},
        {"xor", "both_proof", WRONG_EMPTY},
        {"xor", "both_proof", WRONG_SHORT},
        {"xor", "d", WRONG_EMPTY},
        {"xor", "d", WRONG_SHORT},
        {"xor", "d_proof", WRONG_EMPTY},
        {"xor", "d_proof", WRONG_SHORT},
        {"quality", "public_key", WRONG_SHORT},
        {"quality", "key_proof", WRONG_SHORT},
        {"quality", "x", WRONG_SHORT},
        {"quality", "y", WRONG_SHORT},
        {"xor", "public_key", WRONG_SHORT},
        {"xor", "w", WRONG_SHORT},
        {"inquiry", "z", WRONG_SHORT},
        {"answer", "proof", WRONG_SHORT},
        {"grant", "quota", WRONG_LARGE},
        {"grant", "number", WRONG_LARGE},
        {"quality", "sequence", WRONG_LARGE},
        {"xor", "sequence", WRONG_LARGE},
    };
    for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++) {
        if (strcmp(legal[i].kind, kind) == 0 && strcmp(legal[i].field, field) == 0 &&
            legal[i].how == how) {
            return true;
        }
    }
    return false;
}

static void try_wrong(const body_case *c, const ProtobufCFieldDescriptor *field, wrong how)
{
    lv_buffer bytes = encoded(c);
    ProtobufCMessage *message = protobuf_c_message_unpack(c->type, NULL, bytes.len, bytes.data);
    assert_non_null(message);
    char *place = (char *)message + field->offset;
    char kept[sizeof(ProtobufCBinaryData)];
    size_t room = c->type->sizeof_message - field->offset;
    size_t size = room < sizeof kept ? room : sizeof kept;
    memcpy(kept, place, size);
    if (set_wrong(field, how, place)) {
        lv_buffer tampered = {0};
        uint8_t *out = NULL;
        assert_int_equal(
            lv_buffer_extend(&tampered, protobuf_c_message_get_packed_size(message), &out), LV_OK);
        protobuf_c_message_pack(message, out);
        lv_status status = c->decode(lv_buffer_view(&tampered));
        if ((status == LV_OK) != may_be(c->name, field->name, how)) {
            fail_msg("%s.%s made wrong (%d): %s", c->name, field->name, (int)how,
                     lv_status_name(status));
        }
        lv_buffer_free(&tampered);
    }
    memcpy(place, kept, size);
    protobuf_c_message_free_unpacked(message, NULL);
    lv_buffer_free(&bytes);
}

static void test_every_field_is_held_against_its_limits(void **state)
{
    (void)state;
    memset(LONG_TEXT, 'a', sizeof LONG_TEXT - 1);
    for (size_t i = 0; i < CASE_COUNT; i++) {
        for (unsigned f = 0; f < CASES[i].type->n_fields; f++) {
            for (int how = WRONG_CONTROL; how <= WRONG_LARGE; how++) {
                try_wrong(&CASES[i], &CASES[i].type->fields[f], (wrong)how);
            }
        }
    }
}

/* ---- numbers at their ends ---- */

static void test_numbers_at_their_ends(void **state)
{
    (void)state;
    lv_error err;
    lv_buffer out = {0};
    lv_xor x = sample_xor();
    const struct {
        uint32_t width;
        uint32_t pairs;
        uint64_t sequence;
        int64_t time;
        lv_status status;
    } cases[] = {
        {1, 1, 1, 1, LV_OK},
        {62, 4096, UINT64_MAX, 253402300799, LV_OK},
        {0, 1, 1, 1, LV_E_SYNTAX},
        {63, 1, 1, 1, LV_E_SYNTAX},
        {1, 0, 1, 1, LV_E_SYNTAX},
        {1, 4097, 1, 1, LV_E_SYNTAX},
        {1, 1, 0, 1, LV_E_SYNTAX},
        {1, 1, 1, 0, LV_E_SYNTAX},
        {1, 1, 1, -1, LV_E_SYNTAX},
        {1, 1, 1, LV_TIME_ANY, LV_E_SYNTAX},
        {1, 1, 1, LV_TIME_RECORD, LV_E_SYNTAX},
        {1, 1, 1, 253402300800, LV_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        x.width = cases[i].width;
        x.pairs = cases[i].pairs;
        x.sequence = cases[i].sequence;
        x.time = cases[i].time;
        assert_int_equal(lv_xor_encode(&x, &out, &err), cases[i].status);
    }
    lv_xor_free(&x);

    lv_answer answer = sample_answer();
    answer.formula = (lv_formula)4;
    assert_int_equal(lv_answer_encode(&answer, &out, &err), LV_E_SYNTAX);
    answer.formula = LV_RISE;
    answer.index = 62;
    assert_int_equal(lv_answer_encode(&answer, &out, &err), LV_E_SYNTAX);
    lv_answer_free(&answer);
    lv_buffer_free(&out);
}

static void test_a_limit_without_a_threshold_is_refused(void **state)
{
    (void)state;
    lv_error err;
    lv_buffer out = {0};
    lv_inquiry inquiry = sample_inquiry();
    lv_answer answer = sample_answer();
    for (unsigned i = 0; i <= LV_QUESTIONS + 1; i++) {
        bool is_one = i >= 1 && i <= LV_QUESTIONS;
        /* The first and the last are none.
         * NOLINTNEXTLINE(clang-analyzer-optin.core.EnumCastOutOfRange) */
        inquiry.question = answer.question = (lv_question)i;
        inquiry.limit = answer.limit = 5;
        lv_status expected = i == LV_ASK_THRESHOLD ? LV_OK : LV_E_SYNTAX;
        assert_int_equal(lv_inquiry_encode(&inquiry, &out, &err), expected);
        assert_int_equal(lv_answer_encode(&answer, &out, &err), expected);
        inquiry.limit = answer.limit = 0;
        expected = is_one ? LV_OK : LV_E_SYNTAX;
        assert_int_equal(lv_inquiry_encode(&inquiry, &out, &err), expected);
        assert_int_equal(lv_answer_encode(&answer, &out, &err), expected);
    }
    inquiry.question = LV_ASK_THRESHOLD;
    inquiry.limit = ((uint64_t)1 << 62) - 1;
    assert_int_equal(lv_inquiry_encode(&inquiry, &out, &err), LV_OK);
    inquiry.limit++;
    assert_int_equal(lv_inquiry_encode(&inquiry, &out, &err), LV_E_SYNTAX);
    lv_inquiry_free(&inquiry);
    lv_answer_free(&answer);
    lv_buffer_free(&out);
}

static void test_scales_are_held_against_their_limits(void **state)
{
    (void)state;
    const struct {
        lv_fixed_scale scale;
        lv_status status;
    } cases[] = {
        {{.decimals = 0, .offset = 0}, LV_OK},
        {{.decimals = 9, .offset = INT64_MIN + 1}, LV_OK},
        {{.decimals = 10, .offset = 0}, LV_E_SYNTAX},
        {{.decimals = 0, .offset = INT64_MIN}, LV_E_SYNTAX},
        {{.decimals = 0, .offset = INT64_MAX - UINT32_MAX}, LV_OK},
        {{.decimals = 0, .offset = INT64_MAX - UINT32_MAX + 1}, LV_E_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lv_error err;
        lv_buffer out = {0};
        lv_quality quality = sample_quality();
        lv_quality read;
        quality.scale = cases[i].scale;
        assert_int_equal(lv_quality_encode(&quality, &out, &err), cases[i].status);
        if (cases[i].status == LV_OK) {
            assert_int_equal(lv_quality_decode(lv_buffer_view(&out), &read, &err), LV_OK);
            assert_true(read.has_scale);
            assert_int_equal(read.scale.decimals, cases[i].scale.decimals);
            assert_true(read.scale.offset == cases[i].scale.offset);
            assert_int_equal(read.scale.bits, 32);
            lv_quality_free(&read);
        }
        lv_quality_free(&quality);
        lv_buffer_free(&out);
    }
}

static void test_delivery(void **state)
{
    (void)state;
    lv_error err;
    lv_delivery delivery = {0};
    lv_delivery read = {0};
    lv_buffer bytes = {0};
    assert_int_equal(lv_delivery_encode(&delivery, &bytes, &err), LV_E_SYNTAX);
    sample_bytes(&delivery.xor_record, "the record");
    assert_int_equal(lv_delivery_encode(&delivery, &bytes, &err), LV_E_SYNTAX);
    sample_bytes(&delivery.receipt, "the receipt");
    assert_int_equal(lv_delivery_encode(&delivery, &bytes, &err), LV_OK);
    assert_int_equal(lv_delivery_decode(lv_buffer_view(&bytes), &read, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&read.xor_record), "the record");
    assert_string_equal(lv_buffer_text(&read.receipt), "the receipt");
    lv_delivery_free(&read);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(
            lv_delivery_decode((lv_bytes){.data = bytes.data, .len = len}, &read, &err),
            LV_E_SYNTAX);
        assert_null(read.xor_record.data);
    }
    lv_delivery_free(&delivery);
    lv_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_every_truncation_is_refused),
        cmocka_unit_test(test_trailing_bytes_are_refused),
        cmocka_unit_test(test_another_encoding_is_refused),
        cmocka_unit_test(test_every_field_is_held_against_its_limits),
        cmocka_unit_test(test_numbers_at_their_ends),
        cmocka_unit_test(test_a_limit_without_a_threshold_is_refused),
        cmocka_unit_test(test_scales_are_held_against_their_limits),
        cmocka_unit_test(test_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
