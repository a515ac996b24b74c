#include "base/file.h"
#include "base/secret.h"
#include "cli/client.h"
#include "cli/export_json.h"
#include "record/appendix_a.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_SECRET 0x100 /* options without a letter */
#define KEY_APPENDIX 0x101

typedef struct {
    lv_cli cli;
    const char *set;
    const char *output;
    bool appendix;
    bool secret_key;
    lv_bit_order order;
    uint32_t pair;
} options;

static const struct argp_option option_list[] = {
    {"appendix-a", KEY_APPENDIX, NULL, 0,
     "The layout of the published appendix instead, one pair: text as in its figure, with --json "
     "as JSON",
     1},
    {"bit-order", 'b', "lsb|msb", 0,
     "With --appendix-a: which bit comes first (default lsb, as published)", 1},
    {"pair", 'p', "N", 0, "With --appendix-a: which pair, from 0 (default 0)", 1},
    {"secret-key", KEY_SECRET, NULL, 0,
     "Downstream: put the set's secret key into the JSON, for an audit by the owner. Whoever has "
     "it reads the values; the node logs that it was given out",
     1},
    {"output", 'o', "FILE", 0, "Write to this file instead of standard output", 1},
    {0}};

static error_t parse_switch(int key, options *o)
{
    switch (key) {
    case KEY_APPENDIX:
        o->appendix = true;
        return 0;
    case KEY_SECRET:
        o->secret_key = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
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
        if (strcmp(value, "lsb") != 0 && strcmp(value, "msb") != 0) {
            argp_error(state, "--bit-order: \"%s\" is neither lsb nor msb", value);
        }
        o->order = value[0] == 'm' ? LV_BITS_MSB_FIRST : LV_BITS_LSB_FIRST;
        return 0;
    case 'p':
        o->pair = (uint32_t)lv_cli_number(state, "--pair", value, 0, LV_SET_PAIRS_MAX - 1);
        return 0;
    case 'o':
        o->output = value;
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_usage(state);
        }
        o->set = value;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "the id of a set is needed; `lotveil sets` lists them");
        return 0;
    case ARGP_KEY_END:
        if (o->appendix && o->secret_key) {
            argp_error(state, "--secret-key does not go with --appendix-a");
        }
        return 0;
    default:
        return parse_switch(key, o);
    }
}

static const char doc[] =
    "Writes a set with all that this node has of it as JSON, so that others can check it without "
    "any code of Lotveil: every field of the records, the signed bytes, Enc(z) of each pair where "
    "both records are there, inquiries and answers. Signatures, digests and proofs are checked "
    "first."
    "\v"
    "Examples:\n"
    "  lotveil export 3fa9c1 --dir a -o set.json\n"
    "  lotveil export 3fa9c1 --dir b --appendix-a\n"
    "  lotveil export 3fa9c1 --dir b --appendix-a --json --bit-order msb\n\n"
    "SETID may be cut to 6 digits or more." LV_CLI_EXITS;
static const struct argp argp = {.options = option_list,
                                 .parser = parse,
                                 .args_doc = "SETID",
                                 .doc = doc,
                                 .children = lv_cli_children};

