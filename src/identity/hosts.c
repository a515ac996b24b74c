#include "identity/hosts.h"
#include "identity/x509.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

bool lv_host_is_valid(const char *host)
{
    size_t len = strlen(host);
    bool valid = len > 0 && len <= LV_HOST_MAX;
    for (size_t i = 0; valid && i < len; i++) {
        unsigned char c = (unsigned char)host[i];
        valid = isalnum(c) != 0 || strchr(".-:", c) != NULL;
    }
    return valid;
}

/* Bytes of an address as a certificate holds them; 0: it is a DNS name. */
static int address_of(const char *host, uint8_t out[sizeof(struct in6_addr)])
{
    if (inet_pton(AF_INET, host, out) == 1) {
        return (int)sizeof(struct in_addr);
    }
    return inet_pton(AF_INET6, host, out) == 1 ? (int)sizeof(struct in6_addr) : 0;
}

static GENERAL_NAME *general_name(const char *host)
{
    uint8_t address[sizeof(struct in6_addr)];
    int bytes = address_of(host, address);
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_STRING *value = ASN1_STRING_type_new(bytes > 0 ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);
    if (name == NULL || value == NULL ||
        ASN1_STRING_set(value, bytes > 0 ? (const void *)address : host,
                        bytes > 0 ? bytes : (int)strlen(host)) != 1) {
        GENERAL_NAME_free(name);
        ASN1_STRING_free(value);
        return NULL;
    }
    GENERAL_NAME_set0_value(name, bytes > 0 ? GEN_IPADD : GEN_DNS, value);
    return name;
}

GENERAL_NAMES *lv_hosts_encode(const char *const *hosts, size_t count)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    for (size_t i = 0; names != NULL && i < count; i++) {
        GENERAL_NAME *name = general_name(hosts[i]);
        if (name == NULL || sk_GENERAL_NAME_push(names, name) <= 0) {
            GENERAL_NAME_free(name);
            GENERAL_NAMES_free(names);
            return NULL;
        }
    }
    return names;
}

/* ---- reading ---- */

/* The text of an address or DNS name in new memory; NULL where it is neither, or without memory. */
static char *text_of(const GENERAL_NAME *name)
{
    int type = 0;
    char text[INET6_ADDRSTRLEN];
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);
    if (type != GEN_DNS && type != GEN_IPADD) {
        return NULL;
    }
    const unsigned char *data = ASN1_STRING_get0_data(value);
    size_t len = (size_t)ASN1_STRING_length(value);
    if (type == GEN_DNS) {
        return strnlen((const char *)data, len) == len ? strndup((const char *)data, len) : NULL;
    }
    if (len != sizeof(struct in_addr) && len != sizeof(struct in6_addr)) {
        return NULL;
    }
    int family = len == sizeof(struct in_addr) ? AF_INET : AF_INET6;
    return inet_ntop(family, data, text, sizeof text) != NULL ? strdup(text) : NULL;
}

static lv_status take_names(const GENERAL_NAMES *names, lv_hosts *out, lv_error *err)
{
    int count = sk_GENERAL_NAME_num(names);
    if (count > (int)LV_HOSTS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "certificate: more than %u hosts", LV_HOSTS_MAX);
    }
    out->names = (char **)calloc(count > 0 ? (size_t)count : 1, sizeof *out->names);
    if (out->names == NULL) {
        return LV_E_MEMORY;
    }
    for (int i = 0; i < count; i++) {
        char *text = text_of(sk_GENERAL_NAME_value(names, i));
        if (text != NULL && lv_host_is_valid(text)) {
            out->names[out->count++] = text;
        } else {
            free(text);
        }
    }
    return LV_OK;
}

lv_status lv_hosts_read(lv_bytes certificate, lv_hosts *out, lv_error *err)
{
    X509 *read = NULL;
    *out = (lv_hosts){0};
    lv_status status = lv_x509_from_der(certificate, &read, err);
    if (status != LV_OK) {
        return status;
    }
    GENERAL_NAMES *names = X509_get_ext_d2i(read, NID_subject_alt_name, NULL, NULL);
    ERR_clear_error();
    if (names != NULL) {
        status = take_names(names, out, err);
    }
    GENERAL_NAMES_free(names);
    X509_free(read);
    return status;
}

void lv_hosts_free(lv_hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++) {
        free(hosts->names[i]);
    }
    free((void *)hosts->names);
    *hosts = (lv_hosts){0};
}

const char *lv_hosts_missing(X509 *certificate, const char *const *hosts, size_t count)
{
    const char *missing = NULL;
    for (size_t i = 0; missing == NULL && i < count; i++) {
        uint8_t address[sizeof(struct in6_addr)];
        int bytes = address_of(hosts[i], address);
        bool borne = bytes > 0 ? X509_check_ip(certificate, address, (size_t)bytes, 0) == 1
                               : X509_check_host(certificate, hosts[i], 0,
                                                 X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
        missing = borne ? NULL : hosts[i];
    }
    ERR_clear_error();
    return missing;
}
