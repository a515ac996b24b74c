/* What every node answers at both doors (docs/api.md). */
#include "base/clock.h"
#include "node/node_parts.h"

static lv_status add_channel(json_t *channels, const char *name, lv_ledger *ledger, lv_error *err)
{
    lv_head head = {0};
    char hash[2 * LV_DIGEST_LEN + 1];
    if (ledger == NULL) {
        return LV_OK;
    }
    lv_status status = lv_ledger_head(ledger, &head, err);
    if (status != LV_OK) {
        return status;
    }
    lv_digest_hex(&head.hash, hash);
    json_t *entry = json_pack("{s:I, s:s}", "block", (json_int_t)head.block, "hash", hash);
    return json_object_set_new(channels, name, entry) == 0 ? LV_OK : LV_E_MEMORY;
}

static lv_status healthz(void *context, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    lv_node *node = context;
    json_t *channels = json_object();
    lv_status status = channels != NULL ? LV_OK : LV_E_MEMORY;
    if (status == LV_OK) {
        status = add_channel(channels, "quality", node->quality, err);
    }
    if (status == LV_OK) {
        status = add_channel(channels, "xor", node->xor, err);
    }
    if (status != LV_OK) {
        json_decref(channels);
        return status;
    }
    json_t *health = json_pack("{s:s, s:s, s:s, s:I, s:o}", "status", "ok", "organisation",
                               node->config->organisation, "role", lv_role_name(node->config->role),
                               "uptime_seconds", (json_int_t)(lv_clock_seconds() - node->started),
                               "channels", channels);
    bool own = request->peer == NULL; /* through the control door */
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
