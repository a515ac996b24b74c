#include "base/file.h"
#include "base/hex.h"
#include "fabric/block.h"
#include "fabric/endorse.h"
#include "fabric/envelope.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"
#include "unit/fabric/fabric_world.h"

static const char RECORD[] = "a whole record";
static const uint8_t PREVIOUS[LV_DIGEST_LEN] = {7, 7, 7};
static const lv_bytes LINK = {.data = PREVIOUS, .len = sizeof PREVIOUS};

typedef struct {
    fabric_world *world;
    lv_proposal proposal;
    lv_proposal foreign; /* of another chaincode */
    lv_buffer ours;
    lv_buffer theirs;
    lv_buffer config; /* an envelope that is no endorser transaction */
} fixture;

static void propose(fabric_world *w, const char *chaincode, lv_proposal *out)
{
    const lv_bytes arguments[] = {text_bytes("submit"), text_bytes("calls")};
    const lv_proposal_input input = {
        .channel = "quality", .chaincode = chaincode, .arguments = arguments, .argument_count = 2};
    assert_int_equal(lv_proposal_make(w->b.identity, &input, out, &w->err), LV_OK);
}

static int setup(void **state)
{
    static fixture f;
    void *world = NULL;
    lv_headers headers;
    const lv_header_params params = {.channel = "quality", .type = 1};
    fabric_world_setup(&world);
    f = (fixture){.world = world};
    propose(f.world, "quality", &f.proposal);
    propose(f.world, "other", &f.foreign);
    endorse_draft draft = endorse_honestly(&f.proposal, "quality", text_bytes(RECORD));
    draft.endorsers[0] = f.world->peer_a;
    draft.endorser_count = 1;
    draft.writes[1] = (endorse_write){.key = "index"};
    draft.writes[2] = (endorse_write){.key = "gone", .deleted = true};
    draft.write_count = 3;
    f.ours = endorse_envelope(&draft);
    draft = endorse_honestly(&f.foreign, "other", text_bytes(RECORD));
    f.theirs = endorse_envelope(&draft);
    assert_int_equal(lv_headers_make(f.world->b.identity, &params, &headers, NULL), LV_OK);
    assert_int_equal(lv_envelope_make(f.world->b.identity, &headers, text_bytes("a configuration"),
                                      &f.config, NULL),
                     LV_OK);
    lv_headers_free(&headers);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    void *world = f->world;
    lv_proposal_free(&f->proposal);
    lv_proposal_free(&f->foreign);
    lv_buffer_free(&f->ours);
    lv_buffer_free(&f->theirs);
    lv_buffer_free(&f->config);
    return fabric_world_teardown(&world);
}

static void expect_refused(lv_bytes bytes, lv_status status, const char *words)
{
    lv_fabric_block block;
    lv_error err = {0};
    assert_int_equal(lv_fabric_block_parse(bytes, "quality", &block, &err), status);
    assert_null(block.transactions);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", err.text, words);
    }
}

static lv_fabric_block parse(const lv_buffer *bytes)
{
    lv_fabric_block block;
    lv_error err = {0};
    lv_status status = lv_fabric_block_parse(lv_buffer_view(bytes), "quality", &block, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, LV_OK);
    return block;
}

static void expect_empty(const lv_fabric_block_transaction *transaction)
{
    assert_false(transaction->ours);
    assert_null(transaction->arguments);
    assert_null(transaction->writes);
    assert_int_equal(transaction->argument_count + transaction->write_count, 0);
    assert_string_equal(transaction->submitter, "");
}

static void test_a_transaction_of_ours_is_read(void **state)
{
    fixture *f = *state;
    const lv_bytes envelope = lv_buffer_view(&f->ours);
    lv_buffer bytes = endorse_block(9, LINK, &envelope, (const uint8_t[]){0}, 1);
    lv_fabric_block block = parse(&bytes);
    lv_digest hash;
    assert_int_equal(block.number, 9);
    assert_true(lv_bytes_equal(lv_digest_view(&block.previous), LINK));
    assert_int_equal(lv_fabric_block_header_hash(9, LINK, lv_digest_view(&block.data_hash), &hash),
                     LV_OK);
    assert_true(lv_digest_equal(&hash, &block.hash));
    assert_int_equal(block.transaction_count, 1);
    const lv_fabric_block_transaction *t = &block.transactions[0];
    assert_string_equal(t->txid, f->proposal.txid);
    assert_int_equal(t->code, LV_VALIDATION_VALID);
    assert_true(t->ours);
    assert_true(t->time > 1700000000);
    assert_string_equal(t->submitter, "BMSP");
    assert_int_equal(t->argument_count, 2);
    assert_string_equal(lv_buffer_text(&t->arguments[0]), "submit");
    assert_string_equal(lv_buffer_text(&t->arguments[1]), "calls");
    assert_int_equal(t->write_count, 3);
    assert_string_equal(t->writes[0].key, "record");
    assert_string_equal(lv_buffer_text(&t->writes[0].value), RECORD);
    assert_false(t->writes[0].deleted);
    assert_string_equal(t->writes[1].key, "index");
    assert_int_equal(t->writes[1].value.len, 0);
    assert_true(t->writes[2].deleted);
    lv_fabric_block_free(&block);
    lv_buffer_free(&bytes);
}

