#include "fabric/block_transaction.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

static lv_status unpack(const ProtobufCMessageDescriptor *type, const ProtobufCBinaryData *bytes,
                        ProtobufCMessage **out, lv_error *err)
{
    return lv_wire_read(type, lv_wire_view(bytes), LV_FABRIC_MESSAGE_MAX, out, err);
}

/* ---- headers ---- */

static lv_status take_channel_header(const ProtobufCBinaryData *bytes,
                                     lv_fabric_block_transaction *out, bool *endorsed,
                                     lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *endorsed = false;
    lv_status status = unpack(&lotveil__fabric__channel_header__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChannelHeader *header = (const Lotveil__Fabric__ChannelHeader *)message;
    *endorsed = header->type == LV_HEADER_TRANSACTION;
    if (strlen(header->tx_id) == LV_TXID_TEXT - 1) {
        memcpy(out->txid, header->tx_id, LV_TXID_TEXT);
    } else if (*endorsed) {
        status = lv_fail(err, LV_E_SYNTAX, "field tx_id: no transaction id");
    }
    out->time = header->timestamp == NULL ? 0 : header->timestamp->seconds;
    lv_wire_free(message);
    return status;
}

static lv_status take_submitter(lv_bytes creator, lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = lv_wire_read(&lotveil__fabric__serialized_identity__descriptor, creator,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const char *msp_id = ((const Lotveil__Fabric__SerializedIdentity *)message)->mspid;
    if (lv_name_is_valid(msp_id)) {
        memcpy(out->submitter, msp_id, strlen(msp_id) + 1);
    } else {
        status = lv_fail(err, LV_E_SYNTAX, "field mspid: must be an MSP id");
    }
    lv_wire_free(message);
    return status;
}

/* Peers have checked the creator's signature, and that the id follows from nonce and creator; the
 * latter costs nothing to see for oneself. */
static lv_status take_signature_header(const ProtobufCBinaryData *bytes,
                                       lv_fabric_block_transaction *out, lv_error *err)
{
    char txid[LV_TXID_TEXT];
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__signature_header__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__SignatureHeader *header =
        (const Lotveil__Fabric__SignatureHeader *)message;
    status = lv_txid_of(lv_wire_view(&header->nonce), lv_wire_view(&header->creator), txid);
    if (status == LV_OK && strcmp(txid, out->txid) != 0) {
        status =
            lv_fail(err, LV_E_SYNTAX, "field tx_id: it does not follow from nonce and creator");
    }
    if (status == LV_OK) {
        status = take_submitter(lv_wire_view(&header->creator), out, err);
    }
    lv_wire_free(message);
    return status;
}

/* ---- what went into the chaincode ---- */

static lv_status take_arguments(const Lotveil__Fabric__ChaincodeInput *input,
                                lv_fabric_block_transaction *out)
{
    lv_status status = LV_OK;
    out->arguments = calloc(input->n_args + 1, sizeof *out->arguments);
    if (out->arguments == NULL) {
        return LV_E_MEMORY;
    }
    out->argument_count = input->n_args;
    for (size_t i = 0; status == LV_OK && i < input->n_args; i++) {
        status = lv_buffer_append(&out->arguments[i], input->args[i].data, input->args[i].len);
    }
    return status;
}

/* Sets out->ours where the input is for our chaincode. */
static lv_status take_invocation(const ProtobufCBinaryData *bytes, const char *chaincode,
                                 lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_invocation_spec__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChaincodeSpec *spec =
        ((const Lotveil__Fabric__ChaincodeInvocationSpec *)message)->chaincode_spec;
    if (spec == NULL || spec->chaincode_id == NULL || spec->input == NULL) {
        status = lv_fail(err, LV_E_SYNTAX, "its payload names no chaincode or no input");
    } else if (strcmp(spec->chaincode_id->name, chaincode) == 0) {
        out->ours = true;
        status = take_arguments(spec->input, out);
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_proposal(const ProtobufCBinaryData *bytes, const char *chaincode,
                               lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_proposal_payload__descriptor, bytes, &message, err);
    if (status == LV_OK) {
        status =
            take_invocation(&((const Lotveil__Fabric__ChaincodeProposalPayload *)message)->input,
                            chaincode, out, err);
    }
    lv_wire_free(message);
    return status;
}

/* ---- what came out of it ---- */

static lv_status take_results(const ProtobufCBinaryData *response, const char *chaincode,
                              lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *payload = NULL;
    ProtobufCMessage *action = NULL;
    lv_status status =
        unpack(&lotveil__fabric__proposal_response_payload__descriptor, response, &payload, err);
    if (status != LV_OK) {
        return status;
    }
    status = unpack(&lotveil__fabric__chaincode_action__descriptor,
                    &((const Lotveil__Fabric__ProposalResponsePayload *)payload)->extension,
                    &action, err);
    if (status == LV_OK) {
        status = lv_rwset_writes(
            lv_wire_view(&((const Lotveil__Fabric__ChaincodeAction *)action)->results), chaincode,
            &out->writes, &out->write_count, err);
    }
    lv_wire_free(action);
    lv_wire_free(payload);
    return status;
}

static lv_status take_action(const ProtobufCBinaryData *bytes, const char *chaincode,
                             lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_action_payload__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChaincodeActionPayload *payload =
        (const Lotveil__Fabric__ChaincodeActionPayload *)message;
    status = take_proposal(&payload->chaincode_proposal_payload, chaincode, out, err);
    if (status == LV_OK && out->ours) {
        status = payload->action == NULL ? lv_fail(err, LV_E_SYNTAX, "nothing was endorsed")
                                         : take_results(&payload->action->proposal_response_payload,
                                                        chaincode, out, err);
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_data(const ProtobufCBinaryData *bytes, const char *chaincode,
                           lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__transaction__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__Transaction *transaction = (const Lotveil__Fabric__Transaction *)message;
    status = transaction->n_actions == 1
                 ? take_action(&transaction->actions[0]->payload, chaincode, out, err)
                 : lv_fail(err, LV_E_SYNTAX, "%zu actions in place of one", transaction->n_actions);
    lv_wire_free(message);
    return status;
}

/* ---- the whole ---- */

static lv_status take_payload(const Lotveil__Fabric__Payload *payload, const char *chaincode,
                              lv_fabric_block_transaction *out, lv_error *err)
{
    bool endorsed = false;
    if (payload->header == NULL) {
        return lv_fail(err, LV_E_SYNTAX, "without header");
    }
    lv_status status = take_channel_header(&payload->header->channel_header, out, &endorsed, err);
    if (status != LV_OK || !endorsed) {
        return status;
    }
    status = take_signature_header(&payload->header->signature_header, out, err);
    return status == LV_OK ? take_data(&payload->data, chaincode, out, err) : status;
}

static lv_status take_envelope(lv_bytes envelope, const char *chaincode,
                               lv_fabric_block_transaction *out, lv_error *err)
{
    ProtobufCMessage *outer = NULL;
    ProtobufCMessage *inner = NULL;
    lv_status status = lv_wire_read(&lotveil__fabric__envelope__descriptor, envelope,
                                    LV_FABRIC_MESSAGE_MAX, &outer, err);
    if (status != LV_OK) {
        return status;
    }
    status = unpack(&lotveil__fabric__payload__descriptor,
                    &((const Lotveil__Fabric__Envelope *)outer)->payload, &inner, err);
    if (status == LV_OK) {
        status = take_payload((const Lotveil__Fabric__Payload *)inner, chaincode, out, err);
    }
    lv_wire_free(inner);
    lv_wire_free(outer);
    return status;
}

static void clear_contents(lv_fabric_block_transaction *transaction)
{
    for (size_t i = 0; i < transaction->argument_count; i++) {
        lv_buffer_free(&transaction->arguments[i]);
    }
    free(transaction->arguments);
    lv_writes_free(transaction->writes, transaction->write_count);
    transaction->arguments = NULL;
    transaction->argument_count = 0;
    transaction->writes = NULL;
    transaction->write_count = 0;
    transaction->ours = false;
    transaction->time = 0;
    transaction->submitter[0] = '\0';
}

lv_status lv_fabric_block_transaction_read(lv_bytes envelope, const char *chaincode,
                                           lv_fabric_block_transaction *out, lv_error *err)
{
    lv_status status = take_envelope(envelope, chaincode, out, err);
    bool unreadable = status == LV_E_SYNTAX || status == LV_E_LIMIT;
    if (status != LV_OK || !out->ours) {
        clear_contents(out);
    }
    if (!unreadable) {
        return status;
    }
    if (out->code == LV_VALIDATION_VALID) {
        return LV_E_CORRUPT;
    }
    if (err != NULL) {
        err->text[0] = '\0';
    }
    return LV_OK;
}

void lv_fabric_block_transaction_clear(lv_fabric_block_transaction *transaction)
{
    clear_contents(transaction);
    *transaction = (lv_fabric_block_transaction){0};
}
