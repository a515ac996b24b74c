#include "record/appendix_a.h"
#include "base/secret.h"
#include "base/writer.h"
#include "quality/text.h"
#include "record/appendix_a_read.h"
#include "suite/paillier/paillier.h"
#include <stdlib.h>
#include <string.h>

static const unsigned KEY_BITS_MIN = 4; /* the published example has 32: no key for use */

const char *lv_bit_order_name(lv_bit_order order)
{
    return order == LV_BITS_MSB_FIRST ? "msb-first" : "lsb-first";
}

const char *lv_appendix_array_name(lv_appendix_array array)
{
    static const char *const names[LV_APPENDIX_ARRAYS] = {"T1Q_args", "T2Q_args", "XOR_args"};
    return names[array];
}

/* ---- building ---- */

lv_status lv_appendix_put(char **slot, lv_bytes digits, lv_error *err)
{
    if (digits.len == 0 || (digits.len > 1 && digits.data[0] == '0')) {
        return lv_fail(err, LV_E_SYNTAX,
                       "this is no decimal integer (without sign, blanks or leading zeros)");
    }
    if (digits.len > LV_APPENDIX_DIGITS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "over %u digits", LV_APPENDIX_DIGITS_MAX);
    }
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return lv_fail(err, LV_E_SYNTAX,
                           "this is no decimal integer (character %zu is no digit)", i + 1);
        }
    }
    *slot = strndup((const char *)digits.data, digits.len);
    return *slot == NULL ? lv_fail(err, LV_E_MEMORY, "no memory") : LV_OK;
}

lv_status lv_appendix_push(lv_appendix_list *list, lv_bytes digits, lv_error *err)
{
    if (list->items == NULL) {
        list->items = (char **)calloc(LV_WIDTH_MAX, sizeof(char *));
        if (list->items == NULL) {
            return lv_fail(err, LV_E_MEMORY, "no memory");
        }
    }
    if (list->count == LV_WIDTH_MAX) {
        return lv_fail(err, LV_E_LIMIT, "over %d ciphertexts in one array", LV_WIDTH_MAX);
    }
    lv_status status = lv_appendix_put(&list->items[list->count], digits, err);
    if (status == LV_OK) {
        list->count++;
    }
    return status;
}

lv_status lv_appendix_put_lot(lv_appendix *appendix, lv_bytes lot, lv_error *err)
{
    if (lot.len > 0 && lot.len <= LV_LOT_MAX && memchr(lot.data, 0, lot.len) == NULL) {
        memcpy(appendix->lot, lot.data, lot.len);
        appendix->lot[lot.len] = '\0';
        if (lv_text_is_plain(appendix->lot, LV_LOT_MAX)) {
            return LV_OK;
        }
    }
    appendix->lot[0] = '\0';
    return lv_fail(err, LV_E_SYNTAX,
                   "the lot must be UTF-8 of 1 to %u bytes, without control characters and without "
                   "blanks at its ends",
                   LV_LOT_MAX);
}

void lv_appendix_free(lv_appendix *appendix)
{
    if (appendix == NULL) {
        return;
    }
    free(appendix->n);
    free(appendix->n_squared);
    free(appendix->n_plusone);
    for (size_t a = 0; a < LV_APPENDIX_ARRAYS; a++) {
        lv_appendix_list *list = &appendix->arrays[a];
        for (size_t i = 0; i < list->count; i++) {
            free(list->items[i]);
        }
        free((void *)list->items);
    }
    *appendix = (lv_appendix){0};
}

static void reverse(lv_appendix_list *list)
{
    for (size_t i = 0; i < list->count / 2; i++) {
        char *item = list->items[i];
        list->items[i] = list->items[list->count - 1 - i];
        list->items[list->count - 1 - i] = item;
    }
}

void lv_appendix_reorder(lv_appendix *appendix, lv_bit_order order)
{
    if (appendix->order == order) {
        return;
    }
    for (size_t a = 0; a < LV_APPENDIX_ARRAYS; a++) {
        reverse(&appendix->arrays[a]);
    }
    appendix->order = order;
}

