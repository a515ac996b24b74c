/* What the control door of an upstream shows and takes. */
#include "node/role_trace.h"
#include "node/upstream.h"
#include <string.h>

/* ---- series ---- */

static const char *worse_name(const lv_config_follow *follow)
{
    if (follow->worse_rise && follow->worse_fall) {
        return "both";
    }
    return follow->worse_rise ? "rise" : "fall";
}

static lv_status series_entry(lv_node *node, const lv_config_follow *follow, json_t *list,
                              lv_error *err)
{
    const char *limit = follow->ask.limit;
    sqlite3_stmt *row = NULL;
    lv_status status = lv_role_first(
        node->store,
        lv_store_query(node->store, err, &row,
                       "SELECT (SELECT count(*) FROM sets WHERE downstream = ?1 AND series = ?2),"
                       " (SELECT count(*) FROM verdict AS v JOIN sets AS s ON s.id = v.set_row"
                       "  WHERE s.downstream = ?1 AND s.series = ?2)",
                       "ss", follow->downstream, follow->series),
        &row, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_append(list, json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:I, s:I}", "name",
                                            follow->series, "downstream", follow->downstream,
                                            "servicer", follow->servicer, "ask",
                                            lv_question_name(follow->ask.question), "limit",
                                            limit[0] == '\0' ? json_null() : json_string(limit),
                                            "worse", worse_name(follow), "alarm_scale",
                                            lv_ask_tells_scale(follow->ask.question)
                                                ? json_integer((json_int_t)follow->alarm_scale)
                                                : json_null(),
                                            "sets", (json_int_t)sqlite3_column_int64(row, 0),
                                            "verdicts", (json_int_t)sqlite3_column_int64(row, 1)));
    lv_store_done(row);
    return status;
}

static lv_status list_series(lv_node *node, const lv_http_request *request, int64_t after,
                             json_t *list, lv_error *err)
{
    lv_status status = LV_OK;
    (void)request;
    (void)after;

    for (size_t i = 0; status == LV_OK && i < node->config->follow_count; i++) {
        status = series_entry(node, &node->config->follows[i], list, err);
    }
    return status;
}

lv_status lv_upstream_series_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "series", list_series, response, err);
}

/* ---- sets ---- */

static lv_status list_pairs(lv_node *node, int64_t set_row, json_t *list, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(node->store, err, &rows,
                                      "SELECT earlier_lot, later_lot, earlier_time, later_time,"
                                      " basis FROM pair WHERE set_row = ? ORDER BY pair",
                                      "i", set_row);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(
            list, json_pack("{s:o, s:o, s:o, s:o, s:s}", "earlier_lot",
                            lv_role_text(lv_store_text(rows, 0)), "later_lot",
                            lv_role_text(lv_store_text(rows, 1)), "earlier_time",
                            lv_role_text(lv_store_text(rows, 2)), "later_time",
                            lv_role_text(lv_store_text(rows, 3)), "basis", lv_store_text(rows, 4)));
    }
    lv_store_done(rows);
    return status;
}

static lv_status set_entry(lv_node *node, sqlite3_stmt *row, json_t *list, lv_error *err)
{
    int64_t id = sqlite3_column_int64(row, 0);
    json_t *pairs = json_array();
    lv_status status = pairs == NULL ? LV_E_MEMORY : list_pairs(node, id, pairs, err);

    if (status != LV_OK) {
        json_decref(pairs);
        return status;
    }
    return lv_role_append(
        list, json_pack("{s:I, s:o, s:s, s:s, s:I, s:s, s:I, s:I, s:o, s:s, s:I, s:o}", "id",
                        (json_int_t)id, "set_id", lv_role_hex(lv_store_bytes(row, 1)), "downstream",
                        lv_store_text(row, 2), "series", lv_store_text(row, 3), "sequence",
                        (json_int_t)sqlite3_column_int64(row, 4), "suite", lv_store_text(row, 5),
                        "key_bits", (json_int_t)sqlite3_column_int64(row, 6), "width",
                        (json_int_t)sqlite3_column_int64(row, 7), "pairs", pairs, "state",
                        lv_store_text(row, 8), "bytes", (json_int_t)sqlite3_column_int64(row, 9),
                        "error", lv_role_text_or_null(row, 10)));
}

/* Is a pair about one of the lots of parameter 2, where that is not NULL? */
#define OF_LOTS(pair)                                                                              \
    "(?2 IS NULL OR EXISTS (SELECT 1 FROM json_each(?2) AS j WHERE"                                \
    " j.value IN (" pair ".earlier_lot, " pair ".later_lot)))"

