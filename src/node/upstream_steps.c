/* The steps that bring a set to its verdicts (docs/protocol.md section 3, steps 2, 3 and 5). What
 * is sent is stored first, so that a retry sends the same bytes and gets the same result. */
#include "base/clock.h"
#include "base/log.h"
#include "insight/alarm.h"
#include "node/upstream.h"
#include <string.h>

static const int64_t RETRY_MS_MIN = 200;
static const int64_t RETRY_MS_MAX = 30000;
static const double TURN_SECONDS = 2;
static const int64_t REFUSED_MS = 600000; /* a refusal is asked again every ten minutes */

int64_t lv_step_clock(void) { return (int64_t)(lv_clock_seconds() * 1000); }

/* What somebody sent does not hold, in whatever way. */
static lv_status judged(lv_status status)
{
    switch (status) {
    case LV_E_SYNTAX:
    case LV_E_LIMIT:
    case LV_E_RANGE:
        return LV_INVALID;
    default:
        return status;
    }
}

/* What a party answered with in place of a result. That it does not know a set yet passes when it
 * has caught up with the ledger. That it finds our message wrong, or is not who it should be, says
 * nothing about the set, so that asking again later is right. */
static lv_status posted(lv_status status)
{
    switch (status) {
    case LV_NOT_FOUND:
        return LV_UNAVAILABLE;
    case LV_INVALID:
    case LV_EXISTS:
    case LV_E_SYNTAX:
    case LV_E_RANGE:
    case LV_E_LIMIT:
    case LV_E_ARGUMENT:
        return LV_REFUSED;
    default:
        return status;
    }
}

/* ---- loading ---- */

static lv_status load_row(lv_node *node, sqlite3_stmt *row, lv_step *out)
{
    out->row = sqlite3_column_int64(row, 0);
    out->follow = lv_upstream_follow(node, lv_store_text(row, 1), lv_store_text(row, 2));
    out->pair_count = (size_t)sqlite3_column_int64(row, 3);
    out->has_scale = sqlite3_column_type(row, 6) != SQLITE_NULL;
    out->scale = (lv_fixed_scale){.decimals = (unsigned)sqlite3_column_int64(row, 6),
                                  .offset = sqlite3_column_int64(row, 7),
                                  .bits = (unsigned)sqlite3_column_int64(row, 8)};
    out->has_distance = sqlite3_column_int64(row, 9) != 0;
    lv_status status = lv_role_copy(row, 4, &out->quality);
    return status == LV_OK ? lv_role_copy(row, 5, &out->xor_record) : status;
}

lv_status lv_step_load(lv_node *node, const lv_digest *set_id, lv_step *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;

    *out = (lv_step){.set_id = *set_id};
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT id, downstream, series, pairs, quality, xor, decimals,"
                                     " offset, width, distance FROM sets WHERE set_id = ?",
                                     "b", lv_role_digest_view(set_id)),
                      &row, err);
    if (status == LV_OK) {
        status = load_row(node, row, out);
        lv_store_done(row);
    } else if (status == LV_NOT_FOUND) {
        status = lv_fail(err, status, "there is no set of that id here");
    }
    status = lv_store_end(node->store, status, err);
    if (status != LV_OK) {
        lv_step_free(out);
    }
    return status;
}

void lv_step_free(lv_step *step)
{
    lv_buffer_free(&step->quality);
    lv_buffer_free(&step->xor_record);
    lv_set_free(step->set);
    *step = (lv_step){0};
}

/* Opens the quality record, and the XOR record where it was bought: then every proof of both was
 * verified before the delivery was stored. */
static lv_status open_set(lv_node *node, lv_step *step, lv_error *err)
{
    lv_job job = lv_role_job(node);
    lv_bytes quality = lv_buffer_view(&step->quality);

    if (step->set != NULL) {
        return LV_OK;
    }
    return judged(step->xor_record.len > 0
                      ? lv_set_reopen(quality, lv_buffer_view(&step->xor_record), node->trust,
                                      &step->set, err)
                      : lv_set_open(quality, node->trust, &job, &step->set, err));
}

/* Takes the first column of the first row, if bytes stand there; within a transaction.
 * @param queried  what lv_store_query returned for `row`. */
static lv_status take_bytes(lv_node *node, lv_status queried, sqlite3_stmt *row, lv_buffer *out,
                            lv_error *err)
{
    lv_status status = lv_role_first(node->store, queried, &row, err);
    if (status == LV_OK) {
        status = lv_role_copy(row, 0, out);
        lv_store_done(row);
    }
    return status;
}

