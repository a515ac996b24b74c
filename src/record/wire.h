/** Strict protobuf: one encoding for each message, nothing unknown in it, and memory in proportion
 *  to the bytes that came. */
#ifndef LV_RECORD_WIRE_H
#define LV_RECORD_WIRE_H

#include <lotveil/bytes.h>
#include <protobuf-c/protobuf-c.h>

/** Reads a message of `type`. Refuses bytes that are no such message, unknown fields (in nested
 *  messages too), and every encoding but the one that lv_wire_pack writes, so that a digest of the
 *  bytes names the content.
 * @param max  bytes at most.
 * @param[out] out  to be freed with lv_wire_free.
 * @return LV_OK; LV_E_LIMIT; LV_E_SYNTAX; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_wire_unpack(const ProtobufCMessageDescriptor *type, lv_bytes bytes,
                                       size_t max, ProtobufCMessage **out, lv_error *err);

/** Reads a message of `type` that others define and may extend: fields unknown here are passed
 * over, and any encoding will do. A text ends at its first NUL. Otherwise as lv_wire_unpack. */
LV_MUST_CHECK lv_status lv_wire_read(const ProtobufCMessageDescriptor *type, lv_bytes bytes,
                                     size_t max, ProtobufCMessage **out, lv_error *err);
void lv_wire_free(ProtobufCMessage *message);

/** Appends the encoding of a message. @return LV_OK; LV_E_LIMIT over `max` bytes; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_wire_pack(const ProtobufCMessage *message, size_t max, lv_buffer *out,
                                     lv_error *err);

/** Lends text and bytes to a message that is only going to be packed: protobuf-c knows no const. */
char *lv_wire_text(const char *text);
ProtobufCBinaryData lv_wire_bytes(lv_bytes bytes);

/** Borrows bytes from an unpacked message. */
lv_bytes lv_wire_view(const ProtobufCBinaryData *data);

#endif
