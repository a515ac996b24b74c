/* A set opened to an auditor: docs/protocol.md section 11. The key is its owner's no longer, and
 * time may depend on it and on the values. */
#include "base/secret.h"
#include "compare/set.h"
#include "record/digest.h"
#include <lotveil/audit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lv_audit {
    const lv_set *set;
    lv_opening opening;
    lv_secret_key *key;
};

static lv_status digest_key(lv_bytes secret_key, lv_digest *out)
{
    static const char domain[] = "lotveil/v1/opening"; /* its NUL counts */
    const lv_bytes parts[] = {{.data = (const uint8_t *)domain, .len = sizeof domain}, secret_key};
    return lv_digest_of_parts(parts, sizeof parts / sizeof parts[0], out);
}

/* ---- opening ---- */

static lv_status is_of_set(const lv_secret_key *key, const lv_digest *set_id, bool *same)
{
    lv_buffer encoded = {0};
    lv_digest id;
    *same = false;
    lv_status status = lv_public_encode(lv_key_public(key), &encoded);
    if (status == LV_OK) {
        status = lv_set_id_of(lv_buffer_view(&encoded), &id);
    }
    if (status == LV_OK) {
        *same = lv_digest_equal(&id, set_id);
    }
    lv_buffer_free(&encoded);
    return status;
}

lv_status lv_opening_make(const lv_secret_key *key, const lv_digest *set_id, const char *auditor,
                          const lv_identity *author, int64_t time, lv_buffer *out, lv_error *err)
{
    lv_opening opening = {.set_id = *set_id, .time = time};
    lv_buffer encoded = {0};
    bool same = false;

    if (strlen(auditor) > LV_AUDITOR_MAX) {
        return lv_fail(err, LV_E_LIMIT, "the auditor's name has over %u bytes", LV_AUDITOR_MAX);
    }
    snprintf(opening.auditor, sizeof opening.auditor, "%s", auditor);
    lv_name_copy(opening.author, lv_identity_msp(author));
    lv_status status = is_of_set(key, set_id, &same);
    if (status == LV_OK && !same) {
        status = lv_fail(err, LV_E_ARGUMENT, "the key to open is not that of the set");
    }
    if (status == LV_OK) {
        status = lv_key_encode(key, &encoded);
    }
    if (status == LV_OK) {
        status = digest_key(lv_buffer_view(&encoded), &opening.key_digest);
    }
    lv_buffer_wipe(&encoded);
    if (status == LV_OK) {
        status = lv_opening_seal(&opening, author, out, err);
    }
    return status;
}

static lv_status check_opening(const lv_set *set, const lv_opening *opening, lv_bytes secret_key,
                               lv_error *err)
{
    lv_digest digest;
    if (strcmp(opening->author, set->quality.author) != 0) {
        return lv_fail(err, LV_INVALID, "opening: it is by %s, but the set is by %s",
                       opening->author, set->quality.author);
    }
    if (!lv_digest_equal(&opening->set_id, &set->id)) {
        return lv_fail(err, LV_INVALID, "opening: field set_id: it opens another set");
    }
    lv_status status = digest_key(secret_key, &digest);
    if (status == LV_OK && !lv_digest_equal(&digest, &opening->key_digest)) {
        status = lv_fail(err, LV_INVALID,
                         "opening: field key_digest: the key is not the one that was signed for");
    }
    return status;
}

static lv_status load_key(const lv_set *set, lv_bytes secret_key, lv_secret_key **out,
                          lv_error *err)
{
    bool same = false;
    lv_status status = lv_key_decode(lv_public_suite(set->key), secret_key, out, err);
    if (status == LV_E_SYNTAX) {
        status = LV_INVALID;
    }
    if (status == LV_OK) {
        status = is_of_set(*out, &set->id, &same);
    }
    if (status == LV_OK && !same) {
        status = lv_fail(err, LV_INVALID, "the opened key is that of another set");
    }
    return status;
}