static lv_status no_follow(lv_error *err)
{
    return lv_fail(err, LV_REFUSED,
                   "its series is no longer followed: put its file back into follow/ and start "
                   "the node again");
}

/* ---- what is asked ---- */

lv_status lv_step_resolve(const lv_step *step, const lv_ask_text *text, lv_ask *out, lv_error *err)
{
    if (text->question == LV_ASK_BAND && !step->has_distance) {
        *out = (lv_ask){.question = LV_ASK_BAND};
        return lv_fail(err, LV_REFUSED,
                       "this set was published without the distance that a question about the band "
                       "needs, so that nothing is bought for it: ask for the index, or let the "
                       "downstream allow band for the series and ask about sets published after "
                       "that");
    }
    return lv_ask_resolve(text, step->has_scale ? &step->scale : NULL, out, err);
}

/* The question of the follow file. */
static lv_status followed(const lv_step *step, lv_ask *out, lv_error *err)
{
    *out = (lv_ask){.question = LV_ASK_INDEX};
    return step->follow == NULL ? no_follow(err)
                                : lv_step_resolve(step, &step->follow->ask, out, err);
}

bool lv_step_is_followed(const lv_step *step, const lv_ask *ask)
{
    lv_ask own;
    return followed(step, &own, NULL) == LV_OK && own.question == ask->question &&
           own.limit == ask->limit;
}

/* ---- buy ---- */

static lv_status store_purchase_rows(lv_node *node, const lv_step *step, lv_bytes purchase,
                                     lv_error *err)
{
    lv_digest digest;

    lv_status status = lv_digest_of(purchase, &digest);
    if (status == LV_OK) {
        status = lv_store_run(node->store, err, "UPDATE sets SET purchase = ? WHERE id = ?", "bi",
                              purchase, step->row);
    }
    if (status == LV_OK) {
        status =
            lv_store_run(node->store, err, "INSERT INTO purchased(set_row, digest) VALUES(?, ?)",
                         "ib", step->row, lv_role_digest_view(&digest));
    }
    return status;
}

static lv_status store_purchase(lv_node *node, const lv_step *step, lv_bytes purchase,
                                lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    return lv_store_end(node->store, store_purchase_rows(node, step, purchase, err), err);
}

static lv_status load_purchase(lv_node *node, const lv_step *step, lv_buffer *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_query(node->store, err, &row,
                            "SELECT purchase FROM sets WHERE id = ? AND purchase IS NOT NULL", "i",
                            step->row);
    return lv_store_end(node->store, take_bytes(node, status, row, out, err), err);
}

/* The stored purchase, or a new one that is stored. */
static lv_status make_purchase(lv_node *node, const lv_step *step, bool *stored, lv_buffer *out,
                               lv_error *err)
{
    lv_purchase purchase = {.set_id = step->set_id, .time = lv_clock_now()};

    lv_status status = load_purchase(node, step, out, err);
    *stored = status == LV_OK;
    if (status != LV_NOT_FOUND) {
        return status;
    }
    memcpy(purchase.author, node->config->organisation, sizeof purchase.author);
    memcpy(purchase.servicer, step->follow->servicer, sizeof purchase.servicer);
    lv_identity *identity = lv_node_identity(node);
    status = lv_purchase_seal(&purchase, identity, out, err);
    lv_identity_free(identity);
    return status == LV_OK ? store_purchase(node, step, lv_buffer_view(out), err) : status;
}

/* A purchase that was refused is worth nothing any more: its time may be too far gone. The next
 * try makes another. */
static lv_status forget_purchase(lv_node *node, const lv_step *step, lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err, "UPDATE sets SET purchase = NULL WHERE id = ?", "i",
                          step->row);
    return lv_store_end(node->store, status, err);
}

/* Did we make this purchase for this set? One whose answer was lost counts as well. */
static lv_status is_purchased(lv_node *node, const lv_step *step, const lv_digest *digest, bool *is,
                              lv_error *err)
{
    sqlite3_stmt *row = NULL;

    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_role_first(node->store,
                           lv_store_query(node->store, err, &row,
                                          "SELECT 1 FROM purchased WHERE set_row = ?"
                                          " AND digest = ?",
                                          "ib", step->row, lv_role_digest_view(digest)),
                           &row, err);
    *is = status == LV_OK;
    lv_store_done(row);
    return lv_store_end(node->store, status == LV_NOT_FOUND ? LV_OK : status, err);
}

