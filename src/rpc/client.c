/* The connections of a client, and the thread that moves their bytes. */
#include "base/secret.h"
#include "rpc/client_parts.h"
#include <errno.h>
#include <lotveil/job.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
    LINKS_MAX = 8, /* one for new calls, the others end the calls they have */
    CONNECT_MS = 5000,
    BACKOFF_MIN_MS = 200,
    BACKOFF_MAX_MS = 30000,
    KEEPALIVE_MIN_MS = 60000
};

void lv_rpc_client_ring(const lv_rpc_client *client)
{
    const uint64_t one = 1;
    /* Only a full counter can refuse it, and then the thread is awake anyway. */
    if (write(client->bell, &one, sizeof one) < 0) {
        return;
    }
}

/* ---- connecting ---- */

static lv_status resolve(lv_rpc_client *client, lv_error *err)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    pthread_mutex_unlock(&client->lock); /* a name server may be slow */
    int fault = getaddrinfo(client->host, client->port, &hints, &found);
    pthread_mutex_lock(&client->lock);
    if (fault != 0) {
        return lv_fail(err, LV_UNAVAILABLE, "%s", gai_strerror(fault));
    }
    client->addresses = found;
    client->next_address = found;
    return LV_OK;
}

/* The next address of the server that lets a socket begin to connect. */
static lv_status dial(lv_rpc_client *client, int *fd, bool *connecting, lv_error *err)
{
    lv_status status = lv_fail(err, LV_UNAVAILABLE, "it has no address");
    *fd = -1;
    while (client->next_address != NULL) {
        const struct addrinfo *to = client->next_address;
        client->next_address = to->ai_next;
        *fd = socket(to->ai_family, to->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (*fd >= 0 && connect(*fd, to->ai_addr, to->ai_addrlen) == 0) {
            *connecting = false;
            return LV_OK;
        }
        if (*fd >= 0 && errno == EINPROGRESS) {
            *connecting = true;
            return LV_OK;
        }
        status = lv_fail(err, LV_UNAVAILABLE, "%s", strerror(errno));
        if (*fd >= 0) {
            close(*fd);
            *fd = -1;
        }
    }
    return status;
}

static lv_status begin(lv_rpc_client *client, lv_error *err)
{
    int fd = -1;
    bool connecting = false;
    lv_status status = dial(client, &fd, &connecting, err);
    if (status != LV_OK) {
        return status;
    }
    lv_rpc_link *link = calloc(1, sizeof *link);
    if (link == NULL) {
        close(fd);
        return LV_E_MEMORY;
    }
    link->client = client;
    link->opened_ms = lv_rpc_now();
    status =
        lv_rpc_conn_open(&link->conn, fd, connecting, client->tls, 0, client->callbacks, link, err);
    if (status == LV_OK) {
        status = lv_rpc_tls_expect_host(link->conn.ssl, client->host_name);
        if (status != LV_OK) {
            lv_rpc_conn_close(&link->conn);
        }
    }
    if (status != LV_OK) {
        free(link);
        return status;
    }
    link->next = client->links;
    client->links = link;
    client->current = link;
    return LV_OK;
}

static void forget_addresses(lv_rpc_client *client)
{
    if (client->addresses != NULL) {
        freeaddrinfo(client->addresses);
    }
    client->addresses = NULL;
    client->next_address = NULL;
}

/* Between half and all of a pause that doubles, so that many clients do not come back at once. */
static void back_off(lv_rpc_client *client, const char *words)
{
    uint8_t dice = 0;
    int pause = client->backoff_ms > 0 ? client->backoff_ms * 2 : client->backoff_min_ms;
    if (lv_rng_fill(NULL, &dice, 1) != LV_OK) {
        dice = UINT8_MAX;
    }
    client->backoff_ms = pause < client->backoff_max_ms ? pause : client->backoff_max_ms;
    client->attempt_ms = lv_rpc_now() + client->backoff_ms / 2 +
                         (int64_t)client->backoff_ms * dice / (2 * UINT8_MAX);
    snprintf(client->failure, sizeof client->failure, "%s", words);
    forget_addresses(client);
}

static bool is_waiting(const lv_rpc_stream *stream)
{
    return !stream->over && stream->flow.session == NULL && stream->flow.id == 0;
}

static void fail_waiting(lv_rpc_client *client)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (is_waiting(at)) {
            lv_rpc_stream_finish(at, LV_UNAVAILABLE, "no connection: %s", client->failure);
        }
    }
}

static bool anybody_waits(const lv_rpc_client *client)
{
    for (const lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (is_waiting(at)) {
            return true;
        }
    }
    return false;
}

