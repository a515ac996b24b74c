#include "base/file.h"
#include "cli/card.h"
#include "cli/cli.h"
#include "identity/msp_folder.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS_MAX 16
#define GATEWAYS_MAX 16

enum { KEY_IDENTITY = 0x100, KEY_LEDGER, KEY_NONE }; /* options without a letter */

static const unsigned CERTIFICATE_DAYS = 365;

typedef struct {
    lv_cli cli;
    lv_init init;
    bool identity_only;
    bool fabric;
    const char *hosts[HOSTS_MAX];
    const char *gateways[GATEWAYS_MAX];
} options;

static const struct argp_option option_list[] = {
    {"org", 'o', "MSPID", 0, "Name of the organisation, such as BMSP", 1},
    {"role", 'r', "ROLE", 0, "downstream, upstream or servicer", 1},
    {"listen", 'l', "HOST:PORT", 0,
     "Where its node listens for the others (default 127.0.0.1:7101 for an upstream, :7102 for a "
     "downstream, :7103 for a servicer)",
     1},
    {"host", 'n', "NAME", 0,
     "A DNS name or address under which others reach the node, for its certificate; may be given "
     "several times. The first stands in card.json",
     1},
    {"ledger-dir", 'd', "DIR", 0,
     "Folder of the embedded ledger that the organisations share (default: ../ledger beside the "
     "organisation's folder)",
     1},
    {"ledger", KEY_LEDGER, "KIND", 0,
     "embedded (the default) or fabric: Hyperledger Fabric, through --gateway", 1},
    {"gateway", 'g', "HOST:PORT", 0,
     "Of a peer of this organisation, for --ledger fabric; may be given several times, the "
     "preferred one first",
     1},
    {"identity-only", KEY_IDENTITY, NULL, 0,
     "Only msp/ and ca/, for an organisation that runs no node, such as that of a Fabric network's "
     "orderers; needs no --role",
     1},
    {"no-identity", KEY_NONE, NULL, 0,
     "Everything but msp/, ca/ and card.json, which `lotveil enroll` then gets from a Fabric CA",
     1},
    {0}};

static void take_ledger(options *o, const char *value, struct argp_state *state)
{
    o->fabric = strcmp(value, "fabric") == 0;
    if (!o->fabric && strcmp(value, "embedded") != 0) {
        argp_error(state, "--ledger: \"%s\" is neither embedded nor fabric", value);
    }
}

static void add_gateway(options *o, const char *value, struct argp_state *state)
{
    if (o->init.gateway_count == GATEWAYS_MAX) {
        argp_error(state, "--gateway: at most %d peers", GATEWAYS_MAX);
    }
    o->gateways[o->init.gateway_count++] = value;
}