static lv_status put_out(const options *o, lv_bytes text, lv_error *err)
{
    if (o->output != NULL) {
        return lv_file_write(o->output, text, o->secret_key ? 0600 : 0644, err);
    }
    if (fwrite(text.data, 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        return lv_fail(err, LV_E_IO, "cannot write to standard output: %s", strerror(errno));
    }
    return LV_OK;
}

/* ---- the published layout ---- */

static lv_status open_both(const lv_export_records *records, const lv_trust *trust,
                           lv_quality *quality, lv_xor *sold, lv_error *err)
{
    *quality = (lv_quality){0};
    *sold = (lv_xor){0};
    lv_status status = LV_OK;
    if (records->quality.len > 0) {
        status = lv_quality_open(lv_buffer_view(&records->quality), trust, LV_TIME_RECORD, quality,
                                 NULL, err);
    }
    if (status == LV_OK && records->xor_record.len > 0) {
        status = lv_xor_open(lv_buffer_view(&records->xor_record), trust, LV_TIME_RECORD, sold,
                             NULL, err);
    }
    return status;
}

static lv_status write_appendix(const options *o, const char *set_id,
                                const lv_export_records *records, const lv_trust *trust,
                                lv_error *err)
{
    lv_quality quality;
    lv_xor sold;
    lv_appendix appendix = {0};
    lv_buffer text = {0};
    bool known = records->quality.len > 0;
    lv_status status = open_both(records, trust, &quality, &sold, err);
    if (status == LV_OK) {
        /* Without the quality record nobody here knows a lot. */
        status = lv_appendix_from_records(known ? &quality : NULL,
                                          records->xor_record.len > 0 ? &sold : NULL, o->pair,
                                          known ? NULL : set_id, o->order, &appendix, err);
    }
    if (status == LV_OK) {
        status = o->cli.json ? lv_appendix_write_json(&appendix, &text, err)
                             : lv_appendix_write_text(&appendix, &text, err);
    }
    if (status == LV_OK) {
        status = put_out(o, lv_buffer_view(&text), err);
    }
    lv_buffer_free(&text);
    lv_appendix_free(&appendix);
    lv_xor_free(&sold);
    lv_quality_free(&quality);
    return status;
}

/* ---- JSON ---- */

/* The node's answer, {"key": base64}, moves into the document. */
static lv_status put_secret_key(const options *o, const char *set_id, json_t *document,
                                lv_error *err)
{
    json_t *answer = NULL;
    lv_status status = lv_client_get(o->cli.dir, &answer, err, "/v1/sets/%s/key", set_id);
    if (status == LV_OK &&
        json_object_set(document, "secret_key", json_object_get(answer, "key")) != 0) {
        status = lv_fail(err, LV_E_SYNTAX, "the node gave no key");
    }
    json_decref(answer);
    return status;
}

static lv_status write_json(const options *o, const char *set_id, const lv_export_records *records,
                            const lv_trust *trust, lv_error *err)
{
    json_t *document = NULL;
    char *text = NULL;
    lv_status status = lv_export_json(set_id, records, trust, &document, err);
    if (status == LV_OK && o->secret_key) {
        status = put_secret_key(o, set_id, document, err);
    }
    if (status == LV_OK) {
        text = json_dumps(document, JSON_INDENT(2));
        status = text == NULL ? LV_E_MEMORY : LV_OK;
    }
    if (status == LV_OK) {
        size_t len = strlen(text);
        text[len] = '\n'; /* the document's end becomes a line's end, len + 1 bytes in all */
        status = put_out(o, (lv_bytes){(const uint8_t *)text, len + 1}, err);
        lv_wipe(text, len + 1);
    }
    free(text);
    lv_json_wipe(document, "secret_key");
    json_decref(document);
    return status;
}

static lv_status export_set(const options *o, lv_error *err)
{
    char set_id[2 * LV_DIGEST_LEN + 1];
    lv_cli_org org = {0};
    lv_export_records records = {0};
    json_t *answer = NULL;
    lv_status status = lv_cli_org_load(o->cli.dir, &org, err);
    if (status == LV_OK) {
        status = lv_client_set_id(o->cli.dir, o->set, set_id, err);
    }
    if (status == LV_OK) {
        status = lv_client_get(o->cli.dir, &answer, err, "/v1/sets/%s/records", set_id);
    }
    if (status == LV_OK) {
        status = lv_export_read(answer, &records, err);
    }
    if (status == LV_OK) {
        status = o->appendix ? write_appendix(o, set_id, &records, org.trust, err)
                             : write_json(o, set_id, &records, org.trust, err);
    }
    lv_export_free(&records);
    json_decref(answer);
    lv_cli_org_free(&org);
    return status;
}

static int run(int argc, char **argv)
{
    options o = {0};
    lv_error err = {0};
    lv_cli_parse(&argp, argc, argv, &o.cli, &o);
    lv_status status = export_set(&o, &err);
    return lv_cli_finish(status, &err);
}

const lv_command lv_cmd_export = {"export", "a set's records for others to check", run};