static size_t count_links(const lv_rpc_client *client)
{
    size_t count = 0;
    for (const lv_rpc_link *at = client->links; at != NULL; at = at->next) {
        count++;
    }
    return count;
}

static void connect_where_needed(lv_rpc_client *client)
{
    if (client->current != NULL || !anybody_waits(client)) {
        return;
    }
    if (lv_rpc_now() < client->attempt_ms || count_links(client) >= LINKS_MAX) {
        fail_waiting(client);
        return;
    }
    lv_error err = {0};
    lv_status status = client->addresses == NULL ? resolve(client, &err) : LV_OK;
    if (status == LV_OK) {
        status = begin(client, &err);
    }
    if (status != LV_OK) {
        back_off(client, err.text);
        fail_waiting(client);
    }
}

/* ---- the end of a connection ---- */

static void drop(lv_rpc_client *client, lv_rpc_link *link, lv_status status, const char *words)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (at->on == link) {
            at->flow.session = NULL;
            at->on = NULL;
            at->maybe_acted = at->sent_headers;
            at->refused_stale = !at->sent_headers;
            if (!at->over) {
                lv_rpc_stream_finish(at, LV_UNAVAILABLE, "%s",
                                     status == LV_NOT_FOUND ? "the server ended the connection"
                                                            : words);
            }
        }
    }
    bool failed_to_connect = client->current == link && !link->ready;
    if (client->current == link) {
        client->current = NULL;
    }
    lv_rpc_link **at = &client->links;
    while (*at != link) {
        at = &(*at)->next;
    }
    *at = link->next;
    lv_rpc_conn_close(&link->conn);
    free(link);
    if (failed_to_connect && client->next_address == NULL) {
        back_off(client, words);
        fail_waiting(client);
    }
}

/* ---- the I/O thread ---- */

static void expire(lv_rpc_client *client, int64_t now)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (!at->over && at->deadline_ms <= now) {
            at->maybe_acted = at->sent_headers;
            lv_rpc_stream_detach(at, true);
            lv_rpc_stream_finish(at, LV_TIMEOUT, "no answer in the time given");
        }
    }
}

static void submit_waiting(lv_rpc_client *client)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (client->current == NULL || !client->current->ready) {
            return;
        }
        if (is_waiting(at)) {
            lv_rpc_stream_submit(at);
        }
    }
}

static lv_status turn_link(lv_rpc_client *client, lv_rpc_link *link, int64_t now, lv_error *err)
{
    if (!link->ready && now - link->opened_ms > client->connect_ms) {
        return lv_fail(err, LV_UNAVAILABLE, "no connection within %d ms", client->connect_ms);
    }
    lv_status status = lv_rpc_conn_keep_alive(&link->conn, now, client->keepalive_ms, err);
    return status == LV_OK ? lv_rpc_conn_pump(&link->conn, err) : status;
}

static void turn(lv_rpc_client *client)
{
    int64_t now = lv_rpc_now();
    expire(client, now);
    connect_where_needed(client);
    lv_rpc_link *next = NULL;
    for (lv_rpc_link *link = client->links; link != NULL; link = next) {
        lv_error err = {0};
        next = link->next;
        bool was_ready = link->ready;
        lv_status status = turn_link(client, link, now, &err);
        if (status == LV_OK && link->ready && !was_ready) {
            forget_addresses(client);
        }
        if (status != LV_OK) {
            drop(client, link, status, err.text);
        }
    }
    submit_waiting(client);
    for (lv_rpc_link *link = client->links; link != NULL; link = next) {
        lv_error err = {0};
        next = link->next;
        lv_status status = lv_rpc_conn_pump(&link->conn, &err); /* what was just submitted */
        if (status != LV_OK) {
            drop(client, link, status, err.text);
        }
    }
    connect_where_needed(client); /* a GOAWAY may have left calls without a connection */
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* When something is due without anything happening at a socket. */
static int poll_timeout(const lv_rpc_client *client)
{
    int64_t now = lv_rpc_now();
    int64_t due = INT64_MAX;
    for (const lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        due = at->over ? due : earlier(due, at->deadline_ms);
    }
    for (const lv_rpc_link *at = client->links; at != NULL; at = at->next) {
        if (at->conn.again) {
            return 0;
        }
        if (!at->ready) {
            due = earlier(due, at->opened_ms + client->connect_ms + 1);
        } else if (client->keepalive_ms > 0) {
            due = earlier(due, now + KEEPALIVE_MIN_MS / 12);
        }
    }
    if (due == INT64_MAX) {
        return -1;
    }
    return due <= now ? 0 : (int)earlier(due - now, INT32_MAX);
}

static void rest(lv_rpc_client *client)
{
    struct pollfd fds[LINKS_MAX + 1] = {{.fd = client->bell, .events = POLLIN}};
    nfds_t count = 1;
    for (const lv_rpc_link *at = client->links; at != NULL; at = at->next) {
        fds[count++] = (struct pollfd){.fd = at->conn.fd, .events = lv_rpc_conn_events(&at->conn)};
    }
    int timeout = poll_timeout(client);
    pthread_mutex_unlock(&client->lock);
    poll(fds, count, timeout);
    uint64_t rings = 0;
    if ((fds[0].revents & POLLIN) != 0 && read(client->bell, &rings, sizeof rings) < 0) {
        rings = 0; /* somebody was faster, which is fine */
    }
    pthread_mutex_lock(&client->lock);
}

static void *run(void *context)
{
    lv_rpc_client *client = context;
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE); /* of a socket that was cut: the error says the same */
    pthread_sigmask(SIG_BLOCK, &pipe, NULL);
    pthread_mutex_lock(&client->lock);
    while (!client->stopping) {
        turn(client);
        rest(client);
    }
    while (client->links != NULL) {
        drop(client, client->links, LV_UNAVAILABLE, "this client was closed");
    }
    pthread_mutex_unlock(&client->lock);
    return NULL;
}

