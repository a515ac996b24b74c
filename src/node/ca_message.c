#include "node/ca_message.h"
#include "base/base64.h"
#include "base/secret.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 256U /* of a CA's words in an error */

bool lv_ca_text_is_valid(const char *text)
{
    size_t len = strlen(text);
    bool valid = len > 0 && len <= LV_CA_TEXT_MAX;
    for (size_t i = 0; valid && i < len; i++) {
        valid = text[i] >= 0x20 && text[i] <= 0x7e;
    }
    return valid;
}

/* ---- what is asked ---- */

/* Writes a body and frees it; NULL: no memory. */
static lv_status write_body(json_t *body, lv_buffer *out)
{
    char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    lv_status status = text == NULL ? LV_E_MEMORY : lv_buffer_append(out, text, strlen(text));
    if (text != NULL) {
        lv_wipe(text, strlen(text));
    }
    free(text);
    json_decref(body);
    return status;
}

static bool add_text(json_t *body, const char *key, const char *text)
{
    return text == NULL || text[0] == '\0' ||
           json_object_set_new(body, key, json_string(text)) == 0;
}

lv_status lv_ca_info_body(const char *ca_name, lv_buffer *out)
{
    json_t *body = json_object();
    if (!add_text(body, "caname", ca_name)) {
        json_decref(body);
        return LV_E_MEMORY;
    }
    return write_body(body, out);
}

lv_status lv_ca_enroll_body(lv_bytes csr_pem, const char *ca_name, lv_buffer *out)
{
    json_t *body =
        json_pack("{s:s%}", "certificate_request", (const char *)csr_pem.data, csr_pem.len);
    if (!add_text(body, "caname", ca_name)) {
        json_decref(body);
        return LV_E_MEMORY;
    }
    return write_body(body, out);
}

/* jansson keeps a copy of the secret until the body is freed; that copy is wiped before. */
static void wipe_text(const json_t *text)
{
    if (json_is_string(text)) {
        lv_wipe((char *)(uintptr_t)json_string_value(text), json_string_length(text));
    }
}

lv_status lv_ca_register_body(const lv_ca_registration *registration, const char *ca_name,
                              lv_buffer *out)
{
    json_t *secret = NULL;
    json_t *body = json_pack("{s:s, s:s}", "id", registration->user, "type", registration->type);
    bool good = add_text(body, "affiliation", registration->affiliation) &&
                add_text(body, "caname", ca_name);
    if (good && registration->enrollments > 0) {
        good = json_object_set_new(body, "max_enrollments",
                                   json_integer((json_int_t)registration->enrollments)) == 0;
    }
    if (good && registration->secret.len > 0) {
        secret = json_stringn((const char *)registration->secret.data, registration->secret.len);
        good = json_object_set(body, "secret", secret) == 0;
    }
    lv_status status = good ? write_body(json_incref(body), out) : LV_E_MEMORY;
    wipe_text(secret);
    json_decref(secret);
    json_decref(body);
    return status;
}

/* ---- what it answers ---- */

/* What a CA says is for the log and the screen: one line of printable text. */
static void take_words(const json_t *answer, char words[WORDS_MAX])
{
    const json_t *first = json_array_get(json_object_get(answer, "errors"), 0);
    const char *text = json_string_value(json_object_get(first, "message"));
    size_t len = 0;
    for (; text != NULL && text[len] != '\0' && len < WORDS_MAX - 1; len++) {
        bool plain = text[len] >= 0x20 && text[len] <= 0x7e;
        words[len] = text[len];
        if (!plain) {
            words[len] = '?';
        }
    }
    words[len] = '\0';
}

static lv_status check_success(unsigned code, const json_t *answer, lv_error *err)
{
    char words[WORDS_MAX];
    take_words(answer, words);
    const char *said = words[0] != '\0' ? words : "no words of its own";
    if (code >= 500) {
        return lv_fail(err, LV_UNAVAILABLE, "the CA failed: %s (HTTP %u)", said, code);
    }
    if (code < 200 || code >= 300) {
        return lv_fail(err, LV_REFUSED, "the CA refused: %s (HTTP %u)", said, code);
    }
    if (answer == NULL || !json_is_object(answer)) {
        return lv_fail(err, LV_INVALID, "the CA's answer is no JSON object");
    }
    if (!json_is_true(json_object_get(answer, "success"))) {
        return lv_fail(err, LV_REFUSED, "the CA refused: %s", said);
    }
    return LV_OK;
}

/* The answer's result.`key`, a text. @param[out] root  the document, to be freed by the caller. */
static lv_status read_text(unsigned code, lv_bytes answer, const char *key, json_t **root,
                           const char **text, lv_error *err)
{
    json_error_t why;
    *text = NULL;
    *root = answer.len == 0
                ? NULL
                : json_loadb((const char *)answer.data, answer.len, JSON_REJECT_DUPLICATES, &why);
    lv_status status = check_success(code, *root, err);
    if (status != LV_OK) {
        return status;
    }
    *text = json_string_value(json_object_get(json_object_get(*root, "result"), key));
    return *text != NULL && (*text)[0] != '\0'
               ? LV_OK
               : lv_fail(err, LV_INVALID, "the CA's answer has no result.%s", key);
}

/* Base64 of one PEM block of a certificate, and of nothing else. */
static lv_status read_pem(unsigned code, lv_bytes answer, const char *key, lv_buffer *pem,
                          lv_error *err)
{
    static const char BEGIN[] = "-----BEGIN CERTIFICATE-----";
    json_t *root = NULL;
    const char *text = NULL;
    size_t before = pem->len;
    lv_status status = read_text(code, answer, key, &root, &text, err);
    if (status == LV_OK) {
        status = lv_base64_decode(text, pem);
        if (status == LV_E_SYNTAX) {
            status = lv_fail(err, LV_INVALID, "the CA's result.%s is no base64", key);
        }
    }
    if (status == LV_OK) {
        const char *decoded = lv_buffer_text(pem) + before;
        const char *first = strstr(decoded, BEGIN);
        if (strlen(decoded) != pem->len - before || first == NULL) {
            status = lv_fail(err, LV_INVALID, "the CA's result.%s is no certificate", key);
        } else if (strstr(first + 1, BEGIN) != NULL) {
            status = lv_fail(err, LV_INVALID,
                             "the CA's result.%s holds several certificates; an organisation's "
                             "certificates come from its root itself, not from one between",
                             key);
        }
    }
    if (status != LV_OK) {
        lv_buffer_cut(pem, before);
    }
    json_decref(root);
    return status;
}

lv_status lv_ca_read_certificate(unsigned code, lv_bytes answer, lv_buffer *pem, lv_error *err)
{
    return read_pem(code, answer, "Cert", pem, err);
}

lv_status lv_ca_read_root(unsigned code, lv_bytes answer, lv_buffer *pem, lv_error *err)
{
    return read_pem(code, answer, "CAChain", pem, err);
}

lv_status lv_ca_read_secret(unsigned code, lv_bytes answer, lv_buffer *secret, lv_error *err)
{
    json_t *root = NULL;
    const char *text = NULL;
    lv_status status = read_text(code, answer, "secret", &root, &text, err);
    if (status == LV_OK) {
        size_t len = strlen(text);
        status = len <= LV_CA_SECRET_MAX
                     ? lv_buffer_append(secret, text, len)
                     : lv_fail(err, LV_INVALID, "the CA's secret has more than %u bytes",
                               LV_CA_SECRET_MAX);
    }
    wipe_text(json_object_get(json_object_get(root, "result"), "secret"));
    json_decref(root);
    return status;
}
