/** The rules of the channels: pure functions over a key-value state, run by every ledger
 *  (docs/protocol.md section 9). No clock, no randomness, no I/O, no memory between calls.
 *
 *  Functions of contract "quality":
 *    put      (Signed quality ...)   write; one or more records, all or none
 *    get      (set id hex)           read; the Signed record
 *    list     (author, series, from, limit)  read; from and limit decimal; Page of Signed
 *  Functions of contract "xor":
 *    put      (Signed xor ...)       write
 *    grant    (Signed grant)         write; also ends one (revoke)
 *    sell     (Signed sale)          write; refuses without a standing grant, over its quota, and
 *                                    a second sale of a set to the same buyer
 *    get      (set id hex)           read; the Signed record
 *    list     (author, series, from, limit)  read
 *    granted  (author, buyer, series)        read; the Signed grant that stands
 *    sold     (set id hex, buyer)    read; the Signed sale
 *
 *  Writes are refused (LV_REFUSED, LV_EXISTS or LV_INVALID, with words that name the rule) for: an
 *  organisation whose role may not write that kind; a submitter that is not the record's author; a
 *  set id or (author, series, sequence) that exists; a sequence that leaves a gap; a `corrects`
 *  that names no record of the same author and series; a record that is malformed, over its size
 *  limit, wrongly signed, or bound to another channel; a public key or key proof that fails.
 *  Nothing is ever overwritten or deleted. Putting the very bytes that stand there already is
 *  LV_EXISTS like any other; who retries compares with `get`. */
#ifndef LV_CONTRACT_CONTRACT_H
#define LV_CONTRACT_CONTRACT_H

#include <lotveil/record.h>

#define LV_CALL_ARGUMENTS_MAX 1024U

/** The state a contract works on. Keys are printable ASCII without NUL. A ledger implements all
 *  three; writes are seen by later reads of the same call or, on Fabric, only by later calls:
 *  contracts never read what they wrote in the same call. */
typedef struct {
    void *context;
    /** Appends the value. LV_OK; LV_NOT_FOUND; faults. */
    lv_status (*get)(void *context, const char *key, lv_buffer *value);
    /** Stores a value under a key. */
    lv_status (*put)(void *context, const char *key, lv_bytes value);
    /** Calls `each` for every key in [first, past) in byte order until it returns other than
     *  LV_OK; LV_TIMEOUT from `each` ends the walk early with LV_OK. */
    lv_status (*range)(void *context, const char *first, const char *past,
                       lv_status (*each)(void *each_context, const char *key, lv_bytes value),
                       void *each_context);
} lv_state;

typedef struct {
    char msp_id[LV_NAME_MAX + 1];
    char role[LV_NAME_MAX + 1]; /* "downstream", "upstream" or "servicer" */
    lv_buffer root;             /* PEM */
} lv_member;

/** Who takes part in a channel, and under which contract. */
typedef struct {
    char channel[LV_NAME_MAX + 1];
    char contract[LV_NAME_MAX + 1]; /* "quality" or "xor" */
    lv_member *members;
    size_t member_count;
    lv_trust *trust; /* built from the members */
} lv_channel;

/** Reads and writes a ChannelConfig. Refuses unknown contracts and roles, doubled members, roots
 *  that are no CA certificate. */
LV_MUST_CHECK lv_status lv_channel_encode(const lv_channel *channel, lv_buffer *out, lv_error *err);
LV_MUST_CHECK lv_status lv_channel_decode(lv_bytes bytes, lv_channel *out, lv_error *err);
void lv_channel_free(lv_channel *channel);

/** The member's role, NULL where it is no member. */
const char *lv_channel_role(const lv_channel *channel, const char *msp_id);

typedef struct {
    const char *function;
    const lv_bytes *arguments;
    size_t argument_count;
    const char *submitter; /* MSP id, verified by the ledger; NULL only for reads by tests */
} lv_call;

/** Does `function` of this contract write? LV_NOT_FOUND where there is no such function. */
LV_MUST_CHECK lv_status lv_contract_writes(const lv_channel *channel, const char *function,
                                           bool *writes);

/** Is `function` one that writes, or one that reads, as the caller wants it?
 * @return LV_OK; LV_NOT_FOUND or LV_E_ARGUMENT with the words that every ledger says. */
LV_MUST_CHECK lv_status lv_contract_expect(const lv_channel *channel, const char *function,
                                           bool writes, lv_error *err);

/** What every ledger puts before the words of a call that failed: "channel xor: call 3 of 3
 *  (grant): ". @return `status`; nothing is put where that is LV_OK. */
lv_status lv_contract_fault(const lv_channel *channel, const lv_call *calls, size_t count, size_t i,
                            lv_status status, lv_error *err);

/** Runs one call. On anything but LV_OK the ledger discards what the call put.
 * @param response  appended to; empty for writes. `list` gives u32be count, then u32be length and
 *                  bytes of each record. */
LV_MUST_CHECK lv_status lv_contract_invoke(const lv_channel *channel, const lv_state *state,
                                           const lv_call *call, lv_buffer *response, lv_error *err);

#endif
