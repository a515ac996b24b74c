/* The servicer's role: its worker, its doors. */
#include "node/servicer.h"
#include "base/clock.h"
#include "base/log.h"
#include "node/role.h"
#include <stdlib.h>
#include <string.h>

/* ---- following the xor channel ---- */

/* May this be told about a record by logging it and going on? Faults must come again instead. */
static bool is_bad_record(lv_status status)
{
    return status == LV_INVALID || status == LV_E_SYNTAX || status == LV_E_LIMIT ||
           status == LV_E_RANGE;
}

static lv_status take_records(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < committed->argument_count; i++) {
        status = lv_catalogue_add(node, lv_buffer_view(&committed->arguments[i]), err);
    }
    return status;
}

/* Sales of this organisation, also those that its store lost. */
static lv_status take_sale(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_sale sale = {0};
    if (committed->argument_count != 1 ||
        strcmp(committed->submitter, node->config->organisation) != 0) {
        return LV_OK;
    }
    lv_status status = lv_sale_open(lv_buffer_view(&committed->arguments[0]), node->trust,
                                    LV_TIME_RECORD, &sale, NULL, err);
    if (status == LV_OK) {
        status = lv_sold_note(node, &sale, committed->position.block, err);
    }
    lv_sale_free(&sale);
    return status;
}

static lv_status take(lv_node *node, const lv_committed *committed, lv_error *err)
{
    lv_status status = LV_OK;
    if (strcmp(committed->function, "put") == 0) {
        status = take_records(node, committed, err);
    } else if (strcmp(committed->function, "sell") == 0) {
        status = take_sale(node, committed, err);
    }
    if (is_bad_record(status)) {
        lv_log(LV_LOG_ERROR, "servicer",
               "block %llu of channel %s has a record that is left out: %s",
               (unsigned long long)committed->position.block, node->config->xor_channel,
               err != NULL ? err->text : "");
        return LV_OK;
    }
    return status;
}

static void follow(lv_node *node) { lv_node_follow(node, node->xor, take); }

/* ---- POST /v1/purchases ---- */

/* Whoever is at the other end must be who signed, and must mean this servicer. */
static lv_status check_addresses(const lv_node *node, const lv_http_request *request,
                                 const lv_purchase *purchase, lv_error *err)
{
    if (request->peer == NULL || strcmp(purchase->author, request->peer) != 0) {
        return lv_fail(err, LV_REFUSED, "purchase: signed by %s and sent by %s", purchase->author,
                       request->peer != NULL ? request->peer : "nobody");
    }
    if (strcmp(purchase->servicer, node->config->organisation) != 0) {
        return lv_fail(err, LV_REFUSED, "purchase: it is meant for %s; this is %s",
                       purchase->servicer, node->config->organisation);
    }
    return LV_OK;
}

lv_status lv_servicer_purchase_post(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_purchase purchase = {0};
    lv_digest digest;
    lv_delivery delivery = {0};
    int64_t now = lv_clock_now();

    lv_status status = lv_purchase_open(request->body, node->trust, now, &purchase, &digest, err);
    if (status == LV_OK) {
        status = check_addresses(node, request, &purchase, err);
    }
    if (status == LV_OK) {
        status = lv_servicer_sell(node, &purchase, &digest, now, &delivery, err);
    }
    if (status == LV_OK) {
        response->content_type = "application/x-protobuf";
        status = lv_delivery_encode(&delivery, &response->body, err);
    }
    lv_delivery_free(&delivery);
    lv_purchase_free(&purchase);
    return status;
}

/* ---- the role ---- */

static lv_status start(lv_node *node, lv_error *err)
{
    lv_servicer *own = calloc(1, sizeof *own);
    node->state = own;
    if (own == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < LV_SALE_LOCKS; i++) {
        pthread_mutex_init(&own->sales[i], NULL);
    }
    return lv_servicer_finish(node, err);
}

static void stop(lv_node *node)
{
    lv_servicer *own = node->state;
    for (size_t i = 0; own != NULL && i < LV_SALE_LOCKS; i++) {
        pthread_mutex_destroy(&own->sales[i]);
    }
}

static const lv_route routes[] = {
    {LV_HTTP_PEER, "POST", "/v1/purchases", lv_servicer_purchase_post},
    {LV_HTTP_CONTROL, "GET", "/v1/sets", lv_servicer_sets_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sets/*/records", lv_servicer_records_get},
    {LV_HTTP_CONTROL, "GET", "/v1/sales", lv_servicer_sales_get},
    {0},
};

static void (*const workers[])(lv_node *) = {follow, NULL};

const lv_role_table lv_role_servicer = {
    .migrations = lv_servicer_schema,
    .routes = routes,
    .start = start,
    .workers = workers,
    .stop = stop,
};
