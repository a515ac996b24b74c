#include "suite/suite.h"
#include "base/declassify.h"
#include "base/secret.h"
#include <endian.h>
#include <inttypes.h>
#include <string.h>

static const lv_suite *const SUITES[] = {&lv_suite_paillier, &lv_suite_ristretto255,
                                         &lv_suite_rlwe};

const lv_suite *lv_suite_default(void) { return &lv_suite_ristretto255; }

const lv_suite *lv_suite_at(size_t i)
{
    return i < sizeof SUITES / sizeof SUITES[0] ? SUITES[i] : NULL;
}

const lv_suite *lv_suite_find(const char *name)
{
    const lv_suite *suite = NULL;
    for (size_t i = 0; (suite = lv_suite_at(i)) != NULL; i++) {
        if (strcmp(suite->name, name) == 0) {
            break;
        }
    }
    return suite;
}

const char *lv_suite_name(const lv_suite *suite) { return suite->name; }

lv_status lv_suite_check_key_bits(const lv_suite *suite, unsigned key_bits, lv_error *err)
{
    return suite->check_key_bits(key_bits, err);
}

unsigned lv_suite_default_key_bits(const lv_suite *suite) { return suite->default_key_bits; }

size_t lv_suite_set_pairs(const lv_suite *suite) { return suite->set_pairs; }

/* ---- keys ---- */

lv_status lv_key_generate(const lv_suite *suite, unsigned key_bits, const lv_job *job,
                          lv_secret_key **out, lv_error *err)
{
    *out = NULL;
    lv_status status = suite->check_key_bits(key_bits, err);
    return status != LV_OK ? status : suite->key_generate(key_bits, job, out, err);
}

/* An encoding stands whole in its buffer, or not at all. */
static lv_status whole(lv_status status, lv_buffer *out, size_t before)
{
    if (status != LV_OK) {
        lv_buffer_cut(out, before);
    }
    return status;
}

bool lv_suite_shortens(const lv_suite *suite) { return suite->key_shorten != NULL; }

lv_status lv_key_shorten(lv_secret_key *key, lv_error *err)
{
    return lv_suite_shortens(key->suite)
               ? key->suite->key_shorten(key, err)
               : lv_fail(err, LV_E_ARGUMENT, "suite %s has no exponents that could be short",
                         key->suite->name);
}

bool lv_key_is_short(const lv_secret_key *key)
{
    return lv_suite_shortens(key->suite) && key->suite->key_is_short(key);
}

lv_status lv_key_encode(const lv_secret_key *key, lv_buffer *secret)
{
    size_t before = secret->len;
    return whole(key->suite->key_encode(key, secret), secret, before);
}

lv_status lv_key_decode(const lv_suite *suite, lv_bytes secret, lv_secret_key **out, lv_error *err)
{
    *out = NULL;
    return suite->key_decode(secret, out, err);
}

void lv_key_free(lv_secret_key *key)
{
    if (key != NULL) {
        key->suite->key_free(key);
    }
}

const lv_public_key *lv_key_public(const lv_secret_key *key) { return key->public_key; }

lv_status lv_public_encode(const lv_public_key *key, lv_buffer *out)
{
    size_t before = out->len;
    return whole(key->suite->public_encode(key, out), out, before);
}

lv_status lv_public_decode(const lv_suite *suite, lv_bytes bytes, lv_public_key **out,
                           lv_error *err)
{
    *out = NULL;
    return suite->public_decode(bytes, out, err);
}

void lv_public_free(lv_public_key *key)
{
    if (key != NULL) {
        key->suite->public_free(key);
    }
}

const lv_suite *lv_public_suite(const lv_public_key *key) { return key->suite; }

unsigned lv_public_key_bits(const lv_public_key *key) { return key->key_bits; }

/* ---- matrices ---- */

