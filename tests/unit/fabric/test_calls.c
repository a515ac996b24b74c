#include "fabric.pb-c.h"
#include "fabric/calls.h"
#include "record/digest.h"
#include "record/wire.h"
#include "unit/fabric/fabric_world.h"

typedef Lotveil__Fabric__Calls calls_message;
typedef Lotveil__Fabric__Call call_message;
typedef Lotveil__Fabric__CallArgument argument_message;

static uint8_t large[3][LV_CALLS_INLINE_MAX + 7];

static lv_bytes of(size_t index, size_t len)
{
    memset(large[index], (int)('a' + index), sizeof large[index]);
    return (lv_bytes){.data = large[index], .len = len};
}

/* A resolver over a transient list. */
typedef struct {
    const lv_transient *list;
    size_t count;
    bool lies; /* gives another value than was asked for */
    lv_status fails;
} map;

static lv_status resolve(void *context, const lv_digest *digest, lv_bytes *value)
{
    const map *m = context;
    char key[LV_DIGEST_TEXT];
    lv_digest_hex(digest, key);
    if (m->fails != LV_OK) {
        return m->fails;
    }
    for (size_t i = 0; i < m->count; i++) {
        if (strcmp(m->list[i].key, key) == 0) {
            *value = m->list[m->lies ? (i + 1) % m->count : i].value;
            return LV_OK;
        }
    }
    return LV_NOT_FOUND;
}

/* Two calls: small, empty and large arguments, one of the large ones twice. */
static lv_calls_encoded encode(bool all_inline)
{
    lv_bytes first[] = {
        text_bytes("small"), {0}, of(0, LV_CALLS_INLINE_MAX), of(1, LV_CALLS_INLINE_MAX - 1)};
    lv_bytes second[] = {of(2, LV_CALLS_INLINE_MAX + 7), of(0, LV_CALLS_INLINE_MAX)};
    const lv_call calls[] = {{.function = "put", .arguments = first, .argument_count = 4},
                             {.function = "grant", .arguments = second, .argument_count = 2}};
    lv_calls_encoded out;
    lv_error err = {0};
    assert_int_equal(lv_calls_encode(calls, 2, all_inline, &out, &err), LV_OK);
    return out;
}

static void expect_read_back(const lv_calls *read)
{
    assert_int_equal(read->count, 2);
    assert_string_equal(read->calls[0].function, "put");
    assert_int_equal(read->calls[0].argument_count, 4);
    assert_null(read->calls[0].submitter);
    assert_true(lv_bytes_equal(read->calls[0].arguments[0], text_bytes("small")));
    assert_int_equal(read->calls[0].arguments[1].len, 0);
    assert_true(lv_bytes_equal(read->calls[0].arguments[2], of(0, LV_CALLS_INLINE_MAX)));
    assert_true(lv_bytes_equal(read->calls[0].arguments[3], of(1, LV_CALLS_INLINE_MAX - 1)));
    assert_string_equal(read->calls[1].function, "grant");
    assert_int_equal(read->calls[1].argument_count, 2);
    assert_true(lv_bytes_equal(read->calls[1].arguments[0], of(2, LV_CALLS_INLINE_MAX + 7)));
    assert_true(lv_bytes_equal(read->calls[1].arguments[1], of(0, LV_CALLS_INLINE_MAX)));
}

static void test_large_arguments_ride_beside(void **state)
{
    (void)state;
    lv_calls_encoded encoded = encode(false);
    lv_calls read;
    lv_error err = {0};
    assert_int_equal(encoded.transient_count, 2);
    assert_true(strcmp(encoded.transients[0].key, encoded.transients[1].key) < 0);
    assert_true(encoded.encoded.len < LV_CALLS_INLINE_MAX + 300);
    for (size_t i = 0; i < 2; i++) {
        lv_digest digest;
        char key[LV_DIGEST_TEXT];
        assert_int_equal(lv_digest_of(encoded.transients[i].value, &digest), LV_OK);
        lv_digest_hex(&digest, key);
        assert_string_equal(encoded.transients[i].key, key);
    }
    map m = {.list = encoded.transients, .count = encoded.transient_count};
    assert_int_equal(lv_calls_decode(lv_buffer_view(&encoded.encoded), resolve, &m, &read, &err),
                     LV_OK);
    expect_read_back(&read);
    assert_int_equal(read.transient_count, 3);
    lv_calls_free(&read);
    lv_calls_encoded_free(&encoded);
}

