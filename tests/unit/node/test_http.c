/* The doors on real sockets of 127.0.0.1: who gets in, what is cut, what is answered. */
#include "base/clock.h"
#include "base/file.h"
#include "identity/x509.h"
#include "node/http.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <arpa/inet.h>
#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static const int64_t DAY = 86400;
static const size_t REQUEST_BYTES = 100000;
static const char *const HOSTS[] = {"127.0.0.1"};

/* AMSP has the server; BMSP is a member; XMSP is not. */
typedef struct {
    lv_organisation a;
    lv_organisation b;
    lv_organisation x;
    lv_identity *server_identity;
    lv_identity *client;
    lv_trust *trust;
    lv_http_options options;
    lv_http_server *server;
    char folder[64];
    char control[96];
    lv_error err;
} world;

static atomic_int calls;   /* of the handlers */
static atomic_bool let_go; /* ends those that wait */

static lv_status on_echo(void *node, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)node;
    (void)err;
    atomic_fetch_add(&calls, 1);
    const char *header = request->header(request->context, "X-File-Name");
    return lv_http_json(response, json_pack("{s:s?, s:s, s:s, s:I, s:s?}", "peer", request->peer,
                                            "path", request->path, "tail", request->tail, "len",
                                            (json_int_t)request->body.len, "header", header));
}

static lv_status on_query(void *node, const lv_http_request *request, lv_http_response *response,
                          lv_error *err)
{
    (void)node;
    (void)err;
    return lv_http_json(response, json_pack("{s:s?, s:s?}", "after",
                                            request->query(request->context, "after"), "wait",
                                            request->query(request->context, "wait")));
}

static lv_status on_fail(void *node, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)node;
    lv_status status = lv_buffer_append(&response->body, "left behind", 11);
    return status == LV_OK
               ? lv_fail(err, lv_http_status_of_name(request->tail), "words of the handler")
               : status;
}

static lv_status on_wait(void *node, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)node;
    (void)request;
    (void)err;
    atomic_fetch_add(&calls, 1);
    for (int i = 0; i < 600 && !atomic_load(&let_go); i++) {
        usleep(10000);
    }
    return lv_http_json(response, json_pack("{s:b}", "waited", 1));
}

static lv_status on_large(void *node, const lv_http_request *request, lv_http_response *response,
                          lv_error *err)
{
    uint8_t *place = NULL;
    (void)node;
    (void)request;
    (void)err;
    response->content_type = "application/octet-stream";
    return lv_buffer_extend(&response->body, 200000, &place);
}

/* A body that is not gathered: how much came, until an 'x' is among it. */
typedef struct {
    uint64_t len;
} streamed_body;

static atomic_int dropped;

static lv_status on_stream_begin(void *node, const lv_http_request *request, void **streamed,
                                 lv_error *err)
{
    (void)node;
    if (strcmp(request->tail, "none") == 0) {
        return lv_fail(err, LV_NOT_FOUND, "there is no such thing");
    }
    *streamed = calloc(1, sizeof(streamed_body));
    return *streamed != NULL ? LV_OK : LV_E_MEMORY;
}

static lv_status on_stream_take(void *streamed, lv_bytes piece, lv_error *err)
{
    streamed_body *body = streamed;
    assert_true(piece.len <= REQUEST_BYTES);
    body->len += piece.len;
    return memchr(piece.data, 'x', piece.len) == NULL
               ? LV_OK
               : lv_fail(err, LV_E_RANGE, "an x among the first %llu bytes",
                         (unsigned long long)body->len);
}

static void on_stream_drop(void *streamed)
{
    atomic_fetch_add(&dropped, 1);
    free(streamed);
}

static lv_status on_streamed(void *node, const lv_http_request *request, lv_http_response *response,
                             lv_error *err)
{
    const streamed_body *body = request->streamed;
    (void)node;
    (void)err;
    atomic_fetch_add(&calls, 1);
    assert_int_equal(request->body.len, 0);
    return lv_http_json(response, json_pack("{s:I}", "streamed", (json_int_t)body->len));
}

static const lv_http_stream STREAMS[] = {
    {.path = "/v1/stream/*",
     .begin = on_stream_begin,
     .take = on_stream_take,
     .drop = on_stream_drop},
    {0},
};

static const lv_route PEER_ROUTES[] = {
    {LV_HTTP_PEER, "POST", "/v1/echo", on_echo},
    {LV_HTTP_PEER, "GET", "/large", on_large},
    {LV_HTTP_PEER | LV_HTTP_CONTROL, "GET", "/healthz", on_echo},
    {LV_HTTP_PEER | LV_HTTP_CONTROL, "GET", "/wait", on_wait},
    {0},
};
static const lv_route CONTROL_ROUTES[] = {
    {LV_HTTP_CONTROL, "POST", "/v1/items/*/echo", on_echo},
    {LV_HTTP_CONTROL, "GET", "/v1/query", on_query},
    {LV_HTTP_CONTROL, "GET", "/v1/fail/*", on_fail},
    {LV_HTTP_CONTROL, "POST", "/v1/stream/*", on_streamed},
    {0},
};
static const lv_route *const ROUTES[] = {PEER_ROUTES, CONTROL_ROUTES, NULL};

static lv_organisation_params params_of(const char *msp)
{
    return (lv_organisation_params){.msp_id = msp, .hosts = HOSTS, .host_count = 1, .days = 30};
}

static lv_identity *load(const char *msp, const lv_buffer *certificate, const lv_buffer *key)
{
    lv_identity *identity = NULL;
    assert_int_equal(
        lv_identity_load(msp, lv_buffer_view(certificate), lv_buffer_view(key), &identity, NULL),
        LV_OK);
    return identity;
}

/* Another certificate under an organisation's root. */
static lv_identity *issue(const lv_organisation *under, const lv_organisation_params *params)
{
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    assert_int_equal(lv_organisation_issue(params, lv_buffer_view(&under->ca_certificate),
                                           lv_buffer_view(&under->ca_key), &certificate, &key,
                                           NULL),
                     LV_OK);
    lv_identity *identity = load(params->msp_id, &certificate, &key);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return identity;
}

static void create(const char *msp, lv_organisation *out)
{
    lv_organisation_params params = params_of(msp);
    params.not_before = lv_clock_now() - 20 * DAY;
    assert_int_equal(lv_organisation_create(&params, out, NULL), LV_OK);
}

