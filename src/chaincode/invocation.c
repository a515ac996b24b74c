#include "chaincode/invocation.h"
#include "chaincode/overlay.h"
#include "fabric/calls.h"
#include "fabric/creator.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    const lv_invocation_rules *rules;
    const lv_shim_message *message;
    const lv_shim_asker *asker;
    lv_proposal_read proposal;
    bool *used; /* which of the proposal's transients a call names */
    lv_calls calls;
    const char *submitter;
    lv_buffer answer;
    lv_error err;
} invocation;

/* ---- who submits, and what ---- */

/* Bytes from outside that make no sense are the submitter's fault, not this machine's. */
static lv_status as_invalid(lv_status status)
{
    return status == LV_E_SYNTAX || status == LV_E_LIMIT ? LV_INVALID : status;
}

static lv_status check_proposal(invocation *in)
{
    const char *channel = in->rules->channel->channel;
    const char *chaincode = in->rules->chaincode;
    const lv_proposal_read *proposal = &in->proposal;
    if (strcmp(proposal->channel, channel) != 0 || strcmp(in->message->channel, channel) != 0) {
        return lv_fail(&in->err, LV_INVALID,
                       "channel %s: the proposal is of channel '%s', the transaction of '%s'",
                       channel, proposal->channel, in->message->channel);
    }
    if (chaincode[0] != '\0' && strcmp(proposal->chaincode, chaincode) != 0) {
        return lv_fail(&in->err, LV_INVALID,
                       "channel %s: the proposal is for chaincode '%s'; this one is '%s'", channel,
                       proposal->chaincode, chaincode);
    }
    if (strcmp(proposal->txid, in->message->txid) != 0) {
        return lv_fail(&in->err, LV_INVALID,
                       "channel %s: the proposal is of another transaction than '%s'", channel,
                       in->message->txid);
    }
    lv_status status = lv_shim_check_input(lv_buffer_view(&in->message->payload),
                                           proposal->arguments, proposal->argument_count, &in->err);
    if (status != LV_OK) {
        lv_error_prefix(&in->err, "channel %s: ", channel);
    }
    return as_invalid(status);
}

static lv_status read_proposal(invocation *in)
{
    lv_status status =
        lv_proposal_parse(lv_buffer_view(&in->message->proposal), &in->proposal, &in->err);
    if (status != LV_OK) {
        return as_invalid(status);
    }
    status = check_proposal(in);
    if (status == LV_OK) {
        const lv_channel *channel = in->rules->channel;
        status = lv_creator_check(channel->trust, lv_buffer_view(&in->proposal.creator),
                                  in->proposal.time, "client", &in->submitter, &in->err);
        if (status == LV_INVALID) {
            lv_error_prefix(&in->err, "channel %s: submitter: ", channel->channel);
        }
    }
    return status;
}

static lv_status resolve(void *context, const lv_digest *digest, lv_bytes *value)
{
    invocation *in = context;
    const lv_proposal_read *proposal = &in->proposal;
    char key[LV_DIGEST_TEXT];
    lv_digest_hex(digest, key);
    size_t from = 0;
    size_t past = proposal->transient_count;
    while (from < past) {
        size_t middle = from + (past - from) / 2;
        int order = strcmp(proposal->transients[middle].key, key);
        if (order == 0) {
            in->used[middle] = true;
            *value = lv_buffer_view(&proposal->transients[middle].value);
            return LV_OK;
        }
        from = order < 0 ? middle + 1 : from;
        past = order < 0 ? past : middle;
    }
    return LV_NOT_FOUND;
}

