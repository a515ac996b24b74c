#include "cli/channel.h"
#include "ledger/embedded/embedded.h"
#include "node/channel.h"

lv_status lv_channel_of_org(const lv_cli_org *org, const char *name, bool xor_contract,
                            lv_channel *out, lv_error *err)
{
    lv_bytes own_root = lv_trust_root(org->trust, org->config->organisation);
    return lv_config_channel(org->config, own_root, name, xor_contract, out, err);
}

lv_status lv_channel_make(const lv_cli_org *org, bool xor_contract, json_t *made, lv_error *err)
{
    lv_channel channel = {0};
    lv_status status = lv_channel_of_org(org, NULL, xor_contract, &channel, err);
    if (status == LV_OK) {
        status = lv_embedded_create(org->config->ledger_folder, &channel, org->identity, err);
    }
    if (status == LV_OK) {
        json_t *members = json_array();
        for (size_t i = 0; i < channel.member_count; i++) {
            json_array_append_new(members, json_string(channel.members[i].msp_id));
        }
        json_array_append_new(made, json_pack("{s:s, s:s, s:o}", "channel", channel.channel,
                                              "contract", channel.contract, "members", members));
    }
    lv_channel_free(&channel);
    return status;
}
