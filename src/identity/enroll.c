#include "identity/enroll.h"
#include "base/base64.h"
#include "base/hex.h"
#include "identity/hosts.h"
#include "identity/x509.h"
#include <openssl/err.h>
#include <openssl/sha.h>
#include <string.h>

bool lv_enroll_user_is_valid(const char *user)
{
    size_t len = strlen(user);
    bool valid = len > 0 && len <= LV_ENROLL_USER_MAX;
    for (size_t i = 0; valid && i < len; i++) {
        valid = user[i] >= 0x21 && user[i] <= 0x7e && user[i] != ':';
    }
    return valid;
}

static lv_status check_subject(const lv_enroll_subject *subject, lv_error *err)
{
    if (!lv_enroll_user_is_valid(subject->user)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "enrolment: a user has 1 to %u printable characters and no ':'",
                       LV_ENROLL_USER_MAX);
    }
    if (!lv_name_is_valid(subject->msp_id)) {
        return lv_fail(err, LV_E_ARGUMENT, "enrolment: not a valid MSP id");
    }
    if (subject->host_count > LV_HOSTS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "enrolment: more than %u hosts", LV_HOSTS_MAX);
    }
    for (size_t i = 0; i < subject->host_count; i++) {
        if (!lv_host_is_valid(subject->hosts[i])) {
            return lv_fail(err, LV_E_ARGUMENT,
                           "enrolment: host %zu is neither a DNS name nor an IP address", i + 1);
        }
    }
    return LV_OK;
}

/* ---- the request ---- */

static bool add_entry(X509_NAME *name, const char *field, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1,
                                      -1, 0) == 1;
}

static bool add_hosts(X509_REQ *request, const lv_enroll_subject *subject)
{
    if (subject->host_count == 0) {
        return true;
    }
    GENERAL_NAMES *names = lv_hosts_encode(subject->hosts, subject->host_count);
    STACK_OF(X509_EXTENSION) *extensions = NULL;
    bool added =
        names != NULL &&
        X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
        X509_REQ_add_extensions(request, extensions) == 1;
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    GENERAL_NAMES_free(names);
    return added;
}

static lv_status write_request(const lv_enroll_subject *subject, EVP_PKEY *key, lv_buffer *csr_pem,
                               lv_error *err)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *name = request == NULL ? NULL : X509_REQ_get_subject_name(request);
    bool made = name != NULL && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
                add_entry(name, "O", subject->msp_id) && add_entry(name, "CN", subject->user) &&
                X509_REQ_set_pubkey(request, key) == 1 && add_hosts(request, subject) &&
                X509_REQ_sign(request, key, EVP_sha256()) > 0;
    lv_status status =
        made ? lv_x509_request_to_pem(request, csr_pem, err)
             : lv_openssl_fail(err, "enrolment: cannot make the request for a certificate");
    X509_REQ_free(request);
    return status;
}

lv_status lv_enroll_request(const lv_enroll_subject *subject, lv_buffer *csr_pem,
                            lv_buffer *key_pem, lv_error *err)
{
    size_t before = csr_pem->len;
    lv_status status = check_subject(subject, err);
    if (status != LV_OK) {
        return status;
    }
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL) {
        return lv_openssl_fail(err, "enrolment: cannot make a P-256 key");
    }
    status = write_request(subject, key, csr_pem, err);
    if (status == LV_OK) {
        status = lv_key_to_pem(key, key_pem, err);
    }
    EVP_PKEY_free(key);
    if (status != LV_OK) {
        lv_buffer_cut(csr_pem, before);
    }
    return status;
}

/* ---- who asks ---- */