/* The sets past `after`; with `lots` (JSON) those alone that one of the lots takes part in. */
static lv_status sets_of(lv_node *node, int64_t after, const char *lots, json_t *list,
                         lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status =
        lv_store_query(node->store, err, &rows,
                       "SELECT id, set_id, downstream, series, sequence, suite, key_bits, width,"
                       " state, length(quality) + coalesce(length(xor), 0), error FROM sets"
                       " WHERE id > ?1 AND EXISTS (SELECT 1 FROM pair AS p"
                       " WHERE p.set_row = sets.id AND " OF_LOTS("p") ") ORDER BY id",
                       "is", after, lots);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = set_entry(node, rows, list, err);
    }
    lv_store_done(rows);
    return status;
}

static lv_status list_sets(lv_node *node, const lv_http_request *request, int64_t after,
                           json_t *list, lv_error *err)
{
    (void)request;
    return sets_of(node, after, NULL, list, err);
}

lv_status lv_upstream_sets_get(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "sets", list_sets, response, err);
}

static lv_status read_set_id(const lv_http_request *request, lv_digest *out, lv_error *err)
{
    return lv_digest_from_hex(request->tail, out) == LV_OK
               ? LV_OK
               : lv_fail(err, LV_NOT_FOUND, "there is no set of that id here");
}

static lv_status list_exchanges(lv_node *node, int64_t set_row, json_t *list, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(node->store, err, &rows,
                                      "SELECT p.pair, a.inquiry, a.answer FROM pair AS p"
                                      " LEFT JOIN asked AS a ON a.set_row = p.set_row"
                                      " AND a.pair = p.pair WHERE p.set_row = ?"
                                      " ORDER BY p.pair, a.rowid",
                                      "i", set_row);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(list, json_pack("{s:I, s:o, s:o}", "pair",
                                                (json_int_t)sqlite3_column_int64(rows, 0),
                                                "inquiry", lv_role_base64(lv_store_bytes(rows, 1)),
                                                "answer", lv_role_base64(lv_store_bytes(rows, 2))));
    }
    lv_store_done(rows);
    return status;
}

static lv_status records_entry(lv_node *node, const lv_digest *set_id, json_t *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    json_t *pairs = json_array();

    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT id, quality, xor, receipt FROM sets WHERE set_id = ?",
                                     "b", lv_role_digest_view(set_id)),
                      &row, err);
    if (status == LV_OK) {
        status = list_exchanges(node, sqlite3_column_int64(row, 0), pairs, err);
    }
    if (status == LV_OK &&
        (json_object_set_new(out, "quality", lv_role_base64(lv_store_bytes(row, 1))) != 0 ||
         json_object_set_new(out, "xor", lv_role_base64(lv_store_bytes(row, 2))) != 0 ||
         json_object_set_new(out, "receipt", lv_role_base64(lv_store_bytes(row, 3))) != 0 ||
         json_object_set(out, "pairs", pairs) != 0)) {
        status = LV_E_MEMORY;
    }
    if (status == LV_NOT_FOUND) {
        status = lv_fail(err, status, "there is no set of that id here");
    }
    lv_store_done(row);
    json_decref(pairs);
    return status;
}

lv_status lv_upstream_records_get(void *context, const lv_http_request *request,
                                  lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_digest set_id;
    json_t *entry = json_object();

    lv_status status = entry == NULL ? LV_E_MEMORY : read_set_id(request, &set_id, err);
    if (status == LV_OK) {
        status = lv_store_begin(node->store, err);
    }
    if (status == LV_OK) {
        status = lv_store_end(node->store, records_entry(node, &set_id, entry, err), err);
    }
    if (status != LV_OK) {
        json_decref(entry);
        return status;
    }
    return lv_http_json(response, entry);
}

/* ---- verdicts and alarms ---- */

#define VERDICT_COLUMNS                                                                            \
    "SELECT v.id, v.time, s.downstream, s.series, s.set_id, v.pair, p.earlier_lot, p.later_lot,"   \
    " p.earlier_time, p.later_time, p.basis, v.verdict, v.place, v.scale, a.id IS NOT NULL,"       \
    " v.question, v.bound, v.proved, s.unit, s.decimals, s.offset, s.width"                        \
    " FROM verdict AS v JOIN sets AS s ON s.id = v.set_row"                                        \
    " JOIN pair AS p ON p.set_row = v.set_row AND p.pair = v.pair"                                 \
    " LEFT JOIN alarm AS a ON a.verdict_row = v.id"

static bool is_question(sqlite3_stmt *row, int column, lv_question question)
{
    return strcmp(lv_store_text(row, column), lv_question_name(question)) == 0;
}

