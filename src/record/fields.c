#include "quality/text.h"
#include "record/body.h"
#include "record/digest.h"
#include "record/wire.h"
#include <inttypes.h>
#include <string.h>

static const void *own_place(const lv_field *field, const void *record)
{
    return (const char *)record + field->own;
}

/* ---- limits ---- */

lv_status lv_field_check_text(const char *what, const char *name, const char *text, size_t min,
                              size_t max, lv_error *err)
{
    size_t len = strnlen(text, max + 1);
    if (len > max) {
        return lv_fail(err, LV_E_LIMIT, "%s: field %s: over %zu bytes long", what, name, max);
    }
    if (len < min) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field %s: missing", what, name);
    }
    if (!lv_text_is_plain(text, max)) {
        return lv_fail(err, LV_E_SYNTAX,
                       "%s: field %s: must be UTF-8 text without control characters and without "
                       "blanks at its ends",
                       what, name);
    }
    return LV_OK;
}

static lv_status check_name(const char *what, const lv_field *field, const char *text,
                            lv_error *err)
{
    if (strnlen(text, LV_NAME_MAX + 1) > LV_NAME_MAX || !lv_name_is_valid(text)) {
        return lv_fail(err, LV_E_SYNTAX,
                       "%s: field %s: must be a name of 1 to %u of A-Z a-z 0-9 . _ - that does "
                       "not start with . or -",
                       what, field->name, LV_NAME_MAX);
    }
    return LV_OK;
}

static lv_status check_bytes(const char *what, const lv_field *field, const lv_buffer *bytes,
                             lv_error *err)
{
    if (bytes->len > field->max) {
        return lv_fail(err, LV_E_LIMIT, "%s: field %s: %zu bytes, over the limit of %" PRIu64, what,
                       field->name, bytes->len, field->max);
    }
    if (bytes->len < field->min) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field %s: missing", what, field->name);
    }
    return LV_OK;
}

static lv_status check_number(const char *what, const lv_field *field, uint64_t value, uint64_t min,
                              uint64_t max, lv_error *err)
{
    if (value < min || value > max) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field %s: must be %" PRIu64 " to %" PRIu64, what,
                       field->name, min, max);
    }
    return LV_OK;
}

lv_status lv_field_check_limit(const char *what, lv_question question, uint64_t limit,
                               lv_error *err)
{
    return question == LV_ASK_THRESHOLD || limit == 0
               ? LV_OK
               : lv_fail(err, LV_E_SYNTAX, "%s: field limit: only a threshold question has one",
                         what);
}

static lv_status check_field(const char *what, const lv_field *field, const void *record,
                             lv_error *err)
{
    const void *own = own_place(field, record);
    switch (field->kind) {
    case LV_FIELD_NAME:
        return check_name(what, field, own, err);
    case LV_FIELD_TEXT:
        return lv_field_check_text(what, field->name, own, field->min, field->max, err);
    case LV_FIELD_BYTES:
        return check_bytes(what, field, own, err);
    case LV_FIELD_U32:
        return check_number(what, field, *(const uint32_t *)own, field->min, field->max, err);
    case LV_FIELD_U64:
        return check_number(what, field, *(const uint64_t *)own, field->min, field->max, err);
    case LV_FIELD_TIME:
        /* Below zero stands LV_TIME_ANY, which no record may ask for. */
        return check_number(what, field, (uint64_t)*(const int64_t *)own, 1, LV_RECORD_TIME_MAX,
                            err);
    case LV_FIELD_DIGEST:
    case LV_FIELD_BOOL:
        break;
    }
    return LV_OK;
}

lv_status lv_fields_check(const char *what, const lv_field *fields, size_t count,
                          const void *record, lv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        lv_status status = check_field(what, &fields[i], record, err);
        if (status != LV_OK) {
            return status;
        }
    }
    return LV_OK;
}

/* ---- record to message ---- */

