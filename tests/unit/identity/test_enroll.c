/* What goes between an organisation and its CA: requests, tokens, and certificates that are not
 * what was asked for. */
#include "base/base64.h"
#include "identity/enroll.h"
#include "identity/hosts.h"
#include "identity/low_s.h"
#include "identity/x509.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <openssl/pem.h>

static const int64_t NOW = 1767225600; /* 2026-01-01 */
static const int64_t DAY = 86400;
static const char *const HOSTS[] = {"node.b.example", "127.0.0.1", "::1"};
static const lv_enroll_subject SUBJECT = {
    .user = "node.BMSP", .msp_id = "BMSP", .hosts = HOSTS, .host_count = 3};

/* A CA and what it issues. */
typedef struct {
    lv_organisation ca;
    lv_organisation other;
    lv_error err;
} world;

static lv_organisation_params params_of(const char *msp)
{
    return (lv_organisation_params){
        .msp_id = msp, .hosts = HOSTS, .host_count = 3, .days = 30, .not_before = NOW};
}

static int setup(void **state)
{
    static world w;
    w = (world){0};
    lv_organisation_params params = params_of("BMSP");
    assert_int_equal(lv_organisation_create(&params, &w.ca, &w.err), LV_OK);
    assert_int_equal(lv_organisation_create(&params, &w.other, &w.err), LV_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    lv_organisation_wipe(&w->ca);
    lv_organisation_wipe(&w->other);
    return 0;
}

/* ---- requests ---- */

static X509_REQ *read_request(const lv_buffer *pem)
{
    BIO *bio = BIO_new_mem_buf(pem->data, (int)pem->len);
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, NULL, NULL);
    assert_non_null(request);
    BIO_free(bio);
    return request;
}

static void test_a_request_says_what_is_asked_for(void **state)
{
    world *w = *state;
    lv_buffer csr = {0};
    lv_buffer key_pem = {0};
    EVP_PKEY *key = NULL;
    char text[LV_NAME_TEXT_MAX];
    assert_int_equal(lv_enroll_request(&SUBJECT, &csr, &key_pem, &w->err), LV_OK);
    assert_int_equal(lv_key_from_pem(lv_buffer_view(&key_pem), &key, &w->err), LV_OK);
    assert_true(lv_key_is_p256(key));
    X509_REQ *request = read_request(&csr);
    assert_int_equal(X509_REQ_verify(request, key), 1);
    lv_x509_name_text(X509_REQ_get_subject_name(request), text);
    assert_string_equal(text, "CN=node.BMSP,O=BMSP");

    STACK_OF(X509_EXTENSION) *extensions = X509_REQ_get_extensions(request);
    GENERAL_NAMES *names = X509V3_get_d2i(extensions, NID_subject_alt_name, NULL, NULL);
    assert_int_equal(sk_GENERAL_NAME_num(names), 3);
    assert_int_equal(sk_GENERAL_NAME_value(names, 0)->type, GEN_DNS);
    assert_int_equal(sk_GENERAL_NAME_value(names, 1)->type, GEN_IPADD);
    GENERAL_NAMES_free(names);
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    lv_buffer_free(&csr);
    lv_buffer_wipe(&key_pem);
}

static void test_every_request_has_a_key_of_its_own(void **state)
{
    world *w = *state;
    lv_buffer csr[2] = {{0}};
    lv_buffer key[2] = {{0}};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(lv_enroll_request(&SUBJECT, &csr[i], &key[i], &w->err), LV_OK);
    }
    assert_false(lv_bytes_equal(lv_buffer_view(&key[0]), lv_buffer_view(&key[1])));
    for (size_t i = 0; i < 2; i++) {
        lv_buffer_free(&csr[i]);
        lv_buffer_wipe(&key[i]);
    }
}

static void expect_no_request(world *w, lv_enroll_subject subject, const char *words)
{
    lv_buffer csr = {0};
    lv_buffer key = {0};
    assert_int_equal(lv_enroll_request(&subject, &csr, &key, &w->err), LV_E_ARGUMENT);
    assert_non_null(strstr(w->err.text, words));
    assert_int_equal(csr.len + key.len, 0);
    lv_buffer_free(&csr);
    lv_buffer_wipe(&key);
}

