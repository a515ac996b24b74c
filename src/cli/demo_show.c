#include "cli/demo_show.h"
#include "base/file.h"
#include "cli/network.h"
#include "cli/report.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* ---- the terminal ---- */

static bool has_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *locale = getenv(names[i]);
        if (locale != NULL && locale[0] != '\0') {
            return strcasestr(locale, "UTF-8") != NULL || strcasestr(locale, "utf8") != NULL;
        }
    }
    return false;
}

static lv_chart_style terminal_style(void)
{
    struct winsize size = {0};
    bool terminal = isatty(STDOUT_FILENO) == 1;
    const char *kind = getenv("TERM");
    const char *no_colour = getenv("NO_COLOR");
    bool plain = kind == NULL || strcmp(kind, "dumb") == 0;
    if (!terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
        size.ws_col = LV_CHART_WIDTH_MIN;
    }
    return (lv_chart_style){.width = size.ws_col,
                            .ascii = !has_utf8(),
                            .colour =
                                terminal && !plain && (no_colour == NULL || no_colour[0] == '\0')};
}

/* ---- the chart ---- */

static lv_chart_verdict verdict_of(const lv_demo_period *period)
{
    if (!period->compared) {
        return LV_CHART_NONE;
    }
    switch (period->verdict) {
    case LV_RISE:
        return LV_CHART_RISE;
    case LV_FALL:
        return LV_CHART_FALL;
    case LV_EQUAL:
    case LV_DIFFERENT: /* the demo never asks for equality alone */
        break;
    }
    return LV_CHART_EQUAL;
}

static void take_period(lv_demo_show *show, size_t i)
{
    const lv_demo_period *from = &show->played->periods[i];
    bool measured = from->performance[0] != '\0';
    show->periods[i] =
        (lv_chart_period){.label = from->label,
                          .lot = from->lot,
                          .value_text = from->value,
                          .verdict = verdict_of(from),
                          .scale = from->scale,
                          .alarm = from->alarm,
                          .complaint = from->period == LV_DEMO_COMPLAINT,
                          .performance = measured ? strtod(from->performance, NULL) : NAN,
                          .performance_text = measured ? from->performance : NULL};
}

lv_status lv_demo_show_begin(lv_demo_show *show, const lv_demo_plan *plan,
                             const lv_demo_case *played)
{
    *show = (lv_demo_show){.plan = plan, .played = played, .style = terminal_style()};
    show->periods = calloc(played->count, sizeof *show->periods);
    if (show->periods == NULL) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < played->count; i++) {
        take_period(show, i);
    }
    show->chart = (lv_chart){.title = LV_DEMO_SERIES,
                             .unit = "g/cm2",
                             .period_name = "month",
                             .performance_title = "dehumidifying performance",
                             .performance_unit = "kg/h",
                             .count = played->count,
                             .periods = show->periods};
    return LV_OK;
}

void lv_demo_show_free(lv_demo_show *show)
{
    free(show->periods);
    *show = (lv_demo_show){0};
}

/* Prints what was drawn; the values in it are for this screen alone. */
static lv_status print(lv_status status, lv_buffer *drawn)
{
    if (status == LV_OK &&
        (fwrite(drawn->data, 1, drawn->len, stdout) != drawn->len || fflush(stdout) != 0)) {
        status = LV_E_IO;
    }
    lv_buffer_wipe(drawn);
    return status;
}

lv_status lv_demo_show_head(const lv_demo_show *show)
{
    const char *dir = show->plan->dir;
    lv_buffer out = {0};
    lv_status status = lv_buffer_printf(
        &out,
        "Three organisations on a ledger they share, each with its own process:\n"
        "  AMSP  upstream    made the dehumidifiers, wants to notice a change  %s/a\n"
        "  BMSP  downstream  measures the moisture of its goods, tells nobody  %s/b\n"
        "  SMSP  servicer    sells what a comparison needs, under a grant      %s/s\n"
        "%sSuite %s, %u bits, a fresh key for every comparison of 32-bit values.\n\n",
        dir, dir, dir,
        show->plan->fabric
            ? "The ledger is Hyperledger Fabric: a peer for each, channels quality and xor.\n"
            : "",
        show->plan->suite, show->plan->key_bits);
    if (status == LV_OK) {
        status = lv_chart_draw_head(&show->chart, &show->style, &out);
    }
    return print(status, &out);
}

lv_status lv_demo_show_period(lv_demo_show *show, size_t i)
{
    lv_buffer out = {0};
    take_period(show, i);
    return print(lv_chart_draw_period(&show->chart, &show->style, i, &out), &out);
}

lv_status lv_demo_show_end(lv_demo_show *show, double seconds, bool running)
{
    const char *dir = show->plan->dir;
    const char *lotveil = program_invocation_name; /* as it was called, so as to call it again */
    lv_buffer out = {0};
    lv_status status = lv_chart_draw_foot(&show->chart, &show->style, &out);
    if (status == LV_OK) {
        status = lv_buffer_printf(
            &out,
            "\nDone in %.0f s. Report, without the downstream's values: %s/report.html\n\n"
            "Look at it yourself:\n",
            seconds, dir);
    }
    if (status == LV_OK && !running && show->plan->fabric) {
        char *script = lv_network_script(NULL);
        status = lv_buffer_printf(&out, "  %s up --dir %s/fabric\n",
                                  script != NULL ? script : "network.sh", dir);
        free(script);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&out, "  %s ledger verify --dir %s/b\n", lotveil, dir);
    }
    if (status == LV_OK && !running) {
        status = lv_buffer_printf(&out, "  %s serve --dir %s/b &\n", lotveil, dir);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&out,
                                  "  %s sets --dir %s/b\n"
                                  "  %s disclosures --dir %s/b\n",
                                  lotveil, dir, lotveil, dir);
    }
    return print(status, &out);
}

/* ---- the report ---- */

lv_status lv_demo_report(lv_demo_show *show, double seconds, lv_error *err)
{
    char suite[96];
    char took[32];
    snprintf(suite, sizeof suite, "%s, %u bits, a fresh key for every comparison",
             show->plan->suite, show->plan->key_bits);
    snprintf(took, sizeof took, "%.0f s", seconds);
    const lv_report_fact facts[] = {
        {"downstream", LV_DEMO_DOWNSTREAM ", which measured and published"},
        {"upstream", LV_DEMO_UPSTREAM ", for whom this page is"},
        {"servicer", LV_DEMO_SERVICER ", which sold the XOR records under a grant"},
        {"suite", suite},
        {"alarm rule", "a rise on a scale of 32 or more"},
        {"time for all", took},
    };
    const lv_report_options options = {.heading = "Lotveil: the published case",
                                       .fact_count = sizeof facts / sizeof facts[0],
                                       .facts = facts,
                                       .with_values = false};
    lv_buffer page = {0};
    char *path = lv_cli_path(show->plan->dir, "report.html", err);
    lv_status status = path == NULL ? LV_E_MEMORY : LV_OK;
    for (size_t i = 0; i < show->played->count; i++) {
        take_period(show, i);
    }
    if (status == LV_OK) {
        status = lv_report_write(&show->chart, &options, &page);
    }
    if (status == LV_OK) {
        status = lv_file_write(path, lv_buffer_view(&page), 0644, err);
    }
    lv_buffer_free(&page);
    free(path);
    return status;
}
