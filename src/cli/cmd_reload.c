#include "cli/client.h"
#include <stdio.h>

static const char doc[] =
    "Lets the organisation's running node take the certificate and key that stand in msp/ now, "
    "without a stop: what is under way ends with those before. They must be whole, not expired, "
    "and "
    "under the root that the node started with; otherwise it goes on with those it has and this "
    "command says why. The node also looks by itself every few seconds."
    "\v"
    "Example:\n"
    "  lotveil reload --dir b" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = lv_cli_parse_common, .doc = doc, .children = lv_cli_children};

static void print_words(const json_t *answer)
{
    char until[32];
    lv_cli_time(json_integer_value(json_object_get(answer, "valid_until")), until);
    printf("The node uses %s certificate; it is valid until %s.\n",
           json_is_true(json_object_get(answer, "changed")) ? "another" : "the same", until);
}

static int run(int argc, char **argv)
{
    lv_cli cli = {0};
    lv_error err = {0};
    json_t *answer = NULL;
    lv_cli_parse(&argp, argc, argv, &cli, &cli);
    lv_status status = lv_client_post(cli.dir, NULL, &answer, &err, "/v1/reload");
    if (status == LV_OK && cli.json) {
        status = lv_cli_print_json(answer, &err);
    } else if (status == LV_OK) {
        print_words(answer);
    }
    json_decref(answer);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_reload = {"reload", "let the node take the certificate in msp/", run};
