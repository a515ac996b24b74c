#include "base/clock.h"
#include "cli/demo_play.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char DEFAULT_SUITE[] = "paillier";
static const int64_t ALARM_MONTH = 3;

typedef struct {
    lv_cli cli;
    lv_demo_plan plan;
    bool keep_running;
} options;

static const struct argp_option option_list[] = {
    {"bits", 'b', "N", 0, "Size of the keys (default: the suite's own, 6000 for paillier)", 1},
    {"suite", 's', "NAME", 0, "The scheme that encrypts (default paillier)", 1},
    {"again", 'a', NULL, 0, "Replace an earlier demo in the folder", 1},
    {"force", 'f', NULL, OPTION_ALIAS, NULL, 1},
    {"keep-running", 'k', NULL, 0, "Leave the three nodes running until Ctrl-C", 1},
    {0}};

static void check_suite(options *o, struct argp_state *state)
{
    lv_error err = {0};
    const lv_suite *suite = lv_suite_find(o->plan.suite);
    if (suite == NULL) {
        argp_error(state, "--suite: there is no suite \"%s\"", o->plan.suite);
    }
    if (o->plan.key_bits == 0) {
        o->plan.key_bits = lv_suite_default_key_bits(suite);
    }
    if (lv_suite_check_key_bits(suite, o->plan.key_bits, &err) != LV_OK) {
        argp_error(state, "--bits: %s", err.text);
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'b':
        o->plan.key_bits = (unsigned)lv_cli_number(state, "--bits", value, 1, UINT16_MAX);
        return 0;
    case 's':
        o->plan.suite = value;
        return 0;
    case 'a':
    case 'f':
        o->plan.again = true;
        return 0;
    case 'k':
        o->keep_running = true;
        return 0;
    case ARGP_KEY_END:
        check_suite(o, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "Plays the published case among three organisations on this machine: an upstream that makes "
    "dehumidifiers, a downstream that dries with them and measures the moisture that stays in its "
    "goods, and a servicer between them. Each has its own folder below --dir (default ./demo), its "
    "own identity and its own process; they share a ledger and mutual TLS, and nothing else. Four "
    "months of measurements go in one by one. The upstream never sees a value, and raises its "
    "alarm in month 3, one month before the customer complains."
    "\v"
    "Examples:\n"
    "  lotveil demo\n"
    "  lotveil demo --dir /tmp/demo --bits 2048 --json\n\n"
    "Everything can be looked at afterwards: `lotveil serve --dir demo/b &`, then `lotveil sets "
    "--dir demo/b`; `lotveil ledger verify --dir demo/b` needs no node. Exit code 0 only where the "
    "alarm came in month 3." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

/* ---- telling ---- */

static void introduce(const options *o)
{
    printf("Three organisations in %s, each with its own process, on a ledger they share:\n"
           "  AMSP  upstream    %s/a  made the dehumidifiers; wants to notice a change\n"
           "  BMSP  downstream  %s/b  measures the moisture left in its goods; tells nobody\n"
           "  SMSP  servicer    %s/s  sells what makes a comparison possible, under a grant\n"
           "Suite %s, keys of %u bits, 32 bits a value, a fresh key for every comparison.\n\n",
           o->plan.dir, o->plan.dir, o->plan.dir, o->plan.dir, o->plan.suite, o->plan.key_bits);
    fflush(stdout);
}

static void tell_period(const lv_demo_period *period)
{
    printf("month %" PRId64 "  %s  downstream knows %s g/cm2, upstream sees ", period->period,
           period->lot, period->value);
    if (!period->compared) {
        puts("a lock");
    } else if (period->verdict == LV_EQUAL) {
        puts("a lock: equal");
    } else {
        printf("a lock: %s, scale %" PRIu64 "%s\n", lv_verdict_name(period->verdict), period->scale,
               period->alarm ? "  ALARM" : "");
    }
    fflush(stdout);
}

static json_t *outcome(const options *o, const lv_demo_case *played, double seconds)
{
    json_t *periods = json_array();
    for (size_t i = 0; i < played->count; i++) {
        const lv_demo_period *period = &played->periods[i];
        json_array_append_new(
            periods,
            json_pack(
                "{s:I, s:s, s:o, s:o, s:b}", "period", (json_int_t)period->period, "lot",
                period->lot, "verdict",
                period->compared ? json_string(lv_verdict_name(period->verdict)) : json_null(),
                "scale", period->compared ? json_integer((json_int_t)period->scale) : json_null(),
                "alarm", (int)period->alarm));
    }
    return json_pack("{s:s, s:i, s:f, s:o, s:o, s:i}", "suite", o->plan.suite, "bits",
                     (int)o->plan.key_bits, "seconds", seconds, "periods", periods, "alarm_period",
                     played->alarm_period != 0 ? json_integer(played->alarm_period) : json_null(),
                     "complaint_period", LV_DEMO_COMPLAINT);
}

static void tell_end(const options *o, const lv_demo_case *played, double seconds)
{
    const char *dir = o->plan.dir;
    if (played->alarm_period != 0) {
        printf("\nALARM in month %" PRId64 ", %" PRId64 " month before the complaint in month %d. "
               "%.0f s in all.\n",
               played->alarm_period, LV_DEMO_COMPLAINT - played->alarm_period, LV_DEMO_COMPLAINT,
               seconds);
    }
    printf("\nReport: %s/report.html (as the upstream sees it: no value of the downstream)\n"
           "Look at it yourself:\n"
           "  lotveil ledger verify --dir %s/b\n"
           "%s%s%s"
           "  lotveil sets --dir %s/b\n"
           "  lotveil disclosures --dir %s/b\n",
           dir, dir, o->keep_running ? "" : "  lotveil serve --dir ", o->keep_running ? "" : dir,
           o->keep_running ? "" : "/b &\n", dir, dir);
    fflush(stdout);
}

/* ---- playing ---- */

static lv_status play(const options *o, const lv_demo *demo, lv_demo_case *played, lv_error *err)
{
    lv_progress progress;
    lv_progress_begin(&progress, stderr);
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < played->count; i++) {
        status = lv_demo_case_step(played, i, demo, &progress, err);
        lv_progress_end(&progress);
        if (status == LV_OK && !o->cli.json) {
            tell_period(&played->periods[i]);
        }
    }
    return status;
}

static lv_status finish(const options *o, const lv_demo_case *played, double started, lv_error *err)
{
    double seconds = lv_clock_seconds() - started;
    lv_status status = LV_OK;
    if (o->cli.json) {
        json_t *result = outcome(o, played, seconds);
        status = result == NULL ? LV_E_MEMORY : lv_cli_print_json(result, err);
        json_decref(result);
    } else {
        tell_end(o, played, seconds);
    }
    if (status == LV_OK && played->alarm_period != ALARM_MONTH) {
        status = lv_fail(err, LV_REFUSED, "the alarm was to come in month %" PRId64 " and did not",
                         ALARM_MONTH);
    }
    return status;
}

static lv_status run_demo(const options *o, lv_error *err)
{
    double started = lv_clock_seconds();
    lv_demo demo = {0};
    lv_demo_case played = {0};
    lv_status status = lv_demo_case_load(&played, err);
    if (status == LV_OK) {
        status = lv_demo_make(&o->plan, &demo, err);
    }
    if (status == LV_OK) {
        if (!o->cli.json) {
            introduce(o);
        }
        status = lv_demo_start(&demo, err);
    }
    if (status == LV_OK) {
        status = play(o, &demo, &played, err);
    }
    if (status == LV_OK && !o->keep_running) {
        lv_demo_stop(&demo);
    }
    if (status == LV_OK) {
        status = finish(o, &played, started, err);
    }
    if (status == LV_OK && o->keep_running) {
        fputs("The nodes run on; Ctrl-C ends them.\n", stderr);
        pause();
    }
    lv_demo_free(&demo);
    lv_demo_case_free(&played);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {.cli = {.dir = "demo"}, .plan = {.suite = DEFAULT_SUITE}};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    o.plan.dir = o.cli.dir;
    lv_status status = run_demo(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_demo = {"demo", "the published case, played by three nodes here", run};
