#include "chaincode/chaincode.h"
#include "base/log.h"
#include "chaincode/conversation.h"
#include "fabric/limits.h"
#include "rpc/server.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_MS = 60000 };

/* One peer that is connected; lives on its handler's stack. */
typedef struct link {
    struct link *next;
    lv_rpc_exchange *exchange;
    lv_conversation *conversation;
} link;

struct lv_chaincode {
    lv_rpc_server *server;
    lv_conversation_options options;
    char *name;
    char *package_id;
    pthread_mutex_t lock;
    link *links;
    bool stopping;
};

/* ---- one peer ---- */

static lv_status send_bytes(void *context, lv_bytes message, lv_error *err)
{
    const link *l = context;
    return lv_rpc_send(l->exchange, message, err);
}

static void wake(void *context)
{
    const link *l = context;
    lv_rpc_wake(l->exchange);
}

/* @return false where the server is stopping. */
static bool add(lv_chaincode *chaincode, link *l)
{
    pthread_mutex_lock(&chaincode->lock);
    bool open = !chaincode->stopping;
    if (open) {
        l->next = chaincode->links;
        chaincode->links = l;
    }
    pthread_mutex_unlock(&chaincode->lock);
    return open;
}

static void take_out(lv_chaincode *chaincode, const link *l)
{
    pthread_mutex_lock(&chaincode->lock);
    for (link **at = &chaincode->links; *at != NULL; at = &(*at)->next) {
        if (*at == l) {
            *at = l->next;
            break;
        }
    }
    pthread_mutex_unlock(&chaincode->lock);
}

/* Until the peer goes, or nothing is left to do for a server that stops. */
static lv_status listen_to(const link *l, lv_error *err)
{
    for (;;) {
        lv_buffer message = {0};
        if (lv_conversation_is_quiet(l->conversation)) {
            return LV_OK;
        }
        lv_status status = lv_rpc_receive(l->exchange, -1, &message, err);
        if (status == LV_OK) {
            status = lv_conversation_hear(l->conversation, lv_buffer_view(&message), err);
        } else if (status == LV_TIMEOUT) {
            status = LV_OK; /* woken */
        }
        lv_buffer_free(&message);
        if (status != LV_OK) {
            return status;
        }
    }
}

/* The handler of protos.Chaincode/Connect. */
static lv_status connect_peer(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    lv_chaincode *chaincode = context;
    link l = {.exchange = exchange};
    lv_conversation_options options = chaincode->options;
    options.context = &l;
    lv_status status = lv_conversation_open(&options, &l.conversation, err);
    if (status != LV_OK) {
        return status;
    }
    if (add(chaincode, &l)) {
        lv_log(LV_LOG_INFO, "chaincode", "a peer connected");
        status = listen_to(&l, err);
        take_out(chaincode, &l);
    } else {
        status = lv_fail(err, LV_UNAVAILABLE, "the chaincode is stopping");
    }
    lv_conversation_close(l.conversation);
    bool gone = status == LV_OK || status == LV_NOT_FOUND || status == LV_UNAVAILABLE;
    lv_log(gone ? LV_LOG_INFO : LV_LOG_WARN, "chaincode", "a peer is no longer connected%s%s",
           gone ? "" : ": ", gone ? "" : err->text);
    return status == LV_NOT_FOUND ? LV_OK : status;
}

/* ---- the server ---- */

static lv_status prepare(lv_chaincode *chaincode, const lv_chaincode_options *options)
{
    chaincode->name = strdup(options->chaincode != NULL ? options->chaincode : "");
    chaincode->package_id = strdup(options->package_id);
    if (chaincode->name == NULL || chaincode->package_id == NULL) {
        return LV_E_MEMORY;
    }
    chaincode->options = (lv_conversation_options){
        .rules = {.channel = options->channel, .chaincode = chaincode->name},
        .package_id = chaincode->package_id,
        .answer_ms = options->answer_ms > 0 ? options->answer_ms : ANSWER_MS,
        .send = send_bytes,
        .quiet = wake};
    return LV_OK;
}

static void destroy(lv_chaincode *chaincode)
{
    pthread_mutex_destroy(&chaincode->lock);
    free(chaincode->name);
    free(chaincode->package_id);
    free(chaincode);
}

lv_status lv_chaincode_start(const lv_chaincode_options *options, lv_chaincode **out, lv_error *err)
{
    *out = NULL;
    lv_chaincode *chaincode = calloc(1, sizeof *chaincode);
    if (chaincode == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&chaincode->lock, NULL);
    lv_status status = prepare(chaincode, options);
    if (status == LV_OK) {
        const lv_rpc_method method = {
            .method = "/protos.Chaincode/Connect", .run = connect_peer, .context = chaincode};
        const lv_rpc_listen listen = {.address = options->address,
                                      .tls = options->tls,
                                      .methods = &method,
                                      .method_count = 1,
                                      .message_max = LV_FABRIC_MESSAGE_MAX,
                                      .calls_max = LV_CHAINCODE_PEERS_MAX};
        status = lv_rpc_server_start(&listen, &chaincode->server, err);
    }
    if (status != LV_OK) {
        destroy(chaincode);
        return status;
    }
    *out = chaincode;
    return LV_OK;
}

unsigned lv_chaincode_port(const lv_chaincode *chaincode)
{
    return lv_rpc_server_port(chaincode->server);
}

void lv_chaincode_stop(lv_chaincode *chaincode, int grace_ms)
{
    if (chaincode == NULL) {
        return;
    }
    pthread_mutex_lock(&chaincode->lock);
    chaincode->stopping = true;
    for (link *l = chaincode->links; l != NULL; l = l->next) {
        lv_conversation_stop(l->conversation);
        lv_rpc_wake(l->exchange);
    }
    pthread_mutex_unlock(&chaincode->lock);
    lv_rpc_server_stop(chaincode->server, grace_ms);
    destroy(chaincode);
}
