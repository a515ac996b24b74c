/* The published layout as the text of Figure A1 (record/appendix_a.h). */
#include "record/appendix_a_read.h"
#include <stdlib.h>
#include <string.h>

static const char *const KEY_NAMES[] = {"Pubkey_n", "Pubkey_n_squared", "Pubkey_n_plusone"};
#define KEYS (sizeof KEY_NAMES / sizeof KEY_NAMES[0])

static const size_t PER_LINE = 3; /* integers a line, as in the figure */

/* ---- reading ---- */

typedef struct {
    const uint8_t *at;
    const uint8_t *end;
    size_t line;
    lv_error *err;
} scanner;

/* One part of the figure: "lot [ ... ]". */
typedef struct {
    char *keys[KEYS];
    bool seen[LV_APPENDIX_ARRAYS];
} part;

static lv_status fail_line(const scanner *s, lv_status status)
{
    lv_error_prefix(s->err, "line %zu: ", s->line);
    return status;
}

static void skip_blanks(scanner *s)
{
    for (; s->at < s->end && strchr(" \t\r\n", *s->at) != NULL && *s->at != 0; s->at++) {
        s->line += *s->at == '\n' ? 1U : 0U;
    }
}

static bool take(scanner *s, char wanted)
{
    skip_blanks(s);
    if (s->at < s->end && *s->at == (uint8_t)wanted) {
        s->at++;
        return true;
    }
    return false;
}

static lv_status expect(scanner *s, char wanted, const char *before)
{
    if (take(s, wanted)) {
        return LV_OK;
    }
    return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "there is no '%c' before %s", wanted, before));
}

/* What stands up to the next blank, colon or bracket. */
static lv_bytes take_word(scanner *s)
{
    skip_blanks(s);
    lv_bytes word = {.data = s->at};
    while (s->at < s->end && (*s->at == 0 || strchr(" \t\r\n[]:", *s->at) == NULL)) {
        s->at++;
    }
    word.len = (size_t)(s->at - word.data);
    return word;
}

static lv_bytes take_line(scanner *s)
{
    skip_blanks(s);
    lv_bytes line = {.data = s->at};
    while (s->at < s->end && *s->at != '\n') {
        s->at++;
    }
    line.len = (size_t)(s->at - line.data);
    while (line.len > 0 && strchr(" \t\r", line.data[line.len - 1]) != NULL &&
           line.data[line.len - 1] != 0) {
        line.len--;
    }
    return line;
}

static lv_status read_array(scanner *s, lv_appendix *out, lv_appendix_array array, part *p)
{
    const char *name = lv_appendix_array_name(array);
    lv_appendix_list *list = &out->arrays[array];

    if (p->seen[array] || list->count > 0) {
        return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "%s stands twice", name));
    }
    p->seen[array] = true;
    lv_status status = expect(s, '[', "the first ciphertext");
    while (status == LV_OK && !take(s, ']')) {
        if (s->at == s->end) {
            return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "%s has no ']'", name));
        }
        status = lv_appendix_push(list, take_word(s), s->err);
        if (status != LV_OK) {
            lv_error_prefix(s->err, "%s[%zu]: ", name, list->count);
            return fail_line(s, status);
        }
    }
    if (status == LV_OK && list->count == 0) {
        return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "%s is empty", name));
    }
    return status;
}

static lv_status read_key(scanner *s, size_t key, part *p)
{
    if (p->keys[key] != NULL) {
        return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "%s stands twice", KEY_NAMES[key]));
    }
    lv_status status = lv_appendix_put(&p->keys[key], take_word(s), s->err);
    if (status != LV_OK) {
        lv_error_prefix(s->err, "%s: ", KEY_NAMES[key]);
        return fail_line(s, status);
    }
    return LV_OK;
}

static lv_status read_field(scanner *s, lv_appendix *out, part *p)
{
    lv_bytes name = take_word(s);
    lv_status status = expect(s, ':', "the value of a field");

    if (status != LV_OK) {
        return status;
    }
    for (size_t key = 0; key < KEYS; key++) {
        if (lv_bytes_equal(name, lv_bytes_of_text(KEY_NAMES[key]))) {
            return read_key(s, key, p);
        }
    }
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS; a++) {
        lv_appendix_array array = (lv_appendix_array)a;
        if (lv_bytes_equal(name, lv_bytes_of_text(lv_appendix_array_name(array)))) {
            return read_array(s, out, array, p);
        }
    }
    return fail_line(s, lv_fail(s->err, LV_E_SYNTAX,
                                "no such field; there are Pubkey_n, Pubkey_n_squared, "
                                "Pubkey_n_plusone, T1Q_args, T2Q_args and XOR_args"));
}

