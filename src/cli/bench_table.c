#include "cli/bench_table.h"
#include <stdbool.h>
#include <string.h>

enum { LABEL = 31 };

static const char *const PHASES[] = {"keygen",    "encrypt",   "read",  "combine",
                                     "recompute", "zero_test", "answer"};
static const struct {
    const char *words;
    int width;
} HEADINGS[] = {{"keygen", 8},     {"encrypt", 8},    {"read", 8},   {"combine", 8},
                {"recompute", 10}, {"zero test", 10}, {"answer", 8}, {"whole", 8}};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static double number(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    const char *found = json_string_value(json_object_get(object, name));
    return found != NULL ? found : "";
}

/* Three digits and a unit that fits them, to the right of `width` places. */
static void put_seconds(double seconds, int width, FILE *out)
{
    static const char *const units[] = {"s", "ms", "us", "ns"};
    char cell[32];
    size_t unit = 0;
    double shown = seconds;
    while (shown < 0.9995 && unit + 1 < COUNT(units)) {
        shown *= 1000;
        unit++;
    }
    int digits = shown < 9.995 ? 2 : 1;
    snprintf(cell, sizeof cell, "%.*f %s", shown < 99.95 ? digits : 0, shown, units[unit]);
    /* What was not measured has no time. */
    fprintf(out, "%*s", width, seconds > 0 ? cell : "-");
}

static void put_label(const json_t *run, FILE *out)
{
    char label[64];
    long long cores = json_integer_value(json_object_get(run, "cores"));
    long long pairs = json_integer_value(json_object_get(run, "pairs"));
    snprintf(label, sizeof label, "  %s, %lld core%s, %lld pair%s",
             json_is_true(json_object_get(run, "vectors")) ? "vectors" : "portable", cores,
             cores == 1 ? "" : "s", pairs, pairs == 1 ? "" : "s");
    fprintf(out, "%-*s", LABEL, label);
}

static void put_product(const json_t *measured, FILE *out)
{
    const json_t *phases = json_object_get(measured, "phases");
    for (size_t i = 0; i < COUNT(PHASES); i++) {
        put_seconds(number(phases, PHASES[i]), HEADINGS[i].width, out);
    }
    put_seconds(number(measured, "whole"), HEADINGS[COUNT(PHASES)].width, out);
    fputc('\n', out);
}

static void put_suite_name(const json_t *suite, FILE *out)
{
    const char *exponent = json_string_value(json_object_get(suite, "exponent"));
    bool is_short = exponent != NULL && strcmp(exponent, "short") == 0;
    fprintf(out, "%s, %lld bits%s\n", text(suite, "suite"),
            (long long)json_integer_value(json_object_get(suite, "bits")),
            is_short ? ", short exponents" : "");
}

static void put_phases(const json_t *report, FILE *out)
{
    const json_t *baseline = json_object_get(report, "baseline");
    size_t i = 0;
    const json_t *suite = NULL;
    fprintf(out, "%-*s", LABEL, "time a pair");
    for (size_t j = 0; j < COUNT(HEADINGS); j++) {
        fprintf(out, "%*s", HEADINGS[j].width, HEADINGS[j].words);
    }
    fputc('\n', out);
    json_array_foreach(json_object_get(report, "suites"), i, suite)
    {
        size_t j = 0;
        const json_t *run = NULL;
        put_suite_name(suite, out);
        json_array_foreach(json_object_get(suite, "runs"), j, run)
        {
            put_label(run, out);
            put_product(run, out);
        }
    }
    if (json_is_object(baseline)) {
        fputs("as published, plain GMP: ", out);
        put_suite_name(baseline, out);
        fprintf(out, "%-*s", LABEL, "  1 core, 1 pair");
        put_product(baseline, out);
    }
}

