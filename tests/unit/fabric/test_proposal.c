#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/creator.h"
#include "fabric/endorse.h"
#include "fabric/limits.h"
#include "fabric/proposal.h"
#include "record/digest.h"
#include "record/wire.h"
#include "unit/fabric/fabric_world.h"

typedef Lotveil__Fabric__SignedProposal signed_message;
typedef Lotveil__Fabric__Proposal proposal_message;
typedef Lotveil__Fabric__Header header_message;
typedef Lotveil__Fabric__ChannelHeader channel_message;
typedef Lotveil__Fabric__SignatureHeader signature_message;
typedef Lotveil__Fabric__ChaincodeProposalPayload payload_message;
typedef Lotveil__Fabric__ChaincodeHeaderExtension extension_message;

static const char RECORD[] = "a record that rides beside";

static void make(fabric_world *w, lv_proposal *out)
{
    const lv_bytes arguments[] = {text_bytes("submit"), text_bytes("calls"), {0}};
    const lv_transient transients[] = {{.key = "zz", .value = text_bytes(RECORD)},
                                       {.key = "aa", .value = {0}}};
    const lv_proposal_input input = {.channel = "quality",
                                     .chaincode = "quality-cc",
                                     .arguments = arguments,
                                     .argument_count = 3,
                                     .transients = transients,
                                     .transient_count = 2};
    lv_status status = lv_proposal_make(w->b.identity, &input, out, &w->err);
    assert_int_equal(status, LV_OK);
}

static void test_what_is_proposed_is_read_back(void **state)
{
    fabric_world *w = *state;
    lv_proposal made;
    lv_proposal_read read;
    lv_buffer creator = {0};
    lv_bytes value;
    const int64_t before = lv_clock_now();
    make(w, &made);
    lv_buffer sent = endorse_proposal(&made);
    assert_int_equal(lv_proposal_parse(lv_buffer_view(&sent), &read, &w->err), LV_OK);
    assert_string_equal(read.channel, "quality");
    assert_string_equal(read.chaincode, "quality-cc");
    assert_string_equal(read.txid, made.txid);
    assert_in_range(read.time, before, lv_clock_now());
    assert_int_equal(lv_creator_encode(w->b.identity, &creator, &w->err), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&read.creator), lv_buffer_view(&creator)));
    assert_int_equal(read.argument_count, 3);
    assert_string_equal(lv_buffer_text(&read.arguments[0]), "submit");
    assert_string_equal(lv_buffer_text(&read.arguments[1]), "calls");
    assert_int_equal(read.arguments[2].len, 0);
    assert_int_equal(read.transient_count, 2);
    assert_string_equal(read.transients[0].key, "aa");
    assert_string_equal(read.transients[1].key, "zz");
    assert_true(lv_proposal_transient(&read, "zz", &value));
    assert_true(lv_bytes_equal(value, text_bytes(RECORD)));
    assert_true(lv_proposal_transient(&read, "aa", &value));
    assert_int_equal(value.len, 0);
    assert_false(lv_proposal_transient(&read, "z", &value));
    lv_buffer_free(&creator);
    lv_buffer_free(&sent);
    lv_proposal_read_free(&read);
    lv_proposal_free(&made);
}

static bool contains(const lv_buffer *haystack, const char *needle)
{
    return memmem(haystack->data, haystack->len, needle, strlen(needle)) != NULL;
}

/* What the hash is over, computed here from the parts that Fabric's peers hash. */
static void test_the_hash_leaves_out_what_rides_beside(void **state)
{
    fabric_world *w = *state;
    lv_proposal made;
    lv_digest digest;
    lv_buffer joined = {0};
    make(w, &made);
    const lv_buffer *parts[] = {&made.channel_header, &made.signature_header, &made.payload};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lv_buffer_append(&joined, parts[i]->data, parts[i]->len), LV_OK);
    }
    assert_int_equal(lv_digest_of(lv_buffer_view(&joined), &digest), LV_OK);
    assert_true(lv_digest_equal(&digest, &made.hash));
    assert_false(contains(&joined, RECORD));
    assert_true(contains(&made.bytes, RECORD));
    lv_buffer_free(&joined);
    lv_proposal_free(&made);
}

static void test_the_proposer_signed_the_bytes(void **state)
{
    fabric_world *w = *state;
    lv_proposal made;
    const char *msp = NULL;
    make(w, &made);
    assert_int_equal(lv_trust_check_plain(w->channel.trust, lv_identity_certificate(w->b.identity),
                                          lv_clock_now(), "client", lv_buffer_view(&made.bytes),
                                          lv_buffer_view(&made.signature), &msp, &w->err),
                     LV_OK);
    made.bytes.data[made.bytes.len / 2] ^= 1;
    assert_int_equal(lv_trust_check_plain(w->channel.trust, lv_identity_certificate(w->b.identity),
                                          lv_clock_now(), "client", lv_buffer_view(&made.bytes),
                                          lv_buffer_view(&made.signature), &msp, &w->err),
                     LV_INVALID);
    lv_proposal_free(&made);
}

