/* What Endorse returned, against what was proposed: every check has a lie that it stops. */
#include "base/clock.h"
#include "fabric/endorse.h"
#include "fabric/envelope.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"
#include "unit/fabric/fabric_world.h"

static const char RECORD[] = "a whole record";

typedef struct {
    fabric_world *world;
    lv_proposal proposal;
    lv_proposal other; /* another one, of the same words */
    lv_identity *client_a;
    lv_identity *orderer_a;
    lv_identity *stranger_peer;
    endorse_draft draft;
} fixture;

static void propose(fabric_world *w, lv_proposal *out)
{
    const lv_bytes arguments[] = {text_bytes("submit"), text_bytes("calls")};
    const lv_proposal_input input = {
        .channel = "quality", .chaincode = "quality", .arguments = arguments, .argument_count = 2};
    assert_int_equal(lv_proposal_make(w->b.identity, &input, out, &w->err), LV_OK);
}

static int setup(void **state)
{
    static fixture f;
    void *world = NULL;
    fabric_world_setup(&world);
    f = (fixture){.world = world};
    propose(f.world, &f.proposal);
    propose(f.world, &f.other);
    f.client_a = issue(&f.world->a, "AMSP", "client");
    f.orderer_a = issue(&f.world->a, "AMSP", "orderer");
    f.stranger_peer = issue(&f.world->stranger, "XMSP", "peer");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    void *world = f->world;
    lv_proposal_free(&f->proposal);
    lv_proposal_free(&f->other);
    lv_identity_free(f->client_a);
    lv_identity_free(f->orderer_a);
    lv_identity_free(f->stranger_peer);
    return fabric_world_teardown(&world);
}

/* Both peers endorse honestly; what comes after is the test's lie. */
static endorse_draft *honest(fixture *f)
{
    f->draft = endorse_honestly(&f->proposal, "quality", text_bytes(RECORD));
    f->draft.response = text_bytes("answer");
    f->draft.endorsers[0] = f->world->peer_a;
    f->draft.endorsers[1] = f->world->peer_b;
    f->draft.endorser_count = 2;
    return &f->draft;
}

static lv_status check(fixture *f, lv_bytes envelope, const lv_bytes *records, size_t count,
                       lv_buffer *response)
{
    f->world->err.text[0] = '\0';
    return lv_envelope_check(envelope, &f->proposal, &f->world->channel, "quality", records, count,
                             response, &f->world->err);
}

static void expect_lie(fixture *f, const char *words)
{
    const lv_bytes record = text_bytes(RECORD);
    lv_buffer envelope = endorse_envelope(&f->draft);
    lv_buffer response = {0};
    lv_status status = check(f, lv_buffer_view(&envelope), &record, 1, &response);
    if (status != LV_E_CORRUPT || strstr(f->world->err.text, words) == NULL) {
        fail_msg("%s: \"%s\" lacks \"%s\"", lv_status_name(status), f->world->err.text, words);
    }
    lv_buffer_free(&response);
    lv_buffer_free(&envelope);
}

static void expect_honest(fixture *f)
{
    const lv_bytes record = text_bytes(RECORD);
    lv_buffer envelope = endorse_envelope(&f->draft);
    lv_buffer response = {0};
    assert_int_equal(check(f, lv_buffer_view(&envelope), &record, 1, &response), LV_OK);
    assert_string_equal(lv_buffer_text(&response),
                        lv_bytes_equal(f->draft.response, (lv_bytes){0}) ? "" : "answer");
    lv_buffer_free(&response);
    lv_buffer_free(&envelope);
}

static void test_what_is_honest_is_taken(void **state)
{
    fixture *f = *state;
    honest(f);
    expect_honest(f);
    honest(f)->endorser_count = 1;
    expect_honest(f);
    honest(f)->other_namespace = NULL; /* peers read _lifecycle, but need not */
    expect_honest(f);
    honest(f)->response = (lv_bytes){0};
    expect_honest(f);
}

