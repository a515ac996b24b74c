#include "proof/ristretto_branches.h"
#include "base/declassify.h"
#include "base/secret.h"
#include "proof/ristretto_sigma.h"

enum { POINTS_MAX = 2 * LV_WIDTH_MAX };

/* B_j = t_j C1_j - c_j C2_j of all branches. */
static void second_commitments(const lv_branches *of, const lv_scalar *t, const lv_scalar *c,
                               lv_point *b)
{
    lv_scalar factor[POINTS_MAX];
    lv_point multiple[POINTS_MAX];
    for (size_t j = 0; j < of->count; j++) {
        factor[2 * j] = t[j];
        lv_scalar_negate(&factor[2 * j + 1], &c[j]);
    }
    lv_curve_best()->multiply_each(multiple, factor, of->cells, (size_t)2 * of->count);
    for (size_t j = 0; j < of->count; j++) {
        lv_point_add(&b[j], &multiple[2 * j], &multiple[2 * j + 1]);
    }
    lv_wipe(factor, sizeof factor);
    lv_wipe(multiple, sizeof multiple);
}

/* The challenge for A_0 .., B_0 .. . */
static lv_status challenge(const lv_branches *of, const lv_point *commitments, lv_scalar *c)
{
    uint8_t encoded[POINTS_MAX * LV_POINT_LEN];
    lv_curve_best()->encode(encoded, commitments, (size_t)2 * of->count);
    return lv_sigma_challenge(
        of->statement, (lv_bytes){.data = encoded, .len = (size_t)2 * of->count * LV_POINT_LEN}, c);
}

static void subtract(lv_scalar *out, const lv_scalar *a)
{
    lv_scalar minus;
    lv_scalar_negate(&minus, a);
    lv_scalar_add(out, out, &minus);
    lv_wipe(&minus, sizeof minus);
}

/* a where `here` is 1, zero where it is 0. */
static lv_scalar where(uint8_t here, const lv_scalar *a)
{
    const uint64_t mask = 0U - (uint64_t)here;
    return (lv_scalar){{a->v[0] & mask, a->v[1] & mask, a->v[2] & mask, a->v[3] & mask}};
}

/* Keeps the first branch that holds. False where there is none. */
static bool keep_first(const uint8_t *holds, uint8_t *here, size_t count)
{
    uint8_t seen = 0;
    for (size_t j = 0; j < count; j++) {
        here[j] = (uint8_t)(holds[j] & (seen ^ 1U));
        seen |= holds[j];
    }
    lv_declassify(&seen, sizeof seen); /* refused aloud */
    return seen != 0;
}

/* All that must not be known. */
typedef struct {
    uint8_t here[LV_WIDTH_MAX]; /* 1 for the branch that holds */
    lv_scalar drawn[LV_SIGMA_DRAWN];
    lv_scalar a[LV_WIDTH_MAX]; /* A_j = a_j G */
    lv_scalar more;            /* m, by which c_i grows */
    lv_scalar answer;          /* m s */
} secrets;

/* With s known, A_j takes one multiple of G. */
static void commit(const lv_branches *of, const lv_scalar *s, secrets *hidden,
                   lv_point *commitments)
{
    const size_t count = of->count;
    lv_scalar *t = hidden->drawn;
    lv_scalar *c = hidden->drawn + count;
    for (size_t j = 0; j < count; j++) {
        lv_scalar_multiply(&hidden->a[j], &c[j], s);
        lv_scalar_negate(&hidden->a[j], &hidden->a[j]);
        lv_scalar_add(&hidden->a[j], &hidden->a[j], &t[j]);
    }
    lv_curve_best()->base_multiply(commitments, hidden->a, count);
    second_commitments(of, t, c, commitments + count);
    /* The verifier computes them from the proof. */
    lv_declassify(commitments, 2 * count * sizeof *commitments);
}

