#include "node/channel.h"
#include <stdio.h>
#include <stdlib.h>

static lv_status put_member(lv_channel *channel, const char *msp, lv_role role, lv_bytes root)
{
    lv_member *member = &channel->members[channel->member_count++];
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp);
    snprintf(member->role, sizeof member->role, "%s", lv_role_name(role));
    return lv_buffer_append(&member->root, root.data, root.len);
}

static bool takes_part(const lv_config *config, lv_role role, bool xor_contract)
{
    if (role == LV_ROLE_DOWNSTREAM) {
        return config->role != LV_ROLE_DOWNSTREAM;
    }
    return role == (xor_contract ? LV_ROLE_SERVICER : LV_ROLE_UPSTREAM);
}

/* Who is missing where there is nobody else. */
static const char *other_side(const lv_config *config, bool xor_contract)
{
    lv_role partner = xor_contract ? LV_ROLE_SERVICER : LV_ROLE_UPSTREAM;
    return lv_role_name(config->role == LV_ROLE_DOWNSTREAM ? partner : LV_ROLE_DOWNSTREAM);
}

static lv_status describe(const lv_config *config, lv_bytes own_root, const char *name,
                          bool xor_contract, lv_channel *out)
{
    const char *own = xor_contract ? config->xor_channel : config->quality_channel;
    snprintf(out->channel, sizeof out->channel, "%s", name != NULL ? name : own);
    snprintf(out->contract, sizeof out->contract, "%s", xor_contract ? "xor" : "quality");
    out->members = calloc(config->member_count + 1, sizeof *out->members);
    if (out->members == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = put_member(out, config->organisation, config->role, own_root);
    for (size_t i = 0; status == LV_OK && i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        if (takes_part(config, member->role, xor_contract)) {
            status = put_member(out, member->msp, member->role, lv_buffer_view(&member->root));
        }
    }
    return status;
}

/* Written and read again, a channel has its trust and passed every check on its members. */
static lv_status complete(const lv_channel *plan, lv_channel *out, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_status status = lv_channel_encode(plan, &bytes, err);
    if (status == LV_OK) {
        status = lv_channel_decode(lv_buffer_view(&bytes), out, err);
    }
    lv_buffer_free(&bytes);
    return status;
}

lv_status lv_config_channel(const lv_config *config, lv_bytes own_root, const char *name,
                            bool xor_contract, lv_channel *out, lv_error *err)
{
    lv_channel plan = {0};
    *out = (lv_channel){0};
    lv_status status = describe(config, own_root, name, xor_contract, &plan);
    if (status == LV_OK && plan.channel[0] == '\0') {
        status = lv_fail(err, LV_REFUSED, "%s has no part in the channel of contract %s",
                         config->organisation, plan.contract);
    } else if (status == LV_OK && plan.member_count < 2) {
        status = lv_fail(err, LV_REFUSED,
                         "channel %s would have no member but %s; add the %s first: lotveil member "
                         "add CARD",
                         plan.channel, config->organisation, other_side(config, xor_contract));
    }
    if (status == LV_OK) {
        status = complete(&plan, out, err);
    }
    lv_channel_free(&plan);
    return status;
}
