#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "identity/msp_folder.h"
#include "node/ledger_open.h"
#include "node/node_parts.h"
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 64U /* of a store's schema */

static const lv_role_table *const ROLES[] = {
    [LV_ROLE_DOWNSTREAM] = &lv_role_downstream,
    [LV_ROLE_UPSTREAM] = &lv_role_upstream,
    [LV_ROLE_SERVICER] = &lv_role_servicer,
};

/* ---- identity and trust ---- */

static lv_status open_trust(lv_node *node, const lv_buffer *root, lv_error *err)
{
    const lv_config *config = node->config;
    lv_status status = lv_trust_new(&node->trust);
    if (status == LV_OK) {
        status = lv_trust_add(node->trust, config->organisation, lv_buffer_view(root), err);
    }
    for (size_t i = 0; status == LV_OK && i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        status = lv_trust_add(node->trust, member->msp, lv_buffer_view(&member->root), err);
        if (status != LV_OK) {
            lv_error_prefix(err, "%s/config.yaml: members, %s, root: ", config->folder,
                            member->msp);
        }
    }
    return status;
}

static lv_status open_identity(lv_node *node, lv_error *err)
{
    lv_buffer root = {0};
    lv_identity *identity = NULL;
    const lv_config *config = node->config;
    lv_status status =
        lv_msp_folder_load(config->folder, config->organisation, &identity, &root, err);
    if (status == LV_OK) {
        status = open_trust(node, &root, err);
    }
    if (status == LV_OK) {
        /* What the others would refuse is told at the start and not at the first request. */
        status = lv_node_check_identity(node, identity, err);
    }
    if (status == LV_OK) {
        status = lv_keeper_new(&node->keeper);
    }
    if (status == LV_OK) {
        lv_identity_slot_set(&node->identity, identity);
    }
    lv_identity_free(identity);
    lv_buffer_free(&root);
    return status;
}

/* ---- state ---- */

static lv_status open_store(lv_node *node, const char *state_folder, const lv_role_table *role,
                            lv_error *err)
{
    const char *steps[STEPS_MAX + 1] = {NULL};
    size_t count = 0;
    const char *const *const parts[] = {lv_node_schema, role->migrations};
    for (size_t part = 0; part < 2; part++) {
        for (size_t i = 0; parts[part] != NULL && parts[part][i] != NULL; i++) {
            if (count == STEPS_MAX) {
                return lv_fail(err, LV_E_ARGUMENT, "more than %u steps in a schema", STEPS_MAX);
            }
            steps[count++] = parts[part][i];
        }
    }
    char *path = lv_path_join(state_folder, "node.db");
    if (path == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_store_open(path, steps, &node->store, err);
    free(path);
    return status;
}

/* The lock of the store comes first: whatever else is made in the folder has one maker. */
static lv_status open_state(lv_node *node, const lv_role_table *role, lv_error *err)
{
    char *folder = lv_path_join(node->config->folder, "state");
    if (folder == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_folder_make(folder, err);
    if (status == LV_OK) {
        status = open_store(node, folder, role, err);
    }
    if (status == LV_OK) {
        status = lv_node_vault_open(node, folder, err);
    }
    free(folder);
    return status;
}

/* ---- ledgers ---- */

/* A ledger believes its genesis; this node believes the roots that its operator gave it. */
static lv_status check_roots(const lv_node *node, const lv_channel *channel, lv_error *err)
{
    for (size_t i = 0; i < channel->member_count; i++) {
        const char *msp = channel->members[i].msp_id;
        lv_bytes ours = lv_trust_root(node->trust, msp);
        if (ours.len == 0) {
            lv_log(LV_LOG_WARN, "node", "channel %s has the member %s, which config.yaml does not",
                   channel->channel, msp);
        } else if (!lv_bytes_equal(ours, lv_trust_root(channel->trust, msp))) {
            return lv_fail(
                err, LV_E_CORRUPT,
                "channel %s: the root certificate of %s in its genesis is not the one in "
                "%s; whoever founded this ledger stands in for %s, or the root was "
                "renewed",
                channel->channel, msp,
                strcmp(msp, node->config->organisation) == 0 ? "msp/cacerts" : "members/", msp);
        }
    }
    return LV_OK;
}

/* The genesis of the channel and config.yaml must mean the same. */
static lv_status check_channel(const lv_node *node, const lv_channel *channel, const char *contract,
                               lv_error *err)
{
    const lv_config *config = node->config;
    const char *role = lv_channel_role(channel, config->organisation);
    if (strcmp(channel->contract, contract) != 0) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s/config.yaml: ledger, %s: channel %s has the contract '%s'; it must be "
                       "'%s'",
                       config->folder, contract, channel->channel, channel->contract, contract);
    }
    if (role == NULL || strcmp(role, lv_role_name(config->role)) != 0) {
        return lv_fail(err, LV_E_CONFIG, "%s/config.yaml: role: %s is %s here and %s in channel %s",
                       config->folder, config->organisation, lv_role_name(config->role),
                       role != NULL ? role : "no member", channel->channel);
    }
    return check_roots(node, channel, err);
}

