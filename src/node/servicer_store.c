/* What the servicer keeps: the catalogue of XOR records, and sales from intent to receipt. */
#include "base/clock.h"
#include "node/role.h"
#include "node/servicer.h"
#include <lotveil/compare.h>
#include <stdio.h>

const char *const lv_servicer_schema[2] = {
    "CREATE TABLE catalogue("
    "  id INTEGER PRIMARY KEY, set_id BLOB NOT NULL UNIQUE, downstream TEXT NOT NULL,"
    "  series TEXT NOT NULL, sequence INTEGER NOT NULL, suite TEXT NOT NULL,"
    "  key_bits INTEGER NOT NULL, width INTEGER NOT NULL, pairs INTEGER NOT NULL,"
    "  digest BLOB NOT NULL, record BLOB NOT NULL) STRICT;"
    /* block: where the sale stands on the ledger, 0 where it does and the block is not known yet,
     * NULL before. receipt: NULL until it is made. */
    "CREATE TABLE sale("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT, set_id BLOB NOT NULL, buyer TEXT NOT NULL,"
    "  purchase_digest BLOB NOT NULL, time INTEGER NOT NULL, block INTEGER, receipt BLOB,"
    "  UNIQUE (set_id, buyer)) STRICT;",
    NULL,
};

/* ---- catalogue ---- */

void lv_listing_free(lv_listing *listing)
{
    lv_buffer_free(&listing->record);
    *listing = (lv_listing){0};
}

/* The bits of the record's key, which a key that cannot be one does not have. */
static lv_status key_bits_of(const lv_xor *record, unsigned *out, lv_error *err)
{
    lv_public_key *key = NULL;
    const lv_suite *suite = lv_suite_find(record->suite);
    *out = 0;
    if (suite == NULL) {
        return lv_fail(err, LV_INVALID, "xor record: suite: there is no '%s'", record->suite);
    }
    lv_status status = lv_public_decode(suite, lv_buffer_view(&record->public_key), &key, err);
    if (status == LV_OK) {
        *out = lv_public_key_bits(key);
    }
    lv_public_free(key);
    return status;
}

static lv_status insert(lv_node *node, const lv_xor *record, unsigned key_bits,
                        const lv_digest *digest, lv_bytes bytes, lv_error *err)
{
    lv_digest set_id;
    lv_status status = lv_set_id_of(lv_buffer_view(&record->public_key), &set_id);
    if (status != LV_OK) {
        return status;
    }
    return lv_store_run(node->store, err,
                        "INSERT INTO catalogue(set_id, downstream, series, sequence, suite,"
                        " key_bits, width, pairs, digest, record)"
                        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(set_id) DO NOTHING",
                        "bssisiiibb", lv_role_digest_view(&set_id), record->author, record->series,
                        (int64_t)record->sequence, record->suite, (int64_t)key_bits,
                        (int64_t)record->width, (int64_t)record->pairs, lv_role_digest_view(digest),
                        bytes);
}

lv_status lv_catalogue_add(lv_node *node, lv_bytes bytes, lv_error *err)
{
    lv_xor record = {0};
    lv_digest digest;
    unsigned key_bits = 0;
    const lv_job job = lv_role_job(node);
    /* As the contract held it when it came to the ledger, which need not have been run by somebody
     * whom the servicer believes. */
    lv_status status = lv_xor_open(bytes, node->trust, LV_TIME_RECORD, &record, &digest, err);
    if (status == LV_OK) {
        status = lv_xor_check(&record, &job, err);
    }
    if (status == LV_OK) {
        status = key_bits_of(&record, &key_bits, err);
    }
    if (status == LV_OK) {
        status = insert(node, &record, key_bits, &digest, bytes, err);
    }
    lv_xor_free(&record);
    return status;
}