/* The receipt must be for our purchase and for the record that the quality record names. */
static lv_status check_receipt(lv_node *node, const lv_step *step, lv_bytes receipt, lv_error *err)
{
    lv_receipt opened = {0};
    const char *field = NULL;
    bool ours = false;

    lv_status status = lv_receipt_open(receipt, node->trust, lv_clock_now(), &opened, NULL, err);
    if (status != LV_OK) {
        return judged(status);
    }
    status = is_purchased(node, step, &opened.purchase_digest, &ours, err);
    if (strcmp(opened.author, step->follow->servicer) != 0) {
        field = "author";
    } else if (strcmp(opened.buyer, node->config->organisation) != 0) {
        field = "buyer";
    } else if (!lv_digest_equal(&opened.set_id, &step->set_id)) {
        field = "set_id";
    } else if (!ours) {
        field = "purchase_digest";
    } else if (!lv_digest_equal(&opened.xor_digest, &lv_set_quality(step->set)->xor_digest)) {
        field = "xor_digest";
    }
    lv_receipt_free(&opened);
    return status != LV_OK || field == NULL
               ? status
               : lv_fail(err, LV_INVALID, "receipt of %s: field %s is not that of our purchase",
                         step->follow->servicer, field);
}

static lv_status store_bought(lv_node *node, const lv_step *step, const lv_delivery *delivery,
                              lv_error *err)
{
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_run(node->store, err,
                          "UPDATE sets SET state = 'bought', error = NULL, attempts = 0, due = 0,"
                          " xor = ?, receipt = ? WHERE id = ?",
                          "bbi", lv_buffer_view(&delivery->xor_record),
                          lv_buffer_view(&delivery->receipt), step->row);
    return lv_store_end(node->store, status, err);
}

/* Checks a delivery against the opened quality record; only then it is ours. */
static lv_status take_delivery(lv_node *node, lv_step *step, lv_bytes bytes, lv_error *err)
{
    lv_job job = lv_role_job(node);
    lv_delivery delivery = {0};

    lv_status status = judged(lv_delivery_decode(bytes, &delivery, err));
    if (status == LV_OK) {
        status = check_receipt(node, step, lv_buffer_view(&delivery.receipt), err);
    }
    if (status == LV_OK) {
        status = judged(lv_set_add_xor(step->set, lv_buffer_view(&delivery.xor_record), node->trust,
                                       &job, err));
    }
    if (status == LV_OK) {
        status = store_bought(node, step, &delivery, err);
    }
    if (status == LV_OK) {
        step->xor_record = delivery.xor_record; /* moves over */
        delivery.xor_record = (lv_buffer){0};
        lv_log(LV_LOG_INFO, "upstream", "series %s of %s: set %llu bought from %s",
               step->follow->series, step->follow->downstream,
               (unsigned long long)lv_set_quality(step->set)->sequence, step->follow->servicer);
        lv_node_changed(node);
    }
    lv_delivery_free(&delivery);
    return status;
}

/* @param[out] stored  the purchase was made by an earlier try. */
static lv_status buy(lv_node *node, lv_step *step, bool *stored, lv_error *err)
{
    lv_buffer purchase = {0};
    lv_buffer answer = {0};

    lv_status status = make_purchase(node, step, stored, &purchase, err);
    if (status == LV_OK) {
        status = posted(lv_node_post(node, step->follow->servicer, "/v1/purchases",
                                     lv_buffer_view(&purchase), &answer, err));
        if (status == LV_REFUSED) {
            lv_error trouble = {0};
            lv_status forgotten = forget_purchase(node, step, &trouble);
            status = forgotten == LV_OK ? status : lv_fail(err, forgotten, "%s", trouble.text);
        }
    }
    if (status == LV_OK) {
        status = take_delivery(node, step, lv_buffer_view(&answer), err);
    }
    lv_buffer_free(&purchase);
    lv_buffer_free(&answer);
    return status;
}

lv_status lv_step_buy(lv_node *node, lv_step *step, lv_error *err)
{
    bool stored = false;

    if (step->xor_record.len > 0) {
        return LV_OK;
    }
    if (step->follow == NULL) {
        return no_follow(err);
    }
    /* A quality record that does not hold is not worth a purchase. */
    lv_status status = open_set(node, step, err);
    if (status == LV_OK) {
        status = buy(node, step, &stored, err);
    }
    if (status == LV_REFUSED && stored) {
        status = buy(node, step, &stored, err);
    }
    return status;
}

/* ---- inquire ---- */

