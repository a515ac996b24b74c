#include "identity/low_s.h"
#include "identity/x509.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <openssl/ec.h>
#include <openssl/x509v3.h>
#include <pthread.h>

static const int64_t NOW = 1767225600; /* 2026-01-01 */
static const int64_t DAY = 86400;
static const char DOMAIN[] = "lotveil/v1/quality";
static const char MESSAGE[] = "a record";

static const char *const HOSTS[] = {"node.b.example", "127.0.0.1", "::1"};

/* Two organisations, and a trust that knows the first and a third. */
typedef struct {
    lv_organisation b;
    lv_organisation other;
    lv_organisation c;
    lv_identity *identity;
    lv_trust *trust;
    lv_error err;
} world;

static lv_organisation_params params_of(const char *msp)
{
    return (lv_organisation_params){
        .msp_id = msp, .hosts = HOSTS, .host_count = 3, .days = 30, .not_before = NOW};
}

static lv_identity *load(const char *msp, const lv_buffer *certificate, const lv_buffer *key)
{
    lv_error err = {0};
    lv_identity *identity = NULL;
    lv_status status =
        lv_identity_load(msp, lv_buffer_view(certificate), lv_buffer_view(key), &identity, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, LV_OK);
    return identity;
}

static int setup(void **state)
{
    static world w;
    w = (world){0};
    lv_organisation_params b = params_of("BMSP");
    lv_organisation_params other = params_of("XMSP");
    lv_organisation_params c = params_of("CMSP");
    assert_int_equal(lv_organisation_create(&b, &w.b, &w.err), LV_OK);
    assert_int_equal(lv_organisation_create(&other, &w.other, &w.err), LV_OK);
    assert_int_equal(lv_organisation_create(&c, &w.c, &w.err), LV_OK);
    w.identity = load("BMSP", &w.b.certificate, &w.b.key);
    assert_int_equal(lv_trust_new(&w.trust), LV_OK);
    assert_int_equal(lv_trust_add(w.trust, "BMSP", lv_buffer_view(&w.b.ca_certificate), &w.err),
                     LV_OK);
    assert_int_equal(lv_trust_add(w.trust, "CMSP", lv_buffer_view(&w.c.ca_certificate), &w.err),
                     LV_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    lv_identity_free(w->identity);
    lv_trust_free(w->trust);
    lv_organisation_wipe(&w->b);
    lv_organisation_wipe(&w->other);
    lv_organisation_wipe(&w->c);
    return 0;
}

static void expect_certificate(world *w, lv_bytes der, int64_t time, lv_status status,
                               const char *words)
{
    const char *msp = "stale";
    assert_int_equal(lv_trust_check_certificate(w->trust, der, time, &msp, &w->err), status);
    if (status == LV_OK) {
        assert_string_equal(msp, words);
        return;
    }
    assert_null(msp);
    if (strstr(w->err.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", w->err.text, words);
    }
}

static lv_status check(world *w, const char *domain, const char *message, lv_bytes signature)
{
    const char *msp = "stale";
    lv_status status =
        lv_trust_check_signature(w->trust, lv_identity_certificate(w->identity), NOW, domain,
                                 lv_bytes_of_text(message), signature, &msp, &w->err);
    if (status == LV_OK) {
        assert_string_equal(msp, "BMSP");
    } else {
        assert_null(msp);
    }
    return status;
}

static void sign(world *w, lv_buffer *signature)
{
    assert_int_equal(
        lv_identity_sign(w->identity, DOMAIN, lv_bytes_of_text(MESSAGE), signature, &w->err),
        LV_OK);
}

static void test_a_signature_holds_and_nothing_else_does(void **state)
{
    world *w = *state;
    lv_buffer signature = {0};
    sign(w, &signature);
    lv_bytes view = lv_buffer_view(&signature);
    assert_int_equal(check(w, DOMAIN, MESSAGE, view), LV_OK);
    assert_int_equal(check(w, DOMAIN, "b record", view), LV_INVALID);
    assert_int_equal(check(w, DOMAIN, "a recor", view), LV_INVALID);
    assert_int_equal(check(w, "lotveil/v1/xor", MESSAGE, view), LV_INVALID);
    assert_int_equal(check(w, "lotveil/v1/qualit", MESSAGE, view), LV_INVALID);
    assert_int_equal(check(w, "", "", view), LV_INVALID);
    for (size_t i = 0; i < signature.len; i++) {
        signature.data[i] ^= 1;
        assert_int_equal(check(w, DOMAIN, MESSAGE, view), LV_INVALID);
        signature.data[i] ^= 1;
    }
    for (size_t len = 0; len < signature.len; len++) {
        assert_int_equal(check(w, DOMAIN, MESSAGE, (lv_bytes){signature.data, len}), LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&signature, "", 1), LV_OK);
    assert_int_equal(check(w, DOMAIN, MESSAGE, lv_buffer_view(&signature)), LV_INVALID);
    lv_buffer_free(&signature);
}

static void test_an_empty_message_can_be_signed(void **state)
{
    world *w = *state;
    lv_buffer signature = {0};
    assert_int_equal(lv_identity_sign(w->identity, DOMAIN, (lv_bytes){0}, &signature, &w->err),
                     LV_OK);
    assert_int_equal(check(w, DOMAIN, "", lv_buffer_view(&signature)), LV_OK);
    assert_int_equal(check(w, DOMAIN, " ", lv_buffer_view(&signature)), LV_INVALID);
    lv_buffer_free(&signature);
}

/* The hash is over domain, NUL, bytes, and not over something else that happens to agree. */
static void test_what_is_hashed(void **state)
{
    world *w = *state;
    lv_buffer signature = {0};
    X509 *certificate = NULL;
    char joined[64];
    sign(w, &signature);
    assert_int_equal(lv_x509_from_der(lv_identity_certificate(w->identity), &certificate, &w->err),
                     LV_OK);
    size_t len = (size_t)snprintf(joined, sizeof joined, "%s%c%s", DOMAIN, '\0', MESSAGE);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    assert_int_equal(
        EVP_DigestVerifyInit(digest, NULL, EVP_sha256(), NULL, X509_get0_pubkey(certificate)), 1);
    assert_int_equal(
        EVP_DigestVerify(digest, signature.data, signature.len, (const unsigned char *)joined, len),
        1);
    EVP_MD_CTX_free(digest);
    X509_free(certificate);
    lv_buffer_free(&signature);
}

/* n - s in place of s: as valid as before in plain ECDSA. */
static void make_high(const lv_buffer *low, lv_buffer *high)
{
    const uint8_t *at = low->data;
    uint8_t *der = NULL;
    BIGNUM *order = NULL;
    assert_true(
        BN_hex2bn(&order, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551") > 0);
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &at, (long)low->len);
    assert_non_null(signature);
    BIGNUM *r = BN_dup(ECDSA_SIG_get0_r(signature));
    assert_int_equal(BN_sub(order, order, ECDSA_SIG_get0_s(signature)), 1);
    assert_int_equal(ECDSA_SIG_set0(signature, r, order), 1);
    int len = i2d_ECDSA_SIG(signature, &der);
    assert_true(len > 0);
    assert_int_equal(lv_buffer_append(high, der, (size_t)len), LV_OK);
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
}

static void test_high_s_is_refused(void **state)
{
    world *w = *state;
    for (int i = 0; i < 8; i++) {
        lv_buffer low = {0};
        lv_buffer high = {0};
        lv_buffer again = {0};
        sign(w, &low);
        assert_true(lv_low_s_is_canonical(lv_buffer_view(&low)));
        make_high(&low, &high);
        assert_false(lv_low_s_is_canonical(lv_buffer_view(&high)));
        assert_int_equal(check(w, DOMAIN, MESSAGE, lv_buffer_view(&high)), LV_INVALID);
        assert_non_null(strstr(w->err.text, "low S"));
        assert_int_equal(lv_low_s_normalise(lv_buffer_view(&high), &again), LV_OK);
        assert_true(lv_bytes_equal(lv_buffer_view(&again), lv_buffer_view(&low)));
        lv_buffer_free(&low);
        lv_buffer_free(&high);
        lv_buffer_free(&again);
    }
}

static void test_der_that_is_not_minimal_is_refused(void **state)
{
    (void)state;
    const uint8_t good[] = {0x30, 6, 2, 1, 1, 2, 1, 1};
    const uint8_t long_form[] = {0x30, 0x81, 6, 2, 1, 1, 2, 1, 1};
    const uint8_t padded[] = {0x30, 7, 2, 2, 0, 1, 2, 1, 1};
    const uint8_t negative[] = {0x30, 6, 2, 1, 1, 2, 1, 0xff};
    const uint8_t trailing[] = {0x30, 6, 2, 1, 1, 2, 1, 1, 0};
    assert_true(lv_low_s_is_canonical((lv_bytes){good, sizeof good}));
    assert_false(lv_low_s_is_canonical((lv_bytes){long_form, sizeof long_form}));
    assert_false(lv_low_s_is_canonical((lv_bytes){padded, sizeof padded}));
    assert_false(lv_low_s_is_canonical((lv_bytes){negative, sizeof negative}));
    assert_false(lv_low_s_is_canonical((lv_bytes){trailing, sizeof trailing}));
}

static void test_a_certificate_is_mapped_to_its_organisation(void **state)
{
    world *w = *state;
    lv_identity *c = load("CMSP", &w->c.certificate, &w->c.key);
    expect_certificate(w, lv_identity_certificate(w->identity), NOW, LV_OK, "BMSP");
    expect_certificate(w, lv_identity_certificate(c), NOW, LV_OK, "CMSP");
    lv_identity_free(c);
}

static void test_validity_is_held_against_the_time_given(void **state)
{
    world *w = *state;
    lv_bytes der = lv_identity_certificate(w->identity);
    expect_certificate(w, der, NOW + 30 * DAY - 1, LV_OK, "BMSP");
    expect_certificate(w, der, NOW + 30 * DAY + 1, LV_INVALID, "has expired");
    expect_certificate(w, der, NOW - 1, LV_INVALID, "not yet valid");
    expect_certificate(w, der, 0, LV_INVALID, "not yet valid");
    expect_certificate(w, der, LV_TIME_ANY, LV_OK, "BMSP");
}

/* A certificate that any clock finds expired holds where no clock is asked. */
static void test_any_time_asks_no_clock(void **state)
{
    world *w = *state;
    lv_organisation_params old = params_of("BMSP");
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    old.not_before = NOW - 9000 * DAY;
    assert_int_equal(lv_organisation_issue(&old, lv_buffer_view(&w->b.ca_certificate),
                                           lv_buffer_view(&w->b.ca_key), &certificate, &key,
                                           &w->err),
                     LV_OK);
    lv_identity *expired = load("BMSP", &certificate, &key);
    expect_certificate(w, lv_identity_certificate(expired), LV_TIME_ANY, LV_OK, "BMSP");
    expect_certificate(w, lv_identity_certificate(expired), NOW, LV_INVALID, "has expired");
    lv_identity_free(expired);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
}

static void test_a_foreign_root_is_refused(void **state)
{
    world *w = *state;
    lv_identity *foreign = load("XMSP", &w->other.certificate, &w->other.key);
    expect_certificate(w, lv_identity_certificate(foreign), NOW, LV_INVALID, "no member's root");
    expect_certificate(w, lv_identity_certificate(foreign), LV_TIME_ANY, LV_INVALID, "CN=ca.XMSP");
    lv_identity_free(foreign);
}

/* Another root that took the member's name, key identifiers aside. */
static void test_a_root_of_the_same_name_is_refused(void **state)
{
    world *w = *state;
    lv_organisation_params params = params_of("BMSP");
    lv_organisation twin = {0};
    assert_int_equal(lv_organisation_create(&params, &twin, &w->err), LV_OK);
    lv_identity *identity = load("BMSP", &twin.certificate, &twin.key);
    expect_certificate(w, lv_identity_certificate(identity), NOW, LV_INVALID, "no member's root");

    /* Both known, under different ids: told apart. */
    assert_int_equal(lv_trust_add(w->trust, "TWIN", lv_buffer_view(&twin.ca_certificate), &w->err),
                     LV_OK);
    expect_certificate(w, lv_identity_certificate(identity), NOW, LV_OK, "TWIN");
    expect_certificate(w, lv_identity_certificate(w->identity), NOW, LV_OK, "BMSP");
    lv_identity_free(identity);
    lv_organisation_wipe(&twin);
}

static void test_every_tampered_certificate_is_refused(void **state)
{
    world *w = *state;
    lv_buffer copy = {0};
    lv_bytes der = lv_identity_certificate(w->identity);
    assert_int_equal(lv_buffer_append(&copy, der.data, der.len), LV_OK);
    for (size_t i = 0; i < copy.len; i++) {
        const char *msp = NULL;
        copy.data[i] ^= 1;
        lv_status status =
            lv_trust_check_certificate(w->trust, lv_buffer_view(&copy), NOW, &msp, &w->err);
        assert_int_equal(status, LV_INVALID);
        copy.data[i] ^= 1;
    }
    for (size_t len = 0; len < copy.len; len += 7) {
        expect_certificate(w, (lv_bytes){copy.data, len}, NOW, LV_INVALID, "certificate");
    }
    assert_int_equal(lv_buffer_append(&copy, "", 1), LV_OK);
    expect_certificate(w, lv_buffer_view(&copy), NOW, LV_INVALID, "DER");
    lv_buffer_free(&copy);
    uint8_t *place = NULL;
    assert_int_equal(lv_buffer_extend(&copy, LV_CERTIFICATE_MAX + 1, &place), LV_OK);
    expect_certificate(w, lv_buffer_view(&copy), NOW, LV_INVALID, "more than");
    lv_buffer_free(&copy);
}

static void expect_unit(world *w, const char *unit, lv_status status, const char *words)
{
    lv_organisation_params params = params_of("BMSP");
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    params.unit = unit;
    assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&w->b.ca_certificate),
                                           lv_buffer_view(&w->b.ca_key), &certificate, &key,
                                           &w->err),
                     LV_OK);
    lv_identity *identity = load("BMSP", &certificate, &key);
    expect_certificate(w, lv_identity_certificate(identity), NOW, status, words);
    lv_identity_free(identity);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
}

