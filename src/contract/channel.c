/* Message ChannelConfig: who takes part in a channel (docs/protocol.md section 9). */
#include "contract/contract.h"
#include "lotveil.pb-c.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

#define CHANNEL_MAX 1048576U /* bytes of a ChannelConfig */
#define ROOT_MAX 16384U      /* bytes of a root certificate in PEM */

static bool is_one_of(const char *text, const char *const *list)
{
    while (*list != NULL) {
        if (strcmp(text, *list++) == 0) {
            return true;
        }
    }
    return false;
}

static lv_status check_member(const lv_channel *channel, size_t i, lv_error *err)
{
    static const char *const roles[] = {"downstream", "upstream", "servicer", NULL};
    const lv_member *member = &channel->members[i];
    if (!lv_name_is_valid(member->msp_id)) {
        return lv_fail(err, LV_E_SYNTAX, "channel %s: member %zu: field msp_id: must be a name",
                       channel->channel, i + 1);
    }
    if (!is_one_of(member->role, roles)) {
        return lv_fail(
            err, LV_INVALID,
            "channel %s: member %s: field role: must be downstream, upstream or servicer",
            channel->channel, member->msp_id);
    }
    if (member->root.len == 0 || member->root.len > ROOT_MAX) {
        return lv_fail(err, LV_INVALID,
                       "channel %s: member %s: field root: must be one certificate in PEM",
                       channel->channel, member->msp_id);
    }
    for (size_t j = 0; j < i; j++) {
        if (strcmp(channel->members[j].msp_id, member->msp_id) == 0) {
            return lv_fail(err, LV_INVALID, "channel %s: member %s stands twice", channel->channel,
                           member->msp_id);
        }
    }
    return LV_OK;
}

static lv_status check_names(const lv_channel *channel, lv_error *err)
{
    static const char *const contracts[] = {"quality", "xor", NULL};
    if (!lv_name_is_valid(channel->channel)) {
        return lv_fail(err, LV_E_SYNTAX, "channel: field channel: must be a name");
    }
    if (!is_one_of(channel->contract, contracts)) {
        return lv_fail(err, LV_INVALID, "channel %s: field contract: must be quality or xor",
                       channel->channel);
    }
    if (channel->member_count == 0 || channel->member_count > LV_TRUST_MEMBERS_MAX) {
        return lv_fail(err, LV_INVALID, "channel %s: field members: must be 1 to %u",
                       channel->channel, LV_TRUST_MEMBERS_MAX);
    }
    return LV_OK;
}

static lv_status add_root(const lv_channel *channel, const lv_member *member, lv_trust *trust,
                          lv_error *err)
{
    lv_status status = lv_trust_add(trust, member->msp_id, lv_buffer_view(&member->root), err);
    if (status != LV_INVALID && status != LV_E_SYNTAX) {
        return status;
    }
    return lv_fail(err, LV_INVALID,
                   "channel %s: member %s: field root: must be one CA certificate in PEM",
                   channel->channel, member->msp_id);
}

/* Checks all fields, and the roots by building the trust from them. */
static lv_status check(const lv_channel *channel, lv_trust **trust, lv_error *err)
{
    *trust = NULL;
    lv_status status = check_names(channel, err);
    if (status == LV_OK) {
        status = lv_trust_new(trust);
    }
    for (size_t i = 0; status == LV_OK && i < channel->member_count; i++) {
        const lv_member *member = &channel->members[i];
        status = check_member(channel, i, err);
        if (status == LV_OK) {
            status = add_root(channel, member, *trust, err);
        }
    }
    if (status != LV_OK) {
        lv_trust_free(*trust);
        *trust = NULL;
    }
    return status;
}