/* One question about one pair on its way to its verdict. */
typedef struct {
    lv_node *node;
    lv_step *step;
    uint32_t pair;
    lv_ask ask;
    bool followed; /* it is the question of the follow file */
    lv_combined combined;
    lv_buffer inquiry;
    lv_buffer answer;
    lv_verdict verdict;
} asking;

#define OF_QUESTION " WHERE set_row = ? AND pair = ? AND question = ? AND bound = ?"

static lv_status load_asked(const asking *a, const char *sql, lv_buffer *out, lv_error *err)
{
    lv_store *store = a->node->store;
    sqlite3_stmt *row = NULL;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_query(store, err, &row, sql, "iisi", a->step->row, (int64_t)a->pair,
                            lv_question_name(a->ask.question), (int64_t)a->ask.limit);
    return lv_store_end(store, take_bytes(a->node, status, row, out, err), err);
}

static lv_status has_verdict(const asking *a, bool *has, lv_error *err)
{
    lv_buffer none = {0};
    lv_status status = load_asked(a, "SELECT NULL FROM verdict" OF_QUESTION, &none, err);
    *has = status == LV_OK;
    return status == LV_NOT_FOUND ? LV_OK : status;
}

static lv_status store_inquiry(asking *a, lv_error *err)
{
    lv_store *store = a->node->store;
    lv_status status = lv_store_begin(store, err);
    if (status != LV_OK) {
        return status;
    }
    status =
        lv_store_run(store, err,
                     "INSERT INTO asked(set_row, pair, question, bound, inquiry)"
                     " VALUES(?, ?, ?, ?, ?)",
                     "iisib", a->step->row, (int64_t)a->pair, lv_question_name(a->ask.question),
                     (int64_t)a->ask.limit, lv_buffer_view(&a->inquiry));
    return lv_store_end(store, status, err);
}

static lv_status make_inquiry(asking *a, bool full, lv_error *err)
{
    lv_status status = load_asked(a, "SELECT inquiry FROM asked" OF_QUESTION, &a->inquiry, err);
    if (status != LV_NOT_FOUND) {
        return status;
    }
    lv_identity *identity = lv_node_identity(a->node);
    status = lv_inquiry_make(a->step->set, &a->combined, full, identity, lv_clock_now(),
                             &a->inquiry, err);
    lv_identity_free(identity);
    return status == LV_OK ? store_inquiry(a, err) : status;
}

/* What a set has come to by what is stored of it, where ?1 is the followed question and ?2 its
 * limit. */
#define REACHED_STATE                                                                              \
    "CASE WHEN (SELECT count(*) FROM verdict AS v WHERE v.set_row = sets.id AND v.question = ?1"   \
    " AND v.bound = ?2) = pairs THEN 'answered'"                                                   \
    " WHEN xor IS NOT NULL THEN 'bought' ELSE 'seen' END"

static lv_status store_alarm(asking *a, int64_t time, lv_error *err)
{
    lv_store *store = a->node->store;
    const lv_config_follow *follow = a->step->follow;
    const lv_pair *pair = &lv_set_quality(a->step->set)->pairs[a->pair];
    const lv_alarm_rule rule = {.question = a->ask.question,
                                .worse_rise = follow->worse_rise,
                                .worse_fall = follow->worse_fall,
                                .alarm_scale = follow->alarm_scale,
                                .limit = follow->ask.limit};
    const lv_alarm_change change = {.direction = a->verdict.direction,
                                    .scale = a->verdict.scale,
                                    .series = follow->series,
                                    .lot = pair->later_lot,
                                    .time = pair->later_time};
    char rule_text[LV_ALARM_TEXT_MAX];
    char reason[LV_ALARM_TEXT_MAX];

    if (!lv_alarm_raise(&rule, &change, reason)) {
        return LV_OK;
    }
    lv_alarm_rule_text(&rule, rule_text);
    lv_log(LV_LOG_WARN, "upstream", "alarm: %s", reason);
    return lv_store_run(store, err,
                        "INSERT INTO alarm(time, verdict_row, rule, reason) VALUES(?, ?, ?, ?)",
                        "iiss", time, lv_store_last_id(store), rule_text, reason);
}

