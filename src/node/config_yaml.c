#include "node/config_yaml.h"
#include <inttypes.h>
#include <lotveil/series.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 8U /* our schemas are four deep */
#define WORDS_MAX 256U

/* One line of libcyaml's backtrace: a field of a mapping, an entry of a sequence (its key is "")
 * or a mapping of which no field was read yet (key "", index 0). */
typedef struct {
    char key[LV_NAME_MAX + 1];
    unsigned index; /* of a sequence's entry, from 1 */
    unsigned line;
} frame;

/* What libcyaml said while loading. */
typedef struct {
    char words[WORDS_MAX];
    frame frames[FRAMES_MAX]; /* innermost first */
    size_t count;
} report;

/* ---- libcyaml's log ---- */

static void note_frame(report *said, const char *line)
{
    frame found = {0};
    /* NOLINTBEGIN(cert-err34-c): libcyaml wrote these numbers; at worst a line is told wrongly */
    bool known =
        sscanf(line, " in mapping field '%64[^']' (line: %u", found.key, &found.line) == 2 ||
        sscanf(line, " in sequence entry '%u' (line: %u", &found.index, &found.line) == 2 ||
        sscanf(line, " in mapping (line: %u", &found.line) == 1;
    /* NOLINTEND(cert-err34-c) */
    if (known && said->count < FRAMES_MAX) {
        said->frames[said->count++] = found;
    }
}

static void LV_PRINTF(3, 0)
    note(cyaml_log_t level, void *context, const char *format, va_list arguments)
{
    report *said = context;
    char line[WORDS_MAX];
    (void)level;
    vsnprintf(line, sizeof line, format, arguments);
    line[strcspn(line, "\n")] = '\0';

    const char *words = strncmp(line, "Load: ", 6) == 0 ? line + 6 : line;
    if (strncmp(words, "  in ", 5) == 0) {
        note_frame(said, words);
        return;
    }
    if (said->words[0] == '\0' && strcmp(words, "Backtrace:") != 0) {
        snprintf(said->words, sizeof said->words, "%s", words);
    }
}

/* ---- what is legal at a place ---- */

static const cyaml_schema_value_t *step(const cyaml_schema_value_t *value, const frame *at)
{
    if (at->key[0] == '\0') {
        return value->type == CYAML_SEQUENCE && at->index > 0 ? value->sequence.entry : value;
    }
    if (value->type != CYAML_MAPPING) {
        return NULL;
    }
    for (const cyaml_schema_field_t *field = value->mapping.fields; field->key != NULL; field++) {
        if (strcmp(field->key, at->key) == 0) {
            return &field->value;
        }
    }
    return NULL;
}

static lv_status append_keys(lv_buffer *out, const cyaml_schema_field_t *fields)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && fields[i].key != NULL; i++) {
        status = lv_buffer_printf(out, "%s%s", i > 0 ? ", " : "", fields[i].key);
    }
    return status;
}

static lv_status append_choices(lv_buffer *out, const cyaml_schema_value_t *value)
{
    lv_status status = LV_OK;
    for (uint32_t i = 0; status == LV_OK && i < value->enumeration.count; i++) {
        status = lv_buffer_printf(out, "%s%s", i > 0 ? ", " : "one of ",
                                  value->enumeration.strings[i].str);
    }
    return status;
}

/* What a value of that kind looks like: "one of rise, fall, both". */
static lv_status append_legal(lv_buffer *out, const cyaml_schema_value_t *value)
{
    switch (value->type) {
    case CYAML_ENUM:
        return append_choices(out, value);
    case CYAML_STRING:
        if (value->string.max == CYAML_UNLIMITED) {
            return lv_buffer_printf(out, "a whole number"); /* LV_YAML_FIELD_NUMBER */
        }
        return lv_buffer_printf(out, "text of %" PRIu32 " to %" PRIu32 " bytes", value->string.min,
                                value->string.max);
    case CYAML_MAPPING: {
        lv_status status = lv_buffer_printf(out, "a mapping with the keys ");
        return status == LV_OK ? append_keys(out, value->mapping.fields) : status;
    }
    case CYAML_SEQUENCE:
        return lv_buffer_printf(out, "a list of at most %" PRIu32 " entries", value->sequence.max);
    default:
        return lv_buffer_printf(out, "of another type");
    }
}

/* ---- words ---- */

/* Follows the report's frames from the outermost to `last`, naming the place ("members, entry 2,
 * url"). Gives the schema there, NULL where it is not known. */
static lv_status walk(const report *said, size_t last, const cyaml_schema_value_t *schema,
                      lv_buffer *place, const cyaml_schema_value_t **found)
{
    lv_status status = LV_OK;
    *found = schema;
    for (size_t i = said->count; status == LV_OK && i > last; i--) {
        const frame *at = &said->frames[i - 1];
        const char *comma = place->len > 0 ? ", " : "";
        *found = *found != NULL ? step(*found, at) : NULL;
        if (at->key[0] != '\0') {
            status = lv_buffer_printf(place, "%s%s", comma, at->key);
        } else if (at->index > 0) {
            status = lv_buffer_printf(place, "%sentry %u", comma, at->index);
        }
    }
    return status;
}

/* A fault about keys is told at the mapping around it: libcyaml's innermost frame is the field read
 * before, whose line is the nearest it knows. */
static bool is_about_keys(cyaml_err_t code, const report *said)
{
    return code == CYAML_ERR_INVALID_KEY || code == CYAML_ERR_MAPPING_FIELD_MISSING ||
           strncmp(said->words, "Mapping field already seen", 26) == 0;
}

