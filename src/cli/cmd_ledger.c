#include "base/clock.h"
#include "base/file.h"
#include "cli/channel.h"
#include "cli/cli.h"
#include "cli/ledger_calls.h"
#include "cli/ledger_heads.h"
#include "cli/table.h"
#include "ledger/embedded/embedded.h"
#include "node/ledger_open.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_HEAD 0x100 /* an option without a letter */

static const uint64_t SHOWN_BLOCKS = 50;

typedef enum { VERB_SHOW, VERB_CREATE, VERB_VERIFY, VERB_HEAD, VERB_PING } verb;

typedef struct {
    lv_cli cli;
    verb verb;
    const char *channel; /* NULL: all */
    uint64_t block;
    bool one_block;
    uint64_t last;
    lv_head expected;
    bool has_expected;
} options;

static const struct argp_option option_list[] = {
    {"channel", 'c', "NAME", 0, "quality, xor or all (default all that this organisation is in)",
     1},
    {"block", 'b', "N", 0, "show: this block with its transactions", 1},
    {"last", 'n', "N", 0, "show: so many of the newest blocks (default 50)", 1},
    {"head", KEY_HEAD, "BLOCK:HASH", 0,
     "verify: a block that must be part of the channel's past, as `ledger head` showed it once; "
     "with --channel",
     1},
    {0}};

static void parse_head(options *o, const char *value, struct argp_state *state)
{
    char *end = NULL;
    o->expected.block = strtoull(value, &end, 10);
    if (end == value || *end != ':' || lv_digest_from_hex(end + 1, &o->expected.hash) != LV_OK) {
        argp_error(state, "--head: BLOCK:HASH is wanted, the hash in 64 hexadecimal digits");
    }
    o->has_expected = true;
}

static void parse_verb(options *o, const char *value, struct argp_state *state)
{
    static const char *const verbs[] = {[VERB_SHOW] = "show",
                                        [VERB_CREATE] = "create",
                                        [VERB_VERIFY] = "verify",
                                        [VERB_HEAD] = "head",
                                        [VERB_PING] = "ping"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (state->arg_num == 0 && strcmp(value, verbs[i]) == 0) {
            o->verb = (verb)i;
            return;
        }
    }
    argp_usage(state);
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case 'c':
        o->channel = strcmp(value, "all") == 0 ? NULL : value;
        return 0;
    case 'b':
        o->block = lv_cli_number(state, "--block", value, 0, INT64_MAX);
        o->one_block = true;
        return 0;
    case 'n':
        o->last = lv_cli_number(state, "--last", value, 1, INT64_MAX);
        return 0;
    case KEY_HEAD:
        parse_head(o, value, state);
        return 0;
    case ARGP_KEY_ARG:
        parse_verb(o, value, state);
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "one of create, show, verify, head, ping is needed");
        return 0;
    case ARGP_KEY_END:
        if (o->has_expected && o->channel == NULL) {
            argp_error(state, "--head belongs to one --channel");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const char doc[] =
    "The ledger that the organisations share: make the channels of an embedded one (once, by the "
    "downstream, when all members are known), show blocks, check everything from the files alone, "
    "print the newest block, or see whether the contract answers. `verify` recomputes links, "
    "Merkle roots, signatures and the state "
    "by running every "
    "transaction again, and checks that the head which this organisation's node remembers is part "
    "of it; no node needs to run. On Hyperledger Fabric `show` lists blocks with their calls, "
    "and `verify` checks that the remembered head is part of what the organisation's peer has; "
    "`ping` has the organisation's peer ask the chaincode."
    "\v"
    "Examples:\n"
    "  lotveil ledger create --dir b\n"
    "  lotveil ledger verify --dir a\n"
    "  lotveil ledger show --dir b --channel quality --block 3\n"
    "  lotveil ledger head --dir s --json\n"
    "  lotveil ledger ping --dir s\n\n"
    "Members of the quality channel are the downstream and its upstreams, of the xor channel the "
    "downstream and its servicers." LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "create|show|verify|head|ping",
                                 .doc = doc,
                                 .children = lv_cli_children};

/* The channels that a command is about: at most the two that a configuration names. */
typedef struct {
    const char *names[2]; /* borrowed from the configuration */
    bool xor_contract[2];
    size_t count;
} channels;

