/** What the files of suite `ristretto255` share. */
#ifndef LV_RISTRETTO_INTERNAL_H
#define LV_RISTRETTO_INTERNAL_H

#include "suite/ristretto/ristretto.h"
#include "suite/suite.h"

typedef struct {
    lv_public_key base;
    lv_point p;
    uint8_t encoded[LV_POINT_LEN];
} lv_ristretto_public;

typedef struct {
    lv_secret_key base;
    lv_ristretto_public public_key;
    lv_scalar s;
} lv_ristretto_secret;

/** Ciphertexts, row by row. */
typedef struct {
    lv_matrix base;
    lv_point *points; /* two for each */
    uint8_t *encoded; /* their encodings; NULL where the matrix was combined */
} lv_ristretto_matrix;

/* key.c */
lv_status lv_ristretto_check_key_bits(unsigned key_bits, lv_error *err);
lv_status lv_ristretto_key_generate(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                                    lv_error *err);
lv_status lv_ristretto_key_encode(const lv_secret_key *key, lv_buffer *secret);
lv_status lv_ristretto_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err);
void lv_ristretto_key_free(lv_secret_key *key);
lv_status lv_ristretto_public_encode(const lv_public_key *key, lv_buffer *out);
lv_status lv_ristretto_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err);
void lv_ristretto_public_free(lv_public_key *key);

/* matrix.c */

/** @param encoded  whether to make room for the encodings as well. */
LV_MUST_CHECK lv_status lv_ristretto_matrix_new(size_t pairs, unsigned width, bool encoded,
                                                lv_ristretto_matrix **out);
void lv_ristretto_matrix_free(lv_matrix *matrix);
lv_status lv_ristretto_matrix_encode(const lv_matrix *matrix, lv_buffer *out);
size_t lv_ristretto_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width);
lv_status lv_ristretto_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                     lv_bytes bytes, lv_matrix **out, lv_error *err);

/* encrypt.c */
lv_status lv_ristretto_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                               lv_matrix **out, lv_error *err);

/* combine.c */

/** The constant of formula (1) or (2): G or -G. */
lv_point lv_ristretto_constant(lv_formula formula);

lv_status lv_ristretto_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                               const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                               const lv_job *job, lv_matrix **z, lv_error *err);

/* limit.c */
lv_status lv_ristretto_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                                     lv_formula formula, size_t first, size_t count,
                                     const lv_job *job, lv_matrix **z, lv_error *err);

/* distance.c */
lv_status lv_ristretto_combine_distance(const lv_public_key *key, const lv_matrix *x,
                                        const lv_matrix *y, const lv_matrix *d,
                                        lv_formula direction, size_t first, size_t count,
                                        const lv_job *job, lv_matrix **z, lv_error *err);

/* zero.c */
lv_status lv_ristretto_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row,
                                 unsigned first, unsigned count, bool *is_zero);

/* open.c */
lv_status lv_ristretto_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix,
                                        size_t row, lv_opened *cells);

#endif
