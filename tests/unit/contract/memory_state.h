/** A state in memory that shows a call nothing of what it writes, as Fabric does: puts take effect
 *  when the call succeeds and are forgotten otherwise. */
#ifndef LV_TESTS_MEMORY_STATE_H
#define LV_TESTS_MEMORY_STATE_H

#include "contract/contract.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define MEMORY_ENTRIES_MAX 256U

typedef struct {
    char *key;
    lv_buffer value;
} memory_entry;

typedef struct {
    memory_entry entries[MEMORY_ENTRIES_MAX];
    size_t count;
} memory_table;

typedef struct {
    memory_table committed;
    memory_table pending;
    lv_status failing; /* what every get gives, unless LV_OK */
} memory_state;

static inline memory_entry *memory_find(memory_table *table, const char *key)
{
    for (size_t i = 0; i < table->count; i++) {
        if (strcmp(table->entries[i].key, key) == 0) {
            return &table->entries[i];
        }
    }
    return NULL;
}

static inline void memory_set(memory_table *table, const char *key, lv_bytes value)
{
    memory_entry *entry = memory_find(table, key);
    if (entry == NULL) {
        assert_true(table->count < MEMORY_ENTRIES_MAX);
        entry = &table->entries[table->count++];
        entry->key = strdup(key);
        assert_non_null(entry->key);
    }
    lv_buffer_free(&entry->value);
    assert_int_equal(lv_buffer_append(&entry->value, value.data, value.len), LV_OK);
}

static inline void memory_clear(memory_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        free(table->entries[i].key);
        lv_buffer_free(&table->entries[i].value);
    }
    *table = (memory_table){0};
}

static inline lv_status memory_get(void *context, const char *key, lv_buffer *value)
{
    memory_state *m = context;
    if (m->failing != LV_OK) {
        return m->failing;
    }
    const memory_entry *entry = memory_find(&m->committed, key);
    return entry == NULL ? LV_NOT_FOUND
                         : lv_buffer_append(value, entry->value.data, entry->value.len);
}

static inline lv_status memory_put(void *context, const char *key, lv_bytes value)
{
    memory_state *m = context;
    for (const char *at = key; *at != '\0'; at++) {
        assert_true(*at > ' ' && *at < 0x7f);
    }
    memory_set(&m->pending, key, value);
    return LV_OK;
}

static inline int memory_compare(const void *a, const void *b)
{
    return strcmp(((const memory_entry *)a)->key, ((const memory_entry *)b)->key);
}

static inline lv_status memory_range(void *context, const char *first, const char *past,
                                     lv_status (*each)(void *each_context, const char *key,
                                                       lv_bytes value),
                                     void *each_context)
{
    memory_state *m = context;
    qsort(m->committed.entries, m->committed.count, sizeof(memory_entry), memory_compare);
    for (size_t i = 0; i < m->committed.count; i++) {
        const memory_entry *entry = &m->committed.entries[i];
        if (strcmp(entry->key, first) < 0 || strcmp(entry->key, past) >= 0) {
            continue;
        }
        lv_status status = each(each_context, entry->key, lv_buffer_view(&entry->value));
        if (status != LV_OK) {
            return status == LV_TIMEOUT ? LV_OK : status;
        }
    }
    return LV_OK;
}

/** Runs a call as a ledger does: keeps what it put only where it succeeds. */
static inline lv_status memory_invoke(const lv_channel *channel, memory_state *m,
                                      const lv_call *call, lv_buffer *response, lv_error *err)
{
    const lv_state state = {
        .context = m, .get = memory_get, .put = memory_put, .range = memory_range};
    lv_status status = lv_contract_invoke(channel, &state, call, response, err);
    for (size_t i = 0; status == LV_OK && i < m->pending.count; i++) {
        memory_set(&m->committed, m->pending.entries[i].key,
                   lv_buffer_view(&m->pending.entries[i].value));
    }
    memory_clear(&m->pending);
    return status;
}

static inline void memory_free(memory_state *m)
{
    memory_clear(&m->committed);
    memory_clear(&m->pending);
}

#endif
