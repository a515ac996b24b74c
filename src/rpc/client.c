/* A client, and the thread that moves the bytes of its connections. */
#include "rpc/client_parts.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, BACKOFF_MIN_MS = 200, BACKOFF_MAX_MS = 30000 };

void lv_rpc_client_ring(const lv_rpc_client *client)
{
    const uint64_t one = 1;
    /* Only a full counter can refuse it, and then the thread is awake anyway. */
    if (write(client->bell, &one, sizeof one) < 0) {
        return;
    }
}

/* ---- the end of a connection ---- */

static void drop(lv_rpc_client *client, lv_rpc_link *link, lv_status status, const char *words)
{
    const char *why = status == LV_NOT_FOUND ? "the server ended the connection" : words;
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (at->on == link) {
            at->flow.session = NULL;
            at->on = NULL;
            at->maybe_acted = at->sent_headers;
            if (!at->sent_headers) {
                lv_rpc_stream_return(at, why);
            } else {
                lv_rpc_stream_finish(at, LV_UNAVAILABLE, "%s", why);
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
        lv_rpc_client_back_off(client, why);
    }
}

/* ---- the I/O thread ---- */

static void expire(lv_rpc_client *client, int64_t now)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (!at->over && at->deadline_ms <= now) {
            at->maybe_acted = at->sent_headers;
            lv_rpc_stream_detach(at, NGHTTP2_CANCEL);
            lv_rpc_stream_finish(at, LV_TIMEOUT, "no answer in the time given");
        }
    }
}

/* Does the connection take one more? Calls wait here and not in the HTTP/2 session: from there they
 * could not go to another connection when this one ends. */
static bool has_room(const lv_rpc_link *link)
{
    return link != NULL && link->ready &&
           link->calls < nghttp2_session_get_remote_settings(
                             link->conn.session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

static void submit_waiting(lv_rpc_client *client)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (!has_room(client->current)) {
            return;
        }
        if (lv_rpc_stream_is_waiting(at)) {
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

static void turn_links(lv_rpc_client *client)
{
    int64_t now = lv_rpc_now();
    lv_rpc_link *next = NULL;
    for (lv_rpc_link *link = client->links; link != NULL; link = next) {
        lv_error err = {0};
        next = link->next;
        lv_status status = turn_link(client, link, now, &err);
        if (status != LV_OK) {
            drop(client, link, status, err.text);
        } else if (link->ready && !link->settled) {
            link->settled = true;
            lv_rpc_client_forget_addresses(client); /* they may be others next time */
        }
    }
}

static void turn(lv_rpc_client *client)
{
    expire(client, lv_rpc_now());
    lv_rpc_client_connect(client);
    turn_links(client);
    submit_waiting(client);
    turn_links(client);            /* what was just submitted */
    lv_rpc_client_connect(client); /* a GOAWAY may have left calls without a connection */
}

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

/* When something is due without anything happening at a socket. */
static int poll_timeout(const lv_rpc_client *client)
{
    int64_t now = lv_rpc_now();
    int64_t due = INT64_MAX;
    for (const lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (lv_rpc_stream_is_waiting(at) && has_room(client->current)) {
            return 0; /* the connection became ready after the calls for it were looked through */
        }
        due = at->over ? due : earlier(due, at->deadline_ms);
    }
    for (const lv_rpc_link *at = client->links; at != NULL; at = at->next) {
        if (at->conn.again) {
            return 0;
        }
        if (!at->ready) {
            due = earlier(due, at->opened_ms + client->connect_ms + 1);
        } else {
            due = earlier(due, lv_rpc_conn_due(&at->conn, client->keepalive_ms));
        }
    }
    if (client->lookup != NULL) {
        due = earlier(due, client->lookup_ms + client->connect_ms + 1);
    }
    if (due == INT64_MAX) {
        return -1;
    }
    return due <= now ? 0 : (int)earlier(due - now, INT32_MAX);
}

static void rest(lv_rpc_client *client)
{
    struct pollfd fds[LV_RPC_LINKS_MAX + 1] = {{.fd = client->bell, .events = POLLIN}};
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

static lv_status take_address(const lv_rpc_target *target, lv_rpc_client *client, lv_error *err)
{
    lv_status status = lv_rpc_split_address(target->address, &client->host, &client->port, err);
    if (status != LV_OK) {
        return status;
    }
    client->authority = strdup(target->address);
    client->host_name = strdup(target->host_name != NULL ? target->host_name : client->host);
    return client->authority != NULL && client->host_name != NULL ? LV_OK : LV_E_MEMORY;
}

static int or_default(int value, int otherwise) { return value > 0 ? value : otherwise; }

static lv_status prepare(lv_rpc_client *client, const lv_rpc_target *target, lv_error *err)
{
    client->message_max = target->message_max > 0 ? target->message_max : LV_RPC_MESSAGE_MAX;
    client->connect_ms = or_default(target->connect_ms, CONNECT_MS);
    client->backoff_min_ms = or_default(target->backoff_min_ms, BACKOFF_MIN_MS);
    client->backoff_max_ms = or_default(target->backoff_max_ms, BACKOFF_MAX_MS);
    client->keepalive_ms = or_default(target->keepalive_ms, 0);
    client->bell = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    lv_status status = client->bell >= 0 ? take_address(target, client, err) : LV_E_IO;
    if (status == LV_OK) {
        status = lv_rpc_client_callbacks(&client->callbacks);
    }
    return status == LV_OK ? lv_rpc_tls_context(&target->tls, false, &client->tls, err) : status;
}

static void destroy(lv_rpc_client *client)
{
    lv_rpc_client_forget_addresses(client);
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
