/* The configuration of a channel. */
#include "fuzz.h"
#include <string.h>

static void check_members(const lv_channel *channel)
{
    FUZZ_CHECK(channel->member_count > 0 && channel->member_count <= LV_TRUST_MEMBERS_MAX);
    for (size_t i = 0; i < channel->member_count; i++) {
        const lv_member *member = &channel->members[i];
        const char *role = lv_channel_role(channel, member->msp_id);
        FUZZ_CHECK(lv_name_is_valid(member->msp_id));
        FUZZ_CHECK(role != NULL && strcmp(role, member->role) == 0);
        FUZZ_CHECK(fuzz_same_certificate(lv_trust_root(channel->trust, member->msp_id),
                                         lv_buffer_view(&member->root)));
        FUZZ_CHECK(strcmp(lv_trust_member(channel->trust, i), member->msp_id) == 0);
    }
    FUZZ_CHECK(lv_trust_member(channel->trust, channel->member_count) == NULL);
    FUZZ_CHECK(lv_channel_role(channel, "nobody at all") == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_channel channel;
    lv_error err = {0};
    lv_buffer again = {0};
    lv_status status = lv_channel_decode(input, &channel, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(fuzz_is_zero(&channel, sizeof channel));
        return 0;
    }
    check_members(&channel);
    FUZZ_CHECK(lv_channel_encode(&channel, &again, &err) == LV_OK);
    FUZZ_CHECK(fuzz_same(lv_buffer_view(&again), input));
    lv_buffer_free(&again);
    lv_channel_free(&channel);
    return 0;
}