/* ---- reading ---- */

static bool is_json(lv_bytes bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        if (strchr(" \t\r\n", bytes.data[i]) == NULL) {
            return bytes.data[i] == '{';
        }
    }
    return false;
}

/* Is all there that belongs together? */
static lv_status check_whole(const lv_appendix *appendix, lv_error *err)
{
    const lv_appendix_list *arrays = appendix->arrays;

    const struct {
        const char *name;
        const char *value;
    } keys[] = {
        {"n", appendix->n}, {"n_squared", appendix->n_squared}, {"n_plusone", appendix->n_plusone}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (keys[i].value == NULL) {
            return lv_fail(err, LV_E_SYNTAX, "%s is missing", keys[i].name);
        }
    }
    if ((arrays[LV_APPENDIX_T1Q].count == 0) != (arrays[LV_APPENDIX_T2Q].count == 0)) {
        return lv_fail(err, LV_E_SYNTAX, "%s is missing or empty",
                       arrays[LV_APPENDIX_T1Q].count == 0 ? "T1Q_args" : "T2Q_args");
    }
    if (arrays[LV_APPENDIX_T1Q].count == 0 && arrays[LV_APPENDIX_XOR].count == 0) {
        return lv_fail(err, LV_E_SYNTAX, "there is neither T1Q_args with T2Q_args nor XOR_args");
    }
    return LV_OK;
}

lv_status lv_appendix_parse(const char *name, lv_bytes bytes, const lv_appendix_options *options,
                            lv_appendix *out, lv_error *err)
{
    *out = (lv_appendix){0};
    if (bytes.len > LV_APPENDIX_FILE_MAX) {
        return lv_fail(err, LV_E_LIMIT, "%s: over %u bytes", name, LV_APPENDIX_FILE_MAX);
    }
    lv_appendix read = {.order = options->order};
    lv_status status = is_json(bytes) ? lv_appendix_read_json(bytes, options, &read, err)
                                      : lv_appendix_read_text(bytes, options, &read, err);
    if (status == LV_OK) {
        status = check_whole(&read, err);
    }
    if (status != LV_OK) {
        lv_appendix_free(&read);
        lv_error_prefix(err, "%s: ", name);
        return status;
    }
    *out = read;
    return LV_OK;
}

/* ---- checking ---- */

typedef struct {
    mpz_t n;
    mpz_t n2;
    mpz_t c;
    mpz_t gcd;
} numbers;

static void numbers_init(numbers *z) { mpz_inits(z->n, z->n2, z->c, z->gcd, NULL); }

static void numbers_clear(numbers *z) { mpz_clears(z->n, z->n2, z->c, z->gcd, NULL); }

/* Sets n and n^2 from n. */
static lv_status check_key(const lv_appendix *appendix, numbers *z, lv_error *err)
{
    if (mpz_set_str(z->n, appendix->n, 10) != 0 || mpz_cmp_ui(z->n, 1U << (KEY_BITS_MIN - 1)) < 0 ||
        mpz_even_p(z->n)) {
        return lv_fail(err, LV_INVALID, "n is no public key: it must be odd and at least %u",
                       1U << (KEY_BITS_MIN - 1));
    }
    mpz_mul(z->n2, z->n, z->n);
    if (mpz_set_str(z->c, appendix->n_squared, 10) != 0 || mpz_cmp(z->c, z->n2) != 0) {
        return lv_fail(err, LV_INVALID, "n_squared is not the square of n");
    }
    mpz_add_ui(z->gcd, z->n, 1);
    if (mpz_set_str(z->c, appendix->n_plusone, 10) != 0 || mpz_cmp(z->c, z->gcd) != 0) {
        return lv_fail(err, LV_INVALID, "n_plusone is not n + 1");
    }
    return LV_OK;
}