static void check_usage(const options *o, struct argp_state *state)
{
    if (o->init.organisation == NULL || o->init.has_role == o->identity_only) {
        argp_error(state, "--org and --role (or --identity-only) are needed");
    }
    if (o->init.no_identity && (o->identity_only || o->init.host_count > 0)) {
        argp_error(state, "--no-identity goes with neither --identity-only nor --host; `lotveil "
                          "enroll` takes the hosts");
    }
    if (o->fabric != (o->init.gateway_count > 0)) {
        argp_error(state, "--ledger fabric and --gateway belong together");
    }
    if (o->fabric && o->init.ledger_folder != NULL) {
        argp_error(state, "--ledger-dir is for an embedded ledger");
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'o':
        o->init.organisation = value;
        return 0;
    case 'r':
        if (lv_cli_role(value, &o->init.role) != LV_OK) {
            argp_error(state, "--role: \"%s\" is none of downstream, upstream, servicer", value);
        }
        o->init.has_role = true;
        return 0;
    case 'l':
        o->init.listen = value;
        return 0;
    case 'n':
        if (o->init.host_count == HOSTS_MAX) {
            argp_error(state, "--host: at most %d names", HOSTS_MAX);
        }
        o->hosts[o->init.host_count++] = value;
        return 0;
    case 'd':
        o->init.ledger_folder = value;
        return 0;
    case KEY_LEDGER:
        take_ledger(o, value, state);
        return 0;
    case 'g':
        add_gateway(o, value, state);
        return 0;
    case KEY_IDENTITY:
        o->identity_only = true;
        return 0;
    case KEY_NONE:
        o->init.no_identity = true;
        return 0;
    case ARGP_KEY_END:
        check_usage(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Makes the folder of a new organisation: identity (msp/, ca/), config.yaml, folders for "
    "series, "
    "members and state, and card.json, which is given to the other organisations. Nothing that "
    "stands is ever overwritten."
    "\v"
    "Examples:\n"
    "  lotveil init --dir b --org BMSP --role downstream\n"
    "  lotveil init --dir a --org AMSP --role upstream --listen 0.0.0.0:7101 --host a.example\n"
    "  lotveil init --dir s --org SMSP --role servicer --ledger fabric --gateway "
    "peer0.s.example:7051\n\n"
    "Then exchange cards (`lotveil member add`), make the ledger (`lotveil ledger create`, by the "
    "downstream; Fabric's channels: docs/fabric.md) and start the node (`lotveil serve`). Keep "
    "ca/ca-key.pem away from the node's "
    "machine when you can." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

/* What the user named relative to here stands in config.yaml as an absolute path. */
static char *absolute(const char *path)
{
    if (path == NULL || path[0] == '/') {
        return path == NULL ? NULL : strdup(path);
    }
    char *here = realpath(".", NULL);
    char *joined = here != NULL ? lv_path_join(here, path) : NULL;
    free(here);
    return joined;
}

static void print_words(const options *o, const lv_card *card)
{
    const char *dir = o->cli.dir;
    printf("%s, %s, stands in %s.\n", card->organisation, lv_role_name(card->role), dir);
    printf("  %s/card.json    give this to the other organisations\n", dir);
    printf("  %s/config.yaml  its configuration\n", dir);
    printf("  root certificate, SHA-256 of its PEM: %s\n\n", card->fingerprint);
    printf("Next: lotveil member add --dir %s CARD   (for each of the others)\n", dir);
}

static lv_status tell_no_identity(const options *o, lv_error *err)
{
    if (!o->cli.json) {
        printf("%s, %s, stands in %s, without an identity.\n\n", o->init.organisation,
               lv_role_name(o->init.role), o->cli.dir);
        printf("Next: lotveil enroll --dir %s --ca URL --user ID --secret-file FILE ...\n",
               o->cli.dir);
        return LV_OK;
    }
    json_t *answer =
        json_pack("{s:s, s:s}", "organisation", o->init.organisation, "dir", o->cli.dir);
    lv_status status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
    json_decref(answer);
    return status;
}

static lv_status make_identity(const options *o, lv_error *err)
{
    lv_organisation_params params = {.msp_id = o->init.organisation,
                                     .hosts = o->hosts,
                                     .host_count = o->init.host_count,
                                     .days = CERTIFICATE_DAYS};
    lv_status status = lv_folder_make(o->cli.dir, err);
    if (status == LV_OK) {
        status = lv_msp_folder_create(o->cli.dir, &params, err);
    }
    if (status == LV_OK && !o->cli.json) {
        printf("%s, an identity without a node, stands in %s.\n", o->init.organisation, o->cli.dir);
    } else if (status == LV_OK) {
        json_t *answer =
            json_pack("{s:s, s:s}", "organisation", o->init.organisation, "dir", o->cli.dir);
        status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
        json_decref(answer);
    }
    return status;
}

static lv_status make_organisation(options *o, lv_error *err)
{
    lv_card card = {0};
    char *ledger = absolute(o->init.ledger_folder);
    if (ledger == NULL && o->init.ledger_folder != NULL) {
        return lv_fail(err, LV_E_MEMORY, "out of memory");
    }
    o->init.folder = o->cli.dir;
    o->init.hosts = o->hosts;
    o->init.ledger_folder = ledger;
    o->init.gateways = o->fabric ? o->gateways : NULL;
    o->init.days = CERTIFICATE_DAYS;
    lv_status status = lv_init_organisation(&o->init, &card, err);
    free(ledger);
    if (status == LV_OK && o->init.no_identity) {
        status = tell_no_identity(o, err);
    } else if (status == LV_OK && o->cli.json) {
        status = lv_card_print(&card, err);
    } else if (status == LV_OK) {
        print_words(o, &card);
    }
    lv_card_free(&card);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = o.identity_only ? make_identity(&o, &err) : make_organisation(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_init = {"init", "make an organisation: identity, configuration, folders",
                                run};