static lv_status check_unit(world *w, lv_bytes der, const char *unit, const char **msp)
{
    *msp = "stale";
    return lv_trust_check_unit(w->trust, der, NOW, unit, msp, &w->err);
}

static void test_a_certificate_acts_for_its_own_unit_alone(void **state)
{
    static const char *const units[] = {"client", "admin", "peer", "orderer"};
    world *w = *state;
    for (size_t is = 0; is < 4; is++) {
        lv_organisation_params params = params_of("BMSP");
        lv_buffer certificate = {0};
        lv_buffer key = {0};
        params.unit = units[is];
        assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&w->b.ca_certificate),
                                               lv_buffer_view(&w->b.ca_key), &certificate, &key,
                                               &w->err),
                         LV_OK);
        lv_identity *identity = load("BMSP", &certificate, &key);
        for (size_t as = 0; as < 4; as++) {
            const char *msp = NULL;
            bool may = is == as || (is == 1 && as == 0); /* an admin may do what a client may */
            assert_int_equal(check_unit(w, lv_identity_certificate(identity), units[as], &msp),
                             may ? LV_OK : LV_INVALID);
            if (may) {
                assert_string_equal(msp, "BMSP");
            } else {
                assert_null(msp);
                assert_non_null(strstr(w->err.text, "wrong role"));
            }
        }
        lv_identity_free(identity);
        lv_buffer_free(&certificate);
        lv_buffer_wipe(&key);
    }
}

