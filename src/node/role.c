#include "node/role.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/parallel.h"
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

bool lv_role_row(lv_store *store, sqlite3_stmt *rows, lv_status *status, lv_error *err)
{
    if (*status != LV_OK) {
        return false;
    }
    *status = lv_store_next(store, rows, err);
    if (*status == LV_NOT_FOUND) {
        *status = LV_OK;
        return false;
    }
    return *status == LV_OK;
}

lv_status lv_role_first(lv_store *store, lv_status queried, sqlite3_stmt **row, lv_error *err)
{
    if (queried != LV_OK) {
        return queried;
    }
    lv_status status = lv_store_next(store, *row, err);
    if (status != LV_OK) {
        lv_store_done(*row);
        *row = NULL;
    }
    return status;
}

lv_job lv_role_job(const lv_node *node)
{
    unsigned threads = node->config->threads;
    return (lv_job){.threads = threads != 0 ? threads : lv_processors()};
}

bool lv_role_passes(lv_status status)
{
    return status == LV_UNAVAILABLE || status == LV_TIMEOUT || status == LV_E_IO ||
           status == LV_E_MEMORY || status == LV_E_RANDOM;
}

lv_status lv_role_copy(sqlite3_stmt *row, int column, lv_buffer *out)
{
    lv_bytes bytes = lv_store_bytes(row, column);
    return bytes.len == 0 ? LV_OK : lv_buffer_append(out, bytes.data, bytes.len);
}

lv_status lv_role_digest(sqlite3_stmt *row, int column, lv_digest *out)
{
    lv_bytes bytes = lv_store_bytes(row, column);
    if (bytes.len != sizeof out->bytes) {
        *out = (lv_digest){0};
        return LV_E_CORRUPT;
    }
    memcpy(out->bytes, bytes.data, sizeof out->bytes);
    return LV_OK;
}

lv_bytes lv_role_digest_view(const lv_digest *digest)
{
    return (lv_bytes){digest->bytes, sizeof digest->bytes};
}

json_t *lv_role_base64(lv_bytes bytes)
{
    if (bytes.len == 0) {
        return json_null();
    }
    size_t size = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(size);
    if (text == NULL) {
        return NULL;
    }
    sodium_bin2base64(text, size, bytes.data, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *value = json_string(text);
    sodium_memzero(text, size); /* what is shown may be a key that its owner asked for */
    free(text);
    return value;
}

json_t *lv_role_hex(lv_bytes bytes)
{
    if (bytes.len == 0) {
        return json_null();
    }
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL) {
        return NULL;
    }
    lv_hex_encode(bytes, text);
    json_t *value = json_string(text);
    free(text);
    return value;
}

json_t *lv_role_text(const char *text)
{
    json_t *value = json_string(text);
    if (value != NULL) {
        return value;
    }
    char *plain = strdup(text);
    if (plain == NULL) {
        return NULL;
    }
    for (char *at = plain; *at != '\0'; at++) {
        if ((unsigned char)*at >= 0x80) {
            *at = '?';
        }
    }
    value = json_string(plain);
    free(plain);
    return value;
}

json_t *lv_role_text_or_null(sqlite3_stmt *row, int column)
{
    const char *text = lv_store_text(row, column);
    return text[0] == '\0' ? json_null() : lv_role_text(text);
}

json_t *lv_role_number_or_null(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL
               ? json_null()
               : json_integer((json_int_t)sqlite3_column_int64(row, column));
}

lv_status lv_role_append(json_t *list, json_t *value)
{
    return json_array_append_new(list, value) == 0 ? LV_OK : LV_E_MEMORY;
}

lv_status lv_role_body(const lv_http_request *request, json_t **out, lv_error *err)
{
    json_error_t where;

    *out = NULL;
    if (request->body.len == 0) {
        *out = json_object();
        return *out != NULL ? LV_OK : LV_E_MEMORY;
    }
    json_t *value = json_loadb((const char *)request->body.data, request->body.len,
                               JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(value)) {
        json_decref(value);
        return lv_fail(err, LV_E_SYNTAX, "the body is no JSON object");
    }
    *out = value;
    return LV_OK;
}

lv_status lv_role_member(const json_t *object, const char *name, const char **out, lv_error *err)
{
    const json_t *value = json_object_get(object, name);

    *out = "";
    if (value == NULL || json_is_null(value)) {
        return LV_OK;
    }
    if (!json_is_string(value)) {
        return lv_fail(err, LV_E_SYNTAX, "\"%s\" must be a text", name);
    }
    *out = json_string_value(value);
    return LV_OK;
}

/* A query value as a number in 0 .. max; absent is 0. */
static lv_status query_number(const lv_http_request *request, const char *name, int64_t max,
                              int64_t *out, lv_error *err)
{
    const char *text = request->query(request->context, name);

    *out = 0;
    if (text == NULL || text[0] == '\0') {
        return LV_OK;
    }
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0 || value < 0) {
        return lv_fail(err, LV_E_SYNTAX, "%s must be a number, 0 or more", name);
    }
    *out = value < max ? value : max;
    return LV_OK;
}

lv_status lv_poll_start(lv_node *node, const lv_http_request *request, lv_poll *out, lv_error *err)
{
    int64_t wait = 0;

    *out = (lv_poll){0};
    lv_status status = query_number(request, "after", INT64_MAX, &out->after, err);
    if (status == LV_OK) {
        status = query_number(request, "wait", LV_POLL_SECONDS_MAX, &wait, err);
    }
    out->until = lv_clock_seconds() + (double)wait;
    out->seen = lv_node_version(node);
    return status;
}

bool lv_poll_wait(lv_node *node, lv_poll *poll)
{
    double left = poll->until - lv_clock_seconds();
    if (left <= 0 || lv_node_stopping(node)) {
        return false;
    }
    lv_node_wait(node, poll->seen, left);
    poll->seen = lv_node_version(node);
    return true;
}

lv_status lv_role_list(lv_node *node, const lv_http_request *request, const char *name,
                       lv_role_lister lister, lv_http_response *response, lv_error *err)
{
    lv_poll poll;
    json_t *list = json_array();
    lv_status status = list == NULL ? LV_E_MEMORY : lv_poll_start(node, request, &poll, err);

    while (status == LV_OK) {
        status = lv_store_begin(node->store, err);
        if (status == LV_OK) {
            status = lister(node, request, poll.after, list, err);
            status = lv_store_end(node->store, status, err);
        }
        if (status != LV_OK || json_array_size(list) > 0 || !lv_poll_wait(node, &poll)) {
            break;
        }
    }
    if (status != LV_OK) {
        json_decref(list);
        return status;
    }
    return lv_http_json(response, json_pack("{s:o}", name, list));
}
