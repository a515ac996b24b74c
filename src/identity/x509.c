#include "identity/x509.h"
#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

lv_status lv_openssl_fail(lv_error *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    lv_status status =
        lv_fail(err, LV_E_CRYPTO, "%s: OpenSSL: %s", what, reason == NULL ? "failed" : reason);
    ERR_clear_error();
    return status;
}

/* Over no bytes too, which OpenSSL takes only by an address. */
static BIO *bio_of(lv_bytes bytes)
{
    return BIO_new_mem_buf(bytes.len > 0 ? (const void *)bytes.data : "", (int)bytes.len);
}

/* The passphrase callback of every PEM read: OpenSSL's own would ask at the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is pem_password_cb */
static int no_passphrase(char *text, int size, int writing, void *context)
{
    (void)text;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

/* After one PEM block only white space may follow, or the file means more than is read. */
static bool rest_is_blank(BIO *bio)
{
    char next = '\0';
    while (BIO_read(bio, &next, 1) == 1) {
        if (next != ' ' && next != '\t' && next != '\r' && next != '\n') {
            return false;
        }
    }
    return true;
}

lv_status lv_x509_from_pem(lv_bytes pem, X509 **out, lv_error *err)
{
    *out = NULL;
    if (pem.len > LV_PEM_MAX) {
        return lv_fail(err, LV_E_LIMIT, "certificate: PEM of more than %u bytes", LV_PEM_MAX);
    }
    BIO *bio = bio_of(pem);
    if (bio == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = LV_OK;
    X509 *certificate = PEM_read_bio_X509(bio, NULL, no_passphrase, NULL);
    if (certificate == NULL || !rest_is_blank(bio)) {
        X509_free(certificate);
        certificate = NULL;
        status = lv_fail(err, LV_E_SYNTAX, "certificate: not one certificate in PEM");
    }
    BIO_free(bio);
    ERR_clear_error();
    *out = certificate;
    return status;
}

static bool encodes_as(const X509 *certificate, lv_bytes der)
{
    uint8_t *encoded = NULL;
    int len = i2d_X509(certificate, &encoded);
    bool same = len > 0 && lv_bytes_equal((lv_bytes){.data = encoded, .len = (size_t)len}, der);
    OPENSSL_free(encoded);
    return same;
}

lv_status lv_x509_from_der(lv_bytes der, X509 **out, lv_error *err)
{
    *out = NULL;
    if (der.len > LV_CERTIFICATE_MAX) {
        return lv_fail(err, LV_E_LIMIT, "certificate: more than %u bytes", LV_CERTIFICATE_MAX);
    }
    const uint8_t *at = der.data;
    X509 *certificate = der.len == 0 ? NULL : d2i_X509(NULL, &at, (long)der.len);
    ERR_clear_error();
    if (certificate == NULL || !encodes_as(certificate, der)) {
        X509_free(certificate);
        return lv_fail(err, LV_E_SYNTAX, "certificate: not one certificate in DER");
    }
    *out = certificate;
    return LV_OK;
}

lv_status lv_x509_pem_to_der(lv_bytes pem, lv_buffer *der, lv_error *err)
{
    X509 *certificate = NULL;
    uint8_t *encoded = NULL;
    lv_status status = lv_x509_from_pem(pem, &certificate, err);
    if (status != LV_OK) {
        return status;
    }
    int len = i2d_X509(certificate, &encoded);
    status = len > 0 ? lv_buffer_append(der, encoded, (size_t)len)
                     : lv_openssl_fail(err, "certificate: cannot write DER");
    OPENSSL_free(encoded);
    X509_free(certificate);
    return status;
}

/* Moves what was written to a memory BIO to a buffer; BIO_free wipes the BIO's copy. */
static lv_status take_bio(BIO *bio, bool written, lv_buffer *out, const char *what, lv_error *err)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    if (!written || len <= 0) {
        return lv_openssl_fail(err, what);
    }
    return lv_buffer_append(out, data, (size_t)len);
}

lv_status lv_x509_to_pem(const X509 *certificate, lv_buffer *pem, lv_error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return LV_E_MEMORY;
    }
    bool written = PEM_write_bio_X509(bio, certificate) == 1;
    lv_status status = take_bio(bio, written, pem, "certificate: cannot write PEM", err);
    BIO_free(bio);
    return status;
}

lv_status lv_x509_request_to_pem(const X509_REQ *request, lv_buffer *pem, lv_error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return LV_E_MEMORY;
    }
    bool written = PEM_write_bio_X509_REQ(bio, request) == 1;
    lv_status status = take_bio(bio, written, pem, "request for a certificate", err);
    BIO_free(bio);
    return status;
}