lv_status lv_catalogue_find(lv_node *node, const lv_digest *set_id, lv_listing *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (lv_listing){0};
    lv_status status = lv_role_first(
        node->store,
        lv_store_query(node->store, err, &row,
                       "SELECT downstream, series, digest, record FROM catalogue WHERE set_id = ?",
                       "b", lv_role_digest_view(set_id)),
        &row, err);
    if (status != LV_OK) {
        return status;
    }
    snprintf(out->downstream, sizeof out->downstream, "%s", lv_store_text(row, 0));
    snprintf(out->series, sizeof out->series, "%s", lv_store_text(row, 1));
    status = lv_role_digest(row, 2, &out->digest);
    if (status == LV_OK) {
        status = lv_role_copy(row, 3, &out->record);
    }
    lv_store_done(row);
    if (status != LV_OK) {
        lv_listing_free(out);
    }
    return status;
}

/* ---- sales ---- */

void lv_sold_free(lv_sold *sold)
{
    lv_buffer_free(&sold->receipt);
    *sold = (lv_sold){0};
}

lv_status lv_sold_find(lv_node *node, const lv_digest *set_id, const char *buyer, lv_sold *out,
                       lv_error *err)
{
    sqlite3_stmt *row = NULL;
    *out = (lv_sold){0};
    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT purchase_digest, block IS NOT NULL, receipt FROM sale"
                                     " WHERE set_id = ? AND buyer = ?",
                                     "bs", lv_role_digest_view(set_id), buyer),
                      &row, err);
    if (status != LV_OK) {
        return status;
    }
    out->on_ledger = sqlite3_column_int(row, 1) != 0;
    status = lv_role_digest(row, 0, &out->purchase_digest);
    if (status == LV_OK) {
        status = lv_role_copy(row, 2, &out->receipt);
    }
    lv_store_done(row);
    if (status != LV_OK) {
        lv_sold_free(out);
    }
    return status;
}

lv_status lv_sold_intend(lv_node *node, const lv_digest *set_id, const char *buyer,
                         const lv_digest *purchase_digest, lv_error *err)
{
    return lv_store_run(
        node->store, err,
        "INSERT INTO sale(set_id, buyer, purchase_digest, time) VALUES (?, ?, ?, ?)", "bsbi",
        lv_role_digest_view(set_id), buyer, lv_role_digest_view(purchase_digest), lv_clock_now());
}

lv_status lv_sold_drop(lv_node *node, const lv_digest *set_id, const char *buyer, lv_error *err)
{
    return lv_store_run(node->store, err,
                        "DELETE FROM sale WHERE set_id = ? AND buyer = ? AND block IS NULL"
                        " AND receipt IS NULL",
                        "bs", lv_role_digest_view(set_id), buyer);
}

/* What the ledger says counts, also about the purchase that the sale was for; the block is kept
 * once it is known. */
lv_status lv_sold_note(lv_node *node, const lv_sale *sale, uint64_t block, lv_error *err)
{
    return lv_store_run(node->store, err,
                        "INSERT INTO sale(set_id, buyer, purchase_digest, time, block)"
                        " VALUES (?, ?, ?, ?, ?) ON CONFLICT(set_id, buyer) DO UPDATE SET"
                        " purchase_digest = excluded.purchase_digest, time = excluded.time,"
                        " block = max(excluded.block, coalesce(block, 0))",
                        "bsbii", lv_role_digest_view(&sale->set_id), sale->buyer,
                        lv_role_digest_view(&sale->purchase_digest), sale->time, (int64_t)block);
}

lv_status lv_sold_settle(lv_node *node, const lv_digest *set_id, const char *buyer,
                         lv_bytes receipt, lv_error *err)
{
    lv_status status = lv_store_run(node->store, err,
                                    "UPDATE sale SET receipt = ? WHERE set_id = ? AND buyer = ?"
                                    " AND receipt IS NULL",
                                    "bbs", receipt, lv_role_digest_view(set_id), buyer);
    if (status == LV_OK && lv_store_changes(node->store) != 1) {
        status = lv_fail(err, LV_E_CORRUPT, "state/node.db: the sale to %s is gone", buyer);
    }
    return status;
}
