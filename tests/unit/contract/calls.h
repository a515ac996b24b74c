/** Channels and calls for the tests of the contracts. */
#ifndef LV_TESTS_CALLS_H
#define LV_TESTS_CALLS_H

#include "unit/compare/world.h"
#include "unit/contract/memory_state.h"

/** Adds a member to a channel that is being described. */
static inline void channel_add(lv_channel *channel, const char *msp, const char *role,
                               const party *p)
{
    lv_member *grown =
        realloc(channel->members, (channel->member_count + 1) * sizeof *channel->members);
    assert_non_null(grown);
    channel->members = grown;
    lv_member *member = &grown[channel->member_count++];
    *member = (lv_member){0};
    memcpy(member->msp_id, msp, strlen(msp) + 1);
    memcpy(member->role, role, strlen(role) + 1);
    const lv_buffer *root = &p->organisation.ca_certificate;
    assert_int_equal(lv_buffer_append(&member->root, root->data, root->len), LV_OK);
}

static inline lv_channel channel_begin(const char *name, const char *contract)
{
    lv_channel channel = {0};
    memcpy(channel.channel, name, strlen(name) + 1);
    memcpy(channel.contract, contract, strlen(contract) + 1);
    return channel;
}

/** Encodes and decodes the description, so that its trust is built. */
static inline lv_channel channel_finish(lv_channel *described)
{
    lv_error err = {0};
    lv_channel channel;
    lv_buffer bytes = {0};
    assert_int_equal(lv_channel_encode(described, &bytes, &err), LV_OK);
    assert_int_equal(lv_channel_decode(lv_buffer_view(&bytes), &channel, &err), LV_OK);
    lv_buffer_free(&bytes);
    lv_channel_free(described);
    return channel;
}

/** Runs a function on texts. */
static inline lv_status call_texts(const lv_channel *channel, memory_state *m,
                                   const char *submitter, const char *function,
                                   const char *const *texts, size_t count, lv_buffer *response)
{
    lv_error err = {0};
    lv_bytes arguments[8];
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        arguments[i] = lv_bytes_of_text(texts[i]);
    }
    const lv_call call = {.function = function,
                          .arguments = arguments,
                          .argument_count = count,
                          .submitter = submitter};
    lv_status status = memory_invoke(channel, m, &call, response, &err);
    assert_true(status == LV_OK || err.text[0] != '\0');
    return status;
}

/** Runs a writing function on signed records. */
static inline lv_status call_records(const lv_channel *channel, memory_state *m,
                                     const char *submitter, const char *function,
                                     const lv_buffer *const *records, size_t count)
{
    lv_error err = {0};
    lv_bytes arguments[8];
    lv_buffer response = {0};
    assert_true(count <= 8);
    for (size_t i = 0; i < count; i++) {
        arguments[i] = lv_buffer_view(records[i]);
    }
    const lv_call call = {.function = function,
                          .arguments = arguments,
                          .argument_count = count,
                          .submitter = submitter};
    size_t before = m->committed.count;
    lv_status status = memory_invoke(channel, m, &call, &response, &err);
    assert_int_equal(response.len, 0);
    lv_buffer_free(&response);
    if (status != LV_OK) {
        assert_string_not_equal(err.text, "");
        assert_int_equal(m->committed.count, before);
    }
    return status;
}

static inline lv_status call_record(const lv_channel *channel, memory_state *m,
                                    const char *submitter, const char *function,
                                    const lv_buffer *record)
{
    return call_records(channel, m, submitter, function, &record, 1);
}

#endif
