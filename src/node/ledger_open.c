#include "node/ledger_open.h"
#include "ledger/embedded/embedded.h"

lv_status lv_config_open_ledger(const lv_config *config, const lv_identity *identity,
                                lv_bytes own_root, bool xor_contract, lv_ledger **out,
                                lv_error *err)
{
    const char *channel = xor_contract ? config->xor_channel : config->quality_channel;
    *out = NULL;
    (void)own_root;
    if (config->ledger_kind == LV_LEDGER_FABRIC) {
        return lv_fail(err, LV_E_CONFIG, "%s/config.yaml: ledger, kind: fabric: not in this build",
                       config->folder);
    }
    return lv_embedded_open(config->ledger_folder, channel, identity, out, err);
}
