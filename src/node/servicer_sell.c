/* Table 2, sell: docs/protocol.md section 3, step 2. The order of things is what survives a kill:
 * the intent is stored, the sale goes to the ledger, the receipt is stored, the answer goes out. */
#include "base/clock.h"
#include "base/log.h"
#include "node/role.h"
#include "node/servicer.h"
#include <stdio.h>
#include <string.h>

/* One purchase on its way. */
typedef struct {
    lv_node *node;
    const lv_purchase *purchase;
    char set_hex[2 * LV_DIGEST_LEN + 1];
    int64_t now;
    bool listed; /* the set is in the catalogue */
    lv_listing listing;
    bool accepted; /* there is an intent, or more */
    lv_sold sold;
} deal;

/* ---- what is known ---- */

static lv_status look(deal *d, lv_error *err)
{
    lv_store *store = d->node->store;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    lv_listing_free(&d->listing);
    lv_sold_free(&d->sold);
    status = lv_catalogue_find(d->node, &d->purchase->set_id, &d->listing, err);
    d->listed = status == LV_OK;
    if (status == LV_OK || status == LV_NOT_FOUND) {
        status = lv_sold_find(d->node, &d->purchase->set_id, d->purchase->author, &d->sold, err);
        d->accepted = status == LV_OK;
    }
    return lv_store_end(store, status == LV_NOT_FOUND ? LV_OK : status, err);
}

static lv_status read_ledger(const deal *d, const char *function, const char *const *texts,
                             size_t count, lv_buffer *out, lv_error *err)
{
    lv_bytes arguments[3];
    for (size_t i = 0; i < count; i++) {
        arguments[i] = lv_bytes_of_text(texts[i]);
    }
    lv_call call = {.function = function, .arguments = arguments, .argument_count = count};
    return lv_ledger_read(d->node->xor, &call, out, err);
}

/* A set that the follower has not reached yet. */
static lv_status fetch_set(deal *d, lv_error *err)
{
    const char *arguments[] = {d->set_hex};
    lv_buffer record = {0};
    lv_status status = read_ledger(d, "get", arguments, 1, &record, err);
    if (status == LV_NOT_FOUND) {
        status = lv_fail(err, LV_NOT_FOUND, "there is no set %s for sale", d->set_hex);
    }
    if (status == LV_OK) {
        status = lv_store_begin(d->node->store, err);
    }
    if (status == LV_OK) {
        status = lv_catalogue_add(d->node, lv_buffer_view(&record), err);
        status = lv_store_end(d->node->store, status, err);
    }
    lv_buffer_free(&record);
    return status == LV_OK ? look(d, err) : status;
}

/* ---- may it be sold? ---- */

static lv_status check_fresh(const deal *d, lv_error *err)
{
    int64_t time = d->purchase->time;
    if (time < d->now - LV_PURCHASE_SKEW_SECONDS || time > d->now + LV_PURCHASE_SKEW_SECONDS) {
        return lv_fail(err, LV_REFUSED,
                       "purchase of set %s: its time is more than %d seconds from this node's "
                       "clock; sign it anew, and check both clocks",
                       d->set_hex, LV_PURCHASE_SKEW_SECONDS);
    }
    return LV_OK;
}

static lv_status check_grant(const deal *d, lv_error *err)
{
    const lv_node *node = d->node;
    const char *buyer = d->purchase->author;
    const char *arguments[] = {d->listing.downstream, buyer, d->listing.series};
    lv_buffer bytes = {0};
    lv_grant grant = {0};
    lv_status status = read_ledger(d, "granted", arguments, 3, &bytes, err);
    if (status == LV_OK) {
        status =
            lv_grant_open(lv_buffer_view(&bytes), node->trust, LV_TIME_RECORD, &grant, NULL, err);
    }
    bool stands = status == LV_OK && !grant.revoke &&
                  strcmp(grant.author, d->listing.downstream) == 0 &&
                  strcmp(grant.series, d->listing.series) == 0 && strcmp(grant.buyer, buyer) == 0 &&
                  strcmp(grant.servicer, node->config->organisation) == 0;
    if (status == LV_NOT_FOUND || (status == LV_OK && !stands)) {
        status =
            lv_fail(err, LV_REFUSED,
                    "no grant of %s lets %s buy series %s from %s; the downstream must grant "
                    "it first",
                    d->listing.downstream, buyer, d->listing.series, node->config->organisation);
    }
    lv_grant_free(&grant);
    lv_buffer_free(&bytes);
    return status;
}

