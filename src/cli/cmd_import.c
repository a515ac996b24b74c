#include "base/file.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "record/appendix_a.h"
#include <stdio.h>
#include <string.h>

enum { KEY_APPENDIX = 0x100, KEY_OUTPUT_ORDER }; /* options without a letter */

typedef struct {
    lv_cli cli;
    const char *file;
    lv_appendix_options how;
    const char *p;
    const char *q;
    const char *output;
    bool reorder; /* to `output_order` before writing */
    lv_bit_order output_order;
} options;

static const struct argp_option option_list[] = {
    {"appendix-a", KEY_APPENDIX, "FILE", 0,
     "A file in the layout of the published appendix: text as in its figure, or JSON", 1},
    {"part", 't', "NAME", 0, "JSON: the name under which the arrays stand, such as printed", 1},
    {"bit-order", 'b', "lsb|msb", 0,
     "Which bit comes first where the file does not say (default lsb, as published)", 1},
    {"p", 'p', "P", 0, "With --q: the primes of the key, in decimal, to decrypt with", 1},
    {"q", 'q', "Q", 0, "See --p", 1},
    {"output", 'o', "FILE", 0,
     "Write the pair again once it has passed: JSON where FILE ends in .json, else text as in the "
     "figure",
     2},
    {"output-order", KEY_OUTPUT_ORDER, "lsb|msb", 0,
     "With --output: which bit comes first (default as read)", 2},
    {0}};

static lv_bit_order read_order(const char *option, const char *value, struct argp_state *state)
{
    if (strcmp(value, "lsb") != 0 && strcmp(value, "msb") != 0) {
        argp_error(state, "%s: \"%s\" is neither lsb nor msb", option, value);
    }
    return value[0] == 'm' ? LV_BITS_MSB_FIRST : LV_BITS_LSB_FIRST;
}

