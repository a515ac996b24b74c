/* What every node answers at both doors (docs/api.md). */
#include "base/clock.h"
#include "node/node_parts.h"

static json_t *describe_head(const lv_head *head)
{
    char hash[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&head->hash, hash);
    return json_pack("{s:I, s:s}", "block", (json_int_t)head->block, "hash", hash);
}

/* Why the ledger does not answer, and since when. */
static bool add_absence(json_t *entry, const lv_probe_result *result)
{
    json_t *since = result->since < 0 ? json_null() : json_integer((json_int_t)result->since);
    return json_object_set_new(entry, "unavailable", json_string(result->words.text)) == 0 &&
           json_object_set_new(entry, "last_answer_seconds", since) == 0;
}

/* A ledger that does not answer is what somebody who asks for a node's health wants to hear of, and
 * soon: the block that was seen last stands there, and at the own door why there is none newer.
 * @param[in,out] away  becomes true where it does not answer. */
static lv_status add_channel(lv_node *node, json_t *channels, const char *name,
                             const lv_ledger *ledger, lv_probe *probe, bool own, bool *away,
                             lv_error *err)
{
    lv_probe_result result;
    bool known = true;
    if (ledger == NULL) {
        return LV_OK;
    }
    lv_probe_take(probe, &result);
    lv_status status = result.status;
    const bool absent = status == LV_UNAVAILABLE || status == LV_TIMEOUT;
    if (absent) {
        *away = true;
        status =
            lv_node_seen_head(node, lv_ledger_channel(ledger)->channel, &result.head, &known, err);
    } else if (status != LV_OK) {
        *err = result.words;
    }
    if (status != LV_OK) {
        return status;
    }
    json_t *entry = known ? describe_head(&result.head) : json_pack("{s:n, s:n}", "block", "hash");
    if (entry != NULL && absent && own && !add_absence(entry, &result)) {
        json_decref(entry);
        entry = NULL;
    }
    return json_object_set_new(channels, name, entry) == 0 ? LV_OK : LV_E_MEMORY;
}

/* Both are asked at once, so that two silent ones are waited for as long as one. */
static lv_status describe_channels(lv_node *node, bool own, bool *away, json_t **out, lv_error *err)
{
    json_t *channels = json_object();
    lv_status status = channels != NULL ? LV_OK : LV_E_MEMORY;
    if (node->quality != NULL) {
        lv_probe_ask(node->quality_probe);
    }
    if (node->xor != NULL) {
        lv_probe_ask(node->xor_probe);
    }
    if (status == LV_OK) {
        status = add_channel(node, channels, "quality", node->quality, node->quality_probe, own,
                             away, err);
    }
    if (status == LV_OK) {
        status = add_channel(node, channels, "xor", node->xor, node->xor_probe, own, away, err);
    }
    if (status != LV_OK) {
        json_decref(channels);
        channels = NULL;
    }
    *out = channels;
    return status;
}

static lv_status healthz(void *context, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    lv_node *node = context;
    const bool own = request->peer == NULL; /* through the control door */
    bool away = false;
    json_t *channels = NULL;
    lv_status status = describe_channels(node, own, &away, &channels, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *health = json_pack(
        "{s:s, s:s, s:s, s:I, s:o}", "status", away ? "ledger unavailable" : "ok", "organisation",
        node->config->organisation, "role", lv_role_name(node->config->role), "uptime_seconds",
        (json_int_t)(lv_clock_seconds() - node->started), "channels", channels);
    if (health != NULL && own) {
        status = lv_node_describe_identity(node, health);
    }
    if (health != NULL && status == LV_OK && own && node->role->describe != NULL) {
        status = node->role->describe(node, health, err);
    }
    if (status != LV_OK) {
        json_decref(health);
        return status;
    }
    return lv_http_json(response, health);
}

static lv_status reload(void *context, const lv_http_request *request, lv_http_response *response,
                        lv_error *err)
{
    lv_node *node = context;
    bool changed = false;
    (void)request;
    lv_status status = lv_node_reload(node, &changed, err);
    if (status != LV_OK) {
        return status;
    }
    lv_identity *own = lv_node_identity(node);
    json_t *answer = json_pack("{s:b, s:I}", "changed", changed, "valid_until",
                               (json_int_t)lv_identity_valid_until(own));
    lv_identity_free(own);
    return lv_http_json(response, answer);
}

static lv_status version(void *context, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)context;
    (void)request;
    (void)err;
    return lv_http_json(response,
                        json_pack("{s:s, s:s}", "name", "lotveil", "version", LOTVEIL_VERSION));
}

const lv_route lv_node_routes[] = {
    {LV_HTTP_PEER | LV_HTTP_CONTROL, "GET", "/healthz", healthz},
    {LV_HTTP_PEER | LV_HTTP_CONTROL, "GET", "/version", version},
    {LV_HTTP_CONTROL, "POST", "/v1/reload", reload},
    {0},
};
