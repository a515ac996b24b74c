#include "identity/trust.h"
#include "identity/checked.h"
#include "identity/low_s.h"
#include "identity/x509.h"
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char UNIT_CLIENT[] = "client";

/* One organisation. Nothing here changes after lv_trust_add, so that checks may run at once. */
typedef struct {
    char msp[LV_NAME_MAX + 1];
    X509 *root;
    X509_STORE *store; /* the root alone */
    lv_buffer pem;
} member;

struct lv_trust {
    member members[LV_TRUST_MEMBERS_MAX];
    size_t count;
    lv_checked *checked; /* by these members; another trust has its own */
};

lv_status lv_trust_new(lv_trust **out)
{
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_checked_new(&(*out)->checked);
    if (status != LV_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

static void member_clear(member *cleared)
{
    X509_STORE_free(cleared->store);
    X509_free(cleared->root);
    lv_buffer_free(&cleared->pem);
    *cleared = (member){0};
}

void lv_trust_free(lv_trust *trust)
{
    if (trust == NULL) {
        return;
    }
    for (size_t i = 0; i < trust->count; i++) {
        member_clear(&trust->members[i]);
    }
    lv_checked_free(trust->checked);
    free(trust);
}

static const member *find(const lv_trust *trust, const char *msp_id)
{
    for (size_t i = 0; i < trust->count; i++) {
        if (strcmp(trust->members[i].msp, msp_id) == 0) {
            return &trust->members[i];
        }
    }
    return NULL;
}

/* Two organisations under one root could not be told apart. */
static const member *find_key(const lv_trust *trust, const X509 *root)
{
    for (size_t i = 0; i < trust->count; i++) {
        if (EVP_PKEY_eq(X509_get0_pubkey(trust->members[i].root), X509_get0_pubkey(root)) == 1) {
            return &trust->members[i];
        }
    }
    return NULL;
}

static lv_status check_root(X509 *root, const char *msp_id, lv_error *err)
{
    const char *fault = NULL;
    if (X509_check_ca(root) != 1 || (X509_get_key_usage(root) & KU_KEY_CERT_SIGN) == 0) {
        fault = "is no CA certificate";
    } else if (!lv_key_is_p256(X509_get0_pubkey(root))) {
        fault = "has no ECDSA P-256 key";
    } else if (X509_self_signed(root, 1) != 1) {
        fault = "is not signed by itself";
    }
    ERR_clear_error();
    return fault == NULL ? LV_OK : lv_fail(err, LV_INVALID, "root of %s: it %s", msp_id, fault);
}

static lv_status member_fill(member *added, const char *msp_id, lv_error *err)
{
    snprintf(added->msp, sizeof added->msp, "%s", msp_id);
    added->store = X509_STORE_new();
    if (added->store == NULL || X509_STORE_add_cert(added->store, added->root) != 1) {
        return lv_openssl_fail(err, "root");
    }
    return lv_x509_to_pem(added->root, &added->pem, err);
}

lv_status lv_trust_add(lv_trust *trust, const char *msp_id, lv_bytes root_pem, lv_error *err)
{
    if (!lv_name_is_valid(msp_id)) {
        return lv_fail(err, LV_E_ARGUMENT, "member: not a valid MSP id");
    }
    if (trust->count == LV_TRUST_MEMBERS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "member %s: at most %u organisations", msp_id,
                       LV_TRUST_MEMBERS_MAX);
    }
    if (find(trust, msp_id) != NULL) {
        return lv_fail(err, LV_EXISTS, "member %s: stands already", msp_id);
    }
    member added = {0};
    lv_status status = lv_x509_from_pem(root_pem, &added.root, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "root of %s: ", msp_id);
        return status;
    }
    status = check_root(added.root, msp_id, err);
    if (status == LV_OK) {
        const member *same = find_key(trust, added.root);
        status = same == NULL ? member_fill(&added, msp_id, err)
                              : lv_fail(err, LV_EXISTS, "root of %s: it is the root of %s already",
                                        msp_id, same->msp);
    }
    if (status != LV_OK) {
        member_clear(&added);
        return status;
    }
    trust->members[trust->count++] = added;
    lv_checked_clear(trust->checked);
    return LV_OK;
}

lv_bytes lv_trust_root(const lv_trust *trust, const char *msp_id)
{
    const member *found = find(trust, msp_id);
    return found == NULL ? (lv_bytes){0} : lv_buffer_view(&found->pem);
}

