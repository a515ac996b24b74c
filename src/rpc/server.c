/* The listener and connections of a server, and the thread that moves their bytes. */
#include "rpc/server_parts.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CALLS_MAX = 64,
    CONNECTIONS_MAX = 64,
    CONNECTIONS_LIMIT = 1024,
    KEEPALIVE_MS = 60000,
    HANDSHAKE_MS = 10000,
    NO_FILES_MS = 200,   /* pause where no more files can be opened */
    LAST_WORDS_MS = 500, /* for answers to go when the server ends the calls */
    BACKLOG = 128
};

void lv_rpc_server_ring(const lv_rpc_server *server)
{
    const uint64_t one = 1;
    /* Only a full counter can refuse it, and then the thread is awake anyway. */
    if (write(server->bell, &one, sizeof one) < 0) {
        return;
    }
}

unsigned lv_rpc_server_port(const lv_rpc_server *server) { return server->port; }

/* ---- connections ---- */

static void close_door(lv_rpc_server *server, lv_rpc_door *door)
{
    lv_rpc_exchange *next = NULL;
    for (lv_rpc_exchange *at = server->exchanges; at != NULL; at = next) {
        next = at->next;
        if (at->on == door) {
            lv_rpc_exchange_lose(at);
        }
    }
    lv_rpc_door **at = &server->doors;
    while (*at != door) {
        at = &(*at)->next;
    }
    *at = door->next;
    lv_rpc_conn_close(&door->conn);
    free(door);
}

static size_t count_doors(const lv_rpc_server *server)
{
    size_t count = 0;
    for (const lv_rpc_door *at = server->doors; at != NULL; at = at->next) {
        count++;
    }
    return count;
}

/* Who has not shown a certificate yet makes room for who comes, the oldest first. */
static void make_room(lv_rpc_server *server)
{
    lv_rpc_door *oldest = NULL;
    for (lv_rpc_door *at = server->doors; at != NULL; at = at->next) {
        oldest = at->conn.shaking_hands ? at : oldest; /* new ones stand in front */
    }
    if (oldest != NULL) {
        close_door(server, oldest);
    }
}

static void open_door(lv_rpc_server *server, int fd)
{
    lv_error err = {0};
    if (count_doors(server) >= server->connections_max) {
        make_room(server);
    }
    lv_rpc_door *door =
        count_doors(server) < server->connections_max ? calloc(1, sizeof *door) : NULL;
    if (door == NULL) {
        close(fd);
        return;
    }
    door->server = server;
    door->opened_ms = lv_rpc_now();
    if (lv_rpc_conn_open(&door->conn, fd, false, server->tls, server->calls_max, server->callbacks,
                         door, &err) != LV_OK) {
        free(door);
        return;
    }
    door->next = server->doors;
    server->doors = door;
}

