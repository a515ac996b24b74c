#include "fabric/endorse.h"
#include "fabric/creator.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"
#include <stdio.h>
#include <stdlib.h>

static void must(lv_status status)
{
    if (status != LV_OK) {
        fprintf(stderr, "endorse: %s\n", lv_status_name(status));
        abort();
    }
}

static lv_buffer pack(const ProtobufCMessage *message)
{
    lv_buffer out = {0};
    must(lv_wire_pack(message, LV_FABRIC_MESSAGE_MAX, &out, NULL));
    return out;
}

static ProtobufCBinaryData bytes_of(const lv_buffer *buffer)
{
    return lv_wire_bytes(lv_buffer_view(buffer));
}

/* Field 100, a varint of 1: valid protobuf that no message here knows. */
static void add_unknown(const endorse_draft *draft, endorse_unknown where, lv_buffer *message)
{
    static const uint8_t field[] = {0xa0, 0x06, 0x01};
    if (draft->unknown == where) {
        must(lv_buffer_append(message, field, sizeof field));
    }
}

lv_buffer endorse_proposal(const lv_proposal *proposal)
{
    Lotveil__Fabric__SignedProposal message = LOTVEIL__FABRIC__SIGNED_PROPOSAL__INIT;
    message.proposal_bytes = bytes_of(&proposal->bytes);
    message.signature = bytes_of(&proposal->signature);
    return pack(&message.base);
}

endorse_draft endorse_honestly(const lv_proposal *proposal, const char *chaincode, lv_bytes value)
{
    return (endorse_draft){
        .channel_header = lv_buffer_view(&proposal->channel_header),
        .signature_header = lv_buffer_view(&proposal->signature_header),
        .action_header = lv_buffer_view(&proposal->signature_header),
        .input = lv_buffer_view(&proposal->payload),
        .hash = lv_digest_view(&proposal->hash),
        .actions = 1,
        .response_status = 200,
        .chaincode = chaincode,
        .own_namespace = chaincode,
        .writes = {{.key = "record", .value = value}},
        .write_count = 1,
        .other_namespace = "_lifecycle",
    };
}

/* ---- what is changed ---- */

static lv_buffer pack_own(const endorse_draft *draft)
{
    Lotveil__Fabric__KVRWSet set = LOTVEIL__FABRIC__KVRWSET__INIT;
    Lotveil__Fabric__KVRead read = LOTVEIL__FABRIC__KVREAD__INIT;
    Lotveil__Fabric__KVMetadataWrite policy = LOTVEIL__FABRIC__KVMETADATA_WRITE__INIT;
    Lotveil__Fabric__KVWrite writes[ENDORSE_MAX];
    Lotveil__Fabric__KVWrite *write_list[ENDORSE_MAX];
    Lotveil__Fabric__KVRead *read_list[] = {&read};
    Lotveil__Fabric__KVMetadataWrite *policy_list[] = {&policy};
    for (size_t i = 0; i < draft->write_count; i++) {
        lotveil__fabric__kvwrite__init(&writes[i]);
        writes[i].key = lv_wire_text(draft->writes[i].key);
        writes[i].value = lv_wire_bytes(draft->writes[i].value);
        writes[i].is_delete = draft->writes[i].deleted;
        write_list[i] = &writes[i];
    }
    read.key = lv_wire_text("record");
    policy.key = lv_wire_text("record");
    set.n_reads = 1;
    set.reads = read_list;
    set.n_writes = draft->write_count;
    set.writes = write_list;
    set.n_metadata_writes = draft->key_policy ? 1 : 0;
    set.metadata_writes = policy_list;
    lv_buffer out = pack(&set.base);
    add_unknown(draft, UNKNOWN_IN_WRITES, &out);
    return out;
}

static lv_buffer pack_other(const endorse_draft *draft)
{
    Lotveil__Fabric__KVRWSet set = LOTVEIL__FABRIC__KVRWSET__INIT;
    Lotveil__Fabric__KVRead read = LOTVEIL__FABRIC__KVREAD__INIT;
    Lotveil__Fabric__KVWrite write = LOTVEIL__FABRIC__KVWRITE__INIT;
    Lotveil__Fabric__KVMetadataWrite policy = LOTVEIL__FABRIC__KVMETADATA_WRITE__INIT;
    Lotveil__Fabric__KVRead *reads[] = {&read};
    Lotveil__Fabric__KVWrite *writes[] = {&write};
    Lotveil__Fabric__KVMetadataWrite *policies[] = {&policy};
    read.key = lv_wire_text("namespaces/fields/quality/Sequence");
    write.key = lv_wire_text("record");
    policy.key = lv_wire_text("record");
    set.n_reads = 1;
    set.reads = reads;
    set.n_writes = draft->other_writes ? 1 : 0;
    set.writes = writes;
    set.n_metadata_writes = draft->other_key_policy ? 1 : 0;
    set.metadata_writes = policies;
    return pack(&set.base);
}