static lv_status check_ciphertext(const char *text, numbers *z, const char *array, size_t i,
                                  lv_error *err)
{
    if (mpz_set_str(z->c, text, 10) != 0 || mpz_sgn(z->c) <= 0 || mpz_cmp(z->c, z->n2) >= 0) {
        return lv_fail(err, LV_INVALID, "%s[%zu] is no ciphertext: it must be 1 to n^2 - 1", array,
                       i);
    }
    mpz_gcd(z->gcd, z->c, z->n);
    if (mpz_cmp_ui(z->gcd, 1) != 0) {
        return lv_fail(err, LV_INVALID, "%s[%zu] is no ciphertext: it shares a factor with n",
                       array, i);
    }
    return LV_OK;
}

static lv_status check_array(const lv_appendix *appendix, lv_appendix_array array, size_t width,
                             numbers *z, lv_error *err)
{
    const lv_appendix_list *list = &appendix->arrays[array];
    const char *name = lv_appendix_array_name(array);
    lv_status status = LV_OK;

    if (list->count != 0 && list->count != width) {
        return lv_fail(err, LV_INVALID, "%s has %zu ciphertexts, but another array has %zu", name,
                       list->count, width);
    }
    for (size_t i = 0; i < list->count && status == LV_OK; i++) {
        status = check_ciphertext(list->items[i], z, name, i, err);
    }
    return status;
}

static size_t width_of(const lv_appendix *appendix)
{
    size_t width = appendix->arrays[LV_APPENDIX_T1Q].count;
    return width > 0 ? width : appendix->arrays[LV_APPENDIX_XOR].count;
}

/* lv_appendix_check that leaves n and n^2 in `z`. */
static lv_status check(const lv_appendix *appendix, numbers *z, lv_error *err)
{
    lv_status status = check_whole(appendix, err);
    if (status == LV_OK) {
        status = check_key(appendix, z, err);
    }
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS && status == LV_OK; a++) {
        status = check_array(appendix, (lv_appendix_array)a, width_of(appendix), z, err);
    }
    return status == LV_E_SYNTAX ? LV_INVALID : status;
}

lv_status lv_appendix_check(const lv_appendix *appendix, lv_error *err)
{
    numbers z;
    numbers_init(&z);
    lv_status status = check(appendix, &z, err);
    numbers_clear(&z);
    return status;
}

/* ---- conversion ---- */

/* Appends a row of ciphertexts, most significant bit first, each times `factor` modulo n^2. */
static lv_status write_row(const lv_appendix *appendix, const lv_appendix_list *list,
                           const mpz_t factor, size_t ciphertext_len, numbers *z, lv_buffer *out)
{
    lv_status status = LV_OK;

    for (size_t i = 0; i < list->count && status == LV_OK; i++) {
        size_t at = appendix->order == LV_BITS_MSB_FIRST ? i : list->count - 1 - i;
        if (mpz_set_str(z->c, list->items[at], 10) != 0) {
            return LV_E_ARGUMENT;
        }
        mpz_mul(z->c, z->c, factor);
        mpz_mod(z->c, z->c, z->n2);
        status = lv_paillier_write(out, z->c, ciphertext_len);
    }
    return status;
}

static size_t modulus_len(const numbers *z) { return (mpz_sizeinbase(z->n, 2) + 7) / 8; }

static lv_status write_matrices(const lv_appendix *appendix, numbers *z, lv_appendix_matrices *out)
{
    out->width = (unsigned)width_of(appendix);
    lv_status status = lv_write_u32(&out->public_key, (uint32_t)mpz_sizeinbase(z->n, 2));
    if (status == LV_OK) {
        status = lv_paillier_write(&out->public_key, z->n, modulus_len(z));
    }
    mpz_set_ui(z->gcd, 1);
    for (size_t a = 0; a < LV_APPENDIX_ARRAYS && status == LV_OK; a++) {
        status =
            write_row(appendix, &appendix->arrays[a], z->gcd, 2 * modulus_len(z), z, &out->rows[a]);
    }
    return status;
}