static void test_a_request_for_nobody_is_refused(void **state)
{
    world *w = *state;
    char longest[LV_ENROLL_USER_MAX + 2];
    memset(longest, 'u', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const users[] = {"", "a:b", "a b", "a\nb", "\xc3\xa4", longest};
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        lv_enroll_subject subject = SUBJECT;
        subject.user = users[i];
        expect_no_request(w, subject, "user");
    }
    const char *const hosts[] = {"", "a,DNS:evil", "a b", "*"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        lv_enroll_subject subject = SUBJECT;
        subject.hosts = &hosts[i];
        subject.host_count = 1;
        expect_no_request(w, subject, "host 1");
    }
    lv_enroll_subject subject = SUBJECT;
    subject.msp_id = "B MSP";
    expect_no_request(w, subject, "MSP");
}

static void test_hosts_of_a_certificate_are_read_back(void **state)
{
    world *w = *state;
    lv_identity *identity = NULL;
    lv_hosts hosts;
    char user[LV_ENROLL_USER_MAX + 1];
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&w->ca.certificate),
                                      lv_buffer_view(&w->ca.key), &identity, &w->err),
                     LV_OK);
    assert_int_equal(lv_hosts_read(lv_identity_certificate(identity), &hosts, &w->err), LV_OK);
    assert_int_equal(hosts.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(hosts.names[i], HOSTS[i]);
    }
    lv_hosts_free(&hosts);
    assert_int_equal(lv_enroll_user(lv_identity_certificate(identity), user, &w->err), LV_OK);
    assert_string_equal(user, "node.BMSP");

    lv_bytes cut = lv_identity_certificate(identity);
    cut.len--;
    assert_int_equal(lv_hosts_read(cut, &hosts, &w->err), LV_E_SYNTAX);
    assert_int_equal(hosts.count, 0);
    assert_int_equal(lv_enroll_user(cut, user, &w->err), LV_E_SYNTAX);
    assert_string_equal(user, "");
    lv_identity_free(identity);
}

/* ---- tokens ---- */

/* The CA's side: takes the token apart and verifies the signature over what it was asked. */
static bool token_holds(const lv_identity *identity, const char *token, const char *told)
{
    lv_buffer signature = {0};
    EVP_PKEY *key = NULL;
    const char *dot = strchr(token, '.');
    assert_non_null(dot);
    assert_int_equal(lv_base64_decode(dot + 1, &signature), LV_OK);
    assert_true(lv_low_s_is_canonical(lv_buffer_view(&signature)));
    assert_int_equal(lv_key_from_pem(lv_identity_key_pem(identity), &key, NULL), LV_OK);
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    bool holds = EVP_DigestVerifyInit_ex(digest, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                 EVP_DigestVerify(digest, signature.data, signature.len,
                                  (const unsigned char *)told, strlen(told)) == 1;
    EVP_MD_CTX_free(digest);
    EVP_PKEY_free(key);
    lv_buffer_free(&signature);
    return holds;
}

static void test_a_token_signs_what_is_asked(void **state)
{
    world *w = *state;
    lv_identity *identity = NULL;
    lv_buffer token = {0};
    lv_buffer told = {0};
    lv_buffer certificate = {0};
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&w->ca.certificate),
                                      lv_buffer_view(&w->ca.key), &identity, &w->err),
                     LV_OK);
    assert_int_equal(lv_enroll_token(identity, "POST", "/api/v1/reenroll", lv_bytes_of_text("{}"),
                                     &token, &w->err),
                     LV_OK);
    assert_int_equal(lv_base64_encode(lv_identity_certificate_pem(identity), &certificate), LV_OK);
    assert_true(strncmp(lv_buffer_text(&token), lv_buffer_text(&certificate), certificate.len) ==
                0);
    assert_int_equal(
        lv_buffer_printf(&told, "POST.L2FwaS92MS9yZWVucm9sbA==.e30=.%s", certificate.data), LV_OK);
    assert_true(token_holds(identity, lv_buffer_text(&token), lv_buffer_text(&told)));
    told.data[0] = 'G';
    assert_false(token_holds(identity, lv_buffer_text(&token), lv_buffer_text(&told)));
    lv_buffer_free(&token);
    lv_buffer_free(&told);
    lv_buffer_free(&certificate);
    lv_identity_free(identity);
}

