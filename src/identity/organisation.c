#include "base/clock.h"
#include "identity/hosts.h"
#include "identity/low_s.h"
#include "identity/x509.h"
#include <openssl/err.h>
#include <openssl/rand.h>
#include <string.h>

/* Node certificates may be valid for this long; roots ten times as long, until far in the future
 * but within four-digit years. */
#define DAYS_MAX 36500U
#define CA_DAYS_FACTOR 10U
#define SECONDS_PER_DAY 86400
#define CLOCK_SKEW_SECONDS 300 /* others' clocks may be behind ours */
#define SERIAL_BYTES 16
#define SIGNING_TRIES 128 /* half of all signatures have low S */

/* What distinguishes a root's certificate from a node's. */
typedef struct {
    const lv_organisation_params *params;
    const char *common_name;
    const char *unit; /* NULL: none */
    int64_t days;
    EVP_PKEY *key;
    X509 *issuer; /* NULL: self-signed */
    EVP_PKEY *issuer_key;
} request;

static lv_status check_params(const lv_organisation_params *params, lv_error *err)
{
    if (params->msp_id == NULL || !lv_name_is_valid(params->msp_id)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "organisation: an MSP id has 1 to %u of the characters A-Z a-z 0-9 . _ -",
                       LV_NAME_MAX);
    }
    if (params->days == 0 || params->days > DAYS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "organisation %s: validity must be 1 to %u days",
                       params->msp_id, DAYS_MAX);
    }
    for (size_t i = 0; i < params->host_count; i++) {
        if (!lv_host_is_valid(params->hosts[i])) {
            return lv_fail(err, LV_E_ARGUMENT,
                           "organisation %s: host %zu is neither a DNS name nor an IP address",
                           params->msp_id, i + 1);
        }
    }
    return LV_OK;
}

static bool set_serial(X509 *certificate)
{
    uint8_t bytes[SERIAL_BYTES];
    if (RAND_bytes(bytes, sizeof bytes) != 1) {
        return false;
    }
    bytes[0] = (uint8_t)((bytes[0] & 0x7fU) | 0x40U); /* positive, always 16 bytes long */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set =
        number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return set;
}

static bool add_entry(X509_NAME *name, const char *field, const char *value)
{
    return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, (const unsigned char *)value, -1,
                                      -1, 0) == 1;
}

static bool set_names(X509 *certificate, const request *wanted)
{
    X509_NAME *subject = X509_get_subject_name(certificate);
    return add_entry(subject, "O", wanted->params->msp_id) &&
           (wanted->unit == NULL || add_entry(subject, "OU", wanted->unit)) &&
           add_entry(subject, "CN", wanted->common_name) &&
           X509_set_issuer_name(certificate, wanted->issuer == NULL
                                                 ? subject
                                                 : X509_get_subject_name(wanted->issuer)) == 1;
}

static bool set_validity(X509 *certificate, const request *wanted)
{
    time_t from = wanted->params->not_before != 0 ? wanted->params->not_before
                                                  : lv_clock_now() - CLOCK_SKEW_SECONDS;
    time_t until = from + wanted->days * SECONDS_PER_DAY;
    return ASN1_TIME_set(X509_getm_notBefore(certificate), from) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(certificate), until) != NULL;
}

static bool add_extension(X509 *certificate, X509V3_CTX *context, int nid, const char *value)
{
    X509_EXTENSION *extension = X509V3_EXT_nconf_nid(NULL, context, nid, value);
    bool added = extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool add_hosts(X509 *certificate, const lv_organisation_params *params)
{
    if (params->host_count == 0) {
        return true;
    }
    GENERAL_NAMES *names = lv_hosts_encode(params->hosts, params->host_count);
    bool added = names != NULL && X509_add1_ext_i2d(certificate, NID_subject_alt_name, names, 0,
                                                    X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return added;
}

static bool add_extensions(X509 *certificate, const request *wanted)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, wanted->issuer == NULL ? certificate : wanted->issuer, certificate,
                   NULL, NULL, 0);
    if (!add_extension(certificate, &context, NID_subject_key_identifier, "hash") ||
        !add_extension(certificate, &context, NID_authority_key_identifier, "keyid:always")) {
        return false;
    }
    if (wanted->issuer == NULL) {
        return add_extension(certificate, &context, NID_basic_constraints, "critical,CA:TRUE") &&
               add_extension(certificate, &context, NID_key_usage, "critical,keyCertSign,cRLSign");
    }
    return add_extension(certificate, &context, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, &context, NID_key_usage, "critical,digitalSignature") &&
           add_extension(certificate, &context, NID_ext_key_usage, "serverAuth,clientAuth") &&
           add_hosts(certificate, wanted->params);
}

/* Fabric rewrites certificates whose signature has high S before it compares them; signing until
 * S is low keeps one certificate one string of bytes. */
static bool sign(X509 *certificate, EVP_PKEY *key)
{
    for (int i = 0; i < SIGNING_TRIES; i++) {
        const ASN1_BIT_STRING *signature = NULL;
        if (X509_sign(certificate, key, EVP_sha256()) <= 0) {
            return false;
        }
        X509_get0_signature(&signature, NULL, certificate);
        if (lv_low_s_is_canonical((lv_bytes){.data = ASN1_STRING_get0_data(signature),
                                             .len = (size_t)ASN1_STRING_length(signature)})) {
            return true;
        }
    }
    return false;
}