static void serve(world *w)
{
    w->err.text[0] = '\0';
    lv_status status = lv_http_serve(&w->options, &w->server, &w->err);
    assert_string_equal(w->err.text, "");
    assert_int_equal(status, LV_OK);
}

static int setup(void **state)
{
    static world w;
    w = (world){0};
    atomic_store(&calls, 0);
    atomic_store(&let_go, false);
    create("AMSP", &w.a);
    create("BMSP", &w.b);
    create("XMSP", &w.x);
    w.server_identity = load("AMSP", &w.a.certificate, &w.a.key);
    w.client = load("BMSP", &w.b.certificate, &w.b.key);
    assert_int_equal(lv_trust_new(&w.trust), LV_OK);
    assert_int_equal(lv_trust_add(w.trust, "AMSP", lv_buffer_view(&w.a.ca_certificate), NULL),
                     LV_OK);
    assert_int_equal(lv_trust_add(w.trust, "BMSP", lv_buffer_view(&w.b.ca_certificate), NULL),
                     LV_OK);
    strcpy(w.folder, "/tmp/lotveil-http-XXXXXX");
    assert_non_null(mkdtemp(w.folder));
    snprintf(w.control, sizeof w.control, "%s/control.sock", w.folder);
    w.options = (lv_http_options){.host = "127.0.0.1",
                                  .control_path = w.control,
                                  .identity = w.server_identity,
                                  .trust = w.trust,
                                  .request_bytes = REQUEST_BYTES,
                                  .request_seconds = 20,
                                  .requests_per_minute = 6000,
                                  .routes = ROUTES,
                                  .streams = STREAMS};
    atomic_store(&dropped, 0);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    atomic_store(&let_go, true);
    lv_http_stop(w->server);
    lv_identity_free(w->server_identity);
    lv_identity_free(w->client);
    lv_trust_free(w->trust);
    lv_organisation_wipe(&w->a);
    lv_organisation_wipe(&w->b);
    lv_organisation_wipe(&w->x);
    return rmdir(w->folder); /* the socket is gone */
}

/* ---- calling ---- */

static void url_of(const world *w, const char *path, char url[128])
{
    snprintf(url, 128, "https://127.0.0.1:%u%s", lv_http_port(w->server), path);
}

/* A call as BMSP makes it to AMSP. */
static lv_http_call peer_call(const world *w, const char *url, const char *method)
{
    return (lv_http_call){.url = url,
                          .identity = w->client,
                          .root = lv_trust_root(w->trust, "AMSP"),
                          .trust = w->trust,
                          .msp = "AMSP",
                          .method = method,
                          .content_type = "application/x-protobuf",
                          .seconds = 10,
                          .max_bytes = REQUEST_BYTES};
}

static lv_http_call control_call(const world *w, const char *url, const char *method)
{
    return (lv_http_call){.url = url,
                          .socket_path = w->control,
                          .method = method,
                          .seconds = 10,
                          .max_bytes = REQUEST_BYTES};
}

static void expect_answer(const lv_http_call *call, unsigned code, const char *part)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    unsigned got = 0;
    lv_status status = lv_http_request_send(call, &got, &answer, &err);
    assert_string_equal(err.text, "");
    assert_int_equal(status, LV_OK);
    assert_int_equal(got, code);
    if (strstr(lv_buffer_text(&answer), part) == NULL) {
        fail_msg("%s lacks %s", lv_buffer_text(&answer), part);
    }
    lv_buffer_free(&answer);
}

