/* The book of sets: docs/protocol.md section 9. */
#include "base/writer.h"
#include "contract/rules.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_RECORDS_MAX 1024U
#define OWNER_MAX (2U * LV_NAME_MAX + 2U)

/* ---- put ---- */

/* The records of one call so far. The state does not show what this call writes, so that these
 * stand in for it. */
typedef struct {
    lv_entry *entries;
    size_t count;
} batch;

static const lv_entry *find_id(const batch *earlier, const lv_digest *set_id)
{
    for (size_t i = 0; i < earlier->count; i++) {
        if (lv_digest_equal(&earlier->entries[i].set_id, set_id)) {
            return &earlier->entries[i];
        }
    }
    return NULL;
}

static bool same_series(const lv_entry *a, const lv_entry *b)
{
    return strcmp(a->author, b->author) == 0 && strcmp(a->series, b->series) == 0;
}

/* The last sequence of the entry's series: in this call, or in the state. */
static lv_status last_sequence(const lv_run *run, const batch *earlier, const lv_entry *entry,
                               uint64_t *last)
{
    for (size_t i = earlier->count; i > 0; i--) {
        if (same_series(&earlier->entries[i - 1], entry)) {
            *last = earlier->entries[i - 1].sequence;
            return LV_OK;
        }
    }
    lv_state_key key = lv_state_key_last(entry->author, entry->series);
    return lv_state_number(run->state, &key, last, run->err);
}

static lv_status check_new(const lv_run *run, const batch *earlier, const lv_entry *entry)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(&entry->set_id, set_id);
    lv_state_key key = lv_state_key_set(set_id);
    bool has = false;
    lv_status status = lv_state_has(run->state, &key, &has);
    if (status == LV_OK && (has || find_id(earlier, &entry->set_id) != NULL)) {
        status = lv_fail(run->err, LV_EXISTS, "set %s stands already", set_id);
    }
    return status;
}

static lv_status check_sequence(const lv_run *run, const batch *earlier, const lv_entry *entry)
{
    uint64_t last = 0;
    lv_status status = last_sequence(run, earlier, entry, &last);
    if (status != LV_OK) {
        return status;
    }
    if (entry->sequence <= last) {
        return lv_fail(run->err, LV_EXISTS,
                       "series %s of %s: sequence %" PRIu64 " stands already; the next is %" PRIu64,
                       entry->series, entry->author, entry->sequence, last + 1);
    }
    if (entry->sequence != last + 1) {
        return lv_fail(run->err, LV_REFUSED,
                       "series %s of %s: sequence %" PRIu64 " leaves a gap; the next is %" PRIu64,
                       entry->series, entry->author, entry->sequence, last + 1);
    }
    return LV_OK;
}

static lv_status corrects_series(const lv_run *run, const batch *earlier, const lv_entry *entry,
                                 bool *same)
{
    *same = false;
    const lv_entry *named = find_id(earlier, &entry->corrects);
    if (named != NULL) {
        *same = same_series(named, entry);
        return LV_OK;
    }
    char set_id[2 * LV_DIGEST_LEN + 1];
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    lv_digest_hex(&entry->corrects, set_id);
    lv_status status = lv_sets_owner(run, set_id, author, series);
    if (status == LV_NOT_FOUND) {
        return LV_OK;
    }
    *same =
        status == LV_OK && strcmp(author, entry->author) == 0 && strcmp(series, entry->series) == 0;
    return status;
}

static lv_status check_corrects(const lv_run *run, const batch *earlier, const lv_entry *entry)
{
    if (!entry->has_corrects) {
        return LV_OK;
    }
    bool same = false;
    lv_status status = corrects_series(run, earlier, entry, &same);
    if (status == LV_OK && !same) {
        status = lv_fail(run->err, LV_REFUSED,
                         "series %s of %s: sequence %" PRIu64
                         ": field corrects: names no record of this author and series",
                         entry->series, entry->author, entry->sequence);
    }
    return status;
}

static lv_status write_entry(const lv_run *run, const lv_entry *entry, lv_bytes record)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    char owner[OWNER_MAX];
    lv_digest_hex(&entry->set_id, set_id);
    snprintf(owner, sizeof owner, "%s/%s", entry->author, entry->series);

    lv_state_key key = lv_state_key_set(set_id);
    lv_status status = run->state->put(run->state->context, key.text, record);
    if (status == LV_OK) {
        key = lv_state_key_owner(set_id);
        status = lv_state_set_text(run->state, &key, owner);
    }
    if (status == LV_OK) {
        key = lv_state_key_sequence(entry->author, entry->series, entry->sequence);
        status = lv_state_set_text(run->state, &key, set_id);
    }
    if (status == LV_OK) {
        key = lv_state_key_last(entry->author, entry->series);
        status = lv_state_set_number(run->state, &key, entry->sequence);
    }
    return status;
}

static lv_status put_one(const lv_run *run, lv_entry_reader read, batch *b, size_t i)
{
    lv_entry *entry = &b->entries[i];
    lv_bytes record = run->call->arguments[i];
    lv_status status = read(run, record, entry);
    if (status == LV_OK) {
        status = check_new(run, b, entry);
    }
    if (status == LV_OK) {
        status = check_sequence(run, b, entry);
    }
    if (status == LV_OK) {
        status = check_corrects(run, b, entry);
    }
    if (status == LV_OK) {
        status = write_entry(run, entry, record);
        b->count++;
    }
    return status;
}

