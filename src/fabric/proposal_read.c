/* A proposal as the chaincode reads it: nested messages, each in bytes of its own. */
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "fabric/proposal.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

typedef Lotveil__Fabric__ChaincodeProposalPayload__TransientMapEntry map_entry;

static lv_status unpack(const ProtobufCMessageDescriptor *type, const ProtobufCBinaryData *bytes,
                        ProtobufCMessage **out, lv_error *err)
{
    return lv_wire_read(type, lv_wire_view(bytes), LV_FABRIC_MESSAGE_MAX, out, err);
}

static lv_status take_name(const char *what, const char *text, char out[LV_NAME_MAX + 1],
                           lv_error *err)
{
    if (!lv_name_is_valid(text)) {
        return lv_fail(err, LV_E_SYNTAX, "proposal: field %s: must be a name", what);
    }
    memcpy(out, text, strlen(text) + 1);
    return LV_OK;
}

static lv_status take_extension(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                                lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_header_extension__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChaincodeHeaderExtension *extension =
        (const Lotveil__Fabric__ChaincodeHeaderExtension *)message;
    status = extension->chaincode_id == NULL
                 ? lv_fail(err, LV_E_SYNTAX, "proposal: its header names no chaincode")
                 : take_name("chaincode_id", extension->chaincode_id->name, out->chaincode, err);
    lv_wire_free(message);
    return status;
}

