#include "ledger/fabric/place.h"
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 2 }; /* "submit", and the calls */

bool lv_place_counts(const lv_fabric_block_transaction *transaction)
{
    return transaction->ours && transaction->code == LV_VALIDATION_VALID &&
           transaction->argument_count == ARGUMENTS &&
           lv_bytes_equal(lv_buffer_view(&transaction->arguments[0]),
                          lv_bytes_of_text(LV_CALLS_SUBMIT));
}

/* What a transaction wrote, by digest. */
typedef struct {
    const lv_fabric_block_transaction *transaction;
    lv_digest *digests;
} written;

static lv_status find_written(void *context, const lv_digest *digest, lv_bytes *value)
{
    const written *w = context;
    for (size_t i = 0; i < w->transaction->write_count; i++) {
        if (lv_digest_equal(&w->digests[i], digest)) {
            *value = lv_buffer_view(&w->transaction->writes[i].value);
            return LV_OK;
        }
    }
    return LV_NOT_FOUND;
}

lv_status lv_place_calls(const lv_fabric_block_transaction *transaction, lv_calls *out,
                         lv_error *err)
{
    written w = {.transaction = transaction,
                 .digests = calloc(transaction->write_count + 1, sizeof *w.digests)};
    lv_status status = w.digests != NULL ? LV_OK : LV_E_MEMORY;
    *out = (lv_calls){0};
    for (size_t i = 0; status == LV_OK && i < transaction->write_count; i++) {
        status = lv_digest_of(lv_buffer_view(&transaction->writes[i].value), &w.digests[i]);
    }
    if (status == LV_OK) {
        status =
            lv_calls_decode(lv_buffer_view(&transaction->arguments[1]), find_written, &w, out, err);
    }
    free(w.digests);
    if (status != LV_OK && status != LV_E_MEMORY) {
        lv_error_prefix(err, "transaction %s: ", transaction->txid);
        return LV_E_CORRUPT;
    }
    return status;
}

lv_status lv_place_of(const lv_fabric_block *block, const char *txid, size_t count, uint32_t *first,
                      lv_error *err)
{
    size_t before = 0;
    *first = 0;
    for (size_t i = 0; i < block->transaction_count; i++) {
        const lv_fabric_block_transaction *at = &block->transactions[i];
        lv_calls calls = {0};
        if (!lv_place_counts(at)) {
            continue;
        }
        lv_status status = lv_place_calls(at, &calls, err);
        size_t calls_count = calls.count;
        lv_calls_free(&calls);
        if (status != LV_OK) {
            return status;
        }
        if (strcmp(at->txid, txid) == 0 && calls_count == count) {
            *first = (uint32_t)before;
            return LV_OK;
        }
        before += calls_count;
    }
    return lv_fail(err, LV_E_CORRUPT, "the block does not hold transaction %s as it was committed",
                   txid);
}
