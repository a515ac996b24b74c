#include "rpc/conn.h"
#include "base/clock.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_SIZE = 16384,
    READS_MAX = 32,
    WRITES_MAX = 64, /* of up to a frame of 16 KiB each */
    PONG_MS = 20000,
    WORDS_MAX = 200,
    QUEUE_PER_CALL = 4, /* headers, trailers, window, reset */
    QUEUE_MIN = 1000,
    SESSION_WINDOW = 16 * LV_RPC_WINDOW
};

int64_t lv_rpc_now(void) { return (int64_t)(lv_clock_seconds() * 1000) + 1; }

lv_status lv_rpc_split_address(const char *address, char **host, char **port, lv_error *err)
{
    const char *colon = strrchr(address, ':');
    const char *from = address;
    size_t len = colon != NULL ? (size_t)(colon - from) : 0;
    *host = NULL;
    *port = NULL;
    if (colon == NULL || len == 0 || colon[1] == '\0') {
        return lv_fail(err, LV_E_CONFIG, "address '%s' must be HOST:PORT", address);
    }
    if (len > 2 && from[0] == '[' && from[len - 1] == ']') { /* of IPv6 */
        from++;
        len -= 2;
    }
    *host = strndup(from, len);
    *port = strdup(colon + 1);
    if (*host == NULL || *port == NULL) {
        free(*host);
        free(*port);
        *host = NULL;
        *port = NULL;
        return LV_E_MEMORY;
    }
    return LV_OK;
}

static lv_status open_session(lv_rpc_conn *conn, unsigned calls_max,
                              const nghttp2_session_callbacks *callbacks, void *user_data)
{
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, LV_RPC_WINDOW},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, LV_RPC_HEADERS_MAX},
        calls_max > 0 ? (nghttp2_settings_entry){NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, calls_max}
                      : (nghttp2_settings_entry){NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
    };
    nghttp2_option *option = NULL;
    if (nghttp2_option_new(&option) != 0) {
        return LV_E_MEMORY;
    }
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_closed_streams(option, 1); /* nothing here asks for them */
    int made = calls_max > 0
                   ? nghttp2_session_server_new2(&conn->session, callbacks, user_data, option)
                   : nghttp2_session_client_new2(&conn->session, callbacks, user_data, option);
    nghttp2_option_del(option);
    if (made != 0) {
        return LV_E_MEMORY;
    }
    made = nghttp2_submit_settings(conn->session, NGHTTP2_FLAG_NONE, settings,
                                   sizeof settings / sizeof settings[0]);
    if (made == 0) {
        made = nghttp2_session_set_local_window_size(conn->session, NGHTTP2_FLAG_NONE, 0,
                                                     SESSION_WINDOW);
    }
    return made == 0 ? LV_OK : LV_E_MEMORY;
}

lv_status lv_rpc_conn_open(lv_rpc_conn *conn, int fd, bool connecting, SSL_CTX *context,
                           unsigned calls_max, const nghttp2_session_callbacks *callbacks,
                           void *user_data, lv_error *err)
{
    *conn = (lv_rpc_conn){.fd = fd,
                          .connecting = connecting,
                          .shaking_hands = true,
                          .queue_max =
                              calls_max > 0 ? (size_t)QUEUE_PER_CALL * calls_max + QUEUE_MIN : 0,
                          .wants = connecting ? POLLOUT : POLLIN | POLLOUT,
                          .heard_ms = lv_rpc_now()};
    const int yes = 1;
    lv_status status = LV_E_MEMORY;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes); /* small calls do not wait */
    conn->ssl = SSL_new(context);
    if (conn->ssl != NULL && SSL_set_fd(conn->ssl, fd) == 1) {
        status = open_session(conn, calls_max, callbacks, user_data);
    }
    if (status != LV_OK) {
        lv_rpc_conn_close(conn);
        return lv_fail(err, status, "no memory for a connection");
    }
    if (calls_max > 0) {
        SSL_set_accept_state(conn->ssl);
    } else {
        SSL_set_connect_state(conn->ssl);
    }
    return LV_OK;
}

void lv_rpc_conn_close(lv_rpc_conn *conn)
{
    if (conn->session != NULL) {
        nghttp2_session_del(conn->session);
    }
    if (conn->ssl != NULL && !conn->shaking_hands) {
        SSL_shutdown(conn->ssl); /* says goodbye where the socket takes it, waits for nothing */
    }
    SSL_free(conn->ssl);
    ERR_clear_error();
    if (conn->fd >= 0) {
        close(conn->fd);
    }
    *conn = (lv_rpc_conn){.fd = -1};
}

/* ---- moving ---- */

static lv_status finish_connecting(lv_rpc_conn *conn, lv_error *err)
{
    int fault = 0;
    socklen_t len = sizeof fault;
    struct pollfd ready = {.fd = conn->fd, .events = POLLOUT};
    if (poll(&ready, 1, 0) == 0) {
        return LV_OK;
    }
    if (getsockopt(conn->fd, SOL_SOCKET, SO_ERROR, &fault, &len) != 0) {
        fault = errno;
    }
    if (fault != 0) {
        return lv_fail(err, LV_UNAVAILABLE, "%s", strerror(fault));
    }
    conn->connecting = false;
    return LV_OK;
}

