/* What the downstream let out, and what it may let out yet: for its owner's eyes. */
#include "base/clock.h"
#include "node/downstream.h"
#include <string.h>

/* ---- the journal ---- */

static json_t *bits_json(uint64_t thousandths)
{
    char text[LV_BITS_TEXT_MAX];
    lv_bits_text(thousandths, text);
    return json_string(text);
}

/* The limit of a threshold in the unit of the series; null for the other questions. */
static json_t *limit_json(const char *question, int64_t bound, const lv_fixed_scale *scale)
{
    char text[32];

    if (strcmp(question, lv_question_name(LV_ASK_THRESHOLD)) != 0) {
        return json_null();
    }
    lv_fixed_format(scale, (uint64_t)bound, text);
    return json_string(text);
}

#define DISCLOSURE_COLUMNS                                                                         \
    "SELECT d.id, d.time, d.upstream, d.series, s.set_id, d.pair, p.earlier, p.later, d.question," \
    " d.bound, d.verdict, d.scale, d.price, c.decimals, c.offset, c.width FROM disclosure AS d"    \
    " JOIN sets AS s ON s.id = d.set_row"                                                          \
    " JOIN pair AS p ON p.set_row = d.set_row AND p.pair = d.pair"                                 \
    " JOIN series AS c ON c.name = d.series"

static json_t *disclosure_entry(sqlite3_stmt *row)
{
    const lv_fixed_scale scale = {.decimals = (unsigned)sqlite3_column_int64(row, 13),
                                  .offset = sqlite3_column_int64(row, 14),
                                  .bits = (unsigned)sqlite3_column_int64(row, 15)};
    const char *question = lv_store_text(row, 8);

    return json_pack("{s:I, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:s, s:o, s:s, s:o, s:o}", "id",
                     (json_int_t)sqlite3_column_int64(row, 0), "time",
                     (json_int_t)sqlite3_column_int64(row, 1), "upstream", lv_store_text(row, 2),
                     "series", lv_store_text(row, 3), "set_id", lv_role_hex(lv_store_bytes(row, 4)),
                     "pair", (json_int_t)sqlite3_column_int64(row, 5), "earlier_lot",
                     lv_role_text(lv_store_text(row, 6)), "later_lot",
                     lv_role_text(lv_store_text(row, 7)), "question", question, "limit",
                     limit_json(question, sqlite3_column_int64(row, 9), &scale), "verdict",
                     lv_store_text(row, 10), "scale", lv_role_number_or_null(row, 11), "bits",
                     bits_json((uint64_t)sqlite3_column_int64(row, 12)));
}

static lv_status list_disclosures(lv_node *node, const lv_http_request *request, int64_t after,
                                  json_t *list, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    (void)request;

    lv_status status = lv_store_query(
        node->store, err, &rows, DISCLOSURE_COLUMNS " WHERE d.id > ? ORDER BY d.id", "i", after);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(list, disclosure_entry(rows));
    }
    lv_store_done(rows);
    return status;
}

lv_status lv_downstream_disclosures_get(void *context, const lv_http_request *request,
                                        lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "disclosures", list_disclosures, response, err);
}

/* ---- what remains ---- */

static json_t *questions_json(const lv_policy *policy)
{
    json_t *list = json_array();
    for (unsigned i = LV_ASK_DIRECTION; i <= LV_ASK_EQUALITY; i++) {
        if (lv_policy_allows(policy, (lv_question)i)) {
            json_array_append_new(list, json_string(lv_question_name((lv_question)i)));
        }
    }
    return list;
}

/* A counterpart that no policy names and that was told nothing is not worth a line. */
static lv_status budget_entry(lv_node *node, const lv_config_series *series, const char *upstream,
                              json_t *list, lv_error *err)
{
    const lv_policy *policy = lv_policy_find(series->policies, series->policy_count, upstream);
    lv_downstream_spent spent;

    lv_status status = lv_downstream_spent_get(node, series->series.name, upstream, policy,
                                               lv_clock_now(), &spent, err);
    if (status != LV_OK || (spent.answers == 0 && policy->to[0] == '\0')) {
        return status;
    }
    return lv_role_append(
        list,
        json_pack("{s:s, s:s, s:o, s:I, s:I, s:o, s:o, s:o}", "upstream", upstream, "series",
                  series->series.name, "allow", questions_json(policy), "period_days",
                  (json_int_t)policy->period_days, "answers", (json_int_t)spent.answers, "spent",
                  bits_json(spent.spent), "budget",
                  policy->limited ? bits_json(policy->budget) : json_null(), "left",
                  policy->limited ? bits_json(lv_policy_left(policy, spent.spent)) : json_null()));
}

static lv_status list_budgets(lv_node *node, const lv_http_request *request, int64_t after,
                              json_t *list, lv_error *err)
{
    const lv_config *config = node->config;
    const lv_config_series *at = NULL;
    lv_status status = LV_OK;
    (void)request;
    (void)after;

    for (size_t i = 0; status == LV_OK && (at = lv_downstream_series_at(node, i)) != NULL; i++) {
        for (size_t j = 0; status == LV_OK && j < config->member_count; j++) {
            if (config->members[j].role == LV_ROLE_UPSTREAM) {
                status = budget_entry(node, at, config->members[j].msp, list, err);
            }
        }
    }
    return status;
}

lv_status lv_downstream_budgets_get(void *context, const lv_http_request *request,
                                    lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "budgets", list_budgets, response, err);
}
