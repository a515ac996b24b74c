#include "cli/channel.h"
#include "ledger/embedded/embedded.h"
#include <stdio.h>
#include <stdlib.h>

static lv_status put_member(lv_channel *channel, const char *msp, lv_role role,
                            const lv_buffer *root)
{
    lv_member *member = &channel->members[channel->member_count++];
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp);
    snprintf(member->role, sizeof member->role, "%s", lv_role_name(role));
    return lv_buffer_append(&member->root, root->data, root->len);
}

/* Both channels have the downstream and one kind of partner; who is the partner knows the
 * downstreams alone. */
static bool is_other_side(const lv_config *config, lv_role role, bool xor_contract)
{
    lv_role partner = xor_contract ? LV_ROLE_SERVICER : LV_ROLE_UPSTREAM;
    return role == (config->role == partner ? LV_ROLE_DOWNSTREAM : partner);
}

static lv_status list_members(const lv_cli_org *org, bool xor_contract, lv_channel *out)
{
    const lv_config *config = org->config;
    lv_bytes own = lv_trust_root(org->trust, config->organisation);
    lv_buffer root = {0};
    out->members = calloc(config->member_count + 1, sizeof *out->members);
    if (out->members == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_buffer_append(&root, own.data, own.len);
    if (status == LV_OK) {
        status = put_member(out, config->organisation, config->role, &root);
    }
    for (size_t i = 0; status == LV_OK && i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        if (is_other_side(config, member->role, xor_contract)) {
            status = put_member(out, member->msp, member->role, &member->root);
        }
    }
    lv_buffer_free(&root);
    return status;
}

static const char *partner_of(const lv_cli_org *org, bool xor_contract)
{
    if (org->config->role != LV_ROLE_DOWNSTREAM) {
        return lv_role_name(LV_ROLE_DOWNSTREAM);
    }
    return lv_role_name(xor_contract ? LV_ROLE_SERVICER : LV_ROLE_UPSTREAM);
}

lv_status lv_channel_of_org(const lv_cli_org *org, const char *name, bool xor_contract,
                            lv_channel *out, lv_error *err)
{
    lv_channel plan = {0};
    lv_buffer bytes = {0};
    *out = (lv_channel){0};
    snprintf(plan.channel, sizeof plan.channel, "%s", name);
    snprintf(plan.contract, sizeof plan.contract, "%s", xor_contract ? "xor" : "quality");
    lv_status status = list_members(org, xor_contract, &plan);
    if (status == LV_OK && plan.member_count < 2) {
        status = lv_fail(err, LV_REFUSED,
                         "channel %s would have no member but %s; add the %s first: lotveil member "
                         "add CARD",
                         name, org->config->organisation, partner_of(org, xor_contract));
    }
    /* Written and read again, a channel has its trust and passed every check on its members. */
    if (status == LV_OK) {
        status = lv_channel_encode(&plan, &bytes, err);
    }
    if (status == LV_OK) {
        status = lv_channel_decode(lv_buffer_view(&bytes), out, err);
    }
    lv_channel_free(&plan);
    lv_buffer_free(&bytes);
    return status;
}

lv_status lv_channel_make(const lv_cli_org *org, const char *name, bool xor_contract, json_t *made,
                          lv_error *err)
{
    lv_channel channel = {0};
    lv_status status = lv_channel_of_org(org, name, xor_contract, &channel, err);
    if (status == LV_OK) {
        status = lv_embedded_create(org->config->ledger_folder, &channel, org->identity, err);
    }
    if (status == LV_OK) {
        json_t *members = json_array();
        for (size_t i = 0; i < channel.member_count; i++) {
            json_array_append_new(members, json_string(channel.members[i].msp_id));
        }
        json_array_append_new(made, json_pack("{s:s, s:s, s:o}", "channel", name, "contract",
                                              channel.contract, "members", members));
    }
    lv_channel_free(&channel);
    return status;
}