static lv_status insert_verdict(asking *a, int64_t time, lv_error *err)
{
    const int64_t none = -1; /* of places and scales, of which that is none */
    bool scaled = lv_ask_tells_scale(a->ask.question);

    return lv_store_run(
        a->node->store, err,
        "INSERT INTO verdict(time, set_row, pair, question, bound, verdict, place, scale, proved)"
        " VALUES(?, ?, ?, ?, ?, ?, nullif(?, -1), nullif(?, -1), ?)",
        "iiisisiii", time, a->step->row, (int64_t)a->pair, lv_question_name(a->ask.question),
        (int64_t)a->ask.limit, lv_verdict_word(a->ask.question, a->verdict.direction),
        scaled ? (int64_t)a->verdict.index : none, scaled ? (int64_t)a->verdict.scale : none,
        (int64_t)a->verdict.proved);
}

static lv_status store_verdict_rows(asking *a, lv_error *err)
{
    lv_store *store = a->node->store;
    const char *question = lv_question_name(a->ask.question);
    int64_t time = lv_clock_now();

    lv_status status = lv_store_run(store, err, "UPDATE asked SET answer = ?" OF_QUESTION, "biisi",
                                    lv_buffer_view(&a->answer), a->step->row, (int64_t)a->pair,
                                    question, (int64_t)a->ask.limit);
    if (status == LV_OK) {
        status = insert_verdict(a, time, err);
    }
    if (status != LV_OK || !a->followed) {
        return status;
    }
    status = store_alarm(a, time, err);
    if (status == LV_OK) {
        /* Only where it changes anything: the row holds both records and is written whole. */
        status = lv_store_run(store, err,
                              "UPDATE sets SET error = NULL, attempts = 0, due = 0,"
                              " state = " REACHED_STATE " WHERE id = ?3 AND (error IS NOT NULL"
                              " OR attempts <> 0 OR due <> 0 OR state <> " REACHED_STATE ")",
                              "sii", question, (int64_t)a->ask.limit, a->step->row);
    }
    return status;
}