static void test_another_proposal_is_told(void **state)
{
    fixture *f = *state;
    honest(f)->channel_header = lv_buffer_view(&f->other.channel_header);
    expect_lie(f, "channel header");
    honest(f)->signature_header = lv_buffer_view(&f->other.signature_header);
    expect_lie(f, "signature header");
    honest(f)->no_header = true;
    expect_lie(f, "channel header");
    honest(f)->action_header = lv_buffer_view(&f->other.signature_header);
    expect_lie(f, "not by who proposed");
    honest(f)->input = text_bytes("other input");
    expect_lie(f, "its input");
    honest(f)->input.len--;
    expect_lie(f, "its input");
    honest(f)->hash = lv_digest_view(&f->other.hash);
    expect_lie(f, "another proposal");
    honest(f)->hash.len = 31;
    expect_lie(f, "another proposal");
}

static void test_more_or_less_than_one_action_is_told(void **state)
{
    fixture *f = *state;
    honest(f)->actions = 0;
    expect_lie(f, "0 actions");
    honest(f)->actions = 2;
    expect_lie(f, "2 actions");
    honest(f)->no_endorsed_action = true;
    expect_lie(f, "nothing was endorsed");
}

static void test_endorsements_that_are_none_are_told(void **state)
{
    fixture *f = *state;
    honest(f)->endorser_count = 0;
    expect_lie(f, "0 endorsements");
    honest(f)->endorsers[1] = f->world->peer_a;
    expect_lie(f, "endorsed twice");
    honest(f)->broken_signature = true;
    expect_lie(f, "signature");
    honest(f)->other_response = true;
    expect_lie(f, "signature");
    honest(f)->claimed = "AMSP";
    expect_lie(f, "claims to be of AMSP");
    honest(f)->endorsers[1] = f->stranger_peer;
    expect_lie(f, "no member's root");
    honest(f)->endorsers[1] = f->client_a;
    expect_lie(f, "wrong role");
    honest(f)->endorsers[0] = f->orderer_a;
    expect_lie(f, "wrong role");
}

static void test_another_answer_is_told(void **state)
{
    fixture *f = *state;
    honest(f)->response_status = 500;
    expect_lie(f, "no success");
    honest(f)->response_status = 0;
    expect_lie(f, "no success");
    honest(f)->chaincode = "xor";
    expect_lie(f, "another chaincode");
    honest(f)->chaincode = NULL;
    expect_lie(f, "another chaincode");
    honest(f)->event = text_bytes("event");
    expect_lie(f, "event");
}

static void test_another_change_is_told(void **state)
{
    fixture *f = *state;
    endorse_draft *d = honest(f);
    d->writes[1] = (endorse_write){.key = "other", .deleted = true};
    d->write_count = 2;
    expect_lie(f, "deletes");
    honest(f)->key_policy = true;
    expect_lie(f, "endorsement policy");
    honest(f)->collection = true;
    expect_lie(f, "private collection");
    honest(f)->other_writes = true;
    expect_lie(f, "writes in the namespace _lifecycle");
    honest(f)->other_key_policy = true;
    expect_lie(f, "writes in the namespace _lifecycle");
    honest(f)->other_namespace = "xor";
    expect_lie(f, "touches the namespace xor");
    honest(f)->other_namespace = "quality";
    expect_lie(f, "stands twice");
    honest(f)->own_namespace = "_lifecycle";
    expect_lie(f, "writes in the namespace _lifecycle");
    honest(f)->data_model = 1;
    expect_lie(f, "data model");
}

static void test_a_record_that_is_not_written_whole_is_told(void **state)
{
    fixture *f = *state;
    honest(f)->write_count = 0;
    expect_lie(f, "record 1 of 1");
    honest(f)->writes[0].value.len--;
    expect_lie(f, "record 1 of 1");
    honest(f)->writes[0].value = text_bytes("A whole record");
    expect_lie(f, "record 1 of 1");
    honest(f)->writes[0].value = (lv_bytes){0};
    expect_lie(f, "record 1 of 1");
}

