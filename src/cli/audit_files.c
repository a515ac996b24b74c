#include "base/base64.h"
#include "base/file.h"
#include "base/secret.h"
#include "cli/audit.h"
#include "cli/card.h"
#include "cli/export_json.h"
#include <stdlib.h>
#include <string.h>

static const char FORMAT[] = "lotveil-opening-1";
static const char WARNING[] =
    "Whoever has this file reads every value of the set. Give it to the auditor alone, over a "
    "channel that nobody else reads, and delete it after the audit.";

#define OPENING_FILE_MAX 1048576U
#define BUNDLE_MAX 1073741824U /* hexadecimal and base64 of both records and of every Enc(z) */

/* ---- the opening ---- */

lv_status lv_audit_write(const char *path, const char *set_id, const json_t *answer, lv_error *err)
{
    json_t *document = json_pack("{s:s, s:s, s:s, s:O, s:O}", "format", FORMAT, "warning", WARNING,
                                 "set_id", set_id, "opening", json_object_get(answer, "opening"),
                                 "secret_key", json_object_get(answer, "key"));
    if (document == NULL) {
        return lv_fail(err, LV_E_SYNTAX, "the node gave no opening");
    }
    char *text = json_dumps(document, JSON_INDENT(2));
    lv_status status = LV_E_MEMORY;
    if (text != NULL) {
        status = lv_file_write(path, (lv_bytes){(const uint8_t *)text, strlen(text)}, 0600, err);
        lv_wipe(text, strlen(text));
    }
    free(text);
    json_decref(document); /* its key is the answer's, which the caller wipes */
    return status;
}

/* Base64 of a member of an object. */
static lv_status take(const char *path, const json_t *object, const char *key, lv_buffer *out,
                      lv_error *err)
{
    const char *text = json_string_value(json_object_get(object, key));
    lv_status status = text == NULL ? LV_E_SYNTAX : lv_base64_decode(text, out);
    return status == LV_E_SYNTAX ? lv_fail(err, status, "%s: \"%s\" is no base64", path, key)
                                 : status;
}

static lv_status load_json(const char *path, size_t max, bool secret, json_t **out, lv_error *err)
{
    lv_buffer text = {0};
    json_error_t why;
    lv_status status = lv_cli_read(path, max, &text, err);
    if (status == LV_OK) {
        *out = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &why);
        if (!json_is_object(*out)) {
            status = lv_fail(err, LV_E_SYNTAX, "%s:%d: no JSON object", path,
                             *out == NULL ? why.line : 1);
        }
    }
    if (secret) {
        lv_buffer_wipe(&text);
    }
    lv_buffer_free(&text);
    return status;
}

static lv_status read_opening(const char *path, lv_audit_input *out, lv_error *err)
{
    json_t *document = NULL;
    lv_status status = load_json(path, OPENING_FILE_MAX, true, &document, err);
    const char *format = json_string_value(json_object_get(document, "format"));
    if (status == LV_OK && (format == NULL || strcmp(format, FORMAT) != 0)) {
        status =
            lv_fail(err, LV_E_SYNTAX,
                    "%s: its \"format\" is not %s; `lotveil audit open` writes one", path, FORMAT);
    }
    if (status == LV_OK) {
        status = take(path, document, "opening", &out->opening, err);
    }
    if (status == LV_OK) {
        status = take(path, document, "secret_key", &out->secret_key, err);
    }
    lv_json_wipe(document, "secret_key");
    json_decref(document);
    return status;
}

/* ---- records, inquiries, answers ---- */

static lv_status add_exchange(lv_audit_input *out, lv_audit_exchange **place, lv_error *err)
{
    lv_audit_exchange *grown =
        realloc(out->exchanges, (out->exchange_count + 1) * sizeof *out->exchanges);
    if (grown == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory for the exchanges");
    }
    out->exchanges = grown;
    *place = &grown[out->exchange_count++];
    **place = (lv_audit_exchange){0};
    return LV_OK;
}

static lv_status read_exchanges(const lv_audit_plan *plan, lv_audit_input *out, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; i < plan->inquiries.count && status == LV_OK; i++) {
        lv_audit_exchange *place = NULL;
        status = add_exchange(out, &place, err);
        if (status == LV_OK) {
            status = lv_cli_read(plan->inquiries.path[i], LV_RECORD_MAX, &place->inquiry, err);
        }
        if (status == LV_OK) {
            status = lv_cli_read(plan->answers.path[i], LV_RECORD_MAX, &place->answer, err);
        }
    }
    return status;
}