const char *lv_trust_member(const lv_trust *trust, size_t index)
{
    return index < trust->count ? trust->members[index].msp : NULL;
}

/* The node roles that Fabric's NodeOUs know, in one certificate exactly one. */
typedef struct {
    unsigned allowed;
    unsigned other;
} roles;

/* May who has the OU `name` act as `unit`? An administrator may do what a client may. */
static bool acts_as(lv_bytes name, const char *unit)
{
    return lv_bytes_equal(name, lv_bytes_of_text(unit)) ||
           (strcmp(unit, UNIT_CLIENT) == 0 && lv_bytes_equal(name, lv_bytes_of_text("admin")));
}

static bool is_role(lv_bytes name)
{
    static const char *const known[] = {"client", "admin", "peer", "orderer"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (lv_bytes_equal(name, lv_bytes_of_text(known[i]))) {
            return true;
        }
    }
    return false;
}

static roles count_roles(const X509 *certificate, const char *unit)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    roles found = {0};
    int at = -1;
    while ((at = X509_NAME_get_index_by_NID(subject, NID_organizationalUnitName, at)) >= 0) {
        const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
        uint8_t *text = NULL;
        int len = ASN1_STRING_to_UTF8(&text, value);
        lv_bytes name = {.data = text, .len = len > 0 ? (size_t)len : 0};
        if (acts_as(name, unit)) {
            found.allowed++;
        } else if (is_role(name)) {
            found.other++;
        }
        OPENSSL_free(text);
    }
    return found;
}

/* What a leaf must be whoever issued it. */
static const char *leaf_fault(X509 *leaf, const char *unit)
{
    if (X509_check_ca(leaf) != 0) {
        return "a CA certificate signs nothing but certificates";
    }
    if (!lv_key_is_p256(X509_get0_pubkey(leaf))) {
        return "its key is not ECDSA P-256";
    }
    if (X509_get_signature_nid(leaf) != NID_ecdsa_with_SHA256) {
        return "it is not signed with ECDSA over SHA-256";
    }
    if (X509_get_ext_by_NID(leaf, NID_key_usage, -1) < 0 ||
        (X509_get_key_usage(leaf) & KU_DIGITAL_SIGNATURE) == 0) {
        return "its key usage does not allow signatures";
    }
    roles found = count_roles(leaf, unit);
    if (found.allowed == 1 && found.other == 0) {
        return NULL;
    }
    return strcmp(unit, UNIT_CLIENT) == 0 ? "wrong role: its OU must be client or admin"
                                          : "wrong role: its OU must be that of its unit";
}

/* Chain of exactly leaf and root. @return an X509_V_ code, or -1 where OpenSSL failed. */
static int verify_chain(const member *issuer, X509 *leaf, int64_t time)
{
    int code = -1;
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    if (context != NULL && X509_STORE_CTX_init(context, issuer->store, leaf, NULL) == 1) {
        X509_STORE_CTX_set_depth(context, 0);
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_X509_STRICT);
        if (time == LV_TIME_ANY) {
            X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
        } else {
            X509_STORE_CTX_set_time(context, 0, (time_t)time);
        }
        bool holds = X509_verify_cert(context) == 1;
        code = X509_STORE_CTX_get_error(context);
        if (!holds && code == X509_V_OK) {
            code = -1;
        }
    }
    X509_STORE_CTX_free(context);
    ERR_clear_error();
    return code;
}

static lv_status chain_words(int code, const member *issuer, lv_error *err)
{
    const char *words = NULL;
    switch (code) {
    case X509_V_OK:
        return LV_OK;
    case -1:
        return lv_fail(err, LV_E_CRYPTO, "certificate: OpenSSL cannot check it");
    case X509_V_ERR_CERT_HAS_EXPIRED:
        words = "it has expired";
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        words = "it is not yet valid";
        break;
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        words = "the signature of its root does not hold";
        break;
    default:
        words = X509_verify_cert_error_string(code);
        break;
    }
    return lv_fail(err, LV_INVALID, "certificate of %s: %s", issuer->msp, words);
}

/* The member whose root issued the leaf. Names can be chosen freely by anybody who makes a root, so
 * that of several members that bear the name the one counts whose signature holds. */
