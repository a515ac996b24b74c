/* The inputs of Hyperledger Fabric's messages: creators, proposals, calls, envelopes, blocks. */
#include "base/file.h"
#include "fabric/block.h"
#include "fabric/calls.h"
#include "fabric/creator.h"
#include "fabric/endorse.h"
#include "fabric_peer.h"
#include "make_seeds.h"
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
    seed_write("proposal", "plain", lv_buffer_view(&made.signed_proposal));
    lv_proposal_free(&made);
    made = propose("quality", 2);
    seed_write("proposal", "transient", lv_buffer_view(&made.signed_proposal));
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

/* Like the keys, the proposal that envelopes answer stays as it is once it is there. */
static void make_proposal_file(void)
{
    static const char path[] = LOTVEIL_FUZZ_DIR "/keys/proposal";
    lv_error err = {0};
    if (!lv_file_exists(path)) {
        lv_proposal made = propose("quality", 0);
        seed_must(lv_file_write(path, lv_buffer_view(&made.signed_proposal), 0644, &err), &err);
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
    lv_identity_free(peer);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
}