lv_status lv_key_from_pem(lv_bytes pem, EVP_PKEY **out, lv_error *err)
{
    *out = NULL;
    if (pem.len > LV_PEM_MAX) {
        return lv_fail(err, LV_E_LIMIT, "private key: PEM of more than %u bytes", LV_PEM_MAX);
    }
    BIO *bio = bio_of(pem);
    if (bio == NULL) {
        return LV_E_MEMORY;
    }
    *out = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    BIO_free(bio);
    ERR_clear_error();
    return *out != NULL ? LV_OK
                        : lv_fail(err, LV_E_SYNTAX, "private key: not an unencrypted PEM key");
}

lv_status lv_key_to_pem(const EVP_PKEY *key, lv_buffer *pem, lv_error *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL) {
        return LV_E_MEMORY;
    }
    bool written = PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, no_passphrase, NULL) == 1;
    lv_status status = take_bio(bio, written, pem, "private key: cannot write PEM", err);
    BIO_free(bio);
    return status;
}

bool lv_key_is_p256(const EVP_PKEY *key)
{
    char group[64] = "";
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
        return false;
    }
    bool named = EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group,
                                                sizeof group, NULL) == 1;
    ERR_clear_error();
    return named && strcmp(group, SN_X9_62_prime256v1) == 0;
}

bool lv_x509_seconds(const ASN1_TIME *time, int64_t *out)
{
    struct tm parts = {0};
    *out = 0;
    bool read = ASN1_TIME_to_tm(time, &parts) == 1;
    ERR_clear_error();
    if (read) {
        *out = timegm(&parts);
    }
    return read;
}

void lv_x509_name_text(const X509_NAME *name, char text[LV_NAME_TEXT_MAX])
{
    text[0] = '\0';
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio != NULL && X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253) >= 0) {
        int len = BIO_read(bio, text, (int)LV_NAME_TEXT_MAX - 1);
        text[len > 0 ? len : 0] = '\0';
    }
    BIO_free(bio);
    ERR_clear_error();
}

/* The only entry of that kind in a name; NULL where there are none or several. */
static const ASN1_STRING *only_entry(const X509_NAME *name, int nid)
{
    int first = X509_NAME_get_index_by_NID(name, nid, -1);
    if (first < 0 || X509_NAME_get_index_by_NID(name, nid, first) >= 0) {
        return NULL;
    }
    return X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, first));
}

lv_status lv_x509_organisation(lv_bytes certificate_pem, char name[LV_NAME_MAX + 1], lv_error *err)
{
    X509 *certificate = NULL;
    name[0] = '\0';
    lv_status status = lv_x509_from_pem(certificate_pem, &certificate, err);
    if (status != LV_OK) {
        return status;
    }
    const ASN1_STRING *entry = only_entry(X509_get_subject_name(certificate), NID_organizationName);
    int len = entry != NULL ? ASN1_STRING_length(entry) : 0;
    if (len > 0 && len <= (int)LV_NAME_MAX) {
        memcpy(name, ASN1_STRING_get0_data(entry), (size_t)len);
        name[len] = '\0';
    }
    X509_free(certificate);
    if (strlen(name) != (size_t)len || !lv_name_is_valid(name)) {
        name[0] = '\0';
        return lv_fail(err, LV_INVALID,
                       "the certificate names no one organisation (O) by an MSP id");
    }
    return LV_OK;
}

/* False where it is neither a DNS name nor an IP address, or one that no text can show. */
static bool host_text(const GENERAL_NAME *name, char *text, size_t size)
{
    int type = 0;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    const uint8_t *data = ASN1_STRING_get0_data(value);
    size_t len = (size_t)ASN1_STRING_length(value);
    if (type == GEN_DNS) {
        bool whole = len > 0 && len < size && memchr(data, '\0', len) == NULL;
        snprintf(text, size, "%.*s", whole ? (int)len : 0, (const char *)data);
        return whole;
    }
    int family = len == sizeof(struct in_addr) ? AF_INET : AF_INET6;
    return type == GEN_IPADD && (family == AF_INET || len == sizeof(struct in6_addr)) &&
           inet_ntop(family, data, text, (socklen_t)size) != NULL;
}

lv_status lv_x509_hosts(lv_bytes certificate_pem, lv_buffer *hosts, size_t *count, lv_error *err)
{
    X509 *certificate = NULL;
    *count = 0;
    lv_status status = lv_x509_from_pem(certificate_pem, &certificate, err);
    if (status != LV_OK) {
        return status;
    }
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; status == LV_OK && i < sk_GENERAL_NAME_num(names); i++) {
        char text[LV_HOST_TEXT_MAX];
        if (host_text(sk_GENERAL_NAME_value(names, i), text, sizeof text)) {
            status = lv_buffer_append(hosts, text, strlen(text) + 1);
            (*count)++;
        }
    }
    GENERAL_NAMES_free(names);
    X509_free(certificate);
    ERR_clear_error();
    return status;
}