/* Waiting for the socket is no failure. */
static lv_status judge(lv_rpc_conn *conn, int result, const char *what, lv_error *err)
{
    char words[WORDS_MAX];
    int error = SSL_get_error(conn->ssl, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
        const short wanted = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        conn->wants = (short)(conn->wants | wanted);
        return LV_TIMEOUT;
    }
    lv_rpc_tls_words(conn->ssl, result, words, sizeof words);
    return lv_fail(err, LV_UNAVAILABLE, "%s: %s", what, words);
}

static lv_status shake_hands(lv_rpc_conn *conn, lv_error *err)
{
    const unsigned char *protocol = NULL;
    unsigned len = 0;
    ERR_clear_error();
    int result = SSL_do_handshake(conn->ssl);
    if (result != 1) {
        return judge(conn, result, "TLS", err);
    }
    SSL_get0_alpn_selected(conn->ssl, &protocol, &len);
    if (len != 2 || memcmp(protocol, "h2", 2) != 0) {
        return lv_fail(err, LV_UNAVAILABLE, "TLS: the other side does not speak HTTP/2");
    }
    conn->shaking_hands = false;
    return LV_OK;
}

static lv_status receive(lv_rpc_conn *conn, lv_error *err)
{
    uint8_t bytes[READ_SIZE];
    for (int i = 0; i < READS_MAX; i++) {
        ERR_clear_error();
        int got = SSL_read(conn->ssl, bytes, sizeof bytes);
        if (got <= 0) {
            return judge(conn, got, "connection", err);
        }
        conn->heard_ms = lv_rpc_now();
        conn->pinged_ms = 0;
        ssize_t taken = nghttp2_session_mem_recv(conn->session, bytes, (size_t)got);
        if (taken < 0) {
            return lv_fail(err, LV_UNAVAILABLE, "HTTP/2: %s", nghttp2_strerror((int)taken));
        }
        /* Who asks without reading the answers would make them pile up. */
        if (conn->queue_max > 0 &&
            nghttp2_session_get_outbound_queue_size(conn->session) > conn->queue_max) {
            return lv_fail(err, LV_UNAVAILABLE, "HTTP/2: the other side asks and does not read");
        }
    }
    conn->again = true;
    return LV_OK;
}

static lv_status send_out(lv_rpc_conn *conn, lv_error *err)
{
    for (int i = 0; i < WRITES_MAX; i++) {
        if (conn->out_len == 0) {
            ssize_t made = nghttp2_session_mem_send(conn->session, &conn->out);
            if (made < 0) {
                return lv_fail(err, LV_UNAVAILABLE, "HTTP/2: %s", nghttp2_strerror((int)made));
            }
            if (made == 0) {
                return LV_OK;
            }
            conn->out_len = (size_t)made;
        }
        ERR_clear_error();
        int sent = SSL_write(conn->ssl, conn->out,
                             conn->out_len > INT32_MAX ? INT32_MAX : (int)conn->out_len);
        if (sent <= 0) {
            return judge(conn, sent, "connection", err);
        }
        conn->out += sent;
        conn->out_len -= (size_t)sent;
    }
    conn->again = true;
    return LV_OK;
}

static bool finished(const lv_rpc_conn *conn)
{
    return conn->out_len == 0 && nghttp2_session_want_read(conn->session) == 0 &&
           nghttp2_session_want_write(conn->session) == 0;
}

lv_status lv_rpc_conn_pump(lv_rpc_conn *conn, lv_error *err)
{
    lv_status status = LV_OK;
    conn->again = false;
    if (conn->connecting) {
        status = finish_connecting(conn, err);
        if (status != LV_OK || conn->connecting) {
            return status;
        }
    }
    conn->wants = 0;
    if (conn->shaking_hands) {
        status = shake_hands(conn, err);
    }
    if (status == LV_OK) {
        /* What is to be sent goes first: the last words of a connection that is being cut, such as
         * a GOAWAY, are read before its end is seen. */
        lv_status sent = send_out(conn, err);
        status = sent == LV_OK || sent == LV_TIMEOUT ? receive(conn, err) : sent;
        if (status == LV_OK || status == LV_TIMEOUT) {
            status = send_out(conn, err);
        }
    }
    if (status == LV_TIMEOUT) {
        status = LV_OK;
    }
    return status == LV_OK && !conn->shaking_hands && finished(conn) ? LV_NOT_FOUND : status;
}

short lv_rpc_conn_events(const lv_rpc_conn *conn)
{
    if (conn->connecting) {
        return POLLOUT;
    }
    return (short)(conn->wants | POLLIN);
}

static int pong_ms(int idle_ms) { return idle_ms < PONG_MS ? idle_ms : PONG_MS; }

int64_t lv_rpc_conn_due(const lv_rpc_conn *conn, int idle_ms)
{
    if (idle_ms == 0 || conn->shaking_hands) {
        return INT64_MAX;
    }
    return conn->pinged_ms != 0 ? conn->pinged_ms + pong_ms(idle_ms) : conn->heard_ms + idle_ms;
}

lv_status lv_rpc_conn_keep_alive(lv_rpc_conn *conn, int64_t now, int idle_ms, lv_error *err)
{
    if (now < lv_rpc_conn_due(conn, idle_ms)) {
        return LV_OK;
    }
    if (conn->pinged_ms != 0) {
        return lv_fail(err, LV_UNAVAILABLE, "connection: nothing came back for %d ms",
                       pong_ms(idle_ms));
    }
    conn->pinged_ms = now;
    return nghttp2_submit_ping(conn->session, NGHTTP2_FLAG_NONE, NULL) == 0 ? LV_OK : LV_E_MEMORY;
}
