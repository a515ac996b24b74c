/** One request at a door, from its first line to its answer: the callbacks of libmicrohttpd. */
#ifndef LV_NODE_HTTP_EXCHANGE_H
#define LV_NODE_HTTP_EXCHANGE_H

#include "identity/slot.h"
#include "node/http.h"
#include "node/http_watchdog.h"
#include "node/quota.h"
#include <microhttpd.h>
#include <pthread.h>

typedef struct {
    lv_http_server *server;
    unsigned kind; /* LV_HTTP_PEER or LV_HTTP_CONTROL */
    struct MHD_Daemon *daemon;
    int fd; /* it listens here; -1: closed */
} lv_door;

struct lv_http_server {
    lv_http_options options;
    char *control_path;
    uint16_t port;
    lv_door peer;
    lv_door control;
    lv_quota *quota; /* NULL: none */
    lv_watchdog *dog;
    lv_identity_slot identity; /* what the peer door shows; empty without one */
    pthread_mutex_t lock;      /* guards what follows */
    pthread_cond_t changed;    /* whenever one of them becomes less */
    unsigned handlers;         /* running ones of the peer door */
    size_t busy;               /* requests whose handler began and whose answer is not out yet */
    bool stopping;
};

/** What hangs at a connection of libmicrohttpd (its socket context). */
typedef struct {
    lv_http_server *server;
    lv_watched *watched;
} lv_connection;

/** MHD_OPTION_URI_LOG_CALLBACK with an lv_door: makes what the others get as `*context`. */
void *lv_exchange_begin(void *door, const char *uri, struct MHD_Connection *connection);

/** MHD_AccessHandlerCallback with an lv_door. */
enum MHD_Result lv_exchange_access(void *door, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *data,
                                   size_t *len, void **context);

/** MHD_RequestCompletedCallback with an lv_door. */
void lv_exchange_end(void *door, struct MHD_Connection *connection, void **context,
                     enum MHD_RequestTerminationCode code);

#endif