static lv_status choose(const lv_config *config, const char *wanted, channels *out, lv_error *err)
{
    *out = (channels){0};
    const char *const names[] = {config->quality_channel, config->xor_channel};
    const char *const contracts[] = {"quality", "xor"};
    for (size_t i = 0; i < 2; i++) {
        bool fits =
            wanted == NULL || strcmp(wanted, contracts[i]) == 0 || strcmp(wanted, names[i]) == 0;
        if (names[i][0] != '\0' && fits) {
            out->names[out->count] = names[i];
            out->xor_contract[out->count++] = i == 1;
        }
    }
    return out->count > 0 ? LV_OK
                          : lv_fail(err, LV_NOT_FOUND, "%s has no part in a channel %s",
                                    config->organisation, wanted != NULL ? wanted : "at all");
}

/* ---- create ---- */

static void print_made(const char *folder, const json_t *made)
{
    for (size_t i = 0; i < json_array_size(made); i++) {
        const json_t *channel = json_array_get(made, i);
        const json_t *members = json_object_get(channel, "members");
        printf("%s/%s.ledger:", folder, json_string_value(json_object_get(channel, "channel")));
        for (size_t m = 0; m < json_array_size(members); m++) {
            printf(" %s", json_string_value(json_array_get(members, m)));
        }
        puts("");
    }
}

static lv_status create(const options *o, const lv_cli_org *org, const channels *chosen,
                        lv_error *err)
{
    if (org->config->role != LV_ROLE_DOWNSTREAM) {
        return lv_fail(err, LV_REFUSED, "%s is no downstream: the downstream makes the channels",
                       org->config->organisation);
    }
    if (org->config->ledger_kind == LV_LEDGER_FABRIC) {
        return lv_fail(err, LV_REFUSED,
                       "the ledger is Hyperledger Fabric: its channels are made by the "
                       "administrators of the organisations (docs/fabric.md)");
    }
    json_t *made = json_array();
    lv_status status = lv_folder_make(org->config->ledger_folder, err);
    for (size_t i = 0; status == LV_OK && i < chosen->count; i++) {
        status = lv_channel_make(org, chosen->xor_contract[i], made, err);
    }
    if (status == LV_OK && o->cli.json) {
        json_t *answer = json_pack("{s:O}", "channels", made);
        status = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
        json_decref(answer);
    } else if (status == LV_OK) {
        print_made(org->config->ledger_folder, made);
    }
    json_decref(made);
    return status;
}

static lv_status open_channel(const lv_cli_org *org, bool xor_contract, lv_ledger **out,
                              lv_error *err)
{
    lv_bytes own_root = lv_trust_root(org->trust, org->config->organisation);
    return lv_config_open_ledger(org->config, org->identity, own_root, xor_contract, out, err);
}

/* ---- show ---- */