static lv_status append_hint(lv_buffer *out, cyaml_err_t code, bool about_keys,
                             const cyaml_schema_value_t *found)
{
    if (found == NULL || code == CYAML_ERR_LIBYAML_PARSER) {
        return LV_OK;
    }
    if (code == CYAML_ERR_INVALID_KEY && found->type == CYAML_MAPPING) {
        lv_status status = lv_buffer_printf(out, "; the keys there are ");
        return status == LV_OK ? append_keys(out, found->mapping.fields) : status;
    }
    if (about_keys) {
        return LV_OK;
    }
    lv_status status = lv_buffer_printf(out, "; it must be ");
    return status == LV_OK ? append_legal(out, found) : status;
}

static lv_status explain(const char *name, cyaml_err_t code, const report *said,
                         const cyaml_schema_value_t *schema, lv_error *err)
{
    bool keys = is_about_keys(code, said);
    bool near = keys || code == CYAML_ERR_LIBYAML_PARSER;
    lv_buffer line = {0};
    lv_buffer place = {0};
    lv_buffer hint = {0};
    const cyaml_schema_value_t *found = NULL;

    lv_status status = walk(said, keys && said->count > 0 ? 1 : 0, schema, &place, &found);
    if (status == LV_OK && said->count > 0) {
        status = lv_buffer_printf(&line, near ? ": near line %u" : ":%u", said->frames[0].line);
    }
    if (status == LV_OK) {
        status = append_hint(&hint, code, keys, found);
    }
    if (status == LV_OK) {
        status = lv_fail(err, LV_E_CONFIG, "%s%s: %s%s%s%s", name, lv_buffer_text(&line),
                         lv_buffer_text(&place), place.len > 0 ? ": " : "",
                         said->words[0] != '\0' ? said->words : cyaml_strerror(code),
                         lv_buffer_text(&hint));
    }
    lv_buffer_free(&line);
    lv_buffer_free(&place);
    lv_buffer_free(&hint);
    return status;
}

/* ---- loading ---- */

static cyaml_config_t settings(report *said)
{
    return (cyaml_config_t){
        .log_fn = note,
        .log_ctx = said,
        .mem_fn = cyaml_mem,
        .log_level = CYAML_LOG_WARNING,
        .flags = CYAML_CFG_NO_ALIAS,
    };
}

lv_status lv_yaml_load(const char *name, lv_bytes text, const cyaml_schema_value_t *schema,
                       void **out, lv_error *err)
{
    report said = {0};
    cyaml_config_t config = settings(&said);
    void *data = NULL;

    *out = NULL;
    if (text.len == 0) {
        return lv_fail(err, LV_E_CONFIG, "%s: is empty", name);
    }
    if (text.len > LV_CONFIG_FILE_MAX) {
        return lv_fail(err, LV_E_CONFIG, "%s: larger than %zu bytes", name, LV_CONFIG_FILE_MAX);
    }
    cyaml_err_t code = cyaml_load_data(text.data, text.len, &config, schema, &data, NULL);
    if (code == CYAML_ERR_OOM) {
        return LV_E_MEMORY;
    }
    if (code != CYAML_OK) {
        return explain(name, code, &said, schema, err);
    }
    if (data == NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: is empty", name);
    }
    if (said.words[0] != '\0') { /* a warning: it ignored something that somebody wrote */
        lv_yaml_free(schema, data);
        return lv_fail(err, LV_E_CONFIG, "%s: %s", name, said.words);
    }
    *out = data;
    return LV_OK;
}

void lv_yaml_free(const cyaml_schema_value_t *schema, void *data)
{
    report said = {0};
    cyaml_config_t config = settings(&said);
    if (data != NULL) {
        (void)cyaml_free(&config, schema, data, 0);
    }
}

/* ---- single values ---- */

/* Digits, and no zero before them, which elsewhere means octal. */
static bool is_plain_number(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0' && (digits == 1 || text[0] != '0');
}

/* False where it does not fit. */
static bool read_digits(const char *text, uint64_t *out)
{
    *out = 0;
    for (; *text != '\0'; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (__builtin_mul_overflow(*out, 10, out) || __builtin_add_overflow(*out, digit, out)) {
            return false;
        }
    }
    return true;
}

lv_status lv_yaml_number(const char *name, const char *key, const char *value, uint64_t low,
                         uint64_t high, uint64_t fallback, uint64_t *out, lv_error *err)
{
    uint64_t number = 0;
    *out = fallback;
    if (value == NULL) {
        return LV_OK;
    }
    *out = 0;
    if (!is_plain_number(value)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: %s: '%.40s' is no whole number in decimal digits alone (10, not +10, "
                       "010, 0x10, 1_0 or 10.0); it must be %" PRIu64 " to %" PRIu64,
                       name, key, value, low, high);
    }
    if (!read_digits(value, &number) || number < low || number > high) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: %s: %.40s is out of range; it must be %" PRIu64 " to %" PRIu64, name,
                       key, value, low, high);
    }
    *out = number;
    return LV_OK;
}

lv_status lv_yaml_name(const char *name, const char *key, const char *value, char *out,
                       lv_error *err)
{
    out[0] = '\0';
    if (!lv_name_is_valid(value)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: %s: '%s' is no name; a name is 1 to %u letters, digits, '.', '_' or "
                       "'-' and does not start with '.' or '-'",
                       name, key, value, LV_NAME_MAX);
    }
    snprintf(out, LV_NAME_MAX + 1, "%s", value);
    return LV_OK;
}
