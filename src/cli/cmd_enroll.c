#include "cli/cli.h"
#include "cli/enroll.h"
#include <string.h>

#define ENROLLMENTS_MAX 1000000

enum {
    KEY_NAME = 256,
    KEY_ROOTS,
    KEY_SECRET,
    KEY_SECRET_OUT,
    KEY_ROOT,
    KEY_SHA256,
    KEY_TYPE,
    KEY_AFFILIATION,
    KEY_ENROLLMENTS
};

typedef struct {
    lv_enroll_options enroll;
    const char *what; /* NULL, "register" or "renew" */
} options;

static const struct argp_option option_list[] = {
    {"ca", 'c', "URL", 0, "The Fabric CA, such as https://ca.example:7054", 1},
    {"ca-name", KEY_NAME, "NAME", 0, "One of several CAs behind that address", 1},
    {"tls-roots", KEY_ROOTS, "FILE", 0,
     "Roots (PEM) of the CA's TLS certificate (default: config.yaml's, then msp/cacerts/ca.pem)",
     1},
    {"user", 'u', "ID", 0, "The enrolment id; with register the new one", 2},
    {"secret-file", KEY_SECRET, "FILE", 0,
     "File of the enrolment secret, one line; \"-\" is standard input. With register: the secret "
     "that the new id gets (default: the CA makes one)",
     2},
    {"host", 'n', "NAME", 0,
     "A DNS name or address under which others reach the node; may be given several times "
     "(default: as in the certificate before, or where the node listens)",
     2},
    {"root", KEY_ROOT, "FILE", 0,
     "At the first enrolment: the CA's root certificate as you know it (PEM)", 3},
    {"root-sha256", KEY_SHA256, "HEX", 0,
     "At the first enrolment: the SHA-256 of it, as `openssl x509 -fingerprint -sha256` prints it",
     3},
    {"type", KEY_TYPE, "UNIT", 0, "register: client (the default), peer, orderer or admin", 4},
    {"affiliation", KEY_AFFILIATION, "NAME", 0, "register: its affiliation in the CA", 4},
    {"enrollments", KEY_ENROLLMENTS, "N", 0,
     "register: how often the secret may be used (default: as the CA has it)", 4},
    {"secret-out", KEY_SECRET_OUT, "FILE", 0,
     "register: where the new id's secret is written (mode 0600)", 4},
    {0}};

static void take_host(lv_enroll_options *o, const char *value, struct argp_state *state)
{
    if (o->host_count == LV_ENROLL_HOSTS_MAX) {
        argp_error(state, "--host: at most %d names", LV_ENROLL_HOSTS_MAX);
    }
    o->hosts[o->host_count++] = value;
}

static void take_type(lv_enroll_options *o, const char *value, struct argp_state *state)
{
    static const char *const types[] = {"client", "peer", "orderer", "admin"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (strcmp(value, types[i]) == 0) {
            o->type = types[i];
            return;
        }
    }
    argp_error(state, "--type: \"%s\" is none of client, peer, orderer, admin", value);
}

static void take_argument(options *o, const char *value, struct argp_state *state)
{
    if (o->what != NULL || (strcmp(value, "register") != 0 && strcmp(value, "renew") != 0)) {
        argp_usage(state);
    }
    o->what = value;
}

static void check_end(const options *o, struct argp_state *state)
{
    const lv_enroll_options *e = &o->enroll;
    if (o->what == NULL && (e->user == NULL || e->secret_file == NULL)) {
        argp_error(state, "--user and --secret-file are needed");
    }
    if (o->what != NULL && strcmp(o->what, "register") == 0 &&
        (e->user == NULL || e->secret_out == NULL)) {
        argp_error(state, "register: --user and --secret-out are needed");
    }
}

/* Where the texts of an option go; NULL for those that are more than a text. */
static const char **place_of(lv_enroll_options *o, int key)
{
    switch (key) {
    case 'c':
        return &o->ca;
    case 'u':
        return &o->user;
    case KEY_NAME:
        return &o->ca_name;
    case KEY_ROOTS:
        return &o->tls_roots;
    case KEY_SECRET:
        return &o->secret_file;
    case KEY_SECRET_OUT:
        return &o->secret_out;
    case KEY_ROOT:
        return &o->root_file;
    case KEY_SHA256:
        return &o->root_sha256;
    case KEY_AFFILIATION:
        return &o->affiliation;
    default:
        return NULL;
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    const char **place = place_of(&o->enroll, key);
    if (place != NULL) {
        *place = value;
        return 0;
    }
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->enroll.cli;
        return 0;
    case 'n':
        take_host(&o->enroll, value, state);
        return 0;
    case KEY_TYPE:
        take_type(&o->enroll, value, state);
        return 0;
    case KEY_ENROLLMENTS:
        o->enroll.enrollments =
            (unsigned)lv_cli_number(state, "--enrollments", value, 1, ENROLLMENTS_MAX);
        return 0;
    case ARGP_KEY_ARG:
        take_argument(o, value, state);
        return 0;
    case ARGP_KEY_END:
        check_end(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Gets the organisation's certificate from a Hyperledger Fabric CA: makes a key, asks for a "
    "certificate with the enrolment secret, holds what comes back against what was asked for, and "
    "writes msp/ and card.json; where an msp/ stands it replaces certificate and key. `renew` asks "
    "with the present certificate for the next one; `register` makes another enrolment id. A node "
    "that runs goes on without a stop. Secrets are read from files and written to files, never "
    "from the command line."
    "\v"
    "Examples:\n"
    "  lotveil init --dir b --org BMSP --role downstream --no-identity\n"
    "  lotveil enroll --dir b --ca https://ca.b.example:7054 --user node.b --secret-file secret "
    "--tls-roots ca-tls.pem --root-sha256 41:0F:...:9A --host b.example\n"
    "  lotveil enroll renew --dir b\n"
    "  lotveil enroll register --dir registrar --user node.b --affiliation b.plant1 "
    "--secret-out secret\n\n"
    "With a section `enroll` in config.yaml the node renews by itself, and --ca, --ca-name and "
    "--tls-roots may be left out." LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "\nrenew\nregister",
                                 .doc = doc,
                                 .children = lv_cli_children};

static int run(int argc, char **argv)
{
    options o = {.enroll = {.type = "client"}};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.enroll.cli, &o);
    lv_status status = LV_OK;
    if (o.what == NULL) {
        status = lv_enroll_get(&o.enroll, &err);
    } else if (strcmp(o.what, "renew") == 0) {
        status = lv_enroll_renew(&o.enroll, &err);
    } else {
        status = lv_enroll_register(&o.enroll, &err);
    }
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_enroll = {"enroll", "get or renew the certificate at a Fabric CA", run};
