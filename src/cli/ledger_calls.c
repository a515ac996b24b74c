#include "cli/ledger_calls.h"

/* Nobody says that no more calls come: they are waited for, less long where the last block has
 * begun and so is at hand whole. */
static const int WAIT_MS = 3000;
static const int WAIT_LAST_MS = 200;

static json_t *call_json(const lv_committed *committed)
{
    size_t bytes = 0;
    for (size_t i = 0; i < committed->argument_count; i++) {
        bytes += committed->arguments[i].len;
    }
    return json_pack("{s:I, s:s, s:s, s:I, s:I}", "transaction",
                     (json_int_t)committed->position.transaction, "function", committed->function,
                     "submitter", committed->submitter, "arguments",
                     (json_int_t)committed->argument_count, "bytes", (json_int_t)bytes);
}

/* Calls come in order: those of one block follow each other. */
static void add_call(json_t *blocks, const lv_committed *committed)
{
    json_int_t number = (json_int_t)committed->position.block;
    size_t count = json_array_size(blocks);
    json_t *block = count > 0 ? json_array_get(blocks, count - 1) : NULL;
    if (block == NULL || json_integer_value(json_object_get(block, "block")) != number) {
        block = json_pack("{s:I, s:i, s:[]}", "block", number, "count", 0, "transactions");
        json_array_append_new(blocks, block);
    }
    json_t *calls = json_object_get(block, "transactions");
    json_array_append_new(calls, call_json(committed));
    json_object_set_new(block, "count", json_integer((json_int_t)json_array_size(calls)));
}

lv_status lv_ledger_calls(lv_ledger *ledger, uint64_t first, uint64_t last, json_t *blocks,
                          lv_error *err)
{
    lv_watch *watch = NULL;
    int wait_ms = WAIT_MS;
    bool past = false;
    lv_status status = lv_watch_open(ledger, (lv_position){.block = first}, &watch, err);
    while (status == LV_OK && !past) {
        lv_committed committed = {0};
        status = lv_watch_next(watch, wait_ms, &committed, err);
        if (status == LV_OK) {
            past = committed.position.block > last;
            wait_ms = committed.position.block == last ? WAIT_LAST_MS : WAIT_MS;
            if (!past) {
                add_call(blocks, &committed);
            }
            lv_committed_free(&committed);
        }
    }
    if (watch != NULL) {
        lv_watch_close(watch);
    }
    return status == LV_TIMEOUT ? LV_OK : status;
}
