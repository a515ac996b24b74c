#include "base/declassify.h"
#include "base/secret.h"
#include "suite/paillier/internal.h"

/* c decrypts to zero modulo p exactly where c is an n-th residue modulo p^2, that is where
 * c^(p-1) = 1 mod p^2. Plaintexts of the formulas stay far below p in absolute value, so zero
 * modulo p is zero; a ciphertext made to be zero modulo p alone would need p. */
static bool is_zero_mod_square(const lv_side *side, const mp_limb_t *cell, mp_size_t limbs)
{
    lv_dual power;
    lv_mont_scratch scratch;
    mp_limb_t padded[LV_DUAL_INPUT_MAX];
    mp_size_t len = limbs < side->mont.n ? side->mont.n : limbs;

    mpn_zero(padded, len);
    mpn_copyi(padded, cell, limbs);
    lv_dual_from_limbs(&side->mont, &power, padded, len);
    lv_dual_enter(&side->mont, &power, &power, &scratch);
    lv_dual_pow(&side->mont, &power, &power, side->order, (mp_size_t)side->bits, &scratch);
    unsigned one = lv_dual_equal(&side->mont, &power, &side->mont.one);
    lv_dual_wipe(&side->mont, &power);
    lv_mont_scratch_wipe(&side->mont, &scratch);
    return one != 0;
}

bool lv_paillier_is_residue(const lv_secret_key *key, const lv_matrix *z, size_t row,
                            unsigned column)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    const lv_paillier_matrix *cells = lv_paillier_matrix_of(z);
    const mp_limb_t *cell = lv_paillier_cell(cells, row, column);
    bool modulo_p = is_zero_mod_square(&mine->side[0], cell, cells->limbs);
    bool modulo_q = is_zero_mod_square(&mine->side[1], cell, cells->limbs);
    bool residue = modulo_p & modulo_q;
    lv_declassify(&residue, sizeof residue); /* the answer, which the caller was asked to tell */
    return residue;
}

lv_status lv_paillier_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                unsigned first, unsigned count, bool *is_zero)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    const lv_paillier_matrix *cells = lv_paillier_matrix_of(z);
    for (unsigned i = 0; i < count; i++) {
        is_zero[i] = is_zero_mod_square(&mine->side[0], lv_paillier_cell(cells, row, first + i),
                                        cells->limbs);
    }
    return LV_OK;
}

/* m = L(c^lambda mod n^2) / lambda mod n with L(u) = (u - 1) / n, formulas (4) and (5) of the
 * paper with g = n + 1, for which L(g^lambda) = lambda. */
static void decrypt_vartime(const lv_paillier_secret *key, mpz_srcptr c, mpz_t m)
{
    const lv_paillier_public *public_key = key->public_key;
    mpz_t lambda;
    mpz_t q_order;
    mpz_init(lambda);
    mpz_roinit_n(q_order, key->side[1].order, key->side[1].mont.n);
    mpz_t p_order;
    mpz_roinit_n(p_order, key->side[0].order, key->side[0].mont.n);
    mpz_mul(lambda, p_order, q_order);
    mpz_powm_sec(m, c, lambda, public_key->n2);
    mpz_sub_ui(m, m, 1);
    mpz_divexact(m, m, public_key->n);
    mpz_invert(lambda, lambda, public_key->n);
    mpz_mul(m, m, lambda);
    mpz_fdiv_r(m, m, public_key->n);
    lv_mpz_wipe(lambda);
}

lv_status lv_paillier_decrypt_small_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                            size_t row, unsigned column, int *value)
{
    *value = 0;
    if (matrix->suite != &lv_suite_paillier || matrix->key_bits != key->public_key->key_bits ||
        row >= matrix->pairs || column >= matrix->width) {
        return LV_E_ARGUMENT;
    }
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    lv_status status = LV_NOT_FOUND;
    mpz_t view;
    mpz_t m;
    mpz_init(m);
    decrypt_vartime(mine, lv_paillier_ciphertext(matrix, row, column, view), m);
    if (mpz_cmp_ui(m, LV_PAILLIER_SMALL_MAX) > 0) {
        mpz_sub(m, m, mine->public_key->n);
    }
    if (mpz_cmpabs_ui(m, LV_PAILLIER_SMALL_MAX) <= 0) {
        *value = (int)mpz_get_si(m);
        status = LV_OK;
    }
    lv_mpz_wipe(m);
    return status;
}