/* What anybody may put into a block must not stop who reads it. */
static void test_what_is_not_ours_is_passed_over(void **state)
{
    fixture *f = *state;
    const lv_bytes list[] = {lv_buffer_view(&f->config),
                             lv_buffer_view(&f->theirs),
                             text_bytes("these bytes are no envelope"),
                             {0},
                             lv_buffer_view(&f->ours),
                             {f->ours.data, f->ours.len - 1}};
    const uint8_t codes[] = {0, 0, 2, 1, 11, 255};
    lv_buffer bytes = endorse_block(1, LINK, list, codes, 6);
    lv_fabric_block block = parse(&bytes);
    assert_int_equal(block.transaction_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(block.transactions[i].code, codes[i]);
        if (i != 4) {
            expect_empty(&block.transactions[i]);
        }
    }
    assert_string_equal(block.transactions[1].txid, f->foreign.txid);
    assert_string_equal(block.transactions[2].txid, "");
    assert_true(block.transactions[4].ours);
    assert_string_equal(block.transactions[4].txid, f->proposal.txid);
    assert_string_equal(lv_validation_name(block.transactions[4].code), "MVCC_READ_CONFLICT");
    lv_fabric_block_free(&block);
    lv_buffer_free(&bytes);
}

static void test_what_peers_found_valid_must_be_readable(void **state)
{
    fixture *f = *state;
    const lv_bytes bad[] = {text_bytes("these bytes are no envelope"),
                            {0},
                            {f->ours.data, f->ours.len - 1},
                            {f->config.data, f->config.len / 2}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_buffer bytes = endorse_block(1, LINK, &bad[i], (const uint8_t[]){0}, 1);
        expect_refused(lv_buffer_view(&bytes), LV_E_CORRUPT, "block 1: transaction 0: ");
        lv_buffer_free(&bytes);
    }
}

/* An envelope of ours that says what peers would never find valid. */
static void expect_lie(endorse_draft draft, const char *words)
{
    lv_buffer envelope = endorse_envelope(&draft);
    const lv_bytes view = lv_buffer_view(&envelope);
    lv_buffer bytes = endorse_block(1, LINK, &view, (const uint8_t[]){0}, 1);
    expect_refused(lv_buffer_view(&bytes), LV_E_CORRUPT, words);
    lv_buffer_free(&bytes);
    lv_buffer_free(&envelope);
}

static void test_a_transaction_that_contradicts_itself_is_refused(void **state)
{
    fixture *f = *state;
    const endorse_draft honest = endorse_honestly(&f->proposal, "quality", text_bytes(RECORD));
    endorse_draft d = honest;
    d.signature_header = lv_buffer_view(&f->foreign.signature_header);
    expect_lie(d, "does not follow");
    d = honest;
    d.actions = 2;
    expect_lie(d, "2 actions");
    d = honest;
    d.actions = 0;
    expect_lie(d, "0 actions");
    d = honest;
    d.no_endorsed_action = true;
    expect_lie(d, "nothing was endorsed");
    d = honest;
    d.no_header = true;
    expect_lie(d, "without header");
    d = honest;
    d.input = (lv_bytes){0};
    expect_lie(d, "names no chaincode");
    d = honest;
    d.input = text_bytes("no payload");
    expect_lie(d, "these bytes are no ChaincodeProposalPayload");
}

/* What later releases may add is no fault of a block. */
static void test_fields_of_later_releases_are_passed_over(void **state)
{
    fixture *f = *state;
    for (int where = UNKNOWN_IN_ENVELOPE; where < UNKNOWN_END; where++) {
        endorse_draft d = endorse_honestly(&f->proposal, "quality", text_bytes(RECORD));
        d.unknown = (endorse_unknown)where;
        lv_buffer envelope = endorse_envelope(&d);
        const lv_bytes view = lv_buffer_view(&envelope);
        lv_buffer bytes = endorse_block(1, LINK, &view, (const uint8_t[]){0}, 1);
        lv_fabric_block block = parse(&bytes);
        assert_true(block.transactions[0].ours);
        assert_int_equal(block.transactions[0].write_count, 1);
        lv_fabric_block_free(&block);
        lv_buffer_free(&bytes);
        lv_buffer_free(&envelope);
    }
}