/* Both parts of the figure must be of one key. */
static lv_status take_keys(const scanner *s, lv_appendix *out, part *p)
{
    char **const slots[KEYS] = {&out->n, &out->n_squared, &out->n_plusone};

    for (size_t key = 0; key < KEYS; key++) {
        if (p->keys[key] == NULL) {
            return fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "%s is missing", KEY_NAMES[key]));
        }
        if (*slots[key] != NULL && strcmp(*slots[key], p->keys[key]) != 0) {
            return fail_line(s, lv_fail(s->err, LV_E_SYNTAX,
                                        "%s differs from that of the part before", KEY_NAMES[key]));
        }
        if (*slots[key] == NULL) {
            *slots[key] = p->keys[key];
            p->keys[key] = NULL;
        }
    }
    return LV_OK;
}

static lv_status read_part(scanner *s, lv_appendix *out)
{
    part p = {0};
    lv_bytes lot = take_line(s);

    if (out->lot[0] != '\0' && !lv_bytes_equal(lot, lv_bytes_of_text(out->lot))) {
        return fail_line(
            s, lv_fail(s->err, LV_E_SYNTAX, "the lot differs from that of the part before"));
    }
    lv_status status = lv_appendix_put_lot(out, lot, s->err);
    if (status != LV_OK) {
        return fail_line(s, status);
    }
    status = expect(s, '[', "the fields of the lot");
    while (status == LV_OK && !take(s, ']')) {
        status = s->at == s->end
                     ? fail_line(s, lv_fail(s->err, LV_E_SYNTAX, "the last ']' is missing"))
                     : read_field(s, out, &p);
    }
    if (status == LV_OK) {
        status = take_keys(s, out, &p);
    }
    for (size_t key = 0; key < KEYS; key++) {
        free(p.keys[key]);
    }
    return status;
}

lv_status lv_appendix_read_text(lv_bytes bytes, const lv_appendix_options *options,
                                lv_appendix *out, lv_error *err)
{
    if (options->part != NULL) {
        return lv_fail(err, LV_NOT_FOUND, "the text of the figure has no part \"%s\"",
                       options->part);
    }
    if (bytes.len == 0) {
        return lv_fail(err, LV_E_SYNTAX, "the file is empty");
    }
    scanner s = {.at = bytes.data, .end = bytes.data + bytes.len, .line = 1, .err = err};
    lv_status status = LV_OK;
    do {
        status = read_part(&s, out);
        skip_blanks(&s);
    } while (status == LV_OK && s.at < s.end);
    return status;
}

/* ---- writing ---- */

static lv_status write_array(const lv_appendix *appendix, lv_appendix_array array, lv_buffer *out)
{
    const lv_appendix_list *list = &appendix->arrays[array];
    lv_status status = lv_buffer_printf(out, "  %s:\n  [", lv_appendix_array_name(array));

    for (size_t i = 0; i < list->count && status == LV_OK; i++) {
        const char *before = i % PER_LINE == 0 ? "\n  " : " ";
        status = lv_buffer_printf(out, "%s%s", i == 0 ? "" : before, list->items[i]);
    }
    return status == LV_OK ? lv_buffer_printf(out, " ]\n") : status;
}

static lv_status write_part(const lv_appendix *appendix, lv_appendix_array first,
                            lv_appendix_array last, lv_buffer *out)
{
    lv_status status =
        lv_buffer_printf(out,
                         "%s\n[ Pubkey_n:%s\n  Pubkey_n_squared:%s\n"
                         "  Pubkey_n_plusone:%s\n",
                         appendix->lot, appendix->n, appendix->n_squared, appendix->n_plusone);
    for (int a = (int)first; a <= (int)last && status == LV_OK; a++) {
        status = write_array(appendix, (lv_appendix_array)a, out);
    }
    return status == LV_OK ? lv_buffer_printf(out, "]\n") : status;
}

lv_status lv_appendix_write_text(const lv_appendix *appendix, lv_buffer *out, lv_error *err)
{
    size_t start = out->len;
    lv_status status = LV_OK;

    if (appendix->lot[0] == '{') {
        return lv_fail(err, LV_E_SYNTAX,
                       "a lot that starts with '{' would be read as JSON; write JSON");
    }
    if (appendix->arrays[LV_APPENDIX_T1Q].count > 0) {
        status = write_part(appendix, LV_APPENDIX_T1Q, LV_APPENDIX_T2Q, out);
    }
    if (status == LV_OK && appendix->arrays[LV_APPENDIX_XOR].count > 0) {
        status = write_part(appendix, LV_APPENDIX_XOR, LV_APPENDIX_XOR, out);
    }
    if (status != LV_OK) {
        out->len = start;
        return lv_fail(err, status, "no memory");
    }
    return LV_OK;
}
