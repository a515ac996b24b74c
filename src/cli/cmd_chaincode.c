#include "base/log.h"
#include "chaincode/chaincode.h"
#include "cli/channel.h"
#include "cli/cli.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GRACE_MS = 10000, ANSWER_SECONDS_MAX = 86400, OPTION_CHANNEL = 256 };

typedef struct {
    lv_cli cli;
    const char *contract;
    const char *listen;
    const char *package_id;
    const char *channel;
    int answer_seconds;
} options;

static const struct argp_option option_list[] = {
    {"contract", 'c', "quality|xor", 0, "Which contract to run", 1},
    {"listen", 'l', "HOST:PORT", 0,
     "Where peers connect, as in the package's connection.json; with port 0 any free one, which is "
     "printed",
     1},
    {"package-id", 'p', "ID", 0, "Package id, as peer lifecycle chaincode calculatepackageid tells",
     1},
    {"channel", OPTION_CHANNEL, "NAME", 0, "The channel (default: config.yaml's for this contract)",
     1},
    {"answer-seconds", 'a', "N", 0,
     "Give a transaction up where its peer does not answer for so long (default: 60)", 1},
    {0}};

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'c':
        o->contract = value;
        if (strcmp(value, "quality") != 0 && strcmp(value, "xor") != 0) {
            argp_error(state, "--contract: \"%s\" is neither quality nor xor", value);
        }
        return 0;
    case 'l':
        o->listen = value;
        return 0;
    case 'p':
        o->package_id = value;
        return 0;
    case OPTION_CHANNEL:
        o->channel = value;
        return 0;
    case 'a':
        o->answer_seconds =
            (int)lv_cli_number(state, "--answer-seconds", value, 1, ANSWER_SECONDS_MAX);
        return 0;
    case ARGP_KEY_END:
        if (o->contract == NULL || o->listen == NULL || o->package_id == NULL) {
            argp_error(state, "--contract, --listen and --package-id are needed");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Runs one contract of this organisation as a chaincode of Hyperledger Fabric, as a service "
    "that the organisation's peers connect to, in the foreground until SIGTERM or SIGINT. "
    "Certificate and key are those in msp/; peers show certificates under the organisation's own "
    "root. Members of the channel are those of config.yaml. One line per event goes to standard "
    "error (the environment's LOTVEIL_LOG: error, warn, info or debug)."
    "\v"
    "Example:\n"
    "  lotveil chaincode --contract xor --dir b --listen 127.0.0.1:7062 \\\n"
    "      --package-id xor:3f1c...e9\n\n"
    "A stop lets transactions under way end for ten seconds." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

/* ---- the channel ---- */

static lv_status open_channel(const options *o, const lv_cli_org *org, lv_channel *out,
                              lv_error *err)
{
    bool is_xor = strcmp(o->contract, "xor") == 0;
    const char *own = is_xor ? org->config->xor_channel : org->config->quality_channel;
    if (own[0] == '\0') {
        return lv_fail(err, LV_E_CONFIG, "%s/config.yaml: role: %s has no part in contract %s",
                       org->config->folder, lv_role_name(org->config->role), o->contract);
    }
    return lv_channel_of_org(org, o->channel != NULL ? o->channel : own, is_xor, out, err);
}

/* ---- the server ---- */

static lv_status print_port(const options *o, unsigned port, lv_error *err)
{
    const char *colon = strrchr(o->listen, ':');
    if (colon == NULL || strcmp(colon, ":0") != 0) {
        return LV_OK;
    }
    return printf("%u\n", port) > 0 && fflush(stdout) == 0
               ? LV_OK
               : lv_fail(err, LV_E_IO, "standard output: %s", strerror(errno));
}

static void tell(const options *o, const lv_cli_org *org, const lv_channel *channel, unsigned port)
{
    const char *colon = strrchr(o->listen, ':');
    int host = colon != NULL ? (int)(colon - o->listen) : 0;
    lv_log(LV_LOG_INFO, "chaincode",
           "chaincode %s of %s listens on %.*s:%u for channel %s with %zu members", o->contract,
           org->config->organisation, host, o->listen, port, channel->channel,
           channel->member_count);
}

static lv_status serve(const options *o, const lv_cli_org *org, const lv_channel *channel,
                       const sigset_t *stop, lv_error *err)
{
    lv_chaincode *chaincode = NULL;
    int signal = 0;
    const lv_chaincode_options how = {
        .channel = channel,
        .chaincode = strcmp(o->contract, "xor") == 0 ? org->config->xor_chaincode
                                                     : org->config->quality_chaincode,
        .package_id = o->package_id,
        .address = o->listen,
        .tls = {.roots = lv_trust_root(org->trust, org->config->organisation),
                .certificate = lv_identity_certificate_pem(org->identity),
                .key = lv_identity_key_pem(org->identity)},
        .answer_ms = o->answer_seconds * 1000};
    lv_status status = lv_chaincode_start(&how, &chaincode, err);
    if (status != LV_OK) {
        return status;
    }
    tell(o, org, channel, lv_chaincode_port(chaincode));
    status = print_port(o, lv_chaincode_port(chaincode), err);
    if (status == LV_OK) {
        sigwait(stop, &signal);
        lv_log(LV_LOG_INFO, "chaincode", "stopping");
    }
    lv_chaincode_stop(chaincode, GRACE_MS);
    return status;
}

/* Threads inherit the mask, so that sigwait alone learns of the signals. */
static lv_status serve_until_stopped(const options *o, lv_error *err)
{
    sigset_t stop;
    lv_cli_org org = {0};
    lv_channel channel = {0};
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGINT);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    lv_status status = lv_cli_org_load(o->cli.dir, &org, err);
    if (status == LV_OK) {
        status = open_channel(o, &org, &channel, err);
    }
    if (status == LV_OK) {
        status = serve(o, &org, &channel, &stop, err);
    }
    lv_channel_free(&channel);
    lv_cli_org_free(&org);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {.answer_seconds = 60};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    return lv_cli_finish(serve_until_stopped(&o, &err), &err);
}

const lv_command lv_cmd_chaincode = {"chaincode", "run a contract for Hyperledger Fabric", run};