static lv_status check_issuer(const lv_trust *trust, X509 *leaf, int64_t time, const member **by,
                              lv_error *err)
{
    char issuer[LV_NAME_TEXT_MAX];
    const member *named = NULL;
    int code = -1;
    *by = NULL;
    for (size_t i = 0; i < trust->count && code != X509_V_OK; i++) {
        if (X509_check_issued(trust->members[i].root, leaf) == X509_V_OK) {
            named = &trust->members[i];
            code = verify_chain(named, leaf, time);
        }
    }
    if (named == NULL) {
        lv_x509_name_text(X509_get_issuer_name(leaf), issuer);
        return lv_fail(err, LV_INVALID, "certificate: issued by no member's root (issuer %s)",
                       issuer);
    }
    lv_status status = chain_words(code, named, err);
    *by = status == LV_OK ? named : NULL;
    return status;
}

/* When leaf and root are both valid; never, where that cannot be told. */
static void take_validity(const X509 *leaf, const X509 *root, lv_checked_leaf *out)
{
    int64_t from = 0;
    int64_t until = 0;
    if (lv_x509_seconds(X509_get0_notBefore(leaf), &out->from) &&
        lv_x509_seconds(X509_get0_notAfter(leaf), &out->until) &&
        lv_x509_seconds(X509_get0_notBefore(root), &from) &&
        lv_x509_seconds(X509_get0_notAfter(root), &until)) {
        out->from = from > out->from ? from : out->from;
        out->until = until < out->until ? until : out->until;
    } else {
        out->from = 0;
        out->until = 0;
    }
}

static lv_status check_leaf(const lv_trust *trust, X509 *leaf, int64_t time, const char *unit,
                            lv_checked_leaf *out, lv_error *err)
{
    const member *by = NULL;
    const char *fault = leaf_fault(leaf, unit);
    ERR_clear_error();
    if (fault != NULL) {
        return lv_fail(err, LV_INVALID, "certificate: %s", fault);
    }
    lv_status status = check_issuer(trust, leaf, time, &by, err);
    if (by == NULL) {
        return status;
    }
    out->key = X509_get_pubkey(leaf);
    if (out->key == NULL) {
        return lv_openssl_fail(err, "certificate");
    }
    out->msp = by->msp;
    take_validity(leaf, by->root, out);
    return LV_OK;
}

/* ---- certificates, of which good ones are remembered ---- */

/* Bytes from outside that make no sense are their sender's fault, not this machine's. */
static lv_status as_invalid(lv_status status)
{
    return status == LV_E_SYNTAX || status == LV_E_LIMIT ? LV_INVALID : status;
}

static lv_status check_der(const lv_trust *trust, lv_bytes der, int64_t time, const char *unit,
                           lv_checked_leaf *out, lv_error *err)
{
    lv_checked_name name;
    X509 *leaf = NULL;
    bool named = der.len <= LV_CERTIFICATE_MAX && lv_checked_name_of("der", unit, der, &name);
    *out = (lv_checked_leaf){0};
    if (named && lv_checked_find(trust->checked, &name, time, out)) {
        return LV_OK;
    }
    lv_status status = as_invalid(lv_x509_from_der(der, &leaf, err));
    if (status == LV_OK) {
        status = check_leaf(trust, leaf, time, unit, out, err);
    }
    if (status == LV_OK && named) {
        lv_checked_keep(trust->checked, &name, out);
    }
    X509_free(leaf);
    return status;
}

static lv_status check_pem(const lv_trust *trust, lv_bytes pem, int64_t time, const char *unit,
                           lv_checked_leaf *out, lv_error *err)
{
    lv_checked_name name;
    lv_buffer der = {0};
    bool named = pem.len <= LV_PEM_MAX && lv_checked_name_of("pem", unit, pem, &name);
    *out = (lv_checked_leaf){0};
    if (named && lv_checked_find(trust->checked, &name, time, out)) {
        return LV_OK;
    }
    lv_status status = as_invalid(lv_x509_pem_to_der(pem, &der, err));
    if (status == LV_OK) {
        status = check_der(trust, lv_buffer_view(&der), time, unit, out, err);
    }
    if (status == LV_OK && named) {
        lv_checked_keep(trust->checked, &name, out);
    }
    lv_buffer_free(&der);
    return status;
}

typedef lv_status (*certificate_check)(const lv_trust *trust, lv_bytes certificate, int64_t time,
                                       const char *unit, lv_checked_leaf *out, lv_error *err);

