/* Inquiries (docs/protocol.md sections 5 and 8). Policy and budget are looked at first; what is
 * asked about is recomputed from the ledgers and compared before any key or value is loaded; and
 * one question about one pair is answered to one asker once. */
#include "base/clock.h"
#include "base/log.h"
#include "base/secret.h"
#include "node/downstream.h"
#include <stdio.h>
#include <string.h>

/* An inquiry on its way to its answer. */
typedef struct {
    lv_node *node;
    lv_bytes asked; /* Signed */
    const char *upstream;
    lv_inquiry inquiry;
    int64_t set_row;
    uint32_t width;
    char series[LV_NAME_MAX + 1];
    const lv_policy *policy; /* of the series towards the asker */
    uint64_t price;
    lv_buffer answer; /* Signed */
} question;

/* The two values and the key: in secret memory, loaded last. */
typedef struct {
    uint64_t x;
    uint64_t y;
} values;

/* ---- before any secret ---- */

static lv_status check_asker(question *q, const char *peer, int64_t time, lv_error *err)
{
    const lv_config *config = q->node->config;
    lv_status status = lv_inquiry_open(q->asked, q->node->trust, time, &q->inquiry, NULL, err);
    if (status != LV_OK) {
        return status;
    }
    if (peer == NULL || strcmp(q->inquiry.author, peer) != 0) {
        return lv_fail(err, LV_INVALID, "the inquiry is signed by %s and came from %s",
                       q->inquiry.author, peer != NULL ? peer : "nobody");
    }
    if (strcmp(q->inquiry.downstream, config->organisation) != 0) {
        return lv_fail(err, LV_INVALID, "the inquiry is addressed to %s, this is %s",
                       q->inquiry.downstream, config->organisation);
    }
    if (strcmp(q->inquiry.channel, config->quality_channel) != 0) {
        return lv_fail(err, LV_INVALID, "the inquiry is about channel %s, this is %s",
                       q->inquiry.channel, config->quality_channel);
    }
    q->upstream = peer;
    return LV_OK;
}

static lv_status find_set(question *q, lv_error *err)
{
    lv_store *store = q->node->store;
    sqlite3_stmt *row = NULL;

    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(store,
                           lv_store_query(store, err, &row,
                                          "SELECT s.id, s.series, s.width FROM sets AS s"
                                          " JOIN pair AS p ON p.set_row = s.id"
                                          " WHERE s.set_id = ? AND p.pair = ?",
                                          "bi", lv_role_digest_view(&q->inquiry.set_id),
                                          (int64_t)q->inquiry.pair),
                           &row, err);
    if (status == LV_OK) {
        q->set_row = sqlite3_column_int64(row, 0);
        snprintf(q->series, sizeof q->series, "%s", lv_store_text(row, 1));
        q->width = (uint32_t)sqlite3_column_int64(row, 2);
        lv_store_done(row);
    }
    return lv_store_end(store,
                        status == LV_NOT_FOUND
                            ? lv_fail(err, status, "%s has published no such set and pair",
                                      q->node->config->organisation)
                            : status,
                        err);
}

static lv_status check_grant(question *q, lv_error *err)
{
    lv_grant grant = {0};
    lv_status status = lv_downstream_granted(q->node, q->upstream, q->series, &grant, err);
    lv_grant_free(&grant);
    return status == LV_NOT_FOUND
               ? lv_fail(err, LV_REFUSED, "no grant of %s to %s for series %s stands",
                         q->node->config->organisation, q->upstream, q->series)
               : status;
}

static lv_status check_policy(question *q, lv_error *err)
{
    const lv_config_series *series = NULL;
    char allowed[LV_POLICY_TEXT_MAX];

    lv_status status = lv_downstream_series_find(q->node, q->series, &series, err);
    if (status != LV_OK) {
        return status == LV_NOT_FOUND
                   ? lv_fail(err, LV_REFUSED, "%s lets out nothing about series %s any more",
                             q->node->config->organisation, q->series)
                   : status;
    }
    q->policy = lv_policy_find(series->policies, series->policy_count, q->upstream);
    q->price = lv_policy_price(q->inquiry.question, q->width);
    if (lv_policy_allows(q->policy, q->inquiry.question)) {
        return LV_OK;
    }
    lv_policy_text(q->policy, allowed);
    return lv_fail(err, LV_REFUSED, "%s does not answer %s for series %s; %s may ask: %s",
                   q->node->config->organisation, lv_question_name(q->inquiry.question), q->series,
                   q->upstream, allowed);
}

