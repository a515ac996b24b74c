/** The texts in gRPC's headers: percent-encoded messages, base64, timeouts
 *  (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). */
#ifndef LV_RPC_TEXT_H
#define LV_RPC_TEXT_H

#include <lotveil/bytes.h>

/** Decodes grpc-message; what does not fit is cut, control characters become blanks. */
void lv_rpc_message_decode(lv_bytes text, char *out, size_t size);

/** Appends words, percent-encoded. */
LV_MUST_CHECK lv_status lv_rpc_message_encode(const char *words, lv_buffer *out);

/** Appends what base64 text, padded or not, stands for. LV_INVALID where it is none. */
LV_MUST_CHECK lv_status lv_rpc_base64_decode(lv_bytes text, lv_buffer *out);

#define LV_RPC_TIMEOUT_LEN 16U

/** "1500m": milliseconds, in at most eight digits of the smallest unit that holds them. */
void lv_rpc_timeout_encode(int64_t ms, char out[LV_RPC_TIMEOUT_LEN]);

/** Reads a grpc-timeout into milliseconds, rounded up. LV_INVALID where it is none. */
LV_MUST_CHECK lv_status lv_rpc_timeout_decode(lv_bytes text, int64_t *ms);

/** A decimal of one to nine digits. LV_INVALID where it is none. */
LV_MUST_CHECK lv_status lv_rpc_number_decode(lv_bytes text, int *number);

#endif
