#include "ledger/fabric_net.h"
#include "ledger/fabric/fabric.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    if (value == NULL) {
        fail_msg("%s is not set: a script of tests/fabric runs this program", name);
    }
    return value;
}

world *fabric_net_world(void) { return world_load(setting("LOTVEIL_FABRIC_WORLD")); }

static lv_buffer all_roots(const world *w)
{
    lv_buffer roots = {0};
    for (size_t i = 0; i < w->channel.member_count; i++) {
        const lv_buffer *root = &w->channel.members[i].root;
        assert_int_equal(lv_buffer_append(&roots, root->data, root->len), LV_OK);
    }
    return roots;
}

lv_status fabric_net_open(const world *w, const char *chaincode, const lv_identity *identity,
                          lv_ledger **out, lv_error *err)
{
    lv_fabric_gateway gateways[LV_FABRIC_GATEWAYS_MAX];
    size_t count = 0;
    char *list = strdup(setting("LOTVEIL_FABRIC_GATEWAYS"));
    char *rest = NULL;
    const char *commit_ms = getenv("LOTVEIL_FABRIC_COMMIT_MS");
    const char *of_others = getenv("LOTVEIL_FABRIC_PEERS_OF_D0_AND_S");
    const char *const owners[] = {"D0", "S"};
    assert_non_null(list);
    for (const char *at = strtok_r(list, ",", &rest); at != NULL && count < LV_FABRIC_GATEWAYS_MAX;
         at = strtok_r(NULL, ",", &rest)) {
        gateways[count] = (lv_fabric_gateway){.address = at, .host_name = "localhost"};
        gateways[count].msp = of_others != NULL && count < 2 ? owners[count] : NULL;
        count++;
    }
    lv_buffer roots = all_roots(w);
    const lv_fabric_options options = {
        .members = &w->channel,
        .chaincode = chaincode,
        .gateways = gateways,
        .gateway_count = count,
        .tls = {.roots = lv_buffer_view(&roots)},
        .commit_ms = commit_ms != NULL ? (int)strtol(commit_ms, NULL, 10) : 0};
    lv_status status = lv_fabric_open(&options, identity, out, err);
    lv_buffer_free(&roots);
    free(list);
    return status;
}