static bool common_name(const X509 *certificate, char user[LV_ENROLL_USER_MAX + 1])
{
    const X509_NAME *name = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    uint8_t *text = NULL;
    int len = at < 0 ? -1
                     : ASN1_STRING_to_UTF8(&text,
                                           X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    bool fits = len > 0 && len <= (int)LV_ENROLL_USER_MAX;
    if (fits) {
        memcpy(user, text, (size_t)len);
    }
    user[fits ? len : 0] = '\0';
    OPENSSL_free(text);
    ERR_clear_error();
    return fits && strlen(user) == (size_t)len && lv_enroll_user_is_valid(user);
}

lv_status lv_enroll_user(lv_bytes certificate, char user[LV_ENROLL_USER_MAX + 1], lv_error *err)
{
    X509 *read = NULL;
    user[0] = '\0';
    lv_status status = lv_x509_from_der(certificate, &read, err);
    if (status == LV_OK && !common_name(read, user)) {
        user[0] = '\0';
        status = lv_fail(err, LV_INVALID,
                         "certificate: its common name is no enrolment id that a CA would know");
    }
    X509_free(read);
    return status;
}

static lv_status add_part(const char *separator, lv_bytes part, lv_buffer *out)
{
    lv_status status = lv_buffer_printf(out, "%s", separator);
    return status == LV_OK ? lv_base64_encode(part, out) : status;
}

lv_status lv_enroll_token(const lv_identity *identity, const char *method, const char *path,
                          lv_bytes body, lv_buffer *token, lv_error *err)
{
    lv_buffer told = {0};
    lv_buffer signature = {0};
    lv_bytes certificate = lv_identity_certificate_pem(identity);
    lv_status status = lv_buffer_printf(&told, "%s", method);
    if (status == LV_OK) {
        status = add_part(".", lv_bytes_of_text(path), &told);
    }
    if (status == LV_OK) {
        status = add_part(".", body, &told);
    }
    if (status == LV_OK) {
        status = add_part(".", certificate, &told);
    }
    if (status == LV_OK) {
        status = lv_identity_sign_plain(identity, lv_buffer_view(&told), &signature, err);
    }
    if (status == LV_OK) {
        status = lv_base64_encode(certificate, token);
    }
    if (status == LV_OK) {
        status = add_part(".", lv_buffer_view(&signature), token);
    }
    lv_buffer_free(&signature);
    lv_buffer_free(&told);
    return status;
}

/* ---- the root ---- */

static lv_status read_digest(const char *text, uint8_t out[SHA256_DIGEST_LENGTH], lv_error *err)
{
    char digits[2 * SHA256_DIGEST_LENGTH + 1];
    size_t count = 0;
    for (; *text != '\0'; text++) {
        if (*text == ':') {
            continue;
        }
        if (count == sizeof digits - 1) {
            count++; /* one too many */
            break;
        }
        digits[count++] = *text;
    }
    if (count == sizeof digits - 1) {
        digits[count] = '\0';
        if (lv_hex_decode(digits, out, SHA256_DIGEST_LENGTH) == LV_OK) {
            return LV_OK;
        }
    }
    return lv_fail(err, LV_E_ARGUMENT,
                   "the SHA-256 of a root has 64 hexadecimal digits, as `openssl x509 -fingerprint "
                   "-sha256` prints them");
}

static lv_status check_digest(const X509 *root, const char *sha256, lv_error *err)
{
    uint8_t wanted[SHA256_DIGEST_LENGTH];
    uint8_t found[EVP_MAX_MD_SIZE];
    char text[2 * SHA256_DIGEST_LENGTH + 1];
    unsigned len = 0;
    lv_status status = read_digest(sha256, wanted, err);
    if (status != LV_OK) {
        return status;
    }
    if (X509_digest(root, EVP_sha256(), found, &len) != 1 || len != sizeof wanted) {
        return lv_openssl_fail(err, "root of the CA");
    }
    if (memcmp(wanted, found, sizeof wanted) != 0) {
        lv_hex_encode((lv_bytes){.data = found, .len = sizeof wanted}, text);
        return lv_fail(err, LV_INVALID,
                       "the CA names another root than the one you know: SHA-256 %s", text);
    }
    return LV_OK;
}

static lv_status check_same(const X509 *root, lv_bytes known_pem, lv_error *err)
{
    X509 *known = NULL;
    lv_status status = lv_x509_from_pem(known_pem, &known, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "the root you know: ");
        return LV_E_ARGUMENT;
    }
    if (X509_cmp(root, known) != 0) {
        status = lv_fail(err, LV_INVALID, "the CA names another root than the one you know");
    }
    X509_free(known);
    return status;
}