/* A node starts while its gateways are down: whoever follows the channel holds the head against it
 * once they are there. */
static lv_status remember_head(lv_node *node, lv_ledger *ledger, lv_error *err)
{
    lv_status status = lv_node_remember_head(node, ledger, err);
    bool passes = status == LV_UNAVAILABLE || status == LV_TIMEOUT;
    if (passes && node->config->ledger_kind == LV_LEDGER_FABRIC) {
        lv_log(LV_LOG_WARN, "ledger", "channel %s: %s (%s)", lv_ledger_channel(ledger)->channel,
               err != NULL ? err->text : "", lv_status_name(status));
        return LV_OK;
    }
    return status;
}

static lv_status open_ledger(lv_node *node, bool xor_contract, lv_ledger **out, lv_probe **probe,
                             lv_error *err)
{
    const lv_config *config = node->config;
    const char *channel = xor_contract ? config->xor_channel : config->quality_channel;
    if (channel[0] == '\0') {
        return LV_OK;
    }
    lv_identity *identity = lv_node_identity(node);
    lv_status status = lv_config_open_ledger(
        config, identity, lv_trust_root(node->trust, config->organisation), xor_contract, out, err);
    lv_identity_free(identity);
    if (status == LV_OK) {
        status =
            check_channel(node, lv_ledger_channel(*out), xor_contract ? "xor" : "quality", err);
    }
    if (status == LV_OK) {
        status = lv_probe_new(*out, probe);
    }
    return status == LV_OK ? remember_head(node, *out, err) : status;
}

/* ---- the whole ---- */

static lv_status open_parts(lv_node *node, const char *folder, lv_error *err)
{
    lv_config *config = NULL;
    lv_status status = lv_config_load(folder, &config, err);
    if (status != LV_OK) {
        return status;
    }
    node->config = config;
    const lv_role_table *role = ROLES[config->role];
    status = open_identity(node, err);
    if (status == LV_OK) {
        status = open_state(node, role, err);
    }
    if (status == LV_OK) {
        status = open_ledger(node, false, &node->quality, &node->quality_probe, err);
    }
    if (status == LV_OK) {
        status = open_ledger(node, true, &node->xor, &node->xor_probe, err);
    }
    if (status == LV_OK) {
        node->role = role;
        status = role->start(node, err);
    }
    return status;
}

lv_status lv_node_open(const char *folder, lv_node **out, lv_error *err)
{
    *out = NULL;
    lv_node *node = calloc(1, sizeof *node);
    if (node == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_node_clockwork_open(node, err);
    if (status != LV_OK) {
        free(node);
        return status;
    }
    status = open_parts(node, folder, err);
    if (status != LV_OK) {
        lv_node_close(node);
        return status;
    }
    *out = node;
    return LV_OK;
}

void lv_node_close(lv_node *node)
{
    if (node == NULL) {
        return;
    }
    /* The role is known from the moment its start was called. */
    if (node->role != NULL && node->role->stop != NULL) {
        node->role->stop(node);
    }
    free(node->state);
    lv_probe_free(node->quality_probe);
    lv_probe_free(node->xor_probe);
    if (node->quality != NULL) {
        lv_ledger_close(node->quality);
    }
    if (node->xor != NULL) {
        lv_ledger_close(node->xor);
    }
    lv_vault_close(node->vault);
    lv_store_close(node->store);
    lv_trust_free(node->trust);
    lv_keeper_free(node->keeper);
    /* const for all but its owner */
    lv_config_free((lv_config *)(uintptr_t)node->config);
    lv_node_clockwork_close(node);
    free(node);
}
