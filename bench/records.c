/* What stands on the two channels: the signed records of one set, made as `publish` makes them. */
#include "base/clock.h"
#include "bench/measure.h"
#include <lotveil/compare.h>
#include <stdio.h>
#include <stdlib.h>

enum { READY_ROUNDS = 5 };

typedef struct {
    const lv_bench_ask *ask;
    lv_series series;
    lv_pair *pairs;
    lv_bench_values values;
    lv_identity *author;
} publication;

static lv_status make_author(lv_identity **author, lv_error *err)
{
    lv_organisation made = {0};
    const char *hosts[] = {"localhost"};
    const lv_organisation_params params = {
        .msp_id = "DownstreamMSP", .hosts = hosts, .host_count = 1, .days = 30};
    lv_status status = lv_organisation_create(&params, &made, err);
    if (status == LV_OK) {
        status = lv_identity_load(params.msp_id, lv_buffer_view(&made.certificate),
                                  lv_buffer_view(&made.key), author, err);
    }
    lv_organisation_wipe(&made);
    return status;
}

/* Lots and times as long as those of the example. */
static void name_pairs(lv_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        snprintf(pairs[i].earlier_lot, sizeof pairs[i].earlier_lot, "LOT-%05zu", i + 1);
        snprintf(pairs[i].later_lot, sizeof pairs[i].later_lot, "LOT-%05zu", i + 2);
        snprintf(pairs[i].earlier_time, sizeof pairs[i].earlier_time, "2020-01-01");
        snprintf(pairs[i].later_time, sizeof pairs[i].later_time, "2020-02-01");
    }
}

static lv_status prepare(publication *p, lv_error *err)
{
    const lv_bench_ask *ask = p->ask;
    p->series = (lv_series){.name = "bench",
                            .unit = "g",
                            .column_lot = "lot",
                            .column_time = "time",
                            .column_value = "value",
                            .scale = {.bits = ask->width},
                            .key_bits = ask->key_bits,
                            .short_exponents = ask->short_exponents,
                            .compare = LV_COMPARE_CONSECUTIVE};
    snprintf(p->series.suite, sizeof p->series.suite, "%s", lv_suite_name(ask->suite));
    p->pairs = calloc(ask->pairs, sizeof *p->pairs);
    if (p->pairs == NULL) {
        return LV_E_MEMORY;
    }
    name_pairs(p->pairs, ask->pairs);
    lv_status status = lv_bench_values_draw(&p->values, ask->pairs, ask->width);
    return status == LV_OK ? make_author(&p->author, err) : status;
}

static lv_set_plan plan_of(const publication *p)
{
    return (lv_set_plan){.quality_channel = "quality",
                         .xor_channel = "xor",
                         .series = &p->series,
                         .sequence = 1,
                         .pairs = p->pairs,
                         .pair_count = p->ask->pairs,
                         .x = p->values.x,
                         .y = p->values.y,
                         .time = lv_clock_now()};
}

static void release(publication *p)
{
    lv_identity_free(p->author);
    lv_bench_values_free(&p->values);
    free(p->pairs);
}

static lv_status count_quality(const lv_buffer *record, lv_bench_bytes *bytes, lv_error *err)
{
    lv_kind kind;
    lv_signed envelope = {0};
    lv_quality quality = {0};
    lv_status status = lv_signed_peek(lv_buffer_view(record), &kind, &envelope, err);
    if (status == LV_OK) {
        status = lv_quality_decode(lv_buffer_view(&envelope.body), &quality, err);
    }
    bytes->quality = (double)record->len;
    bytes->ciphertexts += (double)(quality.x.len + quality.y.len);
    bytes->proofs += (double)quality.bit_proof.len;
    lv_quality_free(&quality);
    lv_signed_free(&envelope);
    return status;
}

static lv_status count_xor(const lv_buffer *record, lv_bench_bytes *bytes, lv_error *err)
{
    lv_kind kind;
    lv_signed envelope = {0};
    lv_xor body = {0};
    lv_status status = lv_signed_peek(lv_buffer_view(record), &kind, &envelope, err);
    if (status == LV_OK) {
        status = lv_xor_decode(lv_buffer_view(&envelope.body), &body, err);
    }
    bytes->xor_channel = (double)record->len;
    bytes->ciphertexts += (double)body.w.len;
    bytes->proofs += (double)(body.w_proof.len + body.both_proof.len);
    lv_xor_free(&body);
    lv_signed_free(&envelope);
    return status;
}

lv_status lv_bench_records(const lv_bench_ask *ask, lv_bench_bytes *bytes, lv_error *err)
{
    publication p = {.ask = ask};
    lv_set_made made = {0};
    *bytes = (lv_bench_bytes){0};
    lv_status status = prepare(&p, err);
    if (status == LV_OK) {
        const lv_set_plan plan = plan_of(&p);
        const lv_job job = {.threads = ask->threads};
        status = lv_set_make(&plan, p.author, NULL, &job, &made, err);
    }
    if (status == LV_OK) {
        status = count_quality(&made.quality_record, bytes, err);
    }
    if (status == LV_OK) {
        status = count_xor(&made.xor_record, bytes, err);
    }
    lv_set_made_free(&made);
    release(&p);
    return status;
}

/* ---- made ready ahead ---- */

static lv_status publish_once(const publication *p, lv_bytes kept, double *least, lv_error *err)
{
    const lv_set_plan plan = plan_of(p);
    const lv_job job = {.threads = 1};
    lv_set_ready ready = {.masks = NULL};
    lv_set_made made = {.key = NULL};
    lv_bench_moment start = lv_bench_now();
    lv_status status = lv_set_ready_decode(p->ask->suite, kept, &ready, err);
    if (status == LV_OK) {
        status = lv_set_make_ready(&plan, p->author, &ready, &job, &made, err);
    }
    double seconds = lv_bench_since(start, 1);
    *least = *least == 0 || seconds < *least ? seconds : *least;
    lv_set_made_free(&made);
    lv_set_ready_wipe(&ready);
    return status;
}

static lv_status prepare_once(const publication *p, lv_buffer *kept, double *seconds, lv_error *err)
{
    const lv_set_plan plan = plan_of(p);
    const lv_job job = {.threads = 1};
    lv_secret_key *key = NULL;
    lv_set_ready ready = {.masks = NULL};
    lv_bench_moment start = lv_bench_now();
    lv_status status = lv_set_prepare(&plan, p->author, &job, &key, &ready, err);
    *seconds = lv_bench_since(start, 1);
    if (status == LV_OK) {
        status = lv_set_ready_encode(&ready, kept);
    }
    lv_set_ready_wipe(&ready);
    lv_key_free(key);
    return status;
}

lv_status lv_bench_ready(const lv_bench_ask *ask, double *publish, double *prepare_seconds,
                         lv_error *err)
{
    publication p = {.ask = ask};
    lv_buffer kept = {0};
    double pairs = (double)ask->pairs;
    *publish = 0;
    lv_status status = prepare(&p, err);
    if (status == LV_OK) {
        status = prepare_once(&p, &kept, prepare_seconds, err);
    }
    /* Nothing of it is kept or sent: here the same masks may serve again. */
    for (int i = 0; i < READY_ROUNDS && status == LV_OK; i++) {
        status = publish_once(&p, lv_buffer_view(&kept), publish, err);
    }
    *publish /= pairs;
    *prepare_seconds /= pairs;
    lv_buffer_wipe(&kept);
    release(&p);
    return status;
}
