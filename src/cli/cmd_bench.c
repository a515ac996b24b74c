#include "bench/bench.h"
#include "bench/ledger.h"
#include "bench/scale.h"
#include "cli/bench_ledger.h"
#include "cli/bench_scale.h"
#include "cli/bench_table.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include <string.h>

static const unsigned THREADS_MAX = 64;
static const unsigned PASSES_MAX = 1000;

typedef struct {
    lv_cli cli;
    lv_bench_options bench;
    uint64_t scale;     /* 0: no such run */
    const char *ledger; /* NULL: no such run */
    uint64_t pairs;     /* 0: what fits the run */
    unsigned singles;   /* 0: so many as are measured without being asked */
} options;

static const struct argp_option option_list[] = {
    {"suite", 's', "NAME", 0, "One scheme only (default: all)", 1},
    {"bits", 'b', "N", 0, "Size of the key, with --suite (default: the suite's own)", 1},
    {"exponent", 'e', "full|short", 0,
     "short: measure paillier with short exponents too, beside full ones (default full)", 1},
    {"width", 'w', "N", 0, "Bits of a value, 1 to 62 (default 32)", 1},
    {"pairs", 'p', "N", 0,
     "Pairs in one set (default: as many as one ciphertext holds); with --ledger: in one file", 1},
    {"threads", 't', "N", 0,
     "Threads of the run on many cores; 0: all processors (default); 1: no such run", 1},
    {"passes", 'n', "N", 0, "How often each run is taken up again (default 3)", 1},
    {"baseline", 'l', "published|none", 0,
     "What to compare paillier with, in the same run (default published)", 1},
    {"scale", 'S', "N", 0,
     "Instead: publish 1, 100, 10,000 ... up to N pairs of rlwe1024 and show how cost grows", 1},
    {"ledger", 'L', "KIND", 0,
     "Instead: publish through a downstream's node onto ledgers of this KIND, embedded or fabric "
     "(a "
     "network of Hyperledger Fabric, which needs Fabric's binaries on PATH or in FABRIC_BIN), and "
     "show pairs a second, how long single pairs take, and bytes",
     1},
    {"singles", 'i', "N", 0, "Single pairs of a suite, with --ledger (default 20)", 1},
    {0}};

static error_t parse_numbers(int key, const char *value, options *o, struct argp_state *state)
{
    switch (key) {
    case 'b':
        o->bench.key_bits = (unsigned)lv_cli_number(state, "--bits", value, 1, UINT16_MAX);
        return 0;
    case 'w':
        o->bench.width = (unsigned)lv_cli_number(state, "--width", value, 1, LV_WIDTH_MAX);
        return 0;
    case 'p':
        o->pairs = lv_cli_number(state, "--pairs", value, 1, LV_SCALE_PAIRS_MAX);
        return 0;
    case 't':
        o->bench.threads = (unsigned)lv_cli_number(state, "--threads", value, 0, THREADS_MAX);
        return 0;
    case 'n':
        o->bench.passes = (unsigned)lv_cli_number(state, "--passes", value, 1, PASSES_MAX);
        return 0;
    case 'i':
        o->singles = (unsigned)lv_cli_number(state, "--singles", value, 1, LV_BENCH_SINGLES_MAX);
        return 0;
    case 'S':
        o->scale = lv_cli_number(state, "--scale", value, 1, LV_SCALE_PAIRS_MAX);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_suite(const options *o, struct argp_state *state)
{
    lv_error err = {0};
    if (o->bench.suite == NULL) {
        if (o->bench.key_bits != 0) {
            argp_error(state, "--bits: say of which suite, with --suite");
        }
        return;
    }
    const lv_suite *suite = lv_suite_find(o->bench.suite);
    if (suite == NULL) {
        argp_error(state, "--suite: there is no suite \"%s\"", o->bench.suite);
    }
    if (o->bench.short_exponents && !lv_suite_shortens(suite)) {
        argp_error(state, "--exponent: suite %s has none that could be short", o->bench.suite);
    }
    if (o->bench.key_bits != 0 &&
        lv_suite_check_key_bits(suite, o->bench.key_bits, &err) != LV_OK) {
        argp_error(state, "--bits: %s", err.text);
    }
}

static void check_runs(options *o, struct argp_state *state)
{
    if (o->ledger != NULL && o->scale != 0) {
        argp_error(state, "--ledger and --scale are two runs: ask for one");
    }
    if (o->singles != 0 && o->ledger == NULL) {
        argp_error(state, "--singles: say on which ledger, with --ledger");
    }
    if (o->ledger == NULL && o->pairs > LV_SET_PAIRS_MAX) {
        argp_error(state, "--pairs: a set holds 1 to %u", LV_SET_PAIRS_MAX);
    }
    o->bench.pairs = (size_t)o->pairs;
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 's':
        o->bench.suite = value;
        return 0;
    case 'L':
        if (strcmp(value, "embedded") != 0 && strcmp(value, "fabric") != 0) {
            argp_error(state, "--ledger: \"%s\" is neither embedded nor fabric", value);
        }
        o->ledger = value;
        return 0;
    case 'l':
        if (strcmp(value, "published") != 0 && strcmp(value, "none") != 0) {
            argp_error(state, "--baseline: \"%s\" is neither published nor none", value);
        }
        o->bench.baseline = value[0] == 'p';
        return 0;
    case 'e':
        if (strcmp(value, "full") != 0 && strcmp(value, "short") != 0) {
            argp_error(state, "--exponent: \"%s\" is neither full nor short", value);
        }
        o->bench.short_exponents = value[0] == 's';
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    case ARGP_KEY_END:
        check_suite(o, state);
        check_runs(o, state);
        return 0;
    default:
        return parse_numbers(key, value, o, state);
    }
}

static const char doc[] =
    "Measures what one comparison costs in every suite, with the processor's vectors and in "
    "portable C, on one core and on all: key generation, encryption of x, y and w, reading and "
    "checking them, combining, recomputing, the zero test, making and checking the proofs; the "
    "published scan of all columns beside it; bytes on the ledger; and the formulas as printed in "
    "the published system, in the same run. Every answer is checked."
    "\v"
    "Examples:\n"
    "  lotveil bench\n"
    "  lotveil bench --scale 1000000\n"
    "  lotveil bench --ledger embedded --suite rlwe1024\n"
    "  FABRIC_BIN=/opt/fabric/bin lotveil bench --ledger fabric\n"
    "  lotveil bench --suite paillier --bits 2048 --pairs 4 --baseline none --json" LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

static int run(int argc, char **argv)
{
    options o = {.bench = {.baseline = true}};
    lv_error err = {0};
    lv_progress progress;
    json_t *result = NULL;
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    if (o.scale != 0) {
        return lv_bench_scale(&o.cli, o.scale, o.bench.threads);
    }
    if (o.ledger != NULL) {
        const lv_bench_ledger_options asked = {.suite = o.bench.suite,
                                               .key_bits = o.bench.key_bits,
                                               .pairs = o.pairs,
                                               .singles = o.singles,
                                               .threads = o.bench.threads};
        return lv_bench_ledger(&o.cli, o.ledger, &asked);
    }
    lv_progress_begin(&progress, stderr);
    o.bench.progress = lv_progress_job;
    o.bench.progress_context = &progress;
    lv_status status = lv_bench_run(&o.bench, &result, &err);
    lv_progress_end(&progress);
    if (status == LV_OK && o.cli.json) {
        status = lv_cli_print_json(result, &err);
    } else if (status == LV_OK) {
        lv_bench_table_print(result, stdout);
    }
    json_decref(result);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_bench = {"bench", "what a comparison costs, and did as published", run};
