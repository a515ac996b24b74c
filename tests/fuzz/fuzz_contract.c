/* Calls of a contract, one after the other on one state: u8 contract, then for each call u8
 * submitter, u8 number of arguments, and as blocks (base/reader.h) the function and the arguments.
 */
#include "base/reader.h"
#include "fuzz.h"
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 128U
#define CALLS_MAX 8U
#define ARGUMENTS_MAX 4U

typedef struct {
    char *key;
    lv_buffer value;
} entry;

typedef struct {
    entry entries[ENTRIES_MAX];
    size_t count;
} table;

typedef struct {
    table committed;
    table pending; /* of the call that is running, which does not see it */
} memory;

static entry *find(table *t, const char *key)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->entries[i].key, key) == 0) {
            return &t->entries[i];
        }
    }
    return NULL;
}

static void set(table *t, const char *key, lv_bytes value)
{
    entry *at = find(t, key);
    if (at == NULL) {
        FUZZ_CHECK(t->count < ENTRIES_MAX);
        at = &t->entries[t->count++];
        at->key = strdup(key);
        FUZZ_CHECK(at->key != NULL);
    }
    lv_buffer_free(&at->value);
    FUZZ_CHECK(lv_buffer_append(&at->value, value.data, value.len) == LV_OK);
}

static void clear(table *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->entries[i].key);
        lv_buffer_free(&t->entries[i].value);
    }
    *t = (table){0};
}

static lv_status state_get(void *context, const char *key, lv_buffer *value)
{
    memory *m = context;
    const entry *at = find(&m->committed, key);
    return at == NULL ? LV_NOT_FOUND : lv_buffer_append(value, at->value.data, at->value.len);
}

static lv_status state_put(void *context, const char *key, lv_bytes value)
{
    memory *m = context;
    for (const char *at = key; *at != '\0'; at++) {
        FUZZ_CHECK(*at > ' ' && *at < 0x7f);
    }
    set(&m->pending, key, value);
    return LV_OK;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const entry *)a)->key, ((const entry *)b)->key);
}

static lv_status state_range(void *context, const char *first, const char *past,
                             lv_status (*each)(void *each_context, const char *key, lv_bytes value),
                             void *each_context)
{
    memory *m = context;
    qsort(m->committed.entries, m->committed.count, sizeof(entry), by_key);
    for (size_t i = 0; i < m->committed.count; i++) {
        const entry *at = &m->committed.entries[i];
        if (strcmp(at->key, first) < 0 || strcmp(at->key, past) >= 0) {
            continue;
        }
        lv_status status = each(each_context, at->key, lv_buffer_view(&at->value));
        if (status != LV_OK) {
            return status == LV_TIMEOUT ? LV_OK : status;
        }
    }
    return LV_OK;
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* Only counters ever change, and they rise. */
static void commit(memory *m)
{
    for (size_t i = 0; i < m->pending.count; i++) {
        const entry *made = &m->pending.entries[i];
        const entry *before = find(&m->committed, made->key);
        if (before != NULL) {
            FUZZ_CHECK(starts(made->key, "last/") || starts(made->key, "grants/") ||
                       starts(made->key, "standing/") || starts(made->key, "count/"));
            FUZZ_CHECK(strtoull(lv_buffer_text(&made->value), NULL, 10) >
                       strtoull(lv_buffer_text(&before->value), NULL, 10));
        }
        set(&m->committed, made->key, lv_buffer_view(&made->value));
    }
}

/* Pages of a list are as many blocks as announced. */
static void check_response(const lv_call *call, const lv_buffer *response)
{
    lv_reader reader = lv_reader_of(lv_buffer_view(response));
    if (strcmp(call->function, "list") != 0) {
        FUZZ_CHECK(response->len > 0);
        return;
    }
    uint32_t count = lv_read_u32(&reader);
    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        FUZZ_CHECK(lv_read_block(&reader, LV_RECORD_MAX).len > 0);
    }
    FUZZ_CHECK(lv_reader_end(&reader) == LV_OK);
}

static void run(const lv_channel *channel, memory *m, const lv_call *call)
{
    const lv_state state = {.context = m, .get = state_get, .put = state_put, .range = state_range};
    lv_buffer response = {0};
    lv_error err = {0};
    bool writes = false;
    lv_status known = lv_contract_writes(channel, call->function, &writes);
    lv_status status = lv_contract_invoke(channel, &state, call, &response, &err);
    FUZZ_CHECK(known == LV_OK || status == LV_NOT_FOUND);
    FUZZ_CHECK(writes || m->pending.count == 0);
    FUZZ_CHECK(status == LV_OK || err.text[0] != '\0');
    /* only what is wrong with the call, never a fault: Fabric's endorsers would disagree */
    FUZZ_CHECK(status == LV_OK || status == LV_NOT_FOUND || status == LV_REFUSED ||
               status == LV_EXISTS || status == LV_INVALID);
    if (status == LV_OK && writes) {
        FUZZ_CHECK(response.len == 0 && m->pending.count > 0);
        commit(m);
    } else if (status == LV_OK) {
        check_response(call, &response);
    }
    clear(&m->pending);
    lv_buffer_free(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const submitters[] = {"AMSP", "BMSP", "SMSP", "XMSP"};
    lv_reader reader = lv_reader_of((lv_bytes){.data = data, .len = size});
    const lv_channel *channel = fuzz_channel(lv_read_u8(&reader) % 2 == 0 ? "quality" : "xor");
    memory m = {0};
    for (size_t i = 0; i < CALLS_MAX && reader.left > 0; i++) {
        lv_bytes arguments[ARGUMENTS_MAX] = {0};
        const char *submitter = submitters[lv_read_u8(&reader) % 4U];
        size_t count = lv_read_u8(&reader) % (ARGUMENTS_MAX + 1U);
        lv_bytes name = lv_read_block(&reader, 64);
        for (size_t j = 0; j < count; j++) {
            arguments[j] = lv_read_block(&reader, size);
        }
        char function[65] = {0};
        if (name.len > 0) {
            memcpy(function, name.data, name.len);
        }
        const lv_call call = {.function = function,
                              .arguments = arguments,
                              .argument_count = count,
                              .submitter = submitter};
        run(channel, &m, &call);
    }
    clear(&m.committed);
    return 0;
}
