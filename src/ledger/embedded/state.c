#include "ledger/embedded/state.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    char *key;
    lv_buffer value;
} held;

typedef struct {
    lv_conn *conn;
    lv_error *err;
    bool writes;
    held *puts; /* held back until the call is over */
    size_t put_count;
    size_t put_cap;
} state;

static bool key_is_valid(const char *key)
{
    for (const char *at = key; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            return false;
        }
    }
    return *key != '\0';
}

/* Prepares to find what stands under a key. */
static lv_status bind_key(state *s, sqlite3_stmt *statement, int at, const char *key)
{
    int code = sqlite3_bind_text(statement, at, key, -1, SQLITE_STATIC);
    return code == SQLITE_OK ? LV_OK : lv_conn_fault(s->conn, s->err);
}

static lv_status state_get(void *context, const char *key, lv_buffer *value)
{
    state *s = context;
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(s->conn, LV_SQL_STATE, &statement, s->err);
    if (status == LV_OK) {
        status = bind_key(s, statement, 1, key);
    }
    if (status != LV_OK) {
        return status;
    }
    int code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
        lv_bytes found = lv_conn_column(statement, 0);
        status = lv_buffer_append(value, found.data, found.len);
    } else {
        status = code == SQLITE_DONE ? LV_NOT_FOUND : lv_conn_fault(s->conn, s->err);
    }
    sqlite3_reset(statement);
    return status;
}

static lv_status grow(state *s)
{
    if (s->put_count < s->put_cap) {
        return LV_OK;
    }
    size_t cap = s->put_cap > 0 ? s->put_cap * 2 : 8;
    held *grown = realloc(s->puts, cap * sizeof *grown);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    s->puts = grown;
    s->put_cap = cap;
    return LV_OK;
}

static lv_status state_put(void *context, const char *key, lv_bytes value)
{
    state *s = context;
    if (!s->writes || !key_is_valid(key)) {
        return lv_fail(s->err, LV_E_ARGUMENT, "the contract put where it may not");
    }
    lv_status status = grow(s);
    if (status != LV_OK) {
        return status;
    }
    held *put = &s->puts[s->put_count];
    *put = (held){.key = strdup(key)};
    if (put->key == NULL) {
        return LV_E_MEMORY;
    }
    s->put_count++;
    return lv_buffer_append(&put->value, value.data, value.len);
}

/* The rows of one walk; its statement is its own, since a walk may ask for another. */
static lv_status walk(state *s, sqlite3_stmt *statement,
                      lv_status (*each)(void *each_context, const char *key, lv_bytes value),
                      void *each_context)
{
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) {
        const char *key = (const char *)sqlite3_column_text(statement, 0);
        if (key == NULL) {
            return LV_E_MEMORY;
        }
        lv_status status = each(each_context, key, lv_conn_column(statement, 1));
        if (status != LV_OK) {
            return status == LV_TIMEOUT ? LV_OK : status;
        }
        code = sqlite3_step(statement);
    }
    return code == SQLITE_DONE ? LV_OK : lv_conn_fault(s->conn, s->err);
}

static lv_status state_range(void *context, const char *first, const char *past,
                             lv_status (*each)(void *each_context, const char *key, lv_bytes value),
                             void *each_context)
{
    state *s = context;
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(s->conn->db,
                           "SELECT key, value FROM state WHERE key >= ? AND key < ? ORDER BY key",
                           -1, &statement, NULL) != SQLITE_OK) {
        return lv_conn_fault(s->conn, s->err);
    }
    lv_status status = bind_key(s, statement, 1, first);
    if (status == LV_OK) {
        status = bind_key(s, statement, 2, past);
    }
    if (status == LV_OK) {
        status = walk(s, statement, each, each_context);
    }
    sqlite3_finalize(statement);
    return status;
}

static lv_status keep_one(state *s, const held *put)
{
    sqlite3_stmt *statement = NULL;
    lv_status status = lv_conn_statement(s->conn, LV_SQL_STATE_PUT, &statement, s->err);
    if (status == LV_OK) {
        status = bind_key(s, statement, 1, put->key);
    }
    if (status == LV_OK) {
        status = lv_conn_bind(s->conn, statement, 2, lv_buffer_view(&put->value), s->err);
    }
    return status == LV_OK ? lv_conn_run(s->conn, statement, s->err) : status;
}

static lv_status invoke(state *s, const lv_channel *channel, const lv_call *call,
                        lv_buffer *response)
{
    const lv_state interface = {
        .context = s, .get = state_get, .put = state_put, .range = state_range};
    lv_status status = lv_contract_invoke(channel, &interface, call, response, s->err);
    for (size_t i = 0; status == LV_OK && i < s->put_count; i++) {
        status = keep_one(s, &s->puts[i]);
    }
    for (size_t i = 0; i < s->put_count; i++) {
        free(s->puts[i].key);
        lv_buffer_free(&s->puts[i].value);
    }
    free(s->puts);
    return status;
}

lv_status lv_state_write(lv_conn *conn, const lv_channel *channel, const lv_call *call,
                         lv_error *err)
{
    lv_status status = lv_contract_expect(channel, call->function, true, err);
    if (status != LV_OK) {
        return status;
    }
    state s = {.conn = conn, .err = err, .writes = true};
    lv_buffer response = {0};
    status = invoke(&s, channel, call, &response);
    lv_buffer_free(&response);
    return status;
}

lv_status lv_state_read(lv_conn *conn, const lv_channel *channel, const lv_call *call,
                        lv_buffer *response, lv_error *err)
{
    lv_status status = lv_contract_expect(channel, call->function, false, err);
    if (status != LV_OK) {
        return status;
    }
    state s = {.conn = conn, .err = err};
    return invoke(&s, channel, call, response);
}
