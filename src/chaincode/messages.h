/** The messages between a peer and a chaincode server (peer/chaincode_shim.proto of Hyperledger
 *  Fabric), with the bounds this server sets. Fields that it does not know are skipped. */
#ifndef LV_CHAINCODE_MESSAGES_H
#define LV_CHAINCODE_MESSAGES_H

#include <lotveil/series.h>

#define LV_SHIM_TXID_MAX 128U  /* bytes of a transaction's id */
#define LV_SHIM_QUERY_MAX 256U /* bytes of a range query's id */

/** ChaincodeMessage.Type. */
typedef enum {
    LV_SHIM_REGISTER = 1,
    LV_SHIM_REGISTERED = 2,
    LV_SHIM_INIT = 3,
    LV_SHIM_READY = 4,
    LV_SHIM_TRANSACTION = 5,
    LV_SHIM_COMPLETED = 6,
    LV_SHIM_ERROR = 7,
    LV_SHIM_GET_STATE = 8,
    LV_SHIM_PUT_STATE = 9,
    LV_SHIM_RESPONSE = 13,
    LV_SHIM_GET_STATE_BY_RANGE = 14,
    LV_SHIM_QUERY_STATE_NEXT = 16,
    LV_SHIM_QUERY_STATE_CLOSE = 17,
    LV_SHIM_KEEPALIVE = 18,
} lv_shim_type;

/** "GET_STATE"; "unknown" for what this server has no use for. */
const char *lv_shim_type_name(int type);

/** A ChaincodeMessage. */
typedef struct {
    int type;
    char channel[LV_NAME_MAX + 1];
    char txid[LV_SHIM_TXID_MAX + 1];
    lv_buffer payload;
    lv_buffer proposal; /* SignedProposal, encoded; empty where there is none */
} lv_shim_message;

/** @return LV_OK; LV_E_SYNTAX or LV_E_LIMIT with words; LV_E_MEMORY. */
LV_MUST_CHECK lv_status lv_shim_read(lv_bytes bytes, lv_shim_message *out, lv_error *err);
void lv_shim_message_free(lv_shim_message *message);

/** Appends a message without proposal. */
LV_MUST_CHECK lv_status lv_shim_write(lv_shim_type type, const char *channel, const char *txid,
                                      lv_bytes payload, lv_buffer *out, lv_error *err);

/* Payloads of requests; all append. */
LV_MUST_CHECK lv_status lv_shim_write_name(const char *name, lv_buffer *out,
                                           lv_error *err); /* ChaincodeID */
LV_MUST_CHECK lv_status lv_shim_write_get(const char *key, lv_buffer *out, lv_error *err);
LV_MUST_CHECK lv_status lv_shim_write_put(const char *key, lv_bytes value, lv_buffer *out,
                                          lv_error *err);
LV_MUST_CHECK lv_status lv_shim_write_range(const char *first, const char *past, lv_buffer *out,
                                            lv_error *err);
/** QueryStateNext and QueryStateClose. */
LV_MUST_CHECK lv_status lv_shim_write_query(const char *id, lv_buffer *out, lv_error *err);
LV_MUST_CHECK lv_status lv_shim_write_response(int status, const char *message, lv_bytes payload,
                                               lv_buffer *out, lv_error *err);

/** One result of a range query, borrowed. */
typedef lv_status (*lv_shim_each)(void *context, const char *key, lv_bytes value);

/** A page of a range query (QueryResponse). */
typedef struct {
    bool more; /* a next page may be asked for, and the query must be closed */
    char id[LV_SHIM_QUERY_MAX + 1];
} lv_shim_page;

/** Reads a page whole, then calls `each` for its results in their order until it returns other than
 *  LV_OK, which is returned. @return that; LV_E_SYNTAX or LV_E_LIMIT with words before any call. */
LV_MUST_CHECK lv_status lv_shim_read_page(lv_bytes bytes, lv_shim_page *page, lv_shim_each each,
                                          void *context, lv_error *err);

/** Are these the arguments of a ChaincodeInput? @return LV_OK; LV_INVALID where they are not;
 *  LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_shim_check_input(lv_bytes input, const lv_buffer *arguments,
                                            size_t argument_count, lv_error *err);

#endif
