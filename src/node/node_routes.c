/* What every node answers at both doors (docs/api.md). */
#include "base/clock.h"
#include "node/node_parts.h"

static json_t *describe_head(const lv_head *head)
{
    char hash[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&head->hash, hash);
    return json_pack("{s:I, s:s}", "block", (json_int_t)head->block, "hash", hash);
}

/* A ledger that does not answer is what somebody who asks for a node's health wants to hear of: the
 * block that was seen last stands there, and at the own door why there is none newer.
 * @param[in,out] away  becomes true where it does not answer. */
static lv_status add_channel(lv_node *node, json_t *channels, const char *name, lv_ledger *ledger,
                             bool own, bool *away, lv_error *err)
{
    lv_head head = {0};
    lv_error cause = {0};
    bool known = true;
    if (ledger == NULL) {
        return LV_OK;
    }
    lv_status status = lv_ledger_head(ledger, &head, &cause);
    const bool absent = status == LV_UNAVAILABLE || status == LV_TIMEOUT;
    if (absent) {
        *away = true;
        status = lv_node_seen_head(node, lv_ledger_channel(ledger)->channel, &head, &known, err);
    } else if (status != LV_OK) {
        *err = cause;
    }
    if (status != LV_OK) {
        return status;
    }
    json_t *entry = known ? describe_head(&head) : json_pack("{s:n, s:n}", "block", "hash");
    if (entry != NULL && absent && own &&
        json_object_set_new(entry, "unavailable", json_string(cause.text)) != 0) {
        json_decref(entry);
        entry = NULL;
    }
    return json_object_set_new(channels, name, entry) == 0 ? LV_OK : LV_E_MEMORY;
}

static lv_status healthz(void *context, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    lv_node *node = context;
    const bool own = request->peer == NULL; /* through the control door */
    bool away = false;
    json_t *channels = json_object();
    lv_status status = channels != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        status = add_channel(node, channels, "quality", node->quality, own, &away, err);
    }
    if (status == LV_OK) {
        status = add_channel(node, channels, "xor", node->xor, own, &away, err);
    }
    if (status != LV_OK) {
        json_decref(channels);
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
