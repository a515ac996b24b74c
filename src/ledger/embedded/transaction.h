/** The message Transaction (src/record/lotveil.proto; docs/ledger.md section 2): one call of a
 *  contract, signed by its submitter. */
#ifndef LV_LEDGER_TRANSACTION_H
#define LV_LEDGER_TRANSACTION_H

#include "contract/contract.h"

#define LV_NONCE_LEN 24U
#define LV_GENESIS_FUNCTION "genesis" /* its one argument is the ChannelConfig */

typedef struct {
    char channel[LV_NAME_MAX + 1];
    char function[LV_NAME_MAX + 1];
    lv_buffer *arguments; /* owned */
    size_t argument_count;
    int64_t time;          /* seconds since 1970 UTC, when it was signed */
    const char *submitter; /* borrowed from the trust it was checked with; NULL before */
} lv_transaction;

/** Signs a call and appends the Signed transaction.
 * @return LV_OK; LV_E_ARGUMENT for no function name; LV_E_LIMIT for more than
 *         LV_CALL_ARGUMENTS_MAX arguments or more bytes than a Signed may have. */
LV_MUST_CHECK lv_status lv_transaction_seal(const char *channel, const lv_call *call, int64_t time,
                                            const lv_identity *submitter, lv_buffer *out,
                                            lv_error *err);

/** Reads a Signed transaction without checking its signature: for the genesis, which names those
 *  whom to trust. @return LV_OK; LV_E_SYNTAX; LV_E_LIMIT; LV_INVALID where it is another kind. */
LV_MUST_CHECK lv_status lv_transaction_peek(lv_bytes bytes, lv_transaction *out, lv_error *err);

/** Reads a Signed transaction of this channel and checks its signature by a member, whose
 *  certificate has to be valid at the transaction's own time. @return and LV_INVALID. */
LV_MUST_CHECK lv_status lv_transaction_open(lv_bytes bytes, const lv_channel *channel,
                                            lv_transaction *out, lv_error *err);
void lv_transaction_free(lv_transaction *transaction);

/** Lends the arguments to a call: newly allocated (free) views of them, NULL without memory. */
lv_bytes *lv_transaction_arguments(const lv_transaction *transaction);

#endif
