#include "suite/ristretto/internal.h"
#include <stdlib.h>
#include <string.h>

lv_status lv_ristretto_matrix_new(size_t pairs, unsigned width, bool encoded,
                                  lv_ristretto_matrix **out)
{
    size_t cells = pairs * width;
    *out = NULL;
    lv_ristretto_matrix *matrix = calloc(1, sizeof *matrix);
    if (matrix == NULL) {
        return LV_E_MEMORY;
    }
    matrix->base = (lv_matrix){.suite = &lv_suite_ristretto255,
                               .key_bits = LV_RISTRETTO_BITS,
                               .pairs = pairs,
                               .width = width};
    matrix->points = calloc(2 * cells, sizeof *matrix->points);
    matrix->encoded = encoded ? calloc(cells, LV_CIPHERTEXT_LEN) : NULL;
    if (matrix->points == NULL || (encoded && matrix->encoded == NULL)) {
        lv_ristretto_matrix_free(&matrix->base);
        return LV_E_MEMORY;
    }
    *out = matrix;
    return LV_OK;
}

void lv_ristretto_matrix_free(lv_matrix *matrix)
{
    lv_ristretto_matrix *mine = (lv_ristretto_matrix *)matrix;
    free(mine->points);
    free(mine->encoded);
    free(mine);
}

const lv_point *lv_ristretto_ciphertext(const lv_matrix *matrix, size_t row, unsigned column)
{
    return ((const lv_ristretto_matrix *)matrix)->points + 2 * (row * matrix->width + column);
}

lv_status lv_ristretto_matrix_encode(const lv_matrix *matrix, lv_buffer *out)
{
    const lv_ristretto_matrix *mine = (const lv_ristretto_matrix *)matrix;
    size_t cells = matrix->pairs * matrix->width;
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, cells * LV_CIPHERTEXT_LEN, &place);
    if (status != LV_OK) {
        return status;
    }
    if (mine->encoded != NULL) {
        memcpy(place, mine->encoded, cells * LV_CIPHERTEXT_LEN);
    } else {
        lv_curve_best()->encode(place, mine->points, 2 * cells);
    }
    return LV_OK;
}

void lv_ristretto_row_encode(const lv_matrix *matrix, size_t row, uint8_t *out)
{
    const lv_ristretto_matrix *mine = (const lv_ristretto_matrix *)matrix;
    const size_t first = row * matrix->width;
    if (mine->encoded != NULL) {
        memcpy(out, mine->encoded + first * LV_CIPHERTEXT_LEN, matrix->width * LV_CIPHERTEXT_LEN);
    } else {
        lv_curve_best()->encode(out, mine->points + 2 * first, (size_t)2 * matrix->width);
    }
}

size_t lv_ristretto_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width)
{
    (void)key;
    return pairs * width * LV_CIPHERTEXT_LEN;
}

/* Points read at once: little memory for what `good` tells. */
enum { STEP = 256 };

static lv_status decode_all(lv_ristretto_matrix *matrix, lv_error *err)
{
    size_t points = 2 * matrix->base.pairs * matrix->base.width;
    for (size_t i = 0; i < points; i += STEP) {
        bool good[STEP];
        size_t count = points - i < STEP ? points - i : STEP;
        lv_curve_best()->decode(matrix->points + i, good, matrix->encoded + i * LV_POINT_LEN,
                                count);
        for (size_t j = 0; j < count; j++) {
            if (!good[j]) {
                size_t cell = (i + j) / 2;
                return lv_fail(err, LV_INVALID,
                               "ciphertext in row %zu, column %zu: C%zu is not the encoding of a "
                               "point, or the identity",
                               cell / matrix->base.width, cell % matrix->base.width, j % 2 + 1);
            }
        }
    }
    return LV_OK;
}

lv_status lv_ristretto_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                     lv_bytes bytes, lv_matrix **out, lv_error *err)
{
    (void)key;
    lv_ristretto_matrix *matrix = NULL;
    lv_status status = lv_ristretto_matrix_new(pairs, width, true, &matrix);
    if (status != LV_OK) {
        return status;
    }
    memcpy(matrix->encoded, bytes.data, bytes.len);
    status = decode_all(matrix, err);
    if (status != LV_OK) {
        lv_ristretto_matrix_free(&matrix->base);
        return status;
    }
    *out = &matrix->base;
    return LV_OK;
}
