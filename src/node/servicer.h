/** The servicer (docs/protocol.md sections 1 and 3, Table 2): keeps the XOR records of its channel
 *  by set id and sells them under a standing grant. Internal to servicer*.c and its tests. */
#ifndef LV_NODE_SERVICER_H
#define LV_NODE_SERVICER_H

#include "node/node.h"

/** How far the time of a purchase that comes for the first time may be from this node's clock. */
#define LV_PURCHASE_SKEW_SECONDS 600

#define LV_SALE_LOCKS 64U

/** The state of this role. */
typedef struct {
    /* One purchase of a set at a time; which lock is told by the set id. */
    pthread_mutex_t sales[LV_SALE_LOCKS];
} lv_servicer;

extern const char *const lv_servicer_schema[2];

/* ---- rows (servicer_store.c); all within a store transaction ---- */

/** An XOR record that this servicer has. */
typedef struct {
    char downstream[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    lv_digest digest; /* of the whole Signed record */
    lv_buffer record; /* Signed */
} lv_listing;
void lv_listing_free(lv_listing *listing);

/** Puts a Signed XOR record into the catalogue; one that stands there already is fine.
 * @return LV_OK; LV_INVALID, LV_E_SYNTAX or LV_E_LIMIT where it is no good record; faults. */
LV_MUST_CHECK lv_status lv_catalogue_add(lv_node *node, lv_bytes record, lv_error *err);

/** @return LV_OK; LV_NOT_FOUND without words; faults. */
LV_MUST_CHECK lv_status lv_catalogue_find(lv_node *node, const lv_digest *set_id, lv_listing *out,
                                          lv_error *err);

/** A purchase that was accepted, and how far it has come. */
typedef struct {
    lv_digest purchase_digest;
    bool on_ledger;    /* the sale is known to stand there */
    lv_buffer receipt; /* Signed; empty until it is made, which is last */
} lv_sold;
void lv_sold_free(lv_sold *sold);

LV_MUST_CHECK lv_status lv_sold_find(lv_node *node, const lv_digest *set_id, const char *buyer,
                                     lv_sold *out, lv_error *err);
/** Stores the intent to sell. LV_EXISTS where there is one. */
LV_MUST_CHECK lv_status lv_sold_intend(lv_node *node, const lv_digest *set_id, const char *buyer,
                                       const lv_digest *purchase_digest, lv_error *err);
/** Takes an intent back whose sale the ledger refused. */
LV_MUST_CHECK lv_status lv_sold_drop(lv_node *node, const lv_digest *set_id, const char *buyer,
                                     lv_error *err);
/** Notes a sale that stands on the ledger, also one that this store knows nothing of.
 * @param block  0: not known yet. */
LV_MUST_CHECK lv_status lv_sold_note(lv_node *node, const lv_sale *sale, uint64_t block,
                                     lv_error *err);
LV_MUST_CHECK lv_status lv_sold_settle(lv_node *node, const lv_digest *set_id, const char *buyer,
                                       lv_bytes receipt, lv_error *err);

/* ---- Table 2 (servicer_sell.c) ---- */

/** Sells a set, or finishes or repeats an earlier sale of it to the same buyer. Whatever happens in
 *  between, also a kill, the sale stands on the ledger once and the buyer gets one receipt.
 * @param purchase  opened, and known to come from its author.
 * @param digest    of the whole Signed purchase.
 * @param now       seconds since 1970 UTC.
 * @param[out] out  both parts; free with lv_delivery_free.
 * @return LV_OK; LV_REFUSED (no standing grant, over its quota, a purchase too old or too new);
 *         LV_NOT_FOUND (no such set); LV_UNAVAILABLE; faults. */
LV_MUST_CHECK lv_status lv_servicer_sell(lv_node *node, const lv_purchase *purchase,
                                         const lv_digest *digest, int64_t now, lv_delivery *out,
                                         lv_error *err);

/** Finishes what was accepted and not delivered. Sales that the ledger refuses now are dropped;
 *  those that cannot be finished now wait for the next request. LV_OK or a fault of the store. */
LV_MUST_CHECK lv_status lv_servicer_finish(lv_node *node, lv_error *err);

/* ---- handlers ---- */

lv_status lv_servicer_purchase_post(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err);
lv_status lv_servicer_sets_get(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err);
lv_status lv_servicer_records_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err);
lv_status lv_servicer_sales_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err);

#endif