static void test_no_two_proposals_share_an_id(void **state)
{
    fabric_world *w = *state;
    lv_proposal first;
    lv_proposal second;
    make(w, &first);
    make(w, &second);
    assert_int_equal(strlen(first.txid), 64);
    assert_string_not_equal(first.txid, second.txid);
    lv_proposal_free(&first);
    lv_proposal_free(&second);
}

/* SHA-256("nonce" || "creator"), computed elsewhere. */
static void test_the_id_follows_from_nonce_and_creator(void **state)
{
    (void)state;
    char txid[LV_TXID_TEXT];
    assert_int_equal(lv_txid_of(text_bytes("nonce"), text_bytes("creator"), txid), LV_OK);
    assert_string_equal(txid, "709184f9d24f6ade8fcd4d6521a6eef295fef6c2e67216c58b68ac15e8946492");
}

static void test_cut_short_it_is_refused(void **state)
{
    fabric_world *w = *state;
    lv_proposal made;
    make(w, &made);
    const size_t whole = made.bytes.len;
    for (size_t len = 0; len < whole; len++) {
        lv_proposal_read read;
        made.bytes.len = len;
        lv_buffer cut = endorse_proposal(&made);
        assert_int_not_equal(lv_proposal_parse(lv_buffer_view(&cut), &read, &w->err), LV_OK);
        assert_null(read.arguments);
        lv_buffer_free(&cut);
    }
    made.bytes.len = whole;
    lv_proposal_free(&made);
}

/* ---- a proposal rebuilt with one thing changed ---- */

typedef struct {
    channel_message channel;
    signature_message signature;
    payload_message payload;
    lv_buffer extension;
} opened;

typedef void (*change)(opened *o);

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, lv_bytes bytes)
{
    ProtobufCMessage *message = NULL;
    lv_error err = {0};
    assert_int_equal(lv_wire_read(type, bytes, LV_FABRIC_MESSAGE_MAX, &message, &err), LV_OK);
    return message;
}

static lv_buffer pack(const ProtobufCMessage *message)
{
    lv_buffer out = {0};
    assert_int_equal(lv_wire_pack(message, LV_FABRIC_MESSAGE_MAX, &out, NULL), LV_OK);
    return out;
}

static lv_buffer put_together(const opened *o)
{
    header_message header = LOTVEIL__FABRIC__HEADER__INIT;
    proposal_message proposal = LOTVEIL__FABRIC__PROPOSAL__INIT;
    signed_message whole = LOTVEIL__FABRIC__SIGNED_PROPOSAL__INIT;
    lv_buffer channel = pack(&o->channel.base);
    lv_buffer signature = pack(&o->signature.base);
    lv_buffer payload = pack(&o->payload.base);
    header.channel_header = lv_wire_bytes(lv_buffer_view(&channel));
    header.signature_header = lv_wire_bytes(lv_buffer_view(&signature));
    lv_buffer headers = pack(&header.base);
    proposal.header = lv_wire_bytes(lv_buffer_view(&headers));
    proposal.payload = lv_wire_bytes(lv_buffer_view(&payload));
    lv_buffer bytes = pack(&proposal.base);
    whole.proposal_bytes = lv_wire_bytes(lv_buffer_view(&bytes));
    lv_buffer out = pack(&whole.base);
    lv_buffer_free(&channel);
    lv_buffer_free(&signature);
    lv_buffer_free(&payload);
    lv_buffer_free(&headers);
    lv_buffer_free(&bytes);
    return out;
}

static void expect_changed(fabric_world *w, change apply, const char *words)
{
    lv_proposal made;
    lv_proposal_read read;
    make(w, &made);
    ProtobufCMessage *channel =
        unpack(&lotveil__fabric__channel_header__descriptor, lv_buffer_view(&made.channel_header));
    ProtobufCMessage *signature = unpack(&lotveil__fabric__signature_header__descriptor,
                                         lv_buffer_view(&made.signature_header));
    ProtobufCMessage *payload = unpack(&lotveil__fabric__chaincode_proposal_payload__descriptor,
                                       lv_buffer_view(&made.payload));
    opened o = {.channel = *(const channel_message *)channel,
                .signature = *(const signature_message *)signature,
                .payload = *(const payload_message *)payload};
    if (apply != NULL) {
        apply(&o);
    }
    lv_buffer bytes = put_together(&o);
    lv_status status = lv_proposal_parse(lv_buffer_view(&bytes), &read, &w->err);
    if (words == NULL) {
        assert_int_equal(status, LV_OK);
        lv_proposal_read_free(&read);
    } else {
        assert_int_equal(status, LV_E_SYNTAX);
        if (strstr(w->err.text, words) == NULL) {
            fail_msg("\"%s\" lacks \"%s\"", w->err.text, words);
        }
    }
    lv_buffer_free(&bytes);
    lv_buffer_free(&o.extension);
    lv_wire_free(channel);
    lv_wire_free(signature);
    lv_wire_free(payload);
    lv_proposal_free(&made);
}

