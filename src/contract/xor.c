/* Contract "xor": docs/protocol.md section 9. */
#include "contract/market.h"
#include <inttypes.h>
#include <lotveil/compare.h>
#include <string.h>

/* A good key, and that w is x xor y, are proved together with the quality record, which the
 * servicer never sees. */
static lv_status check_content(const lv_run *run, const lv_xor *record)
{
    lv_status status = lv_rule_unreadable(lv_xor_check(record, NULL, run->err));
    if (status != LV_OK) {
        lv_error_prefix(run->err, "XOR record of %s, series %s, sequence %" PRIu64 ": ",
                        record->author, record->series, record->sequence);
    }
    return status;
}

static lv_status describe(const lv_xor *record, lv_entry *entry)
{
    memcpy(entry->author, record->author, sizeof entry->author);
    memcpy(entry->series, record->series, sizeof entry->series);
    entry->sequence = record->sequence;
    return lv_set_id_of(lv_buffer_view(&record->public_key), &entry->set_id);
}

static lv_status read_xor(const lv_run *run, lv_bytes bytes, lv_entry *entry)
{
    lv_xor record = {0};
    lv_status status = lv_rule_unreadable(
        lv_xor_open(bytes, run->channel->trust, LV_TIME_RECORD, &record, NULL, run->err));
    if (status == LV_OK) {
        status = lv_rule_record(run, "XOR record", record.author, record.channel);
    }
    if (status == LV_OK) {
        status = check_content(run, &record);
    }
    if (status == LV_OK) {
        status = describe(&record, entry);
    }
    lv_xor_free(&record);
    return status;
}

static lv_status put(const lv_run *run)
{
    lv_status status = lv_rule_role(run, "downstream");
    return status == LV_OK ? lv_sets_put(run, read_xor) : status;
}

const lv_contract_function lv_xor_functions[] = {
    {.name = "put",
     .writes = true,
     .arguments_min = 1,
     .arguments_max = LV_CALL_ARGUMENTS_MAX,
     .run = put},
    {.name = "grant",
     .writes = true,
     .arguments_min = 1,
     .arguments_max = 1,
     .run = lv_market_grant},
    {.name = "sell", .writes = true, .arguments_min = 1, .arguments_max = 1, .run = lv_market_sell},
    {.name = "get", .arguments_min = 1, .arguments_max = 1, .run = lv_sets_get},
    {.name = "list", .arguments_min = 4, .arguments_max = 4, .run = lv_sets_list},
    {.name = "granted", .arguments_min = 3, .arguments_max = 3, .run = lv_market_granted},
    {.name = "sold", .arguments_min = 2, .arguments_max = 2, .run = lv_market_sold},
    {0},
};
