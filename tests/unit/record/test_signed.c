/* The envelope: who signed what, and that nothing else passes for it. */
#include "base/clock.h"
#include "lotveil.pb-c.h"
#include "unit/record/parties.h"
#include "unit/record/samples.h"

#define DAY 86400

typedef struct {
    lv_trust *trust;
    party downstream; /* BMSP */
    party upstream;   /* AMSP */
    party stranger;   /* in no trust */
    int64_t now;
} world;

static int setup(void **state)
{
    static world w;
    w.now = lv_clock_now();
    assert_int_equal(lv_trust_new(&w.trust), LV_OK);
    party_make(&w.downstream, "BMSP", w.trust);
    party_make(&w.upstream, "AMSP", w.trust);
    party_make(&w.stranger, "BMSP", NULL);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    party_free(&w->downstream);
    party_free(&w->upstream);
    party_free(&w->stranger);
    lv_trust_free(w->trust);
    return 0;
}

static lv_buffer seal_grant(const world *w, const party *author)
{
    lv_error err;
    lv_buffer bytes = {0};
    lv_grant grant = sample_grant();
    grant.time = w->now;
    assert_int_equal(lv_grant_seal(&grant, author->identity, &bytes, &err), LV_OK);
    return bytes;
}

static lv_status open_grant(const world *w, lv_bytes bytes, int64_t time)
{
    lv_error err = {0};
    static const lv_grant zero;
    lv_grant grant;
    lv_digest digest;
    lv_status status = lv_grant_open(bytes, w->trust, time, &grant, &digest, &err);
    if (status != LV_OK) {
        assert_memory_equal(&grant, &zero, sizeof zero);
        assert_string_not_equal(err.text, "");
    }
    lv_grant_free(&grant);
    return status;
}

static void test_what_is_sealed_is_opened(void **state)
{
    const world *w = *state;
    lv_error err;
    lv_grant grant;
    lv_digest digest;
    lv_digest expected;
    lv_buffer bytes = seal_grant(w, &w->downstream);
    assert_int_equal(lv_grant_open(lv_buffer_view(&bytes), w->trust, w->now, &grant, &digest, &err),
                     LV_OK);
    assert_string_equal(grant.buyer, "AMSP");
    assert_int_equal(grant.quota, 12);
    assert_true(grant.revoke);
    assert_int_equal(lv_digest_of(lv_buffer_view(&bytes), &expected), LV_OK);
    assert_true(lv_digest_equal(&digest, &expected));
    lv_grant_free(&grant);

    lv_kind kind = LV_KIND_BLOCK;
    lv_signed peeked;
    assert_int_equal(lv_signed_peek(lv_buffer_view(&bytes), &kind, &peeked, &err), LV_OK);
    assert_int_equal(kind, LV_KIND_GRANT);
    assert_null(peeked.author);
    assert_true(lv_digest_equal(&peeked.digest, &expected));
    lv_signed_free(&peeked);
    lv_buffer_free(&bytes);
}

static void test_every_changed_byte_is_refused(void **state)
{
    const world *w = *state;
    lv_buffer bytes = seal_grant(w, &w->downstream);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= (uint8_t)(1U << (i % 8));
        assert_int_not_equal(open_grant(w, lv_buffer_view(&bytes), LV_TIME_ANY), LV_OK);
        bytes.data[i] ^= (uint8_t)(1U << (i % 8));
    }
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), LV_TIME_ANY), LV_OK);
    lv_buffer_free(&bytes);
}

static void test_every_truncation_and_tail_is_refused(void **state)
{
    const world *w = *state;
    lv_buffer bytes = seal_grant(w, &w->downstream);
    for (size_t len = 0; len < bytes.len; len++) {
        assert_int_equal(open_grant(w, (lv_bytes){.data = bytes.data, .len = len}, w->now),
                         LV_E_SYNTAX);
    }
    static const uint8_t unknown[] = {0x28, 0x01}; /* field 5 */
    assert_int_equal(lv_buffer_append(&bytes, unknown, sizeof unknown), LV_OK);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), w->now), LV_E_SYNTAX);
    lv_buffer_free(&bytes);
}

