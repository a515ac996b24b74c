/** What the fuzz targets share: how a broken promise is told, and the organisations, keys and
 *  channels that inputs are held against. They come from tests/fuzz/keys and never change, so that
 *  signed inputs of the corpus stay valid. */
#ifndef LV_TESTS_FUZZ_H
#define LV_TESTS_FUZZ_H

#include "contract/contract.h"
#include "proof/proof.h"
#include <stdint.h>

#define FUZZ_TIME 1700000000 /* when the fixed certificates are valid and records were signed */
#define FUZZ_ORGANISATIONS 3U

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Ends the program where a promise of the code under test does not hold. */
#define FUZZ_CHECK(promise)                                                                        \
    do {                                                                                           \
        if (!(promise)) {                                                                          \
            fuzz_broken(__FILE__, __LINE__, #promise);                                             \
        }                                                                                          \
    } while (0)

_Noreturn void fuzz_broken(const char *file, int line, const char *promise);

/** Is it how bytes from outside may be refused (syntax, limit, range or invalid), and with words?
 *  Anything else is broken. */
void fuzz_check_refusal(lv_status status, const lv_error *err);

bool fuzz_same(lv_bytes a, lv_bytes b);

/** Do two texts in PEM hold the same certificate? Text around it and how lines are broken do not
 *  count. */
bool fuzz_same_certificate(lv_bytes a, lv_bytes b);

/** Is every byte zero? */
bool fuzz_is_zero(const void *memory, size_t len);

/** Reads a file below tests/fuzz. */
lv_buffer fuzz_file(const char *path);

/** Is the input one of the files in tests/fuzz/corpus/`target`, byte for byte? */
bool fuzz_is_seed(const char *target, lv_bytes input);

/** The organisations: "AMSP" upstream, "BMSP" downstream, "SMSP" servicer. Borrowed, as all here.*/
extern const char *const FUZZ_MSP[FUZZ_ORGANISATIONS];
extern const char *const FUZZ_ROLE[FUZZ_ORGANISATIONS];
const lv_identity *fuzz_identity(size_t i);
const lv_buffer *fuzz_root(size_t i);
const lv_trust *fuzz_trust(void);

/** The channel of a contract ("quality" or "xor"), of the same name, with all three. */
const lv_channel *fuzz_channel(const char *contract);

/** A secret key of the i-th suite, small where the suite has small ones (paillier: 128 bits); NULL
 *  past the last suite. */
const lv_secret_key *fuzz_key(size_t suite);

/** What the bit proofs of the corpus speak of: x = y = d = (0, 1) and w = (0, 0), of the
 * ciphertexts in tests/fuzz/keys. */
typedef struct {
    lv_matrix *row;   /* (0, 1) */
    lv_matrix *zeros; /* (0, 0); NULL where the suite proves no bits */
    lv_bits_matrices of;
} fuzz_bits;

/** @param encoded  of the row (0, 1). */
fuzz_bits fuzz_bits_open(const lv_public_key *key, lv_bytes encoded);
void fuzz_bits_free(fuzz_bits *bits);

/** Appends the proof of a statement about them. */
lv_status fuzz_bits_prove(const lv_secret_key *key, const fuzz_bits *bits,
                          lv_bits_statement statement, const lv_proof_context *context,
                          lv_buffer *proof, lv_error *err);

/** The series of the corpus. */
lv_series fuzz_series(void);

/** Memory taken between the two lives as long as the program. The leak checker does not see what
 *  only locked memory points to. */
void fuzz_keep_begin(void);
void fuzz_keep_end(void);

/** What stands at the start of an input that is a number; 0 where it is empty. */
uint8_t fuzz_take(lv_bytes *input);

#endif