static lv_buffer pack_results(const endorse_draft *draft)
{
    Lotveil__Fabric__TxReadWriteSet set = LOTVEIL__FABRIC__TX_READ_WRITE_SET__INIT;
    Lotveil__Fabric__NsReadWriteSet own = LOTVEIL__FABRIC__NS_READ_WRITE_SET__INIT;
    Lotveil__Fabric__NsReadWriteSet other = LOTVEIL__FABRIC__NS_READ_WRITE_SET__INIT;
    Lotveil__Fabric__CollectionHashedReadWriteSet collection =
        LOTVEIL__FABRIC__COLLECTION_HASHED_READ_WRITE_SET__INIT;
    Lotveil__Fabric__CollectionHashedReadWriteSet *collections[] = {&collection};
    Lotveil__Fabric__NsReadWriteSet *list[] = {&own, &other};
    lv_buffer own_set = pack_own(draft);
    lv_buffer other_set = pack_other(draft);
    collection.collection_name = lv_wire_text("private");
    own.namespace_ = lv_wire_text(draft->own_namespace);
    own.rwset = bytes_of(&own_set);
    own.n_collection_hashed_rwset = draft->collection ? 1 : 0;
    own.collection_hashed_rwset = collections;
    other.namespace_ = lv_wire_text(draft->other_namespace);
    other.rwset = bytes_of(&other_set);
    set.data_model = (Lotveil__Fabric__TxReadWriteSet__DataModel)draft->data_model;
    set.n_ns_rwset = draft->other_namespace == NULL ? 1 : 2;
    set.ns_rwset = list;
    lv_buffer out = pack(&set.base);
    add_unknown(draft, UNKNOWN_IN_RESULTS, &out);
    lv_buffer_free(&own_set);
    lv_buffer_free(&other_set);
    return out;
}

static lv_buffer pack_chaincode_action(const endorse_draft *draft)
{
    Lotveil__Fabric__ChaincodeAction action = LOTVEIL__FABRIC__CHAINCODE_ACTION__INIT;
    Lotveil__Fabric__Response response = LOTVEIL__FABRIC__RESPONSE__INIT;
    Lotveil__Fabric__ChaincodeID id = LOTVEIL__FABRIC__CHAINCODE_ID__INIT;
    lv_buffer results = pack_results(draft);
    response.status = draft->response_status;
    response.payload = lv_wire_bytes(draft->response);
    id.name = lv_wire_text(draft->chaincode);
    id.version = lv_wire_text("1.0");
    action.results = bytes_of(&results);
    action.events = lv_wire_bytes(draft->event);
    action.response = draft->response_status == 0 ? NULL : &response;
    action.chaincode_id = draft->chaincode == NULL ? NULL : &id;
    lv_buffer out = pack(&action.base);
    add_unknown(draft, UNKNOWN_IN_CHAINCODE_ACTION, &out);
    lv_buffer_free(&results);
    return out;
}

lv_buffer endorse_response(const endorse_draft *draft)
{
    Lotveil__Fabric__ProposalResponsePayload payload =
        LOTVEIL__FABRIC__PROPOSAL_RESPONSE_PAYLOAD__INIT;
    lv_buffer action = pack_chaincode_action(draft);
    payload.proposal_hash = lv_wire_bytes(draft->hash);
    payload.extension = bytes_of(&action);
    lv_buffer out = pack(&payload.base);
    add_unknown(draft, UNKNOWN_IN_RESPONSE, &out);
    lv_buffer_free(&action);
    return out;
}

/* ---- who endorses it ---- */

static lv_buffer endorser_name(const lv_identity *identity, const char *claimed)
{
    Lotveil__Fabric__SerializedIdentity message = LOTVEIL__FABRIC__SERIALIZED_IDENTITY__INIT;
    message.mspid = lv_wire_text(claimed == NULL ? lv_identity_msp(identity) : claimed);
    message.id_bytes = lv_wire_bytes(lv_identity_certificate_pem(identity));
    return pack(&message.base);
}

typedef struct {
    lv_buffer names[ENDORSE_MAX];
    lv_buffer signatures[ENDORSE_MAX];
    Lotveil__Fabric__Endorsement messages[ENDORSE_MAX];
    Lotveil__Fabric__Endorsement *list[ENDORSE_MAX];
} endorsements;

static void endorse(const endorse_draft *draft, const lv_buffer *response, endorsements *out)
{
    for (size_t i = 0; i < draft->endorser_count; i++) {
        bool last = i + 1 == draft->endorser_count;
        lv_buffer message = {0};
        out->names[i] = endorser_name(draft->endorsers[i], last ? draft->claimed : NULL);
        must(lv_buffer_append(&message, response->data, response->len));
        must(lv_buffer_append(&message, out->names[i].data, out->names[i].len));
        if (draft->other_response) {
            message.data[0] ^= 1;
        }
        must(lv_identity_sign_plain(draft->endorsers[i], lv_buffer_view(&message),
                                    &out->signatures[i], NULL));
        if (draft->broken_signature && last) {
            out->signatures[i].data[out->signatures[i].len - 1] ^= 1;
        }
        lotveil__fabric__endorsement__init(&out->messages[i]);
        out->messages[i].endorser = bytes_of(&out->names[i]);
        out->messages[i].signature = bytes_of(&out->signatures[i]);
        out->list[i] = &out->messages[i];
        lv_buffer_free(&message);
    }
}