static void test_reads_carry_all_inline(void **state)
{
    (void)state;
    lv_calls_encoded encoded = encode(true);
    lv_calls read;
    lv_error err = {0};
    assert_int_equal(encoded.transient_count, 0);
    assert_int_equal(lv_calls_decode(lv_buffer_view(&encoded.encoded), NULL, NULL, &read, &err),
                     LV_OK);
    expect_read_back(&read);
    assert_int_equal(read.transient_count, 0);
    lv_calls_free(&read);
    lv_calls_encoded_free(&encoded);
}

static void expect_refused(lv_bytes bytes, map *m, lv_status status, const char *words)
{
    lv_calls read;
    lv_error err = {0};
    assert_int_equal(lv_calls_decode(bytes, resolve, m, &read, &err), status);
    assert_null(read.calls);
    assert_null(read.message);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", err.text, words);
    }
}

static void test_a_value_that_is_missing_or_another_is_refused(void **state)
{
    (void)state;
    lv_calls_encoded encoded = encode(false);
    lv_bytes bytes = lv_buffer_view(&encoded.encoded);
    map whole = {.list = encoded.transients, .count = 2};
    map less = {.list = encoded.transients, .count = 1};
    map lies = {.list = encoded.transients, .count = 2, .lies = true};
    map broken = {.fails = LV_E_IO};
    expect_refused(bytes, &less, LV_INVALID, "is missing");
    expect_refused(bytes, &less, LV_INVALID, encoded.transients[1].key);
    expect_refused(bytes, &lies, LV_INVALID, "is another");
    expect_refused(bytes, &broken, LV_E_IO, "");
    large[0][17] ^= 1; /* the value changed after it was named */
    expect_refused(bytes, &whole, LV_INVALID, "is another");
    lv_calls_encoded_free(&encoded);
}

static void test_cut_or_lengthened_it_is_refused(void **state)
{
    (void)state;
    lv_calls_encoded encoded = encode(false);
    map whole = {.list = encoded.transients, .count = 2};
    lv_calls read;
    for (size_t len = 0; len < encoded.encoded.len; len++) {
        lv_status status =
            lv_calls_decode((lv_bytes){encoded.encoded.data, len}, resolve, &whole, &read, NULL);
        if (status == LV_OK) { /* what is left is a shorter list, never half a call */
            assert_int_equal(read.count, 1);
            assert_int_equal(read.calls[0].argument_count, 4);
            lv_calls_free(&read);
        }
    }
    assert_int_equal(lv_buffer_append(&encoded.encoded, "\x12\x00", 2), LV_OK);
    expect_refused(lv_buffer_view(&encoded.encoded), &whole, LV_E_SYNTAX, "unknown");
    lv_calls_encoded_free(&encoded);
}

static lv_buffer pack(size_t calls, size_t arguments, argument_message *argument)
{
    static call_message call = LOTVEIL__FABRIC__CALL__INIT;
    calls_message message = LOTVEIL__FABRIC__CALLS__INIT;
    lv_buffer out = {0};
    argument_message **list = (argument_message **)calloc(arguments + 1, sizeof *list);
    call_message **call_list = (call_message **)calloc(calls + 1, sizeof *call_list);
    assert_non_null(list);
    assert_non_null(call_list);
    for (size_t i = 0; i < arguments; i++) {
        list[i] = argument;
    }
    for (size_t i = 0; i < calls; i++) {
        call_list[i] = &call;
    }
    call.function = lv_wire_text("put");
    call.n_arguments = arguments;
    call.arguments = list;
    message.n_calls = calls;
    message.calls = call_list;
    assert_int_equal(lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, &out, NULL), LV_OK);
    free((void *)list);
    free((void *)call_list);
    return out;
}

static void expect_packed(size_t calls, size_t arguments, argument_message *argument,
                          lv_status status, const char *words)
{
    lv_buffer bytes = pack(calls, arguments, argument);
    map empty = {0};
    expect_refused(lv_buffer_view(&bytes), &empty, status, words);
    lv_buffer_free(&bytes);
}

