#include "cli/demo_play.h"
#include "base/clock.h"
#include "cli/client.h"
#include "cli/example.h"
#include "cli/publish.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double VERDICT_SECONDS = 300;

/* How both files are read; the values' column differs. */
static lv_series series_of(const char *column)
{
    lv_series series = {.name = LV_DEMO_SERIES,
                        .column_lot = "lot",
                        .column_time = "month",
                        .scale = {.offset = 0, .decimals = 2, .bits = 32},
                        .unit = "",
                        .compare = LV_COMPARE_CONSECUTIVE};
    const lv_suite *suite = lv_suite_default(); /* nothing is encrypted here; a series has one */
    snprintf(series.suite, sizeof series.suite, "%s", lv_suite_name(suite));
    series.key_bits = lv_suite_default_key_bits(suite);
    snprintf(series.column_value, sizeof series.column_value, "%s", column);
    return series;
}

lv_status lv_demo_case_load(lv_demo_case *out, lv_error *err)
{
    lv_series moisture = series_of("moisture_g_per_cm2");
    lv_series performance = series_of("dehumidifying_performance_kg_per_h");
    *out = (lv_demo_case){0};
    lv_status status =
        lv_rows_parse(&moisture, "moisture.csv", lv_example_moisture, &out->moisture, err);
    if (status == LV_OK) {
        status = lv_rows_parse(&performance, "performance.csv", lv_example_performance,
                               &out->performance, err);
    }
    if (status == LV_OK) {
        out->periods = calloc(out->moisture.count, sizeof *out->periods);
        status = out->periods == NULL ? LV_E_MEMORY : LV_OK;
    }
    for (size_t i = 0; status == LV_OK && i < out->moisture.count; i++) {
        lv_demo_period *period = &out->periods[out->count++];
        const lv_row *row = &out->moisture.rows[i];
        memcpy(period->lot, row->lot, sizeof period->lot);
        memcpy(period->label, row->time, sizeof period->label);
        period->period = row->order;
        lv_fixed_format(&moisture.scale, row->value, period->value);
        for (size_t j = 0; j < out->performance.count; j++) {
            if (strcmp(out->performance.rows[j].lot, row->lot) == 0) {
                lv_fixed_format(&performance.scale, out->performance.rows[j].value,
                                period->performance);
            }
        }
    }
    if (status != LV_OK) {
        lv_demo_case_free(out);
    }
    return status;
}

void lv_demo_case_free(lv_demo_case *played)
{
    lv_rows_free(&played->moisture);
    lv_rows_free(&played->performance);
    free(played->periods);
    *played = (lv_demo_case){0};
}

/* The header and one line of the example, as a file of its own. */
static lv_status one_row(size_t line, lv_buffer *csv)
{
    const char *text = (const char *)lv_example_moisture.data;
    const char *end = text + lv_example_moisture.len;
    lv_status status = LV_OK;
    for (size_t number = 1; status == LV_OK && text < end; number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        const char *next = newline != NULL ? newline + 1 : end;
        if (number == 1 || number == line) {
            status = lv_buffer_append(csv, text, (size_t)(next - text));
        }
        text = next;
    }
    return status;
}

/* The first lot of a series makes no pair: there is nothing to encrypt. */
static void show_pairless(lv_progress *progress, const lv_demo_period *period,
                          const json_t *accepted)
{
    char what[192];
    if (json_integer_value(json_object_get(accepted, "sets")) == 0) {
        snprintf(what, sizeof what, "%s: nothing to compare with yet", period->lot);
        lv_progress_show(progress, what, 0, 0);
    }
}