static void accept_all(lv_rpc_server *server, int64_t now)
{
    for (int i = 0; i < BACKLOG && !server->stopping && server->accept_ms <= now; i++) {
        int fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            open_door(server, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            server->accept_ms = now + NO_FILES_MS;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

static lv_status turn_door(lv_rpc_server *server, lv_rpc_door *door, int64_t now, lv_error *err)
{
    if (door->conn.shaking_hands && now - door->opened_ms > HANDSHAKE_MS) {
        return LV_TIMEOUT;
    }
    lv_status status = lv_rpc_conn_keep_alive(&door->conn, now, server->keepalive_ms, err);
    return status == LV_OK ? lv_rpc_conn_pump(&door->conn, err) : status;
}

/* ---- the I/O thread ---- */

/* Its handler has nothing to wait for any more. */
static void break_off(lv_rpc_exchange *exchange)
{
    if (exchange->flow.broken == LV_OK) {
        exchange->flow.broken = LV_UNAVAILABLE;
    }
    pthread_cond_broadcast(&exchange->flow.changed);
}

static void expire(lv_rpc_server *server, int64_t now)
{
    for (lv_rpc_exchange *at = server->exchanges; at != NULL; at = at->next) {
        if (at->deadline_ms > now || at->expired || !at->accepted) {
            continue;
        }
        at->expired = true;
        if (at->begun && at->flow.session != NULL) {
            /* Trailers would wait behind what the client does not take. */
            nghttp2_submit_rst_stream(at->flow.session, NGHTTP2_FLAG_NONE, at->flow.id,
                                      NGHTTP2_CANCEL);
        } else {
            lv_rpc_exchange_end(at, LV_RPC_DEADLINE_EXCEEDED, "no answer in the time given");
        }
        break_off(at);
    }
}

/* Frees the calls whose streams were gone before their handlers returned. */
static void reap(lv_rpc_server *server)
{
    lv_rpc_exchange *next = NULL;
    for (lv_rpc_exchange *at = server->exchanges; at != NULL; at = next) {
        next = at->next;
        if (at->flow.session == NULL && at->done) {
            lv_rpc_exchange_free(at);
        }
    }
}

static void turn(lv_rpc_server *server)
{
    int64_t now = lv_rpc_now();
    lv_rpc_door *next = NULL;
    reap(server);
    expire(server, now);
    accept_all(server, now);
    for (lv_rpc_door *door = server->doors; door != NULL; door = next) {
        lv_error err = {0};
        next = door->next;
        if (turn_door(server, door, now, &err) != LV_OK) {
            close_door(server, door);
        }
    }
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static int poll_timeout(const lv_rpc_server *server)
{
    int64_t now = lv_rpc_now();
    int64_t due = server->accept_ms > now ? server->accept_ms : INT64_MAX;
    for (const lv_rpc_door *at = server->doors; at != NULL; at = at->next) {
        if (at->conn.again) {
            return 0;
        }
        due =
            earlier(due, at->conn.shaking_hands ? at->opened_ms + HANDSHAKE_MS + 1
                                                : lv_rpc_conn_due(&at->conn, server->keepalive_ms));
    }
    for (const lv_rpc_exchange *at = server->exchanges; at != NULL; at = at->next) {
        due = at->expired || !at->accepted ? due : earlier(due, at->deadline_ms);
    }
    if (due == INT64_MAX) {
        return -1;
    }
    return due <= now ? 0 : (int)earlier(due - now, INT32_MAX);
}

static void rest(lv_rpc_server *server, struct pollfd *fds)
{
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = server->bell, .events = POLLIN};
    bool accepts = !server->stopping && server->accept_ms <= lv_rpc_now();
    fds[count++] = (struct pollfd){.fd = accepts ? server->listener : -1, .events = POLLIN};
    for (const lv_rpc_door *at = server->doors; at != NULL; at = at->next) {
        fds[count++] = (struct pollfd){.fd = at->conn.fd, .events = lv_rpc_conn_events(&at->conn)};
    }
    int timeout = poll_timeout(server);
    pthread_mutex_unlock(&server->lock);
    poll(fds, count, timeout);
    uint64_t rings = 0;
    if ((fds[0].revents & POLLIN) != 0 && read(server->bell, &rings, sizeof rings) < 0) {
        rings = 0; /* somebody was faster, which is fine */
    }
    pthread_mutex_lock(&server->lock);
}

static void *run(void *context)
{
    lv_rpc_server *server = context;
    struct pollfd fds[CONNECTIONS_LIMIT + 2];
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE); /* of a socket that was cut: the error says the same */
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    pthread_mutex_lock(&server->lock);
    while (!server->ending) {
        turn(server);
        rest(server, fds);
    }
    turn(server); /* last words */
    while (server->doors != NULL) {
        close_door(server, server->doors);
    }
    reap(server);
    pthread_mutex_unlock(&server->lock);
    return NULL;
}

/* ---- starting and stopping ---- */

static lv_status note_port(lv_rpc_server *server)
{
    struct sockaddr_storage own;
    socklen_t len = sizeof own;
    char port[NI_MAXSERV];
    if (getsockname(server->listener, (struct sockaddr *)&own, &len) != 0 ||
        getnameinfo((struct sockaddr *)&own, len, NULL, 0, port, sizeof port, NI_NUMERICSERV) !=
            0) {
        return LV_E_IO;
    }
    server->port = (unsigned)strtoul(port, NULL, 10);
    return LV_OK;
}

static void close_listener(lv_rpc_server *server)
{
    if (server->listener >= 0) {
        close(server->listener);
    }
    server->listener = -1;
}

static lv_status bind_to(lv_rpc_server *server, const struct addrinfo *to)
{
    const int yes = 1;
    server->listener = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (server->listener < 0) {
        return LV_E_IO;
    }
    setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind(server->listener, to->ai_addr, to->ai_addrlen) == 0 &&
                   listen(server->listener, BACKLOG) == 0
               ? note_port(server)
               : LV_E_IO;
}

static lv_status open_listener(lv_rpc_server *server, const char *address, lv_error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                   .ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    char *host = NULL;
    char *port = NULL;
    lv_status status = lv_rpc_split_address(address, &host, &port, err);
    if (status != LV_OK) {
        return status;
    }
    int fault = getaddrinfo(host, port, &hints, &found);
    free(host);
    free(port);
    if (fault != 0) {
        return lv_fail(err, LV_E_CONFIG, "address '%s': %s", address, gai_strerror(fault));
    }
    status = LV_E_IO;
    for (const struct addrinfo *to = found; to != NULL && status != LV_OK; to = to->ai_next) {
        status = bind_to(server, to);
        if (status != LV_OK) {
            (void)lv_fail(err, status, "cannot listen at %s: %s", address, strerror(errno));
            close_listener(server);
        }
    }
    freeaddrinfo(found);
    return status;
}

static lv_status prepare(lv_rpc_server *server, const lv_rpc_listen *listen, lv_error *err)
{
    server->listener = -1;
    server->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    server->message_max = listen->message_max > 0 ? listen->message_max : LV_RPC_MESSAGE_MAX;
    server->calls_max = listen->calls_max > 0 ? listen->calls_max : CALLS_MAX;
    server->connections_max =
        listen->connections_max > 0 ? listen->connections_max : CONNECTIONS_MAX;
    if (server->connections_max > CONNECTIONS_LIMIT) {
        server->connections_max = CONNECTIONS_LIMIT;
    }
    server->keepalive_ms = listen->keepalive_ms > 0 ? listen->keepalive_ms : KEEPALIVE_MS;
    server->method_count = listen->method_count;
    server->methods = calloc(listen->method_count, sizeof *server->methods);
    if (server->bell < 0 || server->methods == NULL) {
        return LV_E_MEMORY;
    }
    memcpy(server->methods, listen->methods, listen->method_count * sizeof *server->methods);
    lv_status status = lv_rpc_server_callbacks(&server->callbacks);
    if (status == LV_OK) {
        status = lv_rpc_tls_context(&listen->tls, true, &server->tls, err);
    }
    return status == LV_OK ? open_listener(server, listen->address, err) : status;
}

static void destroy(lv_rpc_server *server)
{
    SSL_CTX_free(server->tls);
    nghttp2_session_callbacks_del(server->callbacks);
    close_listener(server);
    if (server->bell >= 0) {
        close(server->bell);
    }
    free(server->methods);
    pthread_cond_destroy(&server->quiet);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

lv_status lv_rpc_server_start(const lv_rpc_listen *listen, lv_rpc_server **out, lv_error *err)
{
    pthread_condattr_t attributes;
    *out = NULL;
    lv_rpc_server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&server->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&server->quiet, &attributes);
    pthread_condattr_destroy(&attributes);
    lv_status status = prepare(server, listen, err);
    if (status == LV_OK && pthread_create(&server->thread, NULL, run, server) != 0) {
        status = lv_fail(err, LV_E_MEMORY, "no thread for the server");
    }
    if (status != LV_OK) {
        destroy(server);
        return status;
    }
    *out = server;
    return LV_OK;
}

/* Until no call is left, or the time has come. */
static void wait_quiet(lv_rpc_server *server, int64_t until)
{
    struct timespec when = {.tv_sec = (time_t)(until / 1000), .tv_nsec = until % 1000 * 1000000};
    while (server->exchanges != NULL && lv_rpc_now() < until) {
        pthread_cond_timedwait(&server->quiet, &server->lock, &when);
    }
}

void lv_rpc_server_stop(lv_rpc_server *server, int grace_ms)
{
    if (server == NULL) {
        return;
    }
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    for (lv_rpc_door *at = server->doors; at != NULL; at = at->next) {
        nghttp2_submit_goaway(at->conn.session, NGHTTP2_FLAG_NONE,
                              nghttp2_session_get_last_proc_stream_id(at->conn.session),
                              NGHTTP2_NO_ERROR, NULL, 0);
    }
    lv_rpc_server_ring(server);
    wait_quiet(server, lv_rpc_now() + grace_ms);
    for (lv_rpc_exchange *at = server->exchanges; at != NULL; at = at->next) {
        if (at->accepted) {
            lv_rpc_exchange_end(at, LV_RPC_UNAVAILABLE, "the server is stopping");
        }
        break_off(at);
    }
    lv_rpc_server_ring(server);
    while (server->running > 0) { /* handlers see the end of their call and return */
        pthread_cond_wait(&server->quiet, &server->lock);
    }
    wait_quiet(server, lv_rpc_now() + LAST_WORDS_MS);
    server->ending = true;
    pthread_mutex_unlock(&server->lock);
    lv_rpc_server_ring(server);
    pthread_join(server->thread, NULL);
    destroy(server);
}
