#include "base/secret.h"
#include "proof/proofs.h"
#include "suite/suite.h"
#include <string.h>

static const lv_proofs PROOFS[] = {
    {
        .suite = "paillier",
        .key_prove = lv_paillier_key_prove,
        .key_verify = lv_paillier_key_verify,
        .zero_prove = lv_paillier_zero_prove,
        .zero_verify = lv_paillier_zero_verify,
    },
    {
        .suite = "ristretto255", /* any point but the identity is a good key */
        .zero_prove = lv_ristretto_zero_prove,
        .zero_verify = lv_ristretto_zero_verify,
        .bits_prove = lv_ristretto_bits_prove,
        .bits_verify = lv_ristretto_bits_verify,
        .one_of_prove = lv_ristretto_one_of_prove,
        .one_of_verify = lv_ristretto_one_of_verify,
        .range_prove = lv_ristretto_range_prove,
        .range_verify = lv_ristretto_range_verify,
    },
};

/* A suite that is not in the table has no proofs. */
static const lv_proofs *proofs_of(const lv_suite *suite)
{
    static const lv_proofs none = {0};
    for (size_t i = 0; i < sizeof PROOFS / sizeof PROOFS[0]; i++) {
        if (strcmp(PROOFS[i].suite, lv_suite_name(suite)) == 0) {
            return &PROOFS[i];
        }
    }
    return &none;
}

static lv_status expect_empty(lv_bytes proof, lv_error *err)
{
    return proof.len == 0 ? LV_OK : lv_fail(err, LV_INVALID, "a proof where this suite has none");
}

lv_status lv_key_prove(const lv_secret_key *key, const lv_proof_context *context, const lv_job *job,
                       lv_buffer *proof, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(lv_key_public(key)));
    return proofs->key_prove == NULL ? LV_OK : proofs->key_prove(key, context, job, proof, err);
}

lv_status lv_key_verify(const lv_public_key *key, const lv_proof_context *context, lv_bytes proof,
                        lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    return proofs->key_verify == NULL ? expect_empty(proof, err)
                                      : proofs->key_verify(key, context, proof, err);
}

static bool cell_exists(const lv_public_key *key, const lv_matrix *z, size_t row, unsigned column)
{
    return z->suite == key->suite && z->key_bits == key->key_bits && row < lv_matrix_pairs(z) &&
           column < lv_matrix_width(z);
}

lv_status lv_zero_prove(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned column,
                        const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                        lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    const lv_proofs *proofs = proofs_of(lv_public_suite(public_key));
    if (!cell_exists(public_key, z, row, column)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no ciphertext %zu, %u to prove", row, column);
    }
    if (proofs->zero_prove != NULL) {
        return proofs->zero_prove(key, z, row, column, context, job, proof, err);
    }
    bool is_zero = false;
    lv_status status = lv_zero_test(key, z, row, column, &is_zero);
    if (status == LV_OK && !is_zero) {
        status = LV_REFUSED;
    }
    return status == LV_OK
               ? LV_OK
               : lv_fail(err, status, "ciphertext %zu, %u is not shown to be zero", row, column);
}

lv_status lv_zero_verify(const lv_public_key *key, const lv_matrix *z, size_t row, unsigned column,
                         const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    if (!cell_exists(key, z, row, column)) {
        return lv_fail(err, LV_INVALID, "the proof speaks of ciphertext %zu, %u; there is none",
                       row, column);
    }
    return proofs->zero_verify == NULL
               ? expect_empty(proof, err)
               : proofs->zero_verify(key, z, row, column, context, proof, err);
}

/* ---- bits ---- */

bool lv_suite_proves_bits(const lv_suite *suite) { return proofs_of(suite)->bits_prove != NULL; }

enum { SPOKEN_OF = 3 /* matrices of one statement, at most */ };

/* The places of the matrices that a statement speaks of: x, y, w, d in this order. */
typedef struct {
    size_t count; /* 0 where there is no such statement */
    size_t place[SPOKEN_OF];
} places;