static lv_status check_plain(world *w, const char *unit, lv_bytes bytes, lv_bytes signature)
{
    const char *msp = "stale";
    lv_status status = lv_trust_check_plain(w->trust, lv_identity_certificate(w->identity), NOW,
                                            unit, bytes, signature, &msp, &w->err);
    if (status == LV_OK) {
        assert_string_equal(msp, "BMSP");
    } else {
        assert_null(msp);
    }
    return status;
}

static void test_a_plain_signature_holds_and_nothing_else_does(void **state)
{
    world *w = *state;
    lv_buffer signature = {0};
    const lv_bytes message = lv_bytes_of_text(MESSAGE);
    assert_int_equal(lv_identity_sign_plain(w->identity, message, &signature, &w->err), LV_OK);
    const lv_bytes view = lv_buffer_view(&signature);
    assert_true(lv_low_s_is_canonical(view));
    assert_int_equal(check_plain(w, "client", message, view), LV_OK);
    assert_int_equal(check_plain(w, "peer", message, view), LV_INVALID);
    assert_int_equal(check_plain(w, "client", lv_bytes_of_text("b record"), view), LV_INVALID);
    assert_int_equal(check_plain(w, "client", (lv_bytes){0}, view), LV_INVALID);
    assert_int_equal(check(w, DOMAIN, MESSAGE, view), LV_INVALID);
    assert_int_equal(check(w, "", MESSAGE, view), LV_INVALID);
    for (size_t i = 0; i < signature.len; i++) {
        signature.data[i] ^= 1;
        assert_int_equal(check_plain(w, "client", message, view), LV_INVALID);
        signature.data[i] ^= 1;
    }
    lv_buffer high = {0};
    make_high(&signature, &high);
    assert_int_equal(check_plain(w, "client", message, lv_buffer_view(&high)), LV_INVALID);
    lv_buffer_free(&high);
    lv_buffer_free(&signature);
}

