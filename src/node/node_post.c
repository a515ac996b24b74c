/* Calling another organisation's peer door. */
#include "node/node_parts.h"
#include <string.h>

#define PEER_WORDS_MAX 512U

/* What a peer says is for the log and the screen: one line of printable text. */
static void take_words(const json_t *answer, char words[PEER_WORDS_MAX])
{
    const char *text = json_string_value(json_object_get(answer, "error"));
    size_t len = 0;
    for (; text != NULL && text[len] != '\0' && len < PEER_WORDS_MAX - 1; len++) {
        unsigned char byte = (unsigned char)text[len];
        words[len] = text[len];
        if (byte < 0x20 || byte == 0x7f) {
            words[len] = ' ';
        }
    }
    words[len] = '\0';
}

/* A fault inside the peer is none of ours, and may have passed at the next try. */
static lv_status status_of(unsigned code, const json_t *answer)
{
    const char *name = json_string_value(json_object_get(answer, "code"));
    lv_status status = lv_http_status_of_name(name);
    bool named = name != NULL && strcmp(name, lv_status_name(status)) == 0;
    if (code == 429 || (code >= 500 && (!named || status < LV_OK))) {
        return LV_UNAVAILABLE;
    }
    if (named) {
        return status;
    }
    return code == 403 ? LV_REFUSED : LV_INVALID;
}

static lv_status explain(const char *msp, unsigned code, lv_bytes body, lv_error *err)
{
    char words[PEER_WORDS_MAX];
    json_t *answer = json_loadb((const char *)body.data, body.len, 0, NULL);
    lv_status status = status_of(code, answer);
    take_words(answer, words);
    json_decref(answer);
    return lv_fail(err, status, "%s: %s (HTTP %u)", msp,
                   words[0] != '\0' ? words : "refused without words", code);
}

static lv_status send(lv_node *node, const lv_config_member *member, const char *url, lv_bytes body,
                      lv_buffer *answer, lv_error *err)
{
    lv_identity *identity = lv_node_identity(node);
    lv_http_call call = {
        .url = url,
        .identity = identity,
        .root = lv_buffer_view(&member->root),
        .trust = node->trust,
        .msp = member->msp,
        .method = "POST",
        .content_type = "application/x-protobuf",
        .body = body,
        .seconds = node->config->request_seconds,
        .max_bytes = LV_NODE_ANSWER_MAX,
    };
    unsigned code = 0;
    lv_status status = lv_http_request_send(&call, &code, answer, err);
    lv_identity_free(identity);
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: ", member->msp);
        return status;
    }
    return code == 200 ? LV_OK : explain(member->msp, code, lv_buffer_view(answer), err);
}

lv_status lv_node_post(lv_node *node, const char *msp, const char *path, lv_bytes body,
                       lv_buffer *answer, lv_error *err)
{
    const lv_config_member *member = lv_config_member_find(node->config, msp);
    if (member == NULL || member->url[0] == '\0') {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: is no member with a url; add it to members in "
                       "config.yaml",
                       msp);
    }
    lv_buffer url = {0};
    lv_buffer got = {0};
    lv_status status = lv_buffer_printf(&url, "%s%s", member->url, path);
    if (status == LV_OK) {
        status = send(node, member, lv_buffer_text(&url), body, &got, err);
    }
    if (status == LV_OK && got.len > 0) {
        status = lv_buffer_append(answer, got.data, got.len);
    }
    lv_buffer_free(&url);
    lv_buffer_free(&got);
    return status;
}
