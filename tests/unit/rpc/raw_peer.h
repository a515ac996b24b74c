/** The other side of a connection, frame by frame as RFC 9113 writes them, so that it can do what
 * no library would. */
#ifndef LV_TESTS_RAW_PEER_H
#define LV_TESTS_RAW_PEER_H

#include "rpc/tls.h"
#include "unit/rpc/rpc_world.h"
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

enum {
    RAW_DATA = 0,
    RAW_HEADERS = 1,
    RAW_RESET = 3,
    RAW_SETTINGS = 4,
    RAW_PING = 6,
    RAW_WINDOW_UPDATE = 8,
    RAW_CONTINUATION = 9,
    RAW_END_STREAM = 1,
    RAW_ACK = 1,
    RAW_END_HEADERS = 4
};

typedef struct {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
    bool cut; /* the other side ended it, which is not the same as keeping silent */
} raw_peer;

static inline struct sockaddr_in raw_address(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
}

/* A socket that gives up reading after some seconds, and holds little that nobody reads. */
static inline int raw_dial(unsigned port)
{
    const struct timeval patience = {.tv_sec = 5};
    const int small = 4096;
    const struct sockaddr_in to = raw_address(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        fail_msg("no socket");
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    assert_int_equal(connect(fd, (const struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

static inline bool raw_shake_hands(raw_peer *peer, const lv_rpc_tls *tls, bool server, int fd)
{
    lv_error err = {0};
    *peer = (raw_peer){.fd = fd};
    if (lv_rpc_tls_context(tls, server, &peer->context, &err) != LV_OK) {
        return false;
    }
    peer->ssl = SSL_new(peer->context);
    SSL_set_fd(peer->ssl, fd);
    return (server ? SSL_accept(peer->ssl) : SSL_connect(peer->ssl)) == 1;
}

static inline void raw_close(raw_peer *peer)
{
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    close(peer->fd);
}

static inline bool raw_write(raw_peer *peer, const lv_buffer *bytes)
{
    size_t sent = 0;
    while (sent < bytes->len) {
        int now = SSL_write(peer->ssl, bytes->data + sent, (int)(bytes->len - sent));
        if (now <= 0) {
            peer->cut = SSL_get_error(peer->ssl, now) != SSL_ERROR_WANT_WRITE;
            return false;
        }
        sent += (size_t)now;
    }
    return true;
}

static inline void raw_frame(lv_buffer *out, uint8_t type, uint8_t flags, uint32_t id,
                             lv_bytes payload)
{
    const uint8_t head[9] = {(uint8_t)(payload.len >> 16),
                             (uint8_t)(payload.len >> 8),
                             (uint8_t)payload.len,
                             type,
                             flags,
                             (uint8_t)(id >> 24),
                             (uint8_t)(id >> 16),
                             (uint8_t)(id >> 8),
                             (uint8_t)id};
    assert_int_equal(lv_buffer_append(out, head, sizeof head), LV_OK);
    assert_int_equal(lv_buffer_append(out, payload.data, payload.len), LV_OK);
}

/* A header that is not indexed, of less than 127 bytes each. */
static inline void raw_put_header(lv_buffer *block, const char *name, const char *value)
{
    const uint8_t name_len = (uint8_t)strlen(name);
    const uint8_t value_len = (uint8_t)strlen(value);
    assert_int_equal(lv_buffer_append(block, "", 1), LV_OK); /* literal, not indexed */
    assert_int_equal(lv_buffer_append(block, &name_len, 1), LV_OK);
    assert_int_equal(lv_buffer_append(block, name, name_len), LV_OK);
    assert_int_equal(lv_buffer_append(block, &value_len, 1), LV_OK);
    assert_int_equal(lv_buffer_append(block, value, value_len), LV_OK);
}

static inline lv_buffer raw_request_block(const char *verb, const char *path)
{
    lv_buffer block = {0};
    raw_put_header(&block, ":method", verb);
    raw_put_header(&block, ":scheme", "https");
    raw_put_header(&block, ":path", path);
    raw_put_header(&block, ":authority", "localhost");
    raw_put_header(&block, "te", "trailers");
    raw_put_header(&block, "content-type", "application/grpc");
    return block;
}

static inline void raw_request(lv_buffer *out, uint32_t id, const char *path)
{
    lv_buffer block = raw_request_block("POST", path);
    raw_frame(out, RAW_HEADERS, RAW_END_HEADERS, id, lv_buffer_view(&block));
    lv_buffer_free(&block);
}

static inline void raw_connect(raw_peer *peer, rpc_world *w)
{
    lv_rpc_tls tls = rpc_tls(&w->client_party, &w->server_party);
    lv_buffer hello = {0};
    assert_true(raw_shake_hands(peer, &tls, false, raw_dial(lv_rpc_server_port(w->server))));
    assert_int_equal(lv_buffer_printf(&hello, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), LV_OK);
    raw_frame(&hello, RAW_SETTINGS, 0, 0, (lv_bytes){0});
    assert_true(raw_write(peer, &hello));
    lv_buffer_free(&hello);
}

static inline bool raw_read(raw_peer *peer, uint8_t *out, size_t len)
{
    size_t got = 0;
    while (got < len) {
        int now = SSL_read(peer->ssl, out + got, (int)(len - got));
        if (now <= 0) {
            peer->cut = SSL_get_error(peer->ssl, now) != SSL_ERROR_WANT_READ;
            return false;
        }
        got += (size_t)now;
    }
    return true;
}

typedef struct {
    int type; /* -1: the connection ended, or nothing came for long */
    uint8_t flags;
    uint32_t id;
    size_t len;
    uint8_t payload[65536];
} raw_came;

static inline void raw_next(raw_peer *peer, raw_came *came)
{
    uint8_t head[9];
    came->type = -1;
    if (!raw_read(peer, head, sizeof head)) {
        return;
    }
    came->len = (size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2];
    came->flags = head[4];
    came->id = (uint32_t)head[5] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[7] << 8 | head[8];
    if (came->len <= sizeof came->payload && raw_read(peer, came->payload, came->len)) {
        came->type = head[3];
    }
}

/* The next frame of this type; false where the connection ends before. */
static inline bool raw_await(raw_peer *peer, int type, raw_came *came)
{
    do {
        raw_next(peer, came);
    } while (came->type >= 0 && (came->type != type || (type == RAW_SETTINGS && came->flags != 0)));
    return came->type == type;
}

#endif
