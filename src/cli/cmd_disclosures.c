#include "cli/client.h"
#include "cli/table.h"
#include "cli/verdict_words.h"
#include <stdio.h>

static const char doc[] =
    "Downstream: the journal of what it let out, that is what the others know about it: each "
    "answer with the bits that it told, and for each counterpart what it may ask and how many bits "
    "remain to it of the budget of its period (`disclose` in the file of the series)."
    "\v"
    "Example:\n"
    "  lotveil disclosures --dir b" LV_CLI_EXITS;
static const struct argp argp = {
    .parser = lv_cli_parse_common, .doc = doc, .children = lv_cli_children};

static const lv_column columns[] = {{"NO", "id", LV_CELL_NUMBER},
                                    {"TIME", "time", LV_CELL_TIME},
                                    {"UPSTREAM", "upstream", LV_CELL_TEXT},
                                    {"SERIES", "series", LV_CELL_TEXT},
                                    {"EARLIER", "earlier_lot", LV_CELL_TEXT},
                                    {"LATER", "later_lot", LV_CELL_TEXT},
                                    {"ASKED", "asked", LV_CELL_TEXT},
                                    {"VERDICT", "verdict", LV_CELL_TEXT},
                                    {"SCALE", "size", LV_CELL_NUMBER},
                                    {"BITS", "bits", LV_CELL_NUMBER},
                                    {"SET", "set_id", LV_CELL_ID},
                                    {0}};

static const lv_column budget_columns[] = {{"UPSTREAM", "upstream", LV_CELL_TEXT},
                                           {"SERIES", "series", LV_CELL_TEXT},
                                           {"MAY ASK", "questions", LV_CELL_TEXT},
                                           {"DAYS", "period_days", LV_CELL_NUMBER},
                                           {"ANSWERS", "answers", LV_CELL_NUMBER},
                                           {"TOLD", "spent", LV_CELL_NUMBER},
                                           {"BUDGET", "budget", LV_CELL_NUMBER},
                                           {"LEFT", "left", LV_CELL_NUMBER},
                                           {0}};

/* Adds the questions of each budget as one text. */
static lv_status dress_budgets(const json_t *budgets)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < json_array_size(budgets); i++) {
        json_t *budget = json_array_get(budgets, i);
        const json_t *allow = json_object_get(budget, "allow");
        lv_buffer text = {0};
        for (size_t j = 0; status == LV_OK && j < json_array_size(allow); j++) {
            const char *word = json_string_value(json_array_get(allow, j));
            status = lv_buffer_printf(&text, "%s%s", j > 0 ? ", " : "", word != NULL ? word : "?");
        }
        if (status == LV_OK) {
            json_t *value = json_string(text.len > 0 ? lv_buffer_text(&text) : "nothing");
            status = json_object_set_new(budget, "questions", value) == 0 ? LV_OK : LV_E_MEMORY;
        }
        lv_buffer_free(&text);
    }
    return status;
}

static lv_status print_journal(const json_t *disclosures)
{
    lv_table table = {.columns = columns};

    if (json_array_size(disclosures) == 0) {
        puts("Nothing let out yet.");
        return LV_OK;
    }
    lv_status status = lv_verdicts_dress(disclosures);
    return status == LV_OK ? lv_table_print(&table, disclosures, stdout) : status;
}

static lv_status print_budgets(const json_t *budgets)
{
    lv_table table = {.columns = budget_columns};

    if (json_array_size(budgets) == 0) {
        return LV_OK;
    }
    lv_status status = dress_budgets(budgets);
    if (status == LV_OK) {
        puts("\nWhat may be asked, and the bits of each period (\"-\": no limit):");
        status = lv_table_print(&table, budgets, stdout);
    }
    return status;
}

static lv_status show(const lv_cli *cli, json_t *journal, const json_t *budgets, lv_error *err)
{
    json_t *list = json_object_get(budgets, "budgets");

    if (cli->json) {
        return json_object_set(journal, "budgets", list) == 0 ? lv_cli_print_json(journal, err)
                                                              : LV_E_MEMORY;
    }
    lv_status status = print_journal(json_object_get(journal, "disclosures"));
    return status == LV_OK ? print_budgets(list) : status;
}

static int run(int argc, char **argv)
{
    lv_cli cli = {0};
    lv_error err = {0};
    json_t *journal = NULL;
    json_t *budgets = NULL;
    lv_cli_parse(&argp, argc, argv, &cli, &cli);
    lv_status status = lv_client_get(cli.dir, &journal, &err, "/v1/disclosures");
    if (status == LV_OK) {
        status = lv_client_get(cli.dir, &budgets, &err, "/v1/budgets");
    }
    if (status == LV_OK) {
        status = show(&cli, journal, budgets, &err);
    }
    json_decref(journal);
    json_decref(budgets);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_disclosures = {"disclosures", "downstream: what the others know about it",
                                       run};