static error_t parse_more(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case 'o':
        o->output = value;
        return 0;
    case KEY_OUTPUT_ORDER:
        o->reorder = true;
        o->output_order = read_order("--output-order", value, state);
        return 0;
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &o->cli;
        return 0;
    case ARGP_KEY_ARG:
        argp_usage(state);
        return 0;
    case ARGP_KEY_END:
        if (o->file == NULL) {
            argp_error(state, "--appendix-a FILE is needed");
        }
        if ((o->p == NULL) != (o->q == NULL)) {
            argp_error(state, "--p and --q belong together");
        }
        if (o->reorder && o->output == NULL) {
            argp_error(state, "--output-order goes with --output");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse(int key, char *value, struct argp_state *state)
{
    options *o = state->input;
    switch (key) {
    case KEY_APPENDIX:
        o->file = value;
        return 0;
    case 't':
        o->how.part = value;
        return 0;
    case 'b':
        o->how.order = read_order("--bit-order", value, state);
        return 0;
    case 'p':
        o->p = value;
        return 0;
    case 'q':
        o->q = value;
        return 0;
    default:
        return parse_more(key, value, state);
    }
}

static const char doc[] =
    "Reads a pair in the layout of the published appendix and checks it: n, n^2 and n + 1 belong "
    "together, every ciphertext lies below n^2 and shares no factor with n. With the primes it "
    "decrypts and tells X, Y and X xor Y, and which entries are no bits. Nothing is stored but "
    "what "
    "--output asks for. The "
    "primes stand on the command line for all users of the machine to see: this is for published "
    "examples."
    "\v"
    "Example:\n"
    "  lotveil import --appendix-a tests/vectors/appendix_a.json --part corrected --p 47917 "
    "--q 59063\n\n"
    "Exit code 1 where a check fails, an entry is no bit, or the XOR is not that of X and "
    "Y." LV_CLI_EXITS;
static const struct argp argp = {
    .options = option_list, .parser = parse, .doc = doc, .children = lv_cli_children};

static const char *const value_names[LV_APPENDIX_ARRAYS] = {"X", "Y", "XOR"};

static bool disagrees(const lv_appendix_plain *plain)
{
    return plain->known[LV_APPENDIX_T1Q] && plain->known[LV_APPENDIX_T2Q] &&
           plain->known[LV_APPENDIX_XOR] &&
           (plain->value[LV_APPENDIX_T1Q] ^ plain->value[LV_APPENDIX_T2Q]) !=
               plain->value[LV_APPENDIX_XOR];
}

static json_t *result_json(const lv_appendix *appendix, const lv_appendix_plain *plain)
{
    json_t *misprints = json_array();
    json_t *arrays = json_object();
    json_t *result = json_pack("{s:s, s:s, s:s, s:o, s:b}", "lot", appendix->lot, "n", appendix->n,
                               "bit_order", lv_bit_order_name(appendix->order), "entries", arrays,
                               "decrypted", (int)(plain != NULL));
    for (size_t i = 0; i < LV_APPENDIX_ARRAYS; i++) {
        json_object_set_new(arrays, lv_appendix_array_name((lv_appendix_array)i),
                            json_integer((json_int_t)appendix->arrays[i].count));
        bool known = plain != NULL && plain->known[i];
        json_object_set_new(result, value_names[i],
                            known ? json_integer((json_int_t)plain->value[i]) : json_null());
    }
    for (size_t i = 0; plain != NULL && i < plain->misprint_count; i++) {
        const lv_appendix_misprint *misprint = &plain->misprints[i];
        json_array_append_new(misprints, json_pack("{s:s, s:I}", "array",
                                                   lv_appendix_array_name(misprint->array), "index",
                                                   (json_int_t)misprint->index));
    }
    json_object_set_new(result, "misprints", misprints);
    return result;
}

static void print_words(const lv_appendix *appendix, const lv_appendix_plain *plain)
{
    printf("%s: n = %s, %s; every number is well formed\n", appendix->lot, appendix->n,
           lv_bit_order_name(appendix->order));
    for (size_t i = 0; i < LV_APPENDIX_ARRAYS; i++) {
        printf("  %s: %zu ciphertexts", lv_appendix_array_name((lv_appendix_array)i),
               appendix->arrays[i].count);
        if (plain != NULL && plain->known[i]) {
            printf(", %s = %llu", value_names[i], (unsigned long long)plain->value[i]);
        }
        puts("");
    }
    for (size_t i = 0; plain != NULL && i < plain->misprint_count; i++) {
        printf("  NO BIT: %s, entry %zu (counted from 0)\n",
               lv_appendix_array_name(plain->misprints[i].array), plain->misprints[i].index);
    }
    if (plain == NULL) {
        puts("  not decrypted: --p and --q were not given");
    }
}

static lv_status judge(const lv_appendix_plain *plain, lv_error *err)
{
    if (plain->misprint_count > 0) {
        return lv_fail(err, LV_INVALID, "%zu entries are no bits", plain->misprint_count);
    }
    if (disagrees(plain)) {
        return lv_fail(err, LV_INVALID, "XOR_args is not the XOR of T1Q_args and T2Q_args");
    }
    return LV_OK;
}

static lv_status tell(const options *o, const lv_appendix *appendix, const lv_appendix_plain *plain,
                      lv_error *err)
{
    if (!o->cli.json) {
        print_words(appendix, plain);
        return LV_OK;
    }
    json_t *result = result_json(appendix, plain);
    lv_status status = result == NULL ? LV_E_MEMORY : lv_cli_print_json(result, err);
    json_decref(result);
    return status;
}

static lv_status check(const options *o, const lv_appendix *appendix, lv_error *err)
{
    lv_secret_key *key = NULL;
    lv_appendix_plain plain = {0};
    if (o->p == NULL) {
        lv_status status = lv_appendix_check(appendix, err);
        return status == LV_OK ? tell(o, appendix, NULL, err) : status;
    }
    lv_status status = lv_appendix_key(o->p, o->q, &key, err);
    if (status == LV_OK) {
        status = lv_appendix_decrypt(appendix, key, &plain, err);
    }
    if (status == LV_OK) {
        status = tell(o, appendix, &plain, err);
    }
    if (status == LV_OK) {
        status = judge(&plain, err);
    }
    lv_wipe(&plain, sizeof plain);
    lv_key_free(key);
    return status;
}

/* The pair as it was read, in either layout and bit order. */
static lv_status write_again(const options *o, lv_appendix *appendix, lv_error *err)
{
    lv_buffer text = {0};
    const char *dot = strrchr(o->output, '.');
    if (o->reorder) {
        lv_appendix_reorder(appendix, o->output_order);
    }
    lv_status status = dot != NULL && strcmp(dot, ".json") == 0
                           ? lv_appendix_write_json(appendix, &text, err)
                           : lv_appendix_write_text(appendix, &text, err);
    if (status == LV_OK) {
        status = lv_file_write(o->output, lv_buffer_view(&text), 0644, err);
    }
    lv_buffer_free(&text);
    return status;
}

static lv_status import(const options *o, lv_error *err)
{
    lv_buffer text = {0};
    lv_appendix appendix = {0};
    lv_status status = lv_cli_read(o->file, LV_APPENDIX_FILE_MAX, &text, err);
    if (status == LV_OK) {
        status = lv_appendix_parse(o->file, lv_buffer_view(&text), &o->how, &appendix, err);
        status = status == LV_NOT_FOUND ? LV_E_SYNTAX : status;
    }
    if (status == LV_OK) {
        status = check(o, &appendix, err);
    }
    if (status == LV_OK && o->output != NULL) {
        status = write_again(o, &appendix, err);
    }
    lv_appendix_free(&appendix);
    lv_buffer_free(&text);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = import(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_import = {"import", "check a pair in the published layout", run};
