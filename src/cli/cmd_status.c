#include "cli/client.h"
#include "cli/table.h"
#include <stdio.h>

static const char doc[] =
    "Says whether the organisation's node runs, since when, and the newest block of each channel "
    "that it saw; of a downstream also how many sets of a series have keys and masks ready."
    "\v"
    "Example:\n"
    "  lotveil status --dir b || lotveil serve --dir b" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = lv_cli_parse_common, .doc = doc, .children = lv_cli_children};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "-";
}

static void print_certificate(const json_t *certificate)
{
    char until[32];
    const char *warning = json_string_value(json_object_get(certificate, "warning"));
    const char *refused = json_string_value(json_object_get(certificate, "not_in_use"));
    lv_cli_time(json_integer_value(json_object_get(certificate, "valid_until")), until);
    printf("  certificate: valid until %s\n", until);
    if (warning != NULL) {
        printf("  warning: %s\n", warning);
    }
    if (refused != NULL) {
        printf("  warning: what stands in msp/ is not in use: %s\n", refused);
    }
}

static void print_channel(const char *name, const json_t *head)
{
    const char *why = json_string_value(json_object_get(head, "unavailable"));
    const json_t *block = json_object_get(head, "block");
    if (json_is_integer(block)) {
        printf("  channel %s: block %lld, %.*s\n", name, (long long)json_integer_value(block),
               LV_TABLE_ID, text_of(head, "hash"));
    } else {
        printf("  channel %s: no block seen yet\n", name);
    }
    if (why != NULL) {
        const json_t *since = json_object_get(head, "last_answer_seconds");
        printf("  warning: the ledger does not answer: %s\n", why);
        if (json_is_integer(since)) {
            printf("  warning: its last answer came %lld s ago\n",
                   (long long)json_integer_value(since));
        }
    }
}

static void print_words(json_t *health)
{
    const char *name = NULL;
    json_t *head = NULL;
    json_t *pool = NULL;
    size_t i = 0;
    printf("%s, %s: %s, up %lld s\n", text_of(health, "organisation"), text_of(health, "role"),
           text_of(health, "status"),
           (long long)json_integer_value(json_object_get(health, "uptime_seconds")));
    json_object_foreach(json_object_get(health, "channels"), name, head)
    {
        print_channel(name, head);
    }
    print_certificate(json_object_get(health, "certificate"));
    json_array_foreach(json_object_get(health, "pools"), i, pool)
    {
        printf("  pool of series %s: %lld of %lld sets ready\n", text_of(pool, "series"),
               (long long)json_integer_value(json_object_get(pool, "ready")),
               (long long)json_integer_value(json_object_get(pool, "size")));
    }
}

static int run(int argc, char **argv)
{
    lv_cli cli = {0};
    lv_error err = {0};
    json_t *health = NULL;
    lv_cli_parse(&argp, argc, argv, &cli, &cli);
    lv_status status = lv_client_get(cli.dir, &health, &err, "/healthz");
    if (status == LV_OK && cli.json) {
        status = lv_cli_print_json(health, &err);
    } else if (status == LV_OK) {
        print_words(health);
    }
    json_decref(health);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_status = {"status", "does the node run, and how far did it see", run};