static void test_cut_short_it_is_refused(void **state)
{
    fixture *f = *state;
    const lv_bytes list[] = {lv_buffer_view(&f->ours), lv_buffer_view(&f->config)};
    lv_buffer bytes = endorse_block(1, LINK, list, (const uint8_t[]){0, 0}, 2);
    for (size_t len = 0; len < bytes.len; len++) {
        expect_refused((lv_bytes){bytes.data, len}, LV_E_SYNTAX, "lock");
    }
    lv_buffer_free(&bytes);
}

static void test_data_that_is_not_what_its_hash_says_is_refused(void **state)
{
    fixture *f = *state;
    const lv_bytes list[] = {lv_buffer_view(&f->ours), lv_buffer_view(&f->config)};
    lv_buffer bytes = endorse_block(1, LINK, list, (const uint8_t[]){0, 0}, 2);
    uint8_t *at = memmem(bytes.data, bytes.len, f->config.data, f->config.len);
    assert_non_null(at);
    for (size_t i = 0; i < f->config.len; i++) {
        at[i] ^= 1;
        expect_refused(lv_buffer_view(&bytes), LV_E_CORRUPT, "data hash");
        at[i] ^= 1;
    }
    lv_buffer_free(&bytes);
}

/* A block with a part left out or of another length, put together again. */
typedef void (*change)(Lotveil__Fabric__Block *block);

static void expect_changed(fixture *f, uint64_t number, change apply, const char *words)
{
    const lv_bytes list[] = {lv_buffer_view(&f->ours), lv_buffer_view(&f->config)};
    lv_buffer bytes =
        endorse_block(number, number == 0 ? (lv_bytes){0} : LINK, list, (const uint8_t[]){0, 0}, 2);
    ProtobufCMessage *message = NULL;
    lv_buffer changed = {0};
    assert_int_equal(lv_wire_unpack(&lotveil__fabric__block__descriptor, lv_buffer_view(&bytes),
                                    LV_FABRIC_MESSAGE_MAX, &message, NULL),
                     LV_OK);
    Lotveil__Fabric__Block block = *(Lotveil__Fabric__Block *)message;
    Lotveil__Fabric__BlockHeader header = *block.header;
    Lotveil__Fabric__BlockData data = *block.data;
    Lotveil__Fabric__BlockMetadata metadata = *block.metadata;
    const ProtobufCBinaryData filter = metadata.metadata[2];
    block.header = &header;
    block.data = &data;
    block.metadata = &metadata;
    apply(&block);
    assert_int_equal(lv_wire_pack(&block.base, LV_FABRIC_MESSAGE_MAX, &changed, NULL), LV_OK);
    metadata.metadata[2] = filter;
    if (words == NULL) {
        lv_fabric_block read = parse(&changed);
        lv_fabric_block_free(&read);
    } else {
        expect_refused(lv_buffer_view(&changed), LV_E_SYNTAX, words);
    }
    lv_wire_free(message);
    lv_buffer_free(&changed);
    lv_buffer_free(&bytes);
}

static void same(Lotveil__Fabric__Block *b) { (void)b; }
static void no_header(Lotveil__Fabric__Block *b) { b->header = NULL; }
static void no_data(Lotveil__Fabric__Block *b) { b->data = NULL; }
static void no_metadata(Lotveil__Fabric__Block *b) { b->metadata = NULL; }
static void short_metadata(Lotveil__Fabric__Block *b) { b->metadata->n_metadata = 2; }
static void short_filter(Lotveil__Fabric__Block *b) { b->metadata->metadata[2].len = 1; }
static void no_filter(Lotveil__Fabric__Block *b) { b->metadata->metadata[2].len = 0; }
static void short_previous(Lotveil__Fabric__Block *b) { b->header->previous_hash.len--; }
static void no_previous(Lotveil__Fabric__Block *b) { b->header->previous_hash.len = 0; }
static void first_of_all(Lotveil__Fabric__Block *b) { b->header->number = 0; }