static void expect_no_answer(const lv_http_call *call, lv_status status, const char *part)
{
    lv_error err = {0};
    lv_buffer answer = {0};
    unsigned got = 1;
    assert_int_equal(lv_http_request_send(call, &got, &answer, &err), status);
    if (strstr(err.text, part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", err.text, part);
    }
    assert_int_equal(got, 0);
    assert_int_equal(answer.len, 0);
    lv_buffer_free(&answer);
}

static void expect_peer_answer(const world *w, const lv_identity *who, const char *method,
                               const char *path, unsigned code, const char *part)
{
    char url[128];
    url_of(w, path, url);
    lv_http_call call = peer_call(w, url, method);
    call.identity = who;
    call.body = strcmp(method, "POST") == 0 ? lv_bytes_of_text("a body") : (lv_bytes){0};
    expect_answer(&call, code, part);
}

static void expect_control_answer(const world *w, const char *method, const char *path,
                                  unsigned code, const char *part)
{
    char url[256];
    snprintf(url, sizeof url, "http://node%s", path);
    lv_http_call call = control_call(w, url, method);
    expect_answer(&call, code, part);
}

/* ---- raw connections ---- */

typedef struct {
    int fd;
    gnutls_session_t tls; /* NULL at the control door */
    gnutls_certificate_credentials_t credentials;
} raw;

static int socket_of(int family)
{
    int fd = socket(family, SOCK_STREAM, 0);
    if (fd < 0) {
        abort();
    }
    return fd;
}

static int connect_control(const world *w)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", w->control);
    int fd = socket_of(AF_UNIX);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static int connect_tcp(const world *w)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_port = htons(lv_http_port(w->server)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket_of(AF_INET);
    assert_int_equal(connect(fd, (const struct sockaddr *)&at, sizeof at), 0);
    return fd;
}

static gnutls_datum_t datum_of(const lv_buffer *pem)
{
    return (gnutls_datum_t){.data = pem->data, .size = (unsigned)pem->len};
}

/* A TLS client that checks nothing. @param who  NULL: it has no certificate.
 * @return the result of the handshake. */
static int open_tls(const world *w, const lv_organisation *who, const char *priorities, raw *out)
{
    *out = (raw){.fd = connect_tcp(w)};
    assert_int_equal(gnutls_certificate_allocate_credentials(&out->credentials), 0);
    if (who != NULL) {
        gnutls_datum_t certificate = datum_of(&who->certificate);
        gnutls_datum_t key = datum_of(&who->key);
        assert_int_equal(gnutls_certificate_set_x509_key_mem(out->credentials, &certificate, &key,
                                                             GNUTLS_X509_FMT_PEM),
                         0);
    }
    assert_int_equal(gnutls_init(&out->tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
    assert_int_equal(gnutls_priority_set_direct(out->tls, priorities, NULL), 0);
    assert_int_equal(gnutls_credentials_set(out->tls, GNUTLS_CRD_CERTIFICATE, out->credentials), 0);
    gnutls_transport_set_int(out->tls, out->fd);
    gnutls_handshake_set_timeout(out->tls, 5000);
    return gnutls_handshake(out->tls);
}

static void close_raw(raw *closed)
{
    if (closed->tls != NULL) {
        gnutls_deinit(closed->tls);
        gnutls_certificate_free_credentials(closed->credentials);
    }
    close(closed->fd);
}

static ssize_t send_raw(const raw *to, const char *data, size_t len)
{
    return to->tls != NULL ? gnutls_record_send(to->tls, data, len)
                           : send(to->fd, data, len, MSG_NOSIGNAL);
}

/* Reads until the other side closes or five seconds have passed. */
static void receive_all(const raw *from, lv_buffer *answer)
{
    const struct timeval limit = {.tv_sec = 5};
    char chunk[4096];
    assert_int_equal(setsockopt(from->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    for (;;) {
        ssize_t got = from->tls != NULL ? gnutls_record_recv(from->tls, chunk, sizeof chunk)
                                        : recv(from->fd, chunk, sizeof chunk, 0);
        if (got <= 0) {
            return;
        }
        assert_int_equal(lv_buffer_append(answer, chunk, (size_t)got), LV_OK);
    }
}

static void expect_raw_answer(const raw *to, const char *request, size_t len, const char *part)
{
    lv_buffer answer = {0};
    send_raw(to, request, len);
    receive_all(to, &answer);
    if (strstr(lv_buffer_text(&answer), part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", lv_buffer_text(&answer), part);
    }
    lv_buffer_free(&answer);
}

/* Sends a byte every 50 ms. @return seconds until the connection was cut, at most 5. */
static double drip(const raw *to)
{
    double start = lv_clock_seconds();
    while (lv_clock_seconds() - start < 5.0) {
        char byte = 0;
        if (send_raw(to, "x", 1) < 0 || recv(to->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
            break;
        }
        usleep(50000);
    }
    return lv_clock_seconds() - start;
}

/* ---- who gets in ---- */

static void test_a_member_gets_in(void **state)
{
    world *w = *state;
    serve(w);
    expect_peer_answer(w, w->client, "POST", "/v1/echo", 200, "\"peer\":\"BMSP\"");
    expect_peer_answer(w, w->client, "POST", "/v1/echo", 200, "\"len\":6");
    expect_peer_answer(w, w->server_identity, "GET", "/healthz", 200, "\"peer\":\"AMSP\"");
    assert_int_equal(atomic_load(&calls), 3);
}

static void expect_refused(const world *w, lv_identity *who)
{
    expect_peer_answer(w, who, "POST", "/v1/echo", 403, "LV_REFUSED");
    expect_peer_answer(w, who, "GET", "/no/such/path", 403, "LV_REFUSED");
    assert_int_equal(atomic_load(&calls), 0);
    lv_identity_free(who);
}

static void test_a_foreign_organisation_is_refused(void **state)
{
    world *w = *state;
    serve(w);
    expect_refused(w, load("XMSP", &w->x.certificate, &w->x.key));
}

/* All that a member's certificate has but the signature of its root. */
static void make_self_signed(EVP_PKEY *key, X509 *certificate)
{
    X509_NAME *name = X509_get_subject_name(certificate);
    const unsigned char *msp = (const unsigned char *)"BMSP";
    const unsigned char *unit = (const unsigned char *)"client";
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_ASC, msp, -1, -1, 0), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC, unit, -1, -1, 0), 1);
    assert_int_equal(X509_set_issuer_name(certificate, name), 1);
    assert_int_equal(X509_set_version(certificate, X509_VERSION_3), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(certificate), -60));
    assert_non_null(X509_gmtime_adj(X509_getm_notAfter(certificate), 3600));
    assert_int_equal(X509_set_pubkey(certificate, key), 1);
    X509_EXTENSION *usage =
        X509V3_EXT_nconf_nid(NULL, NULL, NID_key_usage, "critical,digitalSignature");
    assert_int_equal(X509_add_ext(certificate, usage, -1), 1);
    X509_EXTENSION_free(usage);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
}

static void test_a_self_signed_certificate_is_refused(void **state)
{
    world *w = *state;
    lv_buffer certificate_pem = {0};
    lv_buffer key_pem = {0};
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    make_self_signed(key, certificate);
    assert_int_equal(lv_x509_to_pem(certificate, &certificate_pem, NULL), LV_OK);
    assert_int_equal(lv_key_to_pem(key, &key_pem, NULL), LV_OK);
    X509_free(certificate);
    EVP_PKEY_free(key);
    serve(w);
    expect_refused(w, load("BMSP", &certificate_pem, &key_pem));
    lv_buffer_free(&certificate_pem);
    lv_buffer_wipe(&key_pem);
}

/* The member's own root, whose key usage does not even allow the handshake. */
static void test_a_root_gets_no_answer(void **state)
{
    world *w = *state;
    char url[128];
    serve(w);
    lv_identity *root = load("BMSP", &w->b.ca_certificate, &w->b.ca_key);
    url_of(w, "/healthz", url);
    lv_http_call call = peer_call(w, url, "GET");
    call.identity = root;
    expect_no_answer(&call, LV_UNAVAILABLE, "/healthz");
    assert_int_equal(atomic_load(&calls), 0);
    lv_identity_free(root);
}

static void test_validity_is_held_against_the_clock(void **state)
{
    world *w = *state;
    lv_organisation_params expired = params_of("BMSP");
    lv_organisation_params early = params_of("BMSP");
    serve(w);
    expired.not_before = lv_clock_now() - 10 * DAY;
    expired.days = 9;
    early.not_before = lv_clock_now() + DAY;
    expect_refused(w, issue(&w->b, &expired));
    expect_refused(w, issue(&w->b, &early));
}

static void test_a_wrong_role_is_refused(void **state)
{
    world *w = *state;
    lv_organisation_params peer = params_of("BMSP");
    serve(w);
    peer.unit = "peer";
    expect_refused(w, issue(&w->b, &peer));
}

static void test_a_root_with_a_members_names_is_refused(void **state)
{
    world *w = *state;
    lv_organisation twin = {0};
    serve(w);
    create("BMSP", &twin);
    expect_refused(w, load("BMSP", &twin.certificate, &twin.key));
    lv_organisation_wipe(&twin);
}

static const char TLS_ANY[] = "NORMAL";

static void test_no_certificate_is_refused(void **state)
{
    world *w = *state;
    raw client;
    static const char REQUEST[] = "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                                  "Connection: close\r\n\r\nx";
    serve(w);
    assert_int_equal(open_tls(w, NULL, TLS_ANY, &client), GNUTLS_E_SUCCESS);
    expect_raw_answer(&client, REQUEST, strlen(REQUEST), "403");
    close_raw(&client);
    assert_int_equal(open_tls(w, &w->b, TLS_ANY, &client), GNUTLS_E_SUCCESS);
    expect_raw_answer(&client, REQUEST, strlen(REQUEST), "200");
    close_raw(&client);
    assert_int_equal(atomic_load(&calls), 1);
}

/* A certificate is public: showing another's without its key must not do. */
static void test_a_certificate_without_its_key_is_refused(void **state)
{
    world *w = *state;
    raw client;
    lv_organisation thief = {0};
    serve(w);
    thief.certificate = w->b.certificate;
    thief.key = w->x.key;
    client = (raw){.fd = connect_tcp(w)};
    gnutls_datum_t certificate = datum_of(&thief.certificate);
    gnutls_datum_t key = datum_of(&thief.key);
    assert_int_equal(gnutls_certificate_allocate_credentials(&client.credentials), 0);
    gnutls_certificate_set_flags(client.credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
    assert_int_equal(gnutls_certificate_set_x509_key_mem(client.credentials, &certificate, &key,
                                                         GNUTLS_X509_FMT_PEM),
                     0);
    assert_int_equal(gnutls_init(&client.tls, GNUTLS_CLIENT | GNUTLS_NO_SIGNAL), 0);
    assert_int_equal(gnutls_priority_set_direct(client.tls, TLS_ANY, NULL), 0);
    gnutls_credentials_set(client.tls, GNUTLS_CRD_CERTIFICATE, client.credentials);
    gnutls_transport_set_int(client.tls, client.fd);
    gnutls_handshake_set_timeout(client.tls, 5000);
    if (gnutls_handshake(client.tls) == GNUTLS_E_SUCCESS) {
        /* In TLS 1.3 the server's refusal comes after our side is done. */
        lv_buffer answer = {0};
        static const char REQUEST[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
        send_raw(&client, REQUEST, strlen(REQUEST));
        receive_all(&client, &answer);
        assert_int_equal(answer.len, 0);
        lv_buffer_free(&answer);
    }
    close_raw(&client);
    assert_int_equal(atomic_load(&calls), 0);
}

static void test_old_versions_of_tls_are_refused(void **state)
{
    world *w = *state;
    raw client;
    serve(w);
    assert_int_not_equal(
        open_tls(w, &w->b, "LEGACY:-VERS-ALL:+VERS-TLS1.1:+VERS-TLS1.0:%COMPAT", &client),
        GNUTLS_E_SUCCESS);
    close_raw(&client);
    assert_int_equal(open_tls(w, &w->b, "NORMAL:-VERS-ALL:+VERS-TLS1.2", &client),
                     GNUTLS_E_SUCCESS);
    close_raw(&client);
}

static void test_plain_http_is_refused(void **state)
{
    world *w = *state;
    lv_buffer answer = {0};
    serve(w);
    raw client = {.fd = connect_tcp(w)};
    static const char REQUEST[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    send_raw(&client, REQUEST, strlen(REQUEST));
    receive_all(&client, &answer);
    assert_null(strstr(lv_buffer_text(&answer), "HTTP/1.1 200"));
    assert_int_equal(atomic_load(&calls), 0);
    lv_buffer_free(&answer);
    close_raw(&client);
}

/* ---- whom the client believes ---- */

static void expect_client_refuses(world *w, const lv_identity *server, const char *part)
{
    char url[128];
    w->options.identity = server;
    serve(w);
    url_of(w, "/v1/echo", url);
    lv_http_call call = peer_call(w, url, "POST");
    call.body = lv_bytes_of_text("a body");
    expect_no_answer(&call, LV_INVALID, part);
    assert_int_equal(atomic_load(&calls), 0);
    lv_http_stop(w->server);
    w->server = NULL;
}

static void test_another_organisations_server_is_not_believed(void **state)
{
    world *w = *state;
    expect_client_refuses(w, w->client, "certificate");
    lv_identity *foreign = load("XMSP", &w->x.certificate, &w->x.key);
    expect_client_refuses(w, foreign, "certificate");
    lv_identity_free(foreign);
}

static void test_a_server_of_the_wrong_role_is_not_believed(void **state)
{
    world *w = *state;
    lv_organisation_params peer = params_of("AMSP");
    peer.unit = "peer";
    lv_identity *server = issue(&w->a, &peer);
    expect_client_refuses(w, server, "wrong role");
    lv_identity_free(server);
}

static void test_an_expired_server_is_not_believed(void **state)
{
    world *w = *state;
    lv_organisation_params expired = params_of("AMSP");
    expired.not_before = lv_clock_now() - 10 * DAY;
    expired.days = 9;
    lv_identity *server = issue(&w->a, &expired);
    expect_client_refuses(w, server, "expired");
    lv_identity_free(server);
}

static void test_a_server_of_another_host_is_not_believed(void **state)
{
    world *w = *state;
    static const char *const elsewhere[] = {"127.0.0.2"};
    lv_organisation_params params = params_of("AMSP");
    params.hosts = elsewhere;
    lv_identity *server = issue(&w->a, &params);
    expect_client_refuses(w, server, "127.0.0.1");
    lv_identity_free(server);
}

static void test_root_and_organisation_must_agree(void **state)
{
    world *w = *state;
    char url[128];
    serve(w);
    url_of(w, "/healthz", url);
    lv_http_call call = peer_call(w, url, "GET");
    call.msp = "BMSP";
    expect_no_answer(&call, LV_INVALID, "AMSP");
    call = peer_call(w, url, "GET");
    call.root = lv_trust_root(w->trust, "BMSP");
    expect_no_answer(&call, LV_INVALID, "certificate");
    assert_int_equal(atomic_load(&calls), 0);
}

static void test_the_client_is_bounded(void **state)
{
    world *w = *state;
    char url[128];
    serve(w);
    url_of(w, "/large", url);
    lv_http_call call = peer_call(w, url, "GET");
    expect_no_answer(&call, LV_E_LIMIT, "100000 bytes");
    call.max_bytes = 200000;
    expect_answer(&call, 200, "");

    url_of(w, "/wait", url);
    call.seconds = 1;
    expect_no_answer(&call, LV_TIMEOUT, "/wait");
    atomic_store(&let_go, true);
}

static bool give_up(void *context) { return atomic_fetch_add((atomic_int *)context, 1) >= 1; }

/* Whom a client calls that is no member (a CA) is known by root and host name alone. Half of what a
 * call to a member needs is none. */
static void test_a_server_that_is_no_member(void **state)
{
    world *w = *state;
    char url[128];
    serve(w);
    url_of(w, "/healthz", url);
    const lv_http_call call = {.url = url,
                               .root = lv_trust_root(w->trust, "AMSP"),
                               .method = "GET",
                               .header = "Authorization: Basic c2VjcmV0",
                               .seconds = 10,
                               .max_bytes = REQUEST_BYTES};
    expect_answer(&call, 403, "LV_REFUSED"); /* it shows no certificate of its own */
    lv_http_call other = call;
    other.root = lv_trust_root(w->trust, "BMSP");
    expect_no_answer(&other, LV_INVALID, "certificate");
    other.root = (lv_bytes){0};
    expect_no_answer(&other, LV_E_ARGUMENT, "https only");
    other = call;
    other.msp = "AMSP";
    expect_no_answer(&other, LV_E_ARGUMENT, "https only");
    other.trust = w->trust;
    expect_no_answer(&other, LV_E_ARGUMENT, "https only");
    other = call;
    other.identity = w->client;
    expect_no_answer(&other, LV_E_ARGUMENT, "https only");
}

/* A server that says nothing: it takes the connection and that is all. */
static void test_a_call_may_be_given_up(void **state)
{
    world *w = *state;
    char url[128];
    atomic_int asked = 0;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        fail_msg("no socket");
        return;
    }
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", ntohs(at.sin_port));
    const lv_http_call call = {.url = url,
                               .root = lv_trust_root(w->trust, "AMSP"),
                               .method = "GET",
                               .seconds = 20,
                               .max_bytes = REQUEST_BYTES,
                               .cancelled = give_up,
                               .cancel_context = &asked};
    double began = lv_clock_seconds();
    expect_no_answer(&call, LV_UNAVAILABLE, "given up");
    assert_true(lv_clock_seconds() - began < 10);
    close(fd);
}

static void test_the_client_speaks_https_only(void **state)
{
    world *w = *state;
    char url[128];
    serve(w);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/healthz", lv_http_port(w->server));
    lv_http_call call = peer_call(w, url, "GET");
    expect_no_answer(&call, LV_E_ARGUMENT, "https only");
    url_of(w, "/healthz", url);
    call = peer_call(w, url, "GET");
    call.header = "X-A: b\r\nX-C: d";
    expect_no_answer(&call, LV_E_ARGUMENT, "control characters");
    call = peer_call(w, url, "GET");
    lv_http_stop(w->server);
    w->server = NULL;
    expect_no_answer(&call, LV_UNAVAILABLE, "/healthz");
    call = control_call(w, "http://node/healthz", "GET");
    expect_no_answer(&call, LV_UNAVAILABLE, "control.sock");
}

/* ---- doors ---- */

static void test_the_control_door(void **state)
{
    world *w = *state;
    struct stat found;
    serve(w);
    assert_int_equal(stat(w->control, &found), 0);
    assert_int_equal(found.st_mode & 0777U, 0600);
    expect_control_answer(w, "GET", "/healthz", 200, "\"peer\":null");
    expect_control_answer(w, "POST", "/v1/items/a%2Fb/echo", 200, "\"tail\":\"a/b\"");
    expect_control_answer(w, "GET", "/v1/query?after=a%26b%20c&wait=5", 200,
                          "{\"after\":\"a&b c\",\"wait\":\"5\"}");
    expect_control_answer(w, "GET", "/v1/query?after=%00", 200,
                          "{\"after\":\"%00\",\"wait\":null}");

    lv_http_call call = control_call(w, "http://node/v1/items/x/echo", "POST");
    call.header = "X-File-Name: rows.csv";
    expect_answer(&call, 200, "\"header\":\"rows.csv\"");
}

static void test_doors_are_apart(void **state)
{
    world *w = *state;
    serve(w);
    expect_control_answer(w, "POST", "/v1/echo", 404, "LV_NOT_FOUND");
    expect_peer_answer(w, w->client, "GET", "/v1/query", 404, "LV_NOT_FOUND");
    expect_peer_answer(w, w->client, "POST", "/v1/items/x/echo", 404, "LV_NOT_FOUND");
    expect_peer_answer(w, w->client, "GET", "/v1/echo", 405, "no such method");
    assert_int_equal(atomic_load(&calls), 0);
}

static void test_failures_become_errors(void **state)
{
    world *w = *state;
    serve(w);
    expect_control_answer(w, "GET", "/v1/fail/LV_REFUSED", 403,
                          "{\"error\":\"words of the handler\",\"code\":\"LV_REFUSED\"}");
    expect_control_answer(w, "GET", "/v1/fail/LV_NOT_FOUND", 404, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_EXISTS", 409, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_INVALID", 400, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_E_LIMIT", 413, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_UNAVAILABLE", 503, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_TIMEOUT", 504, "words of the handler");
    expect_control_answer(w, "GET", "/v1/fail/LV_E_CORRUPT", 500, "{\"error\":\"a fault inside");
}

static void test_answers_are_not_to_be_stored(void **state)
{
    world *w = *state;
    static const char REQUEST[] = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    static const char WRONG[] = "PUT /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    serve(w);
    raw client = {.fd = connect_control(w)};
    expect_raw_answer(&client, REQUEST, strlen(REQUEST), "Cache-Control: no-store\r\n");
    close_raw(&client);
    client = (raw){.fd = connect_control(w)};
    expect_raw_answer(&client, WRONG, strlen(WRONG), "Allow: GET\r\n");
    close_raw(&client);
}

static void test_a_long_path_of_the_socket(void **state)
{
    world *w = *state;
    char folder[256];
    char path[300];
    snprintf(folder, sizeof folder, "%s/%0150d", w->folder, 0);
    snprintf(path, sizeof path, "%s/control.sock", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    w->options.control_path = path;
    serve(w);
    lv_http_call call = control_call(w, "http://node/healthz", "GET");
    call.socket_path = path;
    expect_answer(&call, 200, "peer");
    lv_http_stop(w->server);
    w->server = NULL;
    assert_int_equal(rmdir(folder), 0);
}

static void test_a_path_that_is_taken(void **state)
{
    world *w = *state;
    lv_http_server *second = NULL;
    serve(w);
    w->options.host = NULL;
    assert_int_equal(lv_http_serve(&w->options, &second, &w->err), LV_EXISTS);
    assert_null(second);
    assert_non_null(strstr(w->err.text, "another node"));
    expect_control_answer(w, "GET", "/healthz", 200, "peer"); /* the first one's is untouched */
    lv_http_stop(w->server);
    w->server = NULL;

    assert_int_equal(lv_file_write(w->control, (lv_bytes){0}, 0600, NULL), LV_OK);
    assert_int_equal(lv_http_serve(&w->options, &second, &w->err), LV_EXISTS);
    assert_int_equal(unlink(w->control), 0);
}

static void test_a_socket_left_behind_is_replaced(void **state)
{
    world *w = *state;
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof at.sun_path, "%s", w->control);
    int fd = socket_of(AF_UNIX);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    close(fd);
    serve(w);
    expect_control_answer(w, "GET", "/healthz", 200, "peer");
}

static void test_an_address_that_is_taken(void **state)
{
    world *w = *state;
    lv_http_server *second = NULL;
    serve(w);
    w->options.control_path = NULL;
    w->options.port = lv_http_port(w->server);
    assert_int_equal(lv_http_serve(&w->options, &second, &w->err), LV_E_IO);
    assert_non_null(strstr(w->err.text, "127.0.0.1 port"));
    w->options.host = "localhost";
    assert_int_equal(lv_http_serve(&w->options, &second, &w->err), LV_E_CONFIG);
    assert_null(second);
}

/* ---- limits ---- */

static void test_a_body_over_the_limit(void **state)
{
    world *w = *state;
    char url[128];
    lv_buffer body = {0};
    uint8_t *place = NULL;
    serve(w);
    assert_int_equal(lv_buffer_extend(&body, REQUEST_BYTES, &place), LV_OK);
    url_of(w, "/v1/echo", url);
    lv_http_call call = peer_call(w, url, "POST");
    call.body = lv_buffer_view(&body);
    expect_answer(&call, 200, "\"len\":100000");
    assert_int_equal(lv_buffer_append(&body, "x", 1), LV_OK);
    call.body = lv_buffer_view(&body);
    expect_answer(&call, 413, "LV_E_LIMIT");
    assert_int_equal(atomic_load(&calls), 1);
    lv_buffer_free(&body);
}

static const char CHUNKED[] = "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\n"
                              "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n";

/* Sends a body of `chunks` times 10,000 bytes whose length is not said before. */
static void send_chunks(const raw *to, size_t chunks)
{
    static char chunk[10000];
    memset(chunk, 'x', sizeof chunk);
    send_raw(to, CHUNKED, strlen(CHUNKED));
    for (size_t i = 0; i < chunks; i++) {
        if (send_raw(to, "2710\r\n", 6) < 0 || send_raw(to, chunk, sizeof chunk) < 0 ||
            send_raw(to, "\r\n", 2) < 0) {
            return;
        }
    }
    send_raw(to, "0\r\n\r\n", 5);
}

static void expect_chunks(const world *w, size_t chunks, const char *part)
{
    lv_buffer answer = {0};
    raw client = {.fd = connect_control(w)};
    send_chunks(&client, chunks);
    receive_all(&client, &answer);
    if (strstr(lv_buffer_text(&answer), part) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", lv_buffer_text(&answer), part);
    }
    if (part[0] == '\0') {
        assert_int_equal(answer.len, 0);
    }
    lv_buffer_free(&answer);
    close_raw(&client);
}

static void test_a_body_of_unsaid_length_over_the_limit(void **state)
{
    world *w = *state;
    serve(w);
    expect_chunks(w, 10, "\"len\":100000");
    expect_chunks(w, 11, "413");
    expect_chunks(w, 500, ""); /* cut */
    assert_int_equal(atomic_load(&calls), 1);
    expect_control_answer(w, "GET", "/healthz", 200, "peer");
}

/* A client that drips, in its own thread. */
typedef struct {
    raw client;
    const char *begin;
    double seconds;
} dripping;

static void *drip_along(void *context)
{
    dripping *one = context;
    send_raw(&one->client, one->begin, strlen(one->begin));
    one->seconds = drip(&one->client);
    return NULL;
}

static void test_a_slow_drip_is_cut(void **state)
{
    world *w = *state;
    pthread_t threads[4];
    dripping each[4] = {
        {.begin = "GET /healthz HTTP/1.1\r\nX-Slow: "},
        {.begin = "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"},
        {.begin = "POST /v1/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"},
        {.begin = ""},
    };
    w->options.request_seconds = 1;
    serve(w);
    each[0].client.fd = connect_control(w);
    each[1].client.fd = connect_control(w);
    assert_int_equal(open_tls(w, &w->b, TLS_ANY, &each[2].client), GNUTLS_E_SUCCESS);
    assert_int_equal(open_tls(w, &w->b, TLS_ANY, &each[3].client), GNUTLS_E_SUCCESS);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, drip_along, &each[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_true(each[i].seconds > 0.5 && each[i].seconds < 3.0);
        close_raw(&each[i].client);
    }
    assert_int_equal(atomic_load(&calls), 0);
}

/* Whoever connects and says nothing, not even TLS. */
static void test_silence_is_cut(void **state)
{
    world *w = *state;
    lv_buffer answer = {0};
    w->options.request_seconds = 1;
    serve(w);
    raw client = {.fd = connect_tcp(w)};
    double start = lv_clock_seconds();
    receive_all(&client, &answer);
    double seconds = lv_clock_seconds() - start;
    assert_true(seconds > 0.5 && seconds < 3.0);
    lv_buffer_free(&answer);
    close_raw(&client);
}

static void *let_go_later(void *context)
{
    (void)context;
    usleep(2000000);
    atomic_store(&let_go, true);
    return NULL;
}

/* The limit is one of clients, not of handlers. */
static void test_a_handler_outlives_the_limit(void **state)
{
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, let_go_later, NULL), 0);
    world *w = *state;
    w->options.request_seconds = 1;
    serve(w);
    double start = lv_clock_seconds();
    expect_control_answer(w, "GET", "/wait", 200, "waited");
    assert_true(lv_clock_seconds() - start > 1.5);
    pthread_join(thread, NULL);
}

static void test_a_quota_per_organisation(void **state)
{
    world *w = *state;
    w->options.requests_per_minute = 5;
    serve(w);
    for (int i = 0; i < 5; i++) {
        expect_peer_answer(w, w->client, "GET", "/healthz", 200, "BMSP");
    }
    expect_peer_answer(w, w->client, "GET", "/healthz", 429, "LV_UNAVAILABLE");
    expect_peer_answer(w, w->server_identity, "GET", "/healthz", 200, "AMSP");
    expect_control_answer(w, "GET", "/healthz", 200, "peer");
    assert_int_equal(atomic_load(&calls), 7);
}

/* ---- many at once ---- */

typedef struct {
    const world *w;
    unsigned code;
} one_of_many;

static void *call_once(void *context)
{
    one_of_many *one = context;
    char url[128];
    lv_buffer answer = {0};
    url_of(one->w, "/v1/echo", url);
    lv_http_call call = peer_call(one->w, url, "POST");
    call.seconds = 30;
    call.body = lv_bytes_of_text("a body");
    if (lv_http_request_send(&call, &one->code, &answer, NULL) != LV_OK ||
        strstr(lv_buffer_text(&answer), "\"peer\":\"BMSP\"") == NULL) {
        one->code = 0;
    }
    lv_buffer_free(&answer);
    return NULL;
}

#define MANY 50

static void test_fifty_at_once(void **state)
{
    world *w = *state;
    pthread_t threads[MANY];
    one_of_many each[MANY];
    serve(w);
    for (size_t i = 0; i < MANY; i++) {
        each[i] = (one_of_many){.w = w};
        assert_int_equal(pthread_create(&threads[i], NULL, call_once, &each[i]), 0);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(each[i].code, 200);
    }
    assert_int_equal(atomic_load(&calls), MANY);
}

/* The door shows its new certificate at once, and the old one to nobody. */
static void test_the_certificate_of_the_door_is_replaced(void **state)
{
    world *w = *state;
    lv_organisation_params old = params_of("AMSP");
    old.not_before = lv_clock_now() - 10 * DAY;
    old.days = 9;
    lv_identity *expired = issue(&w->a, &old);
    w->options.identity = expired;
    char url[128];
    serve(w);
    url_of(w, "/healthz", url);
    lv_http_call call = peer_call(w, url, "GET");
    expect_no_answer(&call, LV_INVALID, "expired");
    lv_http_set_identity(w->server, w->server_identity);
    expect_peer_answer(w, w->client, "POST", "/v1/echo", 200, "BMSP");
    lv_http_set_identity(w->server, expired);
    lv_identity_free(expired); /* the server keeps its own share */
    expect_no_answer(&call, LV_INVALID, "expired");
}

/* While others connect: every handshake is one of a certificate and its key. */
static void test_the_certificate_is_replaced_under_way(void **state)
{
    world *w = *state;
    pthread_t threads[MANY];
    one_of_many each[MANY];
    lv_organisation_params params = params_of("AMSP");
    lv_identity *other = issue(&w->a, &params);
    serve(w);
    for (size_t i = 0; i < MANY; i++) {
        each[i] = (one_of_many){.w = w};
        assert_int_equal(pthread_create(&threads[i], NULL, call_once, &each[i]), 0);
    }
    for (size_t i = 0; atomic_load(&calls) < MANY && i < 20000; i++) {
        lv_http_set_identity(w->server, i % 2 == 0 ? other : w->server_identity);
        usleep(200);
    }
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(each[i].code, 200);
    }
    lv_identity_free(other);
}

static void *wait_once(void *context)
{
    one_of_many *one = context;
    lv_buffer answer = {0};
    lv_http_call call = control_call(one->w, "http://node/wait", "GET");
    if (lv_http_request_send(&call, &one->code, &answer, NULL) != LV_OK) {
        one->code = 0;
    }
    lv_buffer_free(&answer);
    return NULL;
}

#define WAITING 12

static void test_long_polls_hold_up_nobody(void **state)
{
    world *w = *state;
    pthread_t threads[WAITING];
    one_of_many each[WAITING];
    serve(w);
    for (size_t i = 0; i < WAITING; i++) {
        each[i] = (one_of_many){.w = w};
        assert_int_equal(pthread_create(&threads[i], NULL, wait_once, &each[i]), 0);
    }
    while (atomic_load(&calls) < WAITING) {
        usleep(1000);
    }
    double start = lv_clock_seconds();
    expect_control_answer(w, "GET", "/healthz", 200, "peer");
    expect_peer_answer(w, w->client, "POST", "/v1/echo", 200, "BMSP");
    assert_true(lv_clock_seconds() - start < 2.0);

    /* As the node stops it wakes them, and their answers still get out. */
    atomic_store(&let_go, true);
    start = lv_clock_seconds();
    lv_http_stop(w->server);
    w->server = NULL;
    assert_true(lv_clock_seconds() - start < 2.0);
    for (size_t i = 0; i < WAITING; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(each[i].code, 200);
    }
}

static void test_it_stops_at_once_with_idle_connections(void **state)
{
    world *w = *state;
    raw clients[4];
    serve(w);
    assert_int_equal(open_tls(w, &w->b, TLS_ANY, &clients[0]), GNUTLS_E_SUCCESS);
    clients[1] = (raw){.fd = connect_tcp(w)};
    clients[2] = (raw){.fd = connect_control(w)};
    clients[3] = (raw){.fd = connect_control(w)};
    send_raw(&clients[3], "POST /v1/items/x/echo HTTP/1.1\r\n", 32);
    usleep(100000);
    double start = lv_clock_seconds();
    lv_http_stop(w->server);
    w->server = NULL;
    assert_true(lv_clock_seconds() - start < 1.0);
    for (size_t i = 0; i < 4; i++) {
        close_raw(&clients[i]);
    }
}

/* ---- nonsense ---- */

static void test_malformed_requests(void **state)
{
    world *w = *state;
    static const char *const bad[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "GET /healthz\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: a\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n", /* no Host */
        "GET /healthz HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
        "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1x\r\n\r\n",
        "POST /v1/items/x/echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "POST /v1/items/%0a/echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    };
    w->options.request_seconds = 1; /* what is never finished is cut */
    serve(w);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_buffer answer = {0};
        raw client = {.fd = connect_control(w)};
        send_raw(&client, bad[i], strlen(bad[i]));
        shutdown(client.fd, SHUT_WR);
        receive_all(&client, &answer);
        if (strstr(lv_buffer_text(&answer), " 200 ") != NULL) {
            fail_msg("answered: %s", bad[i]);
        }
        lv_buffer_free(&answer);
        close_raw(&client);
    }
    assert_int_equal(atomic_load(&calls), 0);
    expect_control_answer(w, "GET", "/healthz", 200, "peer");
}

static void test_an_endless_header_is_refused(void **state)
{
    world *w = *state;
    static char line[8192];
    lv_buffer answer = {0};
    serve(w);
    raw client = {.fd = connect_control(w)};
    memset(line, 'x', sizeof line);
    send_raw(&client, "GET /healthz HTTP/1.1\r\nX: ", 26);
    for (int i = 0; i < 64 && send_raw(&client, line, sizeof line) > 0; i++) {
    }
    receive_all(&client, &answer);
    assert_null(strstr(lv_buffer_text(&answer), " 200 "));
    assert_int_equal(atomic_load(&calls), 0);
    lv_buffer_free(&answer);
    close_raw(&client);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* ---- bodies that are not gathered ---- */

/* Gives `len` bytes of 'a', with an 'x' at one place. */
typedef struct {
    uint64_t at;
    uint64_t len;
    uint64_t x;
} source;

static size_t read_source(void *context, uint8_t *out, size_t room)
{
    source *from = context;
    size_t len = from->len - from->at < room ? (size_t)(from->len - from->at) : room;
    memset(out, 'a', len);
    if (from->x >= from->at && from->x < from->at + len) {
        out[from->x - from->at] = 'x';
    }
    from->at += len;
    return len;
}

static lv_http_call stream_call(const world *w, const char *url, source *from, uint64_t len)
{
    lv_http_call call = control_call(w, url, "POST");
    call.read = read_source;
    call.read_context = from;
    call.read_len = len;
    return call;
}

static void expect_dropped(int count)
{
    for (int i = 0; i < 200 && atomic_load(&dropped) != count; i++) {
        usleep(10000);
    }
    assert_int_equal(atomic_load(&dropped), count);
}

static void test_a_streamed_body_has_no_limit(void **state)
{
    world *w = *state;
    const uint64_t len = (uint64_t)REQUEST_BYTES * 200;
    source from = {.len = len, .x = UINT64_MAX};
    serve(w);
    lv_http_call call = stream_call(w, "http://node/v1/stream/a", &from, len);
    expect_answer(&call, 200, "{\"streamed\":20000000}");
    expect_dropped(1);
    /* A body as others send it goes the same way. */
    lv_http_call plain = control_call(w, "http://node/v1/stream/a", "POST");
    plain.body = lv_bytes_of_text("abc");
    expect_answer(&plain, 200, "{\"streamed\":3}");
    expect_dropped(2);
}

static void test_a_streamed_body_is_refused_where_it_goes_wrong(void **state)
{
    world *w = *state;
    const uint64_t len = (uint64_t)REQUEST_BYTES * 100;
    source from = {.len = len, .x = 3};
    serve(w);
    lv_http_call call = stream_call(w, "http://node/v1/stream/a", &from, len);
    expect_answer(&call, 400, "an x among the first");
    expect_dropped(1);
    from = (source){.len = len, .x = len - 1};
    expect_answer(&call, 400, "an x among the first 10000000 bytes");
    expect_dropped(2);
    from = (source){.len = len, .x = UINT64_MAX};
    call.url = "http://node/v1/stream/none";
    expect_answer(&call, 404, "there is no such thing");
    assert_int_equal(atomic_load(&calls), 0);
    expect_dropped(2);
}

static void test_a_streamed_body_that_ends_early_is_dropped(void **state)
{
    world *w = *state;
    source from = {.len = 50000, .x = UINT64_MAX};
    serve(w);
    lv_http_call call = stream_call(w, "http://node/v1/stream/a", &from, 60000);
    expect_no_answer(&call, LV_E_IO, "ended early");
    expect_dropped(1);
    assert_int_equal(atomic_load(&calls), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_a_member_gets_in),
        WORLD(test_a_foreign_organisation_is_refused),
        WORLD(test_a_self_signed_certificate_is_refused),
        WORLD(test_a_root_gets_no_answer),
        WORLD(test_validity_is_held_against_the_clock),
        WORLD(test_a_wrong_role_is_refused),
        WORLD(test_a_root_with_a_members_names_is_refused),
        WORLD(test_no_certificate_is_refused),
        WORLD(test_a_certificate_without_its_key_is_refused),
        WORLD(test_old_versions_of_tls_are_refused),
        WORLD(test_plain_http_is_refused),
        WORLD(test_another_organisations_server_is_not_believed),
        WORLD(test_a_server_of_the_wrong_role_is_not_believed),
        WORLD(test_an_expired_server_is_not_believed),
        WORLD(test_a_server_of_another_host_is_not_believed),
        WORLD(test_root_and_organisation_must_agree),
        WORLD(test_the_client_is_bounded),
        WORLD(test_the_client_speaks_https_only),
        WORLD(test_a_server_that_is_no_member),
        WORLD(test_a_call_may_be_given_up),
        WORLD(test_the_control_door),
        WORLD(test_doors_are_apart),
        WORLD(test_failures_become_errors),
        WORLD(test_answers_are_not_to_be_stored),
        WORLD(test_a_long_path_of_the_socket),
        WORLD(test_a_path_that_is_taken),
        WORLD(test_a_socket_left_behind_is_replaced),
        WORLD(test_an_address_that_is_taken),
        WORLD(test_a_body_over_the_limit),
        WORLD(test_a_body_of_unsaid_length_over_the_limit),
        WORLD(test_a_slow_drip_is_cut),
        WORLD(test_silence_is_cut),
        WORLD(test_a_handler_outlives_the_limit),
        WORLD(test_a_quota_per_organisation),
        WORLD(test_fifty_at_once),
        WORLD(test_the_certificate_of_the_door_is_replaced),
        WORLD(test_the_certificate_is_replaced_under_way),
        WORLD(test_long_polls_hold_up_nobody),
        WORLD(test_it_stops_at_once_with_idle_connections),
        WORLD(test_malformed_requests),
        WORLD(test_an_endless_header_is_refused),
        WORLD(test_a_streamed_body_has_no_limit),
        WORLD(test_a_streamed_body_is_refused_where_it_goes_wrong),
        WORLD(test_a_streamed_body_that_ends_early_is_dropped),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