static lv_status read_calls(invocation *in)
{
    const char *channel = in->rules->channel->channel;
    in->used = calloc(in->proposal.transient_count + 1, sizeof *in->used);
    if (in->used == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_calls_decode(lv_buffer_view(&in->proposal.arguments[1]), resolve, in,
                                       &in->calls, &in->err);
    if (status != LV_OK) {
        lv_error_prefix(&in->err, "channel %s: ", channel);
        return as_invalid(status);
    }
    for (size_t i = 0; i < in->proposal.transient_count; i++) {
        if (!in->used[i]) {
            return lv_fail(&in->err, LV_INVALID,
                           "channel %s: transient value %zu of %zu is no argument of a call",
                           channel, i + 1, in->proposal.transient_count);
        }
    }
    for (size_t i = 0; i < in->calls.count; i++) {
        in->calls.calls[i].submitter = in->submitter;
    }
    return LV_OK;
}

/* ---- the calls ---- */

static lv_status run_call(invocation *in, lv_overlay *overlay, const lv_call *call, bool writes)
{
    const lv_channel *channel = in->rules->channel;
    lv_status status = lv_contract_expect(channel, call->function, writes, &in->err);
    if (status != LV_OK) {
        return status;
    }
    const lv_state state = lv_overlay_state(overlay, writes, &in->err);
    return lv_contract_invoke(channel, &state, call, &in->answer, &in->err);
}

/* Whatever travelled outside the proposal's hash has to come back in the write set. */
static lv_status check_kept(invocation *in, const lv_overlay *overlay)
{
    size_t missing = 0;
    lv_status status =
        lv_overlay_holds(overlay, in->calls.transients, in->calls.transient_count, &missing);
    if (status == LV_OK && missing < in->calls.transient_count) {
        status = lv_fail(&in->err, LV_INVALID,
                         "channel %s: a transient argument of %zu bytes was not put by any call; "
                         "no ledger would hold it",
                         in->rules->channel->channel, in->calls.transients[missing].len);
    }
    return status;
}

static lv_status submit(invocation *in, lv_overlay *overlay)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < in->calls.count; i++) {
        status = run_call(in, overlay, &in->calls.calls[i], true);
        if (status == LV_OK) {
            status = lv_overlay_keep(overlay);
        }
        status = lv_contract_fault(in->rules->channel, in->calls.calls, in->calls.count, i, status,
                                   &in->err);
    }
    if (status == LV_OK) {
        status = check_kept(in, overlay);
    }
    return status == LV_OK ? lv_overlay_flush(overlay) : status;
}

static lv_status read_one(invocation *in, lv_overlay *overlay)
{
    if (in->calls.count != 1) {
        return lv_fail(&in->err, LV_INVALID, "channel %s: a read is one call, not %zu",
                       in->rules->channel->channel, in->calls.count);
    }
    return run_call(in, overlay, &in->calls.calls[0], false);
}

static lv_status run_calls(invocation *in, bool writes)
{
    lv_remote remote = {.asker = in->asker, .err = &in->err};
    const lv_state below = lv_remote_state(&remote);
    lv_overlay *overlay = NULL;
    lv_status status = lv_overlay_new(&below, &overlay);
    if (status == LV_OK) {
        status = writes ? submit(in, overlay) : read_one(in, overlay);
    }
    lv_overlay_free(overlay);
    return status;
}

static lv_status run(invocation *in)
{
    lv_status status = read_proposal(in);
    if (status != LV_OK) {
        return status;
    }
    const lv_proposal_read *proposal = &in->proposal;
    lv_bytes verb =
        proposal->argument_count == 2 ? lv_buffer_view(&proposal->arguments[0]) : (lv_bytes){0};
    bool writes = lv_bytes_equal(verb, lv_bytes_of_text(LV_CALLS_SUBMIT));
    if (!writes && !lv_bytes_equal(verb, lv_bytes_of_text(LV_CALLS_READ))) {
        return lv_fail(&in->err, LV_INVALID,
                       "channel %s: the arguments must be '" LV_CALLS_SUBMIT "' or '" LV_CALLS_READ
                       "', and calls",
                       in->rules->channel->channel);
    }
    status = read_calls(in);
    return status == LV_OK ? run_calls(in, writes) : status;
}

/* ---- the answer ---- */

/* Text in protobuf is UTF-8, and words may repeat bytes that came from outside. */
static void make_printable(char *text)
{
    for (char *at = text; *at != '\0'; at++) {
        if (*at < ' ' || *at > '~') {
            *at = '?';
        }
    }
}

static lv_status refuse(invocation *in, lv_status refusal, lv_buffer *response)
{
    lv_buffer words = {0};
    make_printable(in->err.text);
    lv_status status = lv_refusal_encode(
        refusal, in->err.text[0] != '\0' ? in->err.text : lv_status_name(refusal), &words);
    if (status == LV_OK) {
        status = lv_shim_write_response(LV_RESPONSE_FAILED, lv_buffer_text(&words), (lv_bytes){0},
                                        response, NULL);
    }
    lv_buffer_free(&words);
    return status;
}

lv_status lv_invocation_run(const lv_invocation_rules *rules, const lv_shim_message *message,
                            const lv_shim_asker *asker, lv_buffer *response)
{
    invocation in = {.rules = rules, .message = message, .asker = asker};
    lv_status status = run(&in);
    if (status == LV_OK) {
        status = lv_shim_write_response(LV_RESPONSE_OK, "", lv_buffer_view(&in.answer), response,
                                        &in.err);
    } else {
        status = refuse(&in, status, response);
    }
    lv_buffer_free(&in.answer);
    lv_calls_free(&in.calls);
    free(in.used);
    lv_proposal_read_free(&in.proposal);
    return status;
}