static void test_what_is_missing_is_told(void **state)
{
    fixture *f = *state;
    expect_changed(f, 1, same, NULL);
    expect_changed(f, 0, same, NULL);
    expect_changed(f, 1, no_header, "without header or data");
    expect_changed(f, 1, no_data, "without header or data");
    expect_changed(f, 1, no_metadata, "validation codes");
    expect_changed(f, 1, short_metadata, "validation codes");
    expect_changed(f, 1, short_filter, "validation codes");
    expect_changed(f, 1, no_filter, "validation codes");
    expect_changed(f, 1, short_previous, "previous_hash: 31 bytes");
    expect_changed(f, 1, no_previous, "previous_hash: 0 bytes");
    expect_changed(f, 1, first_of_all, "previous_hash: 32 bytes");
}

static void test_validation_codes_have_names(void **state)
{
    (void)state;
    assert_string_equal(lv_validation_name(0), "VALID");
    assert_string_equal(lv_validation_name(LV_VALIDATION_DUPLICATE_TXID), "DUPLICATE_TXID");
    assert_string_equal(lv_validation_name(LV_VALIDATION_ENDORSEMENT_POLICY),
                        "ENDORSEMENT_POLICY_FAILURE");
    assert_string_equal(lv_validation_name(LV_VALIDATION_PHANTOM_CONFLICT),
                        "PHANTOM_READ_CONFLICT");
    assert_string_equal(lv_validation_name(26), "unknown validation code");
    assert_string_equal(lv_validation_name(-1), "unknown validation code");
}

/* SHA-256 of DER written out by hand: lengths, the sign byte, and no byte too many. */
static void expect_hash(uint64_t number, lv_bytes previous, lv_bytes data_hash, const char *der)
{
    uint8_t bytes[128];
    lv_digest expected;
    lv_digest got;
    const size_t len = strlen(der) / 2;
    assert_int_equal(lv_hex_decode(der, bytes, len), LV_OK);
    assert_int_equal(lv_digest_of((lv_bytes){bytes, len}, &expected), LV_OK);
    assert_int_equal(lv_fabric_block_header_hash(number, previous, data_hash, &got), LV_OK);
    assert_true(lv_digest_equal(&expected, &got));
}

static void test_the_link_is_der(void **state)
{
    (void)state;
    const lv_bytes ab = text_bytes("\xab");
    const lv_bytes cd = text_bytes("\xcd\xef");
    uint8_t longer[LV_DIGEST_LEN + 1] = {0};
    lv_digest out;
    expect_hash(0, (lv_bytes){0}, cd,
                "3009"
                "020100"
                "0400"
                "0402cdef");
    expect_hash(127, ab, cd,
                "300a"
                "02017f"
                "0401ab"
                "0402cdef");
    expect_hash(128, ab, cd,
                "300b"
                "02020080"
                "0401ab"
                "0402cdef");
    expect_hash(256, ab, cd,
                "300b"
                "02020100"
                "0401ab"
                "0402cdef");
    expect_hash(0x8000, ab, cd,
                "300c"
                "0203008000"
                "0401ab"
                "0402cdef");
    expect_hash(UINT64_MAX, ab, cd,
                "3012"
                "020900ffffffffffffffff"
                "0401ab"
                "0402cdef");
    expect_hash(UINT64_MAX / 2, ab, cd,
                "3011"
                "02087fffffffffffffff"
                "0401ab"
                "0402cdef");
    assert_int_equal(lv_fabric_block_header_hash(1, (lv_bytes){longer, sizeof longer}, cd, &out),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_fabric_block_header_hash(1, ab, (lv_bytes){longer, sizeof longer}, &out),
                     LV_E_ARGUMENT);
}

/* As Fabric 2.5's own BlockHeaderHash (protoutil) has it, for previous hashes of 32 bytes 0x0b,
 * none in block 0, and data hashes of 32 bytes 0xd0. */
