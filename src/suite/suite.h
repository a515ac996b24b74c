/** What a suite implements. suite.c checks arguments that are the same for all of them (shapes,
 *  ranges, that key and matrices belong together), so a slot may rely on them. */
#ifndef LV_SUITE_SUITE_H
#define LV_SUITE_SUITE_H

#include <lotveil/suite.h>

/* Each suite's own structs begin with one of these three. */
struct lv_public_key {
    const lv_suite *suite;
    unsigned key_bits;
};

struct lv_secret_key {
    const lv_suite *suite;
    const lv_public_key *public_key; /* owned by the secret key */
};

struct lv_matrix {
    const lv_suite *suite;
    unsigned key_bits; /* of the key it stands under */
    size_t pairs;
    unsigned width;
};

/* And masks with this one. */
struct lv_masks {
    const lv_suite *suite;
    const lv_public_key *public_key; /* owned by the masks */
    size_t count;
    size_t used; /* the first so many are */
};

/** Every slot is filled but where it says so; contracts are those of the functions of
 * lotveil/suite.h named beside them, unless more is said. Outputs are NULL or zero when a slot is
 * called. */
struct lv_suite {
    const char *name;
    unsigned default_key_bits;

    /** lv_suite_set_pairs. */
    size_t set_pairs;

    /** lv_suite_check_key_bits. */
    lv_status (*check_key_bits)(unsigned key_bits, lv_error *err);

    /** lv_key_generate; key_bits has been checked. */
    lv_status (*key_generate)(unsigned key_bits, const lv_job *job, lv_secret_key **out,
                              lv_error *err);
    /** lv_key_shorten and lv_key_is_short. NULL together where keys cannot be shortened. */
    lv_status (*key_shorten)(lv_secret_key *key, lv_error *err);
    bool (*key_is_short)(const lv_secret_key *key);
    lv_status (*key_encode)(const lv_secret_key *key, lv_buffer *secret);
    lv_status (*key_decode)(lv_bytes secret, lv_secret_key **out, lv_error *err);
    /** Frees and wipes; key is not NULL. */
    void (*key_free)(lv_secret_key *key);

    lv_status (*public_encode)(const lv_public_key *key, lv_buffer *out);
    lv_status (*public_decode)(lv_bytes bytes, lv_public_key **out, lv_error *err);
    /** Frees; key is not NULL. */
    void (*public_free)(lv_public_key *key);

    /** lv_encrypt; every bit has been checked to be 0 or 1. */
    lv_status (*encrypt)(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                         lv_matrix **out, lv_error *err);

    /** lv_masks_make; count has been checked. These five are NULL together. */
    lv_status (*masks_make)(const lv_secret_key *key, size_t count, const lv_job *job,
                            lv_masks **out, lv_error *err);
    /** Frees and wipes; masks is not NULL. */
    void (*masks_free)(lv_masks *masks);
    lv_status (*masks_encode)(const lv_masks *masks, lv_buffer *secret);
    lv_status (*masks_decode)(lv_bytes secret, lv_masks **out, lv_error *err);
    /** lv_encrypt_with; every bit has been checked, and that enough masks are left. Moves `used`.
     */
    lv_status (*encrypt_with)(lv_masks *masks, const lv_bits *bits, const lv_job *job,
                              lv_matrix **out, lv_error *err);

    /** Frees; matrix is not NULL. */
    void (*matrix_free)(lv_matrix *matrix);
    lv_status (*matrix_encode)(const lv_matrix *matrix, lv_buffer *out);
    size_t (*matrix_encoded_len)(const lv_public_key *key, size_t pairs, unsigned width);
    /** lv_matrix_decode; the length has been checked. */
    lv_status (*matrix_decode)(const lv_public_key *key, size_t pairs, unsigned width,
                               lv_bytes bytes, lv_matrix **out, lv_error *err);

    /** lv_combine; shapes agree and the rows exist. */
    lv_status (*combine)(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                         const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                         const lv_job *job, lv_matrix **z, lv_error *err);

    /** lv_combine_limit; the limit fits and the rows exist. */
    lv_status (*combine_limit)(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                               lv_formula formula, size_t first, size_t count, const lv_job *job,
                               lv_matrix **z, lv_error *err);

    /** lv_combine_distance; shapes agree and the rows exist. NULL where the suite does not weigh.
     */
    lv_status (*combine_distance)(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                                  const lv_matrix *d, lv_formula direction, size_t first,
                                  size_t count, const lv_job *job, lv_matrix **z, lv_error *err);

    /** Tells for `count` columns of a row, from column `first` on, whether they decrypt to zero:
     *  is_zero[i] speaks of column first + i. Constant time, in the answers too: they stay secret.
     */
    lv_status (*zero_test)(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned first,
                           unsigned count, bool *is_zero);

    /** lv_open_row_vartime; the row exists. */
    lv_status (*open_row_vartime)(const lv_secret_key *key, const lv_matrix *matrix, size_t row,
                                  lv_opened *cells);
};

/** The suites there are. */
extern const lv_suite lv_suite_paillier;
extern const lv_suite lv_suite_ristretto255;
extern const lv_suite lv_suite_rlwe;

#endif
