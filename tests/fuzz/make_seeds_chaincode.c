/* The inputs of fuzz_chaincode: what a peer says. Transactions are made of the calls in
 * corpus/contract, which are written before. */
#include "base/reader.h"
#include "base/writer.h"
#include "chaincode/messages.h"
#include "fabric.pb-c.h"
#include "fabric/calls.h"
#include "fabric/limits.h"
#include "make_seeds.h"
#include "record/wire.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_MAX 16U
#define ARGUMENTS_MAX 4U

typedef enum { SAID, RESPONDED, FAILED, BETWEEN } kind; /* of fuzz_chaincode.c */

static void add(lv_buffer *script, kind k, lv_bytes block)
{
    lv_error err = {.text = "script"};
    seed_must(lv_write_u8(script, (uint8_t)k), &err);
    seed_must(lv_write_block(script, block), &err);
}

static void say(lv_buffer *script, lv_shim_type type, const char *txid)
{
    lv_buffer bytes = {0};
    lv_error err = {0};
    seed_must(lv_shim_write(type, "xor", txid, (lv_bytes){0}, &bytes, &err), &err);
    add(script, SAID, lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
}

static lv_buffer begin(uint8_t contract)
{
    lv_buffer script = {0};
    lv_error err = {.text = "script"};
    seed_must(lv_write_u8(&script, contract), &err);
    say(&script, LV_SHIM_REGISTERED, "");
    say(&script, LV_SHIM_READY, "");
    return script;
}

/* ---- transactions ---- */

/* TRANSACTION with the proposal, and its arguments once more, as peers send them. */
static void say_proposal(lv_buffer *script, const lv_proposal *proposal, const char *channel,
                         const lv_bytes *arguments)
{
    Lotveil__Fabric__ChaincodeInput input = LOTVEIL__FABRIC__CHAINCODE_INPUT__INIT;
    Lotveil__Fabric__ChaincodeMessage message = LOTVEIL__FABRIC__CHAINCODE_MESSAGE__INIT;
    ProtobufCBinaryData list[] = {lv_wire_bytes(arguments[0]), lv_wire_bytes(arguments[1])};
    lv_buffer payload = {0};
    lv_buffer bytes = {0};
    lv_error err = {0};
    Lotveil__Fabric__SignedProposal sent = LOTVEIL__FABRIC__SIGNED_PROPOSAL__INIT;
    sent.proposal_bytes = lv_wire_bytes(lv_buffer_view(&proposal->bytes));
    sent.signature = lv_wire_bytes(lv_buffer_view(&proposal->signature));
    input.n_args = 2;
    input.args = list;
    seed_must(lv_wire_pack(&input.base, LV_FABRIC_MESSAGE_MAX, &payload, &err), &err);
    message.type = LOTVEIL__FABRIC__CHAINCODE_MESSAGE__TYPE__TRANSACTION;
    message.payload = lv_wire_bytes(lv_buffer_view(&payload));
    message.txid = lv_wire_text(proposal->txid);
    message.channel_id = lv_wire_text(channel);
    message.proposal = &sent;
    seed_must(lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, &bytes, &err), &err);
    add(script, SAID, lv_buffer_view(&bytes));
    lv_buffer_free(&payload);
    lv_buffer_free(&bytes);
}

static void say_calls(lv_buffer *script, const lv_channel *channel, size_t submitter,
                      const lv_call *calls, size_t count)
{
    lv_calls_encoded encoded = {0};
    lv_proposal proposal = {0};
    lv_error err = {0};
    bool writes = false;
    seed_must(lv_contract_writes(channel, calls[0].function, &writes), &err);
    seed_must(lv_calls_encode(calls, count, !writes, &encoded, &err), &err);
    const lv_bytes arguments[] = {lv_bytes_of_text(writes ? LV_CALLS_SUBMIT : LV_CALLS_READ),
                                  lv_buffer_view(&encoded.encoded)};
    const lv_proposal_input input = {.channel = channel->channel,
                                     .chaincode = channel->contract,
                                     .arguments = arguments,
                                     .argument_count = 2,
                                     .transients = encoded.transients,
                                     .transient_count = encoded.transient_count};
    seed_must(lv_proposal_make(fuzz_identity(submitter), &input, &proposal, &err), &err);
    say_proposal(script, &proposal, channel->channel, arguments);
    lv_proposal_free(&proposal);
    lv_calls_encoded_free(&encoded);
}

/* The calls of one file of corpus/contract, each in a transaction of its own. */
static void say_file(lv_buffer *script, const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "corpus/contract/%s", name);
    lv_buffer file = fuzz_file(path);
    lv_reader reader = lv_reader_of(lv_buffer_view(&file));
    const lv_channel *channel = fuzz_channel(lv_read_u8(&reader) % 2 == 0 ? "quality" : "xor");
    while (reader.left > 0) {
        size_t submitter = lv_read_u8(&reader) % FUZZ_ORGANISATIONS;
        size_t count = lv_read_u8(&reader);
        char function[65] = {0};
        lv_bytes arguments[ARGUMENTS_MAX] = {0};
        lv_bytes text = lv_read_block(&reader, sizeof function - 1);
        memcpy(function, text.data, text.len);
        for (size_t i = 0; i < count && i < ARGUMENTS_MAX; i++) {
            arguments[i] = lv_read_block(&reader, reader.left);
        }
        const lv_call call = {
            .function = function, .arguments = arguments, .argument_count = count};
        say_calls(script, channel, submitter, &call, 1);
    }
    lv_buffer_free(&file);
}

static void transactions(const char *name, uint8_t contract)
{
    lv_buffer script = begin(contract);
    say_file(&script, name);
    seed_write("chaincode", name, lv_buffer_view(&script));
    lv_buffer_free(&script);
}

/* Requests that are answered with errors and junk, and words in between. */
static void bad_answers(void)
{
    static const uint8_t junk[] = {0x0a, 0x03, 0x0a, 0x01, 0xff};
    lv_buffer keepalive = {0};
    lv_error err = {0};
    lv_buffer script = begin(1);
    seed_must(lv_shim_write(LV_SHIM_KEEPALIVE, "", "", (lv_bytes){0}, &keepalive, &err), &err);
    say_file(&script, "grants");
    add(&script, BETWEEN, lv_buffer_view(&keepalive));
    add(&script, FAILED, lv_bytes_of_text("no ledger context"));
    say_file(&script, "xor"); /* its last call asks for a range */
    add(&script, RESPONDED, (lv_bytes){junk, sizeof junk});
    say_file(&script, "grants");
    add(&script, RESPONDED, lv_bytes_of_text("7"));
    seed_write("chaincode", "bad-answers", lv_buffer_view(&script));
    lv_buffer_free(&script);
    lv_buffer_free(&keepalive);
}

void seeds_of_chaincode(void)
{
    lv_buffer script = begin(0);
    say(&script, LV_SHIM_KEEPALIVE, "");
    say(&script, LV_SHIM_INIT, "0a");
    say(&script, LV_SHIM_TRANSACTION, "0b");
    say(&script, LV_SHIM_RESPONSE, "0b");
    say(&script, LV_SHIM_ERROR, "0b");
    say(&script, LV_SHIM_READY, "");
    seed_write("chaincode", "no-proposal", lv_buffer_view(&script));
    lv_buffer_free(&script);
    transactions("quality-proved", 0);
    transactions("empty", 0);
    transactions("grants", 1);
    transactions("xor", 1);
    transactions("xor-proved", 1);
    bad_answers();
}
