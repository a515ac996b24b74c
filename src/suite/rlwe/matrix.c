#include "base/writer.h"
#include "suite/rlwe/internal.h"
#include <stdlib.h>
#include <string.h>

enum { NARROW_BLOCK = 32, WIDE_BLOCK = 64 };
enum { WITH_LIMIT = 16 /* beside the formula: a limit follows the head */ };

const lv_rlwe_matrix *lv_rlwe_matrix_of(const lv_matrix *matrix)
{
    return (const lv_rlwe_matrix *)matrix;
}

unsigned lv_rlwe_block(unsigned width) { return width <= NARROW_BLOCK ? NARROW_BLOCK : WIDE_BLOCK; }

size_t lv_rlwe_place(size_t pair, unsigned width) { return pair * lv_rlwe_block(width); }

/* Bytes of `count` values. */
static size_t packed_len(size_t count) { return (count * LV_RLWE_BITS + 7) / 8; }

lv_status lv_rlwe_matrix_new(const lv_rlwe_public *key, size_t pairs, unsigned width, size_t count,
                             lv_rlwe_matrix **out)
{
    *out = NULL;
    lv_rlwe_matrix *matrix = malloc(sizeof *matrix + count * sizeof matrix->b[0]);
    if (matrix == NULL) {
        return LV_E_MEMORY;
    }
    matrix->base = (lv_matrix){
        .suite = &lv_suite_rlwe, .key_bits = LV_RLWE_KEY_BITS, .pairs = pairs, .width = width};
    matrix->ops = key->ops;
    matrix->kind = LV_RLWE_ENCRYPTED;
    memset(matrix->nonce, 0, sizeof matrix->nonce);
    matrix->formula = LV_EQUAL;
    matrix->limit = 0;
    matrix->first = 0;
    matrix->source_width = 0;
    memcpy(matrix->owner, key->commitment, sizeof matrix->owner);
    *out = matrix;
    return LV_OK;
}

void lv_rlwe_matrix_free(lv_matrix *matrix) { free(matrix); }

static lv_status encode_encrypted(const lv_rlwe_matrix *matrix, lv_buffer *out)
{
    size_t count = matrix->base.pairs * lv_rlwe_block(matrix->base.width);
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, LV_RLWE_NONCE_BYTES + packed_len(count), &place);
    if (status == LV_OK) {
        memcpy(place, matrix->nonce[0], LV_RLWE_NONCE_BYTES);
        matrix->ops->pack(place + LV_RLWE_NONCE_BYTES, matrix->b, count);
    }
    return status;
}

static lv_status write_head(const lv_rlwe_matrix *matrix, lv_buffer *out)
{
    const uint8_t with_limit = matrix->kind == LV_RLWE_LIMIT ? WITH_LIMIT : 0;
    lv_status status = lv_buffer_append(out, matrix->nonce, sizeof matrix->nonce);
    if (status == LV_OK) {
        status = lv_write_u8(out, (uint8_t)matrix->formula | with_limit);
    }
    if (status == LV_OK) {
        status = lv_write_u8(out, (uint8_t)matrix->source_width);
    }
    if (status == LV_OK) {
        status = lv_write_u32(out, (uint32_t)matrix->first);
    }
    if (status == LV_OK) {
        status = lv_write_u32(out, (uint32_t)matrix->base.pairs);
    }
    return status == LV_OK && with_limit != 0 ? lv_write_u64(out, matrix->limit) : status;
}

/* Any number of values, so not in the blocks that `pack` takes. */
static lv_status encode_combined(const lv_rlwe_matrix *matrix, lv_buffer *out)
{
    size_t count = matrix->base.pairs * matrix->base.width;
    uint8_t *place = NULL;
    lv_status status = write_head(matrix, out);
    if (status == LV_OK) {
        status = lv_buffer_extend(out, packed_len(count), &place);
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        size_t bit = i * LV_RLWE_BITS; /* starts at a byte or half a byte */
        uint32_t value = matrix->b[i] << bit % 8;
        for (unsigned j = 0; j < 3; j++) {
            place[bit / 8 + j] |= (uint8_t)(value >> 8 * j);
        }
    }
    return status;
}

lv_status lv_rlwe_matrix_encode(const lv_matrix *matrix, lv_buffer *out)
{
    const lv_rlwe_matrix *mine = lv_rlwe_matrix_of(matrix);
    size_t start = out->len;
    lv_status status =
        mine->kind == LV_RLWE_ENCRYPTED ? encode_encrypted(mine, out) : encode_combined(mine, out);
    if (status != LV_OK) {
        out->len = start;
    }
    return status;
}

size_t lv_rlwe_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width)
{
    (void)key;
    return LV_RLWE_NONCE_BYTES + packed_len(pairs * lv_rlwe_block(width));
}

static lv_status name_bad_coefficient(const lv_rlwe_matrix *matrix, size_t count, lv_error *err)
{
    size_t i = 0;
    while (i + 1 < count && matrix->b[i] < LV_RLWE_Q) {
        i++;
    }
    size_t block = lv_rlwe_block(matrix->base.width);
    return lv_fail(err, LV_INVALID, "ciphertext in row %zu, coefficient %zu is not below %u",
                   i / block, i % block, LV_RLWE_Q);
}

lv_status lv_rlwe_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width,
                                lv_bytes bytes, lv_matrix **out, lv_error *err)
{
    size_t count = pairs * lv_rlwe_block(width);
    lv_rlwe_matrix *matrix = NULL;
    lv_status status = lv_rlwe_matrix_new(lv_rlwe_public_of(key), pairs, width, count, &matrix);
    if (status != LV_OK) {
        return lv_fail(err, status, "no memory for a matrix");
    }
    memcpy(matrix->nonce[0], bytes.data, LV_RLWE_NONCE_BYTES);
    if (!matrix->ops->unpack(matrix->b, bytes.data + LV_RLWE_NONCE_BYTES, count)) {
        status = name_bad_coefficient(matrix, count, err);
        lv_rlwe_matrix_free(&matrix->base);
        return status;
    }
    *out = &matrix->base;
    return LV_OK;
}
