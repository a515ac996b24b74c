/* Contract "quality": docs/protocol.md section 9. */
#include "contract/rules.h"
#include <lotveil/compare.h>
#include <string.h>

static void describe(const lv_set *set, lv_entry *entry)
{
    const lv_quality *quality = lv_set_quality(set);
    memcpy(entry->author, quality->author, sizeof entry->author);
    memcpy(entry->series, quality->series, sizeof entry->series);
    entry->sequence = quality->sequence;
    entry->set_id = *lv_set_id(set);
    entry->has_corrects = quality->has_corrects;
    entry->corrects = quality->corrects;
}

static lv_status read_quality(const lv_run *run, lv_bytes record, lv_entry *entry)
{
    lv_set *set = NULL;
    lv_status status = lv_set_open(record, run->channel->trust, NULL, &set, run->err);
    if (status != LV_OK) {
        return lv_rule_unreadable(status);
    }
    const lv_quality *quality = lv_set_quality(set);
    status = lv_rule_record(run, "quality record", quality->author, quality->channel);
    if (status == LV_OK) {
        describe(set, entry);
    }
    lv_set_free(set);
    return status;
}

static lv_status put(const lv_run *run)
{
    lv_status status = lv_rule_role(run, "downstream");
    return status == LV_OK ? lv_sets_put(run, read_quality) : status;
}

const lv_contract_function lv_quality_functions[] = {
    {.name = "put",
     .writes = true,
     .arguments_min = 1,
     .arguments_max = LV_CALL_ARGUMENTS_MAX,
     .run = put},
    {.name = "get", .arguments_min = 1, .arguments_max = 1, .run = lv_sets_get},
    {.name = "list", .arguments_min = 4, .arguments_max = 4, .run = lv_sets_list},
    {0},
};