static lv_status take_channel_header(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                                     char claimed[LV_TXID_TEXT], lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__channel_header__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChannelHeader *header = (const Lotveil__Fabric__ChannelHeader *)message;
    if (header->type != LV_HEADER_TRANSACTION) {
        status = lv_fail(err, LV_E_SYNTAX, "proposal: field type: %d is no endorser transaction",
                         header->type);
    } else if (header->timestamp == NULL) {
        status = lv_fail(err, LV_E_SYNTAX, "proposal: field timestamp: missing");
    } else if (strlen(header->tx_id) != LV_TXID_TEXT - 1) {
        status = lv_fail(err, LV_E_SYNTAX, "proposal: field tx_id: no transaction id");
    } else {
        out->time = header->timestamp->seconds;
        memcpy(claimed, header->tx_id, LV_TXID_TEXT);
        status = take_name("channel_id", header->channel_id, out->channel, err);
    }
    if (status == LV_OK) {
        status = take_extension(&header->extension, out, err);
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_signature_header(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                                       lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__signature_header__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__SignatureHeader *header =
        (const Lotveil__Fabric__SignatureHeader *)message;
    status = lv_txid_of(lv_wire_view(&header->nonce), lv_wire_view(&header->creator), out->txid);
    if (status == LV_OK) {
        status = lv_buffer_append(&out->creator, header->creator.data, header->creator.len);
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_header(const ProtobufCBinaryData *bytes, lv_proposal_read *out, lv_error *err)
{
    char claimed[LV_TXID_TEXT] = "";
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__header__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__Header *header = (const Lotveil__Fabric__Header *)message;
    status = take_channel_header(&header->channel_header, out, claimed, err);
    if (status == LV_OK) {
        status = take_signature_header(&header->signature_header, out, err);
    }
    if (status == LV_OK && strcmp(claimed, out->txid) != 0) {
        status = lv_fail(err, LV_E_SYNTAX,
                         "proposal: field tx_id: it does not follow from nonce and creator");
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_arguments(const Lotveil__Fabric__ChaincodeSpec *spec, lv_proposal_read *out,
                                lv_error *err)
{
    if (spec == NULL || spec->chaincode_id == NULL || spec->input == NULL) {
        return lv_fail(err, LV_E_SYNTAX, "proposal: its payload names no chaincode or no input");
    }
    if (strcmp(spec->chaincode_id->name, out->chaincode) != 0) {
        return lv_fail(err, LV_E_SYNTAX,
                       "proposal: its header names the chaincode %s, its payload another",
                       out->chaincode);
    }
    const Lotveil__Fabric__ChaincodeInput *input = spec->input;
    out->arguments = calloc(input->n_args + 1, sizeof *out->arguments);
    if (out->arguments == NULL) {
        return LV_E_MEMORY;
    }
    out->argument_count = input->n_args;
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < input->n_args; i++) {
        status = lv_buffer_append(&out->arguments[i], input->args[i].data, input->args[i].len);
    }
    return status;
}

static lv_status take_invocation(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                                 lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_invocation_spec__descriptor, bytes, &message, err);
    if (status == LV_OK) {
        status = take_arguments(
            ((const Lotveil__Fabric__ChaincodeInvocationSpec *)message)->chaincode_spec, out, err);
    }
    lv_wire_free(message);
    return status;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const lv_transient_value *)a)->key, ((const lv_transient_value *)b)->key);
}

static lv_status take_transients(map_entry *const *entries, size_t count, lv_proposal_read *out,
                                 lv_error *err)
{
    out->transients = calloc(count + 1, sizeof *out->transients);
    if (out->transients == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        lv_transient_value *taken = &out->transients[i];
        taken->key = strdup(entries[i]->key);
        if (taken->key == NULL) {
            return LV_E_MEMORY;
        }
        out->transient_count++;
        lv_status status =
            lv_buffer_append(&taken->value, entries[i]->value.data, entries[i]->value.len);
        if (status != LV_OK) {
            return status;
        }
    }
    qsort(out->transients, count, sizeof *out->transients, by_key);
    for (size_t i = 1; i < count; i++) {
        if (by_key(&out->transients[i - 1], &out->transients[i]) == 0) {
            return lv_fail(err, LV_E_SYNTAX, "proposal: a transient key stands twice");
        }
    }
    return LV_OK;
}

static lv_status take_payload(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                              lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status =
        unpack(&lotveil__fabric__chaincode_proposal_payload__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__ChaincodeProposalPayload *payload =
        (const Lotveil__Fabric__ChaincodeProposalPayload *)message;
    status = take_invocation(&payload->input, out, err);
    if (status == LV_OK) {
        status = take_transients(payload->transientmap, payload->n_transientmap, out, err);
    }
    lv_wire_free(message);
    return status;
}

static lv_status take_proposal(const ProtobufCBinaryData *bytes, lv_proposal_read *out,
                               lv_error *err)
{
    ProtobufCMessage *message = NULL;
    lv_status status = unpack(&lotveil__fabric__proposal__descriptor, bytes, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__Proposal *proposal = (const Lotveil__Fabric__Proposal *)message;
    status = take_header(&proposal->header, out, err);
    if (status == LV_OK) {
        status = take_payload(&proposal->payload, out, err);
    }
    lv_wire_free(message);
    return status;
}

lv_status lv_proposal_parse(lv_bytes signed_proposal, lv_proposal_read *out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *out = (lv_proposal_read){0};
    lv_status status = lv_wire_read(&lotveil__fabric__signed_proposal__descriptor, signed_proposal,
                                    LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status == LV_OK) {
        status = take_proposal(&((const Lotveil__Fabric__SignedProposal *)message)->proposal_bytes,
                               out, err);
    }
    lv_wire_free(message);
    if (status != LV_OK) {
        lv_proposal_read_free(out);
    }
    return status;
}

void lv_proposal_read_free(lv_proposal_read *read)
{
    if (read == NULL) {
        return;
    }
    lv_buffer_free(&read->creator);
    for (size_t i = 0; i < read->argument_count; i++) {
        lv_buffer_free(&read->arguments[i]);
    }
    for (size_t i = 0; i < read->transient_count; i++) {
        free(read->transients[i].key);
        lv_buffer_free(&read->transients[i].value);
    }
    free(read->arguments);
    free(read->transients);
    *read = (lv_proposal_read){0};
}

bool lv_proposal_transient(const lv_proposal_read *read, const char *key, lv_bytes *value)
{
    const lv_transient_value wanted = {.key = lv_wire_text(key)};
    *value = (lv_bytes){0};
    if (read->transient_count == 0) {
        return false;
    }
    const lv_transient_value *found =
        bsearch(&wanted, read->transients, read->transient_count, sizeof *read->transients, by_key);
    if (found == NULL) {
        return false;
    }
    *value = lv_buffer_view(&found->value);
    return true;
}
