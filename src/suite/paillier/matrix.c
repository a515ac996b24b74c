#include "suite/paillier/internal.h"
#include <stdlib.h>

const lv_paillier_matrix *lv_paillier_matrix_of(const lv_matrix *matrix)
{
    return (const lv_paillier_matrix *)matrix;
}

lv_status lv_paillier_matrix_new(const lv_paillier_public *key, size_t pairs, unsigned width,
                                 lv_paillier_matrix **out)
{
    *out = NULL;
    lv_paillier_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix == NULL) {
        return LV_E_MEMORY;
    }
    matrix->base = (lv_matrix){.suite = &lv_suite_paillier,
                               .key_bits = key->base.key_bits,
                               .pairs = pairs,
                               .width = width};
    matrix->limbs = key->limbs;
    matrix->bytes = key->bytes;
    matrix->cells = calloc(pairs * width, (size_t)key->limbs * sizeof(mp_limb_t));
    if (matrix->cells == NULL) {
        free(matrix);
        return LV_E_MEMORY;
    }
    *out = matrix;
    return LV_OK;
}

void lv_paillier_matrix_free(lv_matrix *matrix)
{
    lv_paillier_matrix *mine = (lv_paillier_matrix *)matrix;
    free(mine->cells);
    free(mine);
}

mp_limb_t *lv_paillier_cell(const lv_paillier_matrix *matrix, size_t row, unsigned column)
{
    return matrix->cells + (row * matrix->base.width + column) * (size_t)matrix->limbs;
}

mpz_srcptr lv_paillier_ciphertext(const lv_matrix *matrix, size_t row, unsigned column, mpz_t view)
{
    const lv_paillier_matrix *mine = lv_paillier_matrix_of(matrix);
    return mpz_roinit_n(view, lv_paillier_cell(mine, row, column), mine->limbs);
}

void lv_paillier_cell_set(const lv_paillier_matrix *matrix, size_t row, unsigned column,
                          const mpz_t value)
{
    mp_limb_t *cell = lv_paillier_cell(matrix, row, column);
    mp_size_t used = (mp_size_t)mpz_size(value);
    mpn_copyi(cell, mpz_limbs_read(value), used);
    mpn_zero(cell + used, matrix->limbs - used);
}

lv_status lv_paillier_matrix_encode(const lv_matrix *matrix, lv_buffer *out)
{
    const lv_paillier_matrix *mine = lv_paillier_matrix_of(matrix);
    size_t start = out->len;
    for (size_t row = 0; row < matrix->pairs; row++) {
        for (unsigned column = 0; column < matrix->width; column++) {
            mpz_t view;
            lv_paillier_ciphertext(matrix, row, column, view);
            lv_status status = lv_paillier_write(out, view, 2 * mine->bytes);
            if (status != LV_OK) {
                out->len = start;
                return status;
            }
        }
    }
    return LV_OK;
}

size_t lv_paillier_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width)
{
    return pairs * width * 2 * lv_paillier_public_of(key)->bytes;
}

static lv_status bad_cell(const lv_paillier_matrix *matrix, size_t i, const char *why,
                          lv_error *err)
{
    return lv_fail(err, LV_INVALID, "ciphertext in row %zu, column %zu %s", i / matrix->base.width,
                   i % matrix->base.width, why);
}

/* Reads every ciphertext, checks its range and multiplies all into `product` modulo n. */
static lv_status read_cells(const lv_paillier_public *key, lv_paillier_matrix *matrix,
                            lv_bytes bytes, mpz_t product, lv_error *err)
{
    size_t size = 2 * key->bytes;
    lv_status status = LV_OK;
    mpz_t c;
    mpz_init(c);
    mpz_set_ui(product, 1);
    for (size_t i = 0; i < bytes.len / size && status == LV_OK; i++) {
        lv_paillier_read(c, (lv_bytes){.data = bytes.data + i * size, .len = size});
        if (mpz_sgn(c) == 0 || mpz_cmp(c, key->n2) >= 0) {
            status = bad_cell(matrix, i, "is outside 1 .. n^2 - 1", err);
            break;
        }
        lv_paillier_cell_set(matrix, i / matrix->base.width, (unsigned)(i % matrix->base.width), c);
        mpz_tdiv_r(c, c, key->n);
        mpz_mul(product, product, c);
        mpz_tdiv_r(product, product, key->n);
    }
    mpz_clear(c);
    return status;
}

/* Finds the first ciphertext that shares a factor with n: there is one. */
static lv_status find_shared_factor(const lv_paillier_public *key, const lv_paillier_matrix *matrix,
                                    lv_error *err)
{
    lv_status status = LV_INVALID;
    mpz_t gcd;
    mpz_init(gcd);
    for (size_t i = 0; i < matrix->base.pairs * matrix->base.width; i++) {
        mpz_t view;
        lv_paillier_ciphertext(&matrix->base, i / matrix->base.width,
                               (unsigned)(i % matrix->base.width), view);
        mpz_gcd(gcd, view, key->n);
        if (mpz_cmp_ui(gcd, 1) != 0) {
            status = bad_cell(matrix, i, "shares a factor with n", err);
            break;
        }
    }
    mpz_clear(gcd);
    return status;
}

lv_status lv_paillier_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                    lv_bytes bytes, lv_matrix **out, lv_error *err)
{
    const lv_paillier_public *mine = lv_paillier_public_of(key);
    lv_paillier_matrix *matrix = NULL;
    lv_status status = lv_paillier_matrix_new(mine, pairs, width, &matrix);
    if (status != LV_OK) {
        return status;
    }
    mpz_t product;
    mpz_init(product);
    status = read_cells(mine, matrix, bytes, product, err);
    if (status == LV_OK) {
        mpz_gcd(product, product, mine->n);
        if (mpz_cmp_ui(product, 1) != 0) {
            status = find_shared_factor(mine, matrix, err);
        }
    }
    mpz_clear(product);
    if (status != LV_OK) {
        lv_paillier_matrix_free(&matrix->base);
        return status;
    }
    *out = &matrix->base;
    return LV_OK;
}
