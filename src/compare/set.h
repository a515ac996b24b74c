/** The inside of a set, for the files of this layer. */
#ifndef LV_COMPARE_SET_H
#define LV_COMPARE_SET_H

#include "proof/proof.h"
#include <lotveil/compare.h>

struct lv_set {
    lv_quality quality;
    lv_digest id;
    lv_public_key *key;
    lv_matrix *x;
    lv_matrix *y;
    lv_matrix *w; /* NULL until the XOR record is added */
    lv_matrix *d; /* NULL where that has none */
};

/** A fresh key as the sets of a series take it: its size and its exponents. */
LV_MUST_CHECK lv_status lv_series_key(const lv_series *series, const lv_suite *suite,
                                      const lv_job *job, lv_secret_key **out, lv_error *err);

/** That there is such a question, and its limit fits `width` bits.
 *  LV_E_ARGUMENT, LV_E_RANGE with words. */
LV_MUST_CHECK lv_status lv_ask_check(const lv_ask *ask, unsigned width, lv_error *err);

/** Copies a name into a record; one that is too long becomes "", which no record may hold. */
void lv_name_copy(char out[LV_NAME_MAX + 1], const char *name);

/** |y - x| of values below 2^62, without a branch on them. */
uint64_t lv_distance_of(uint64_t x, uint64_t y);

/** What the key proof and the bit proof of a quality record are bound to (src/proof/proof.h).
 *  Borrows from it. */
lv_proof_context lv_key_proof_context(const lv_quality *quality);

/** What the bit proofs of an XOR record are bound to. Borrows from it. */
lv_proof_context lv_xor_proof_context(const lv_xor *record);

/** A bit proof and the field of the record that holds it. */
typedef struct {
    const char *field;
    lv_bits_claim claim;
} lv_bits_field;

/* At most, in an XOR record and in both records of a set. */
enum { LV_XOR_BIT_FIELDS = 3, LV_SET_BIT_FIELDS = 4 };

/** lv_bits_verify_all with words that name the field. */
LV_MUST_CHECK lv_status lv_check_bits(const lv_public_key *key, const lv_bits_field *field,
                                      size_t fields, const lv_job *job, size_t *bad, lv_error *err);

/** The bit proofs of an XOR record whose contents are w and d.
 * @param set  whose x and y the record's w belongs to; NULL: those that need no other record.
 * @param[out] field  borrows from all.
 * @return     how many there are. */
size_t lv_xor_bit_fields(const lv_xor *record, const lv_set *set, const lv_matrix *w,
                         const lv_matrix *d, const lv_proof_context *context,
                         lv_bits_field field[LV_XOR_BIT_FIELDS]);

/** Decodes what an XOR record holds under `key`; with `proofs` checks them.
 * @param set     as for lv_xor_bit_fields.
 * @param[out] d  NULL where the record has none. */
LV_MUST_CHECK lv_status lv_xor_contents(const lv_public_key *key, const lv_xor *record, bool proofs,
                                        const lv_set *set, const lv_job *job, lv_matrix **w,
                                        lv_matrix **d, lv_error *err);

/** What the proof of an answer is bound to. Borrows from all. */
lv_proof_context lv_answer_proof_context(const lv_set *set, const char *upstream, uint32_t pair);

/** Is `combined` of this set: within its pairs, and its digest that of its vectors?
 * @return LV_OK; LV_INVALID where it is not; faults. */
LV_MUST_CHECK lv_status lv_combined_check(const lv_combined *combined, const lv_set *set);

/** Does the inquiry ask exactly this about exactly this set and pair, of this downstream and
 *  channel? LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_inquiry_names(const lv_inquiry *inquiry, const lv_set *set,
                                         const lv_combined *combined, lv_error *err);

/** Decodes an inquiry whose signature was checked, or made, elsewhere.
 * @param digest  of the whole Signed. */
LV_MUST_CHECK lv_status lv_inquiry_read(lv_bytes signed_inquiry, lv_inquiry *out, lv_digest *digest,
                                        lv_error *err);

#endif
