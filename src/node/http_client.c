#include "base/clock.h"
#include "base/secret.h"
#include "identity/x509.h"
#include "node/http.h"
#include "node/http_socket.h"
#include <curl/curl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Bodies from here on wait for the server's word before they are sent, so that a refusal arrives
 * and is not lost in a cut connection. */
static const size_t EXPECT_BYTES = 16384;

/* One request under way. */
typedef struct {
    const lv_http_call *call;
    CURL *handle;
    struct curl_slist *headers;
    lv_buffer *body;
    size_t start;     /* of the answer in `body` */
    lv_status server; /* of the server's certificate; LV_OK until it was found wanting */
    lv_error server_words;
    bool cancelled;     /* the caller gave up */
    bool unread;        /* the body could not be read to its end */
    lv_status received; /* LV_E_LIMIT, LV_E_MEMORY while the answer was taken */
    char words[CURL_ERROR_SIZE];
} transfer;

static size_t on_read(char *out, size_t size, size_t count, void *context)
{
    transfer *run = context;
    size_t got = run->call->read(run->call->read_context, (uint8_t *)out, size * count);
    run->unread = got == 0;
    return got > 0 ? got : CURL_READFUNC_ABORT;
}

static void init_curl(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
    transfer *run = context;
    size_t len = size * count;
    if (len > run->call->max_bytes - (run->body->len - run->start)) {
        run->received = LV_E_LIMIT;
        return 0;
    }
    run->received = lv_buffer_append(run->body, data, len);
    return run->received == LV_OK ? len : 0;
}

/* The PEM of the certificate that the server proved to hold: libcurl lists the chain as it was
 * sent, the leaf first. NULL where there is none. */
static const char *leaf_pem(CURL *handle)
{
    static const char PREFIX[] = "Cert:";
    struct curl_certinfo *chain = NULL;
    if (curl_easy_getinfo(handle, CURLINFO_CERTINFO, &chain) != CURLE_OK || chain == NULL ||
        chain->num_of_certs < 1) {
        return NULL;
    }
    for (const struct curl_slist *at = chain->certinfo[0]; at != NULL; at = at->next) {
        if (strncmp(at->data, PREFIX, strlen(PREFIX)) == 0) {
            return at->data + strlen(PREFIX);
        }
    }
    return NULL;
}

static lv_status check_leaf(const lv_http_call *call, const X509 *leaf, lv_error *err)
{
    const char *msp = NULL;
    uint8_t *der = NULL;
    int len = i2d_X509(leaf, &der);
    if (len <= 0) {
        return lv_openssl_fail(err, "certificate of the server");
    }
    lv_status status = lv_trust_check_certificate(
        call->trust, (lv_bytes){.data = der, .len = (size_t)len}, lv_clock_now(), &msp, err);
    OPENSSL_free(der);
    if (status == LV_OK && strcmp(msp, call->msp) != 0) {
        status = lv_fail(err, LV_INVALID, "its certificate is one of %s", msp);
    }
    return status;
}

static lv_status check_server(const lv_http_call *call, CURL *handle, lv_error *err)
{
    X509 *leaf = NULL;
    const char *pem = leaf_pem(handle);
    if (pem == NULL) {
        return lv_fail(err, LV_INVALID, "it shows no certificate");
    }
    lv_status status = lv_x509_from_pem(lv_bytes_of_text(pem), &leaf, err);
    if (status == LV_OK) {
        status = check_leaf(call, leaf, err);
    }
    X509_free(leaf);
    return status;
}

/* Called between handshake and request. TLS has by then shown that the server chains to the root
 * and bears the host's name; role and organisation are checked here, before it hears anything. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl_prereq_callback */