static json_t *decimal_json(const lv_fixed_scale *scale, uint64_t steps)
{
    char text[32];
    lv_fixed_format(scale, steps, text);
    return json_string(text);
}

/* The limit of a threshold in the unit; only a set whose record tells its scale is asked so. */
static json_t *limit_json(sqlite3_stmt *row)
{
    const lv_fixed_scale scale = {.decimals = (unsigned)sqlite3_column_int64(row, 19),
                                  .offset = sqlite3_column_int64(row, 20),
                                  .bits = (unsigned)sqlite3_column_int64(row, 21)};
    return is_question(row, 15, LV_ASK_THRESHOLD)
               ? decimal_json(&scale, (uint64_t)sqlite3_column_int64(row, 16))
               : json_null();
}

/* The least or the greatest size of a change by its band [2^b, 2^(b+1)), in the unit; null where
 * the record does not tell the scale. The index tells no size. */
static json_t *size_json(sqlite3_stmt *row, bool greatest)
{
    const lv_fixed_scale distance = {.decimals = (unsigned)sqlite3_column_int64(row, 19),
                                     .bits = LV_WIDTH_MAX};
    uint64_t scale = (uint64_t)sqlite3_column_int64(row, 13);

    if (!is_question(row, 15, LV_ASK_BAND) || sqlite3_column_type(row, 19) == SQLITE_NULL) {
        return json_null();
    }
    return decimal_json(&distance, greatest && scale > 0 ? 2 * scale - 1 : scale);
}

static json_t *verdict_entry(sqlite3_stmt *row)
{
    json_t *entry = json_pack(
        "{s:I, s:I, s:s, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:b}", "id",
        (json_int_t)sqlite3_column_int64(row, 0), "time", (json_int_t)sqlite3_column_int64(row, 1),
        "downstream", lv_store_text(row, 2), "series", lv_store_text(row, 3), "set_id",
        lv_role_hex(lv_store_bytes(row, 4)), "pair", (json_int_t)sqlite3_column_int64(row, 5),
        "earlier_lot", lv_role_text(lv_store_text(row, 6)), "later_lot",
        lv_role_text(lv_store_text(row, 7)), "earlier_time", lv_role_text(lv_store_text(row, 8)),
        "later_time", lv_role_text(lv_store_text(row, 9)), "basis", lv_store_text(row, 10),
        "verdict", lv_store_text(row, 11), "index", lv_role_number_or_null(row, 12), "scale",
        lv_role_number_or_null(row, 13), "alarm", sqlite3_column_int(row, 14));
    json_t *asked = json_pack("{s:s, s:o, s:o, s:o, s:o, s:b}", "question", lv_store_text(row, 15),
                              "limit", limit_json(row), "least", size_json(row, false), "most",
                              size_json(row, true), "unit", lv_role_text(lv_store_text(row, 18)),
                              "proved", sqlite3_column_int(row, 17));
    bool whole = entry != NULL && asked != NULL && json_object_update(entry, asked) == 0;
    json_decref(asked);
    if (!whole) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

static lv_status verdicts_of(lv_node *node, int64_t after, const char *lots, const char *series,
                             json_t *list, lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(
        node->store, err, &rows,
        VERDICT_COLUMNS " WHERE v.id > ?1 AND " OF_LOTS("p") " AND (?3 IS NULL OR"
                                                             " s.series = ?3) ORDER BY v.id",
        "iss", after, lots, series);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(list, verdict_entry(rows));
    }
    lv_store_done(rows);
    return status;
}

static lv_status list_verdicts(lv_node *node, const lv_http_request *request, int64_t after,
                               json_t *list, lv_error *err)
{
    return verdicts_of(node, after, NULL, request->query(request->context, "series"), list, err);
}

lv_status lv_upstream_verdicts_get(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "verdicts", list_verdicts, response, err);
}

