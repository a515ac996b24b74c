#include "cli/cli.h"
#include "identity/msp_folder.h"
#include <stdio.h>
#include <string.h>

#define HOSTS_MAX 16

#define DAYS_MIN 1
#define DAYS_MAX 3650

static const unsigned CERTIFICATE_DAYS = 365;

typedef struct {
    lv_cli cli;
    lv_organisation_params params;
    const char *hosts[HOSTS_MAX];
    const char *out;
} options;

static const struct argp_option option_list[] = {
    {"unit", 'u', "UNIT", 0,
     "What it is for: client (a node, or whoever calls Fabric), admin, peer or orderer", 1},
    {"out", 'o', "MSPFOLDER", 0, "The folder to make", 1},
    {"host", 'n', "NAME", 0,
     "A DNS name or address under which others reach whoever has it; may be given several times "
     "(default: for a client those of the certificate in msp/, else none)",
     1},
    {"days", 'd', "N", 0, "Days that it is valid (default 365)", 1},
    {0}};

static void take_unit(options *o, const char *value, struct argp_state *state)
{
    static const char *const units[] = {"client", "admin", "peer", "orderer"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(value, units[i]) == 0) {
            o->params.unit = units[i];
            return;
        }
    }
    argp_error(state, "--unit: \"%s\" is none of client, admin, peer, orderer", value);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'u':
        take_unit(o, value, state);
        return 0;
    case 'o':
        o->out = value;
        return 0;
    case 'n':
        if (o->params.host_count == HOSTS_MAX) {
            argp_error(state, "--host: at most %d names", HOSTS_MAX);
        }
        o->hosts[o->params.host_count++] = value;
        return 0;
    case 'd':
        o->params.days = (unsigned)lv_cli_number(state, "--days", value, DAYS_MIN, DAYS_MAX);
        return 0;
    case ARGP_KEY_END:
        if (o->params.unit == NULL || o->out == NULL) {
            argp_error(state, "--unit and --out are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Issues another certificate under the organisation's own root, with a key of its own, as an "
    "MSP folder that Hyperledger Fabric takes: for a peer, an orderer or an administrator of the "
    "organisation, or for its node before the certificate in msp/ expires. Needs ca/ca-key.pem. "
    "Nothing that stands is ever overwritten."
    "\v"
    "Examples:\n"
    "  lotveil issue --dir b --unit peer --host peer0.b.example --out b-peer/msp\n"
    "  lotveil issue --dir b --unit admin --days 90 --out b-admin/msp\n"
    "  lotveil issue --dir b --unit client --out b/msp.next\n\n"
    "Certificate and key serve TLS as well. To renew a node's own certificate, issue one and move "
    "it to msp/ in place of the old one; the root, which is all that the others know, "
    "stays." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

static lv_status tell(const options *o, lv_error *err)
{
    if (!o->cli.json) {
        printf("%s: a certificate of unit %s, valid for %u days.\n", o->out, o->params.unit,
               o->params.days);
        return LV_OK;
    }
    json_t *answer = json_pack("{s:s, s:s, s:I}", "msp", o->out, "unit", o->params.unit, "days",
                               (json_int_t)o->params.days);
    lv_status status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
    json_decref(answer);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {.params = {.days = CERTIFICATE_DAYS}};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    o.params.hosts = o.hosts;
    lv_status status = lv_msp_folder_issue(o.cli.dir, &o.params, o.out, &err);
    if (status == LV_OK) {
        status = tell(&o, &err);
    } else if (status == LV_NOT_FOUND) { /* a wrong --dir, or no root's key there */
        status = LV_E_CONFIG;
    }
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_issue = {"issue", "another certificate under the organisation's own root",
                                 run};