/* A plain signature hashes the bytes alone, so those of a domain and a record must not be given. */
static void test_no_plain_signature_can_pass_for_a_records(void **state)
{
    world *w = *state;
    lv_buffer signature = {0};
    char joined[64];
    size_t len = (size_t)snprintf(joined, sizeof joined, "%s%c%s", DOMAIN, '\0', MESSAGE);
    const lv_bytes bytes = {.data = (const uint8_t *)joined, .len = len};
    assert_int_equal(lv_identity_sign_plain(w->identity, bytes, &signature, &w->err),
                     LV_E_ARGUMENT);
    assert_int_equal(signature.len, 0);
    /* what it is kept from: with the domain before it, it is the very same hash */
    sign(w, &signature);
    assert_int_equal(check_plain(w, "client", bytes, lv_buffer_view(&signature)), LV_OK);
    lv_buffer_free(&signature);
}

static void test_only_clients_and_admins_may_sign(void **state)
{
    world *w = *state;
    expect_unit(w, "client", LV_OK, "BMSP");
    expect_unit(w, "admin", LV_OK, "BMSP");
    expect_unit(w, "peer", LV_INVALID, "wrong role");
    expect_unit(w, "orderer", LV_INVALID, "wrong role");
    expect_unit(w, "Client", LV_INVALID, "wrong role");
    expect_unit(w, "clients", LV_INVALID, "wrong role");
}