enum { PLACE_X, PLACE_Y, PLACE_W, PLACE_D };

static places spoken_of(lv_bits_statement statement)
{
    switch (statement) {
    case LV_BITS_VALUES:
        return (places){2, {PLACE_X, PLACE_Y}};
    case LV_BITS_XOR:
        return (places){1, {PLACE_W}};
    case LV_BITS_BOTH:
        return (places){3, {PLACE_X, PLACE_Y, PLACE_W}};
    case LV_BITS_DISTANCE:
        return (places){1, {PLACE_D}};
    }
    return (places){0};
}

static bool matrices_fit(const lv_public_key *key, lv_bits_statement statement,
                         const lv_bits_matrices *of)
{
    const lv_matrix *given[] = {of->x, of->y, of->w, of->d};
    const places all = spoken_of(statement);
    const lv_matrix *first = all.count > 0 ? given[all.place[0]] : NULL;
    bool fit = first != NULL;
    for (size_t i = 0; fit && i < all.count; i++) {
        const lv_matrix *m = given[all.place[i]];
        fit = m != NULL && m->suite == key->suite && m->key_bits == key->key_bits &&
              m->pairs == first->pairs && m->width == first->width;
    }
    return fit;
}

static bool plain_fits(lv_bits_statement statement, const lv_bits_matrices *of,
                       const lv_bits_plain *plain)
{
    const lv_matrix *matrices[] = {of->x, of->y, of->w, of->d};
    const lv_bits *given[] = {plain->x, plain->y, plain->w, plain->d};
    const places all = spoken_of(statement);
    bool fit = true;
    for (size_t i = 0; fit && i < all.count; i++) {
        const lv_matrix *m = matrices[all.place[i]];
        const lv_bits *bits = given[all.place[i]];
        fit = bits != NULL && bits->pairs == m->pairs && bits->width == m->width;
    }
    return fit;
}

/* Do the wishes, the first `count`, speak of one shape, and each of something else? */
static bool wishes_fit(const lv_public_key *key, const lv_bits_matrices *of,
                       const lv_bits_plain *plain, const lv_bits_wish *wish, size_t count)
{
    const lv_matrix *given[] = {of->x, of->y, of->w, of->d};
    const lv_matrix *first = NULL;
    unsigned seen = 0;
    bool fit = count > 0;
    for (size_t i = 0; i < count && fit; i++) {
        const lv_bits_statement statement = wish[i].statement;
        fit = matrices_fit(key, statement, of) && plain_fits(statement, of, plain) &&
              (seen >> statement & 1U) == 0;
        const lv_matrix *own = fit ? given[spoken_of(statement).place[0]] : NULL;
        first = first == NULL ? own : first;
        fit = fit && own->pairs == first->pairs && own->width == first->width;
        seen |= fit ? 1U << statement : 0;
    }
    return fit;
}

lv_status lv_bits_prove_all(const lv_secret_key *key, const lv_bits_matrices *of,
                            const lv_bits_plain *plain, const lv_bits_wish *wish, size_t wishes,
                            const lv_job *job, lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    const lv_proofs *proofs = proofs_of(lv_public_suite(public_key));
    if (!wishes_fit(public_key, of, plain, wish, wishes)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "bit proof: key, matrices and bits do not belong together");
    }
    return proofs->bits_prove == NULL ? LV_OK
                                      : proofs->bits_prove(key, of, plain, wish, wishes, job, err);
}

lv_status lv_bits_prove(const lv_secret_key *key, lv_bits_statement statement,
                        const lv_bits_matrices *of, const lv_bits_plain *plain,
                        const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                        lv_error *err)
{
    const lv_bits_wish wish = {statement, context, proof};
    return lv_bits_prove_all(key, of, plain, &wish, 1, job, err);
}

