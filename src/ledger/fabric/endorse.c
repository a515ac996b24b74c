#include "base/clock.h"
#include "base/log.h"
#include "fabric.pb-c.h"
#include "fabric/envelope.h"
#include "fabric/limits.h"
#include "ledger/fabric/call.h"
#include "ledger/fabric/submit.h"
#include "record/wire.h"
#include <string.h>

/* A refusal of other organisations' peers alone may come from one that has not yet seen what the
 * gateway's own has: it is asked again for so long. So are peers whose answers differ. */
static const double DISAGREEMENT_SECONDS = 6;
enum { AGAIN_MIN_MS = 50, AGAIN_MAX_MS = 800 };

typedef struct {
    const lv_unsigned_transaction *transaction;
    lv_signed_transaction *out;
} task;

/* ---- at one gateway ---- */

static lv_status check_and_sign(const lv_fabric *self, const lv_session *session,
                                const lv_proposal *proposal,
                                const Lotveil__Fabric__EndorseResponse *answer, const task *t,
                                lv_error *err)
{
    lv_buffer envelope = {0};
    lv_buffer payload = {0};
    if (answer == NULL || answer->prepared_transaction == NULL) {
        return lv_fail(err, LV_E_CORRUPT, "it endorsed without a transaction");
    }
    lv_status status =
        lv_wire_pack(&answer->prepared_transaction->base, LV_FABRIC_MESSAGE_MAX, &envelope, err);
    if (status == LV_OK) {
        status =
            lv_envelope_check(lv_buffer_view(&envelope), proposal, &self->channel, self->chaincode,
                              t->transaction->records, t->transaction->record_count, &payload, err);
    }
    if (status == LV_OK) {
        status =
            lv_envelope_sign(lv_buffer_view(&envelope), session->identity, &t->out->envelope, err);
    }
    lv_buffer_free(&payload);
    lv_buffer_free(&envelope);
    return status;
}

static lv_status endorse(lv_fabric *self, const lv_session *session, size_t gateway, void *context,
                         lv_fault *fault)
{
    task *t = context;
    const lv_proposal_input input = {.channel = self->channel.channel,
                                     .chaincode = self->chaincode,
                                     .arguments = t->transaction->arguments,
                                     .argument_count = t->transaction->argument_count,
                                     .transients = t->transaction->transients,
                                     .transient_count = t->transaction->transient_count};
    lv_proposal proposal = {0};
    ProtobufCMessage *answer = NULL;
    lv_error words = {0};
    lv_status status = lv_proposal_make(session->identity, &input, &proposal, &words);
    if (status != LV_OK) {
        return lv_fault_local(fault, status, &words);
    }
    status = lv_gateway_propose(self, session, gateway, LV_GATEWAY_ENDORSE, &proposal,
                                self->endorse_ms, &answer, fault);
    if (status == LV_OK) {
        status = check_and_sign(self, session, &proposal,
                                (const Lotveil__Fabric__EndorseResponse *)answer, t, &words);
        if (status != LV_OK) {
            /* It lies, or is broken: another one may not be. */
            lv_gateway_failed(self, gateway);
            *fault = (lv_fault){.status = status, .words = words, .final = status != LV_E_CORRUPT};
            lv_error_prefix(&fault->words, "gateway %s returned what was not proposed: ",
                            self->gateways[gateway].address);
            lv_log(LV_LOG_WARN, "ledger", "channel %s: %s", self->channel.channel,
                   fault->words.text);
        }
    }
    if (status == LV_OK) {
        memcpy(t->out->txid, proposal.txid, sizeof t->out->txid);
    } else if (fault->contract && fault->foreign) {
        fault->final = false;
    }
    lv_wire_free(answer);
    lv_proposal_free(&proposal);
    return status;
}

/* ---- until one does ---- */

/* Peers that answered, and differ: waiting may bring them together. */
static bool disagree(lv_status status, const lv_fault *fault)
{
    return (fault->contract && fault->foreign) ||
           (status == LV_UNAVAILABLE && strstr(fault->words.text, "do not match") != NULL);
}

lv_status lv_fabric_endorse(lv_fabric *self, const lv_session *session,
                            const lv_unsigned_transaction *transaction, lv_signed_transaction *out,
                            lv_error *err)
{
    task t = {.transaction = transaction, .out = out};
    double until = lv_clock_seconds() + DISAGREEMENT_SECONDS;
    int pause = AGAIN_MIN_MS;
    lv_fault fault = {0};
    *out = (lv_signed_transaction){0};
    lv_status status = lv_gateways_try(self, session, endorse, &t, &fault);
    while (status != LV_OK && !fault.final && disagree(status, &fault) &&
           lv_clock_seconds() < until) {
        lv_fabric_pause(pause);
        pause = pause * 2 < AGAIN_MAX_MS ? pause * 2 : AGAIN_MAX_MS;
        status = lv_gateways_try(self, session, endorse, &t, &fault);
    }
    return status == LV_OK ? LV_OK : lv_fault_tell(self, &fault, err);
}