static void test_what_no_encoder_writes_is_refused(void **state)
{
    (void)state;
    argument_message both = LOTVEIL__FABRIC__CALL_ARGUMENT__INIT;
    argument_message narrow = LOTVEIL__FABRIC__CALL_ARGUMENT__INIT;
    argument_message plain = LOTVEIL__FABRIC__CALL_ARGUMENT__INIT;
    both.value = lv_wire_bytes(text_bytes("x"));
    both.digest = lv_wire_bytes(of(0, LV_DIGEST_LEN));
    narrow.digest = lv_wire_bytes(of(0, LV_DIGEST_LEN - 1));
    expect_packed(0, 0, NULL, LV_E_SYNTAX, "no call");
    expect_packed(1, 1, &both, LV_E_SYNTAX, "both inline and by digest");
    expect_packed(1, 1, &narrow, LV_E_SYNTAX, "31 bytes");
    expect_packed(LV_CALLS_MAX + 1, 0, NULL, LV_E_LIMIT, "4097 calls");
    expect_packed(1, LV_CALL_ARGUMENTS_MAX + 1, &plain, LV_E_LIMIT, "1025 arguments");
}

static void test_too_much_is_not_encoded(void **state)
{
    (void)state;
    lv_call *calls = calloc(LV_CALLS_MAX + 1, sizeof *calls);
    lv_bytes *arguments = calloc(LV_CALL_ARGUMENTS_MAX + 1, sizeof *arguments);
    lv_calls_encoded out;
    lv_error err = {0};
    assert_non_null(calls);
    assert_non_null(arguments);
    for (size_t i = 0; i <= LV_CALLS_MAX; i++) {
        calls[i].function = "put";
    }
    assert_int_equal(lv_calls_encode(calls, LV_CALLS_MAX + 1, false, &out, &err), LV_E_LIMIT);
    assert_int_equal(lv_calls_encode(calls, LV_CALLS_MAX, false, &out, &err), LV_OK);
    lv_calls_encoded_free(&out);
    calls[0].arguments = arguments;
    calls[0].argument_count = LV_CALL_ARGUMENTS_MAX + 1;
    assert_int_equal(lv_calls_encode(calls, 1, false, &out, &err), LV_E_LIMIT);
    calls[0].argument_count = LV_CALL_ARGUMENTS_MAX;
    assert_int_equal(lv_calls_encode(calls, 1, false, &out, &err), LV_OK);
    lv_calls_encoded_free(&out);
    free(calls);
    free(arguments);
}

/* ---- refusals ---- */

static void expect_refusal(const char *prefix, lv_status status, const char *words)
{
    lv_buffer message = {0};
    lv_status got = LV_E_IO;
    lv_error err = {0};
    assert_int_equal(lv_buffer_printf(&message, "%s", prefix), LV_OK);
    assert_int_equal(lv_refusal_encode(status, words, &message), LV_OK);
    assert_int_equal(lv_refusal_decode(lv_buffer_text(&message), &got, &err), LV_OK);
    assert_int_equal(got, status);
    assert_string_equal(err.text, words);
    lv_buffer_free(&message);
}

static void test_a_refusal_comes_back_with_its_words(void **state)
{
    (void)state;
    static const char gateway[] = "chaincode response 500, ";
    for (int status = LV_E_CONFIG; status <= LV_UNAVAILABLE; status++) {
        if (status != LV_OK) {
            expect_refusal("", (lv_status)status, "sequence 3 leaves a gap: 2 comes first");
            expect_refusal(gateway, (lv_status)status, "sequence 3 leaves a gap: 2 comes first");
        }
    }
    expect_refusal("", LV_REFUSED, "");
    expect_refusal("error in simulation: chaincode response 500, ", LV_EXISTS, "500, twice");
}

static void test_other_messages_are_no_refusals(void **state)
{
    (void)state;
    const char *bad[] = {"",
                         "0 fine",
                         "7 what",
                         "-11 what",
                         "1",
                         "1x words",
                         "x 1 words",
                         " 1 x",
                         "+1 x",
                         "- 1 words",
                         "chaincode response 500, ",
                         "99999999999999999999999 x",
                         "failed to execute: timeout"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_status got = LV_E_IO;
        lv_error err = {0};
        assert_int_equal(lv_refusal_decode(bad[i], &got, &err), LV_E_SYNTAX);
        assert_int_equal(got, LV_OK);
        assert_string_equal(err.text, bad[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_arguments_ride_beside),
        cmocka_unit_test(test_reads_carry_all_inline),
        cmocka_unit_test(test_a_value_that_is_missing_or_another_is_refused),
        cmocka_unit_test(test_cut_or_lengthened_it_is_refused),
        cmocka_unit_test(test_what_no_encoder_writes_is_refused),
        cmocka_unit_test(test_too_much_is_not_encoded),
        cmocka_unit_test(test_a_refusal_comes_back_with_its_words),
        cmocka_unit_test(test_other_messages_are_no_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