static bool shape_is_legal(size_t pairs, unsigned width)
{
    return pairs >= 1 && pairs <= LV_SET_PAIRS_MAX && width >= 1 && width <= LV_WIDTH_MAX;
}

static bool is_under(const lv_public_key *key, const lv_matrix *matrix)
{
    return matrix->suite == key->suite && matrix->key_bits == key->key_bits;
}

static lv_status check_bits(const lv_bits *bits, lv_error *err)
{
    if (!shape_is_legal(bits->pairs, bits->width)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "cannot encrypt %zu rows of %u bits: 1..%u rows of 1..%d", bits->pairs,
                       bits->width, LV_SET_PAIRS_MAX, LV_WIDTH_MAX);
    }
    uint8_t seen = 0; /* the bits are secret: look at all before saying anything */
    for (size_t i = 0; i < bits->pairs * bits->width; i++) {
        seen |= bits->bits[i];
    }
    uint8_t beyond = seen >> 1;
    lv_declassify(&beyond, sizeof beyond); /* refused aloud; zero where all are bits */
    return beyond == 0 ? LV_OK
                       : lv_fail(err, LV_E_ARGUMENT, "cannot encrypt what is neither 0 nor 1");
}

lv_status lv_encrypt(const lv_secret_key *key, const lv_bits *bits, const lv_job *job,
                     lv_matrix **out, lv_error *err)
{
    *out = NULL;
    lv_status status = check_bits(bits, err);
    return status != LV_OK ? status : key->suite->encrypt(key, bits, job, out, err);
}

void lv_matrix_free(lv_matrix *matrix)
{
    if (matrix != NULL) {
        matrix->suite->matrix_free(matrix);
    }
}

size_t lv_matrix_pairs(const lv_matrix *matrix) { return matrix->pairs; }

unsigned lv_matrix_width(const lv_matrix *matrix) { return matrix->width; }

lv_status lv_matrix_encode(const lv_matrix *matrix, lv_buffer *out)
{
    size_t before = out->len;
    return whole(matrix->suite->matrix_encode(matrix, out), out, before);
}

size_t lv_matrix_encoded_len(const lv_public_key *key, size_t pairs, unsigned width)
{
    return key->suite->matrix_encoded_len(key, pairs, width);
}

lv_status lv_matrix_decode(const lv_public_key *key, size_t pairs, unsigned width, lv_bytes bytes,
                           lv_matrix **out, lv_error *err)
{
    *out = NULL;
    if (!shape_is_legal(pairs, width)) {
        return lv_fail(err, LV_E_SYNTAX,
                       "a matrix of %zu rows of %u ciphertexts: 1..%u rows of 1..%d", pairs, width,
                       LV_SET_PAIRS_MAX, LV_WIDTH_MAX);
    }
    size_t need = lv_matrix_encoded_len(key, pairs, width);
    if (bytes.len != need) {
        return lv_fail(err, LV_E_SYNTAX, "%zu rows of %u ciphertexts take %zu bytes, not %zu",
                       pairs, width, need, bytes.len);
    }
    return key->suite->matrix_decode(key, pairs, width, bytes, out, err);
}

static lv_status check_rows(const lv_matrix *x, size_t first, size_t count, lv_error *err)
{
    return count > 0 && first <= x->pairs && count <= x->pairs - first
               ? LV_OK
               : lv_fail(err, LV_E_ARGUMENT, "there are no rows %zu to %zu: the matrices have %zu",
                         first, first + count, x->pairs);
}

/* Whether x, y and a third matrix stand under the key and have one shape, and the rows exist. */
static lv_status check_sources(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                               const lv_matrix *third, size_t first, size_t count, lv_error *err)
{
    const lv_matrix *given[] = {x, y, third};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (!is_under(key, given[i]) || given[i]->pairs != x->pairs ||
            given[i]->width != x->width) {
            return lv_fail(err, LV_E_ARGUMENT, "the matrices to combine differ in key or shape");
        }
    }
    return check_rows(x, first, count, err);
}