static json_t *hex_json(const lv_digest *digest)
{
    char hex[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(digest, hex);
    return json_string(hex);
}

static json_t *block_json(const lv_embedded_block *block)
{
    json_t *transactions = json_array();
    for (size_t i = 0; i < block->transaction_count; i++) {
        json_array_append_new(transactions,
                              json_pack("{s:I, s:s, s:s, s:I, s:I}", "transaction", (json_int_t)i,
                                        "function", block->transactions[i].function, "submitter",
                                        block->transactions[i].submitter, "arguments",
                                        (json_int_t)block->transactions[i].argument_count, "bytes",
                                        (json_int_t)block->transactions[i].bytes));
    }
    return json_pack("{s:I, s:I, s:s, s:I, s:o, s:o, s:o, s:o}", "block", (json_int_t)block->number,
                     "time", (json_int_t)block->time, "committer", block->committer, "count",
                     (json_int_t)block->transaction_count, "hash", hex_json(&block->hash),
                     "previous", hex_json(&block->previous), "merkle_root",
                     hex_json(&block->merkle_root), "transactions", transactions);
}

/* Which blocks are shown. */
typedef struct {
    uint64_t first;
    uint64_t last;
} block_range;

static lv_status choose_blocks(const options *o, lv_ledger *ledger, block_range *out, lv_error *err)
{
    lv_head head;
    uint64_t wanted = o->last != 0 ? o->last : SHOWN_BLOCKS;
    *out = (block_range){.first = o->block, .last = o->block};
    lv_status status = lv_ledger_head(ledger, &head, err);
    if (status == LV_OK && !o->one_block) {
        out->first = head.block >= wanted ? head.block - wanted + 1 : 0;
        out->last = head.block;
    }
    return status;
}

static lv_status read_embedded(lv_ledger *ledger, const block_range *range, json_t *blocks,
                               lv_error *err)
{
    lv_status status = LV_OK;
    for (uint64_t number = range->first; status == LV_OK && number <= range->last; number++) {
        lv_embedded_block block;
        status = lv_embedded_block_read(ledger, number, &block, err);
        if (status == LV_OK) {
            json_array_append_new(blocks, block_json(&block));
            lv_embedded_block_free(&block);
        }
    }
    return status;
}

static lv_status read_blocks(const options *o, bool fabric, lv_ledger *ledger, json_t *blocks,
                             lv_error *err)
{
    block_range range;
    lv_status status = choose_blocks(o, ledger, &range, err);
    if (status != LV_OK) {
        return status;
    }
    return fabric ? lv_ledger_calls(ledger, range.first, range.last, blocks, err)
                  : read_embedded(ledger, &range, blocks, err);
}

static const lv_column block_columns[] = {{"BLOCK", "block", LV_CELL_NUMBER},
                                          {"TIME", "time", LV_CELL_TIME},
                                          {"COMMITTED BY", "committer", LV_CELL_TEXT},
                                          {"TRANSACTIONS", "count", LV_CELL_NUMBER},
                                          {"HASH", "hash", LV_CELL_ID},
                                          {"PREVIOUS", "previous", LV_CELL_ID},
                                          {0}};
static const lv_column fabric_columns[] = {
    {"BLOCK", "block", LV_CELL_NUMBER}, {"CALLS", "count", LV_CELL_NUMBER}, {0}};
static const lv_column transaction_columns[] = {
    {"NO", "transaction", LV_CELL_NUMBER},    {"FUNCTION", "function", LV_CELL_TEXT},
    {"SUBMITTER", "submitter", LV_CELL_TEXT}, {"RECORDS", "arguments", LV_CELL_NUMBER},
    {"BYTES", "bytes", LV_CELL_NUMBER},       {0}};

static lv_status print_block(const json_t *block)
{
    static const char *const keys[] = {"committer", "hash", "previous", "merkle_root"};
    lv_table table = {.columns = transaction_columns};
    const json_t *when = json_object_get(block, "time");
    char time[32] = "";
    if (when != NULL) { /* not of a block on Fabric */
        lv_cli_time(json_integer_value(when), time);
    }
    printf("block %lld%s%s\n", (long long)json_integer_value(json_object_get(block, "block")),
           when != NULL ? ", " : "", time);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const char *value = json_string_value(json_object_get(block, keys[i]));
        if (value != NULL) {
            printf("  %-12s %s\n", keys[i], value);
        }
    }
    return lv_table_print(&table, json_object_get(block, "transactions"), stdout);
}

static lv_status print_blocks(const options *o, bool fabric, const char *name, const json_t *blocks)
{
    lv_table table = {.columns = fabric ? fabric_columns : block_columns};
    printf("Channel %s\n", name);
    if (!o->one_block) {
        return lv_table_print(&table, blocks, stdout);
    }
    if (json_array_size(blocks) == 0) {
        printf("block %" PRIu64 " holds no call\n", o->block);
        return LV_OK;
    }
    return print_block(json_array_get(blocks, 0));
}

static lv_status show_one(const options *o, const lv_cli_org *org, const char *name,
                          bool xor_contract, json_t *shown, lv_error *err)
{
    bool fabric = org->config->ledger_kind == LV_LEDGER_FABRIC;
    lv_ledger *ledger = NULL;
    json_t *blocks = json_array();
    lv_status status = open_channel(org, xor_contract, &ledger, err);
    if (status == LV_OK) {
        status = read_blocks(o, fabric, ledger, blocks, err);
        lv_ledger_close(ledger);
    }
    if (status == LV_OK && !o->cli.json) {
        status = print_blocks(o, fabric, name, blocks);
    }
    json_array_append_new(shown, json_pack("{s:s, s:o}", "channel", name, "blocks", blocks));
    return status;
}

/* ---- head ---- */