static int on_connected(void *context, char *remote, char *local, int remote_port, int local_port)
{
    transfer *run = context;
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    run->server = check_server(run->call, run->handle, &run->server_words);
    return run->server == LV_OK ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static bool is_one_line(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool add_header(transfer *run, const char *name, const char *value)
{
    lv_buffer line = {0};
    struct curl_slist *longer = NULL;
    if (lv_buffer_printf(&line, "%s%s", name, value) == LV_OK) {
        longer = curl_slist_append(run->headers, lv_buffer_text(&line));
    }
    lv_buffer_wipe(&line);
    run->headers = longer != NULL ? longer : run->headers;
    return longer != NULL;
}

static bool set_headers(transfer *run)
{
    const lv_http_call *call = run->call;
    /* A name without a value removes the header that libcurl would send by itself. */
    bool good = call->content_type == NULL ? add_header(run, "Content-Type:", "")
                                           : add_header(run, "Content-Type: ", call->content_type);
    good = good &&
           add_header(run, "Expect:",
                      call->read != NULL || call->body.len >= EXPECT_BYTES ? " 100-continue" : "");
    good = good && (call->header == NULL || add_header(run, call->header, ""));
    return good && curl_easy_setopt(run->handle, CURLOPT_HTTPHEADER, run->headers) == CURLE_OK;
}

static struct curl_blob blob_of(lv_bytes bytes)
{
    /* The type has no const, but libcurl only copies from it. */
    union {
        const void *given;
        void *taken;
    } data = {.given = bytes.data};
    return (struct curl_blob){.data = data.taken, .len = bytes.len, .flags = CURL_BLOB_COPY};
}

/* libcurl's own copies; one may be a secret. */
static void free_headers(struct curl_slist *headers)
{
    for (struct curl_slist *at = headers; at != NULL; at = at->next) {
        lv_wipe(at->data, strlen(at->data));
    }
    curl_slist_free_all(headers);
}

#define SET(option, value) (curl_easy_setopt(run->handle, option, value) == CURLE_OK)

static bool set_own_certificate(transfer *run, const lv_identity *identity)
{
    struct curl_blob key = blob_of(lv_identity_key_pem(identity));
    struct curl_blob certificate = blob_of(lv_identity_certificate_pem(identity));
    return SET(CURLOPT_SSLCERT_BLOB, &certificate) && SET(CURLOPT_SSLKEY_BLOB, &key);
}

static bool set_tls(transfer *run)
{
    struct curl_blob root = blob_of(run->call->root);
    bool member = run->call->msp != NULL;
    /* CAPATH and CAINFO point at the system's roots by default, which would do as well as ours. */
    return SET(CURLOPT_PROTOCOLS_STR, "https") &&
           SET(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2) && SET(CURLOPT_CAINFO, NULL) &&
           SET(CURLOPT_CAPATH, NULL) && SET(CURLOPT_CAINFO_BLOB, &root) &&
           SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
           (!member ||
            (set_own_certificate(run, run->call->identity) && SET(CURLOPT_CERTINFO, 1L) &&
             SET(CURLOPT_PREREQFUNCTION, on_connected) && SET(CURLOPT_PREREQDATA, run)));
}

static bool set_socket(transfer *run, const char *path)
{
    return SET(CURLOPT_PROTOCOLS_STR, "http") && SET(CURLOPT_UNIX_SOCKET_PATH, path);
}

static bool set_method(transfer *run)
{
    const lv_http_call *call = run->call;
    if (strcmp(call->method, "GET") == 0) {
        return SET(CURLOPT_HTTPGET, 1L);
    }
    if (call->read != NULL) {
        return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, call->method) &&
               SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->read_len) &&
               SET(CURLOPT_READFUNCTION, on_read) && SET(CURLOPT_READDATA, run);
    }
    return SET(CURLOPT_POST, 1L) && SET(CURLOPT_CUSTOMREQUEST, call->method) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len) &&
           SET(CURLOPT_POSTFIELDS, call->body.len > 0 ? (const char *)call->body.data : "");
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is curl_xferinfo_callback */
static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
                       curl_off_t up)
{
    transfer *run = context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    run->cancelled = run->call->cancelled(run->call->cancel_context);
    return run->cancelled ? 1 : 0;
}

static bool set_cancel(transfer *run)
{
    return run->call->cancelled == NULL ||
           (SET(CURLOPT_NOPROGRESS, 0L) && SET(CURLOPT_XFERINFOFUNCTION, on_progress) &&
            SET(CURLOPT_XFERINFODATA, run));
}

/* No proxy from the environment, no redirect, no signal handlers in a program with threads. */
static bool set_common(transfer *run)
{
    return SET(CURLOPT_URL, run->call->url) && SET(CURLOPT_PROXY, "") &&
           SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1) &&
           SET(CURLOPT_TIMEOUT, (long)run->call->seconds) && SET(CURLOPT_ERRORBUFFER, run->words) &&
           SET(CURLOPT_WRITEFUNCTION, on_body) && SET(CURLOPT_WRITEDATA, run) && set_cancel(run);
}

