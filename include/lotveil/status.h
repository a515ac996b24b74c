/** How every function of Lotveil says what became of it. */
#ifndef LOTVEIL_STATUS_H
#define LOTVEIL_STATUS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LV_MUST_CHECK __attribute__((warn_unused_result))
#define LV_PRINTF(words, first) __attribute__((format(printf, words, first)))

/** 0 is success; above 0 an expected outcome that the caller handles; below 0 a fault that is
 *  passed up unchanged. What two values compare to is data, never a status. */
typedef enum {
    LV_OK = 0,
    LV_REFUSED = 1,     /* a rule of a contract, policy or quota says no */
    LV_NOT_FOUND = 2,   /* no such record, key, lot, file or member */
    LV_EXISTS = 3,      /* it stands already and nothing is ever overwritten */
    LV_INVALID = 4,     /* a signature, proof, digest, certificate or ciphertext does not hold */
    LV_TIMEOUT = 5,     /* nothing came in the time given */
    LV_UNAVAILABLE = 6, /* a peer or the ledger cannot be reached now; try again later */
    LV_E_SYNTAX = -1,   /* bytes or text that cannot be read as what they should be */
    LV_E_RANGE = -2,    /* a value outside what can be told; never clamped */
    LV_E_ARGUMENT = -3, /* the caller broke the contract of the function */
    LV_E_MEMORY = -4,   /* an allocation failed */
    LV_E_RANDOM = -5,   /* the random generator failed */
    LV_E_IO = -6,       /* a file, socket or database failed */
    LV_E_CRYPTO = -7,   /* a cryptographic library failed, or a self-check before release did */
    LV_E_CORRUPT = -8,  /* stored state contradicts itself: rewritten, truncated or damaged */
    LV_E_LIMIT = -9,    /* over a named size limit */
    LV_E_CONFIG = -10,  /* the configuration cannot be used */
} lv_status;

/** The name of a status for logs, such as "LV_E_RANGE". Never NULL. */
const char *lv_status_name(lv_status status);

#define LV_ERROR_TEXT_MAX 768

/** The words for a person: file, line, column, record, and what to do. Filled where the thing
 *  happens, printed once, at the edge. Functions that take one accept NULL. */
typedef struct {
    char text[LV_ERROR_TEXT_MAX]; /* NUL-terminated, cut where it does not fit; "" means none */
} lv_error;

/** Writes the words, replacing earlier ones, and returns `status`, so that a function can
 *  `return lv_fail(err, LV_E_SYNTAX, "...", ...)`. */
lv_status lv_fail(lv_error *err, lv_status status, const char *format, ...) LV_PRINTF(3, 4);

/** Puts words in front of those already there ("publish moisture.csv: ..."). */
void lv_error_prefix(lv_error *err, const char *format, ...) LV_PRINTF(2, 3);

#ifdef __cplusplus
}
#endif

#endif