static json_t *head_json(const lv_head *head)
{
    return json_pack("{s:I, s:o}", "block", (json_int_t)head->block, "hash", hex_json(&head->hash));
}

static lv_status head_one(const options *o, const lv_cli_org *org, const char *name,
                          bool xor_contract, json_t *shown, lv_error *err)
{
    lv_ledger *ledger = NULL;
    lv_head head;
    lv_status status = open_channel(org, xor_contract, &ledger, err);
    if (status != LV_OK) {
        return status;
    }
    status = lv_ledger_head(ledger, &head, err);
    lv_ledger_close(ledger);
    if (status != LV_OK) {
        return status;
    }
    json_t *entry = head_json(&head);
    json_object_set_new(entry, "channel", json_string(name));
    if (!o->cli.json) {
        printf("%s %" PRIu64 ":%s\n", name, head.block,
               json_string_value(json_object_get(entry, "hash")));
    }
    json_array_append_new(shown, entry);
    return LV_OK;
}

/* ---- ping ---- */

/* Asks for a set that cannot be there: its id is a digest, of which none is known that is zero.
 * That there is none is for the contract to say. */
static lv_status ask_contract(lv_ledger *ledger, lv_error *err)
{
    static const lv_digest nothing;
    char set_id[2 * LV_DIGEST_LEN + 1];
    lv_buffer record = {0};
    lv_digest_hex(&nothing, set_id);
    const lv_bytes argument = lv_bytes_of_text(set_id);
    const lv_call call = {.function = "get", .arguments = &argument, .argument_count = 1};
    lv_status status = lv_ledger_read(ledger, &call, &record, err);
    lv_buffer_free(&record);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

static lv_status ping_one(const options *o, const lv_cli_org *org, const char *name,
                          bool xor_contract, json_t *shown, lv_error *err)
{
    lv_ledger *ledger = NULL;
    lv_status status = open_channel(org, xor_contract, &ledger, err);
    if (status != LV_OK) {
        return status;
    }
    double begun = lv_clock_seconds();
    status = ask_contract(ledger, err);
    double seconds = lv_clock_seconds() - begun;
    lv_ledger_close(ledger);
    if (status == LV_OK) {
        json_array_append_new(
            shown, json_pack("{s:s, s:f}", "channel", name, "milliseconds", 1000 * seconds));
        if (!o->cli.json) {
            printf("%s: the contract answered in %.1f ms\n", name, 1000 * seconds);
        }
    }
    return status;
}

/* ---- verify ---- */

/* Of a channel on Fabric nothing was recomputed here: there is nothing to count. */
static json_t *audit_json(const char *name, lv_status status, bool fabric,
                          const lv_embedded_audit *audit, const lv_head *expected,
                          const lv_error *err)
{
    json_t *entry = json_pack("{s:s, s:b}", "channel", name, "ok", (int)(status == LV_OK));
    json_object_set_new(entry, "remembered", expected != NULL ? head_json(expected) : json_null());
    if (status != LV_OK) {
        json_object_set_new(entry, "error", json_string(err->text));
        return entry;
    }
    json_object_set_new(entry, "blocks", json_integer((json_int_t)audit->blocks));
    json_object_set_new(entry, "head", head_json(&audit->head));
    if (!fabric) {
        json_object_set_new(entry, "transactions", json_integer((json_int_t)audit->transactions));
        json_object_set_new(entry, "state_keys", json_integer((json_int_t)audit->state_keys));
    }
    return entry;
}

static void print_audit(const char *name, lv_status status, bool fabric,
                        const lv_embedded_audit *audit, const lv_head *expected,
                        const lv_error *err)
{
    if (status != LV_OK) {
        printf("%s: DOES NOT VERIFY: %s\n", name, err->text);
        return;
    }
    printf("%s: ok, %" PRIu64 " blocks", name, audit->blocks);
    if (fabric) {
        printf(" at this organisation's own peer, which checked them");
    } else {
        printf(", %" PRIu64 " transactions, %" PRIu64 " keys", audit->transactions,
               audit->state_keys);
    }
    if (expected != NULL) {
        printf("; block %" PRIu64 ", remembered by this organisation, is part of it\n",
               expected->block);
        return;
    }
    puts("; no head is remembered yet");
}

/* Which head must be part of the channel: the one given, or what the node remembers.
 * @param[out] out  NULL where it remembers none. */
static lv_status find_expected(const options *o, const char *name, lv_head *remembered,
                               const lv_head **out, lv_error *err)
{
    *out = o->has_expected ? &o->expected : NULL;
    if (o->has_expected) {
        return LV_OK;
    }
    lv_status status = lv_ledger_remembered(o->cli.dir, name, remembered, err);
    *out = status == LV_OK ? remembered : NULL;
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* On Fabric the organisation's own peer has checked every block and signature as it took it in;
 * what remains is whether it still has the past that this organisation's node saw. */
static lv_status verify_on_fabric(const lv_cli_org *org, bool xor_contract, const lv_head *expected,
                                  lv_embedded_audit *audit, lv_error *err)
{
    lv_ledger *ledger = NULL;
    lv_status status = open_channel(org, xor_contract, &ledger, err);
    if (status != LV_OK) {
        return status;
    }
    if (expected != NULL) {
        status = lv_ledger_check_head(ledger, expected, err);
    }
    if (status == LV_OK) {
        status = lv_ledger_head(ledger, &audit->head, err);
    }
    audit->blocks = audit->head.block + 1;
    lv_ledger_close(ledger);
    return status;
}

static lv_status verify_one(const options *o, const lv_cli_org *org, const char *name,
                            bool xor_contract, json_t *shown, lv_error *err)
{
    bool fabric = org->config->ledger_kind == LV_LEDGER_FABRIC;
    lv_embedded_audit audit = {0};
    lv_head remembered;
    const lv_head *expected = NULL;
    lv_status status = find_expected(o, name, &remembered, &expected, err);
    if (status != LV_OK) {
        return status;
    }
    status = fabric ? verify_on_fabric(org, xor_contract, expected, &audit, err)
                    : lv_embedded_verify(org->config->ledger_folder, name, expected, &audit, err);
    if (status != LV_OK && status != LV_E_CORRUPT) {
        return status;
    }
    json_array_append_new(shown, audit_json(name, status, fabric, &audit, expected, err));
    if (!o->cli.json) {
        print_audit(name, status, fabric, &audit, expected, err);
    }
    return status;
}

/* ---- */

static lv_status each_channel(const options *o, const lv_cli_org *org, const channels *chosen,
                              lv_error *err)
{
    static lv_status (*const works[])(const options *, const lv_cli_org *, const char *, bool,
                                      json_t *, lv_error *) = {[VERB_SHOW] = show_one,
                                                               [VERB_VERIFY] = verify_one,
                                                               [VERB_HEAD] = head_one,
                                                               [VERB_PING] = ping_one};
    json_t *shown = json_array();
    lv_status result = LV_OK;
    for (size_t i = 0; i < chosen->count; i++) {
        lv_error words = {0};
        lv_status status =
            works[o->verb](o, org, chosen->names[i], chosen->xor_contract[i], shown, &words);
        if (status != LV_OK && result == LV_OK) {
            *err = words;
            result = status;
        }
    }
    /* A ledger that does not verify is an outcome to be told in full as well. */
    if (o->cli.json && (result == LV_OK || result == LV_E_CORRUPT)) {
        json_t *answer = json_pack("{s:O}", "channels", shown);
        lv_status printed = answer == NULL ? LV_E_MEMORY : lv_cli_print_json(answer, err);
        result = result == LV_OK ? printed : result;
        json_decref(answer);
    }
    json_decref(shown);
    return result;
}

static lv_status work(const options *o, lv_error *err)
{
    lv_cli_org org;
    channels chosen;
    lv_status status = lv_cli_org_load(o->cli.dir, &org, err);
    if (status != LV_OK) {
        return status;
    }
    status = choose(org.config, o->channel, &chosen, err);
    if (status == LV_OK) {
        status = o->verb == VERB_CREATE ? create(o, &org, &chosen, err)
                                        : each_channel(o, &org, &chosen, err);
    }
    lv_cli_org_free(&org);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = work(&o, &err);
    int code = lv_cli_finish(status, &err);
    return status == LV_E_CORRUPT && o.verb == VERB_VERIFY ? LV_EXIT_NEGATIVE : code;
}

const lv_command lv_cmd_ledger = {"ledger", "the shared ledger: create, show, verify, head, ping",
                                  run};
