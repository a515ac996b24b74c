#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/creator.h"
#include "identity/x509.h"
#include "record/wire.h"
#include "unit/fabric/fabric_world.h"

static lv_buffer creator_of(const lv_identity *identity)
{
    lv_buffer out = {0};
    lv_error err = {0};
    assert_int_equal(lv_creator_encode(identity, &out, &err), LV_OK);
    return out;
}

/* A SerializedIdentity of any MSP id and any bytes. */
static lv_buffer claim(const char *msp, lv_bytes id)
{
    Lotveil__Fabric__SerializedIdentity message = LOTVEIL__FABRIC__SERIALIZED_IDENTITY__INIT;
    lv_buffer out = {0};
    message.mspid = lv_wire_text(msp);
    message.id_bytes = lv_wire_bytes(id);
    assert_int_equal(lv_wire_pack(&message.base, 65536, &out, NULL), LV_OK);
    return out;
}

static void expect_held(fabric_world *w, const lv_buffer *creator, const char *unit,
                        lv_status status, const char *words)
{
    const char *msp = "stale";
    assert_int_equal(lv_creator_check(w->channel.trust, lv_buffer_view(creator), lv_clock_now(),
                                      unit, &msp, &w->err),
                     status);
    if (status == LV_OK) {
        assert_string_equal(msp, words);
        return;
    }
    assert_null(msp);
    if (strstr(w->err.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", w->err.text, words);
    }
}

static void test_what_is_encoded_is_read_back(void **state)
{
    fabric_world *w = *state;
    char msp[LV_NAME_MAX + 1] = "stale";
    lv_buffer certificate = {0};
    lv_buffer creator = creator_of(w->b.identity);
    assert_int_equal(lv_creator_decode(lv_buffer_view(&creator), msp, &certificate, &w->err),
                     LV_OK);
    assert_string_equal(msp, "BMSP");
    assert_true(
        lv_bytes_equal(lv_buffer_view(&certificate), lv_identity_certificate_pem(w->b.identity)));
    /* cut short anywhere it is none */
    for (size_t len = 0; len < creator.len; len++) {
        const lv_buffer cut = {.data = creator.data, .len = len};
        expect_held(w, &cut, "client", LV_INVALID, "");
    }
    lv_buffer_free(&certificate);
    lv_buffer_free(&creator);
}

static void test_a_member_is_known_by_its_root(void **state)
{
    fabric_world *w = *state;
    lv_buffer client = creator_of(w->b.identity);
    lv_buffer peer = creator_of(w->peer_a);
    lv_buffer stranger = creator_of(w->stranger.identity);
    expect_held(w, &client, "client", LV_OK, "BMSP");
    expect_held(w, &peer, "peer", LV_OK, "AMSP");
    expect_held(w, &client, "peer", LV_INVALID, "wrong role");
    expect_held(w, &peer, "client", LV_INVALID, "wrong role");
    expect_held(w, &stranger, "client", LV_INVALID, "no member's root");
    lv_buffer_free(&client);
    lv_buffer_free(&peer);
    lv_buffer_free(&stranger);
}

static void test_a_claim_of_another_organisation_is_refused(void **state)
{
    fabric_world *w = *state;
    lv_buffer lie = claim("AMSP", lv_identity_certificate_pem(w->b.identity));
    lv_buffer nobody = claim("XMSP", lv_identity_certificate_pem(w->b.identity));
    expect_held(w, &lie, "client", LV_INVALID, "claims to be of AMSP");
    expect_held(w, &nobody, "client", LV_INVALID, "claims to be of XMSP");
    lv_buffer_free(&lie);
    lv_buffer_free(&nobody);
}

static void test_what_is_no_creator_is_refused(void **state)
{
    fabric_world *w = *state;
    lv_buffer doubled = {0};
    lv_bytes pem = lv_identity_certificate_pem(w->b.identity);
    assert_int_equal(lv_buffer_append(&doubled, pem.data, pem.len), LV_OK);
    assert_int_equal(lv_buffer_append(&doubled, pem.data, pem.len), LV_OK);
    lv_buffer bad[] = {
        claim("BMSP", (lv_bytes){0}),
        claim("BMSP", text_bytes("-----BEGIN CERTIFICATE-----")),
        claim("BMSP", lv_identity_certificate(w->b.identity)), /* DER where PEM belongs */
        claim("BMSP", lv_buffer_view(&doubled)),
        claim("", pem),
        claim("B MSP", pem),
        claim("BMSP/..", pem),
        {0},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_held(w, &bad[i], "client", LV_INVALID, "");
        lv_buffer_free(&bad[i]);
    }
    lv_buffer_free(&doubled);
}

static void test_an_expired_certificate_is_refused(void **state)
{
    fabric_world *w = *state;
    const char *msp = NULL;
    lv_buffer creator = creator_of(w->b.identity);
    const int64_t later = lv_clock_now() + (int64_t)31 * 86400;
    assert_int_equal(lv_creator_check(w->channel.trust, lv_buffer_view(&creator), later, "client",
                                      &msp, &w->err),
                     LV_INVALID);
    assert_non_null(strstr(w->err.text, "expired"));
    lv_buffer_free(&creator);
}

static lv_status check_signature(fabric_world *w, const lv_buffer *creator, const char *message,
                                 const lv_buffer *signature)
{
    const char *msp = "stale";
    lv_status status = lv_creator_check_signature(w->channel.trust, lv_buffer_view(creator),
                                                  lv_clock_now(), "peer", text_bytes(message),
                                                  lv_buffer_view(signature), &msp, &w->err);
    assert_int_equal(status == LV_OK, msp != NULL);
    return status;
}

static void test_a_signature_is_its_creators(void **state)
{
    fabric_world *w = *state;
    lv_buffer a = creator_of(w->peer_a);
    lv_buffer b = creator_of(w->peer_b);
    lv_buffer lie = claim("BMSP", lv_identity_certificate_pem(w->peer_a));
    lv_buffer client = creator_of(w->a.identity);
    lv_buffer signature = {0};
    assert_int_equal(lv_identity_sign_plain(w->peer_a, text_bytes("endorsed"), &signature, &w->err),
                     LV_OK);
    assert_int_equal(check_signature(w, &a, "endorsed", &signature), LV_OK);
    assert_int_equal(check_signature(w, &a, "endorseD", &signature), LV_INVALID);
    assert_int_equal(check_signature(w, &b, "endorsed", &signature), LV_INVALID);
    assert_int_equal(check_signature(w, &lie, "endorsed", &signature), LV_INVALID);
    assert_int_equal(check_signature(w, &client, "endorsed", &signature), LV_INVALID);
    signature.data[signature.len - 1] ^= 1;
    assert_int_equal(check_signature(w, &a, "endorsed", &signature), LV_INVALID);
    lv_buffer_free(&a);
    lv_buffer_free(&b);
    lv_buffer_free(&lie);
    lv_buffer_free(&client);
    lv_buffer_free(&signature);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_encoded_is_read_back),
        cmocka_unit_test(test_a_member_is_known_by_its_root),
        cmocka_unit_test(test_a_claim_of_another_organisation_is_refused),
        cmocka_unit_test(test_what_is_no_creator_is_refused),
        cmocka_unit_test(test_an_expired_certificate_is_refused),
        cmocka_unit_test(test_a_signature_is_its_creators),
    };
    return cmocka_run_group_tests(tests, fabric_world_setup, fabric_world_teardown);
}