static void other_type(opened *o) { o->channel.type = 1; }
static void no_time(opened *o) { o->channel.timestamp = NULL; }
static void short_txid(opened *o) { o->channel.tx_id = lv_wire_text("abc"); }
static void other_txid(opened *o)
{
    o->channel.tx_id =
        lv_wire_text("0000000000000000000000000000000000000000000000000000000000000000");
}
static void no_channel(opened *o) { o->channel.channel_id = lv_wire_text(""); }
static void bad_channel(opened *o) { o->channel.channel_id = lv_wire_text("../quality"); }
static void other_nonce(opened *o) { o->signature.nonce.data[0] ^= 1; }
static void other_creator(opened *o) { o->signature.creator.data[20] ^= 1; }
static void no_extension(opened *o) { o->channel.extension.len = 0; }
static void no_input(opened *o) { o->payload.input.len = 0; }
static void other_chaincode(opened *o)
{
    Lotveil__Fabric__ChaincodeID id = LOTVEIL__FABRIC__CHAINCODE_ID__INIT;
    extension_message extension = LOTVEIL__FABRIC__CHAINCODE_HEADER_EXTENSION__INIT;
    id.name = lv_wire_text("xor-cc");
    extension.chaincode_id = &id;
    o->extension = pack(&extension.base);
    o->channel.extension = lv_wire_bytes(lv_buffer_view(&o->extension));
}

static void twice(opened *o)
{
    typedef Lotveil__Fabric__ChaincodeProposalPayload__TransientMapEntry entry;
    static entry one = LOTVEIL__FABRIC__CHAINCODE_PROPOSAL_PAYLOAD__TRANSIENT_MAP_ENTRY__INIT;
    static entry *const list[] = {&one, &one};
    static entry *copies[2];
    memcpy((void *)copies, (const void *)list, sizeof copies);
    one.key = lv_wire_text("key");
    o->payload.n_transientmap = 2;
    o->payload.transientmap = copies;
}

static void test_what_contradicts_itself_is_refused(void **state)
{
    fabric_world *w = *state;
    expect_changed(w, NULL, NULL);
    expect_changed(w, other_type, "no endorser transaction");
    expect_changed(w, no_time, "timestamp");
    expect_changed(w, short_txid, "tx_id");
    expect_changed(w, other_txid, "does not follow");
    expect_changed(w, no_channel, "channel_id");
    expect_changed(w, bad_channel, "channel_id");
    expect_changed(w, other_nonce, "does not follow");
    expect_changed(w, other_creator, "does not follow");
    expect_changed(w, no_extension, "names no chaincode");
    expect_changed(w, no_input, "names no chaincode or no input");
    expect_changed(w, other_chaincode, "its payload another");
    expect_changed(w, twice, "stands twice");
}

static void test_headers_of_a_connection_are_bound_to_it(void **state)
{
    fabric_world *w = *state;
    lv_digest expected;
    lv_headers headers;
    const lv_header_params params = {.channel = "quality",
                                     .type = LV_HEADER_SEEK,
                                     .tls_certificate = lv_identity_certificate(w->b.identity)};
    assert_int_equal(lv_headers_make(w->b.identity, &params, &headers, &w->err), LV_OK);
    ProtobufCMessage *message = unpack(&lotveil__fabric__channel_header__descriptor,
                                       lv_buffer_view(&headers.channel_header));
    const channel_message *channel = (const channel_message *)message;
    assert_int_equal(lv_digest_of(lv_identity_certificate(w->b.identity), &expected), LV_OK);
    assert_int_equal(channel->type, 5);
    assert_int_equal(channel->extension.len, 0);
    assert_true(lv_bytes_equal(lv_wire_view(&channel->tls_cert_hash), lv_digest_view(&expected)));
    lv_wire_free(message);
    lv_headers_free(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_proposed_is_read_back),
        cmocka_unit_test(test_the_hash_leaves_out_what_rides_beside),
        cmocka_unit_test(test_the_proposer_signed_the_bytes),
        cmocka_unit_test(test_no_two_proposals_share_an_id),
        cmocka_unit_test(test_the_id_follows_from_nonce_and_creator),
        cmocka_unit_test(test_cut_short_it_is_refused),
        cmocka_unit_test(test_what_contradicts_itself_is_refused),
        cmocka_unit_test(test_headers_of_a_connection_are_bound_to_it),
    };
    return cmocka_run_group_tests(tests, fabric_world_setup, fabric_world_teardown);
}
