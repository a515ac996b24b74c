/* What the servicer shows its own organisation (docs/api.md, control door). */
#include "node/role.h"
#include "node/servicer.h"

/* ---- GET /v1/sets ---- */

static json_t *set_of(sqlite3_stmt *row)
{
    return json_pack(
        "{s:I, s:o, s:o, s:I, s:o, s:I, s:I, s:I, s:s, s:I, s:n}", "id",
        (json_int_t)sqlite3_column_int64(row, 0), "set_id", lv_role_hex(lv_store_bytes(row, 1)),
        "series", lv_role_text(lv_store_text(row, 2)), "sequence",
        (json_int_t)sqlite3_column_int64(row, 3), "suite", lv_role_text(lv_store_text(row, 4)),
        "key_bits", (json_int_t)sqlite3_column_int64(row, 5), "width",
        (json_int_t)sqlite3_column_int64(row, 6), "pairs", (json_int_t)sqlite3_column_int64(row, 7),
        "state", "catalogued", "bytes", (json_int_t)sqlite3_column_int64(row, 8), "error");
}

static lv_status list_sets(lv_node *node, const lv_http_request *request, int64_t after,
                           json_t *list, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    (void)request;
    lv_status status = lv_store_query(node->store, err, &row,
                                      "SELECT id, set_id, series, sequence, suite, key_bits, width,"
                                      " pairs, length(record) FROM catalogue WHERE id > ?"
                                      " ORDER BY id",
                                      "i", after);
    while (lv_role_row(node->store, row, &status, err)) {
        status = lv_role_append(list, set_of(row));
    }
    if (row != NULL) {
        lv_store_done(row);
    }
    return status;
}

lv_status lv_servicer_sets_get(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "sets", list_sets, response, err);
}

/* ---- GET /v1/sets/SETID/records ---- */

static lv_status find_record(lv_node *node, const lv_digest *set_id, lv_listing *out, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_catalogue_find(node, set_id, out, err);
    return lv_store_end(node->store, status, err);
}

lv_status lv_servicer_records_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_digest set_id;
    lv_listing listing = {0};
    lv_status status = lv_digest_from_hex(request->tail, &set_id);
    if (status != LV_OK) {
        return lv_fail(err, LV_E_SYNTAX, "a set id is %u hexadecimal digits", 2 * LV_DIGEST_LEN);
    }
    status = find_record(node, &set_id, &listing, err);
    if (status == LV_NOT_FOUND) {
        status = lv_fail(err, LV_NOT_FOUND, "there is no set %s in the catalogue", request->tail);
    }
    if (status == LV_OK) {
        status = lv_http_json(response, json_pack("{s:n, s:o}", "quality", "xor",
                                                  lv_role_base64(lv_buffer_view(&listing.record))));
    }
    lv_listing_free(&listing);
    return status;
}

/* ---- GET /v1/sales ---- */

static json_t *sale_of(sqlite3_stmt *row)
{
    int64_t block = sqlite3_column_int64(row, 5);
    return json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o}", "id", (json_int_t)sqlite3_column_int64(row, 0), "time",
        (json_int_t)sqlite3_column_int64(row, 1), "buyer", lv_role_text(lv_store_text(row, 2)),
        "set_id", lv_role_hex(lv_store_bytes(row, 3)), "series", lv_role_text_or_null(row, 4),
        "block", block > 0 ? json_integer(block) : json_null());
}

/* Intents are no sales yet. */
static lv_status list_sales(lv_node *node, const lv_http_request *request, int64_t after,
                            json_t *list, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    (void)request;
    lv_status status =
        lv_store_query(node->store, err, &row,
                       "SELECT sale.id, sale.time, buyer, sale.set_id, series, block FROM sale"
                       " LEFT JOIN catalogue ON catalogue.set_id = sale.set_id"
                       " WHERE block IS NOT NULL AND sale.id > ? ORDER BY sale.id",
                       "i", after);
    while (lv_role_row(node->store, row, &status, err)) {
        status = lv_role_append(list, sale_of(row));
    }
    if (row != NULL) {
        lv_store_done(row);
    }
    return status;
}

lv_status lv_servicer_sales_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "sales", list_sales, response, err);
}