static lv_status publish(const lv_demo_period *period, size_t line, const lv_demo *demo,
                         lv_progress *progress, lv_error *err)
{
    const char *dir = demo->dirs[LV_DEMO_B];
    lv_buffer csv = {0};
    json_t *accepted = NULL;
    json_t *batch = NULL;
    lv_status status = one_row(line, &csv);
    if (status == LV_OK) {
        status = lv_publish_rows(dir, LV_DEMO_SERIES, "moisture.csv", lv_buffer_view(&csv),
                                 &accepted, err);
    }
    if (status == LV_OK) {
        json_int_t id = json_integer_value(json_object_get(accepted, "batch"));
        show_pairless(progress, period, accepted);
        status = lv_publish_wait(dir, id, progress, period->lot, &batch, err);
    }
    if (status == LV_OK && json_integer_value(json_object_get(batch, "failed")) > 0) {
        const char *why = json_string_value(json_object_get(batch, "error"));
        status = lv_fail(err, LV_REFUSED, "%s could not be published: %s", period->lot,
                         why != NULL ? why : "see the node's log");
    }
    json_decref(batch);
    json_decref(accepted);
    lv_buffer_wipe(&csv);
    return status;
}

static lv_status take_verdict(const json_t *entry, lv_demo_period *period, lv_error *err)
{
    const char *name = json_string_value(json_object_get(entry, "verdict"));
    for (lv_formula formula = LV_EQUAL; name != NULL && formula <= LV_FALL; formula++) {
        if (strcmp(name, lv_verdict_name(formula)) == 0) {
            period->compared = true;
            period->verdict = formula;
            period->scale = (uint64_t)json_integer_value(json_object_get(entry, "scale"));
            period->alarm = json_is_true(json_object_get(entry, "alarm"));
            return LV_OK;
        }
    }
    return lv_fail(err, LV_E_SYNTAX, "the upstream's node told a verdict that is none");
}

/* The verdict on a lot among those that the upstream has got since; NULL where it has not. */
static const json_t *find_verdict(const json_t *verdicts, const char *lot, json_int_t *last)
{
    const json_t *found = NULL;
    for (size_t i = 0; i < json_array_size(verdicts); i++) {
        const json_t *entry = json_array_get(verdicts, i);
        const char *later = json_string_value(json_object_get(entry, "later_lot"));
        *last = json_integer_value(json_object_get(entry, "id"));
        if (later != NULL && strcmp(later, lot) == 0) {
            found = entry;
        }
    }
    return found;
}

static lv_status wait_verdict(lv_demo_case *played, lv_demo_period *period, const lv_demo *demo,
                              lv_progress *progress, lv_error *err)
{
    double end = lv_clock_seconds() + VERDICT_SECONDS;
    char label[192];
    snprintf(label, sizeof label, "%s: the upstream buys, combines, asks, checks", period->lot);
    while (!period->compared) {
        json_t *answer = NULL;
        lv_progress_show(progress, label, 0, 0);
        lv_status status =
            lv_client_get(demo->dirs[LV_DEMO_A], &answer, err, "/v1/verdicts?after=%lld&wait=1",
                          (long long)played->last_verdict);
        const json_t *entry =
            find_verdict(json_object_get(answer, "verdicts"), period->lot, &played->last_verdict);
        if (status == LV_OK && entry != NULL) {
            status = take_verdict(entry, period, err);
        }
        json_decref(answer);
        if (status == LV_OK && lv_clock_seconds() > end) {
            status = lv_fail(err, LV_TIMEOUT, "no verdict on %s came; the logs are in %s/state",
                             period->lot, demo->dirs[LV_DEMO_A]);
        }
        if (status != LV_OK) {
            return status;
        }
    }
    return LV_OK;
}

lv_status lv_demo_case_step(lv_demo_case *played, size_t i, const lv_demo *demo,
                            lv_progress *progress, lv_error *err)
{
    lv_demo_period *period = &played->periods[i];
    lv_status status = publish(period, played->moisture.rows[i].line, demo, progress, err);
    if (status == LV_OK && i > 0) {
        status = wait_verdict(played, period, demo, progress, err);
    }
    if (status == LV_OK && period->alarm && played->alarm_period == 0) {
        played->alarm_period = period->period;
    }
    return status;
}
