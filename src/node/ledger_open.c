#include "node/ledger_open.h"
#include "ledger/embedded/embedded.h"
#include "ledger/fabric/fabric.h"
#include "node/channel.h"

static lv_status open_fabric(const lv_config *config, const lv_identity *identity,
                             lv_bytes own_root, bool xor_contract, lv_ledger **out, lv_error *err)
{
    lv_fabric_gateway gateways[LV_FABRIC_GATEWAYS_MAX];
    lv_channel channel = {0};
    if (config->gateway_count > LV_FABRIC_GATEWAYS_MAX) {
        return lv_fail(err, LV_E_CONFIG, "%s/config.yaml: ledger, gateways: more than %u",
                       config->folder, LV_FABRIC_GATEWAYS_MAX);
    }
    for (size_t i = 0; i < config->gateway_count; i++) {
        gateways[i] = (lv_fabric_gateway){.address = config->gateways[i].address,
                                          .host_name = config->gateways[i].host_name};
    }
    lv_status status = lv_config_channel(config, own_root, NULL, xor_contract, &channel, err);
    if (status == LV_OK) {
        const lv_fabric_options options = {
            .members = &channel,
            .chaincode = xor_contract ? config->xor_chaincode : config->quality_chaincode,
            .gateways = gateways,
            .gateway_count = config->gateway_count,
            .tls = {.roots =
                        config->tls_roots.len > 0 ? lv_buffer_view(&config->tls_roots) : own_root}};
        status = lv_fabric_open(&options, identity, out, err);
    }
    lv_channel_free(&channel);
    return status;
}

lv_status lv_config_open_ledger(const lv_config *config, const lv_identity *identity,
                                lv_bytes own_root, bool xor_contract, lv_ledger **out,
                                lv_error *err)
{
    const char *channel = xor_contract ? config->xor_channel : config->quality_channel;
    *out = NULL;
    if (config->ledger_kind == LV_LEDGER_FABRIC) {
        return open_fabric(config, identity, own_root, xor_contract, out, err);
    }
    return lv_embedded_open(config->ledger_folder, channel, identity, out, err);
}