static lv_status alarms_of(lv_node *node, int64_t after, const char *lots, json_t *list,
                           lv_error *err)
{
    sqlite3_stmt *rows = NULL;
    lv_status status = lv_store_query(
        node->store, err, &rows,
        "SELECT a.id, a.time, s.downstream, s.series, p.later_lot, p.later_time, v.verdict,"
        " v.scale, a.rule, a.reason, v.question FROM alarm AS a JOIN verdict AS v ON v.id = "
        "a.verdict_row"
        " JOIN sets AS s ON s.id = v.set_row"
        " JOIN pair AS p ON p.set_row = v.set_row AND p.pair = v.pair"
        " WHERE a.id > ?1 AND " OF_LOTS("p") " ORDER BY a.id",
        "is", after, lots);
    while (lv_role_row(node->store, rows, &status, err)) {
        status = lv_role_append(
            list,
            json_pack("{s:I, s:I, s:s, s:s, s:o, s:o, s:s, s:s, s:o, s:o, s:o}", "id",
                      (json_int_t)sqlite3_column_int64(rows, 0), "time",
                      (json_int_t)sqlite3_column_int64(rows, 1), "downstream",
                      lv_store_text(rows, 2), "series", lv_store_text(rows, 3), "later_lot",
                      lv_role_text(lv_store_text(rows, 4)), "later_time",
                      lv_role_text(lv_store_text(rows, 5)), "question", lv_store_text(rows, 10),
                      "verdict", lv_store_text(rows, 6), "scale", lv_role_number_or_null(rows, 7),
                      "rule", lv_role_text(lv_store_text(rows, 8)), "reason",
                      lv_role_text(lv_store_text(rows, 9))));
    }
    lv_store_done(rows);
    return status;
}

static lv_status list_alarms(lv_node *node, const lv_http_request *request, int64_t after,
                             json_t *list, lv_error *err)
{
    (void)request;
    return alarms_of(node, after, NULL, list, err);
}

lv_status lv_upstream_alarms_get(void *context, const lv_http_request *request,
                                 lv_http_response *response, lv_error *err)
{
    return lv_role_list(context, request, "alarms", list_alarms, response, err);
}

/* ---- lots ---- */

static lv_status traced_sets(lv_node *node, const char *lots, json_t *list, lv_error *err)
{
    return sets_of(node, 0, lots, list, err);
}

static lv_status traced_verdicts(lv_node *node, const char *lots, json_t *list, lv_error *err)
{
    return verdicts_of(node, 0, lots, NULL, list, err);
}

static lv_status traced_alarms(lv_node *node, const char *lots, json_t *list, lv_error *err)
{
    return alarms_of(node, 0, lots, list, err);
}

lv_status lv_upstream_trace_get(void *context, const lv_http_request *request,
                                lv_http_response *response, lv_error *err)
{
    static const lv_trace_part parts[] = {
        {"sets", traced_sets}, {"verdicts", traced_verdicts}, {"alarms", traced_alarms}, {0}};
    return lv_role_trace(context, request,
                         "SELECT DISTINCT parents, later_lot FROM pair WHERE parents <> ''", parts,
                         response, err);
}

/* ---- by hand ---- */

/* Loads a set and holds the steps until hand_end. */
static lv_status hand_begin(lv_node *node, const lv_http_request *request, lv_step *step,
                            lv_error *err)
{
    lv_digest set_id;

    *step = (lv_step){0};
    lv_status status = read_set_id(request, &set_id, err);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&lv_upstream_of(node)->step_lock);
    status = lv_step_load(node, &set_id, step, err);
    if (status != LV_OK) {
        pthread_mutex_unlock(&lv_upstream_of(node)->step_lock);
    }
    return status;
}

static void hand_end(lv_node *node, lv_step *step)
{
    lv_step_free(step);
    pthread_mutex_unlock(&lv_upstream_of(node)->step_lock);
}

/* Stores what came of a step by hand; its words go to who asked. */
static lv_status hand_settle(lv_node *node, const lv_step *step, lv_status outcome, lv_error *err)
{
    lv_error words = {0};
    lv_error trouble = {0};

    if (err != NULL) {
        words = *err;
    }
    lv_status status = lv_step_settle(node, step, outcome, &words, &trouble);
    if (outcome == LV_OK && status != LV_OK) {
        return lv_fail(err, status, "%s", trouble.text);
    }
    return outcome;
}

static lv_status bought_entry(lv_node *node, const lv_step *step, bool repeated, json_t **out,
                              lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT set_id, state FROM sets WHERE id = ?", "i", step->row),
                      &row, err);
    if (status == LV_OK) {
        *out = json_pack("{s:o, s:s, s:b}", "set_id", lv_role_hex(lv_store_bytes(row, 0)), "state",
                         lv_store_text(row, 1), "repeated", (int)repeated);
        lv_store_done(row);
    }
    return lv_store_end(node->store, status, err);
}

lv_status lv_upstream_buy_post(void *context, const lv_http_request *request,
                               lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_step step;
    json_t *entry = NULL;

    lv_status status = hand_begin(node, request, &step, err);
    if (status != LV_OK) {
        return status;
    }
    bool repeated = step.xor_record.len > 0;
    if (!repeated) {
        status = hand_settle(node, &step, lv_step_buy(node, &step, err), err);
    }
    if (status == LV_OK) {
        status = bought_entry(node, &step, repeated, &entry, err);
    }
    hand_end(node, &step);
    return status == LV_OK ? lv_http_json(response, entry) : status;
}

