#include "base/log.h"
#include "chaincode/chaincode.h"
#include "cli/channel.h"
#include "cli/cli.h"
#include "identity/msp_folder.h"
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    GRACE_MS = 10000,
    LOOK_SECONDS = 10, /* how often it looks for a renewed certificate */
    ANSWER_SECONDS_MAX = 86400,
    OPTION_CHANNEL = 256
};

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
    "A renewed certificate in msp/ is served within ten seconds; SIGHUP reads the whole folder "
    "again, such as after a new member. A stop lets transactions under way end for ten "
    "seconds." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

/* ---- what is served ---- */

typedef struct {
    lv_cli_org org;
    lv_channel channel;
} served;

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

static void close_served(served *s)
{
    lv_channel_free(&s->channel);
    lv_cli_org_free(&s->org);
}

static lv_status open_served(const options *o, served *out, lv_error *err)
{
    *out = (served){0};
    lv_status status = lv_cli_org_load(o->cli.dir, &out->org, err);
    if (status == LV_OK) {
        status = open_channel(o, &out->org, &out->channel, err);
    }
    if (status != LV_OK) {
        close_served(out);
    }
    return status;
}

/* ---- the server ---- */

/* Port 0 is chosen once, told, and kept. */
static lv_status keep_port(const options *o, unsigned port, lv_buffer *address, lv_error *err)
{
    const char *colon = strrchr(o->listen, ':');
    if (address->len > 0) {
        return LV_OK;
    }
    if (colon != NULL && strcmp(colon, ":0") == 0 &&
        (printf("%u\n", port) < 0 || fflush(stdout) != 0)) {
        return lv_fail(err, LV_E_IO, "standard output: %s", strerror(errno));
    }
    int host = colon != NULL ? (int)(colon - o->listen) : 0;
    return lv_buffer_printf(address, "%.*s:%u", host, o->listen, port);
}

/* @param address  where to listen; empty: as the options say, and filled then. */
static lv_status start(const options *o, const served *s, lv_buffer *address, lv_chaincode **out,
                       lv_error *err)
{
    const lv_config *config = s->org.config;
    const lv_chaincode_options how = {
        .channel = &s->channel,
        .chaincode =
            strcmp(o->contract, "xor") == 0 ? config->xor_chaincode : config->quality_chaincode,
        .package_id = o->package_id,
        .address = address->len > 0 ? lv_buffer_text(address) : o->listen,
        .tls = {.roots = lv_trust_root(s->org.trust, config->organisation),
                .certificate = lv_identity_certificate_pem(s->org.identity),
                .key = lv_identity_key_pem(s->org.identity)},
        .answer_ms = o->answer_seconds * 1000};
    lv_status status = lv_chaincode_start(&how, out, err);
    if (status != LV_OK) {
        return status;
    }
    status = keep_port(o, lv_chaincode_port(*out), address, err);
    if (status != LV_OK) {
        lv_chaincode_stop(*out, 0);
        return status;
    }
    lv_log(LV_LOG_INFO, "chaincode",
           "chaincode %s of %s listens on %s for channel %s with %zu members", o->contract,
           config->organisation, lv_buffer_text(address), s->channel.channel,
           s->channel.member_count);
    return LV_OK;
}

/* Does another certificate stand in the folder than the one that is served? While it is exchanged,
 * certificate and key may not belong together: it is looked at again. */
static bool is_renewed(const options *o, const served *s)
{
    lv_identity *identity = NULL;
    lv_buffer root = {0};
    bool renewed = lv_msp_folder_load(o->cli.dir, s->org.config->organisation, &identity, &root,
                                      NULL) == LV_OK &&
                   !lv_bytes_equal(lv_identity_certificate(identity),
                                   lv_identity_certificate(s->org.identity));
    lv_identity_free(identity);
    lv_buffer_free(&root);
    return renewed;
}

/* @return the next signal; SIGHUP also for a renewed certificate. */
static int next_signal(const options *o, const served *s, const sigset_t *signals)
{
    static const struct timespec look = {.tv_sec = LOOK_SECONDS};
    for (;;) {
        int signal = sigtimedwait(signals, NULL, &look);
        if (signal > 0) {
            return signal;
        }
        if (is_renewed(o, s)) {
            return SIGHUP;
        }
    }
}

/* The certificate, the members or the configuration are others now.
 * @return whether there is something new to serve. */
static bool read_again(const options *o, served *s)
{
    lv_error err = {0};
    served fresh;
    if (open_served(o, &fresh, &err) != LV_OK) {
        lv_log(LV_LOG_ERROR, "chaincode", "cannot read %s again: %s; goes on as before", o->cli.dir,
               err.text);
        return false;
    }
    *s = fresh;
    return true;
}

static lv_status serve(const options *o, served *s, const sigset_t *signals, lv_error *err)
{
    lv_buffer address = {0};
    lv_chaincode *chaincode = NULL;
    lv_status status = start(o, s, &address, &chaincode, err);
    while (status == LV_OK) {
        served old = *s;
        if (next_signal(o, s, signals) != SIGHUP) {
            lv_log(LV_LOG_INFO, "chaincode", "stopping");
            lv_chaincode_stop(chaincode, GRACE_MS);
            break;
        }
        if (read_again(o, s)) {
            lv_chaincode_stop(chaincode, GRACE_MS);
            close_served(&old);
            status = start(o, s, &address, &chaincode, err);
        }
    }
    lv_buffer_free(&address);
    return status;
}

/* Threads inherit the mask, so that next_signal alone learns of the signals. */
static lv_status serve_until_stopped(const options *o, lv_error *err)
{
    sigset_t signals;
    served s = {0};
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    lv_status status = open_served(o, &s, err);
    if (status == LV_OK) {
        status = serve(o, &s, &signals, err);
    }
    close_served(&s);
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