/* Lets the branch that holds take what the challenges lack, and writes all. */
static void respond(const lv_branches *of, const lv_scalar *s, const lv_scalar *challenge,
                    secrets *hidden, uint8_t *proof)
{
    const size_t count = of->count;
    lv_scalar *t = hidden->drawn;
    lv_scalar *c = hidden->drawn + count;
    hidden->more = *challenge;
    for (size_t j = 0; j < count; j++) {
        subtract(&hidden->more, &c[j]);
    }
    lv_scalar_multiply(&hidden->answer, &hidden->more, s);
    for (size_t j = 0; j < count; j++) {
        lv_scalar growth = where(hidden->here[j], &hidden->more);
        lv_scalar_add(&c[j], &c[j], &growth);
        growth = where(hidden->here[j], &hidden->answer);
        lv_scalar_add(&t[j], &t[j], &growth);
        lv_scalar_encode(proof + j * LV_BRANCH_LEN, &c[j]);
        lv_scalar_encode(proof + j * LV_BRANCH_LEN + LV_SCALAR_LEN, &t[j]);
        lv_wipe(&growth, sizeof growth);
    }
    /* All are uniform but for the sum of challenges; t_i, as it was drawn, hides m s. */
    lv_declassify(proof, count * LV_BRANCH_LEN);
}

lv_status lv_branches_prove(const lv_branches *of, const uint8_t *holds, const lv_scalar *s,
                            const lv_rng *rng, lv_buffer *proof)
{
    lv_point commitments[POINTS_MAX];
    uint8_t made[LV_WIDTH_MAX * LV_BRANCH_LEN];
    secrets hidden;
    lv_scalar c = {{0}};
    lv_status status = keep_first(holds, hidden.here, of->count) ? LV_OK : LV_REFUSED;
    if (status == LV_OK) {
        status = lv_sigma_draw(s, rng, of->statement, hidden.drawn, (size_t)2 * of->count);
    }
    if (status == LV_OK) {
        commit(of, s, &hidden, commitments);
        status = challenge(of, commitments, &c);
    }
    if (status == LV_OK) {
        respond(of, s, &c, &hidden, made);
        status = lv_buffer_append(proof, made, of->count * LV_BRANCH_LEN);
    }
    lv_wipe(&hidden, sizeof hidden);
    return status;
}

static bool read_proof(const lv_branches *of, lv_bytes proof, lv_scalar *c, lv_scalar *t)
{
    bool good = true;
    for (size_t j = 0; j < of->count; j++) {
        const uint8_t *branch = proof.data + j * LV_BRANCH_LEN;
        good = lv_scalar_decode(&c[j], branch) && good;
        good = lv_scalar_decode(&t[j], branch + LV_SCALAR_LEN) && good;
    }
    return good;
}

/* A_j = t_j G - c_j P */
static void first_commitments(const lv_branches *of, const lv_scalar *t, const lv_scalar *c,
                              lv_point *a)
{
    lv_scalar minus[LV_WIDTH_MAX];
    lv_point p[LV_WIDTH_MAX];
    for (size_t j = 0; j < of->count; j++) {
        lv_scalar_negate(&minus[j], &c[j]);
        p[j] = *lv_ristretto_point(of->key);
    }
    lv_curve_best()->multiply_each(p, minus, p, of->count);
    lv_curve_best()->base_multiply(a, t, of->count);
    for (size_t j = 0; j < of->count; j++) {
        lv_point_add(&a[j], &a[j], &p[j]);
    }
}

lv_status lv_branches_verify(const lv_branches *of, const char *name, lv_bytes proof, lv_error *err)
{
    lv_point commitments[POINTS_MAX];
    lv_scalar c[LV_WIDTH_MAX];
    lv_scalar t[LV_WIDTH_MAX];
    lv_scalar sum = {{0}};
    const size_t len = (size_t)of->count * LV_BRANCH_LEN;
    if (proof.len != len) {
        return lv_fail(err, LV_INVALID, "%s: %zu bytes instead of %zu", name, proof.len, len);
    }
    if (!read_proof(of, proof, c, t)) {
        return lv_fail(err, LV_INVALID, "%s: a number is not below the group's order", name);
    }
    first_commitments(of, t, c, commitments);
    second_commitments(of, t, c, commitments + of->count);
    lv_status status = challenge(of, commitments, &sum);
    if (status != LV_OK) {
        return lv_fail(err, status, "the %s could not be checked", name);
    }
    for (size_t j = 0; j < of->count; j++) {
        subtract(&sum, &c[j]);
    }
    return lv_scalar_is_zero(&sum)
               ? LV_OK
               : lv_fail(err, LV_INVALID,
                         "%s: it does not hold for this ciphertext or row: what it says is not so, "
                         "or the proof is of another",
                         name);
}
