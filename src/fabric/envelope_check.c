/* What Endorse returned, against what was proposed. Every message is read in its one encoding:
 * nothing may stand in it that is not looked at here. */
#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/calls.h"
#include "fabric/creator.h"
#include "fabric/envelope.h"
#include "fabric/limits.h"
#include "fabric/rwset.h"
#include "record/digest.h"
#include "record/wire.h"
#include <string.h>

#define ENDORSEMENTS_MAX 64U /* of one transaction: each costs a signature check */

typedef struct {
    const lv_proposal *proposal;
    const lv_channel *members;
    const char *chaincode;
    const lv_bytes *records;
    size_t record_count;
    lv_buffer *response_payload;
} expectation;

static lv_status unpack(const ProtobufCMessageDescriptor *type, const ProtobufCBinaryData *bytes,
                        ProtobufCMessage **out, lv_error *err)
{
    return lv_wire_unpack(type, lv_wire_view(bytes), LV_FABRIC_MESSAGE_MAX, out, err);
}

static bool same(const ProtobufCBinaryData *got, const lv_buffer *proposed)
{
    return lv_bytes_equal(lv_wire_view(got), lv_buffer_view(proposed));
}

/* ---- what was endorsed ---- */

static lv_status check_action(const Lotveil__Fabric__ChaincodeAction *action, const expectation *e,
                              lv_error *err)
{
    if (action->response == NULL || action->response->status != LV_RESPONSE_OK) {
        return lv_fail(err, LV_INVALID, "transaction: the chaincode's answer in it is no success");
    }
    if (action->chaincode_id == NULL || strcmp(action->chaincode_id->name, e->chaincode) != 0) {
        return lv_fail(err, LV_INVALID, "transaction: another chaincode than %s answered",
                       e->chaincode);
    }
    if (action->events.len != 0) {
        return lv_fail(err, LV_INVALID, "transaction: it sends an event");
    }
    lv_status status = lv_rwset_check(lv_wire_view(&action->results), e->chaincode, e->records,
                                      e->record_count, err);
    if (status == LV_OK && e->response_payload != NULL) {
        status = lv_buffer_append(e->response_payload, action->response->payload.data,
                                  action->response->payload.len);
    }
    return status;
}

