#include "base/clock.h"
#include "base/log.h"
#include "node/http_certificate.h"
#include "node/http_exchange.h"
#include "node/http_router.h"
#include "node/http_socket.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PEER_CONNECTIONS_MAX 256
#define PEER_CONNECTIONS_PER_IP_MAX 128 /* several organisations may share one address */
#define CONTROL_CONNECTIONS_MAX 64
#define STOP_SECONDS 2 /* for answers to get out */

static const char TLS_PRIORITIES[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

static void __attribute__((format(printf, 2, 0))) on_log(void *context, const char *format,
                                                         va_list arguments)
{
    char words[LV_ERROR_TEXT_MAX];
    (void)context;
    vsnprintf(words, sizeof words, format, arguments);
    words[strcspn(words, "\n")] = '\0';
    lv_log(LV_LOG_DEBUG, "http", "%s", words);
}

/* Query values with what cannot be decoded stay as they came. */
static size_t on_unescape(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    if (!lv_http_unescape(text)) {
        lv_log(LV_LOG_DEBUG, "http", "a request holds text that is not percent-encoded");
    }
    return strlen(text);
}

static lv_connection *connection_new(lv_http_server *server, int fd)
{
    lv_connection *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return NULL;
    }
    *made = (lv_connection){.server = server, .watched = lv_watchdog_add(server->dog, fd)};
    if (made->watched == NULL) {
        free(made);
        return NULL;
    }
    return made;
}

static void connection_free(lv_connection *freed)
{
    if (freed != NULL) {
        lv_watchdog_remove(freed->server->dog, freed->watched);
        free(freed);
    }
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    const lv_door *door = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connection_free(*socket_context);
        *socket_context = NULL;
        return;
    }
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    if (info == NULL) {
        return;
    }
    *socket_context = connection_new(door->server, info->connect_fd);
    if (*socket_context == NULL) {
        shutdown(info->connect_fd, SHUT_RDWR);
    }
}

/* ---- opening ---- */

/* The PEM of all members' roots, which libmicrohttpd reads while it starts: by these it asks a
 * client for a certificate. */
static lv_status roots_of(const lv_trust *trust, lv_buffer *out)
{
    const char *msp = NULL;
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && (msp = lv_trust_member(trust, i)) != NULL; i++) {
        lv_bytes root = lv_trust_root(trust, msp);
        status = lv_buffer_append(out, root.data, root.len);
    }
    return status;
}

/* One thread per connection: a long poll, a slow peer or a slow handshake holds up nobody else. */
static lv_status door_start(lv_door *door, const struct MHD_OptionItem *more, unsigned flags,
                            lv_error *err)
{
    door->daemon = MHD_start_daemon(
        flags | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, lv_exchange_access, door, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, door->fd, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_URI_LOG_CALLBACK, lv_exchange_begin, door, MHD_OPTION_NOTIFY_COMPLETED,
        lv_exchange_end, door, MHD_OPTION_NOTIFY_CONNECTION, on_connection, door,
        MHD_OPTION_UNESCAPE_CALLBACK, on_unescape, NULL, MHD_OPTION_ARRAY, more, MHD_OPTION_END);
    return door->daemon != NULL
               ? LV_OK
               : lv_fail(err, LV_E_IO,
                         "cannot start the HTTP server; LOTVEIL_LOG=debug tells more");
}

static lv_status open_peer(lv_http_server *server, const lv_http_options *options, lv_error *err)
{
    lv_buffer roots = {0};
    lv_status status =
        lv_listen_tcp(options->host, options->port, &server->peer.fd, &server->port, err);
    if (status == LV_OK) {
        status = roots_of(options->trust, &roots);
    }
    if (status == LV_OK) {
        /* An option of libmicrohttpd's array is a pointer to data, also where it is a function. */
        union {
            gnutls_certificate_retrieve_function3 *given;
            void *taken;
        } show = {.given = lv_http_show_certificate};
        char priorities[sizeof TLS_PRIORITIES];
        memcpy(priorities, TLS_PRIORITIES, sizeof priorities);
        const struct MHD_OptionItem more[] = {
            {MHD_OPTION_CONNECTION_LIMIT, PEER_CONNECTIONS_MAX, NULL},
            {MHD_OPTION_PER_IP_CONNECTION_LIMIT, PEER_CONNECTIONS_PER_IP_MAX, NULL},
            {MHD_OPTION_HTTPS_CERT_CALLBACK2, 0, show.taken},
            {MHD_OPTION_HTTPS_MEM_TRUST, 0, roots.data},
            {MHD_OPTION_HTTPS_PRIORITIES, 0, priorities},
            {MHD_OPTION_END, 0, NULL},
        };
        status = door_start(&server->peer, more, MHD_USE_TLS, err);
    }
    lv_buffer_free(&roots);
    return status;
}