static void test_every_record_is_looked_for(void **state)
{
    fixture *f = *state;
    const lv_bytes records[] = {text_bytes("first"), text_bytes("second"), text_bytes("third")};
    endorse_draft *d = honest(f);
    d->write_count = 4;
    d->writes[0] = (endorse_write){.key = "3", .value = records[2]};
    d->writes[1] = (endorse_write){.key = "index"};
    d->writes[2] = (endorse_write){.key = "1", .value = records[0]};
    d->writes[3] = (endorse_write){.key = "2", .value = records[1]};
    lv_buffer envelope = endorse_envelope(d);
    assert_int_equal(check(f, lv_buffer_view(&envelope), records, 3, NULL), LV_OK);
    assert_int_equal(check(f, lv_buffer_view(&envelope), NULL, 0, NULL), LV_OK);
    lv_buffer_free(&envelope);
    d->writes[2].value = records[1]; /* the second twice, the first never */
    envelope = endorse_envelope(d);
    assert_int_equal(check(f, lv_buffer_view(&envelope), records, 3, NULL), LV_E_CORRUPT);
    assert_non_null(strstr(f->world->err.text, "record 1 of 3"));
    lv_buffer_free(&envelope);
}

static void test_what_nobody_knows_is_told_wherever_it_stands(void **state)
{
    fixture *f = *state;
    for (int where = UNKNOWN_IN_ENVELOPE; where < UNKNOWN_END; where++) {
        honest(f)->unknown = (endorse_unknown)where;
        expect_lie(f, "unknown to this version");
    }
}

static void test_every_flipped_bit_is_told(void **state)
{
    fixture *f = *state;
    const lv_bytes record = text_bytes(RECORD);
    honest(f)->endorser_count = 1;
    lv_buffer envelope = endorse_envelope(&f->draft);
    for (size_t i = 0; i < envelope.len; i++) {
        envelope.data[i] ^= (uint8_t)(1U << (i % 8));
        assert_int_equal(check(f, lv_buffer_view(&envelope), &record, 1, NULL), LV_E_CORRUPT);
        assert_string_not_equal(f->world->err.text, "");
        envelope.data[i] ^= (uint8_t)(1U << (i % 8));
    }
    for (size_t len = 0; len < envelope.len; len++) {
        assert_int_equal(check(f, (lv_bytes){envelope.data, len}, &record, 1, NULL), LV_E_CORRUPT);
    }
    lv_buffer_free(&envelope);
}

/* ---- signing ---- */

/* The signature of an envelope holds over its payload; changed, it does not. */
static void expect_signed(fabric_world *w, lv_bytes envelope, lv_bytes *payload,
                          ProtobufCMessage **message)
{
    const char *msp = NULL;
    assert_int_equal(lv_wire_unpack(&lotveil__fabric__envelope__descriptor, envelope,
                                    LV_FABRIC_MESSAGE_MAX, message, &w->err),
                     LV_OK);
    const Lotveil__Fabric__Envelope *wire = (const Lotveil__Fabric__Envelope *)*message;
    *payload = lv_wire_view(&wire->payload);
    assert_int_equal(lv_trust_check_plain(w->channel.trust, lv_identity_certificate(w->b.identity),
                                          lv_clock_now(), "client", *payload,
                                          lv_wire_view(&wire->signature), &msp, &w->err),
                     LV_OK);
    assert_string_equal(msp, "BMSP");
    wire->payload.data[wire->payload.len - 1] ^= 1;
    assert_int_equal(lv_trust_check_plain(w->channel.trust, lv_identity_certificate(w->b.identity),
                                          lv_clock_now(), "client", *payload,
                                          lv_wire_view(&wire->signature), &msp, &w->err),
                     LV_INVALID);
    wire->payload.data[wire->payload.len - 1] ^= 1;
}