lv_status lv_bits_verify_all(const lv_public_key *key, const lv_bits_claim *claim, size_t claims,
                             const lv_job *job, size_t *bad, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    for (*bad = 0; *bad < claims; (*bad)++) {
        if (!matrices_fit(key, claim[*bad].statement, &claim[*bad].of)) {
            return lv_fail(
                err, LV_INVALID,
                "bit proof: the ciphertexts it speaks of are missing or differ in shape");
        }
        if (proofs->bits_verify == NULL && expect_empty(claim[*bad].proof, err) != LV_OK) {
            return LV_INVALID;
        }
    }
    *bad = 0;
    return proofs->bits_verify == NULL ? LV_OK
                                       : proofs->bits_verify(key, claim, claims, job, bad, err);
}

lv_status lv_bits_verify(const lv_public_key *key, lv_bits_statement statement,
                         const lv_bits_matrices *of, const lv_proof_context *context,
                         const lv_job *job, lv_bytes proof, lv_error *err)
{
    const lv_bits_claim claim = {statement, *of, context, proof};
    size_t bad = 0;
    return lv_bits_verify_all(key, &claim, 1, job, &bad, err);
}

/* ---- one of many ---- */

lv_status lv_one_of_prove(const lv_secret_key *key, const lv_matrix *z, size_t row,
                          const lv_proof_context *context, const lv_job *job, lv_buffer *proof,
                          lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    const lv_proofs *proofs = proofs_of(lv_public_suite(public_key));
    if (!cell_exists(public_key, z, row, 0)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no row %zu to prove", row);
    }
    if (proofs->one_of_prove != NULL) {
        return proofs->one_of_prove(key, z, row, context, job, proof, err);
    }
    unsigned column = 0; /* the answer hides it */
    lv_status status = lv_zero_scan(key, z, row, &column);
    lv_wipe(&column, sizeof column);
    if (status == LV_NOT_FOUND) {
        status = LV_REFUSED;
    }
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "row %zu is not shown to have a zero", row);
}

lv_status lv_one_of_verify(const lv_public_key *key, const lv_matrix *z, size_t row,
                           const lv_proof_context *context, lv_bytes proof, lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    if (!cell_exists(key, z, row, 0)) {
        return lv_fail(err, LV_INVALID, "the proof speaks of row %zu; there is none", row);
    }
    return proofs->one_of_verify == NULL ? expect_empty(proof, err)
                                         : proofs->one_of_verify(key, z, row, context, proof, err);
}

lv_status lv_range_prove(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned column,
                         unsigned bound, const lv_proof_context *context, const lv_job *job,
                         lv_buffer *proof, lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    const lv_proofs *proofs = proofs_of(lv_public_suite(public_key));
    if (!cell_exists(public_key, z, row, column)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is no ciphertext %zu, %u to prove", row, column);
    }
    if (bound == 0 || bound > LV_RANGE_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "a range proof goes up to 1..%d, not to %u",
                       LV_RANGE_MAX, bound);
    }
    if (proofs->range_prove != NULL) {
        return proofs->range_prove(key, z, row, column, bound, context, job, proof, err);
    }
    bool is_zero = false;
    lv_status status = lv_zero_test(key, z, row, column, &is_zero);
    if (status == LV_OK && is_zero) {
        status = LV_REFUSED;
    }
    return status == LV_OK ? LV_OK
                           : lv_fail(err, status, "ciphertext %zu, %u is not shown to be in 1..%u",
                                     row, column, bound);
}

lv_status lv_range_verify(const lv_public_key *key, const lv_matrix *z, size_t row, unsigned column,
                          unsigned bound, const lv_proof_context *context, lv_bytes proof,
                          lv_error *err)
{
    const lv_proofs *proofs = proofs_of(lv_public_suite(key));
    if (!cell_exists(key, z, row, column)) {
        return lv_fail(err, LV_INVALID, "the proof speaks of ciphertext %zu, %u; there is none",
                       row, column);
    }
    if (bound == 0 || bound > LV_RANGE_MAX) {
        return lv_fail(err, LV_INVALID, "a range proof goes up to 1..%d, not to %u", LV_RANGE_MAX,
                       bound);
    }
    return proofs->range_verify == NULL
               ? expect_empty(proof, err)
               : proofs->range_verify(key, z, row, column, bound, context, proof, err);
}
