#include "ledger/embedded/handle.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void copy_name(char out[LV_NAME_MAX + 1], const char *name)
{
    size_t len = strnlen(name, LV_NAME_MAX);
    memcpy(out, name, len);
    out[len] = '\0';
}

static lv_status take(void *context, const lv_visited *visited, lv_error *err)
{
    lv_embedded_block *out = context;
    (void)err;
    size_t count = (size_t)visited->position + 1;
    void *grown = realloc(out->transactions, count * sizeof *out->transactions);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    out->transactions = grown;
    out->transaction_count = count;
    copy_name(out->transactions[visited->position].function, visited->transaction->function);
    copy_name(out->transactions[visited->position].submitter, visited->transaction->submitter);
    out->transactions[visited->position].argument_count = visited->transaction->argument_count;
    out->transactions[visited->position].bytes = visited->bytes.len;
    return LV_OK;
}

static lv_status read_block(lv_embedded *self, uint64_t number, lv_embedded_block *out,
                            lv_error *err)
{
    lv_conn *conn = &self->reader.conn;
    lv_block before = {0};
    lv_block block = {0};
    lv_tip previous = {0};
    lv_status status = LV_OK;
    if (number > 0) {
        status = lv_walk_peek(conn, number - 1, &before, err);
        previous = lv_block_tip(&before);
    }
    if (status == LV_OK) {
        status = lv_walk_block(conn, &self->channel, number > 0 ? &previous : NULL, take, out,
                               &block, err);
    }
    if (status != LV_OK) {
        return status;
    }
    out->number = block.number;
    out->hash = block.hash;
    out->previous = block.previous;
    out->merkle_root = block.merkle_root;
    out->time = block.time;
    copy_name(out->committer, block.committer);
    return LV_OK;
}

lv_status lv_embedded_block_read(lv_ledger *ledger, uint64_t number, lv_embedded_block *out,
                                 lv_error *err)
{
    *out = (lv_embedded_block){0};
    lv_embedded *self = lv_embedded_of(ledger);
    if (self == NULL || number > INT64_MAX) {
        return lv_fail(err, self == NULL ? LV_E_ARGUMENT : LV_NOT_FOUND,
                       "there is no block %" PRIu64 " of an embedded ledger", number);
    }
    lv_status status = lv_lane_begin(self, &self->reader, false, err);
    if (status == LV_OK) {
        status = lv_lane_end(&self->reader, read_block(self, number, out, err), err);
    }
    if (status != LV_OK) {
        lv_embedded_block_free(out);
    }
    return status;
}

void lv_embedded_block_free(lv_embedded_block *block)
{
    if (block == NULL) {
        return;
    }
    free(block->transactions);
    *block = (lv_embedded_block){0};
}
