#include "ledger/fabric/call.h"
#include "fabric.pb-c.h"
#include "fabric/calls.h"
#include "fabric/limits.h"
#include "record/wire.h"
#include <string.h>

/* ---- words of refusals ---- */

/* What peers say of somebody whom they do not know or do not let in, whichever code it comes with.
 */
static bool is_denied(const char *words)
{
    static const char *const signs[] = {"access denied",         "creator org unknown",
                                        "creator is malformed",  "creator's identity",
                                        "identity is not valid", "status=FORBIDDEN"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (strstr(words, signs[i]) != NULL) {
            return true;
        }
    }
    return false;
}

static void set_denied(const char *words, lv_fault *fault)
{
    fault->final = true;
    fault->status = lv_fail(
        &fault->words, LV_REFUSED,
        "Fabric does not let this organisation do that: %s. Check that it is a member of the "
        "channel and may do this by the channel's policies, that its certificate is valid now and "
        "was issued by the root that the channel knows, and the clock of this machine",
        words);
}

/* The contract's own words, as it would say them on every ledger. */
static bool take_refusal(const char *message, lv_fault *fault)
{
    lv_status status = LV_OK;
    lv_error words = {0};
    if (lv_refusal_decode(message, &status, &words) != LV_OK || status == LV_OK) {
        return false;
    }
    fault->status = status;
    fault->words = words;
    fault->contract = true;
    fault->final = true;
    return true;
}

/* One peer's fault. What a peer of the own organisation says of the contract weighs more: it is the
 * one that this organisation runs and that has what it committed.
 * `late`: the gateway's own peer had endorsed before. */
static void take_detail(const Lotveil__Fabric__ErrorDetail *detail, const char *own, bool late,
                        lv_fault *fault)
{
    bool is_own = strcmp(detail->msp_id, own) == 0;
    if (fault->contract && (!fault->foreign || !is_own)) {
        return;
    }
    if (take_refusal(detail->message, fault)) {
        fault->foreign = !is_own && late;
        return;
    }
    if (fault->contract) {
        return;
    }
    if (is_denied(detail->message)) {
        set_denied(detail->message, fault);
    } else if (!fault->final) {
        (void)lv_fail(&fault->words, fault->status, "%s (%s): %s", detail->address, detail->msp_id,
                      detail->message);
    }
}

static void take_details(const lv_rpc_end *end, const char *own, lv_fault *fault)
{
    ProtobufCMessage *base = NULL;
    if (end->details.len == 0 ||
        lv_wire_read(&lotveil__fabric__rpc_status__descriptor, lv_buffer_view(&end->details),
                     LV_FABRIC_MESSAGE_MAX, &base, NULL) != LV_OK) {
        return; /* the code stands without them */
    }
    const Lotveil__Fabric__RpcStatus *status = (const Lotveil__Fabric__RpcStatus *)base;
    bool late = strstr(end->words, "failed to collect") != NULL;
    for (size_t i = 0; i < status->n_details; i++) {
        ProtobufCMessage *detail = NULL;
        const char *name = strrchr(status->details[i]->type_url, '/');
        if (name == NULL || strcmp(name, "/gateway.ErrorDetail") != 0 ||
            lv_wire_read(&lotveil__fabric__error_detail__descriptor,
                         lv_wire_view(&status->details[i]->value), LV_FABRIC_MESSAGE_MAX, &detail,
                         NULL) != LV_OK) {
            continue;
        }
        take_detail((const Lotveil__Fabric__ErrorDetail *)detail, own, late, fault);
        lv_wire_free(detail);
    }
    lv_wire_free(base);
}

/* These say that nothing was begun. */
static bool did_nothing(int code, const char *words)
{
    return code == LV_RPC_INVALID_ARGUMENT || code == LV_RPC_FAILED_PRECONDITION ||
           code == LV_RPC_PERMISSION_DENIED || code == LV_RPC_UNAUTHENTICATED ||
           code == LV_RPC_UNIMPLEMENTED || code == LV_RPC_RESOURCE_EXHAUSTED ||
           (code == LV_RPC_ABORTED && strstr(words, "unsuccessful response from orderer") != NULL);
}

void lv_fault_of_end(const lv_rpc_end *end, const char *own, lv_fault *fault)
{
    *fault = (lv_fault){.maybe_acted = !did_nothing(end->code, end->words)};
    fault->status =
        lv_fail(&fault->words, LV_UNAVAILABLE, "%s: %s", lv_rpc_code_name(end->code), end->words);
    if (end->code == LV_RPC_PERMISSION_DENIED || end->code == LV_RPC_UNAUTHENTICATED ||
        is_denied(end->words)) {
        set_denied(end->words, fault);
    } else if (strstr(end->words, "REQUEST_ENTITY_TOO_LARGE") != NULL) {
        fault->final = true;
        fault->status = lv_fail(&fault->words, LV_E_LIMIT,
                                "the orderer takes no transaction of this size: %s", end->words);
    } else {
        take_details(end, own, fault);
    }
}

void lv_fault_of_response(int code, const char *message, lv_fault *fault)
{
    *fault = (lv_fault){0};
    if (!take_refusal(message, fault)) {
        fault->status =
            lv_fail(&fault->words, LV_UNAVAILABLE, "chaincode response %d, %s", code, message);
    }
}

