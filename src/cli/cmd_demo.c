#include "base/clock.h"
#include "cli/demo_show.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const int64_t ALARM_MONTH = 3;

typedef struct {
    lv_cli cli;
    lv_demo_plan plan;
    bool keep_running;
} options;

static const struct argp_option option_list[] = {
    {"bits", 'b', "N", 0, "Size of the keys (default: the suite's own, 6000 for paillier)", 1},
    {"suite", 's', "NAME", 0,
     "The scheme that encrypts (default ristretto255); paillier is that of the published system",
     1},
    {"ledger", 'l', "KIND", 0,
     "embedded (the default), or fabric: a network of Hyperledger Fabric, which needs Fabric's "
     "binaries on PATH or in FABRIC_BIN",
     1},
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

static void take_ledger(options *o, const char *value, struct argp_state *state)
{
    o->plan.fabric = strcmp(value, "fabric") == 0;
    if (!o->plan.fabric && strcmp(value, "embedded") != 0) {
        argp_error(state, "--ledger: \"%s\" is neither embedded nor fabric", value);
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
    case 'l':
        take_ledger(o, value, state);
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
    "  lotveil demo --dir /tmp/demo --bits 2048 --json\n"
    "  FABRIC_BIN=/opt/fabric/bin lotveil demo --ledger fabric\n\n"
    "Everything can be looked at afterwards: `lotveil serve --dir demo/b &`, then `lotveil sets "
    "--dir demo/b`; `lotveil ledger verify --dir demo/b` needs no node. On Fabric the network "
    "below "
    "demo/fabric has to be brought up again before (docs/fabric.md). Exit code 0 only where the "
    "alarm came in month 3." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

/* ---- telling ---- */

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
    return json_pack("{s:s, s:s, s:i, s:f, s:o, s:o, s:i}", "suite", o->plan.suite, "ledger",
                     o->plan.fabric ? "fabric" : "embedded", "bits", (int)o->plan.key_bits,
                     "seconds", seconds, "periods", periods, "alarm_period",
                     played->alarm_period != 0 ? json_integer(played->alarm_period) : json_null(),
                     "complaint_period", LV_DEMO_COMPLAINT);
}

/* ---- playing ---- */

typedef struct {
    lv_demo demo;
    lv_demo_case played;
    lv_demo_show show;
    double seconds;
} session;

static lv_status play(const options *o, session *now, lv_error *err)
{
    lv_progress progress;
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < now->played.count; i++) {
        lv_progress_begin(&progress, stderr); /* its seconds are those of one lot */
        status = lv_demo_case_step(&now->played, i, &now->demo, &progress, err);
        lv_progress_end(&progress);
        if (status == LV_OK && !o->cli.json) {
            status = lv_demo_show_period(&now->show, i);
        }
    }
    return status;
}

static lv_status prepare(const options *o, session *now, lv_error *err)
{
    lv_status status = o->plan.fabric ? lv_network_check(err) : LV_OK;
    if (status == LV_OK) {
        status = lv_demo_case_load(&now->played, err);
    }
    if (status == LV_OK) {
        status = lv_demo_show_begin(&now->show, &o->plan, &now->played);
    }
    if (status == LV_OK) {
        status = lv_demo_make(&o->plan, &now->demo, err);
    }
    if (status == LV_OK && !o->cli.json) {
        status = lv_demo_show_head(&now->show);
    }
    return status == LV_OK ? lv_demo_start(&o->plan, &now->demo, err) : status;
}

static lv_status tell_end(const options *o, session *now, lv_error *err)
{
    if (!o->cli.json) {
        return lv_demo_show_end(&now->show, now->seconds, o->keep_running);
    }
    json_t *result = outcome(o, &now->played, now->seconds);
    lv_status status = result == NULL ? LV_E_MEMORY : lv_cli_print_json(result, err);
    json_decref(result);
    return status;
}

static lv_status judge(const session *now, lv_error *err)
{
    return now->played.alarm_period == ALARM_MONTH
               ? LV_OK
               : lv_fail(err, LV_REFUSED, "the alarm was to come in month %" PRId64 ", and did not",
                         ALARM_MONTH);
}

static lv_status run_demo(const options *o, session *now, lv_error *err)
{
    double started = lv_clock_seconds();
    lv_status status = prepare(o, now, err);
    if (status == LV_OK) {
        status = play(o, now, err);
    }
    if (!o->keep_running) {
        lv_demo_stop(&now->demo);
    }
    now->seconds = lv_clock_seconds() - started;
    if (status == LV_OK) {
        status = lv_demo_report(&now->show, now->seconds, err);
    }
    if (status == LV_OK) {
        status = tell_end(o, now, err);
    }
    if (status == LV_OK) {
        status = judge(now, err);
    }
    if (status == LV_OK && o->keep_running) {
        fputs("The nodes run on; Ctrl-C ends them.\n", stderr);
        pause();
    }
    return status;
}

static int run(int argc, char **argv)
{
    options o = {.cli = {.dir = "demo"}, .plan = {.suite = lv_suite_name(lv_suite_default())}};
    session now = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    o.plan.dir = o.cli.dir;
    lv_status status = run_demo(&o, &now, &err);
    lv_demo_free(&now.demo);
    lv_demo_show_free(&now.show);
    lv_demo_case_free(&now.played);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_demo = {"demo", "the published case, played by three nodes here", run};