static void lend_field(const lv_field *field, const void *record, void *wire)
{
    const void *own = own_place(field, record);
    switch (field->kind) {
    case LV_FIELD_NAME:
    case LV_FIELD_TEXT:
        *(char **)wire = lv_wire_text(own);
        break;
    case LV_FIELD_BYTES:
        *(ProtobufCBinaryData *)wire = lv_wire_bytes(lv_buffer_view(own));
        break;
    case LV_FIELD_DIGEST:
        *(ProtobufCBinaryData *)wire = lv_wire_bytes(lv_digest_view(own));
        break;
    case LV_FIELD_U32:
        *(uint32_t *)wire = *(const uint32_t *)own;
        break;
    case LV_FIELD_U64:
        *(uint64_t *)wire = *(const uint64_t *)own;
        break;
    case LV_FIELD_TIME:
        *(int64_t *)wire = *(const int64_t *)own;
        break;
    case LV_FIELD_BOOL:
        *(protobuf_c_boolean *)wire = *(const bool *)own;
        break;
    }
}

void lv_fields_lend(const lv_field *fields, size_t count, const void *record,
                    ProtobufCMessage *message)
{
    for (size_t i = 0; i < count; i++) {
        lend_field(&fields[i], record, (char *)message + fields[i].wire);
    }
}

/* ---- message to record ---- */

lv_status lv_field_copy_text(const char *what, const char *name, const char *text, size_t max,
                             char *out, lv_error *err)
{
    size_t len = strlen(text);
    if (len > max) {
        return lv_fail(err, LV_E_LIMIT, "%s: field %s: over %zu bytes long", what, name, max);
    }
    memcpy(out, text, len + 1);
    return LV_OK;
}

static lv_status copy_bytes(const char *what, const lv_field *field,
                            const ProtobufCBinaryData *wire, lv_buffer *own, lv_error *err)
{
    lv_status status = lv_buffer_append(own, wire->data, wire->len);
    return status == LV_OK
               ? LV_OK
               : lv_fail(err, status, "%s: field %s: no memory for it", what, field->name);
}

static lv_status copy_digest(const char *what, const lv_field *field,
                             const ProtobufCBinaryData *wire, lv_digest *own, lv_error *err)
{
    if (wire->len != LV_DIGEST_LEN) {
        return lv_fail(err, LV_E_SYNTAX, "%s: field %s: must be %u bytes", what, field->name,
                       LV_DIGEST_LEN);
    }
    memcpy(own->bytes, wire->data, LV_DIGEST_LEN);
    return LV_OK;
}

static lv_status copy_field(const char *what, const lv_field *field, const void *wire, void *own,
                            lv_error *err)
{
    switch (field->kind) {
    case LV_FIELD_NAME:
        return lv_field_copy_text(what, field->name, *(char *const *)wire, LV_NAME_MAX, own, err);
    case LV_FIELD_TEXT:
        return lv_field_copy_text(what, field->name, *(char *const *)wire, field->max, own, err);
    case LV_FIELD_BYTES:
        return copy_bytes(what, field, wire, own, err);
    case LV_FIELD_DIGEST:
        return copy_digest(what, field, wire, own, err);
    case LV_FIELD_U32:
        *(uint32_t *)own = *(const uint32_t *)wire;
        break;
    case LV_FIELD_U64:
        *(uint64_t *)own = *(const uint64_t *)wire;
        break;
    case LV_FIELD_TIME:
        *(int64_t *)own = *(const int64_t *)wire;
        break;
    case LV_FIELD_BOOL:
        *(bool *)own = *(const protobuf_c_boolean *)wire != 0;
        break;
    }
    return LV_OK;
}

lv_status lv_fields_copy(const char *what, const lv_field *fields, size_t count,
                         const ProtobufCMessage *message, void *record, lv_error *err)
{
    for (size_t i = 0; i < count; i++) {
        lv_status status = copy_field(what, &fields[i], (const char *)message + fields[i].wire,
                                      (char *)record + fields[i].own, err);
        if (status != LV_OK) {
            return status;
        }
    }
    return LV_OK;
}
