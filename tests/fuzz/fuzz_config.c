/* config.yaml. */
#include "folder.h"
#include "node/config.h"
#include <string.h>

static void check_members(const lv_config *config)
{
    for (size_t i = 0; i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        FUZZ_CHECK(lv_name_is_valid(member->msp) && strcmp(member->msp, config->organisation) != 0);
        FUZZ_CHECK(lv_config_member_find(config, member->msp) == member);
        FUZZ_CHECK(lv_role_name(member->role) != NULL && member->url != NULL);
        FUZZ_CHECK(member->root.len > 0);
    }
}

static void check_ledger(const lv_config *config)
{
    bool fabric = config->ledger_kind == LV_LEDGER_FABRIC;
    FUZZ_CHECK((config->ledger_folder == NULL) == fabric);
    FUZZ_CHECK((config->gateway_count > 0) == fabric);
    FUZZ_CHECK(fabric || config->tls_roots.len == 0);
    FUZZ_CHECK((config->quality_chaincode[0] != '\0') ==
               (fabric && config->quality_channel[0] != '\0'));
    FUZZ_CHECK((config->xor_chaincode[0] != '\0') == (fabric && config->xor_channel[0] != '\0'));
    for (size_t i = 0; i < config->gateway_count; i++) {
        FUZZ_CHECK(strchr(config->gateways[i].address, ':') != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_config *config = NULL;
    lv_error err = {0};
    folder_make();
    folder_write("config.yaml", (lv_bytes){.data = data, .len = size});
    lv_status status = lv_config_load(folder, &config, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_E_CONFIG && config == NULL);
        FUZZ_CHECK(strstr(err.text, "config.yaml") != NULL);
        return 0;
    }
    FUZZ_CHECK(lv_name_is_valid(config->organisation));
    FUZZ_CHECK(lv_role_name(config->role) != NULL);
    FUZZ_CHECK(config->listen_host != NULL);
    check_ledger(config);
    FUZZ_CHECK(config->request_bytes > 0 && config->request_seconds > 0);
    check_members(config);
    lv_config_free(config);
    return 0;
}