lv_status lv_appendix_to_matrices(const lv_appendix *appendix, lv_appendix_matrices *out,
                                  lv_error *err)
{
    numbers z;

    *out = (lv_appendix_matrices){0};
    numbers_init(&z);
    lv_status status = check(appendix, &z, err);
    if (status == LV_OK) {
        status = write_matrices(appendix, &z, out);
        if (status != LV_OK) {
            lv_appendix_matrices_free(out);
            lv_fail(err, status, "no memory");
        }
    }
    numbers_clear(&z);
    return status;
}

void lv_appendix_matrices_free(lv_appendix_matrices *matrices)
{
    if (matrices == NULL) {
        return;
    }
    lv_buffer_free(&matrices->public_key);
    for (size_t a = 0; a < LV_APPENDIX_ARRAYS; a++) {
        lv_buffer_free(&matrices->rows[a]);
    }
    *matrices = (lv_appendix_matrices){0};
}

static lv_status put_integer(char **slot, const mpz_t value, lv_error *err)
{
    size_t size = mpz_sizeinbase(value, 10) + 2;
    char *text = malloc(size);

    if (text == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory");
    }
    mpz_get_str(text, 10, value);
    *slot = text;
    return LV_OK;
}

static lv_status put_key(lv_appendix *appendix, const lv_public_key *key, lv_error *err)
{
    mpz_t plusone;

    mpz_init(plusone);
    mpz_add_ui(plusone, lv_paillier_n(key), 1);
    lv_status status = put_integer(&appendix->n, lv_paillier_n(key), err);
    if (status == LV_OK) {
        status = put_integer(&appendix->n_squared, lv_paillier_n2(key), err);
    }
    if (status == LV_OK) {
        status = put_integer(&appendix->n_plusone, plusone, err);
    }
    mpz_clear(plusone);
    return status;
}

/* Copies one row of a matrix, most significant bit first, into an array. */
static lv_status put_row(lv_appendix_list *list, const lv_matrix *matrix, uint32_t pair,
                         lv_error *err)
{
    unsigned width = lv_matrix_width(matrix);
    lv_status status = LV_OK;

    list->items = (char **)calloc(width, sizeof(char *));
    if (list->items == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory");
    }
    for (unsigned i = 0; i < width && status == LV_OK; i++) {
        mpz_t view;
        status = put_integer(&list->items[i], lv_paillier_ciphertext(matrix, pair, i, view), err);
        list->count += status == LV_OK ? 1U : 0U;
    }
    return status;
}

/* The shape of a record. */
typedef struct {
    const char *suite;
    const lv_buffer *public_key;
    size_t pairs;
    uint32_t width;
} shape;

static lv_status put_matrix(lv_appendix_list *list, const lv_public_key *key, const shape *of,
                            uint32_t pair, const lv_buffer *encoded, lv_error *err)
{
    lv_matrix *matrix = NULL;
    lv_status status =
        lv_matrix_decode(key, of->pairs, of->width, lv_buffer_view(encoded), &matrix, err);
    if (status == LV_OK) {
        status = put_row(list, matrix, pair, err);
    }
    lv_matrix_free(matrix);
    return status;
}

static lv_status put_records(lv_appendix *appendix, const lv_quality *quality, const lv_xor *sold,
                             const shape *of, uint32_t pair, lv_error *err)
{
    lv_public_key *key = NULL;
    lv_appendix_list *arrays = appendix->arrays;
    lv_status status =
        lv_paillier_public_decode_sized(lv_buffer_view(of->public_key), KEY_BITS_MIN, &key, err);
    if (status != LV_OK) {
        return status;
    }
    status = put_key(appendix, key, err);
    if (status == LV_OK && quality != NULL) {
        status = put_matrix(&arrays[LV_APPENDIX_T1Q], key, of, pair, &quality->x, err);
    }
    if (status == LV_OK && quality != NULL) {
        status = put_matrix(&arrays[LV_APPENDIX_T2Q], key, of, pair, &quality->y, err);
    }
    if (status == LV_OK && sold != NULL) {
        status = put_matrix(&arrays[LV_APPENDIX_XOR], key, of, pair, &sold->w, err);
    }
    lv_public_free(key);
    return status;
}

