/* The inputs of Hyperledger Fabric's messages: creators, proposals, calls, envelopes, blocks. */
#include "base/file.h"
#include "fabric/block.h"
#include "fabric/calls.h"
#include "fabric/creator.h"
#include "fabric/endorse.h"
#include "fabric_peer.h"
#include "make_seeds.h"
#include "record/wire.h"
#include <string.h>

static void write_buffer(const char *target, const char *name, lv_buffer *bytes)
{
    seed_write(target, name, lv_buffer_view(bytes));
    lv_buffer_free(bytes);
}

static void make_creators(const lv_identity *peer)
{
    lv_buffer bytes = {0};
    lv_error err = {0};
    seed_must(lv_creator_encode(fuzz_identity(1), &bytes, &err), &err);
    write_buffer("creator", "member", &bytes);
    seed_must(lv_creator_encode(peer, &bytes, &err), &err);
    write_buffer("creator", "stranger", &bytes);
}

static lv_proposal propose(const char *chaincode, size_t transients)
{
    const lv_bytes arguments[] = {
        lv_bytes_of_text(LV_CALLS_SUBMIT), lv_bytes_of_text("calls"), {0}};
    const lv_transient beside[] = {{.key = "b", .value = lv_bytes_of_text("second")},
                                   {.key = "a", .value = lv_bytes_of_text("first")}};
    const lv_proposal_input input = {.channel = "quality",
                                     .chaincode = chaincode,
                                     .arguments = arguments,
                                     .argument_count = 3,
                                     .transients = beside,
                                     .transient_count = transients};
    lv_proposal made;
    lv_error err = {0};
    seed_must(lv_proposal_make(fuzz_identity(1), &input, &made, &err), &err);
    return made;
}

static void make_proposals(void)
{
    lv_proposal made = propose("quality", 0);
    lv_buffer sent = endorse_proposal(&made);
    write_buffer("proposal", "plain", &sent);
    lv_proposal_free(&made);
    made = propose("quality", 2);
    sent = endorse_proposal(&made);
    write_buffer("proposal", "transient", &sent);
    lv_proposal_free(&made);
}

static void make_calls(void)
{
    static uint8_t large[LV_CALLS_INLINE_MAX];
    const lv_bytes arguments[] = {
        lv_bytes_of_text("small"), {.data = large, .len = sizeof large}, {0}};
    const lv_call calls[] = {{.function = "put", .arguments = arguments, .argument_count = 2},
                             {.function = "grant", .arguments = arguments, .argument_count = 3}};
    lv_calls_encoded encoded;
    lv_error err = {0};
    memset(large, 'x', sizeof large);
    seed_must(lv_calls_encode(calls, 2, false, &encoded, &err), &err);
    seed_write("calls", "beside", lv_buffer_view(&encoded.encoded));
    lv_calls_encoded_free(&encoded);
    seed_must(lv_calls_encode(calls, 1, true, &encoded, &err), &err);
    seed_write("calls", "inline", lv_buffer_view(&encoded.encoded));
    lv_calls_encoded_free(&encoded);
}

static void make_refusals(void)
{
    seed_text("refusal", "plain", "3 sequence 4 stands already");
    seed_text("refusal", "fault", "-9 over the limit");
    seed_text("refusal", "gateway", "chaincode response 500, 1 may not write");
    seed_text("refusal", "other", "failed to execute transaction: timeout");
}

static endorse_draft draft_of(const lv_proposal *proposal, const lv_identity *peer)
{
    endorse_draft draft =
        endorse_honestly(proposal, "quality", lv_bytes_of_text(FUZZ_ENVELOPE_RECORD));
    draft.response = lv_bytes_of_text(FUZZ_ENVELOPE_ANSWER);
    draft.endorsers[0] = peer;
    draft.endorser_count = 1;
    return draft;
}

static void make_envelopes(const lv_identity *peer)
{
    lv_buffer bytes = fuzz_file("keys/proposal");
    lv_proposal proposal = fuzz_proposal(lv_buffer_view(&bytes));
    endorse_draft draft = draft_of(&proposal, peer);
    lv_buffer envelope = endorse_envelope(&draft);
    write_buffer("envelope", "whole", &envelope);
    draft.writes[1] = (endorse_write){.key = "gone", .deleted = true};
    draft.write_count = 2;
    draft.other_writes = true;
    draft.collection = true;
    draft.key_policy = true;
    envelope = endorse_envelope(&draft);
    write_buffer("envelope", "lies", &envelope);
    lv_proposal_free(&proposal);
    lv_buffer_free(&bytes);
}