static lv_status issue(const request *wanted, X509 **out, lv_error *err)
{
    *out = NULL;
    X509 *certificate = X509_new();
    if (certificate == NULL) {
        return LV_E_MEMORY;
    }
    if (X509_set_version(certificate, X509_VERSION_3) != 1 || !set_serial(certificate) ||
        !set_names(certificate, wanted) || !set_validity(certificate, wanted) ||
        X509_set_pubkey(certificate, wanted->key) != 1 || !add_extensions(certificate, wanted) ||
        !sign(certificate, wanted->issuer_key)) {
        X509_free(certificate);
        return lv_openssl_fail(err, "cannot make the certificate");
    }
    *out = certificate;
    return LV_OK;
}

static lv_status make_key(EVP_PKEY **out, lv_error *err)
{
    *out = EVP_EC_gen("P-256");
    return *out != NULL ? LV_OK : lv_openssl_fail(err, "cannot make a P-256 key");
}

/* A node's key and certificate under a root. */
static lv_status issue_node(const lv_organisation_params *params, X509 *root, EVP_PKEY *root_key,
                            lv_buffer *certificate_pem, lv_buffer *key_pem, lv_error *err)
{
    EVP_PKEY *key = NULL;
    X509 *certificate = NULL;
    lv_buffer name = {0};

    const char *unit = params->unit == NULL ? "client" : params->unit;
    lv_status status = make_key(&key, err);
    if (status == LV_OK) {
        status = lv_buffer_printf(&name, "%s.%.32s", strcmp(unit, "client") == 0 ? "node" : unit,
                                  params->msp_id);
    }
    if (status == LV_OK) {
        request wanted = {.params = params,
                          .common_name = lv_buffer_text(&name),
                          .unit = unit,
                          .days = params->days,
                          .key = key,
                          .issuer = root,
                          .issuer_key = root_key};
        status = issue(&wanted, &certificate, err);
    }
    if (status == LV_OK) {
        status = lv_x509_to_pem(certificate, certificate_pem, err);
    }
    if (status == LV_OK) {
        status = lv_key_to_pem(key, key_pem, err);
    }
    lv_buffer_free(&name);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
}

static lv_status issue_root(const lv_organisation_params *params, EVP_PKEY *key, X509 **out,
                            lv_error *err)
{
    lv_buffer name = {0};
    *out = NULL;
    lv_status status = lv_buffer_printf(&name, "ca.%.32s", params->msp_id);
    if (status == LV_OK) {
        request wanted = {.params = params,
                          .common_name = lv_buffer_text(&name),
                          .days = (int64_t)params->days * CA_DAYS_FACTOR,
                          .key = key,
                          .issuer_key = key};
        status = issue(&wanted, out, err);
    }
    lv_buffer_free(&name);
    return status;
}

lv_status lv_organisation_create(const lv_organisation_params *params, lv_organisation *out,
                                 lv_error *err)
{
    EVP_PKEY *key = NULL;
    X509 *root = NULL;

    *out = (lv_organisation){0};
    lv_status status = check_params(params, err);
    if (status != LV_OK) {
        return status;
    }
    status = make_key(&key, err);
    if (status == LV_OK) {
        status = issue_root(params, key, &root, err);
    }
    if (status == LV_OK) {
        status = lv_x509_to_pem(root, &out->ca_certificate, err);
    }
    if (status == LV_OK) {
        status = lv_key_to_pem(key, &out->ca_key, err);
    }
    if (status == LV_OK) {
        status = issue_node(params, root, key, &out->certificate, &out->key, err);
    }
    X509_free(root);
    EVP_PKEY_free(key);
    if (status != LV_OK) {
        lv_organisation_wipe(out);
    }
    return status;
}

lv_status lv_organisation_issue(const lv_organisation_params *params, lv_bytes ca_certificate_pem,
                                lv_bytes ca_key_pem, lv_buffer *certificate_pem, lv_buffer *key_pem,
                                lv_error *err)
{
    X509 *root = NULL;
    EVP_PKEY *key = NULL;

    *certificate_pem = (lv_buffer){0};
    *key_pem = (lv_buffer){0};
    lv_status status = check_params(params, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_x509_from_pem(ca_certificate_pem, &root, err);
    if (status == LV_OK) {
        status = lv_key_from_pem(ca_key_pem, &key, err);
    }
    if (status == LV_OK && (!lv_key_is_p256(key) || X509_check_private_key(root, key) != 1)) {
        ERR_clear_error();
        status = lv_fail(err, LV_INVALID,
                         "%s: the root's certificate and P-256 key do not belong together",
                         params->msp_id);
    }
    if (status == LV_OK) {
        status = issue_node(params, root, key, certificate_pem, key_pem, err);
    }
    X509_free(root);
    EVP_PKEY_free(key);
    if (status != LV_OK) {
        lv_buffer_free(certificate_pem);
        lv_buffer_wipe(key_pem);
    }
    return status;
}

void lv_organisation_wipe(lv_organisation *organisation)
{
    if (organisation == NULL) {
        return;
    }
    lv_buffer_free(&organisation->ca_certificate);
    lv_buffer_wipe(&organisation->ca_key);
    lv_buffer_free(&organisation->certificate);
    lv_buffer_wipe(&organisation->key);
}