static lv_status check_shapes(const shape *a, const shape *b, uint32_t pair, lv_error *err)
{
    if (strcmp(a->suite, "paillier") != 0) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "the published layout is of suite paillier; this record is of suite %s",
                       a->suite);
    }
    if (strcmp(a->suite, b->suite) != 0 || a->pairs != b->pairs || a->width != b->width ||
        !lv_bytes_equal(lv_buffer_view(a->public_key), lv_buffer_view(b->public_key))) {
        return lv_fail(err, LV_INVALID, "the XOR record is of another set than the quality record");
    }
    if (pair >= a->pairs) {
        return lv_fail(err, LV_E_RANGE, "there is no pair %u: the set has pairs 0 to %zu",
                       (unsigned)pair, a->pairs - 1);
    }
    return LV_OK;
}

lv_status lv_appendix_from_records(const lv_quality *quality, const lv_xor *sold, uint32_t pair,
                                   const char *lot, lv_bit_order order, lv_appendix *out,
                                   lv_error *err)
{
    shape of[2] = {0};
    size_t count = 0;

    *out = (lv_appendix){0};
    if (quality != NULL) {
        of[count++] = (shape){.suite = quality->suite,
                              .public_key = &quality->public_key,
                              .pairs = quality->pair_count,
                              .width = quality->width};
    }
    if (sold != NULL) {
        of[count++] = (shape){.suite = sold->suite,
                              .public_key = &sold->public_key,
                              .pairs = sold->pairs,
                              .width = sold->width};
    }
    if (count == 0 || (lot == NULL && quality == NULL)) {
        return lv_fail(err, LV_E_ARGUMENT, "there is %s", count == 0 ? "no record" : "no lot");
    }
    lv_status status = check_shapes(&of[0], &of[count - 1], pair, err);
    if (status != LV_OK) {
        return status;
    }
    lv_appendix made = {.order = LV_BITS_MSB_FIRST};
    const char *name = lot != NULL ? lot : quality->pairs[pair].later_lot;
    status = lv_appendix_put_lot(&made, lv_bytes_of_text(name), err);
    if (status == LV_OK) {
        status = put_records(&made, quality, sold, &of[0], pair, err);
    }
    if (status != LV_OK) {
        lv_appendix_free(&made);
        return status;
    }
    lv_appendix_reorder(&made, order);
    *out = made;
    return LV_OK;
}

/* ---- decryption ---- */

/* Reads a secret decimal into big-endian bytes. */
static lv_status read_prime(const char *text, const char *name, lv_buffer *out, lv_error *err)
{
    size_t len = strlen(text);
    mpz_t value;

    if (len == 0 || len > LV_APPENDIX_DIGITS_MAX || text[strspn(text, "0123456789")] != '\0') {
        return lv_fail(err, LV_E_SYNTAX, "%s is no decimal integer", name);
    }
    mpz_init2(value, (mp_bitcnt_t)4 * len); /* once, so that nothing is moved and left behind */
    lv_status status = mpz_set_str(value, text, 10) != 0 ? LV_E_SYNTAX : LV_OK;
    if (status == LV_OK) {
        status = lv_paillier_write(out, value, (mpz_sizeinbase(value, 2) + 7) / 8);
    }
    lv_wipe(mpz_limbs_modify(value, 1), (4 * len + 7) / 8);
    mpz_clear(value);
    return status == LV_OK ? LV_OK : lv_fail(err, status, "%s cannot be read", name);
}