lv_status lv_audit_begin(const lv_set *set, lv_bytes opening, lv_bytes secret_key,
                         const lv_trust *trust, lv_audit **out, lv_error *err)
{
    *out = NULL;
    if (set->w == NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "the set has no XOR record yet");
    }
    lv_audit *audit = calloc(1, sizeof *audit);
    if (audit == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory for an audit");
    }
    audit->set = set;
    lv_status status = lv_opening_open(opening, trust, LV_TIME_RECORD, &audit->opening, NULL, err);
    if (status == LV_E_SYNTAX || status == LV_E_LIMIT) {
        status = LV_INVALID;
    }
    if (status == LV_OK) {
        status = check_opening(set, &audit->opening, secret_key, err);
    }
    if (status == LV_OK) {
        status = load_key(set, secret_key, &audit->key, err);
    }
    if (status != LV_OK) {
        lv_audit_free(audit);
        return status;
    }
    *out = audit;
    return LV_OK;
}

void lv_audit_free(lv_audit *audit)
{
    if (audit == NULL) {
        return;
    }
    lv_key_free(audit->key);
    lv_opening_free(&audit->opening);
    free(audit);
}

const lv_opening *lv_audit_opening(const lv_audit *audit) { return &audit->opening; }

/* ---- ciphertexts ---- */

static lv_status open_value(const lv_audit *audit, const char *name, const lv_matrix *matrix,
                            uint32_t pair, uint64_t *value, lv_error *err)
{
    lv_opened cells[LV_WIDTH_MAX];
    *value = 0;
    lv_status status = lv_open_row_vartime(audit->key, matrix, pair, cells);
    if (status != LV_OK) {
        return lv_fail(err, status, "pair %u: cannot open matrix %s", pair, name);
    }
    for (unsigned i = 0; i < lv_matrix_width(matrix) && status == LV_OK; i++) {
        if (cells[i] == LV_OPENED_OTHER) {
            status =
                lv_fail(err, LV_INVALID, "pair %u: matrix %s, bit %u: neither 0 nor 1 is encrypted",
                        pair, name, i);
        } else if (cells[i] == LV_OPENED_FORGED) {
            status = lv_fail(err, LV_INVALID,
                             "pair %u: matrix %s, bit %u: not the ciphertext that the opened key "
                             "makes",
                             pair, name, i);
        } else {
            *value = *value << 1 | (uint64_t)cells[i];
        }
    }
    lv_wipe(cells, sizeof cells);
    return status;
}

/* x, y, w and D, where there is one, of a pair. */
typedef struct {
    uint64_t x;
    uint64_t y;
    uint64_t w;
    uint64_t d;
} opened_values;

static lv_status open_values(const lv_audit *audit, uint32_t pair, opened_values *out,
                             lv_error *err)
{
    const lv_set *set = audit->set;
    lv_status status = open_value(audit, "x", set->x, pair, &out->x, err);
    if (status == LV_OK) {
        status = open_value(audit, "y", set->y, pair, &out->y, err);
    }
    if (status == LV_OK) {
        status = open_value(audit, "w", set->w, pair, &out->w, err);
    }
    if (status == LV_OK && set->d != NULL) {
        status = open_value(audit, "d", set->d, pair, &out->d, err);
    }
    if (status != LV_OK) {
        return status;
    }
    if (out->w != (out->x ^ out->y)) {
        return lv_fail(err, LV_INVALID, "pair %u: w is not x xor y", pair);
    }
    if (set->d != NULL && out->d != lv_distance_of(out->x, out->y)) {
        return lv_fail(err, LV_INVALID, "pair %u: d is not the distance of x and y", pair);
    }
    return LV_OK;
}

lv_status lv_audit_pair(const lv_audit *audit, uint32_t pair, lv_audit_values *values,
                        lv_error *err)
{
    opened_values opened = {0};
    *values = (lv_audit_values){0};
    if (pair >= audit->set->quality.pair_count) {
        return lv_fail(err, LV_E_RANGE, "there is no pair %u: the set has %zu, counted from 0",
                       pair, audit->set->quality.pair_count);
    }
    lv_status status = open_values(audit, pair, &opened, err);
    if (status == LV_OK) {
        *values = (lv_audit_values){.x = opened.x, .y = opened.y};
    }
    lv_wipe(&opened, sizeof opened);
    return status;
}

