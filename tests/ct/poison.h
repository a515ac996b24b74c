/** Secrets that valgrind follows: memcheck reports every branch and every address that depends on
 *  memory marked undefined, and what is computed from it (Langley, ctgrind, 2010). */
#ifndef LV_TESTS_POISON_H
#define LV_TESTS_POISON_H

#include <lotveil/suite.h>

/** Marks bytes as secret, and as public again. */
void ct_poison(void *secret, size_t len);
void ct_clear(void *value, size_t len);

/** Does any bit of it depend on something marked? */
bool ct_is_secret(const void *value, size_t len);

/** True randomness, marked as secret. */
extern const lv_rng ct_rng;

/** A key of the suite whose secret part, with all that was computed from it, is marked. Where its
 *  generation claims constant time it is drawn from ct_rng; where it does not (paillier: it tests
 *  candidates) the finished key is marked. */
lv_status ct_key_make(const lv_suite *suite, unsigned key_bits, lv_secret_key **out);

/** Errors that valgrind has reported so far. Ends the program where there is no valgrind. */
unsigned ct_errors(void);

#endif