/* ---- calls ---- */

/* Who waits for a commit may wait longer than for one gateway's answer, and then asks another. */
static bool may_be_silent(const char *method)
{
    return strcmp(method, LV_GATEWAY_COMMIT_STATUS) == 0;
}

/* @return fault->status of a call that was not answered. */
static lv_status no_answer(lv_status status, bool maybe_acted, const lv_error *words,
                           lv_fault *fault)
{
    *fault = (lv_fault){.maybe_acted = maybe_acted, .words = *words};
    fault->final = status == LV_E_MEMORY;
    fault->status = fault->final || status == LV_E_LIMIT ? status : LV_UNAVAILABLE;
    return fault->status;
}

lv_status lv_gateway_call(lv_fabric *self, const lv_session *session, size_t gateway,
                          const char *method, lv_bytes request, int deadline_ms,
                          lv_buffer *response, lv_fault *fault)
{
    lv_rpc_end end = {0};
    lv_error words = {0};
    bool maybe_acted = true;
    *fault = (lv_fault){0};
    lv_status status = lv_rpc_call(session->clients[gateway], method, request, deadline_ms,
                                   response, &end, &maybe_acted, &words);
    if (status != LV_OK) {
        if (status != LV_TIMEOUT || !may_be_silent(method)) {
            lv_gateway_failed(self, gateway);
        }
        status = no_answer(status, maybe_acted || status == LV_INVALID, &words, fault);
    } else if (end.code == LV_RPC_OK) {
        lv_gateway_answered(self, gateway);
    } else {
        lv_fault_of_end(&end, self->msp, fault);
        lv_error_prefix(&fault->words, fault->contract ? "%s" : "gateway %s: ",
                        fault->contract ? "" : self->gateways[gateway].address);
        status = fault->status;
        if (fault->final) {
            lv_gateway_answered(self, gateway);
        } else if (end.code != LV_RPC_DEADLINE_EXCEEDED || !may_be_silent(method)) {
            lv_gateway_failed(self, gateway);
        }
    }
    lv_rpc_end_free(&end);
    return status;
}

lv_status lv_gateway_ask(lv_fabric *self, const lv_session *session, size_t gateway,
                         const char *method, const ProtobufCMessage *request, int deadline_ms,
                         const ProtobufCMessageDescriptor *type, ProtobufCMessage **response,
                         lv_fault *fault)
{
    lv_buffer sent = {0};
    lv_buffer answer = {0};
    lv_error words = {0};
    *response = NULL;
    lv_status status = lv_wire_pack(request, LV_FABRIC_MESSAGE_MAX, &sent, &words);
    if (status != LV_OK) {
        lv_buffer_free(&sent);
        return lv_fault_local(fault, status, &words);
    }
    status = lv_gateway_call(self, session, gateway, method, lv_buffer_view(&sent), deadline_ms,
                             &answer, fault);
    lv_buffer_free(&sent);
    if (status == LV_OK) {
        status =
            lv_wire_read(type, lv_buffer_view(&answer), LV_FABRIC_MESSAGE_MAX, response, &words);
        if (status != LV_OK) {
            lv_error_prefix(&words,
                            "gateway %s: what it answered: ", self->gateways[gateway].address);
            status = no_answer(status, true, &words, fault);
        }
    }
    lv_buffer_free(&answer);
    return status;
}

lv_status lv_gateway_propose(lv_fabric *self, const lv_session *session, size_t gateway,
                             const char *method, const lv_proposal *proposal, int deadline_ms,
                             ProtobufCMessage **response, lv_fault *fault)
{
    Lotveil__Fabric__SignedProposal message = LOTVEIL__FABRIC__SIGNED_PROPOSAL__INIT;
    Lotveil__Fabric__EndorseRequest endorse = LOTVEIL__FABRIC__ENDORSE_REQUEST__INIT;
    Lotveil__Fabric__EvaluateRequest evaluate = LOTVEIL__FABRIC__EVALUATE_REQUEST__INIT;
    bool endorses = strcmp(method, LV_GATEWAY_ENDORSE) == 0;
    message.proposal_bytes = lv_wire_bytes(lv_buffer_view(&proposal->bytes));
    message.signature = lv_wire_bytes(lv_buffer_view(&proposal->signature));
    endorse.transaction_id = evaluate.transaction_id = lv_wire_text(proposal->txid);
    endorse.channel_id = evaluate.channel_id = lv_wire_text(self->channel.channel);
    endorse.proposed_transaction = evaluate.proposed_transaction = &message;
    /* A gateway whose own peer cannot answer would ask another organisation's, which this one has
     * no reason to believe. */
    char *believed = lv_wire_text(self->gateways[gateway].msp);
    evaluate.n_target_organizations = 1;
    evaluate.target_organizations = &believed;
    return lv_gateway_ask(self, session, gateway, method, endorses ? &endorse.base : &evaluate.base,
                          deadline_ms,
                          endorses ? &lotveil__fabric__endorse_response__descriptor
                                   : &lotveil__fabric__evaluate_response__descriptor,
                          response, fault);
}