lv_status lv_sets_put(const lv_run *run, lv_entry_reader read)
{
    size_t count = run->call->argument_count;
    batch b = {.entries = calloc(count, sizeof(lv_entry))};
    if (b.entries == NULL) {
        return lv_fail(run->err, LV_E_MEMORY, "no memory for %zu records", count);
    }
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        status = put_one(run, read, &b, i);
        if (status > LV_OK && count > 1) {
            lv_error_prefix(run->err, "record %zu of %zu: ", i + 1, count);
        }
    }
    free(b.entries);
    return status;
}

/* ---- get and list ---- */

lv_status lv_sets_get(const lv_run *run)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    lv_status status = lv_argument_set_id(run, 0, set_id);
    if (status != LV_OK) {
        return status;
    }
    lv_state_key key = lv_state_key_set(set_id);
    status = run->state->get(run->state->context, key.text, run->response);
    return status == LV_NOT_FOUND ? lv_fail(run->err, status, "channel %s: there is no set %s",
                                            run->channel->channel, set_id)
                                  : status;
}

lv_status lv_sets_owner(const lv_run *run, const char *set_id, char author[LV_NAME_MAX + 1],
                        char series[LV_NAME_MAX + 1])
{
    author[0] = '\0';
    series[0] = '\0';
    lv_state_key key = lv_state_key_owner(set_id);
    lv_buffer owner = {0};
    lv_status status = run->state->get(run->state->context, key.text, &owner);
    if (status == LV_OK) {
        const char *text = lv_buffer_text(&owner);
        const char *slash = strchr(text, '/');
        if (slash == NULL || (size_t)(slash - text) > LV_NAME_MAX ||
            strlen(slash + 1) > LV_NAME_MAX) {
            status = lv_fail(run->err, LV_E_CORRUPT, "state key %s: names no owner", key.text);
        } else {
            memcpy(author, text, (size_t)(slash - text));
            author[slash - text] = '\0';
            memcpy(series, slash + 1, strlen(slash + 1) + 1);
        }
    }
    lv_buffer_free(&owner);
    return status;
}

/* A page of set ids, gathered before the records are read: no backend has to read within a walk. */
typedef struct {
    char (*ids)[2 * LV_DIGEST_LEN + 1];
    size_t count;
    size_t limit;
} page;

static lv_status take_id(void *context, const char *key, lv_bytes value)
{
    (void)key;
    page *p = context;
    if (value.len != (size_t)2 * LV_DIGEST_LEN) {
        return LV_E_CORRUPT;
    }
    memcpy(p->ids[p->count], value.data, value.len);
    p->count++;
    return p->count < p->limit ? LV_OK : LV_TIMEOUT;
}

static lv_status find_ids(const lv_run *run, page *p)
{
    char author[LV_NAME_MAX + 1];
    char series[LV_NAME_MAX + 1];
    uint64_t from = 0;
    lv_status status = lv_argument_name(run, 0, author);
    if (status == LV_OK) {
        status = lv_argument_name(run, 1, series);
    }
    if (status == LV_OK) {
        status = lv_argument_number(run, 2, &from);
    }
    if (status != LV_OK || p->limit == 0) {
        return status;
    }
    lv_state_key first = lv_state_key_sequence(author, series, from);
    lv_state_key past = lv_state_key_sequence_end(author, series);
    return run->state->range(run->state->context, first.text, past.text, take_id, p);
}

/* Appends the records of a page until the next would take it over LV_RECORD_MAX: one always fits.
 */
static lv_status gather(const lv_run *run, const page *p, uint32_t *count, lv_buffer *records)
{
    for (size_t i = 0; i < p->count; i++) {
        lv_state_key key = lv_state_key_set(p->ids[i]);
        lv_buffer record = {0};
        lv_status status = run->state->get(run->state->context, key.text, &record);
        bool full = i > 0 && records->len + record.len > LV_RECORD_MAX;
        if (status == LV_OK && !full) {
            status = lv_write_block(records, lv_buffer_view(&record));
            (*count)++;
        }
        lv_buffer_free(&record);
        if (status == LV_NOT_FOUND) {
            return lv_fail(run->err, LV_E_CORRUPT, "state key %s: is missing", key.text);
        }
        if (status != LV_OK || full) {
            return status;
        }
    }
    return LV_OK;
}

lv_status lv_sets_list(const lv_run *run)
{
    uint64_t limit = 0;
    lv_status status = lv_argument_number(run, 3, &limit);
    if (status != LV_OK) {
        return status;
    }
    page p = {.limit = limit < PAGE_RECORDS_MAX ? (size_t)limit : PAGE_RECORDS_MAX};
    p.ids = calloc(p.limit + 1, sizeof *p.ids);
    if (p.ids == NULL) {
        return lv_fail(run->err, LV_E_MEMORY, "no memory for a page of %zu records", p.limit);
    }
    uint32_t count = 0;
    lv_buffer records = {0};
    status = find_ids(run, &p);
    if (status == LV_OK) {
        status = gather(run, &p, &count, &records);
    }
    if (status == LV_OK) {
        status = lv_write_u32(run->response, count);
    }
    if (status == LV_OK) {
        status = lv_buffer_append(run->response, records.data, records.len);
    }
    lv_buffer_free(&records);
    free(p.ids);
    return status;
}
