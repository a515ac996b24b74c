#include "cli/card.h"
#include "cli/cli.h"
#include "cli/table.h"
#include <stdio.h>
#include <string.h>

typedef struct {
    lv_cli cli;
    bool add;
    const char *card;
} options;

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0 && strcmp(value, "add") == 0) {
            o->add = true;
        } else if (state->arg_num == 1 && o->add) {
            o->card = value;
        } else if (state->arg_num != 0 || strcmp(value, "list") != 0) {
            argp_usage(state);
        }
        return 0;
    case ARGP_KEY_END:
        if (o->add && o->card == NULL) {
            argp_error(state, "member add: the other organisation's card.json is needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Lists the other organisations that this one knows, or adds one by its card.json, as `lotveil "
    "init` wrote it over there."
    "\v"
    "Examples:\n"
    "  lotveil member add --dir b a/card.json\n"
    "  lotveil member list --dir b\n\n"
    "Whoever holds a root certificate speaks for its organisation: compare the SHA-256 that is "
    "printed with the one `lotveil init` printed over there, by another way than the card came. A "
    "running node sees new members after a restart." LV_CLI_EXITS;
static const struct argp argp = {
    .parser = parse, .args_doc = "[list]\nadd CARD", .doc = doc, .children = lv_cli_children};

static lv_status add(const options *o, lv_error *err)
{
    lv_card card;
    lv_status status = lv_card_read(o->card, &card, err);
    if (status == LV_OK) {
        status = lv_card_add(o->cli.dir, &card, err);
    }
    if (status == LV_OK && o->cli.json) {
        status = lv_card_print(&card, err);
    } else if (status == LV_OK) {
        printf("%s, %s at %s, is now a member.\n  root certificate, SHA-256 of its PEM: %s\n",
               card.organisation, lv_role_name(card.role), card.url, card.fingerprint);
    }
    lv_card_free(&card);
    return status;
}

static json_t *member_list(const lv_config *config)
{
    json_t *list = json_array();
    for (size_t i = 0; i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        lv_digest digest;
        char hex[2 * LV_DIGEST_LEN + 1] = "";
        if (lv_digest_of(lv_buffer_view(&member->root), &digest) == LV_OK) {
            lv_digest_hex(&digest, hex);
        }
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "organisation", member->msp,
                                              "role", lv_role_name(member->role), "url",
                                              member->url, "root_sha256", hex));
    }
    return list;
}

static lv_status list(const options *o, lv_error *err)
{
    static const lv_column columns[] = {{"ORGANISATION", "organisation", LV_CELL_TEXT},
                                        {"ROLE", "role", LV_CELL_TEXT},
                                        {"URL", "url", LV_CELL_TEXT},
                                        {"ROOT SHA-256", "root_sha256", LV_CELL_TEXT},
                                        {0}};
    lv_cli_org org;
    lv_status status = lv_cli_org_load(o->cli.dir, &org, err);
    if (status != LV_OK) {
        return status;
    }
    json_t *members = json_pack("{s:o}", "members", member_list(org.config));
    lv_table table = {.columns = columns};
    status = o->cli.json ? lv_cli_print_json(members, err)
                         : lv_table_print(&table, json_object_get(members, "members"), stdout);
    json_decref(members);
    lv_cli_org_free(&org);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = o.add ? add(&o, &err) : list(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_member = {"member", "the other organisations: list them, add one", run};
