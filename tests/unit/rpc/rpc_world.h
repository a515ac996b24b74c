/** A server with a few methods and the certificates of two organisations, for tests of rpc. */
#ifndef LV_TESTS_RPC_WORLD_H
#define LV_TESTS_RPC_WORLD_H

#include "rpc/client.h"
#include "rpc/server.h"
#include "unit/record/parties.h"
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

typedef struct {
    party server_party;
    party client_party;
    party stranger;
    lv_rpc_server *server;
    char address[32];
} rpc_world;

static inline lv_rpc_tls rpc_tls(const party *own, const party *trusted)
{
    return (lv_rpc_tls){.roots = lv_buffer_view(&trusted->organisation.ca_certificate),
                        .certificate = lv_buffer_view(&own->organisation.certificate),
                        .key = lv_buffer_view(&own->organisation.key)};
}

/* Sends back what comes, message by message. */
static inline lv_status rpc_echo(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    for (;;) {
        lv_buffer message = {0};
        lv_status status = lv_rpc_receive(exchange, -1, &message, err);
        if (status == LV_OK) {
            status = lv_rpc_send(exchange, lv_buffer_view(&message), err);
        }
        lv_buffer_free(&message);
        if (status != LV_OK) {
            return status == LV_NOT_FOUND ? LV_OK : status;
        }
    }
}

/* Refuses with words that need encoding. */
static inline lv_status rpc_refuse(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    (void)exchange;
    return lv_fail(err, LV_REFUSED,
                   "100 %% no, 25 \xc2\xb0"
                   "C");
}

static inline void *rpc_alarm(void *context)
{
    usleep(50000);
    lv_rpc_wake(context);
    return NULL;
}

/* Waits for a message, and tells for each wait whether it was woken instead ("w") or got one. */
static inline lv_status rpc_doze(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    char told[] = "...";
    lv_buffer message = {0};
    pthread_t alarm;
    lv_rpc_wake(exchange); /* before: it counts for the next wait */
    if (pthread_create(&alarm, NULL, rpc_alarm, exchange) != 0) {
        return LV_E_MEMORY;
    }
    for (size_t i = 0; i < 3; i++) {
        lv_status status = lv_rpc_receive(exchange, i == 2 ? 10 : -1, &message, err);
        told[i] = status == LV_OK ? 'm' : status == LV_TIMEOUT ? 'w' : '?';
    }
    pthread_join(alarm, NULL);
    lv_buffer_free(&message);
    return lv_rpc_send(exchange, lv_bytes_of_text(told), err);
}

/* Waits until the call is over. */
static inline lv_status rpc_hang(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    lv_buffer message = {0};
    lv_status status = LV_OK;
    while (status != LV_UNAVAILABLE) {
        status = lv_rpc_receive(exchange, 50, &message, err);
        usleep(1000);
    }
    lv_buffer_free(&message);
    return status;
}

/* Sends as many messages of 64 KiB as the client lets it, and counts them. */
typedef struct {
    _Atomic size_t sent;
    size_t total;
} rpc_flood;

static inline lv_status rpc_pour(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    rpc_flood *flood = context;
    static const uint8_t block[65536];
    lv_status status = LV_OK;
    for (size_t i = 0; i < flood->total && status == LV_OK; i++) {
        status = lv_rpc_send(exchange, (lv_bytes){block, sizeof block}, err);
        flood->sent += status == LV_OK;
    }
    return status;
}

/** @param calls_max  that the server takes at once. */
static inline void rpc_start_small(rpc_world *w, const char *address, rpc_flood *flood,
                                   unsigned calls_max)
{
    lv_error err = {0};
    const lv_rpc_method methods[] = {
        {"/test.Test/Echo", rpc_echo, NULL},  {"/test.Test/Refuse", rpc_refuse, NULL},
        {"/test.Test/Hang", rpc_hang, NULL},  {"/test.Test/Doze", rpc_doze, NULL},
        {"/test.Test/Pour", rpc_pour, flood},
    };
    const lv_rpc_listen listen = {.address = address,
                                  .tls = rpc_tls(&w->server_party, &w->client_party),
                                  .methods = methods,
                                  .method_count = sizeof methods / sizeof methods[0],
                                  .message_max = 32U * 1024 * 1024,
                                  .calls_max = calls_max};
    if (lv_rpc_server_start(&listen, &w->server, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    snprintf(w->address, sizeof w->address, "localhost:%u", lv_rpc_server_port(w->server));
}

static inline void rpc_start(rpc_world *w, const char *address, rpc_flood *flood)
{
    rpc_start_small(w, address, flood, 16);
}

static inline void rpc_world_open(rpc_world *w, rpc_flood *flood)
{
    *w = (rpc_world){0};
    party_make(&w->server_party, "SMSP", NULL);
    party_make(&w->client_party, "CMSP", NULL);
    party_make(&w->stranger, "XMSP", NULL);
    rpc_start(w, "localhost:0", flood);
}

static inline void rpc_world_close(rpc_world *w)
{
    lv_rpc_server_stop(w->server, 0);
    party_free(&w->server_party);
    party_free(&w->client_party);
    party_free(&w->stranger);
}

static inline lv_rpc_client *rpc_client(rpc_world *w, const lv_rpc_target *changes)
{
    lv_rpc_target target = changes != NULL ? *changes : (lv_rpc_target){0};
    lv_rpc_client *client = NULL;
    lv_error err = {0};
    target.address = target.address != NULL ? target.address : w->address;
    if (target.tls.key.len == 0) {
        target.tls = rpc_tls(&w->client_party, &w->server_party);
    }
    if (lv_rpc_client_new(&target, &client, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    return client;
}

#endif