static lv_status check_certificate(certificate_check check, const lv_trust *trust,
                                   lv_bytes certificate, int64_t time, const char *unit,
                                   const char **msp_id, lv_error *err)
{
    lv_checked_leaf leaf;
    lv_status status = check(trust, certificate, time, unit, &leaf, err);
    *msp_id = status == LV_OK ? leaf.msp : NULL;
    lv_checked_leaf_free(&leaf);
    return status;
}

lv_status lv_trust_check_unit(const lv_trust *trust, lv_bytes certificate, int64_t time,
                              const char *unit, const char **msp_id, lv_error *err)
{
    return check_certificate(check_der, trust, certificate, time, unit, msp_id, err);
}

lv_status lv_trust_check_unit_pem(const lv_trust *trust, lv_bytes certificate_pem, int64_t time,
                                  const char *unit, const char **msp_id, lv_error *err)
{
    return check_certificate(check_pem, trust, certificate_pem, time, unit, msp_id, err);
}

lv_status lv_trust_check_certificate(const lv_trust *trust, lv_bytes certificate, int64_t time,
                                     const char **msp_id, lv_error *err)
{
    return lv_trust_check_unit(trust, certificate, time, UNIT_CLIENT, msp_id, err);
}

/* ---- signatures ---- */

/* What was signed: SHA-256(domain || bytes). */
typedef struct {
    lv_bytes domain; /* with its NUL; empty where plain */
    lv_bytes bytes;
    lv_bytes signature;
} signed_bytes;

static lv_status verify(EVP_PKEY *key, const signed_bytes *what, lv_error *err)
{
    if (!lv_low_s_is_canonical(what->signature)) {
        return lv_fail(err, LV_INVALID, "signature: not canonical DER with low S");
    }
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    if (digest == NULL) {
        return LV_E_MEMORY;
    }
    bool ready = EVP_DigestVerifyInit_ex(digest, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
                 EVP_DigestVerifyUpdate(digest, what->domain.data, what->domain.len) == 1 &&
                 EVP_DigestVerifyUpdate(digest, what->bytes.data, what->bytes.len) == 1;
    bool holds =
        ready && EVP_DigestVerifyFinal(digest, what->signature.data, what->signature.len) == 1;
    EVP_MD_CTX_free(digest);
    if (!ready) {
        return lv_openssl_fail(err, "signature");
    }
    ERR_clear_error();
    return holds ? LV_OK : lv_fail(err, LV_INVALID, "signature: it does not hold");
}

static lv_status check_signed(certificate_check check, const lv_trust *trust, lv_bytes certificate,
                              int64_t time, const char *unit, const signed_bytes *what,
                              const char **msp_id, lv_error *err)
{
    lv_checked_leaf leaf;
    lv_status status = check(trust, certificate, time, unit, &leaf, err);
    if (status == LV_OK) {
        status = verify(leaf.key, what, err);
    }
    *msp_id = status == LV_OK ? leaf.msp : NULL;
    lv_checked_leaf_free(&leaf);
    return status;
}

lv_status lv_trust_check_signature(const lv_trust *trust, lv_bytes certificate, int64_t time,
                                   const char *domain, lv_bytes bytes, lv_bytes signature,
                                   const char **msp_id, lv_error *err)
{
    const signed_bytes what = {
        .domain = {.data = (const uint8_t *)domain, .len = strlen(domain) + 1},
        .bytes = bytes,
        .signature = signature};
    return check_signed(check_der, trust, certificate, time, UNIT_CLIENT, &what, msp_id, err);
}

lv_status lv_trust_check_plain(const lv_trust *trust, lv_bytes certificate, int64_t time,
                               const char *unit, lv_bytes bytes, lv_bytes signature,
                               const char **msp_id, lv_error *err)
{
    const signed_bytes what = {.bytes = bytes, .signature = signature};
    return check_signed(check_der, trust, certificate, time, unit, &what, msp_id, err);
}

lv_status lv_trust_check_plain_pem(const lv_trust *trust, lv_bytes certificate_pem, int64_t time,
                                   const char *unit, lv_bytes bytes, lv_bytes signature,
                                   const char **msp_id, lv_error *err)
{
    const signed_bytes what = {.bytes = bytes, .signature = signature};
    return check_signed(check_pem, trust, certificate_pem, time, unit, &what, msp_id, err);
}
