/** The published layout: Figure A1 of Nasu, Kodera, Nogami, Sensors 2022, 22, 4909, appendix A
 *  (docs/protocol.md section 2). One pair of suite `paillier` under one lot number: n, n^2 and
 *  n + 1, the ciphertexts of the earlier value (T1Q_args), the later value (T2Q_args) and their
 *  XOR (XOR_args), all as decimal integers. As text of the figure,
 *
 *      Lot_Num1
 *      [ Pubkey_n:2830121771
 *        Pubkey_n_squared:8009589238688176441
 *        Pubkey_n_plusone:2830121772
 *        T1Q_args:
 *        [4980725921889483287 6153175584547932505 5152481051748019804
 *        ... ]
 *        T2Q_args:
 *        [...]
 *      ]
 *
 *  (part (a) of the figure; part (b) has XOR_args instead, and may follow in the same file), or as
 *  JSON of strings:
 *
 *      {"lot": .., "n": .., "n_squared": .., "n_plusone": .., "bit_order": "lsb-first",
 *       "T1Q_args": [..], "T2Q_args": [..], "XOR_args": [..]} */
#ifndef LV_RECORD_APPENDIX_A_H
#define LV_RECORD_APPENDIX_A_H

#include <lotveil/record.h>

#define LV_APPENDIX_FILE_MAX 16777216U /* bytes of one file: 16 MiB */
#define LV_APPENDIX_DIGITS_MAX 5000U   /* of one integer: n^2 of 8192 bits has 4933 */

/** In which order the arrays list the bits. The paper prints the least significant first. */
typedef enum { LV_BITS_LSB_FIRST, LV_BITS_MSB_FIRST } lv_bit_order;

const char *lv_bit_order_name(lv_bit_order order); /* "lsb-first", "msb-first" */

typedef enum { LV_APPENDIX_T1Q, LV_APPENDIX_T2Q, LV_APPENDIX_XOR } lv_appendix_array;

#define LV_APPENDIX_ARRAYS 3U

const char *lv_appendix_array_name(lv_appendix_array array); /* "T1Q_args", ... */

/** Decimal integers without sign or leading zeros, owned. */
typedef struct {
    size_t count; /* 0: the array is not there; otherwise 1..LV_WIDTH_MAX */
    char **items;
} lv_appendix_list;

typedef struct {
    char lot[LV_LOT_MAX + 1];
    char *n;
    char *n_squared;
    char *n_plusone;
    lv_bit_order order;
    lv_appendix_list arrays[LV_APPENDIX_ARRAYS]; /* T1Q and T2Q are both there or neither is */
} lv_appendix;

/** How to read a file. `{0}`: arrays at the top, least significant bit first. */
typedef struct {
    const char *part;   /* JSON: the name under which the arrays stand; NULL: at the top */
    lv_bit_order order; /* where the file has no "bit_order" */
} lv_appendix_options;

/** Reads text or JSON (what starts with '{'). All that is asked for must be there and be decimal
 *  integers; whether they fit together is lv_appendix_check's to say. JSON may have other keys.
 * @param name  of the file, for errors.
 * @return LV_OK; LV_E_SYNTAX, LV_E_LIMIT, or LV_NOT_FOUND where there is no such part; words. */
LV_MUST_CHECK lv_status lv_appendix_parse(const char *name, lv_bytes bytes,
                                          const lv_appendix_options *options, lv_appendix *out,
                                          lv_error *err);
void lv_appendix_free(lv_appendix *appendix);

/** Appends the text of the figure: part (a), (b) or both, whichever arrays there are.
 * @return LV_OK; LV_E_SYNTAX where the lot cannot stand in such a text. */
LV_MUST_CHECK lv_status lv_appendix_write_text(const lv_appendix *appendix, lv_buffer *out,
                                               lv_error *err);

/** Appends JSON, one integer a line. */
LV_MUST_CHECK lv_status lv_appendix_write_json(const lv_appendix *appendix, lv_buffer *out,
                                               lv_error *err);

/** Turns the arrays round where they stand in the other order. */
void lv_appendix_reorder(lv_appendix *appendix, lv_bit_order order);

/** Checks what can be checked without a key: n odd, n_squared = n^2, n_plusone = n + 1, arrays of
 *  one length, and for each ciphertext 0 < c < n^2 and no factor shared with n.
 * @return LV_OK; LV_INVALID with words that name array and place (from 0, as printed). */
LV_MUST_CHECK lv_status lv_appendix_check(const lv_appendix *appendix, lv_error *err);

/** A ciphertext that decrypts to something else than 0 or 1. What it is, is not told. */
typedef struct {
    lv_appendix_array array;
    size_t index; /* from 0, as printed */
} lv_appendix_misprint;

typedef struct {
    bool known[LV_APPENDIX_ARRAYS];     /* the array is there and all bits */
    uint64_t value[LV_APPENDIX_ARRAYS]; /* X, Y, X xor Y where known, 0 otherwise; secret */
    size_t misprint_count;
    lv_appendix_misprint misprints[LV_APPENDIX_ARRAYS * LV_WIDTH_MAX];
} lv_appendix_plain;

/** The key of two primes in decimal, such as those of the published example. Free it with
 *  lv_key_free. @return LV_OK; LV_E_SYNTAX; LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_appendix_key(const char *p, const char *q, lv_secret_key **out,
                                        lv_error *err);

/** Checks (lv_appendix_check), then decrypts by two zero tests per ciphertext (of c and of
 *  c / (n + 1)), so that nothing but bits ever comes out. Entries that are no bits are no error:
 *  they are listed.
 * @param out  wipe with lv_wipe when done.
 * @return LV_OK; LV_INVALID where the check fails or the key is of another n. */
LV_MUST_CHECK lv_status lv_appendix_decrypt(const lv_appendix *appendix, const lv_secret_key *key,
                                            lv_appendix_plain *out, lv_error *err);

/** One pair of a set in the published layout.
 * @param quality,sold  the quality record (T1Q, T2Q) and the XOR record; one of them may be NULL.
 *                      Both must be of suite `paillier` and of the same key and shape.
 * @param lot           the common lot number; NULL: the pair's later lot (needs `quality`).
 * @return LV_OK; LV_E_RANGE where there is no such pair; LV_E_ARGUMENT; LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_appendix_from_records(const lv_quality *quality, const lv_xor *sold,
                                                 uint32_t pair, const char *lot, lv_bit_order order,
                                                 lv_appendix *out, lv_error *err);

/** The encodings that records carry (src/suite/paillier/paillier.h): the public key, and one row
 *  of `width` ciphertexts each, most significant bit first. Arrays that are not there give empty
 *  buffers. Checks first (lv_appendix_check). */
typedef struct {
    unsigned width;
    lv_buffer public_key;
    lv_buffer rows[LV_APPENDIX_ARRAYS]; /* x, y, w */
} lv_appendix_matrices;

LV_MUST_CHECK lv_status lv_appendix_to_matrices(const lv_appendix *appendix,
                                                lv_appendix_matrices *out, lv_error *err);
void lv_appendix_matrices_free(lv_appendix_matrices *matrices);

#endif