static lv_status check_formula(lv_formula formula, lv_error *err)
{
    return formula == LV_EQUAL || formula == LV_RISE || formula == LV_FALL
               ? LV_OK
               : lv_fail(err, LV_E_ARGUMENT, "there is no formula (%d)", (int)formula);
}

lv_status lv_combine(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                     const lv_matrix *w, lv_formula formula, size_t first, size_t count,
                     const lv_job *job, lv_matrix **z, lv_error *err)
{
    *z = NULL;
    lv_status status = check_sources(key, x, y, w, first, count, err);
    if (status == LV_OK) {
        status = check_formula(formula, err);
    }
    return status != LV_OK ? status
                           : key->suite->combine(key, x, y, w, formula, first, count, job, z, err);
}

lv_status lv_combine_limit(const lv_public_key *key, const lv_matrix *x, uint64_t limit,
                           lv_formula formula, size_t first, size_t count, const lv_job *job,
                           lv_matrix **z, lv_error *err)
{
    *z = NULL;
    lv_status status = check_sources(key, x, x, x, first, count, err);
    if (status == LV_OK) {
        status = check_formula(formula, err);
    }
    if (status == LV_OK && limit >> x->width != 0) {
        status = lv_fail(err, LV_E_ARGUMENT, "the limit %" PRIu64 " takes more than %u bits", limit,
                         x->width);
    }
    return status != LV_OK
               ? status
               : key->suite->combine_limit(key, x, limit, formula, first, count, job, z, err);
}

bool lv_suite_weighs(const lv_suite *suite) { return suite->combine_distance != NULL; }

lv_status lv_combine_distance(const lv_public_key *key, const lv_matrix *x, const lv_matrix *y,
                              const lv_matrix *d, lv_formula direction, size_t first, size_t count,
                              const lv_job *job, lv_matrix **z, lv_error *err)
{
    *z = NULL;
    if (!lv_suite_weighs(key->suite)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "suite %s cannot tell distances: its plaintexts are too "
                       "small for a whole value",
                       key->suite->name);
    }
    lv_status status = check_sources(key, x, y, d, first, count, err);
    if (status == LV_OK && direction != LV_RISE && direction != LV_FALL) {
        status = lv_fail(err, LV_E_ARGUMENT, "a distance is that of a rise or of a fall");
    }
    return status != LV_OK
               ? status
               : key->suite->combine_distance(key, x, y, d, direction, first, count, job, z, err);
}

/* ---- masks ---- */

bool lv_suite_has_masks(const lv_suite *suite) { return suite->masks_make != NULL; }

static lv_status no_masks(const lv_suite *suite, lv_error *err)
{
    return lv_fail(err, LV_E_ARGUMENT, "suite %s has no masks to make ahead", suite->name);
}

lv_status lv_masks_make(const lv_secret_key *key, size_t count, const lv_job *job, lv_masks **out,
                        lv_error *err)
{
    *out = NULL;
    if (!lv_suite_has_masks(key->suite)) {
        return no_masks(key->suite, err);
    }
    if (count == 0 || count > LV_MASKS_MAX) {
        return lv_fail(err, LV_E_ARGUMENT, "cannot make %zu masks at once: 1..%u", count,
                       LV_MASKS_MAX);
    }
    return key->suite->masks_make(key, count, job, out, err);
}

void lv_masks_free(lv_masks *masks)
{
    if (masks != NULL) {
        masks->suite->masks_free(masks);
    }
}

const lv_public_key *lv_masks_public(const lv_masks *masks) { return masks->public_key; }

size_t lv_masks_left(const lv_masks *masks) { return masks->count - masks->used; }

lv_status lv_masks_encode(const lv_masks *masks, lv_buffer *secret)
{
    return masks->suite->masks_encode(masks, secret);
}