/* ---- the sale ---- */

static lv_status accept(deal *d, const lv_digest *digest, lv_error *err)
{
    lv_status status = lv_store_begin(d->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_sold_intend(d->node, &d->purchase->set_id, d->purchase->author, digest, err);
    d->sold.purchase_digest = *digest;
    d->accepted = status == LV_OK;
    return lv_store_end(d->node->store, status, err);
}

static lv_status drop(const deal *d, lv_error *err)
{
    lv_status status = lv_store_begin(d->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_sold_drop(d->node, &d->purchase->set_id, d->purchase->author, err);
    return lv_store_end(d->node->store, status, err);
}

static lv_status note(deal *d, const lv_sale *sale, uint64_t block, lv_error *err)
{
    lv_status status = lv_store_begin(d->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_sold_note(d->node, sale, block, err);
    d->sold.purchase_digest = sale->purchase_digest;
    d->sold.on_ledger = true;
    return lv_store_end(d->node->store, status, err);
}

/* The sale stands on the ledger already, written before a kill or a loss of this store: its
 * purchase is the one that counts. The follower tells the block. */
static lv_status adopt(deal *d, lv_error *err)
{
    const char *arguments[] = {d->set_hex, d->purchase->author};
    lv_buffer bytes = {0};
    lv_sale sale = {0};
    lv_status status = read_ledger(d, "sold", arguments, 2, &bytes, err);
    if (status == LV_OK) {
        status =
            lv_sale_open(lv_buffer_view(&bytes), d->node->trust, LV_TIME_RECORD, &sale, NULL, err);
    }
    if (status == LV_OK && strcmp(sale.author, d->node->config->organisation) != 0) {
        status = lv_fail(err, LV_REFUSED, "set %s was sold to %s by %s already; ask there",
                         d->set_hex, d->purchase->author, sale.author);
    }
    if (status == LV_OK) {
        status = note(d, &sale, 0, err);
    }
    lv_sale_free(&sale);
    lv_buffer_free(&bytes);
    return status;
}

static lv_status submit(const deal *d, const lv_sale *sale, uint64_t *block, lv_error *err)
{
    lv_buffer record = {0};
    lv_position position = {0};
    lv_identity *identity = lv_node_identity(d->node);
    lv_status status = lv_sale_seal(sale, identity, &record, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        lv_bytes argument = lv_buffer_view(&record);
        lv_call call = {.function = "sell", .arguments = &argument, .argument_count = 1};
        status = lv_ledger_submit(d->node->xor, &call, 1, &position, err);
    }
    *block = position.block;
    lv_buffer_free(&record);
    return status;
}

static lv_status put_on_ledger(deal *d, lv_error *err)
{
    lv_sale sale = {
        .set_id = d->purchase->set_id,
        .purchase_digest = d->sold.purchase_digest,
        .time = d->now,
    };
    uint64_t block = 0;
    snprintf(sale.channel, sizeof sale.channel, "%s", d->node->config->xor_channel);
    snprintf(sale.author, sizeof sale.author, "%s", d->node->config->organisation);
    snprintf(sale.buyer, sizeof sale.buyer, "%s", d->purchase->author);

    lv_status status = submit(d, &sale, &block, err);
    if (status == LV_OK) {
        return note(d, &sale, block, err);
    }
    if (status == LV_EXISTS) {
        status = adopt(d, err);
    }
    if (status == LV_REFUSED) {
        /* Over the quota, or the grant ended meanwhile: another purchase may be let through. */
        lv_error dropping = {0};
        lv_status dropped = drop(d, &dropping);
        return dropped == LV_OK ? LV_REFUSED : lv_fail(err, dropped, "%s", dropping.text);
    }
    if (status == LV_INVALID || status == LV_NOT_FOUND || status == LV_EXISTS) {
        /* Something is wrong on this side of the counter: the purchase stays accepted. */
        lv_error_prefix(err, "the sale of set %s cannot be put on the ledger: ", d->set_hex);
        return LV_UNAVAILABLE;
    }
    return status;
}

/* ---- the receipt ---- */

static lv_status make_receipt(deal *d, lv_error *err)
{
    lv_receipt receipt = {
        .set_id = d->purchase->set_id,
        .xor_digest = d->listing.digest,
        .purchase_digest = d->sold.purchase_digest,
        .time = d->now,
    };
    snprintf(receipt.author, sizeof receipt.author, "%s", d->node->config->organisation);
    snprintf(receipt.buyer, sizeof receipt.buyer, "%s", d->purchase->author);
    lv_identity *identity = lv_node_identity(d->node);
    lv_status status = lv_receipt_seal(&receipt, identity, &d->sold.receipt, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        status = lv_store_begin(d->node->store, err);
    }
    if (status == LV_OK) {
        status = lv_sold_settle(d->node, &d->purchase->set_id, d->purchase->author,
                                lv_buffer_view(&d->sold.receipt), err);
        status = lv_store_end(d->node->store, status, err);
    }
    if (status == LV_OK) {
        lv_log(LV_LOG_INFO, "servicer", "sold set %s of %s/%s to %s", d->set_hex,
               d->listing.downstream, d->listing.series, d->purchase->author);
        lv_node_changed(d->node);
    }
    return status;
}

/* ---- the whole ---- */

/* Brings a purchase from wherever it is to where its receipt is stored. */
static lv_status advance(deal *d, const lv_digest *digest, lv_error *err)
{
    lv_status status = look(d, err);
    if (status == LV_OK && !d->accepted) {
        status = check_fresh(d, err);
    }
    if (status == LV_OK && !d->listed) {
        status = fetch_set(d, err);
    }
    if (status == LV_OK && !d->accepted) {
        status = check_grant(d, err);
        status = status == LV_OK ? accept(d, digest, err) : status;
    }
    if (status == LV_OK && !d->sold.on_ledger) {
        status = put_on_ledger(d, err);
    }
    return status == LV_OK && d->sold.receipt.len == 0 ? make_receipt(d, err) : status;
}

lv_status lv_servicer_sell(lv_node *node, const lv_purchase *purchase, const lv_digest *digest,
                           int64_t now, lv_delivery *out, lv_error *err)
{
    lv_servicer *own = node->state;
    pthread_mutex_t *lock = &own->sales[purchase->set_id.bytes[0] % LV_SALE_LOCKS];
    deal d = {.node = node, .purchase = purchase, .now = now};

    *out = (lv_delivery){0};
    lv_digest_hex(&purchase->set_id, d.set_hex);
    pthread_mutex_lock(lock);
    lv_status status = advance(&d, digest, err);
    pthread_mutex_unlock(lock);
    if (status == LV_OK) {
        out->xor_record = d.listing.record;
        out->receipt = d.sold.receipt;
        d.listing.record = (lv_buffer){0};
        d.sold.receipt = (lv_buffer){0};
    }
    lv_listing_free(&d.listing);
    lv_sold_free(&d.sold);
    return status;
}

/* ---- after a kill ---- */

/* The first unfinished purchase after row `after`. */
static lv_status next_unfinished(lv_node *node, int64_t *after, lv_purchase *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (lv_purchase){0};
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT id, set_id, buyer FROM sale"
                                          " WHERE receipt IS NULL AND id > ? ORDER BY id LIMIT 1",
                                          "i", *after),
                           &row, err);
    if (status == LV_OK) {
        *after = sqlite3_column_int64(row, 0);
        snprintf(out->author, sizeof out->author, "%s", lv_store_text(row, 2));
        status = lv_role_digest(row, 1, &out->set_id);
        lv_store_done(row);
    }
    return lv_store_end(node->store, status, err);
}

lv_status lv_servicer_finish(lv_node *node, lv_error *err)
{
    lv_purchase purchase;
    int64_t after = 0;
    lv_status status = LV_OK;
    while ((status = next_unfinished(node, &after, &purchase, err)) == LV_OK) {
        static const lv_digest unused = {0}; /* the intent has the purchase's digest */
        lv_delivery delivery = {0};
        lv_error words = {0};
        lv_status finished =
            lv_servicer_sell(node, &purchase, &unused, lv_clock_now(), &delivery, &words);
        lv_delivery_free(&delivery);
        if (finished != LV_OK) {
            lv_log(LV_LOG_WARN, "servicer", "unfinished sale to %s: %s (%s)", purchase.author,
                   words.text, lv_status_name(finished));
        }
    }
    return status == LV_NOT_FOUND ? LV_OK : status;
}
