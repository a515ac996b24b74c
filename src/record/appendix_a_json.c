/* The published layout as JSON (record/appendix_a.h). */
#include "record/appendix_a_read.h"
#include <jansson.h>
#include <stdio.h>
#include <string.h>

static lv_status put_text(char **slot, const json_t *value, const char *key, lv_error *err)
{
    if (value == NULL) {
        return lv_fail(err, LV_E_SYNTAX, "\"%s\" is missing", key);
    }
    if (!json_is_string(value)) {
        return lv_fail(err, LV_E_SYNTAX, "\"%s\" must be a string of digits", key);
    }
    lv_bytes digits = {.data = (const uint8_t *)json_string_value(value),
                       .len = json_string_length(value)};
    lv_status status = lv_appendix_put(slot, digits, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "\"%s\": ", key);
    }
    return status;
}

static lv_status put_array(lv_appendix_list *list, const json_t *values, const char *key,
                           lv_error *err)
{
    if (!json_is_array(values)) {
        return lv_fail(err, LV_E_SYNTAX, "\"%s\" must be an array of strings of digits", key);
    }
    if (json_array_size(values) == 0) {
        return lv_fail(err, LV_E_SYNTAX, "\"%s\" is empty", key);
    }
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *value = json_array_get(values, i);
        lv_status status =
            json_is_string(value)
                ? lv_appendix_push(list,
                                   (lv_bytes){.data = (const uint8_t *)json_string_value(value),
                                              .len = json_string_length(value)},
                                   err)
                : lv_fail(err, LV_E_SYNTAX, "this is no string of digits");
        if (status != LV_OK) {
            lv_error_prefix(err, "%s[%zu]: ", key, i);
            return status;
        }
    }
    return LV_OK;
}

static bool has_arrays(const json_t *object)
{
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS; a++) {
        if (json_object_get(object, lv_appendix_array_name((lv_appendix_array)a)) != NULL) {
            return true;
        }
    }
    return false;
}

/* A list of misprints has the same names, but numbers in place of strings. */
static bool has_ciphertexts(const json_t *object)
{
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS; a++) {
        const json_t *array = json_object_get(object, lv_appendix_array_name((lv_appendix_array)a));
        if (json_is_string(json_array_get(array, 0))) {
            return true;
        }
    }
    return false;
}

/* No arrays where they were looked for: says which parts of the file have some. */
static lv_status fail_part(json_t *root, const char *part, lv_error *err)
{
    char names[256] = "";
    size_t len = 0;
    const char *key = NULL;
    json_t *value = NULL;

    json_object_foreach(root, key, value)
    {
        if (has_ciphertexts(value) && len < sizeof names) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%s\"%s\"",
                                    len > 0 ? ", " : "", key);
        }
    }
    if (part != NULL) {
        return lv_fail(err, LV_NOT_FOUND, "no part \"%s\" with arrays%s%s", part,
                       len > 0 ? "; there is " : "", names);
    }
    if (len > 0) {
        return lv_fail(err, LV_NOT_FOUND,
                       "the arrays stand under a name of their own; name the part: %s", names);
    }
    return lv_fail(err, LV_E_SYNTAX, "T1Q_args, T2Q_args and XOR_args are missing");
}

static lv_status put_order(lv_bit_order *order, const json_t *value, lv_error *err)
{
    if (value == NULL) {
        return LV_OK;
    }
    const char *text = json_string_value(value);
    for (int i = LV_BITS_LSB_FIRST; i <= LV_BITS_MSB_FIRST; i++) {
        if (text != NULL && strcmp(text, lv_bit_order_name((lv_bit_order)i)) == 0) {
            *order = (lv_bit_order)i;
            return LV_OK;
        }
    }
    return lv_fail(err, LV_E_SYNTAX, "\"bit_order\" must be \"lsb-first\" or \"msb-first\"");
}