/* What somebody wants to ask by hand. */
typedef struct {
    uint32_t pair;
    bool full;
    bool own; /* which question is said; else it is that of the follow file */
    lv_ask_text text;
    lv_ask ask;
} wanted;

static lv_status find_verdict(lv_node *node, const lv_step *step, const wanted *w, bool repeated,
                              json_t **out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          VERDICT_COLUMNS " WHERE v.set_row = ? AND v.pair = ?"
                                                          " AND v.question = ? AND v.bound = ?",
                                          "iisi", step->row, (int64_t)w->pair,
                                          lv_question_name(w->ask.question), (int64_t)w->ask.limit),
                           &row, err);
    if (status == LV_OK) {
        *out = verdict_entry(row);
        lv_store_done(row);
        status = json_object_set_new(*out, "repeated", json_boolean(repeated)) == 0 ? LV_OK
                                                                                    : LV_E_MEMORY;
    }
    return lv_store_end(node->store, status, err);
}

static lv_status read_pair(const json_t *body, wanted *out, lv_error *err)
{
    const json_t *number = json_object_get(body, "pair");
    const json_t *whole = json_object_get(body, "full");
    json_int_t value = json_integer_value(number);

    if ((number != NULL && !json_is_integer(number)) || value < 0 ||
        value >= (json_int_t)LV_SET_PAIRS_MAX) {
        return lv_fail(err, LV_E_SYNTAX, "\"pair\" must be a number from 0");
    }
    if (whole != NULL && !json_is_boolean(whole)) {
        return lv_fail(err, LV_E_SYNTAX, "\"full\" must be true or false");
    }
    out->pair = (uint32_t)value;
    out->full = json_is_true(whole);
    return LV_OK;
}

static lv_status read_ask(const json_t *body, wanted *out, lv_error *err)
{
    const char *word = "";
    const char *limit = "";

    lv_status status = lv_role_member(body, "ask", &word, err);
    if (status == LV_OK) {
        status = lv_role_member(body, "limit", &limit, err);
    }
    if (status != LV_OK || (word[0] == '\0' && limit[0] == '\0')) {
        return status;
    }
    out->own = true;
    return lv_ask_read(word, limit, &out->text, err);
}

static lv_status read_wanted(const lv_http_request *request, wanted *out, lv_error *err)
{
    json_t *body = NULL;

    *out = (wanted){0};
    lv_status status = lv_role_body(request, &body, err);
    if (status != LV_OK) {
        return status;
    }
    status = read_pair(body, out, err);
    if (status == LV_OK) {
        status = read_ask(body, out, err);
    }
    json_decref(body);
    return status;
}

/* Which question it is for this set. Verdicts of a series that is followed no more are still shown;
 * they answer the published question where nothing else is said. */
static lv_status choose_ask(const lv_step *step, wanted *w, lv_error *err)
{
    if (!w->own) {
        w->text =
            step->follow != NULL ? step->follow->ask : (lv_ask_text){.question = LV_ASK_INDEX};
    }
    return lv_step_resolve(step, &w->text, &w->ask, err);
}

static lv_status inquire(lv_node *node, lv_step *step, wanted *w, json_t **entry, lv_error *err)
{
    bool repeated = false;

    lv_status status = choose_ask(step, w, err);
    if (status != LV_OK) {
        return status;
    }
    /* A question that cannot be asked now, or that is not the one that is followed, says nothing
     * about the set. */
    bool tells = w->pair < step->pair_count && lv_step_is_followed(step, &w->ask) &&
                 (step->xor_record.len > 0 || !lv_ask_needs_xor(w->ask.question));
    status = lv_step_inquire(node, step, w->pair, &w->ask, w->full, &repeated, err);
    if (tells && !repeated) {
        status = hand_settle(node, step, status, err);
    }
    return status == LV_OK ? find_verdict(node, step, w, repeated, entry, err) : status;
}

lv_status lv_upstream_inquire_post(void *context, const lv_http_request *request,
                                   lv_http_response *response, lv_error *err)
{
    lv_node *node = context;
    lv_step step;
    wanted w;
    json_t *entry = NULL;

    lv_status status = read_wanted(request, &w, err);
    if (status == LV_OK) {
        status = hand_begin(node, request, &step, err);
    }
    if (status != LV_OK) {
        return status;
    }
    status = inquire(node, &step, &w, &entry, err);
    hand_end(node, &step);
    if (status != LV_OK) {
        json_decref(entry);
        return status;
    }
    return lv_http_json(response, entry);
}