lv_status lv_appendix_key(const char *p, const char *q, lv_secret_key **out, lv_error *err)
{
    lv_buffer primes[2] = {0};

    *out = NULL;
    lv_status status = read_prime(p, "p", &primes[0], err);
    if (status == LV_OK) {
        status = read_prime(q, "q", &primes[1], err);
    }
    if (status == LV_OK) {
        status = lv_paillier_key_from_primes(lv_buffer_view(&primes[0]), lv_buffer_view(&primes[1]),
                                             out, err);
    }
    lv_buffer_wipe(&primes[0]);
    lv_buffer_wipe(&primes[1]);
    return status;
}

/* Does each ciphertext of an array, times `factor`, decrypt to zero? One answer a column, most
 * significant bit first. */
static lv_status test_row(const lv_appendix *appendix, const lv_secret_key *key,
                          const lv_appendix_list *list, const mpz_t factor, numbers *z,
                          bool is_zero[LV_WIDTH_MAX], lv_error *err)
{
    lv_buffer row = {0};
    lv_matrix *matrix = NULL;

    lv_status status = write_row(appendix, list, factor, 2 * modulus_len(z), z, &row);
    if (status == LV_OK) {
        status = lv_matrix_decode(lv_key_public(key), 1, (unsigned)list->count,
                                  lv_buffer_view(&row), &matrix, err);
    }
    for (unsigned i = 0; i < list->count && status == LV_OK; i++) {
        status = lv_zero_test(key, matrix, 0, i, &is_zero[i]);
    }
    lv_matrix_free(matrix);
    lv_buffer_free(&row);
    return status;
}

static lv_status decrypt_array(const lv_appendix *appendix, lv_appendix_array array,
                               const lv_secret_key *key, numbers *z, lv_appendix_plain *out,
                               lv_error *err)
{
    const lv_appendix_list *list = &appendix->arrays[array];
    bool zero[LV_WIDTH_MAX] = {0};
    bool one[LV_WIDTH_MAX] = {0};
    size_t misprints = out->misprint_count;
    mpz_t factor;

    mpz_init_set_ui(factor, 1);
    lv_status status = test_row(appendix, key, list, factor, z, zero, err);
    if (status == LV_OK) {
        mpz_sub(factor, z->n2, z->n); /* 1/(n + 1) = 1 - n modulo n^2 */
        mpz_add_ui(factor, factor, 1);
        status = test_row(appendix, key, list, factor, z, one, err);
    }
    mpz_clear(factor);
    for (size_t i = 0; i < list->count && status == LV_OK; i++) {
        size_t bit = appendix->order == LV_BITS_MSB_FIRST ? i : list->count - 1 - i;
        if (!zero[bit] && !one[bit]) {
            out->misprints[out->misprint_count++] =
                (lv_appendix_misprint){.array = array, .index = i};
        }
    }
    if (status == LV_OK && out->misprint_count == misprints) {
        out->known[array] = true;
        for (size_t i = 0; i < list->count; i++) {
            out->value[array] = out->value[array] << 1 | (one[i] ? 1U : 0U);
        }
    }
    lv_wipe(zero, sizeof zero);
    lv_wipe(one, sizeof one);
    return status;
}

lv_status lv_appendix_decrypt(const lv_appendix *appendix, const lv_secret_key *key,
                              lv_appendix_plain *out, lv_error *err)
{
    numbers z;

    *out = (lv_appendix_plain){0};
    numbers_init(&z);
    lv_status status = check(appendix, &z, err);
    if (status == LV_OK && (lv_public_suite(lv_key_public(key)) != lv_suite_find("paillier") ||
                            mpz_cmp(lv_paillier_n(lv_key_public(key)), z.n) != 0)) {
        status = lv_fail(err, LV_INVALID, "the key is of another n: p times q is not n");
    }
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS && status == LV_OK; a++) {
        if (appendix->arrays[a].count > 0) {
            status = decrypt_array(appendix, (lv_appendix_array)a, key, &z, out, err);
        }
    }
    numbers_clear(&z);
    if (status != LV_OK) {
        lv_wipe(out, sizeof *out);
    }
    return status;
}