/* ---- what a CA may send ---- */

static lv_status check(world *w, const lv_enroll_subject *subject, const lv_buffer *certificate,
                       const lv_buffer *key, int64_t time)
{
    lv_identity *identity = (lv_identity *)&w->err; /* stale; must be replaced */
    lv_status status =
        lv_enroll_check(subject, lv_buffer_view(certificate), lv_buffer_view(key),
                        lv_buffer_view(&w->ca.ca_certificate), time, &identity, &w->err);
    assert_true((identity != NULL) == (status == LV_OK));
    lv_identity_free(identity);
    return status;
}

static void expect_refused(world *w, lv_status status, const char *words)
{
    assert_int_equal(status, LV_INVALID);
    if (strstr(w->err.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", w->err.text, words);
    }
}

static void test_what_was_asked_for_is_taken(void **state)
{
    world *w = *state;
    assert_int_equal(check(w, &SUBJECT, &w->ca.certificate, &w->ca.key, NOW + DAY), LV_OK);
}

static void test_another_certificate_is_refused(void **state)
{
    world *w = *state;
    const lv_buffer *certificate = &w->ca.certificate;
    const lv_buffer *key = &w->ca.key;
    expect_refused(w, check(w, &SUBJECT, certificate, &w->other.key, NOW), "belong together");
    expect_refused(w, check(w, &SUBJECT, &w->other.certificate, &w->other.key, NOW), "root");
    expect_refused(w, check(w, &SUBJECT, certificate, key, NOW + 31 * DAY), "expired");
    expect_refused(w, check(w, &SUBJECT, certificate, key, NOW - DAY), "not yet valid");
    expect_refused(w, check(w, &SUBJECT, &w->ca.ca_certificate, &w->ca.ca_key, NOW), "CA");
    const lv_buffer nothing = {0};
    expect_refused(w, check(w, &SUBJECT, &nothing, key, NOW), "PEM");
}

static void test_a_certificate_for_somebody_else_is_refused(void **state)
{
    world *w = *state;
    const char *const more[] = {"node.b.example", "127.0.0.2"};
    lv_enroll_subject subject = SUBJECT;
    subject.user = "node.b";
    expect_refused(w, check(w, &subject, &w->ca.certificate, &w->ca.key, NOW), "issued to node.b");
    subject = SUBJECT;
    subject.hosts = more;
    subject.host_count = 2;
    expect_refused(w, check(w, &subject, &w->ca.certificate, &w->ca.key, NOW), "127.0.0.2");
}

static void test_a_certificate_of_another_unit_is_refused(void **state)
{
    world *w = *state;
    lv_organisation_params params = params_of("BMSP");
    params.unit = "peer";
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&w->ca.ca_certificate),
                                           lv_buffer_view(&w->ca.ca_key), &certificate, &key,
                                           &w->err),
                     LV_OK);
    expect_refused(w, check(w, &SUBJECT, &certificate, &key, NOW), "OU must be client");
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_a_request_says_what_is_asked_for),
        WORLD(test_every_request_has_a_key_of_its_own),
        WORLD(test_a_request_for_nobody_is_refused),
        WORLD(test_hosts_of_a_certificate_are_read_back),
        WORLD(test_a_token_signs_what_is_asked),
        WORLD(test_what_was_asked_for_is_taken),
        WORLD(test_another_certificate_is_refused),
        WORLD(test_a_certificate_for_somebody_else_is_refused),
        WORLD(test_a_certificate_of_another_unit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