static lv_status open_control(lv_http_server *server, const lv_http_options *options, lv_error *err)
{
    const struct MHD_OptionItem more[] = {
        {MHD_OPTION_CONNECTION_LIMIT, CONTROL_CONNECTIONS_MAX, NULL},
        {MHD_OPTION_END, 0, NULL},
    };
    lv_status status = lv_listen_unix(options->control_path, &server->control.fd, err);
    if (status == LV_OK) {
        server->control_path = strdup(options->control_path);
        status = server->control_path != NULL ? LV_OK : LV_E_MEMORY;
    }
    return status == LV_OK ? door_start(&server->control, more, 0, err) : status;
}

static lv_status open_all(lv_http_server *server, const lv_http_options *options, lv_error *err)
{
    lv_status status = lv_watchdog_start(options->request_seconds, &server->dog);
    if (status == LV_OK && options->requests_per_minute > 0) {
        status = lv_quota_new(options->requests_per_minute, &server->quota);
    }
    if (status == LV_OK && options->control_path != NULL) {
        status = open_control(server, options, err);
    }
    if (status == LV_OK && options->host != NULL) {
        status = open_peer(server, options, err);
    }
    return status;
}

lv_status lv_http_serve(const lv_http_options *options, lv_http_server **out, lv_error *err)
{
    pthread_condattr_t attributes;

    *out = NULL;
    if (options->request_seconds == 0 || options->request_bytes == 0) {
        return lv_fail(err, LV_E_ARGUMENT, "HTTP server: the limits of a request must not be zero");
    }
    lv_http_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return LV_E_MEMORY;
    }
    server->options = *options;
    lv_identity_slot_init(&server->identity, options->identity);
    server->peer = (lv_door){.server = server, .kind = LV_HTTP_PEER, .fd = -1};
    server->control = (lv_door){.server = server, .kind = LV_HTTP_CONTROL, .fd = -1};
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->changed, &attributes);
    pthread_condattr_destroy(&attributes);

    lv_status status = open_all(server, options, err);
    /* These are the caller's. */
    server->options.host = NULL;
    server->options.control_path = NULL;
    server->options.identity = NULL;
    if (status != LV_OK) {
        lv_http_stop(server);
        return status;
    }
    *out = server;
    return LV_OK;
}

uint16_t lv_http_port(const lv_http_server *server) { return server->port; }

void lv_http_set_identity(lv_http_server *server, const lv_identity *identity)
{
    lv_identity_slot_set(&server->identity, identity);
}

/* ---- closing ---- */

static void wait_for_answers(lv_http_server *server)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STOP_SECONDS;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_cond_broadcast(&server->changed);
    while (server->busy > 0 &&
           pthread_cond_timedwait(&server->changed, &server->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&server->lock);
}

/* The socket may be closed only when no thread of the daemon can use it any more. */
static void door_close(lv_door *door)
{
    if (door->daemon != NULL) {
        MHD_stop_daemon(door->daemon);
    }
    if (door->fd >= 0) {
        close(door->fd);
    }
}

void lv_http_stop(lv_http_server *server)
{
    if (server == NULL) {
        return;
    }
    if (server->control_path != NULL) {
        unlink(server->control_path);
    }
    if (server->peer.daemon != NULL) {
        MHD_quiesce_daemon(server->peer.daemon);
    }
    if (server->control.daemon != NULL) {
        MHD_quiesce_daemon(server->control.daemon);
    }
    wait_for_answers(server);
    door_close(&server->peer);
    door_close(&server->control);
    lv_watchdog_stop(server->dog);
    lv_quota_free(server->quota);
    lv_identity_slot_clear(&server->identity);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server->control_path);
    free(server);
}
