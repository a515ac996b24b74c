#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

/* What unpacking may allocate over all: each byte that came is copied once or twice, and lists of
 * short entries cost more than their bytes. Without a bound, 64 MiB of empty entries would ask for
 * gigabytes. */
static const size_t BUDGET_FACTOR = 4;
static const size_t BUDGET_BASE = 16777216;

typedef struct {
    size_t left;
    bool spent;  /* an allocation was refused for the budget */
    bool failed; /* one was refused by the system */
} budget;

static void *budget_alloc(void *context, size_t size)
{
    budget *b = context;
    if (size > b->left) {
        b->spent = true;
        return NULL;
    }
    b->left -= size;
    void *memory = malloc(size > 0 ? size : 1);
    b->failed = b->failed || memory == NULL;
    return memory;
}

static void budget_free(void *context, void *memory)
{
    (void)context;
    free(memory);
}

static bool knows_all(const ProtobufCMessage *message);

static bool knows_all_of(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const char *base = (const char *)message;
    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return true;
    }
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        const ProtobufCMessage *nested = NULL;
        memcpy((void *)&nested, base + field->offset, sizeof(ProtobufCMessage *));
        return nested == NULL || knows_all(nested);
    }
    size_t count = 0;
    ProtobufCMessage *const *list = NULL;
    memcpy(&count, base + field->quantifier_offset, sizeof count);
    memcpy((void *)&list, base + field->offset, sizeof list);
    for (size_t i = 0; i < count; i++) {
        if (!knows_all(list[i])) {
            return false;
        }
    }
    return true;
}

static bool knows_all(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields != 0) {
        return false;
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        if (!knows_all_of(message, &message->descriptor->fields[i])) {
            return false;
        }
    }
    return true;
}

/* A sink that compares what is packed with what came, without a second copy. */
typedef struct {
    ProtobufCBuffer base; /* first, as protobuf-c hands this one back */
    lv_bytes left;
    bool same;
} comparison;

static void compare_append(ProtobufCBuffer *buffer, size_t len, const uint8_t *data)
{
    comparison *c = (comparison *)buffer;
    if (!c->same || len > c->left.len) {
        c->same = false;
        return;
    }
    if (len > 0) {
        c->same = memcmp(c->left.data, data, len) == 0;
        c->left.data += len;
        c->left.len -= len;
    }
}

static bool is_canonical(const ProtobufCMessage *message, lv_bytes bytes)
{
    comparison c = {.base = {.append = compare_append}, .left = bytes, .same = true};
    protobuf_c_message_pack_to_buffer(message, &c.base);
    return c.same && c.left.len == 0;
}

static lv_status no_message(const ProtobufCMessageDescriptor *type, const budget *b, lv_error *err)
{
    if (b->failed) {
        return lv_fail(err, LV_E_MEMORY, "no memory for a %s message", type->short_name);
    }
    if (b->spent) {
        return lv_fail(err, LV_E_LIMIT, "%s message: too many entries for its size",
                       type->short_name);
    }
    return lv_fail(err, LV_E_SYNTAX, "these bytes are no %s message", type->short_name);
}

lv_status lv_wire_read(const ProtobufCMessageDescriptor *type, lv_bytes bytes, size_t max,
                       ProtobufCMessage **out, lv_error *err)
{
    *out = NULL;
    if (bytes.len > max) {
        return lv_fail(err, LV_E_LIMIT, "%s message: %zu bytes, over the limit of %zu",
                       type->short_name, bytes.len, max);
    }
    budget b = {.left = BUDGET_BASE + BUDGET_FACTOR * bytes.len};
    ProtobufCAllocator allocator = {
        .alloc = budget_alloc, .free = budget_free, .allocator_data = &b};
    ProtobufCMessage *message = protobuf_c_message_unpack(
        type, &allocator, bytes.len, bytes.data != NULL ? bytes.data : (const uint8_t *)"");
    if (message == NULL) {
        return no_message(type, &b, err);
    }
    *out = message;
    return LV_OK;
}

lv_status lv_wire_unpack(const ProtobufCMessageDescriptor *type, lv_bytes bytes, size_t max,
                         ProtobufCMessage **out, lv_error *err)
{
    ProtobufCMessage *message = NULL;
    *out = NULL;
    lv_status status = lv_wire_read(type, bytes, max, &message, err);
    if (message == NULL) {
        return status;
    }
    if (!knows_all(message)) {
        lv_wire_free(message);
        return lv_fail(err, LV_E_SYNTAX, "%s message: it has fields unknown to this version",
                       type->short_name);
    }
    if (!is_canonical(message, bytes)) {
        lv_wire_free(message);
        return lv_fail(err, LV_E_SYNTAX, "%s message: not in its canonical encoding",
                       type->short_name);
    }
    *out = message;
    return LV_OK;
}

void lv_wire_free(ProtobufCMessage *message)
{
    if (message != NULL) {
        protobuf_c_message_free_unpacked(message, NULL);
    }
}

lv_status lv_wire_pack(const ProtobufCMessage *message, size_t max, lv_buffer *out, lv_error *err)
{
    size_t len = protobuf_c_message_get_packed_size(message);
    if (len > max) {
        return lv_fail(err, LV_E_LIMIT, "%s message: %zu bytes, over the limit of %zu",
                       message->descriptor->short_name, len, max);
    }
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, len, &place);
    if (status != LV_OK) {
        return lv_fail(err, status, "no memory for a %s message", message->descriptor->short_name);
    }
    protobuf_c_message_pack(message, place);
    return LV_OK;
}

char *lv_wire_text(const char *text) { return (char *)(uintptr_t)text; }

ProtobufCBinaryData lv_wire_bytes(lv_bytes bytes)
{
    return (ProtobufCBinaryData){.len = bytes.len, .data = (uint8_t *)(uintptr_t)bytes.data};
}

lv_bytes lv_wire_view(const ProtobufCBinaryData *data)
{
    return (lv_bytes){.data = data->data, .len = data->len};
}
