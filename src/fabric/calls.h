/** How Lotveil's calls travel in one transaction of Hyperledger Fabric, and how the chaincode's
 *  answer comes back.
 *
 *    submit   arguments "submit", Calls
 *    read     arguments "read", Calls with one call whose arguments are all inline
 *
 *  Calls (src/fabric/fabric.proto) is a list of {function, arguments*}. An argument is inline
 * bytes, or the SHA-256 of a transient value whose key is that digest in lower-case hex. A
 * transaction keeps its arguments beside its writes; a record that travels transient stands on the
 * ledger once, in the write set, and is still named by what is signed. */
#ifndef LV_FABRIC_CALLS_H
#define LV_FABRIC_CALLS_H

#include "contract/contract.h"
#include "fabric/limits.h"
#include "fabric/proposal.h"

#define LV_CALLS_SUBMIT "submit"
#define LV_CALLS_READ "read"
#define LV_CALLS_INLINE_MAX 4096U /* an argument of this size or more travels transient */
#define LV_CALLS_MAX 4096U        /* calls of one transaction */

#define LV_DIGEST_TEXT (2U * LV_DIGEST_LEN + 1U) /* a digest in hex, with its NUL */

typedef struct {
    lv_buffer encoded; /* Calls */
    lv_transient
        *transients; /* in the order of their keys, each once; values borrow from the calls */
    size_t transient_count;
    char (*keys)[LV_DIGEST_TEXT]; /* what the transients' keys point to */
} lv_calls_encoded;

/** Encodes calls; their submitters do not travel.
 * @param all_inline  nothing travels transient (reads).
 * @return LV_OK; LV_E_LIMIT over LV_CALLS_MAX calls, LV_CALL_ARGUMENTS_MAX arguments of a call or
 *         LV_FABRIC_MESSAGE_MAX bytes; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_calls_encode(const lv_call *calls, size_t count, bool all_inline,
                                        lv_calls_encoded *out, lv_error *err);
void lv_calls_encoded_free(lv_calls_encoded *encoded);

/** A list of calls read back, every argument resolved. Submitters are NULL: the caller knows them.
 */
typedef struct {
    lv_call *calls;
    size_t count;
    lv_bytes *transients; /* what was resolved, in the order met; borrowed from the resolver */
    size_t transient_count;
    lv_bytes *arguments; /* what the calls' arguments point to */
    void *message;       /* what function names and inline arguments point to */
} lv_calls;

/** Finds the value of a digest: LV_OK with bytes that live as long as the lv_calls; LV_NOT_FOUND.
 */
typedef lv_status (*lv_calls_resolve)(void *context, const lv_digest *digest, lv_bytes *value);

/** Reads calls. Every resolved value is hashed again and held against its digest.
 * @return LV_OK; LV_INVALID with words where a value is missing or is another; LV_E_SYNTAX where
 * the bytes are not what lv_calls_encode writes, or hold no call; LV_E_LIMIT; LV_E_MEMORY; what
 *         `resolve` fails with. */
LV_MUST_CHECK lv_status lv_calls_decode(lv_bytes encoded, lv_calls_resolve resolve, void *context,
                                        lv_calls *out, lv_error *err);
void lv_calls_free(lv_calls *calls);

/* ---- the chaincode's answer: Response{status, message, payload} ---- */

#define LV_RESPONSE_OK 200     /* for LV_OK */
#define LV_RESPONSE_FAILED 500 /* otherwise; its message is a refusal */

/** Appends "<status as a decimal> <words>" for what a contract answered other than LV_OK. */
LV_MUST_CHECK lv_status lv_refusal_encode(lv_status status, const char *words, lv_buffer *message);

/** Reads what lv_refusal_encode wrote, also where a peer put "chaincode response 500, " before it.
 * @param[out] status  the contract's; LV_OK on failure.
 * @param err  gets the words.
 * @return LV_OK; LV_E_SYNTAX where the message is none of Lotveil's; `err` then holds the message.
 */
LV_MUST_CHECK lv_status lv_refusal_decode(const char *message, lv_status *status, lv_error *err);

#endif
