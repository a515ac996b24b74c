#include "cli/list.h"
#include "cli/client.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    lv_cli cli;
    bool follow;
    const char *series;
} options;

#define FOLLOW                                                                                     \
    {"follow",                                                                                     \
     'f',                                                                                          \
     NULL,                                                                                         \
     0,                                                                                            \
     "Go on showing entries as they come, until interrupted; with --json one object a line",       \
     1}
#define SERIES {"series", 's', "NAME", 0, "Only those of this series", 1}

static const struct argp_option with_series[] = {SERIES, {0}};
static const struct argp_option with_follow[] = {FOLLOW, {0}};
static const struct argp_option with_both[] = {FOLLOW, SERIES, {0}};
static const struct argp_option *const option_lists[2][2] = {{NULL, with_series},
                                                             {with_follow, with_both}};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp_parser_t */
static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'f':
        o->follow = true;
        return 0;
    case 's':
        o->series = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The highest id of the rows, or `after` where there are none. */
static json_int_t last_id(const json_t *rows, json_int_t after)
{
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_int_t id = json_integer_value(json_object_get(json_array_get(rows, i), "id"));
        after = id > after ? id : after;
    }
    return after;
}

static lv_status print_lines(const json_t *rows, lv_error *err)
{
    bool good = true;
    for (size_t i = 0; i < json_array_size(rows) && good; i++) {
        good = json_dumpf(json_array_get(rows, i), stdout, JSON_COMPACT) == 0 &&
               fputc('\n', stdout) != EOF;
    }
    return good && fflush(stdout) == 0
               ? LV_OK
               : lv_fail(err, LV_E_IO, "cannot write to standard output: %s", strerror(errno));
}

static lv_status get(const lv_list *list, const options *o, const char *series, json_int_t after,
                     unsigned wait, json_t **out, lv_error *err)
{
    *out = NULL;
    if (!list->follow && !list->series) {
        return lv_client_get(o->cli.dir, out, err, "%s", list->path);
    }
    return lv_client_get(o->cli.dir, out, err, "%s?after=%lld&wait=%u%s%s", list->path,
                         (long long)after, wait, series[0] != '\0' ? "&series=" : "", series);
}

static lv_status print_table(const lv_list *list, lv_table *table, const json_t *rows)
{
    lv_status status = list->dress != NULL ? list->dress(rows) : LV_OK;
    return status == LV_OK ? lv_table_print(table, rows, stdout) : status;
}

static lv_status follow(const lv_list *list, const options *o, const char *series, lv_error *err)
{
    lv_table table = {.columns = list->columns};
    json_int_t after = 0;
    for (;;) {
        json_t *answer = NULL;
        lv_status status = get(list, o, series, after, LV_CLIENT_WAIT, &answer, err);
        const json_t *rows = json_object_get(answer, list->key);
        if (status == LV_OK) {
            after = last_id(rows, after);
            status = o->cli.json ? print_lines(rows, err) : print_table(list, &table, rows);
        }
        json_decref(answer);
        if (status != LV_OK) {
            return status;
        }
    }
}

static lv_status show(const lv_list *list, const options *o, const char *series, lv_error *err)
{
    lv_table table = {.columns = list->columns};
    json_t *answer = NULL;
    lv_status status = get(list, o, series, 0, 0, &answer, err);
    if (status == LV_OK && o->cli.json) {
        status = lv_cli_print_json(answer, err);
    } else if (status == LV_OK && json_array_size(json_object_get(answer, list->key)) == 0) {
        puts(list->none);
    } else if (status == LV_OK) {
        status = print_table(list, &table, json_object_get(answer, list->key));
    }
    json_decref(answer);
    return status;
}

int lv_list_run(const lv_list *list, int argc, char **argv)
{
    const struct argp argp = {.options = option_lists[list->follow][list->series],
                              .parser = parse,
                              .doc = list->doc,
                              .children = lv_cli_children};
    options o = {0};
    lv_error err = {0};
    lv_buffer series = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = o.series != NULL ? lv_client_escape(o.series, &series) : LV_OK;
    if (status == LV_OK) {
        status = o.follow ? follow(list, &o, lv_buffer_text(&series), &err)
                          : show(list, &o, lv_buffer_text(&series), &err);
    }
    lv_buffer_free(&series);
    return lv_cli_finish(status, &err);
}