static lv_buffer pack_action_payload(const endorse_draft *draft)
{
    Lotveil__Fabric__ChaincodeActionPayload payload =
        LOTVEIL__FABRIC__CHAINCODE_ACTION_PAYLOAD__INIT;
    Lotveil__Fabric__ChaincodeEndorsedAction action =
        LOTVEIL__FABRIC__CHAINCODE_ENDORSED_ACTION__INIT;
    endorsements by = {0};
    lv_buffer response = endorse_response(draft);
    endorse(draft, &response, &by);
    action.proposal_response_payload = bytes_of(&response);
    action.n_endorsements = draft->endorser_count;
    action.endorsements = by.list;
    payload.chaincode_proposal_payload = lv_wire_bytes(draft->input);
    payload.action = draft->no_endorsed_action ? NULL : &action;
    lv_buffer out = pack(&payload.base);
    add_unknown(draft, UNKNOWN_IN_ACTION, &out);
    for (size_t i = 0; i < draft->endorser_count; i++) {
        lv_buffer_free(&by.names[i]);
        lv_buffer_free(&by.signatures[i]);
    }
    lv_buffer_free(&response);
    return out;
}

/* ---- what is around it ---- */

static lv_buffer pack_transaction(const endorse_draft *draft)
{
    Lotveil__Fabric__Transaction transaction = LOTVEIL__FABRIC__TRANSACTION__INIT;
    Lotveil__Fabric__TransactionAction action = LOTVEIL__FABRIC__TRANSACTION_ACTION__INIT;
    Lotveil__Fabric__TransactionAction *list[] = {&action, &action};
    lv_buffer payload = pack_action_payload(draft);
    action.header = lv_wire_bytes(draft->action_header);
    action.payload = bytes_of(&payload);
    transaction.n_actions = draft->actions;
    transaction.actions = list;
    lv_buffer out = pack(&transaction.base);
    add_unknown(draft, UNKNOWN_IN_TRANSACTION, &out);
    lv_buffer_free(&payload);
    return out;
}

lv_buffer endorse_envelope(const endorse_draft *draft)
{
    Lotveil__Fabric__Header header = LOTVEIL__FABRIC__HEADER__INIT;
    Lotveil__Fabric__Payload payload = LOTVEIL__FABRIC__PAYLOAD__INIT;
    Lotveil__Fabric__Envelope envelope = LOTVEIL__FABRIC__ENVELOPE__INIT;
    lv_buffer transaction = pack_transaction(draft);
    header.channel_header = lv_wire_bytes(draft->channel_header);
    header.signature_header = lv_wire_bytes(draft->signature_header);
    payload.header = draft->no_header ? NULL : &header;
    payload.data = bytes_of(&transaction);
    lv_buffer payload_bytes = pack(&payload.base);
    add_unknown(draft, UNKNOWN_IN_PAYLOAD, &payload_bytes);
    envelope.payload = bytes_of(&payload_bytes);
    lv_buffer out = pack(&envelope.base);
    add_unknown(draft, UNKNOWN_IN_ENVELOPE, &out);
    lv_buffer_free(&transaction);
    lv_buffer_free(&payload_bytes);
    return out;
}

lv_buffer endorse_block(uint64_t number, lv_bytes previous, const lv_bytes *envelopes,
                        const uint8_t *codes, size_t count)
{
    Lotveil__Fabric__Block block = LOTVEIL__FABRIC__BLOCK__INIT;
    Lotveil__Fabric__BlockHeader header = LOTVEIL__FABRIC__BLOCK_HEADER__INIT;
    Lotveil__Fabric__BlockData data = LOTVEIL__FABRIC__BLOCK_DATA__INIT;
    Lotveil__Fabric__BlockMetadata metadata = LOTVEIL__FABRIC__BLOCK_METADATA__INIT;
    ProtobufCBinaryData filter[5] = {{0}};
    lv_digest digest;
    ProtobufCBinaryData *list = calloc(count + 1, sizeof *list);
    if (list == NULL) {
        abort();
    }
    for (size_t i = 0; i < count; i++) {
        list[i] = lv_wire_bytes(envelopes[i]);
    }
    must(lv_digest_of_parts(envelopes, count, &digest));
    header.number = number;
    header.previous_hash = lv_wire_bytes(previous);
    header.data_hash = lv_wire_bytes(lv_digest_view(&digest));
    data.n_data = count;
    data.data = list;
    filter[2] = lv_wire_bytes((lv_bytes){.data = codes, .len = count});
    metadata.n_metadata = 5;
    metadata.metadata = filter;
    block.header = &header;
    block.data = &data;
    block.metadata = &metadata;
    lv_buffer out = pack(&block.base);
    free(list);
    return out;
}