/* ---- what was answered before ---- */

/* Within a transaction. */
static lv_status look_up_answer(question *q, lv_error *err)
{
    lv_store *store = q->node->store;
    sqlite3_stmt *row = NULL;

    lv_status status = lv_role_first(
        store,
        lv_store_query(store, err, &row,
                       "SELECT answer FROM disclosure WHERE set_row = ? AND pair = ?"
                       " AND upstream = ? AND question = ? AND bound = ?",
                       "iissi", q->set_row, (int64_t)q->inquiry.pair, q->upstream,
                       lv_question_name(q->inquiry.question), (int64_t)q->inquiry.limit),
        &row, err);
    if (status == LV_OK) {
        status = lv_role_copy(row, 0, &q->answer);
        lv_store_done(row);
    }
    return status;
}

static lv_status find_answer(question *q, lv_error *err)
{
    lv_status status = lv_store_begin(q->node->store, err);
    return status == LV_OK ? lv_store_end(q->node->store, look_up_answer(q, err), err) : status;
}

/* What was told once is known: it is told again whatever policy and budget say now. */
static lv_status check_worth(question *q, lv_error *err)
{
    lv_error words = {0};
    lv_status policy = check_policy(q, &words);
    lv_status status = lv_store_begin(q->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = look_up_answer(q, err);
    lv_buffer_free(&q->answer); /* it is looked for again once the inquiry was checked */
    if (status == LV_NOT_FOUND) {
        status = policy == LV_OK ? lv_downstream_afford(q->node, q->series, q->upstream, q->policy,
                                                        q->price, lv_clock_now(), err)
                                 : lv_fail(err, policy, "%s", words.text);
    }
    return lv_store_end(q->node->store, status, err);
}

/* ---- the answer ---- */

static lv_status load_secrets(question *q, values *out, lv_buffer *key, lv_error *err)
{
    lv_store *store = q->node->store;
    sqlite3_stmt *row = NULL;

    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(
        store,
        lv_store_query(store, err, &row,
                       "SELECT s.key, p.earlier, e.value, p.later, l.value FROM sets AS s"
                       " JOIN pair AS p ON p.set_row = s.id"
                       " JOIN measurement AS e ON e.series = s.series AND e.lot = p.earlier"
                       " JOIN measurement AS l ON l.series = s.series AND l.lot = p.later"
                       " WHERE s.id = ? AND p.pair = ?",
                       "ii", q->set_row, (int64_t)q->inquiry.pair),
        &row, err);
    if (status == LV_OK) {
        status =
            lv_downstream_key_unseal(q->node, &q->inquiry.set_id, lv_store_bytes(row, 0), key, err);
    }
    if (status == LV_OK) {
        status = lv_downstream_value_unseal(q->node, q->series, lv_store_text(row, 1),
                                            lv_store_bytes(row, 2), &out->x, err);
    }
    if (status == LV_OK) {
        status = lv_downstream_value_unseal(q->node, q->series, lv_store_text(row, 3),
                                            lv_store_bytes(row, 4), &out->y, err);
    }
    lv_store_done(row);
    return lv_store_end(store, status == LV_NOT_FOUND ? LV_E_CORRUPT : status, err);
}

static lv_status make_answer(question *q, const lv_set *set, const lv_combined *combined,
                             int64_t time, lv_error *err)
{
    lv_job job = lv_role_job(q->node);
    lv_secret_key *key = NULL;
    lv_buffer encoded = {0};
    values *secret = lv_secret_alloc(sizeof *secret);

    lv_status status = secret == NULL ? LV_E_MEMORY : load_secrets(q, secret, &encoded, err);
    if (status == LV_OK) {
        const lv_suite *suite = lv_suite_find(lv_set_quality(set)->suite);
        status = lv_key_decode(suite, lv_buffer_view(&encoded), &key, err);
    }
    if (status == LV_OK) {
        lv_identity *identity = lv_node_identity(q->node);
        status = lv_answer_make(set, combined, q->asked, key, secret->x, secret->y, identity, time,
                                &job, &q->answer, err);
        lv_identity_free(identity);
    }
    lv_key_free(key);
    lv_buffer_wipe(&encoded);
    lv_secret_free(secret);
    return status;
}

/* Reads back what the answer says: that, and nothing else, is what was let out. */
static lv_status read_answer(lv_bytes answer, lv_answer *out, lv_error *err)
{
    lv_kind kind = LV_KIND_ANSWER;
    lv_signed opened = {0};

    *out = (lv_answer){0};
    lv_status status = lv_signed_peek(answer, &kind, &opened, err);
    if (status == LV_OK) {
        status = lv_answer_decode(lv_buffer_view(&opened.body), out, err);
    }
    lv_signed_free(&opened);
    return status;
}

static lv_status insert_answer(question *q, const lv_answer *answer, int64_t time, lv_error *err)
{
    const int64_t none = -1; /* of scales, of which that is none */
    int64_t scale = none;

    if (lv_ask_tells_scale(answer->question)) {
        scale = answer->formula == LV_EQUAL ? 0 : (int64_t)lv_change_scale(q->width, answer->index);
    }
    return lv_store_run(
        q->node->store, err,
        "INSERT INTO disclosure(time, upstream, series, set_row, pair, question, bound, verdict,"
        " scale, price, answer) VALUES(?, ?, ?, ?, ?, ?, ?, ?, nullif(?, -1), ?, ?)",
        "issiisisiib", time, q->upstream, q->series, q->set_row, (int64_t)q->inquiry.pair,
        lv_question_name(answer->question), (int64_t)answer->limit,
        lv_verdict_word(answer->question, answer->formula), scale, (int64_t)q->price,
        lv_buffer_view(&q->answer));
}

/* Counts again in the transaction that stores: of inquiries about several sets at once each may
 * have found room alone. The answer of who comes too late is never sent. */
static lv_status store_answer(question *q, int64_t time, lv_error *err)
{
    lv_store *store = q->node->store;
    lv_answer answer = {0};

    lv_status status = read_answer(lv_buffer_view(&q->answer), &answer, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_begin(store, err);
    if (status == LV_OK) {
        status =
            lv_downstream_afford(q->node, q->series, q->upstream, q->policy, q->price, time, err);
        if (status == LV_OK) {
            status = insert_answer(q, &answer, time, err);
        }
        status = lv_store_end(store, status, err);
    }
    lv_answer_free(&answer);
    return status;
}

/* With the set taken, so that two inquiries about it at once give one answer. */
static lv_status answer_once(question *q, const lv_set *set, const lv_combined *combined,
                             lv_error *err)
{
    int64_t time = lv_clock_now();
    lv_status status = lv_inquiry_check(set, combined, q->asked, q->node->trust,
                                        q->node->config->organisation, time, err);
    if (status != LV_OK) {
        return status;
    }
    status = find_answer(q, err);
    if (status != LV_NOT_FOUND) {
        return status;
    }
    status = make_answer(q, set, combined, time, err);
    if (status == LV_OK) {
        status = store_answer(q, time, err);
    }
    if (status == LV_OK) {
        lv_log(LV_LOG_INFO, "downstream", "series %s: an inquiry of %s was answered (%s)",
               q->series, q->upstream, lv_question_name(q->inquiry.question));
        lv_node_changed(q->node);
    }
    return status;
}

static lv_status answer(question *q, lv_error *err)
{
    lv_set_cache *cache = lv_downstream_of(q->node)->cache;
    lv_job job = lv_role_job(q->node);
    const lv_set *set = NULL;
    const lv_ask ask = {.question = q->inquiry.question, .limit = q->inquiry.limit};
    lv_combined combined = {0};

    lv_status status = lv_set_cache_take(cache, q->node, &q->inquiry.set_id, &set, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_set_combine(set, q->inquiry.pair, &ask, &job, &combined, err);
    if (status == LV_OK) {
        status = answer_once(q, set, &combined, err);
    }
    lv_combined_free(&combined);
    lv_set_cache_give(cache, set);
    return status;
}

lv_status lv_downstream_inquiry_post(void *context, const lv_http_request *request,
                                     lv_http_response *response, lv_error *err)
{
    question q = {.node = context, .asked = request->body};

    lv_status status = check_asker(&q, request->peer, lv_clock_now(), err);
    if (status == LV_OK) {
        status = find_set(&q, err);
    }
    if (status == LV_OK) {
        status = check_grant(&q, err);
    }
    if (status == LV_OK) {
        status = check_worth(&q, err);
    }
    if (status == LV_OK) {
        status = answer(&q, err);
    }
    lv_inquiry_free(&q.inquiry);
    if (status != LV_OK) {
        lv_log(LV_LOG_WARN, "downstream", "an inquiry of %s was not answered: %s",
               request->peer != NULL ? request->peer : "nobody", err != NULL ? err->text : "");
        lv_buffer_free(&q.answer);
        return status;
    }
    response->content_type = "application/x-protobuf";
    response->body = q.answer;
    return LV_OK;
}
