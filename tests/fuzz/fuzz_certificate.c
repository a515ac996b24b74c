/* Certificates, in DER and PEM. Those of the trust are signed by fixed keys, so what it takes for a
 * member's is one of the seeds. */
#include "fuzz.h"
#include "identity/x509.h"
#include <openssl/err.h>
#include <string.h>

static lv_buffer der_of(const X509 *certificate)
{
    lv_buffer out = {0};
    uint8_t *place = NULL;
    int len = i2d_X509(certificate, NULL);
    FUZZ_CHECK(len > 0 && lv_buffer_extend(&out, (size_t)len, &place) == LV_OK);
    FUZZ_CHECK(i2d_X509(certificate, &place) == len);
    return out;
}

static void check_der(lv_bytes input)
{
    X509 *certificate = NULL;
    X509 *again = NULL;
    lv_buffer pem = {0};
    lv_error err = {0};
    lv_status status = lv_x509_from_der(input, &certificate, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        return;
    }
    FUZZ_CHECK(lv_x509_to_pem(certificate, &pem, &err) == LV_OK);
    FUZZ_CHECK(lv_x509_from_pem(lv_buffer_view(&pem), &again, &err) == LV_OK);
    lv_buffer der = der_of(again);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&der), input));
    lv_buffer_free(&der);
    lv_buffer_free(&pem);
    X509_free(again);
    X509_free(certificate);
}

static void check_member(lv_bytes input)
{
    const char *msp = NULL;
    lv_error err = {0};
    lv_status status = lv_trust_check_certificate(fuzz_trust(), input, FUZZ_TIME, &msp, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_INVALID && err.text[0] != '\0');
        return;
    }
    FUZZ_CHECK(msp != NULL && lv_trust_root(fuzz_trust(), msp).len > 0);
    FUZZ_CHECK(fuzz_is_seed("certificate", input));
    /* long before and long after it is not valid */
    FUZZ_CHECK(lv_trust_check_certificate(fuzz_trust(), input, 1, &msp, &err) == LV_INVALID);
    FUZZ_CHECK(lv_trust_check_certificate(fuzz_trust(), input, INT64_C(4102444800) * 2, &msp,
                                          &err) == LV_INVALID);
}

static void check_root(lv_bytes input)
{
    lv_trust *trust = NULL;
    lv_error err = {0};
    FUZZ_CHECK(lv_trust_new(&trust) == LV_OK);
    lv_status status = lv_trust_add(trust, "ROOT", input, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(fuzz_same_certificate(lv_trust_root(trust, "ROOT"), input));
        FUZZ_CHECK(lv_trust_add(trust, "ROOT", input, &err) == LV_EXISTS);
    } else {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(lv_trust_member(trust, 0) == NULL);
    }
    lv_trust_free(trust);
}

/* As certificate and key of an identity: they must belong together. */
static void check_identity(lv_bytes input)
{
    lv_identity *identity = NULL;
    lv_error err = {0};
    lv_status status =
        lv_identity_load("BMSP", input, lv_identity_key_pem(fuzz_identity(1)), &identity, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(lv_identity_certificate(identity).len > 0);
        lv_identity_free(identity);
    } else {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(identity == NULL);
    }
    status = lv_identity_load("BMSP", lv_identity_certificate_pem(fuzz_identity(1)), input,
                              &identity, &err);
    if (status == LV_OK) {
        lv_identity_free(identity);
    } else {
        fuzz_check_refusal(status, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    check_der(input);
    check_member(input);
    check_root(input);
    check_identity(input);
    FUZZ_CHECK(ERR_peek_error() == 0);
    return 0;
}
