#include "base/parallel.h"
#include "base/secret.h"
#include "cli/audit.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What one check came to; what goes on, after a pair or answer that does not hold, is the rest. */
typedef struct {
    const lv_audit_plan *plan;
    const lv_audit_input *input;
    lv_set *set;
    lv_audit *audit;
    json_t *pairs;
    json_t *answers;
    size_t bad;
} check;

/* ---- pairs ---- */

/* In the series' unit where the record tells its scale, else in steps. */
static void put_value(const lv_quality *quality, json_t *entry, const char *key, uint64_t value)
{
    char text[32];
    if (quality->has_scale) {
        lv_fixed_format(&quality->scale, value, text);
    } else {
        snprintf(text, sizeof text, "%" PRIu64, value);
    }
    json_object_set_new(entry, key, json_string(text));
    lv_wipe(text, sizeof text);
}

static lv_status check_pair(check *c, uint32_t pair, lv_error *err)
{
    const lv_quality *quality = lv_set_quality(c->set);
    lv_audit_values values;
    lv_error found = {0};
    lv_status status = lv_audit_pair(c->audit, pair, &values, &found);
    if (status != LV_OK && status != LV_INVALID) {
        return lv_fail(err, status, "%s", found.text);
    }
    json_t *entry = json_pack("{s:I, s:s, s:s, s:b, s:o}", "pair", (json_int_t)pair, "earlier_lot",
                              quality->pairs[pair].earlier_lot, "later_lot",
                              quality->pairs[pair].later_lot, "ok", (int)(status == LV_OK),
                              "problem", status == LV_OK ? json_null() : json_string(found.text));
    if (status == LV_OK && c->plan->values) {
        put_value(quality, entry, "earlier", values.x);
        put_value(quality, entry, "later", values.y);
    }
    lv_wipe(&values, sizeof values);
    c->bad += status == LV_OK ? 0 : 1;
    return json_array_append_new(c->pairs, entry) == 0 ? LV_OK : LV_E_MEMORY;
}

/* ---- answers ---- */

static json_t *verdict_json(const lv_verdict *verdict)
{
    return json_pack("{s:s, s:I}", "verdict",
                     lv_verdict_word(verdict->ask.question, verdict->direction), "scale",
                     (json_int_t)verdict->scale);
}

static lv_status check_answer(check *c, const lv_audit_exchange *exchange, lv_error *err)
{
    lv_job job = {.threads = lv_processors()};
    lv_audit_answer answer;
    lv_error found = {0};
    lv_status status = lv_audit_check_answer(c->audit, lv_buffer_view(&exchange->inquiry),
                                             lv_buffer_view(&exchange->answer), c->input->trust,
                                             &job, &answer, &found);
    if (status != LV_OK && status != LV_INVALID) {
        return lv_fail(err, status, "%s", found.text);
    }
    json_t *entry = json_pack(
        "{s:I, s:s, s:s, s:b, s:o}", "pair", (json_int_t)answer.pair, "upstream", answer.upstream,
        "question", lv_question_name(answer.right.ask.question), "ok", (int)(status == LV_OK),
        "problem", status == LV_OK ? json_null() : json_string(found.text));
    bool told = answer.told.ask.question == answer.right.ask.question;
    if (told) {
        json_object_set_new(entry, "told", verdict_json(&answer.told));
    }
    if (told && c->plan->values) {
        json_object_set_new(entry, "right", verdict_json(&answer.right));
    }
    lv_wipe(&answer, sizeof answer);
    c->bad += status == LV_OK ? 0 : 1;
    return json_array_append_new(c->answers, entry) == 0 ? LV_OK : LV_E_MEMORY;
}

/* ---- all ---- */

static lv_status open_set(check *c, lv_error *err)
{
    lv_job job = {.threads = lv_processors()};
    const lv_audit_input *input = c->input;
    lv_status status =
        lv_set_open_both(lv_buffer_view(&input->quality), lv_buffer_view(&input->xor_record),
                         input->trust, &job, &c->set, err);
    if (status == LV_OK) {
        status = lv_audit_begin(c->set, lv_buffer_view(&input->opening),
                                lv_buffer_view(&input->secret_key), input->trust, &c->audit, err);
    }
    /* Records that cannot be read as such are what was asked about, not the command's own input. */
    return status == LV_E_SYNTAX || status == LV_E_LIMIT ? LV_INVALID : status;
}