static void put_others(const json_t *report, FILE *out)
{
    size_t i = 0;
    const json_t *suite = NULL;
    fprintf(out, "\n%-*s%12s%10s%8s%12s%10s%16s\n", LABEL, "the same", "wholes / s", "scan",
            "tests", "bits proved", "checked", "whole with them");
    json_array_foreach(json_object_get(report, "suites"), i, suite)
    {
        size_t j = 0;
        const json_t *run = NULL;
        put_suite_name(suite, out);
        json_array_foreach(json_object_get(suite, "runs"), j, run)
        {
            const json_t *scan = json_object_get(run, "scan");
            const json_t *proofs = json_object_get(run, "proofs");
            double made = number(proofs, "prove");
            double checked = number(proofs, "check");
            double whole = number(run, "whole");
            put_label(run, out);
            fprintf(out, "%12.*f", whole > 0.1 ? 2 : 0, whole > 0 ? 1 / whole : 0);
            put_seconds(number(scan, "whole"), 10, out);
            put_seconds(number(scan, "zero_test"), 8, out);
            put_seconds(made, 12, out);
            put_seconds(checked, 10, out);
            put_seconds(made > 0 ? whole + made + checked : 0, 16, out);
            fputc('\n', out);
        }
    }
}

static void put_bytes(const json_t *report, FILE *out)
{
    static const char *const names[] = {"quality", "xor", "total", "ciphertexts", "proofs"};
    size_t i = 0;
    const json_t *suite = NULL;
    fprintf(out, "\n%-*s%12s%12s%12s%16s%12s\n", LABEL, "bytes a pair, signed records", "quality",
            "xor", "total", "ciphertexts", "bit proofs");
    json_array_foreach(json_object_get(report, "suites"), i, suite)
    {
        size_t j = 0;
        const json_t *set = NULL;
        json_array_foreach(json_object_get(suite, "bytes"), j, set)
        {
            long long pairs = json_integer_value(json_object_get(set, "pairs"));
            char label[64];
            snprintf(label, sizeof label, "%s, %lld pair%s", text(suite, "suite"), pairs,
                     pairs == 1 ? "" : "s");
            fprintf(out, "%-*s", LABEL, label);
            for (size_t k = 0; k < COUNT(names); k++) {
                fprintf(out, "%*.0f", k == 3 ? 16 : 12, number(set, names[k]));
            }
            fputc('\n', out);
        }
    }
}

static void put_ready(const json_t *report, FILE *out)
{
    size_t i = 0;
    const json_t *suite = NULL;
    json_array_foreach(json_object_get(report, "suites"), i, suite)
    {
        const json_t *ready = json_object_get(suite, "ready");
        if (json_is_object(ready)) {
            fprintf(out, "\n%s, key and masks made ahead: publish", text(suite, "suite"));
            put_seconds(number(ready, "publish"), 9, out);
            fputs(" a pair, make ahead", out);
            put_seconds(number(ready, "prepare"), 9, out);
            fputc('\n', out);
        }
    }
}

void lv_bench_targets_print(const json_t *report, FILE *out)
{
    const json_t *targets = json_object_get(report, "targets");
    size_t i = 0;
    const json_t *target = NULL;
    if (json_array_size(targets) > 0) {
        fprintf(out, "\n%-56s%12s   %s\n", "target", "measured", "wanted");
    }
    json_array_foreach(targets, i, target)
    {
        double value = number(target, "value");
        fprintf(out, "%-56s%12.*f   %-8s %-8.0f %s\n", text(target, "name"), value < 100 ? 2 : 0,
                value, text(target, "want"), number(target, "target"),
                json_is_true(json_object_get(target, "met")) ? "met" : "not met");
    }
}

void lv_bench_table_print(const json_t *report, FILE *out)
{
    fprintf(out,
            "Values of %lld bits; %lld processors, vectors: %s. Each time is the least of all\n"
            "rounds of %lld passes in which the runs of a suite take turns; on one core it is\n"
            "processor time. whole: without key generation. scan: the published work, that is\n"
            "the same encryptions, formulas (1) and (2) and a zero test of every column.\n\n",
            (long long)json_integer_value(json_object_get(report, "width")),
            (long long)json_integer_value(json_object_get(report, "processors")),
            text(report, "vectors"),
            (long long)json_integer_value(json_object_get(report, "passes")));
    put_phases(report, out);
    put_others(report, out);
    put_bytes(report, out);
    put_ready(report, out);
    lv_bench_targets_print(report, out);
}
