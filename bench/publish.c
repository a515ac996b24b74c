#include "bench/publish.h"
#include "base/clock.h"
#include "base/file.h"
#include "node/http.h"
#include <inttypes.h>
#include <lotveil/bytes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const unsigned REQUEST_SECONDS = 86400;
static const size_t ANSWER_MAX = 1048576;
static const uint64_t SEED = 88172645463325252U;
static const uint64_t SEED_STEP = 0x9E3779B97F4A7C15U; /* odd, of mixed bits */

/* Where a CSV has come to. */
typedef struct {
    const lv_bench_rows *rows;
    uint64_t next;  /* row, counted from 0 */
    lv_buffer line; /* the present row */
    size_t line_at;
    uint64_t total; /* bytes of the CSV */
    uint64_t dice;
} csv;

/* ---- the CSV ---- */

/* Values only have to differ (xorshift64); what is encrypted does not change what it costs. */
static uint64_t draw(uint64_t *dice)
{
    *dice ^= *dice << 13;
    *dice ^= *dice >> 7;
    *dice ^= *dice << 17;
    return *dice;
}

/* All rows are of one length, so that the length of the whole is known. */
static lv_status write_row(csv *c, uint64_t row)
{
    uint64_t number = c->rows->first + row;
    c->line.len = 0;
    c->line_at = 0;
    return lv_buffer_printf(&c->line, "LOT-%09" PRIu64 ",%09" PRIu64 ",%06u.%02u\n", number, number,
                            (unsigned)(draw(&c->dice) % 1000000), (unsigned)(draw(&c->dice) % 100));
}

static bool next_row(csv *c)
{
    if (c->next == c->rows->rows || write_row(c, c->next) != LV_OK) {
        return false;
    }
    c->next++;
    return true;
}

static size_t read_csv(void *context, uint8_t *out, size_t room)
{
    csv *c = context;
    size_t got = 0;
    while (got < room) {
        if (c->line_at == c->line.len && !next_row(c)) {
            break;
        }
        size_t left = c->line.len - c->line_at;
        size_t len = left < room - got ? left : room - got;
        memcpy(out + got, c->line.data + c->line_at, len);
        c->line_at += len;
        got += len;
    }
    return got;
}

/* The length of one row, and the header line as the first to be read. */
static lv_status begin_csv(csv *c)
{
    c->dice = SEED + SEED_STEP * c->rows->first;
    lv_status status = write_row(c, 0);
    uint64_t row = c->line.len;
    c->line.len = 0;
    if (status == LV_OK) {
        status = lv_buffer_printf(&c->line, "lot,time,value\n");
    }
    c->total = c->line.len + row * c->rows->rows;
    return status;
}

/* ---- asking the node ---- */

static lv_status call_node(const lv_bench_world *world, lv_http_call *call, json_t **out,
                           lv_error *err)
{
    lv_buffer body = {0};
    unsigned code = 0;
    char *path = lv_path_join(world->node, "state/control.sock");
    *out = NULL;
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    call->socket_path = path;
    call->seconds = REQUEST_SECONDS;
    call->max_bytes = ANSWER_MAX;
    lv_status status = lv_http_request_send(call, &code, &body, err);
    if (status == LV_OK && code >= 300) {
        status = lv_fail(err, LV_E_IO, "bench: the node answered %u: %.200s", code,
                         lv_buffer_text(&body));
    }
    if (status == LV_OK) {
        *out = json_loadb((const char *)body.data, body.len, 0, NULL);
        status = *out != NULL ? LV_OK : lv_fail(err, LV_E_SYNTAX, "bench: an answer is no JSON");
    }
    lv_buffer_free(&body);
    free(path);
    return status;
}

lv_status lv_bench_get(const lv_bench_world *world, const char *path, json_t **out, lv_error *err)
{
    char url[256];
    lv_http_call call = {.url = url, .method = "GET"};
    snprintf(url, sizeof url, "http://node%s", path);
    return call_node(world, &call, out, err);
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static lv_status send_csv(const lv_bench_rows *rows, lv_bench_published *out, lv_error *err)
{
    char url[256];
    json_t *answer = NULL;
    csv c = {.rows = rows};
    snprintf(url, sizeof url, "http://node/v1/series/%s/rows", rows->series);
    lv_status status = begin_csv(&c);
    lv_http_call call = {.url = url,
                         .method = "POST",
                         .content_type = "text/csv",
                         .read = read_csv,
                         .read_context = &c,
                         .read_len = c.total};
    if (status == LV_OK) {
        status = call_node(rows->world, &call, &answer, err);
    }
    out->batch = number(answer, "batch");
    out->sets = (uint64_t)number(answer, "sets");
    out->pairs = (uint64_t)number(answer, "pairs");
    json_decref(answer);
    lv_buffer_free(&c.line);
    return status;
}

/* @param[out] ended  all sets of the batch are published. */
static lv_status look(const lv_bench_rows *rows, const char *path, bool *ended, uint64_t *pairs,
                      lv_error *err)
{
    json_t *answer = NULL;
    lv_status status = lv_bench_get(rows->world, path, &answer, err);
    *ended = number(answer, "done") == number(answer, "sets");
    *pairs = (uint64_t)number(answer, "pairs_done");
    if (number(answer, "failed") > 0) {
        const char *words = json_string_value(json_object_get(answer, "error"));
        status = lv_fail(err, LV_E_IO, "bench: %s", words != NULL ? words : "sets failed");
    }
    json_decref(answer);
    return status;
}

static lv_status wait_published(const lv_bench_rows *rows, const lv_bench_published *out,
                                lv_error *err)
{
    char path[64];
    bool ended = false;
    uint64_t pairs = 0;
    lv_status status = LV_OK;
    snprintf(path, sizeof path, "/v1/batches/%" PRId64 "?wait=1", out->batch);
    while (status == LV_OK && !ended) {
        status = look(rows, path, &ended, &pairs, err);
        if (rows->progress != NULL) {
            rows->progress(rows->progress_context, pairs);
        }
    }
    return status;
}

lv_status lv_bench_publish(const lv_bench_rows *rows, lv_bench_published *out, lv_error *err)
{
    double begun = lv_clock_seconds();
    *out = (lv_bench_published){0};
    lv_status status = send_csv(rows, out, err);
    out->accepted = lv_clock_seconds() - begun;
    if (status == LV_OK) {
        status = wait_published(rows, out, err);
    }
    out->seconds = lv_clock_seconds() - begun;
    return status;
}