static lv_status check_response(const ProtobufCBinaryData *bytes, const expectation *e,
                                lv_error *err)
{
    ProtobufCMessage *message = NULL;
    ProtobufCMessage *action = NULL;
    lv_status status =
        unpack(&lotveil__fabric__proposal_response_payload__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ProposalResponsePayload *payload =
        (const Lotveil__Fabric__ProposalResponsePayload *)message;
    if (!lv_bytes_equal(lv_wire_view(&payload->proposal_hash),
                        lv_digest_view(&e->proposal->hash))) {
        status = lv_fail(err, LV_INVALID, "transaction: endorsed for another proposal");
    }
    if (status == LV_OK) {
        status = unpack(&lotveil__fabric__chaincode_action__descriptor, &payload->extension,
                        &action, err);
    }
    if (status == LV_OK) {
        status = check_action((const Lotveil__Fabric__ChaincodeAction *)action, e, err);
    }
    lv_wire_free(action);
    lv_wire_free(message);
    return status;
}

/* ---- who endorsed it ---- */

/* An endorser signs the response and its own name. */
static lv_status check_endorsement(const Lotveil__Fabric__Endorsement *endorsement,
                                   const ProtobufCBinaryData *response, const lv_trust *trust,
                                   lv_error *err)
{
    const char *msp_id = NULL;
    lv_buffer message = {0};
    lv_status status = lv_buffer_append(&message, response->data, response->len);
    if (status == LV_OK) {
        status = lv_buffer_append(&message, endorsement->endorser.data, endorsement->endorser.len);
    }
    if (status == LV_OK) {
        status = lv_creator_check_signature(trust, lv_wire_view(&endorsement->endorser),
                                            lv_clock_now(), "peer", lv_buffer_view(&message),
                                            lv_wire_view(&endorsement->signature), &msp_id, err);
    }
    if (status != LV_OK) {
        lv_error_prefix(err, "endorsement: ");
    }
    lv_buffer_free(&message);
    return status;
}

static bool endorsed_before(const Lotveil__Fabric__ChaincodeEndorsedAction *action, size_t index)
{
    const lv_bytes name = lv_wire_view(&action->endorsements[index]->endorser);
    for (size_t i = 0; i < index; i++) {
        if (lv_bytes_equal(lv_wire_view(&action->endorsements[i]->endorser), name)) {
            return true;
        }
    }
    return false;
}

static lv_status check_endorsements(const Lotveil__Fabric__ChaincodeEndorsedAction *action,
                                    const lv_trust *trust, lv_error *err)
{
    lv_status status = LV_OK;
    if (action->n_endorsements == 0 || action->n_endorsements > ENDORSEMENTS_MAX) {
        return lv_fail(err, LV_INVALID, "transaction: %zu endorsements", action->n_endorsements);
    }
    for (size_t i = 0; status == LV_OK && i < action->n_endorsements; i++) {
        status = endorsed_before(action, i)
                     ? lv_fail(err, LV_INVALID, "transaction: endorsed twice by one peer")
                     : check_endorsement(action->endorsements[i],
                                         &action->proposal_response_payload, trust, err);
    }
    return status;
}

/* ---- what is around it ---- */

static lv_status check_endorsed(const Lotveil__Fabric__ChaincodeActionPayload *payload,
                                const expectation *e, lv_error *err)
{
    if (!same(&payload->chaincode_proposal_payload, &e->proposal->payload)) {
        return lv_fail(err, LV_INVALID, "transaction: its input is not what was proposed");
    }
    if (payload->action == NULL) {
        return lv_fail(err, LV_INVALID, "transaction: nothing was endorsed");
    }
    lv_status status = check_endorsements(payload->action, e->members->trust, err);
    if (status == LV_OK) {
        status = check_response(&payload->action->proposal_response_payload, e, err);
    }
    return status;
}

static lv_status check_transaction(const Lotveil__Fabric__Transaction *transaction,
                                   const expectation *e, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    if (transaction->n_actions != 1) {
        return lv_fail(err, LV_INVALID, "transaction: %zu actions in place of one",
                       transaction->n_actions);
    }
    const Lotveil__Fabric__TransactionAction *action = transaction->actions[0];
    if (!same(&action->header, &e->proposal->signature_header)) {
        return lv_fail(err, LV_INVALID, "transaction: its action is not by who proposed it");
    }
    lv_status status = unpack(&lotveil__fabric__chaincode_action_payload__descriptor,
                              &action->payload, &message, err);
    if (status == LV_OK) {
        status = check_endorsed((const Lotveil__Fabric__ChaincodeActionPayload *)message, e, err);
    }
    lv_wire_free(message);
    return status;
}

static lv_status check_payload(const Lotveil__Fabric__Payload *payload, const expectation *e,
                               lv_error *err)
{
    ProtobufCMessage *message = NULL;
    if (payload->header == NULL ||
        !same(&payload->header->channel_header, &e->proposal->channel_header)) {
        return lv_fail(err, LV_INVALID, "transaction: its channel header is not what was proposed");
    }
    if (!same(&payload->header->signature_header, &e->proposal->signature_header)) {
        return lv_fail(err, LV_INVALID,
                       "transaction: its signature header is not what was proposed");
    }
    lv_status status =
        unpack(&lotveil__fabric__transaction__descriptor, &payload->data, &message, err);
    if (status == LV_OK) {
        status = check_transaction((const Lotveil__Fabric__Transaction *)message, e, err);
    }
    lv_wire_free(message);
    return status;
}

static lv_status check_envelope(lv_bytes envelope, const expectation *e, lv_error *err)
{
    ProtobufCMessage *outer = NULL;
    ProtobufCMessage *inner = NULL;
    lv_status status = lv_wire_unpack(&lotveil__fabric__envelope__descriptor, envelope,
                                      LV_FABRIC_MESSAGE_MAX, &outer, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__Envelope *wire = (const Lotveil__Fabric__Envelope *)outer;
    status = wire->signature.len == 0
                 ? unpack(&lotveil__fabric__payload__descriptor, &wire->payload, &inner, err)
                 : lv_fail(err, LV_INVALID, "transaction: signed already");
    if (inner != NULL) {
        status = check_payload((const Lotveil__Fabric__Payload *)inner, e, err);
    }
    lv_wire_free(inner);
    lv_wire_free(outer);
    return status;
}

lv_status lv_envelope_check(lv_bytes envelope, const lv_proposal *proposal,
                            const lv_channel *members, const char *chaincode,
                            const lv_bytes *records, size_t record_count,
                            lv_buffer *response_payload, lv_error *err)
{
    const expectation e = {.proposal = proposal,
                           .members = members,
                           .chaincode = chaincode,
                           .records = records,
                           .record_count = record_count,
                           .response_payload = response_payload};
    lv_status status = check_envelope(envelope, &e, err);
    if (status == LV_INVALID || status == LV_E_SYNTAX || status == LV_E_LIMIT) {
        lv_error_prefix(err, "what the gateway returned was not signed: ");
        return LV_E_CORRUPT;
    }
    return status;
}