static void make_blocks(const lv_identity *peer)
{
    static const uint8_t link[LV_DIGEST_LEN] = {1};
    lv_proposal ours = propose("quality", 0);
    lv_proposal theirs = propose("other", 0);
    endorse_draft draft = draft_of(&ours, peer);
    lv_buffer first = endorse_envelope(&draft);
    draft = draft_of(&theirs, peer);
    draft.own_namespace = "other";
    lv_buffer second = endorse_envelope(&draft);
    const lv_bytes list[] = {lv_buffer_view(&first), lv_buffer_view(&second),
                             lv_bytes_of_text("no envelope")};
    const uint8_t codes[] = {LV_VALIDATION_VALID, LV_VALIDATION_MVCC_CONFLICT, 2};
    lv_buffer block = endorse_block(300, (lv_bytes){link, sizeof link}, list, codes, 3);
    write_buffer("fabric_block", "three", &block);
    block = endorse_block(0, (lv_bytes){0}, list, codes, 1);
    write_buffer("fabric_block", "first", &block);
    lv_buffer_free(&first);
    lv_buffer_free(&second);
    lv_proposal_free(&ours);
    lv_proposal_free(&theirs);
}

/* ---- what the client of a ledger is told ---- */

static void write_message(const char *target, const char *name, const ProtobufCMessage *message)
{
    lv_buffer bytes = {0};
    lv_error err = {0};
    seed_must(lv_wire_pack(message, LV_FABRIC_MESSAGE_MAX, &bytes, &err), &err);
    write_buffer(target, name, &bytes);
}

static void write_delivery(const char *name, const lv_buffer *block)
{
    Lotveil__Fabric__DeliverResponse message = LOTVEIL__FABRIC__DELIVER_RESPONSE__INIT;
    ProtobufCMessage *parsed = NULL;
    lv_error err = {0};
    seed_must(lv_wire_read(&lotveil__fabric__block__descriptor, lv_buffer_view(block),
                           LV_FABRIC_MESSAGE_MAX, &parsed, &err),
              &err);
    message.type_case = LOTVEIL__FABRIC__DELIVER_RESPONSE__TYPE_BLOCK;
    message.block = (Lotveil__Fabric__Block *)parsed;
    write_message("delivered", name, &message.base);
    lv_wire_free(parsed);
}

