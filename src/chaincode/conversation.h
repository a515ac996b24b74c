/** What a chaincode server and one peer say to each other on one stream: the server registers,
 *  the peer sends transactions, several at once; each asks for state by its id, one request at a
 *  time, and ends with COMPLETED. Knows no sockets: messages come in by lv_conversation_hear and go
 *  out by a function.
 *
 *  What a peer can make this side hold: LV_CONVERSATION_HELD_MAX bytes of transactions, of which
 *  LV_CONVERSATION_WORKERS run and LV_CONVERSATION_WAITING_MAX wait (more are refused with
 *  LV_UNAVAILABLE), one answer for each that runs, and what these keep to write. */
#ifndef LV_CHAINCODE_CONVERSATION_H
#define LV_CHAINCODE_CONVERSATION_H

#include "chaincode/invocation.h"

#define LV_CONVERSATION_WORKERS 8U
#define LV_CONVERSATION_WAITING_MAX 512U
#define LV_CONVERSATION_HELD_MAX ((size_t)256 * 1024 * 1024)

typedef struct lv_conversation lv_conversation;

typedef struct {
    lv_invocation_rules rules; /* borrowed until the conversation is closed */
    const char *package_id;    /* borrowed as well */
    int answer_ms;             /* how long a request for state waits for its answer */
    void *context;
    /** Sends a message; from several threads at once. @return LV_OK or LV_UNAVAILABLE. */
    lv_status (*send)(void *context, lv_bytes message, lv_error *err);
    /** The last transaction ended after lv_conversation_stop; from any thread. */
    void (*quiet)(void *context);
} lv_conversation_options;

/** Starts the workers, and registers the chaincode. */
LV_MUST_CHECK lv_status lv_conversation_open(const lv_conversation_options *options,
                                             lv_conversation **out, lv_error *err);

/** What the peer said.
 * @return LV_OK; LV_INVALID or LV_E_LIMIT with words where it is not what a peer says now: the
 *         conversation is over; LV_UNAVAILABLE where nothing can be sent; faults. */
LV_MUST_CHECK lv_status lv_conversation_hear(lv_conversation *conversation, lv_bytes message,
                                             lv_error *err);

/** No transaction is begun any more; those that are under way end. */
void lv_conversation_stop(lv_conversation *conversation);

/** Is no transaction under way, and will none be? */
bool lv_conversation_is_quiet(lv_conversation *conversation);

/** Requests for state are told that the peer is gone; returns once all workers have. NULL is
 *  legal. */
void lv_conversation_close(lv_conversation *conversation);

#endif