/* ---- making and ending a client ---- */

static lv_status split_address(const lv_rpc_target *target, lv_rpc_client *client, lv_error *err)
{
    const char *colon = strrchr(target->address, ':');
    const char *host = target->address;
    size_t len = colon != NULL ? (size_t)(colon - host) : 0;
    if (len == 0 || colon[1] == '\0') {
        return lv_fail(err, LV_E_CONFIG, "address '%s' must be HOST:PORT", target->address);
    }
    if (host[0] == '[' && host[len - 1] == ']') { /* of IPv6 */
        host++;
        len -= 2;
    }
    client->host = strndup(host, len);
    client->port = strdup(colon + 1);
    client->authority = strdup(target->address);
    client->host_name = strdup(target->host_name != NULL ? target->host_name
                               : client->host != NULL    ? client->host
                                                         : "");
    return client->host != NULL && client->port != NULL && client->authority != NULL &&
                   client->host_name != NULL
               ? LV_OK
               : LV_E_MEMORY;
}

static int or_default(int value, int otherwise) { return value > 0 ? value : otherwise; }

static lv_status prepare(lv_rpc_client *client, const lv_rpc_target *target, lv_error *err)
{
    client->message_max = target->message_max > 0 ? target->message_max : LV_RPC_MESSAGE_MAX;
    client->connect_ms = or_default(target->connect_ms, CONNECT_MS);
    client->backoff_min_ms = or_default(target->backoff_min_ms, BACKOFF_MIN_MS);
    client->backoff_max_ms = or_default(target->backoff_max_ms, BACKOFF_MAX_MS);
    if (target->keepalive_ms > 0) {
        client->keepalive_ms =
            target->keepalive_ms > KEEPALIVE_MIN_MS ? target->keepalive_ms : KEEPALIVE_MIN_MS;
    }
    client->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lv_status status = client->bell >= 0 ? split_address(target, client, err) : LV_E_IO;
    if (status == LV_OK) {
        status = lv_rpc_client_callbacks(&client->callbacks);
    }
    return status == LV_OK ? lv_rpc_tls_context(&target->tls, false, &client->tls, err) : status;
}

static void destroy(lv_rpc_client *client)
{
    forget_addresses(client);
    SSL_CTX_free(client->tls);
    nghttp2_session_callbacks_del(client->callbacks);
    if (client->bell >= 0) {
        close(client->bell);
    }
    free(client->host);
    free(client->port);
    free(client->host_name);
    free(client->authority);
    pthread_mutex_destroy(&client->lock);
    free(client);
}

lv_status lv_rpc_client_new(const lv_rpc_target *target, lv_rpc_client **out, lv_error *err)
{
    *out = NULL;
    lv_rpc_client *client = calloc(1, sizeof *client);
    if (client == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&client->lock, NULL);
    lv_status status = prepare(client, target, err);
    if (status == LV_OK && pthread_create(&client->thread, NULL, run, client) != 0) {
        status = lv_fail(err, LV_E_MEMORY, "no thread for a connection");
    }
    if (status != LV_OK) {
        destroy(client);
        return status;
    }
    *out = client;
    return LV_OK;
}

void lv_rpc_client_close(lv_rpc_client *client)
{
    if (client == NULL) {
        return;
    }
    pthread_mutex_lock(&client->lock);
    client->stopping = true;
    pthread_mutex_unlock(&client->lock);
    lv_rpc_client_ring(client);
    pthread_join(client->thread, NULL);
    destroy(client);
}
