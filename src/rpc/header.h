/** One header of HTTP/2, as both sides of a call write and read it. */
#ifndef LV_RPC_HEADER_H
#define LV_RPC_HEADER_H

#include <lotveil/bytes.h>
#include <nghttp2/nghttp2.h>

#define LV_RPC_CONTENT_TYPE "application/grpc"

/** A header to send. Borrows both texts. */
nghttp2_nv lv_rpc_header(const char *name, const char *value);

/** Is this name or value that text? */
bool lv_rpc_is(lv_bytes given, const char *text);

/** Is this content type gRPC's, whatever encoding of messages it names behind? */
bool lv_rpc_is_content_type(lv_bytes value);

#endif
