#include "fabric/proposal.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

/* ---- making ---- */

static lv_status pack(const ProtobufCMessage *message, lv_buffer *out, lv_error *err)
{
    return lv_wire_pack(message, LV_FABRIC_MESSAGE_MAX, out, err);
}

/* ChaincodeInvocationSpec: which chaincode, and with what. */
static lv_status pack_input(const lv_proposal_input *input, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__ChaincodeID id = LOTVEIL__FABRIC__CHAINCODE_ID__INIT;
    Lotveil__Fabric__ChaincodeInput arguments = LOTVEIL__FABRIC__CHAINCODE_INPUT__INIT;
    Lotveil__Fabric__ChaincodeSpec spec = LOTVEIL__FABRIC__CHAINCODE_SPEC__INIT;
    Lotveil__Fabric__ChaincodeInvocationSpec invocation =
        LOTVEIL__FABRIC__CHAINCODE_INVOCATION_SPEC__INIT;
    ProtobufCBinaryData *list = calloc(input->argument_count + 1, sizeof *list);
    if (list == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < input->argument_count; i++) {
        list[i] = lv_wire_bytes(input->arguments[i]);
    }
    id.name = lv_wire_text(input->chaincode);
    arguments.n_args = input->argument_count;
    arguments.args = list;
    spec.type =
        LOTVEIL__FABRIC__CHAINCODE_SPEC__TYPE__GOLANG; /* as Fabric's own clients say for any */
    spec.chaincode_id = &id;
    spec.input = &arguments;
    invocation.chaincode_spec = &spec;
    lv_status status = pack(&invocation.base, out, err);
    free(list);
    return status;
}

typedef Lotveil__Fabric__ChaincodeProposalPayload__TransientMapEntry map_entry;

static lv_status pack_payload(const lv_proposal_input *input, lv_bytes invocation, bool whole,
                              lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__ChaincodeProposalPayload payload =
        LOTVEIL__FABRIC__CHAINCODE_PROPOSAL_PAYLOAD__INIT;
    size_t count = whole ? input->transient_count : 0;
    map_entry *entries = calloc(count + 1, sizeof *entries);
    map_entry **list = (map_entry **)calloc(count + 1, sizeof *list);
    lv_status status = LV_E_MEMORY;
    if (entries != NULL && list != NULL) {
        for (size_t i = 0; i < count; i++) {
            lotveil__fabric__chaincode_proposal_payload__transient_map_entry__init(&entries[i]);
            entries[i].key = lv_wire_text(input->transients[i].key);
            entries[i].value = lv_wire_bytes(input->transients[i].value);
            list[i] = &entries[i];
        }
        payload.input = lv_wire_bytes(invocation);
        payload.n_transientmap = count;
        payload.transientmap = list;
        status = pack(&payload.base, out, err);
    }
    free((void *)list);
    free(entries);
    return status;
}

static lv_status pack_header(const lv_headers *headers, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__Header header = LOTVEIL__FABRIC__HEADER__INIT;
    header.channel_header = lv_wire_bytes(lv_buffer_view(&headers->channel_header));
    header.signature_header = lv_wire_bytes(lv_buffer_view(&headers->signature_header));
    return pack(&header.base, out, err);
}

/* The Proposal of headers and input, and what of it the transaction will repeat. */
static lv_status pack_proposal(const lv_proposal_input *input, const lv_headers *headers,
                               lv_buffer *payload, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__Proposal proposal = LOTVEIL__FABRIC__PROPOSAL__INIT;
    lv_buffer invocation = {0};
    lv_buffer header = {0};
    lv_buffer whole = {0};
    lv_status status = pack_input(input, &invocation, err);
    if (status == LV_OK) {
        status = pack_payload(input, lv_buffer_view(&invocation), false, payload, err);
    }
    if (status == LV_OK) {
        status = pack_payload(input, lv_buffer_view(&invocation), true, &whole, err);
    }
    if (status == LV_OK) {
        status = pack_header(headers, &header, err);
    }
    if (status == LV_OK) {
        proposal.header = lv_wire_bytes(lv_buffer_view(&header));
        proposal.payload = lv_wire_bytes(lv_buffer_view(&whole));
        status = pack(&proposal.base, out, err);
    }
    lv_buffer_free(&invocation);
    lv_buffer_free(&header);
    lv_buffer_free(&whole);
    return status;
}

static lv_status hash(lv_proposal *proposal)
{
    const lv_bytes parts[] = {lv_buffer_view(&proposal->channel_header),
                              lv_buffer_view(&proposal->signature_header),
                              lv_buffer_view(&proposal->payload)};
    return lv_digest_of_parts(parts, sizeof parts / sizeof parts[0], &proposal->hash);
}

lv_status lv_proposal_make(const lv_identity *identity, const lv_proposal_input *input,
                           lv_proposal *out, lv_error *err)
{
    const lv_header_params params = {
        .channel = input->channel, .type = LV_HEADER_TRANSACTION, .chaincode = input->chaincode};
    lv_headers headers = {0};

    *out = (lv_proposal){0};
    lv_status status = lv_headers_make(identity, &params, &headers, err);
    if (status == LV_OK) {
        status = pack_proposal(input, &headers, &out->payload, &out->bytes, err);
    }
    if (status == LV_OK) {
        status =
            lv_identity_sign_plain(identity, lv_buffer_view(&out->bytes), &out->signature, err);
    }
    memcpy(out->txid, headers.txid, sizeof out->txid);
    out->channel_header = headers.channel_header;
    out->signature_header = headers.signature_header;
    if (status == LV_OK) {
        status = hash(out);
    }
    if (status != LV_OK) {
        lv_proposal_free(out);
    }
    return status;
}

void lv_proposal_free(lv_proposal *proposal)
{
    if (proposal == NULL) {
        return;
    }
    lv_buffer_free(&proposal->bytes);
    lv_buffer_free(&proposal->signature);
    lv_buffer_free(&proposal->channel_header);
    lv_buffer_free(&proposal->signature_header);
    lv_buffer_free(&proposal->payload);
    *proposal = (lv_proposal){0};
}
