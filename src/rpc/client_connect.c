/* How a client comes to a connection: looking up, dialling, and the pause after what failed. */
#include "base/secret.h"
#include "rpc/client_parts.h"
#include <errno.h>
#include <lotveil/job.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

void lv_rpc_client_forget_addresses(lv_rpc_client *client)
{
    lv_rpc_lookup_free(client->lookup);
    client->lookup = NULL;
    if (client->addresses != NULL) {
        freeaddrinfo(client->addresses);
    }
    client->addresses = NULL;
    client->next_address = NULL;
}

bool lv_rpc_stream_is_waiting(const lv_rpc_stream *stream)
{
    return !stream->over && stream->flow.session == NULL && stream->flow.id == 0;
}

static void fail_waiting(lv_rpc_client *client)
{
    for (lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (lv_rpc_stream_is_waiting(at)) {
            lv_rpc_stream_finish(at, LV_UNAVAILABLE, "no connection: %s", client->failure);
        }
    }
}

/* Between half and all of a pause that doubles, so that many clients do not come back at once. */
void lv_rpc_client_back_off(lv_rpc_client *client, const char *words)
{
    uint8_t dice = 0;
    int pause = client->backoff_ms > 0 ? client->backoff_ms * 2 : client->backoff_min_ms;
    if (lv_rng_fill(NULL, &dice, 1) != LV_OK) {
        dice = UINT8_MAX;
    }
    client->backoff_ms = pause < client->backoff_max_ms ? pause : client->backoff_max_ms;
    client->attempt_ms = lv_rpc_now() + client->backoff_ms / 2 +
                         (int64_t)client->backoff_ms * dice / (2L * UINT8_MAX);
    snprintf(client->failure, sizeof client->failure, "%s", words);
    lv_rpc_client_forget_addresses(client);
    fail_waiting(client);
}

static bool anybody_waits(const lv_rpc_client *client)
{
    for (const lv_rpc_stream *at = client->streams; at != NULL; at = at->next) {
        if (lv_rpc_stream_is_waiting(at)) {
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

/* LV_OK: there is an address to try. LV_TIMEOUT: the answer is not there yet. */
static lv_status look_up(lv_rpc_client *client, lv_error *err)
{
    if (client->next_address != NULL) {
        return LV_OK;
    }
    lv_status status = LV_OK;
    if (client->lookup == NULL) {
        lv_rpc_client_forget_addresses(client);
        client->lookup_ms = lv_rpc_now();
        status = lv_rpc_lookup_start(client->host, client->port, client->bell, &client->lookup);
    }
    if (status == LV_OK) {
        status = lv_rpc_lookup_result(client->lookup, &client->addresses, err);
    }
    client->next_address = client->addresses;
    return status == LV_TIMEOUT && lv_rpc_now() > client->lookup_ms + client->connect_ms
               ? lv_fail(err, LV_UNAVAILABLE, "%s: no address within %d ms", client->host,
                         client->connect_ms)
               : status;
}

void lv_rpc_client_connect(lv_rpc_client *client)
{
    if (client->current != NULL) {
        return;
    }
    if (!anybody_waits(client)) {
        lv_rpc_lookup_free(client->lookup);
        client->lookup = NULL;
        return;
    }
    if (lv_rpc_now() < client->attempt_ms || count_links(client) >= LV_RPC_LINKS_MAX) {
        fail_waiting(client);
        return;
    }
    lv_error err = {0};
    lv_status status = look_up(client, &err);
    if (status == LV_OK) {
        lv_rpc_lookup_free(client->lookup);
        client->lookup = NULL;
        status = begin(client, &err);
    }
    if (status != LV_OK && status != LV_TIMEOUT) {
        lv_rpc_client_back_off(client, err.text[0] != '\0' ? err.text : lv_status_name(status));
    }
}