static void test_what_is_signed_is_the_payload(void **state)
{
    fixture *f = *state;
    fabric_world *w = f->world;
    lv_buffer envelope = endorse_envelope(honest(f));
    lv_buffer signed_envelope = {0};
    ProtobufCMessage *message = NULL;
    lv_bytes payload;
    assert_int_equal(
        lv_envelope_sign(lv_buffer_view(&envelope), w->b.identity, &signed_envelope, &w->err),
        LV_OK);
    expect_signed(w, lv_buffer_view(&signed_envelope), &payload, &message);
    /* the unsigned envelope is its payload alone, after a tag and a length */
    assert_true(lv_bytes_equal(
        payload, (lv_bytes){envelope.data + (envelope.len - payload.len), payload.len}));
    lv_wire_free(message);
    lv_buffer_free(&signed_envelope);
    assert_int_equal(
        lv_envelope_sign(text_bytes("no envelope"), w->b.identity, &signed_envelope, &w->err),
        LV_E_SYNTAX);
    assert_int_equal(signed_envelope.len, 0);
    lv_buffer_free(&envelope);
}

static void test_what_is_signed_already_is_told(void **state)
{
    fixture *f = *state;
    lv_buffer envelope = endorse_envelope(honest(f));
    lv_buffer signed_envelope = {0};
    assert_int_equal(lv_envelope_sign(lv_buffer_view(&envelope), f->world->b.identity,
                                      &signed_envelope, &f->world->err),
                     LV_OK);
    assert_int_equal(check(f, lv_buffer_view(&signed_envelope), NULL, 0, NULL), LV_E_CORRUPT);
    assert_non_null(strstr(f->world->err.text, "signed already"));
    lv_buffer_free(&signed_envelope);
    lv_buffer_free(&envelope);
}

static void test_an_envelope_of_ones_own(void **state)
{
    fixture *f = *state;
    fabric_world *w = f->world;
    const lv_header_params params = {.channel = "quality", .type = LV_HEADER_SEEK};
    lv_headers headers;
    lv_buffer envelope = {0};
    ProtobufCMessage *message = NULL;
    ProtobufCMessage *inner = NULL;
    lv_bytes payload;
    assert_int_equal(lv_headers_make(w->b.identity, &params, &headers, &w->err), LV_OK);
    assert_int_equal(
        lv_envelope_make(w->b.identity, &headers, text_bytes("seek"), &envelope, &w->err), LV_OK);
    expect_signed(w, lv_buffer_view(&envelope), &payload, &message);
    assert_int_equal(lv_wire_unpack(&lotveil__fabric__payload__descriptor, payload,
                                    LV_FABRIC_MESSAGE_MAX, &inner, &w->err),
                     LV_OK);
    const Lotveil__Fabric__Payload *wire = (const Lotveil__Fabric__Payload *)inner;
    assert_true(lv_bytes_equal(lv_wire_view(&wire->data), text_bytes("seek")));
    assert_true(lv_bytes_equal(lv_wire_view(&wire->header->channel_header),
                               lv_buffer_view(&headers.channel_header)));
    assert_true(lv_bytes_equal(lv_wire_view(&wire->header->signature_header),
                               lv_buffer_view(&headers.signature_header)));
    lv_wire_free(inner);
    lv_wire_free(message);
    lv_buffer_free(&envelope);
    lv_headers_free(&headers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_honest_is_taken),
        cmocka_unit_test(test_another_proposal_is_told),
        cmocka_unit_test(test_more_or_less_than_one_action_is_told),
        cmocka_unit_test(test_endorsements_that_are_none_are_told),
        cmocka_unit_test(test_another_answer_is_told),
        cmocka_unit_test(test_another_change_is_told),
        cmocka_unit_test(test_a_record_that_is_not_written_whole_is_told),
        cmocka_unit_test(test_every_record_is_looked_for),
        cmocka_unit_test(test_what_nobody_knows_is_told_wherever_it_stands),
        cmocka_unit_test(test_every_flipped_bit_is_told),
        cmocka_unit_test(test_what_is_signed_is_the_payload),
        cmocka_unit_test(test_what_is_signed_already_is_told),
        cmocka_unit_test(test_an_envelope_of_ones_own),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