/* ---- answers ---- */

/* Place of the highest bit of a value that is not 0, from the most significant of `width`. */
static uint32_t first_bit(uint64_t value, unsigned width)
{
    uint32_t place = width - 1;
    while (value > 1) {
        value >>= 1;
        place--;
    }
    return place;
}

static lv_formula direction_of(uint64_t from, uint64_t to)
{
    if (from == to) {
        return LV_EQUAL;
    }
    return from < to ? LV_RISE : LV_FALL;
}

/* What a true answer tells. */
static void tell_right(const lv_ask *ask, const lv_audit_values *values, unsigned width,
                       lv_verdict *out)
{
    *out = (lv_verdict){.ask = *ask, .direction = direction_of(values->x, values->y)};
    bool sized = ask->question == LV_ASK_INDEX || ask->question == LV_ASK_BAND;
    if (ask->question == LV_ASK_THRESHOLD) {
        out->direction = direction_of(values->y, ask->limit);
    } else if (ask->question == LV_ASK_EQUALITY && out->direction != LV_EQUAL) {
        out->direction = LV_DIFFERENT;
    } else if (sized && out->direction != LV_EQUAL) {
        uint64_t size = ask->question == LV_ASK_BAND ? lv_distance_of(values->x, values->y)
                                                     : values->x ^ values->y;
        out->index = first_bit(size, width);
        out->scale = lv_change_scale(width, out->index);
    }
}

static bool is_true(const lv_verdict *told, const lv_verdict *right)
{
    bool sized = right->ask.question == LV_ASK_INDEX || right->ask.question == LV_ASK_BAND;
    return told->direction == right->direction &&
           (!sized || (told->index == right->index && told->scale == right->scale));
}

/* The inquiry: what was asked, by whom, and the vectors that it should be answered from. */
static lv_status read_inquiry(const lv_audit *audit, lv_bytes inquiry, const lv_trust *trust,
                              const lv_job *job, lv_audit_answer *out, lv_combined *combined,
                              lv_error *err)
{
    lv_inquiry asked = {0};
    lv_status status = lv_inquiry_open(inquiry, trust, LV_TIME_RECORD, &asked, NULL, err);
    if (status == LV_OK) {
        out->pair = asked.pair;
        lv_name_copy(out->upstream, asked.author);
        out->right.ask = (lv_ask){.question = asked.question, .limit = asked.limit};
    }
    if (status == LV_OK && !lv_digest_equal(&asked.set_id, &audit->set->id)) {
        status = lv_fail(err, LV_INVALID, "inquiry: field set_id: it asks about another set");
    }
    if (status == LV_OK) {
        status = lv_set_combine(audit->set, asked.pair, &out->right.ask, job, combined, err);
    }
    lv_inquiry_free(&asked);
    return status;
}

lv_status lv_audit_check_answer(const lv_audit *audit, lv_bytes inquiry, lv_bytes answer,
                                const lv_trust *trust, const lv_job *job, lv_audit_answer *out,
                                lv_error *err)
{
    lv_combined combined = {0};
    lv_audit_values values = {0};
    *out = (lv_audit_answer){0};
    lv_status status = read_inquiry(audit, inquiry, trust, job, out, &combined, err);
    if (status == LV_OK) {
        status = lv_verdict_check(audit->set, &combined, inquiry, answer, trust, LV_TIME_RECORD,
                                  &out->told, err);
    }
    if (status == LV_OK) {
        status = lv_audit_pair(audit, out->pair, &values, err);
    }
    if (status == LV_OK) {
        lv_ask ask = out->right.ask;
        tell_right(&ask, &values, audit->set->quality.width, &out->right);
        if (!is_true(&out->told, &out->right)) {
            status = lv_fail(err, LV_INVALID, "pair %u: the answer to %s is not true", out->pair,
                             out->upstream);
        }
    }
    bool bad = status == LV_E_SYNTAX || status == LV_E_LIMIT || status == LV_E_RANGE ||
               status == LV_REFUSED;
    lv_wipe(&values, sizeof values);
    lv_combined_free(&combined);
    return bad ? LV_INVALID : status;
}
