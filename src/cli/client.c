#include "cli/client.h"
#include "base/file.h"
#include "node/http.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t ANSWER_MAX = (size_t)256 * 1024 * 1024;
static const size_t SET_ID_SHORTEST = 6;

lv_status lv_client_escape(const char *text, lv_buffer *out)
{
    lv_status status = LV_OK;
    for (; status == LV_OK && *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= '0' && byte <= '9') || strchr("-._~", byte) != NULL;
        status = plain ? lv_buffer_append(out, &byte, 1) : lv_buffer_printf(out, "%%%02X", byte);
    }
    return status;
}

static lv_status status_of_name(const char *name)
{
    for (int status = LV_E_CONFIG; status <= LV_UNAVAILABLE; status++) {
        if (status != LV_OK && strcmp(name, lv_status_name((lv_status)status)) == 0) {
            return (lv_status)status;
        }
    }
    return LV_E_IO;
}

/* The status and words of an answer that is no success. */
static lv_status refuse(unsigned code, const json_t *answer, lv_error *err)
{
    const char *words = json_string_value(json_object_get(answer, "error"));
    const char *name = json_string_value(json_object_get(answer, "code"));
    if (words == NULL || name == NULL) {
        return lv_fail(err, LV_E_IO, "the node answered with HTTP status %u and no words", code);
    }
    return lv_fail(err, status_of_name(name), "%s", words);
}

static lv_status read_answer(unsigned code, const lv_buffer *body, json_t **out, lv_error *err)
{
    json_error_t why;
    json_t *answer = json_loadb((const char *)body->data, body->len, JSON_REJECT_DUPLICATES, &why);
    if (code >= 200 && code < 300 && answer != NULL) {
        *out = answer;
        return LV_OK;
    }
    lv_status status = code >= 200 && code < 300
                           ? lv_fail(err, LV_E_SYNTAX, "the node's answer is no JSON: %s", why.text)
                           : refuse(code, answer, err);
    json_decref(answer);
    return status;
}

static lv_status send_to(const char *dir, const char *url, const char *socket_path,
                         const lv_client_call *call, json_t **out, lv_error *err)
{
    lv_http_call http = {.url = url,
                         .socket_path = socket_path,
                         .method = call->method != NULL ? call->method : "GET",
                         .content_type = call->content_type,
                         .header = call->header,
                         .body = call->body,
                         .read = call->read,
                         .read_context = call->read_context,
                         .read_len = call->read_len,
                         .seconds = call->seconds != 0 ? call->seconds : LV_CLIENT_SECONDS,
                         .max_bytes = ANSWER_MAX};
    lv_buffer body = {0};
    unsigned code = 0;
    lv_status status = LV_UNAVAILABLE;
    if (access(socket_path, W_OK) != 0 && errno == EACCES) {
        return lv_fail(err, LV_E_IO,
                       "%s: permission denied; the commands must run as the user that the node "
                       "runs as",
                       socket_path);
    }
    if (lv_file_exists(socket_path)) {
        status = lv_http_request_send(&http, &code, &body, err);
    }
    if (status == LV_UNAVAILABLE) {
        status = lv_fail(err, status,
                         "no node runs for the organisation in %s; start it with `lotveil serve "
                         "--dir %s`",
                         dir, dir);
    } else if (status == LV_OK) {
        status = read_answer(code, &body, out, err);
    }
    /* An audit's answer holds a secret key. */
    lv_buffer_wipe(&body);
    return status;
}

lv_status lv_client_send(const char *dir, const lv_client_call *call, json_t **out, lv_error *err)
{
    *out = NULL;
    lv_buffer url = {0};
    char *socket_path = lv_cli_path(dir, "state/control.sock", err);
    lv_status status = socket_path == NULL ? LV_E_MEMORY : LV_OK;
    if (status == LV_OK) {
        status = lv_buffer_printf(&url, "http://node%s", call->path);
    }
    if (status == LV_OK) {
        status = send_to(dir, lv_buffer_text(&url), socket_path, call, out, err);
    }
    lv_buffer_free(&url);
    free(socket_path);
    return status;
}

__attribute__((format(printf, 6, 0))) static lv_status
send_formatted(const char *dir, json_t *body, json_t **out, lv_error *err, const char *method,
               const char *format, va_list arguments)
{
    char *path = NULL;
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : NULL;
    *out = NULL;
    if (vasprintf(&path, format, arguments) < 0) {
        path = NULL;
    }
    lv_status status = LV_E_MEMORY;
    if (path != NULL && (body == NULL || text != NULL)) {
        lv_client_call call = {.method = method, .path = path};
        if (text != NULL) {
            call.content_type = "application/json";
            call.body = lv_bytes_of_text(text);
        }
        status = lv_client_send(dir, &call, out, err);
    }
    free(text);
    free(path);
    return status;
}

lv_status lv_client_get(const char *dir, json_t **out, lv_error *err, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lv_status status = send_formatted(dir, NULL, out, err, "GET", format, arguments);
    va_end(arguments);
    return status;
}

lv_status lv_client_post(const char *dir, json_t *body, json_t **out, lv_error *err,
                         const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    lv_status status = send_formatted(dir, body, out, err, "POST", format, arguments);
    va_end(arguments);
    json_decref(body);
    return status;
}

/* The one known set whose id begins with `text`. */
static lv_status complete(const json_t *sets, const char *text, char set_id[2 * LV_DIGEST_LEN + 1],
                          lv_error *err)
{
    size_t found = 0;
    size_t i = 0;
    json_t *set = NULL;
    json_array_foreach(sets, i, set)
    {
        const char *id = json_string_value(json_object_get(set, "set_id"));
        if (id != NULL && strlen(id) == (size_t)2 * LV_DIGEST_LEN &&
            strncasecmp(id, text, strlen(text)) == 0) {
            memcpy(set_id, id, (size_t)2 * LV_DIGEST_LEN + 1);
            found++;
        }
    }
    if (found == 0) {
        return lv_fail(err, LV_NOT_FOUND, "this node knows no set %s; `lotveil sets` lists them",
                       text);
    }
    if (found > 1) {
        return lv_fail(err, LV_E_SYNTAX, "%s fits %zu sets; give more digits", text, found);
    }
    return LV_OK;
}

lv_status lv_client_set_id(const char *dir, const char *text, char set_id[2 * LV_DIGEST_LEN + 1],
                           lv_error *err)
{
    size_t len = strlen(text);
    set_id[0] = '\0';
    if (strspn(text, "0123456789abcdefABCDEF") != len || len < SET_ID_SHORTEST ||
        len > (size_t)2 * LV_DIGEST_LEN) {
        return lv_fail(err, LV_E_SYNTAX,
                       "\"%s\" is no set id: %zu to %u hexadecimal digits, as `lotveil sets` shows",
                       text, SET_ID_SHORTEST, 2 * LV_DIGEST_LEN);
    }
    json_t *answer = NULL;
    lv_status status = lv_client_get(dir, &answer, err, "/v1/sets");
    if (status == LV_OK) {
        status = complete(json_object_get(answer, "sets"), text, set_id, err);
    }
    json_decref(answer);
    return status;
}