/* That lv_trust_add takes it: a P-256 root signed by itself. */
static lv_status check_is_root(lv_bytes pem, lv_error *err)
{
    lv_trust *trust = NULL;
    lv_status status = lv_trust_new(&trust);
    if (status == LV_OK) {
        status = lv_trust_add(trust, "CA", pem, err);
    }
    lv_trust_free(trust);
    return status;
}

lv_status lv_enroll_check_root(lv_bytes named_pem, lv_bytes known_pem, const char *sha256,
                               lv_buffer *root_pem, lv_error *err)
{
    X509 *root = NULL;
    if (known_pem.len == 0 && sha256 == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "nothing is known by which to tell the CA's root");
    }
    lv_status status = lv_x509_from_pem(named_pem, &root, err);
    if (status == LV_OK) {
        status = check_is_root(named_pem, err);
    }
    if (status == LV_E_SYNTAX || status == LV_E_LIMIT || status == LV_INVALID) {
        lv_error_prefix(err, "what the CA names as its root: ");
        status = LV_INVALID;
    }
    if (status == LV_OK && known_pem.len > 0) {
        status = check_same(root, known_pem, err);
    }
    if (status == LV_OK && sha256 != NULL) {
        status = check_digest(root, sha256, err);
    }
    if (status == LV_OK) {
        status = lv_x509_to_pem(root, root_pem, err);
    }
    X509_free(root);
    return status;
}

/* ---- what came back ---- */

static lv_status check_issuer(const lv_enroll_subject *subject, const lv_identity *identity,
                              lv_bytes root_pem, int64_t time, lv_error *err)
{
    lv_trust *trust = NULL;
    const char *msp = NULL;
    lv_status status = lv_trust_new(&trust);
    if (status == LV_OK) {
        status = lv_trust_add(trust, subject->msp_id, root_pem, err);
    }
    if (status == LV_OK) {
        status =
            lv_trust_check_certificate(trust, lv_identity_certificate(identity), time, &msp, err);
    }
    lv_trust_free(trust);
    return status;
}

static lv_status check_names(const lv_enroll_subject *subject, const lv_identity *identity,
                             lv_error *err)
{
    X509 *certificate = NULL;
    char user[LV_ENROLL_USER_MAX + 1];
    lv_status status = lv_x509_from_der(lv_identity_certificate(identity), &certificate, err);
    if (status != LV_OK) {
        return status;
    }
    const char *missing = lv_hosts_missing(certificate, subject->hosts, subject->host_count);
    if (!common_name(certificate, user) || strcmp(user, subject->user) != 0) {
        status = lv_fail(err, LV_INVALID, "certificate: it is not issued to %s", subject->user);
    } else if (missing != NULL) {
        status = lv_fail(err, LV_INVALID, "certificate: it does not bear the host %s", missing);
    }
    X509_free(certificate);
    return status;
}

lv_status lv_enroll_check(const lv_enroll_subject *subject, lv_bytes certificate_pem,
                          lv_bytes key_pem, lv_bytes root_pem, int64_t time, lv_identity **out,
                          lv_error *err)
{
    lv_identity *identity = NULL;
    *out = NULL;
    lv_status status = check_subject(subject, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_identity_load(subject->msp_id, certificate_pem, key_pem, &identity, err);
    if (status == LV_OK) {
        status = check_issuer(subject, identity, root_pem, time, err);
    }
    if (status == LV_OK) {
        status = check_names(subject, identity, err);
    }
    if (status != LV_OK) {
        lv_identity_free(identity);
        return status == LV_E_SYNTAX || status == LV_E_LIMIT ? LV_INVALID : status;
    }
    *out = identity;
    return LV_OK;
}