static void test_the_link_is_fabrics(void **state)
{
    (void)state;
    static const struct {
        uint64_t number;
        const char *hash;
    } golden[] = {
        {UINT64_C(0), "70e597e0f9a6d6c3c8d0c73f540303974e05ab2ec3c63068a9829106d356c88b"},
        {UINT64_C(1), "0c5e6b26b9ac33d90a685fe0945b1cd667d03eb11398b00870c441b1b18c8924"},
        {UINT64_C(127), "db603413a3c206bb33c806d61efed4dae0a10d20e0208833a37c175826288f1c"},
        {UINT64_C(128), "60737f0f6a878975b8655ae3d4a55652ee295174b82b506bc34f90ead5359b7a"},
        {UINT64_C(255), "d7dd3c74b9c142c95af1225ca8123ef5995f62422f9a1e3dda667fff1b5109ca"},
        {UINT64_C(256), "009dff7086e579c942bb07583997d8e270f451d38329ba457bad3fa7e74a498f"},
        {UINT64_C(32767), "da8616d20cf4963eb119e5cf6ce4a98ff57fbdbac2c8f81e56b3ced59979b08d"},
        {UINT64_C(32768), "3f328b4d86013fc383b363e51a992b77ad0724f883544c9e9e01d22daeda2962"},
        {UINT64_C(4294967296), "ea1d5d4f5a56baea04391955d7808d35f2b0706c48632c1d431bae47c09ed670"},
        {UINT64_C(9223372036854775807),
         "5dfd1af16b2b96840b97c53e8e3164c0dcf340c2ef75a34042f546b0004afc04"},
        {UINT64_C(9223372036854775808),
         "01f250f0d60f28c8aa959ae3da36bea8938fc1e9f4463eccf920f1e890eb2099"},
        {UINT64_C(18446744073709551615),
         "c52c5ee1ab1b53b75bb1d220d9aeb75d58234457568821d185a0f4dba549166d"},
    };
    uint8_t previous[LV_DIGEST_LEN];
    uint8_t data[LV_DIGEST_LEN];
    memset(previous, 0x0b, sizeof previous);
    memset(data, 0xd0, sizeof data);
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        lv_digest hash;
        char text[2 * LV_DIGEST_LEN + 1];
        const size_t len = golden[i].number == 0 ? 0 : sizeof previous;
        assert_int_equal(lv_fabric_block_header_hash(golden[i].number, (lv_bytes){previous, len},
                                                     (lv_bytes){data, sizeof data}, &hash),
                         LV_OK);
        lv_digest_hex(&hash, text);
        assert_string_equal(text, golden[i].hash);
    }
}

/* A channel's first block as Fabric 2.5's configtxgen makes it, before a peer has committed it and
 * after. */
static void test_a_real_first_block(void **state)
{
    (void)state;
    lv_buffer bytes = {0};
    lv_buffer committed = {0};
    lv_error err = {0};
    ProtobufCMessage *message = NULL;
    uint8_t code = 0;
    assert_int_equal(lv_file_read(LOTVEIL_SOURCE_DIR "/tests/vectors/fabric_genesis.block",
                                  1U << 20, &bytes, &err),
                     LV_OK);
    expect_refused(lv_buffer_view(&bytes), LV_E_SYNTAX, "no peer has committed it");
    /* read and written again it is the same: nothing in it is unknown here */
    assert_int_equal(lv_wire_unpack(&lotveil__fabric__block__descriptor, lv_buffer_view(&bytes),
                                    LV_FABRIC_MESSAGE_MAX, &message, &err),
                     LV_OK);
    Lotveil__Fabric__Block *wire = (Lotveil__Fabric__Block *)message;
    ProtobufCBinaryData *filter = &wire->metadata->metadata[2];
    const ProtobufCBinaryData before = *filter;
    *filter = (ProtobufCBinaryData){.len = 1, .data = &code};
    assert_int_equal(lv_wire_pack(message, LV_FABRIC_MESSAGE_MAX, &committed, &err), LV_OK);
    *filter = before;
    lv_wire_free(message);
    lv_fabric_block block = parse(&committed);
    assert_int_equal(block.number, 0);
    assert_int_equal(block.transaction_count, 1);
    expect_empty(&block.transactions[0]);
    lv_fabric_block_free(&block);
    /* one byte of its configuration changed */
    committed.data[committed.len / 2] ^= 1;
    expect_refused(lv_buffer_view(&committed), LV_E_CORRUPT, "data hash");
    lv_buffer_free(&committed);
    lv_buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_transaction_of_ours_is_read),
        cmocka_unit_test(test_what_is_not_ours_is_passed_over),
        cmocka_unit_test(test_what_peers_found_valid_must_be_readable),
        cmocka_unit_test(test_a_transaction_that_contradicts_itself_is_refused),
        cmocka_unit_test(test_fields_of_later_releases_are_passed_over),
        cmocka_unit_test(test_cut_short_it_is_refused),
        cmocka_unit_test(test_data_that_is_not_what_its_hash_says_is_refused),
        cmocka_unit_test(test_what_is_missing_is_told),
        cmocka_unit_test(test_validation_codes_have_names),
        cmocka_unit_test(test_the_link_is_der),
        cmocka_unit_test(test_the_link_is_fabrics),
        cmocka_unit_test(test_a_real_first_block),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