static lv_status store_verdict(asking *a, lv_error *err)
{
    lv_status status = lv_store_begin(a->node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_end(a->node->store, store_verdict_rows(a, err), err);
    if (status == LV_OK) {
        lv_node_changed(a->node);
    }
    return status;
}

static lv_status ask(asking *a, bool full, lv_error *err)
{
    lv_step *step = a->step;
    lv_job job = lv_role_job(a->node);

    lv_status status = open_set(a->node, step, err);
    if (status == LV_OK) {
        status = judged(lv_set_combine(step->set, a->pair, &a->ask, &job, &a->combined, err));
    }
    if (status == LV_OK) {
        status = make_inquiry(a, full, err);
    }
    if (status == LV_OK) {
        status = posted(lv_node_post(a->node, step->follow->downstream, "/v1/inquiries",
                                     lv_buffer_view(&a->inquiry), &a->answer, err));
    }
    if (status == LV_OK) {
        status = judged(lv_verdict_check(step->set, &a->combined, lv_buffer_view(&a->inquiry),
                                         lv_buffer_view(&a->answer), a->node->trust, lv_clock_now(),
                                         &a->verdict, err));
    }
    return status == LV_OK ? store_verdict(a, err) : status;
}

lv_status lv_step_inquire(lv_node *node, lv_step *step, uint32_t pair, const lv_ask *question,
                          bool full, bool *repeated, lv_error *err)
{
    asking a = {.node = node,
                .step = step,
                .pair = pair,
                .ask = *question,
                .followed = lv_step_is_followed(step, question)};

    *repeated = false;
    if (pair >= step->pair_count) {
        return lv_fail(err, LV_NOT_FOUND, "the set has %zu pairs, the last is pair %zu",
                       step->pair_count, step->pair_count - 1);
    }
    lv_status status = has_verdict(&a, repeated, err);
    if (status != LV_OK || *repeated) {
        return status;
    }
    if (step->follow == NULL) {
        return no_follow(err);
    }
    if (lv_ask_needs_xor(question->question) && step->xor_record.len == 0) {
        return lv_fail(err, LV_REFUSED,
                       "the XOR record of this set is not bought yet: buy it "
                       "first");
    }
    status = ask(&a, full, err);
    lv_combined_free(&a.combined);
    lv_buffer_free(&a.inquiry);
    lv_buffer_free(&a.answer);
    return status;
}

/* A set of many pairs takes long: who waits for its turn, and who stops the node, shall not. */
static bool turn_is_over(lv_node *node, double begun)
{
    return lv_node_stopping(node) || lv_clock_seconds() - begun > TURN_SECONDS;
}

lv_status lv_step_all(lv_node *node, lv_step *step, lv_error *err)
{
    lv_ask own;
    double begun = lv_clock_seconds();
    lv_status status = followed(step, &own, err);
    if (status == LV_OK && lv_ask_needs_xor(own.question)) {
        status = lv_step_buy(node, step, err);
    }
    for (uint32_t pair = 0; status == LV_OK && pair < step->pair_count; pair++) {
        bool repeated = false;
        status = lv_step_inquire(node, step, pair, &own, step->follow->full, &repeated, err);
        if (!repeated && turn_is_over(node, begun)) {
            break;
        }
    }
    return status;
}

/* ---- what came of it ---- */

/* Twice as long after each attempt, and somewhere in the upper half of that, so that the nodes of
 * a peer that was away do not all come back at once. */
static int64_t retry_ms(int64_t attempts)
{
    uint8_t dice[2] = {0};
    int64_t pause = RETRY_MS_MAX;

    if (attempts < 8 && RETRY_MS_MIN << attempts < RETRY_MS_MAX) {
        pause = RETRY_MS_MIN << attempts;
    }
    if (lv_rng_fill(lv_rng_system(), dice, sizeof dice) != LV_OK) {
        return pause;
    }
    return pause / 2 + (pause / 2) * (dice[0] * 256 + dice[1]) / 65535;
}

static lv_status load_attempts(lv_node *node, const lv_step *step, int64_t *out, lv_error *err)
{
    sqlite3_stmt *row = NULL;
    lv_status status =
        lv_role_first(node->store,
                      lv_store_query(node->store, err, &row,
                                     "SELECT attempts FROM sets WHERE id = ?", "i", step->row),
                      &row, err);
    *out = status == LV_OK ? sqlite3_column_int64(row, 0) : 0;
    lv_store_done(row);
    return status;
}

/* Brings the set to the state that it has reached.
 * @param words  NULL where nothing is amiss. @param attempts, due  of the next try. */
static lv_status settle_reached(lv_node *node, const lv_step *step, const char *words,
                                int64_t attempts, int64_t due, lv_error *err)
{
    lv_ask own;

    if (followed(step, &own, NULL) != LV_OK) {
        /* It cannot be asked about this set. No limit is that large: no verdict answers this. */
        own = (lv_ask){.question = LV_ASK_THRESHOLD, .limit = INT64_MAX};
    }
    return lv_store_run(node->store, err,
                        "UPDATE sets SET state = " REACHED_STATE
                        ", error = ?3, attempts = ?4, due = ?5 WHERE id = ?6",
                        "sisiii", lv_question_name(own.question), (int64_t)own.limit, words,
                        attempts, due, step->row);
}

static lv_status settle(lv_node *node, const lv_step *step, lv_status outcome, const char *words,
                        lv_error *err)
{
    int64_t attempts = 0;

    if (outcome == LV_OK) {
        return settle_reached(node, step, NULL, 0, 0, err);
    }
    if (outcome == LV_INVALID) {
        return lv_store_run(node->store, err,
                            "UPDATE sets SET error = ?, state = 'invalid' WHERE id = ?", "si",
                            words, step->row);
    }
    if (outcome == LV_REFUSED) {
        return lv_store_run(node->store, err,
                            "UPDATE sets SET error = ?, state = 'refused', due = ? WHERE id = ?",
                            "sii", words, lv_step_clock() + REFUSED_MS, step->row);
    }
    lv_status status = load_attempts(node, step, &attempts, err);
    return status == LV_OK ? settle_reached(node, step, words, attempts + 1,
                                            lv_step_clock() + retry_ms(attempts), err)
                           : status;
}

static void log_outcome(const lv_step *step, lv_status outcome, const char *words)
{
    char hex[2 * LV_DIGEST_LEN + 1];

    if (outcome == LV_OK) {
        return;
    }
    lv_digest_hex(&step->set_id, hex);
    if (outcome == LV_INVALID) {
        lv_log(LV_LOG_ERROR, "upstream", "set %s is invalid and yields no verdict: %s", hex, words);
    } else {
        lv_log(LV_LOG_WARN, "upstream", "set %s %s: %s", hex,
               outcome == LV_REFUSED ? "was refused" : "waits", words);
    }
}

lv_status lv_step_settle(lv_node *node, const lv_step *step, lv_status outcome,
                         const lv_error *words, lv_error *err)
{
    const char *text = words->text[0] != '\0' ? words->text : lv_status_name(outcome);

    log_outcome(step, outcome, text);
    lv_status status = lv_store_begin(node->store, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_store_end(node->store, settle(node, step, outcome, text, err), err);
    if (status == LV_OK) {
        lv_node_changed(node);
    }
    return status;
}