static void test_a_root_is_no_leaf(void **state)
{
    world *w = *state;
    lv_identity *root = load("BMSP", &w->b.ca_certificate, &w->b.ca_key);
    expect_certificate(w, lv_identity_certificate(root), NOW, LV_INVALID, "CA certificate");
    lv_identity_free(root);
}

static void test_a_leaf_issues_nothing(void **state)
{
    world *w = *state;
    lv_organisation_params params = params_of("BMSP");
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&w->b.certificate),
                                           lv_buffer_view(&w->b.key), &certificate, &key, &w->err),
                     LV_OK);
    lv_identity *grandchild = load("BMSP", &certificate, &key);
    expect_certificate(w, lv_identity_certificate(grandchild), NOW, LV_INVALID, "no member's root");
    lv_identity_free(grandchild);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    assert_int_equal(lv_trust_add(w->trust, "LEAF", lv_buffer_view(&w->b.certificate), &w->err),
                     LV_INVALID);
    assert_non_null(strstr(w->err.text, "no CA"));
}

/* A self-signed certificate with another kind of key, and that key in PEM. */
static void make_other_key(EVP_PKEY *key, lv_buffer *certificate_pem, lv_buffer *key_pem)
{
    lv_error err = {0};
    X509 *certificate = X509_new();
    X509_NAME *name = X509_get_subject_name(certificate);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC,
                                                (const unsigned char *)"client", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_non_null(ASN1_TIME_set(X509_getm_notBefore(certificate), NOW));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(certificate), NOW + DAY));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    assert_int_equal(lv_x509_to_pem(certificate, certificate_pem, &err), LV_OK);
    assert_int_equal(lv_key_to_pem(key, key_pem, &err), LV_OK);
    X509_free(certificate);
}

static void expect_other_key(world *w, EVP_PKEY *key)
{
    lv_buffer certificate_pem = {0};
    lv_buffer key_pem = {0};
    lv_identity *identity = NULL;
    X509 *certificate = NULL;
    uint8_t *der = NULL;
    assert_non_null(key);
    make_other_key(key, &certificate_pem, &key_pem);
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&certificate_pem),
                                      lv_buffer_view(&key_pem), &identity, &w->err),
                     LV_INVALID);
    assert_null(identity);
    assert_non_null(strstr(w->err.text, "P-256"));

    assert_int_equal(lv_x509_from_pem(lv_buffer_view(&certificate_pem), &certificate, &w->err),
                     LV_OK);
    int len = i2d_X509(certificate, &der);
    assert_true(len > 0);
    expect_certificate(w, (lv_bytes){der, (size_t)len}, NOW, LV_INVALID, "P-256");
    OPENSSL_free(der);
    X509_free(certificate);
    lv_buffer_free(&certificate_pem);
    lv_buffer_wipe(&key_pem);
    EVP_PKEY_free(key);
}