static lv_status status_of(CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return LV_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return LV_TIMEOUT;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_ABORTED_BY_CALLBACK:
        return LV_INVALID;
    case CURLE_OUT_OF_MEMORY:
        return LV_E_MEMORY;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return LV_E_ARGUMENT;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_NOT_BUILT_IN:
        return LV_E_CONFIG;
    default:
        return LV_UNAVAILABLE;
    }
}

static lv_status outcome(const transfer *run, CURLcode code, lv_error *err)
{
    const char *where = run->call->socket_path != NULL ? run->call->socket_path : run->call->url;
    if (run->server != LV_OK) {
        return lv_fail(err, LV_INVALID, "%s: the server is not %s: %s", where, run->call->msp,
                       run->server_words.text);
    }
    if (run->cancelled) {
        return lv_fail(err, LV_UNAVAILABLE, "%s: given up before it answered", where);
    }
    if (run->unread) {
        return lv_fail(err, LV_E_IO, "%s: what was to be sent ended early", where);
    }
    if (run->received == LV_E_LIMIT) {
        return lv_fail(err, LV_E_LIMIT, "%s: the answer has more than %zu bytes", where,
                       run->call->max_bytes);
    }
    if (run->received != LV_OK || code == CURLE_OK) {
        return run->received;
    }
    const char *words = run->words[0] != '\0' ? run->words : curl_easy_strerror(code);
    return lv_fail(err, status_of(code), "%s: %s", where, words);
}

static lv_status perform(transfer *run, const char *socket_path, unsigned *code, lv_error *err)
{
    long http = 0;
    bool secure = run->call->socket_path == NULL;
    if (!set_common(run) || !set_method(run) || !set_headers(run) ||
        !(secure ? set_tls(run) : set_socket(run, socket_path))) {
        return lv_fail(err, LV_E_CONFIG, "HTTP client: libcurl lacks an option that is needed");
    }
    lv_status status = outcome(run, curl_easy_perform(run->handle), err);
    if (status == LV_OK) {
        curl_easy_getinfo(run->handle, CURLINFO_RESPONSE_CODE, &http);
        *code = (unsigned)http;
        return LV_OK;
    }
    /* Half an answer is none. */
    if (run->body->data != NULL) {
        lv_wipe(run->body->data + run->start, run->body->len - run->start);
        run->body->len = run->start;
    }
    return status;
}

/* Either all that a call to a member needs, or none of it. */
static bool is_whole(const lv_http_call *call)
{
    bool some = call->identity != NULL || call->trust != NULL || call->msp != NULL;
    bool all = call->identity != NULL && call->trust != NULL && call->msp != NULL;
    return call->root.len > 0 && some == all;
}

static lv_status check_call(const lv_http_call *call, lv_error *err)
{
    if (call->socket_path == NULL &&
        (!is_whole(call) || strncmp(call->url, "https://", strlen("https://")) != 0)) {
        return lv_fail(err, LV_E_ARGUMENT, "HTTP client: %s: a peer is called by https only",
                       call->url);
    }
    if (call->header != NULL && !is_one_line(call->header)) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "HTTP client: a header must not hold control characters");
    }
    return LV_OK;
}

lv_status lv_http_request_send(const lv_http_call *call, unsigned *code, lv_buffer *body,
                               lv_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sockaddr_un address = {0};
    int folder = -1;

    *code = 0;
    pthread_once(&once, init_curl);
    lv_status status = check_call(call, err);
    if (status == LV_OK && call->socket_path != NULL) {
        status = lv_socket_path(call->socket_path, address.sun_path, &folder, err);
    }
    if (status != LV_OK) {
        return status;
    }
    transfer run = {.call = call,
                    .handle = curl_easy_init(),
                    .body = body,
                    .start = body->len,
                    .server = LV_OK,
                    .received = LV_OK};
    status = run.handle == NULL ? LV_E_MEMORY : perform(&run, address.sun_path, code, err);
    free_headers(run.headers);
    curl_easy_cleanup(run.handle);
    if (folder >= 0) {
        close(folder);
    }
    return status;
}
