/* Who takes part in a channel. */
#include "lotveil.pb-c.h"
#include "unit/contract/calls.h"

typedef struct {
    party b;
    party a;
} members;

static int setup(void **state)
{
    static members m;
    party_make(&m.b, "BMSP", NULL);
    party_make(&m.a, "AMSP", NULL);
    *state = &m;
    return 0;
}

static int teardown(void **state)
{
    members *m = *state;
    party_free(&m->b);
    party_free(&m->a);
    return 0;
}

static lv_channel describe(const members *m)
{
    lv_channel channel = channel_begin("quality", "quality");
    channel_add(&channel, "BMSP", "downstream", &m->b);
    channel_add(&channel, "AMSP", "upstream", &m->a);
    return channel;
}

static void test_what_is_written_is_read(void **state)
{
    lv_channel described = describe(*state);
    lv_channel channel = channel_finish(&described);
    assert_string_equal(channel.channel, "quality");
    assert_string_equal(channel.contract, "quality");
    assert_int_equal(channel.member_count, 2);
    assert_string_equal(lv_channel_role(&channel, "BMSP"), "downstream");
    assert_string_equal(lv_channel_role(&channel, "AMSP"), "upstream");
    assert_null(lv_channel_role(&channel, "SMSP"));
    assert_true(lv_trust_root(channel.trust, "BMSP").len > 0);
    lv_channel_free(&channel);
    lv_channel_free(NULL);
}

/* Encoding and decoding refuse the same. */
static void expect_refused(const lv_channel *channel, lv_status expected)
{
    lv_error err = {0};
    lv_buffer bytes = {0};
    lv_channel read;
    assert_int_equal(lv_channel_encode(channel, &bytes, &err), expected);
    assert_string_not_equal(err.text, "");

    Lotveil__V1__Member members_[4];
    Lotveil__V1__Member *list[4];
    Lotveil__V1__ChannelConfig message = LOTVEIL__V1__CHANNEL_CONFIG__INIT;
    lv_channel copy = *channel;
    for (size_t i = 0; i < copy.member_count; i++) {
        lotveil__v1__member__init(&members_[i]);
        members_[i].msp_id = copy.members[i].msp_id;
        members_[i].role = copy.members[i].role;
        members_[i].root = (ProtobufCBinaryData){.len = copy.members[i].root.len,
                                                 .data = copy.members[i].root.data};
        list[i] = &members_[i];
    }
    message.channel = copy.channel;
    message.contract = copy.contract;
    message.n_members = copy.member_count;
    message.members = list;
    uint8_t *place = NULL;
    assert_int_equal(
        lv_buffer_extend(&bytes, lotveil__v1__channel_config__get_packed_size(&message), &place),
        LV_OK);
    lotveil__v1__channel_config__pack(&message, place);
    assert_int_equal(lv_channel_decode(lv_buffer_view(&bytes), &read, &err), expected);
    assert_null(read.members);
    lv_buffer_free(&bytes);
}

static void test_what_is_no_channel(void **state)
{
    lv_channel channel = describe(*state);
    memcpy(channel.contract, "other", 6);
    expect_refused(&channel, LV_INVALID);
    memcpy(channel.contract, "xor", 4);
    memcpy(channel.channel, "a/b", 4);
    expect_refused(&channel, LV_E_SYNTAX);
    memcpy(channel.channel, "xor", 4);

    memcpy(channel.members[1].role, "auditor", 8);
    expect_refused(&channel, LV_INVALID);
    memcpy(channel.members[1].role, "servicer", 9);
    memcpy(channel.members[1].msp_id, "BMSP", 5);
    expect_refused(&channel, LV_INVALID);
    memcpy(channel.members[1].msp_id, "A MSP", 6);
    expect_refused(&channel, LV_E_SYNTAX);
    memcpy(channel.members[1].msp_id, "AMSP", 5);

    size_t len = channel.members[1].root.len;
    channel.members[1].root.len = 0;
    expect_refused(&channel, LV_INVALID);
    channel.members[1].root.len = len / 2;
    expect_refused(&channel, LV_INVALID);
    channel.members[1].root.len = len;

    channel.member_count = 0;
    expect_refused(&channel, LV_INVALID);
    channel.member_count = 2;
    lv_channel_free(&channel);
}

static void test_truncated_and_trailing_bytes(void **state)
{
    lv_error err;
    lv_buffer bytes = {0};
    lv_channel read;
    lv_channel channel = describe(*state);
    assert_int_equal(lv_channel_encode(&channel, &bytes, &err), LV_OK);
    for (size_t len = 0; len + 1 < bytes.len; len += 13) {
        assert_int_not_equal(
            lv_channel_decode((lv_bytes){.data = bytes.data, .len = len}, &read, &err), LV_OK);
    }
    static const uint8_t tail[] = {0x20, 0x01}; /* field 4 */
    assert_int_equal(lv_buffer_append(&bytes, tail, sizeof tail), LV_OK);
    assert_int_equal(lv_channel_decode(lv_buffer_view(&bytes), &read, &err), LV_E_SYNTAX);
    lv_buffer_free(&bytes);
    lv_channel_free(&channel);
}

/* A certificate that is no CA's. */
static void test_a_root_must_be_a_ca(void **state)
{
    const members *m = *state;
    lv_channel channel = describe(m);
    lv_buffer_free(&channel.members[0].root);
    const lv_buffer *leaf = &m->b.organisation.certificate;
    assert_int_equal(lv_buffer_append(&channel.members[0].root, leaf->data, leaf->len), LV_OK);
    expect_refused(&channel, LV_INVALID);
    lv_channel_free(&channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_what_is_no_channel),
        cmocka_unit_test(test_truncated_and_trailing_bytes),
        cmocka_unit_test(test_a_root_must_be_a_ca),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