static void test_another_kind_is_refused(void **state)
{
    const world *w = *state;
    lv_error err;
    lv_sale sale;
    lv_buffer bytes = seal_grant(w, &w->downstream);
    assert_int_equal(lv_sale_open(lv_buffer_view(&bytes), w->trust, w->now, &sale, NULL, &err),
                     LV_INVALID);

    /* The signature of one kind does not do for another, whatever the envelope says. */
    Lotveil__V1__Signed *message = lotveil__v1__signed__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(message);
    static char other[] = "sale";
    static char none[] = "gift";
    char *kept = message->kind;
    message->kind = other;
    uint8_t packed[4096];
    size_t len = lotveil__v1__signed__pack(message, packed);
    assert_int_equal(
        lv_sale_open((lv_bytes){.data = packed, .len = len}, w->trust, w->now, &sale, NULL, &err),
        LV_INVALID);
    message->kind = none;
    len = lotveil__v1__signed__pack(message, packed);
    assert_int_equal(open_grant(w, (lv_bytes){.data = packed, .len = len}, w->now), LV_E_SYNTAX);
    message->kind = kept;
    lotveil__v1__signed__free_unpacked(message, NULL);
    lv_buffer_free(&bytes);
}

static void test_parts_over_their_limits_are_refused(void **state)
{
    const world *w = *state;
    static uint8_t large[LV_CERTIFICATE_MAX + 1];
    static uint8_t packed[2 * LV_CERTIFICATE_MAX];
    lv_buffer bytes = seal_grant(w, &w->downstream);
    Lotveil__V1__Signed *message = lotveil__v1__signed__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(message);
    ProtobufCBinaryData *parts[] = {&message->certificate, &message->signature};
    const size_t limits[] = {LV_CERTIFICATE_MAX, LV_SIGNATURE_MAX};
    for (size_t i = 0; i < 2; i++) {
        ProtobufCBinaryData kept = *parts[i];
        *parts[i] = (ProtobufCBinaryData){.len = limits[i] + 1, .data = large};
        size_t len = lotveil__v1__signed__pack(message, packed);
        assert_int_equal(open_grant(w, (lv_bytes){.data = packed, .len = len}, w->now), LV_E_LIMIT);
        *parts[i] = (ProtobufCBinaryData){0};
        len = lotveil__v1__signed__pack(message, packed);
        assert_int_equal(open_grant(w, (lv_bytes){.data = packed, .len = len}, w->now),
                         LV_E_SYNTAX);
        *parts[i] = kept;
    }
    lotveil__v1__signed__free_unpacked(message, NULL);
    lv_buffer_free(&bytes);
}

static void test_who_signs_is_who_is_named(void **state)
{
    const world *w = *state;
    lv_error err;
    lv_buffer body = {0};
    lv_buffer bytes = {0};
    lv_grant grant = sample_grant(); /* author BMSP */
    assert_int_equal(lv_grant_seal(&grant, w->upstream.identity, &bytes, &err), LV_E_ARGUMENT);
    assert_int_equal(lv_grant_encode(&grant, &body, &err), LV_OK);
    assert_int_equal(
        lv_signed_seal(LV_KIND_GRANT, lv_buffer_view(&body), w->upstream.identity, &bytes, &err),
        LV_OK);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), w->now), LV_INVALID);
    lv_buffer_free(&bytes);

    /* One who calls itself BMSP under a root of its own. */
    bytes = seal_grant(w, &w->stranger);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), w->now), LV_INVALID);
    lv_buffer_free(&bytes);
    lv_buffer_free(&body);
}

static void test_validity_is_held_against_the_time_asked_for(void **state)
{
    const world *w = *state;
    lv_error err;
    lv_buffer bytes = {0};
    lv_grant grant = sample_grant();
    grant.time = w->now - (int64_t)400 * DAY; /* before the certificate was */
    assert_int_equal(lv_grant_seal(&grant, w->downstream.identity, &bytes, &err), LV_OK);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), LV_TIME_ANY), LV_OK);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), w->now), LV_OK);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), LV_TIME_RECORD), LV_INVALID);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), w->now + (int64_t)400 * DAY),
                     LV_INVALID);
    lv_buffer_free(&bytes);

    bytes = seal_grant(w, &w->downstream);
    assert_int_equal(open_grant(w, lv_buffer_view(&bytes), LV_TIME_RECORD), LV_OK);
    lv_buffer_free(&bytes);
}

static void test_kinds_have_names(void **state)
{
    (void)state;
    assert_string_equal(lv_kind_name(LV_KIND_QUALITY), "quality");
    assert_string_equal(lv_kind_name(LV_KIND_BLOCK), "block");
    assert_string_equal(lv_kind_name(LV_KIND_OPENING), "opening");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_is_opened),
        cmocka_unit_test(test_every_changed_byte_is_refused),
        cmocka_unit_test(test_every_truncation_and_tail_is_refused),
        cmocka_unit_test(test_another_kind_is_refused),
        cmocka_unit_test(test_parts_over_their_limits_are_refused),
        cmocka_unit_test(test_who_signs_is_who_is_named),
        cmocka_unit_test(test_validity_is_held_against_the_time_asked_for),
        cmocka_unit_test(test_kinds_have_names),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
