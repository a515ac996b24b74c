/** Certificates that were found good, so that the next look at one needs neither to parse it nor to
 *  check its chain again. Only what held is remembered: whoever finds nothing here checks
 *  everything, and refuses in the words of that. From any thread. */
#ifndef LV_IDENTITY_CHECKED_H
#define LV_IDENTITY_CHECKED_H

#include <lotveil/identity.h>
#include <openssl/evp.h>

#define LV_CHECKED_MAX                                                                             \
    64U /* certificates remembered; of more the one not asked for the longest                      \
           goes */

typedef struct lv_checked lv_checked;

/** The SHA-256 of a certificate as it came, of its form, and of what it was to be. */
typedef struct {
    uint8_t bytes[32];
} lv_checked_name;

typedef struct {
    const char *msp; /* the member whose root issued it, borrowed from the trust */
    EVP_PKEY *key;   /* its public key; each copy of this struct owns a share */
    int64_t from;    /* it and its root are valid at from <= time < until, */
    int64_t until;   /* seconds since 1970 UTC */
} lv_checked_leaf;

LV_MUST_CHECK lv_status lv_checked_new(lv_checked **out);
void lv_checked_free(lv_checked *checked);

/** @param form  how the certificate is written: "der" or "pem".
 * @param unit  the OU it was asked to have.
 * @return false where it cannot be named; then nothing is remembered of it. */
bool lv_checked_name_of(const char *form, const char *unit, lv_bytes certificate,
                        lv_checked_name *out);

/** What is remembered of a certificate, if it is valid at `time` (or that is LV_TIME_ANY).
 * @param[out] out  to be freed with lv_checked_leaf_free; zero where false is returned. */
bool lv_checked_find(lv_checked *checked, const lv_checked_name *name, int64_t time,
                     lv_checked_leaf *out);

/** Remembers a copy. */
void lv_checked_keep(lv_checked *checked, const lv_checked_name *name, const lv_checked_leaf *leaf);

/** Forgets everything. */
void lv_checked_clear(lv_checked *checked);

void lv_checked_leaf_free(lv_checked_leaf *leaf);

#endif