static lv_status check_all(check *c, lv_error *err)
{
    lv_status status = open_set(c, err);
    size_t pairs = status == LV_OK ? lv_set_quality(c->set)->pair_count : 0;
    for (size_t i = 0; i < pairs && status == LV_OK; i++) {
        status = check_pair(c, (uint32_t)i, err);
    }
    for (size_t i = 0; i < c->input->exchange_count && status == LV_OK; i++) {
        status = check_answer(c, &c->input->exchanges[i], err);
    }
    return status;
}

static const char *text_of(const json_t *entry, const char *key)
{
    const char *text = json_string_value(json_object_get(entry, key));
    return text != NULL ? text : "";
}

static void print_pair(const json_t *entry)
{
    const char *earlier = text_of(entry, "earlier");
    printf("  pair %lld, %s to %s: %s",
           (long long)json_integer_value(json_object_get(entry, "pair")),
           text_of(entry, "earlier_lot"), text_of(entry, "later_lot"),
           json_is_true(json_object_get(entry, "ok")) ? "OK" : text_of(entry, "problem"));
    if (earlier[0] != '\0') {
        printf("; %s, then %s", earlier, text_of(entry, "later"));
    }
    puts("");
}

static void print_answer(const json_t *entry)
{
    const json_t *told = json_object_get(entry, "told");
    const json_t *right = json_object_get(entry, "right");
    printf("  answer to %s about pair %lld", text_of(entry, "upstream"),
           (long long)json_integer_value(json_object_get(entry, "pair")));
    if (told != NULL) {
        printf(", %s: \"%s\"", text_of(entry, "question"), text_of(told, "verdict"));
    }
    printf(": %s", json_is_true(json_object_get(entry, "ok")) ? "true" : text_of(entry, "problem"));
    if (right != NULL && !json_is_true(json_object_get(entry, "ok"))) {
        printf("; it is \"%s\", scale %lld", text_of(right, "verdict"),
               (long long)json_integer_value(json_object_get(right, "scale")));
    }
    puts("");
}

static void print_words(const check *c, const char *set_id)
{
    size_t i = 0;
    const json_t *entry = NULL;
    const lv_quality *quality = lv_set_quality(c->set);
    const char *auditor = lv_audit_opening(c->audit)->auditor;
    printf("Set %s, series %s of %s, opened%s%s:\n", set_id, quality->series, quality->author,
           auditor[0] != '\0' ? " to " : "", auditor);
    json_array_foreach(c->pairs, i, entry) { print_pair(entry); }
    json_array_foreach(c->answers, i, entry) { print_answer(entry); }
    if (c->input->exchange_count == 0) {
        puts("  no answer was given to check");
    }
}

static lv_status tell(const check *c, bool json, lv_error *err)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(lv_set_id(c->set), set_id);
    if (!json) {
        print_words(c, set_id);
        return LV_OK;
    }
    const lv_quality *quality = lv_set_quality(c->set);
    json_t *document = json_pack("{s:s, s:s, s:s, s:s, s:b, s:O, s:O}", "set_id", set_id, "author",
                                 quality->author, "series", quality->series, "auditor",
                                 lv_audit_opening(c->audit)->auditor, "ok", (int)(c->bad == 0),
                                 "pairs", c->pairs, "answers", c->answers);
    lv_status status = document == NULL ? LV_E_MEMORY : lv_cli_print_json(document, err);
    json_decref(document);
    return status;
}

lv_status lv_audit_run(const lv_audit_plan *plan, bool json, lv_error *err)
{
    lv_audit_input input;
    check c = {.plan = plan, .input = &input, .pairs = json_array(), .answers = json_array()};
    lv_status status = lv_audit_read(plan, &input, err);
    if (status == LV_OK) {
        status = check_all(&c, err);
    }
    if (status == LV_OK) {
        status = tell(&c, json, err);
    }
    if (status == LV_OK && c.bad > 0) {
        status = lv_fail(err, LV_INVALID, "%zu of %zu pairs and answers do not hold", c.bad,
                         json_array_size(c.pairs) + json_array_size(c.answers));
    }
    json_decref(c.pairs);
    json_decref(c.answers);
    lv_audit_free(c.audit);
    lv_set_free(c.set);
    lv_audit_input_free(&input);
    return status;
}