static void test_other_kinds_of_keys_are_refused(void **state)
{
    world *w = *state;
    expect_other_key(w, EVP_EC_gen("P-384"));
    expect_other_key(w, EVP_RSA_gen(2048));
    expect_other_key(w, EVP_EC_gen("secp256k1"));
}

static void test_a_key_must_belong_to_its_certificate(void **state)
{
    world *w = *state;
    lv_identity *identity = NULL;
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&w->b.certificate),
                                      lv_buffer_view(&w->other.key), &identity, &w->err),
                     LV_INVALID);
    assert_null(identity);
    assert_non_null(strstr(w->err.text, "belong together"));
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&w->b.key), lv_buffer_view(&w->b.key),
                                      &identity, &w->err),
                     LV_E_SYNTAX);
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&w->b.certificate),
                                      lv_bytes_of_text("nothing"), &identity, &w->err),
                     LV_E_SYNTAX);
    assert_int_equal(lv_identity_load("../BMSP", lv_buffer_view(&w->b.certificate),
                                      lv_buffer_view(&w->b.key), &identity, &w->err),
                     LV_E_ARGUMENT);
}

static void test_two_certificates_in_one_file_are_refused(void **state)
{
    world *w = *state;
    lv_buffer both = {0};
    X509 *certificate = NULL;
    assert_int_equal(lv_buffer_append(&both, w->b.certificate.data, w->b.certificate.len), LV_OK);
    assert_int_equal(lv_buffer_append(&both, "\n \n", 3), LV_OK);
    assert_int_equal(lv_x509_from_pem(lv_buffer_view(&both), &certificate, &w->err), LV_OK);
    X509_free(certificate);
    assert_int_equal(lv_buffer_append(&both, w->c.certificate.data, w->c.certificate.len), LV_OK);
    assert_int_equal(lv_x509_from_pem(lv_buffer_view(&both), &certificate, &w->err), LV_E_SYNTAX);
    assert_null(certificate);
    lv_buffer_free(&both);
}

static void test_members_are_told_apart(void **state)
{
    world *w = *state;
    assert_int_equal(
        lv_trust_add(w->trust, "BMSP", lv_buffer_view(&w->other.ca_certificate), &w->err),
        LV_EXISTS);
    assert_int_equal(lv_trust_add(w->trust, "ZMSP", lv_buffer_view(&w->b.ca_certificate), &w->err),
                     LV_EXISTS);
    assert_non_null(strstr(w->err.text, "BMSP"));
    assert_int_equal(lv_trust_add(w->trust, "a b", lv_buffer_view(&w->b.ca_certificate), &w->err),
                     LV_E_ARGUMENT);
    assert_true(
        lv_bytes_equal(lv_trust_root(w->trust, "BMSP"), lv_buffer_view(&w->b.ca_certificate)));
    assert_int_equal(lv_trust_root(w->trust, "ZMSP").len, 0);
    assert_string_equal(lv_trust_member(w->trust, 0), "BMSP");
    assert_string_equal(lv_trust_member(w->trust, 1), "CMSP");
    assert_null(lv_trust_member(w->trust, 2));
}

static bool has_host(X509 *certificate, const char *host, bool address)
{
    return address ? X509_check_ip_asc(certificate, host, 0) == 1
                   : X509_check_host(certificate, host, 0, 0, NULL) == 1;
}

