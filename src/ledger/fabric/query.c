#include "ledger/fabric/query.h"
#include "fabric.pb-c.h"
#include "fabric/block.h"
#include "fabric/limits.h"
#include "fabric/proposal.h"
#include "ledger/fabric/call.h"
#include "record/wire.h"
#include <string.h>

enum { CODE_GOOD_MIN = 200, CODE_GOOD_PAST = 400 };

static const char QSCC[] = "qscc";

/* A system chaincode of a peer refuses by a fault of its own, not by the contract's words. */
static lv_status take_response(const Lotveil__Fabric__EvaluateResponse *answer, lv_buffer *payload,
                               lv_fault *fault)
{
    const Lotveil__Fabric__Response *result = answer->result;
    if (result == NULL) {
        *fault = (lv_fault){0};
        fault->status = lv_fail(&fault->words, LV_UNAVAILABLE, "an answer without a result");
        return fault->status;
    }
    if (result->status < CODE_GOOD_MIN || result->status >= CODE_GOOD_PAST) {
        lv_fault_of_response(result->status, result->message, fault);
        return fault->status;
    }
    lv_status status = result->payload.len == 0
                           ? LV_OK
                           : lv_buffer_append(payload, result->payload.data, result->payload.len);
    return status == LV_OK ? LV_OK : lv_fault_local(fault, status, NULL);
}

lv_status lv_query_evaluate(lv_fabric *self, const lv_session *session, size_t gateway,
                            const char *chaincode, const lv_bytes *arguments, size_t argument_count,
                            int deadline_ms, lv_buffer *payload, lv_fault *fault)
{
    lv_proposal proposal = {0};
    ProtobufCMessage *answer = NULL;
    lv_error words = {0};
    const lv_proposal_input input = {.channel = self->channel.channel,
                                     .chaincode = chaincode,
                                     .arguments = arguments,
                                     .argument_count = argument_count};
    lv_status status = lv_proposal_make(session->identity, &input, &proposal, &words);
    if (status != LV_OK) {
        return lv_fault_local(fault, status, &words);
    }
    status = lv_gateway_propose(self, session, gateway, LV_GATEWAY_EVALUATE, &proposal, deadline_ms,
                                &answer, fault);
    if (status == LV_OK) {
        status = take_response((const Lotveil__Fabric__EvaluateResponse *)answer, payload, fault);
    }
    lv_wire_free(answer);
    lv_proposal_free(&proposal);
    return status;
}

/* ---- qscc ---- */

static lv_status ask_qscc(lv_fabric *self, const lv_session *session, size_t gateway,
                          const char *function, const char *argument, int deadline_ms,
                          lv_buffer *payload, lv_fault *fault)
{
    const lv_bytes arguments[] = {lv_bytes_of_text(function),
                                  lv_bytes_of_text(self->channel.channel),
                                  lv_bytes_of_text(argument != NULL ? argument : "")};
    return lv_query_evaluate(self, session, gateway, QSCC, arguments, argument != NULL ? 3 : 2,
                             deadline_ms, payload, fault);
}

/* What a peer answers that cannot be read is the peer's trouble. */
static lv_status unreadable(const lv_fabric *self, size_t gateway, lv_error *words, lv_fault *fault)
{
    *fault = (lv_fault){.status = LV_UNAVAILABLE, .words = *words};
    lv_error_prefix(&fault->words, "gateway %s: ", self->gateways[gateway].address);
    return LV_UNAVAILABLE;
}

static bool take_hash(const ProtobufCBinaryData *from, lv_digest *out)
{
    if (from->len != sizeof out->bytes) {
        return false;
    }
    memcpy(out->bytes, from->data, sizeof out->bytes);
    return true;
}

lv_status lv_chain_info_read(lv_bytes bytes, lv_chain_info *out, lv_error *err)
{
    ProtobufCMessage *base = NULL;
    *out = (lv_chain_info){0};
    lv_status status = lv_wire_read(&lotveil__fabric__blockchain_info__descriptor, bytes,
                                    LV_FABRIC_MESSAGE_MAX, &base, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__BlockchainInfo *info = (const Lotveil__Fabric__BlockchainInfo *)base;
    if (info->height == 0 || !take_hash(&info->currentblockhash, &out->newest) ||
        (info->height > 1 && !take_hash(&info->previousblockhash, &out->before))) {
        *out = (lv_chain_info){0};
        status = lv_fail(err, LV_E_SYNTAX, "chain info: a height without its hashes");
    } else {
        out->height = info->height;
    }
    lv_wire_free(base);
    return status;
}

lv_status lv_query_chain(lv_fabric *self, const lv_session *session, size_t gateway,
                         int deadline_ms, lv_chain_info *out, lv_fault *fault)
{
    lv_buffer payload = {0};
    lv_error words = {0};
    *out = (lv_chain_info){0};
    lv_status status =
        ask_qscc(self, session, gateway, "GetChainInfo", NULL, deadline_ms, &payload, fault);
    if (status == LV_OK) {
        status = lv_chain_info_read(lv_buffer_view(&payload), out, &words);
        if (status != LV_OK) {
            status = unreadable(self, gateway, &words, fault);
        } else {
            lv_gateway_has(self, gateway, out->height);
        }
    }
    lv_buffer_free(&payload);
    return status;
}

lv_status lv_query_transaction(lv_fabric *self, const lv_session *session, size_t gateway,
                               const char *txid, int deadline_ms, uint64_t *number, int *code,
                               lv_fault *fault)
{
    lv_buffer payload = {0};
    lv_fabric_block block = {0};
    lv_error words = {0};
    lv_status status =
        ask_qscc(self, session, gateway, "GetBlockByTxID", txid, deadline_ms, &payload, fault);
    if (status != LV_OK) {
        return status;
    }
    status = lv_fabric_block_parse(lv_buffer_view(&payload), self->chaincode, &block, &words);
    lv_buffer_free(&payload);
    if (status == LV_OK) {
        status = lv_fail(&words, LV_NOT_FOUND, "its block does not hold transaction %s", txid);
    }
    for (size_t i = 0; status == LV_NOT_FOUND && i < block.transaction_count; i++) {
        if (strcmp(block.transactions[i].txid, txid) == 0) {
            *number = block.number;
            *code = block.transactions[i].code;
            status = LV_OK;
        }
    }
    lv_fabric_block_free(&block);
    return status == LV_OK ? LV_OK : unreadable(self, gateway, &words, fault);
}