lv_status lv_channel_encode(const lv_channel *channel, lv_buffer *out, lv_error *err)
{
    lv_trust *trust = NULL;
    lv_status status = check(channel, &trust, err);
    lv_trust_free(trust);
    if (status != LV_OK) {
        return status;
    }
    Lotveil__V1__Member members[LV_TRUST_MEMBERS_MAX];
    Lotveil__V1__Member *list[LV_TRUST_MEMBERS_MAX];
    for (size_t i = 0; i < channel->member_count; i++) {
        lotveil__v1__member__init(&members[i]);
        members[i].msp_id = lv_wire_text(channel->members[i].msp_id);
        members[i].role = lv_wire_text(channel->members[i].role);
        members[i].root = lv_wire_bytes(lv_buffer_view(&channel->members[i].root));
        list[i] = &members[i];
    }
    Lotveil__V1__ChannelConfig message = LOTVEIL__V1__CHANNEL_CONFIG__INIT;
    message.channel = lv_wire_text(channel->channel);
    message.contract = lv_wire_text(channel->contract);
    message.n_members = channel->member_count;
    message.members = list;
    return lv_wire_pack(&message.base, CHANNEL_MAX, out, err);
}

static lv_status copy_name(const char *field, const char *text, char out[LV_NAME_MAX + 1],
                           lv_error *err)
{
    size_t len = strlen(text);
    if (len > LV_NAME_MAX) {
        return lv_fail(err, LV_E_LIMIT, "channel: field %s: over %u bytes long", field,
                       LV_NAME_MAX);
    }
    memcpy(out, text, len + 1);
    return LV_OK;
}

static lv_status copy_member(const Lotveil__V1__Member *wire, lv_member *member, lv_error *err)
{
    lv_status status = copy_name("msp_id", wire->msp_id, member->msp_id, err);
    if (status == LV_OK) {
        status = copy_name("role", wire->role, member->role, err);
    }
    if (status == LV_OK) {
        status = lv_buffer_append(&member->root, wire->root.data, wire->root.len);
    }
    return status;
}

static lv_status copy(const Lotveil__V1__ChannelConfig *wire, lv_channel *out, lv_error *err)
{
    lv_status status = copy_name("channel", wire->channel, out->channel, err);
    if (status == LV_OK) {
        status = copy_name("contract", wire->contract, out->contract, err);
    }
    if (status != LV_OK) {
        return status;
    }
    if (wire->n_members > LV_TRUST_MEMBERS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "channel: field members: over the limit of %u",
                       LV_TRUST_MEMBERS_MAX);
    }
    out->members = calloc(wire->n_members + 1, sizeof *out->members);
    if (out->members == NULL) {
        return lv_fail(err, LV_E_MEMORY, "channel: no memory for its members");
    }
    out->member_count = wire->n_members;
    for (size_t i = 0; status == LV_OK && i < wire->n_members; i++) {
        status = copy_member(wire->members[i], &out->members[i], err);
    }
    return status;
}

lv_status lv_channel_decode(lv_bytes bytes, lv_channel *out, lv_error *err)
{
    *out = (lv_channel){0};
    ProtobufCMessage *message = NULL;
    lv_status status =
        lv_wire_unpack(&lotveil__v1__channel_config__descriptor, bytes, CHANNEL_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    status = copy((const Lotveil__V1__ChannelConfig *)message, out, err);
    lv_wire_free(message);
    if (status == LV_OK) {
        status = check(out, &out->trust, err);
    }
    if (status != LV_OK) {
        lv_channel_free(out);
    }
    return status;
}

void lv_channel_free(lv_channel *channel)
{
    if (channel == NULL) {
        return;
    }
    for (size_t i = 0; i < channel->member_count; i++) {
        lv_buffer_free(&channel->members[i].root);
    }
    free(channel->members);
    lv_trust_free(channel->trust);
    *channel = (lv_channel){0};
}

const char *lv_channel_role(const lv_channel *channel, const char *msp_id)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        if (strcmp(channel->members[i].msp_id, msp_id) == 0) {
            return channel->members[i].role;
        }
    }
    return NULL;
}