static lv_status put_head(lv_appendix *out, const json_t *root, lv_error *err)
{
    const json_t *lot = json_object_get(root, "lot");
    if (!json_is_string(lot)) {
        return lv_fail(err, LV_E_SYNTAX, "\"lot\" is missing or no string");
    }
    lv_status status = lv_appendix_put_lot(
        out,
        (lv_bytes){.data = (const uint8_t *)json_string_value(lot), .len = json_string_length(lot)},
        err);
    if (status == LV_OK) {
        status = put_text(&out->n, json_object_get(root, "n"), "n", err);
    }
    if (status == LV_OK) {
        status = put_text(&out->n_squared, json_object_get(root, "n_squared"), "n_squared", err);
    }
    if (status == LV_OK) {
        status = put_text(&out->n_plusone, json_object_get(root, "n_plusone"), "n_plusone", err);
    }
    return status == LV_OK ? put_order(&out->order, json_object_get(root, "bit_order"), err)
                           : status;
}

static lv_status put_root(lv_appendix *out, json_t *root, const char *part, lv_error *err)
{
    lv_status status = put_head(out, root, err);
    if (status != LV_OK) {
        return status;
    }
    const json_t *arrays = part == NULL ? root : json_object_get(root, part);
    if (!json_is_object(arrays) || !has_arrays(arrays)) {
        return fail_part(root, part, err);
    }
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS && status == LV_OK; a++) {
        const char *key = lv_appendix_array_name((lv_appendix_array)a);
        const json_t *values = json_object_get(arrays, key);
        if (values != NULL) {
            status = put_array(&out->arrays[a], values, key, err);
        }
    }
    return status;
}

lv_status lv_appendix_read_json(lv_bytes bytes, const lv_appendix_options *options,
                                lv_appendix *out, lv_error *err)
{
    json_error_t where;
    json_t *root = json_loadb((const char *)bytes.data, bytes.len, JSON_REJECT_DUPLICATES, &where);

    if (root == NULL) {
        /* The library's own words may quote the file, which may hold p and q. */
        return lv_fail(err, LV_E_SYNTAX, "line %d, column %d: this is no JSON", where.line,
                       where.column);
    }
    lv_status status = put_root(out, root, options->part, err);
    json_decref(root);
    return status;
}

/* ---- writing ---- */

static bool set_list(json_t *root, const char *key, const lv_appendix_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++) {
        if (json_array_append_new(array, json_string(list->items[i])) != 0) {
            json_decref(array);
            return false;
        }
    }
    return json_object_set_new(root, key, array) == 0;
}

static bool fill(json_t *root, const lv_appendix *appendix)
{
    if (json_object_set_new(root, "lot", json_string(appendix->lot)) != 0 ||
        json_object_set_new(root, "n", json_string(appendix->n)) != 0 ||
        json_object_set_new(root, "n_squared", json_string(appendix->n_squared)) != 0 ||
        json_object_set_new(root, "n_plusone", json_string(appendix->n_plusone)) != 0 ||
        json_object_set_new(root, "bit_order", json_string(lv_bit_order_name(appendix->order))) !=
            0) {
        return false;
    }
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS; a++) {
        if (appendix->arrays[a].count > 0 &&
            !set_list(root, lv_appendix_array_name((lv_appendix_array)a), &appendix->arrays[a])) {
            return false;
        }
    }
    return true;
}

static int append(const char *text, size_t len, void *out)
{
    return lv_buffer_append(out, text, len) == LV_OK ? 0 : -1;
}

lv_status lv_appendix_write_json(const lv_appendix *appendix, lv_buffer *out, lv_error *err)
{
    json_t *root = json_object();
    size_t start = out->len;

    bool done = root != NULL && fill(root, appendix) &&
                json_dump_callback(root, append, out, JSON_INDENT(1) | JSON_PRESERVE_ORDER) == 0 &&
                append("\n", 1, out) == 0;
    json_decref(root);
    if (!done) {
        out->len = start;
        return lv_fail(err, LV_E_MEMORY, "no memory");
    }
    return LV_OK;
}