lv_status lv_masks_decode(const lv_suite *suite, lv_bytes secret, lv_masks **out, lv_error *err)
{
    *out = NULL;
    return lv_suite_has_masks(suite) ? suite->masks_decode(secret, out, err) : no_masks(suite, err);
}

lv_status lv_encrypt_with(lv_masks *masks, const lv_bits *bits, const lv_job *job, lv_matrix **out,
                          lv_error *err)
{
    *out = NULL;
    lv_status status = check_bits(bits, err);
    if (status == LV_OK && lv_masks_left(masks) < bits->pairs * bits->width) {
        status = lv_fail(err, LV_E_ARGUMENT, "%zu masks are left, and %zu bits are to be encrypted",
                         lv_masks_left(masks), bits->pairs * bits->width);
    }
    return status != LV_OK ? status : masks->suite->encrypt_with(masks, bits, job, out, err);
}

/* ---- zero ---- */

lv_status lv_zero_test(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned column,
                       bool *is_zero)
{
    *is_zero = false;
    if (!is_under(key->public_key, z) || row >= z->pairs || column >= z->width) {
        return LV_E_ARGUMENT;
    }
    lv_status status = key->suite->zero_test(key, z, row, column, 1, is_zero);
    lv_declassify(is_zero, sizeof *is_zero); /* the answer the caller was asked to tell */
    return status;
}

enum { WORD_BITS = 64 };

_Static_assert(LV_WIDTH_MAX <= WORD_BITS, "the columns of a row are the bits of a word");

/* Bit i is flag i, of the first `count`, beyond which none is set; a product gathers eight of them.
 */
static uint64_t word_of(const bool flags[WORD_BITS], unsigned count)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < count; i += 8) {
        uint64_t eight = 0;
        memcpy(&eight, flags + i, sizeof eight);
        word |= le64toh(eight) * UINT64_C(0x0102040810204080) >> 56 << i;
    }
    return word;
}

/* The place of the lowest one, which is below `width`; 0 where there is none. In constant time. */
static unsigned lowest_place(uint64_t word, unsigned width)
{
    static const uint64_t has_bit[] = {UINT64_C(0xaaaaaaaaaaaaaaaa), UINT64_C(0xcccccccccccccccc),
                                       UINT64_C(0xf0f0f0f0f0f0f0f0), UINT64_C(0xff00ff00ff00ff00),
                                       UINT64_C(0xffff0000ffff0000), UINT64_C(0xffffffff00000000)};
    const uint64_t lowest = word & (0 - word);
    unsigned place = 0;
    for (unsigned i = 0; 1U << i < width; i++) {
        uint64_t masked = lowest & has_bit[i];
        place |= (unsigned)((masked | (0 - masked)) >> 63) << i;
    }
    return place;
}

lv_status lv_zero_scan(const lv_secret_key *key, const lv_matrix *z, size_t row, unsigned *column)
{
    *column = 0;
    bool is_zero[WORD_BITS] = {false};
    if (!is_under(key->public_key, z) || row >= z->pairs) {
        return LV_E_ARGUMENT;
    }
    lv_status status = key->suite->zero_test(key, z, row, 0, z->width, is_zero);
    const uint64_t zeros = word_of(is_zero, z->width);
    uint32_t found = (uint32_t)((zeros | (0 - zeros)) >> 63);
    *column = lowest_place(zeros, z->width);
    lv_wipe(is_zero, sizeof is_zero);
    lv_declassify(&found, sizeof found); /* that there is one is the status; where stays secret */
    if (status != LV_OK) {
        return status;
    }
    return found != 0 ? LV_OK : LV_NOT_FOUND;
}

/* ---- audit ---- */

lv_status lv_open_row_vartime(const lv_secret_key *key, const lv_matrix *matrix, size_t row,
                              lv_opened *cells)
{
    if (!is_under(key->public_key, matrix) || row >= matrix->pairs) {
        return LV_E_ARGUMENT;
    }
    return key->suite->open_row_vartime(key, matrix, row, cells);
}
