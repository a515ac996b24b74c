#include "cli/cli.h"
#include "base/file.h"
#include "identity/msp_folder.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct argp_option options[] = {
    {"dir", 'C', "DIR", 0,
     "The organisation's folder (default: the environment's LOTVEIL_DIR, or the current folder)",
     0},
    {"json", 'j', NULL, 0, "Print JSON, and nothing else, on standard output", 0},
    {0},
};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp_parser_t */
static error_t parse(int key, char *value, struct argp_state *state)
{
    lv_cli *cli = state->input;
    switch (key) {
    case 'C':
        cli->dir = value;
        return 0;
    case 'j':
        cli->json = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

const struct argp lv_cli_argp = {.options = options, .parser = parse};
const struct argp_child lv_cli_children[2] = {{&lv_cli_argp, 0, "Common options:", 8}, {0}};

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is argp_parser_t */
error_t lv_cli_parse_common(int key, char *value, struct argp_state *state)
{
    (void)value;
    if (key == ARGP_KEY_INIT) {
        state->child_inputs[0] = state->input;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

void lv_cli_parse(const struct argp *argp, int argc, char **argv, lv_cli *cli, void *input)
{
    const char *dir = getenv("LOTVEIL_DIR");
    if (cli->dir == NULL) {
        cli->dir = dir != NULL && dir[0] != '\0' ? dir : ".";
    }
    /* argp leaves the process with argp_err_exit_status where the usage is wrong. */
    error_t failed = argp_parse(argp, argc, argv, 0, NULL, input);
    if (failed != 0) {
        fprintf(stderr, "lotveil: %s\n", strerror(failed));
        exit(LV_EXIT_FAULT);
    }
}

int lv_cli_exit_code(lv_status status)
{
    switch (status) {
    case LV_OK:
        return LV_EXIT_DONE;
    case LV_REFUSED:
    case LV_NOT_FOUND:
    case LV_EXISTS:
    case LV_INVALID:
        return LV_EXIT_NEGATIVE;
    case LV_TIMEOUT:
    case LV_UNAVAILABLE:
        return LV_EXIT_UNAVAILABLE;
    case LV_E_SYNTAX:
    case LV_E_RANGE:
    case LV_E_ARGUMENT:
    case LV_E_LIMIT:
    case LV_E_CONFIG:
        return LV_EXIT_INPUT;
    case LV_E_MEMORY:
    case LV_E_RANDOM:
    case LV_E_IO:
    case LV_E_CRYPTO:
    case LV_E_CORRUPT:
        break;
    }
    return LV_EXIT_FAULT;
}

int lv_cli_finish(lv_status status, const lv_error *err)
{
    if (status != LV_OK) {
        bool words = err != NULL && err->text[0] != '\0';
        fprintf(stderr, "lotveil: %s\n", words ? err->text : lv_status_name(status));
    }
    return lv_cli_exit_code(status);
}

lv_status lv_cli_print_json(const json_t *value, lv_error *err)
{
    if (json_dumpf(value, stdout, JSON_INDENT(2)) != 0 || fputc('\n', stdout) == EOF ||
        fflush(stdout) != 0) {
        return lv_fail(err, LV_E_IO, "cannot write to standard output: %s", strerror(errno));
    }
    return LV_OK;
}

lv_status lv_cli_read(const char *path, size_t max, lv_buffer *out, lv_error *err)
{
    lv_status status = lv_file_read(path, max, out, err);
    return status == LV_NOT_FOUND ? LV_E_SYNTAX : status;
}

uint64_t lv_cli_number(struct argp_state *state, const char *option, const char *text, uint64_t min,
                       uint64_t max)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    bool digits = text[0] >= '0' && text[0] <= '9' && *end == '\0';
    if (!digits || errno != 0 || value < min || value > max) {
        argp_error(state, "%s: \"%s\" is not a whole number from %llu to %llu", option, text,
                   (unsigned long long)min, (unsigned long long)max);
    }
    return value;
}

void lv_cli_time(int64_t seconds, char text[32])
{
    time_t when = (time_t)seconds;
    struct tm parts;
    text[0] = '\0';
    if (gmtime_r(&when, &parts) != NULL) {
        strftime(text, 32, "%Y-%m-%d %H:%M:%SZ", &parts);
    }
}

static lv_status trust_all(const lv_config *config, const lv_buffer *own_root, lv_trust *trust,
                           lv_error *err)
{
    lv_status status = lv_trust_add(trust, config->organisation, lv_buffer_view(own_root), err);
    for (size_t i = 0; status == LV_OK && i < config->member_count; i++) {
        const lv_config_member *member = &config->members[i];
        status = lv_trust_add(trust, member->msp, lv_buffer_view(&member->root), err);
    }
    return status;
}

lv_status lv_cli_org_load(const char *dir, lv_cli_org *out, lv_error *err)
{
    lv_buffer root = {0};
    *out = (lv_cli_org){0};
    lv_status status = lv_config_load(dir, &out->config, err);
    if (status == LV_OK) {
        status = lv_msp_folder_load(dir, out->config->organisation, &out->identity, &root, err);
    }
    if (status == LV_OK) {
        status = lv_trust_new(&out->trust);
    }
    if (status == LV_OK) {
        status = trust_all(out->config, &root, out->trust, err);
    }
    lv_buffer_free(&root);
    if (status != LV_OK) {
        lv_cli_org_free(out);
    }
    /* A folder without organisation is a wrong --dir: bad input, not a negative outcome. */
    return status == LV_NOT_FOUND ? LV_E_CONFIG : status;
}

void lv_cli_org_free(lv_cli_org *org)
{
    lv_trust_free(org->trust);
    lv_identity_free(org->identity);
    lv_config_free(org->config);
    *org = (lv_cli_org){0};
}

char *lv_cli_path(const char *dir, const char *name, lv_error *err)
{
    char *path = lv_path_join(dir, name);
    if (path == NULL) {
        (void)lv_fail(err, LV_E_MEMORY, "out of memory");
    }
    return path;
}

lv_status lv_cli_role(const char *text, lv_role *role)
{
    static const struct {
        const char *name;
        lv_role role;
    } roles[] = {{"downstream", LV_ROLE_DOWNSTREAM},
                 {"upstream", LV_ROLE_UPSTREAM},
                 {"servicer", LV_ROLE_SERVICER}};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(text, roles[i].name) == 0) {
            *role = roles[i].role;
            return LV_OK;
        }
    }
    return LV_NOT_FOUND;
}