/* Two transactions, each of two calls, one argument of which travelled beside. */
static void make_deliveries(const lv_identity *peer)
{
    static uint8_t large[LV_CALLS_INLINE_MAX];
    static const uint8_t codes[] = {LV_VALIDATION_VALID, LV_VALIDATION_VALID};
    const lv_bytes arguments[] = {{large, sizeof large}, lv_bytes_of_text("small")};
    const lv_call calls[] = {{.function = "put", .arguments = arguments, .argument_count = 2},
                             {.function = "put", .arguments = arguments + 1, .argument_count = 1}};
    lv_calls_encoded encoded;
    lv_buffer envelopes[2];
    lv_bytes list[2];
    lv_error err = {0};
    seed_must(lv_calls_encode(calls, 2, false, &encoded, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        const lv_bytes sent[] = {lv_bytes_of_text(LV_CALLS_SUBMIT),
                                 lv_buffer_view(&encoded.encoded)};
        const lv_proposal_input input = {
            .channel = "quality", .chaincode = "quality", .arguments = sent, .argument_count = 2};
        lv_proposal made;
        seed_must(lv_proposal_make(fuzz_identity(1), &input, &made, &err), &err);
        endorse_draft draft = draft_of(&made, peer);
        draft.writes[0].value = arguments[0];
        envelopes[i] = endorse_envelope(&draft);
        list[i] = lv_buffer_view(&envelopes[i]);
        lv_proposal_free(&made);
    }
    lv_buffer block = endorse_block(7, (lv_bytes){large, LV_DIGEST_LEN}, list, codes, 2);
    write_delivery("two", &block);
    lv_buffer_free(&block);
    lv_buffer_free(&envelopes[0]);
    lv_buffer_free(&envelopes[1]);
    lv_calls_encoded_free(&encoded);

    static uint8_t hash[LV_DIGEST_LEN] = {1};
    Lotveil__Fabric__BlockchainInfo info = LOTVEIL__FABRIC__BLOCKCHAIN_INFO__INIT;
    info.height = 300;
    info.currentblockhash = (ProtobufCBinaryData){.len = sizeof hash, .data = hash};
    info.previousblockhash = info.currentblockhash;
    write_message("delivered", "height", &info.base);
    Lotveil__Fabric__DeliverResponse end = LOTVEIL__FABRIC__DELIVER_RESPONSE__INIT;
    end.type_case = LOTVEIL__FABRIC__DELIVER_RESPONSE__TYPE_STATUS;
    end.status = LOTVEIL__FABRIC__STATUS__FORBIDDEN;
    write_message("delivered", "forbidden", &end.base);
}

/* @param text  code, words and newline. */
static void write_end(const char *name, const char *text, const char *message, const char *msp_id)
{
    Lotveil__Fabric__ErrorDetail detail = LOTVEIL__FABRIC__ERROR_DETAIL__INIT;
    Lotveil__Fabric__Any any = LOTVEIL__FABRIC__ANY__INIT;
    Lotveil__Fabric__Any *list[] = {&any};
    Lotveil__Fabric__RpcStatus status = LOTVEIL__FABRIC__RPC_STATUS__INIT;
    lv_buffer inner = {0};
    lv_buffer bytes = {0};
    lv_error err = {0};
    detail.address = lv_wire_text("peer0.b.example:7051");
    detail.msp_id = lv_wire_text(msp_id);
    detail.message = lv_wire_text(message);
    seed_must(lv_wire_pack(&detail.base, LV_FABRIC_MESSAGE_MAX, &inner, &err), &err);
    any.type_url = lv_wire_text("type.googleapis.com/gateway.ErrorDetail");
    any.value = lv_wire_bytes(lv_buffer_view(&inner));
    status.code = (uint8_t)text[0];
    status.n_details = 1;
    status.details = list;
    seed_must(lv_buffer_append(&bytes, text, strlen(text)), &err);
    seed_must(lv_wire_pack(&status.base, LV_FABRIC_MESSAGE_MAX, &bytes, &err), &err);
    write_buffer("gateway_end", name, &bytes);
    lv_buffer_free(&inner);
}

static void make_ends(void)
{
    write_end("refused",
              "\x0a"
              "failed to endorse transaction, see attached details\n",
              "chaincode response 500, 1 channel xor: call 1 of 1 (grant): a gap", "BMSP");
    write_end("foreign",
              "\x0a"
              "failed to collect enough transaction endorsements\n",
              "chaincode response 500, 3 it stands", "SMSP");
    write_end("denied",
              "\x09"
              "evaluate call to endorser returned error\n",
              "access denied: channel [xor] creator org unknown, creator is malformed", "BMSP");
    write_end("forbidden",
              "\x0a"
              "received unsuccessful response from orderer: status=FORBIDDEN, info=\n",
              "", "");
}

/* Like the keys, the proposal that envelopes answer stays as it is once it is there. */
static void make_proposal_file(void)
{
    static const char path[] = LOTVEIL_FUZZ_DIR "/keys/proposal";
    lv_error err = {0};
    if (!lv_file_exists(path)) {
        lv_proposal made = propose("quality", 0);
        lv_buffer sent = endorse_proposal(&made);
        seed_must(lv_file_write(path, lv_buffer_view(&sent), 0644, &err), &err);
        lv_buffer_free(&sent);
        lv_proposal_free(&made);
    }
}

void seeds_of_fabric(void)
{
    lv_buffer certificate = fuzz_file("keys/" FUZZ_PEER ".pem");
    lv_buffer key = fuzz_file("keys/" FUZZ_PEER "-key.pem");
    lv_identity *peer = NULL;
    lv_error err = {0};
    seed_must(lv_identity_load(FUZZ_PEER, lv_buffer_view(&certificate), lv_buffer_view(&key), &peer,
                               &err),
              &err);
    make_proposal_file();
    make_creators(peer);
    make_proposals();
    make_calls();
    make_refusals();
    make_envelopes(peer);
    make_blocks(peer);
    make_deliveries(peer);
    make_ends();
    lv_identity_free(peer);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
}