static void test_what_stands_in_a_certificate(void **state)
{
    world *w = *state;
    X509 *leaf = NULL;
    X509 *root = NULL;
    assert_int_equal(lv_x509_from_pem(lv_buffer_view(&w->b.certificate), &leaf, &w->err), LV_OK);
    assert_int_equal(lv_x509_from_pem(lv_buffer_view(&w->b.ca_certificate), &root, &w->err), LV_OK);
    assert_true(has_host(leaf, "node.b.example", false));
    assert_false(has_host(leaf, "node.c.example", false));
    assert_true(has_host(leaf, "127.0.0.1", true));
    assert_true(has_host(leaf, "::1", true));
    assert_false(has_host(leaf, "127.0.0.2", true));
    assert_int_equal(X509_get_extension_flags(leaf) & EXFLAG_CA, 0);
    assert_int_equal(X509_get_key_usage(leaf), KU_DIGITAL_SIGNATURE);
    assert_int_equal(X509_get_extended_key_usage(leaf), XKU_SSL_SERVER | XKU_SSL_CLIENT);
    assert_int_equal(X509_get_key_usage(root), KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    assert_int_equal(X509_check_ca(root), 1);
    assert_non_null(X509_get0_subject_key_id(root));
    assert_int_equal(
        ASN1_OCTET_STRING_cmp(X509_get0_subject_key_id(root), X509_get0_authority_key_id(leaf)), 0);
    assert_int_equal(ASN1_STRING_length(X509_get0_serialNumber(leaf)), 16);
    assert_int_not_equal(
        ASN1_INTEGER_cmp(X509_get0_serialNumber(leaf), X509_get0_serialNumber(root)), 0);
    X509_free(leaf);
    X509_free(root);
}

static void test_bad_parameters_are_refused(void **state)
{
    world *w = *state;
    lv_organisation made = {0};
    const char *const bad_hosts[] = {"", "a b", "a,DNS:evil.example", "*", "x\n"};
    for (size_t i = 0; i < sizeof bad_hosts / sizeof bad_hosts[0]; i++) {
        lv_organisation_params params = params_of("BMSP");
        params.hosts = &bad_hosts[i];
        params.host_count = 1;
        assert_int_equal(lv_organisation_create(&params, &made, &w->err), LV_E_ARGUMENT);
    }
    lv_organisation_params none = params_of("");
    assert_int_equal(lv_organisation_create(&none, &made, &w->err), LV_E_ARGUMENT);
    lv_organisation_params never = params_of("BMSP");
    never.days = 0;
    assert_int_equal(lv_organisation_create(&never, &made, &w->err), LV_E_ARGUMENT);
    assert_null(made.ca_key.data);
}

static void test_issuing_needs_the_roots_own_key(void **state)
{
    world *w = *state;
    lv_organisation_params params = params_of("BMSP");
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&w->b.ca_certificate),
                                           lv_buffer_view(&w->other.ca_key), &certificate, &key,
                                           &w->err),
                     LV_INVALID);
    assert_null(certificate.data);
    assert_null(key.data);
}

static void *check_many(void *context)
{
    world *w = context;
    size_t failed = 0;
    for (int i = 0; i < 20; i++) {
        const char *msp = NULL;
        lv_buffer signature = {0};
        bool good = lv_identity_sign(w->identity, DOMAIN, lv_bytes_of_text(MESSAGE), &signature,
                                     NULL) == LV_OK &&
                    lv_trust_check_signature(w->trust, lv_identity_certificate(w->identity), NOW,
                                             DOMAIN, lv_bytes_of_text(MESSAGE),
                                             lv_buffer_view(&signature), &msp, NULL) == LV_OK;
        failed += good ? 0 : 1;
        lv_buffer_free(&signature);
    }
    return failed == 0 ? NULL : context;
}

static void test_several_threads_sign_and_check(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, check_many, *state), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_a_signature_holds_and_nothing_else_does),
        WORLD(test_an_empty_message_can_be_signed),
        WORLD(test_what_is_hashed),
        WORLD(test_high_s_is_refused),
        WORLD(test_der_that_is_not_minimal_is_refused),
        WORLD(test_a_certificate_is_mapped_to_its_organisation),
        WORLD(test_validity_is_held_against_the_time_given),
        WORLD(test_any_time_asks_no_clock),
        WORLD(test_a_foreign_root_is_refused),
        WORLD(test_a_root_of_the_same_name_is_refused),
        WORLD(test_every_tampered_certificate_is_refused),
        WORLD(test_only_clients_and_admins_may_sign),
        WORLD(test_a_certificate_acts_for_its_own_unit_alone),
        WORLD(test_a_plain_signature_holds_and_nothing_else_does),
        WORLD(test_no_plain_signature_can_pass_for_a_records),
        WORLD(test_a_root_is_no_leaf),
        WORLD(test_a_leaf_issues_nothing),
        WORLD(test_other_kinds_of_keys_are_refused),
        WORLD(test_a_key_must_belong_to_its_certificate),
        WORLD(test_two_certificates_in_one_file_are_refused),
        WORLD(test_members_are_told_apart),
        WORLD(test_what_stands_in_a_certificate),
        WORLD(test_bad_parameters_are_refused),
        WORLD(test_issuing_needs_the_roots_own_key),
        WORLD(test_several_threads_sign_and_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