/* The Signed under `key` of a bundle, where there is one and nothing stands in `out` yet. */
static lv_status take_signed(const char *path, const json_t *object, const char *key,
                             lv_buffer *out, lv_error *err)
{
    const json_t *record = json_object_get(object, key);
    return out->len > 0 || !json_is_object(record) ? LV_OK : take(path, record, "signed", out, err);
}

/* What was asked and not answered yet is nothing to check. */
static lv_status take_exchange(const char *path, const json_t *entry, lv_audit_input *out,
                               lv_error *err)
{
    lv_audit_exchange *place = NULL;
    if (!json_is_object(json_object_get(entry, "inquiry")) ||
        !json_is_object(json_object_get(entry, "answer"))) {
        return LV_OK;
    }
    lv_status status = add_exchange(out, &place, err);
    if (status == LV_OK) {
        status = take_signed(path, entry, "inquiry", &place->inquiry, err);
    }
    if (status == LV_OK) {
        status = take_signed(path, entry, "answer", &place->answer, err);
    }
    return status;
}

static lv_status read_bundle(const char *path, lv_audit_input *out, lv_error *err)
{
    json_t *document = NULL;
    lv_status status = load_json(path, BUNDLE_MAX, false, &document, err);
    if (status == LV_OK) {
        status = take_signed(path, document, "quality", &out->quality, err);
    }
    if (status == LV_OK) {
        status = take_signed(path, document, "xor", &out->xor_record, err);
    }
    const json_t *list = json_object_get(document, "exchanges");
    for (size_t i = 0; status == LV_OK && i < json_array_size(list); i++) {
        status = take_exchange(path, json_array_get(list, i), out, err);
    }
    json_decref(document);
    return status;
}

static lv_status read_records(const lv_audit_plan *plan, lv_audit_input *out, lv_error *err)
{
    lv_status status = LV_OK;
    if (plan->quality != NULL) {
        status = lv_cli_read(plan->quality, LV_RECORD_MAX, &out->quality, err);
    }
    if (status == LV_OK && plan->xor_record != NULL) {
        status = lv_cli_read(plan->xor_record, LV_RECORD_MAX, &out->xor_record, err);
    }
    for (size_t i = 0; i < plan->bundles.count && status == LV_OK; i++) {
        status = read_bundle(plan->bundles.path[i], out, err);
    }
    if (status == LV_OK && (out->quality.len == 0 || out->xor_record.len == 0)) {
        status = lv_fail(err, LV_E_SYNTAX, "no %s record: name it, or a bundle that has it",
                         out->quality.len == 0 ? "quality" : "XOR");
    }
    return status;
}

/* ---- whom to trust ---- */

static lv_status trust_cards(const lv_audit_files *cards, lv_trust **out, lv_error *err)
{
    lv_status status = lv_trust_new(out);
    for (size_t i = 0; i < cards->count && status == LV_OK; i++) {
        lv_card card = {0};
        status = lv_card_read(cards->path[i], &card, err);
        if (status == LV_OK) {
            status = lv_trust_add(*out, card.organisation, lv_buffer_view(&card.root), err);
        }
        lv_card_free(&card);
    }
    return status;
}

static lv_status trust_folder(const char *dir, lv_trust **out, lv_error *err)
{
    lv_cli_org org = {0};
    lv_status status = lv_cli_org_load(dir, &org, err);
    if (status == LV_OK) {
        *out = org.trust;
        org.trust = NULL;
    }
    lv_cli_org_free(&org);
    return status;
}

lv_status lv_audit_read(const lv_audit_plan *plan, lv_audit_input *out, lv_error *err)
{
    *out = (lv_audit_input){0};
    lv_status status = plan->cards.count > 0 ? trust_cards(&plan->cards, &out->trust, err)
                                             : trust_folder(plan->dir, &out->trust, err);
    if (status == LV_OK) {
        status = read_opening(plan->opening, out, err);
    }
    if (status == LV_OK) {
        status = read_records(plan, out, err);
    }
    if (status == LV_OK) {
        status = read_exchanges(plan, out, err);
    }
    if (status != LV_OK) {
        lv_audit_input_free(out);
    }
    return status;
}

void lv_audit_input_free(lv_audit_input *input)
{
    lv_trust_free(input->trust);
    lv_buffer_free(&input->opening);
    lv_buffer_wipe(&input->secret_key);
    lv_buffer_free(&input->quality);
    lv_buffer_free(&input->xor_record);
    for (size_t i = 0; i < input->exchange_count; i++) {
        lv_buffer_free(&input->exchanges[i].inquiry);
        lv_buffer_free(&input->exchanges[i].answer);
    }
    free(input->exchanges);
    *input = (lv_audit_input){0};
}
