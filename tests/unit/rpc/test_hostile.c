/* Clients and servers that misbehave: what they cost is bounded, and others go on. */
#include "rpc/conn.h"
#include "unit/rpc/raw_peer.h"
#include <dlfcn.h>
#include <netdb.h>
#include <signal.h>

static rpc_flood flood;

/* A name server that takes its time, for one name. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *req,
                struct addrinfo **pai)
{
    typedef int lookup(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    union {
        void *symbol;
        lookup *function;
    } real = {.symbol = dlsym(RTLD_NEXT, "getaddrinfo")};
    if (name != NULL && strcmp(name, "slow.example") == 0) {
        if ((req->ai_flags & AI_NUMERICHOST) == 0) {
            usleep(1500000);
        }
        return EAI_NONAME;
    }
    return real.function(name, service, req, pai);
}

static int set_up(void **state)
{
    rpc_world *w = calloc(1, sizeof *w);
    flood = (rpc_flood){.total = 400};
    rpc_world_open(w, &flood);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    rpc_world_close(*state);
    free(*state);
    return 0;
}

/* Somebody else is served, as soon as the handlers of calls that are over have seen it. */
static void expect_service(rpc_world *w)
{
    lv_rpc_client *client = rpc_client(w, NULL);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_error err = {0};
    lv_status status = LV_OK;
    for (int tries = 0; tries < 100; tries++) {
        status = lv_rpc_call(client, "/test.Test/Echo", lv_bytes_of_text("x"), 8000, &response,
                             &end, NULL, &err);
        if (status != LV_OK || end.code != LV_RPC_RESOURCE_EXHAUSTED) {
            break;
        }
        lv_rpc_end_free(&end);
        usleep(20000);
    }
    assert_int_equal(status, LV_OK);
    assert_int_equal(end.code, LV_RPC_OK);
    assert_string_equal(lv_buffer_text(&response), "x");
    lv_buffer_free(&response);
    lv_rpc_end_free(&end);
    lv_rpc_client_close(client);
}

/* ---- clients ---- */

static void test_opening_and_resetting_for_ever(void **state)
{
    static const uint8_t cancel[4] = {0, 0, 0, 8};
    raw_peer peer;
    raw_connect(&peer, *state);
    bool open = true;
    uint32_t id = 1;
    for (int i = 0; i < 200 && open; i++) {
        lv_buffer out = {0};
        for (int k = 0; k < 10; k++, id += 2) {
            raw_request(&out, id, "/test.Test/Echo");
            raw_frame(&out, RAW_RESET, 0, id, (lv_bytes){cancel, sizeof cancel});
        }
        open = raw_write(&peer, &out);
        lv_buffer_free(&out);
    }
    raw_came came;
    while (open) {
        raw_next(&peer, &came);
        open = came.type >= 0;
    }
    assert_true(peer.cut);
    raw_close(&peer);
    expect_service(*state);
}

static void test_a_few_resets_are_nothing(void **state)
{
    static const uint8_t cancel[4] = {0, 0, 0, 8};
    raw_peer peer;
    raw_came came;
    raw_connect(&peer, *state);
    lv_buffer out = {0};
    for (uint32_t id = 1; id < 400; id += 2) {
        raw_request(&out, id, "/test.Test/Nothing");
        raw_frame(&out, RAW_RESET, 0, id, (lv_bytes){cancel, sizeof cancel});
    }
    raw_frame(&out, RAW_PING, 0, 0, (lv_bytes){(const uint8_t *)"12345678", 8});
    assert_true(raw_write(&peer, &out));
    assert_true(raw_await(&peer, RAW_PING, &came));
    assert_int_equal(came.flags, RAW_ACK);
    lv_buffer_free(&out);
    raw_close(&peer);
}

/* Sends `out` again and again and reads nothing. Does the server end the connection? */
static bool is_cut_off(raw_peer *peer, const lv_buffer *out, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        if (!raw_write(peer, out)) {
            return peer->cut;
        }
    }
    return false;
}

static void test_pinging_without_reading(void **state)
{
    raw_peer peer;
    lv_buffer out = {0};
    raw_connect(&peer, *state);
    for (int i = 0; i < 500; i++) {
        raw_frame(&out, RAW_PING, 0, 0, (lv_bytes){(const uint8_t *)"12345678", 8});
    }
    assert_true(is_cut_off(&peer, &out, 4000));
    lv_buffer_free(&out);
    raw_close(&peer);
    expect_service(*state);
}

/* More streams than the server takes, each refused with a frame that nobody reads. */
static void test_asking_without_reading(void **state)
{
    raw_peer peer;
    uint32_t id = 1;
    bool cut = false;
    raw_connect(&peer, *state);
    for (int i = 0; i < 2000 && !cut; i++) {
        lv_buffer out = {0};
        for (int k = 0; k < 100; k++, id += 2) {
            raw_request(&out, id, "/test.Test/Hang");
        }
        cut = is_cut_off(&peer, &out, 1);
        lv_buffer_free(&out);
    }
    assert_true(cut);
    raw_close(&peer);
    expect_service(*state);
}

/* A block over the limit, in pieces, of one stream: that one is reset, the connection stays. */
static void test_headers_without_end(void **state)
{
    raw_peer peer;
    raw_came came;
    lv_buffer out = {0};
    lv_buffer more = {0};
    char value[100];
    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    raw_connect(&peer, *state);
    lv_buffer block = raw_request_block("POST", "/test.Test/Echo");
    raw_frame(&out, RAW_HEADERS, 0, 1, lv_buffer_view(&block));
    for (int i = 0; i < 100; i++) {
        raw_put_header(&more, "x-more", value);
    }
    for (int i = 0; i < 6; i++) {
        raw_frame(&out, RAW_CONTINUATION, i == 5 ? RAW_END_HEADERS : 0, 1, lv_buffer_view(&more));
    }
    raw_frame(&out, RAW_PING, 0, 0, (lv_bytes){(const uint8_t *)"12345678", 8});
    assert_true(raw_write(&peer, &out));
    bool reset = false;
    do {
        raw_next(&peer, &came);
        reset = reset || (came.type == RAW_RESET && came.id == 1);
    } while (came.type >= 0 && came.type != RAW_PING);
    assert_int_equal(came.type, RAW_PING);
    if (!reset) {
        assert_true(raw_await(&peer, RAW_RESET, &came));
    }
    lv_buffer_free(&block);
    lv_buffer_free(&more);
    lv_buffer_free(&out);
    raw_close(&peer);
}

/* What cannot be taken is still let go of: the window of the connection, which is every call's,
 * does not shrink by it. The server opens it again after half of it, 8 MiB. */
static void test_messages_over_the_limit_give_their_window_back(void **state)
{
    static const uint8_t data[16000] = {0, 0x7f, 0xff, 0xff, 0xff};
    raw_peer peer;
    raw_came came;
    unsigned given = 0;
    raw_connect(&peer, *state);
    for (uint32_t id = 1; id < 1200; id += 2) {
        lv_buffer out = {0};
        raw_request(&out, id, "/test.Test/Echo");
        raw_frame(&out, RAW_DATA, 0, id, (lv_bytes){data, sizeof data});
        assert_true(raw_write(&peer, &out));
        lv_buffer_free(&out);
        do {
            raw_next(&peer, &came);
            given += id > 1 && came.type == RAW_WINDOW_UPDATE && came.id == 0;
        } while (came.type >= 0 && (came.type != RAW_RESET || came.id != id));
        assert_int_equal(came.type, RAW_RESET);
    }
    assert_true(given > 0);
    raw_close(&peer);
}

static void test_what_is_no_grpc_is_answered_in_http(void **state)
{
    raw_peer peer;
    raw_came came;
    lv_buffer out = {0};
    lv_buffer block = raw_request_block("GET", "/test.Test/Echo");
    raw_connect(&peer, *state);
    raw_frame(&out, RAW_HEADERS, RAW_END_HEADERS | RAW_END_STREAM, 1, lv_buffer_view(&block));
    assert_true(raw_write(&peer, &out));
    assert_true(raw_await(&peer, RAW_HEADERS, &came));
    assert_true((came.flags & RAW_END_STREAM) != 0);
    lv_buffer_free(&block);
    lv_buffer_free(&out);
    raw_close(&peer);
}

/* Connections that show no certificate make room for those that do. */
static void test_connections_that_say_nothing(void **state)
{
    rpc_world *w = *state;
    int fds[80];
    for (size_t i = 0; i < 80; i++) {
        fds[i] = raw_dial(lv_rpc_server_port(w->server));
    }
    expect_service(w);
    for (size_t i = 0; i < 80; i++) {
        close(fds[i]);
    }
}

/* ---- servers ---- */

typedef struct {
    rpc_world *world;
    int listener;
    lv_buffer answer; /* to the first request */
    bool shakes_hands;
    pthread_t thread;
    char address[32];
} raw_server;

static void *serve(void *context)
{
    raw_server *server = context;
    raw_peer peer;
    raw_came came;
    uint8_t preface[24];
    lv_rpc_tls tls = rpc_tls(&server->world->server_party, &server->world->client_party);
    lv_buffer hello = {0};
    int fd = accept(server->listener, NULL, NULL);
    if (!server->shakes_hands) {
        usleep(800000);
        close(fd);
        return NULL;
    }
    if (raw_shake_hands(&peer, &tls, true, fd) && raw_read(&peer, preface, sizeof preface)) {
        raw_frame(&hello, RAW_SETTINGS, 0, 0, (lv_bytes){0});
        raw_frame(&hello, RAW_SETTINGS, RAW_ACK, 0, (lv_bytes){0});
        raw_write(&peer, &hello);
        if (raw_await(&peer, RAW_HEADERS, &came) && server->answer.len > 0) {
            raw_write(&peer, &server->answer);
        }
        do { /* until the client goes */
            raw_next(&peer, &came);
        } while (came.type >= 0);
    }
    lv_buffer_free(&hello);
    raw_close(&peer);
    return NULL;
}

static void raw_server_start(raw_server *server, rpc_world *w)
{
    struct sockaddr_in own = raw_address(0);
    socklen_t len = sizeof own;
    server->world = w;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->listener < 0) {
        fail_msg("no socket");
        return;
    }
    assert_int_equal(bind(server->listener, (const struct sockaddr *)&own, sizeof own), 0);
    assert_int_equal(listen(server->listener, 4), 0);
    assert_int_equal(getsockname(server->listener, (struct sockaddr *)&own, &len), 0);
    snprintf(server->address, sizeof server->address, "127.0.0.1:%u", ntohs(own.sin_port));
    assert_int_equal(pthread_create(&server->thread, NULL, serve, server), 0);
}

static void raw_server_stop(raw_server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listener);
    lv_buffer_free(&server->answer);
}

static void put_response(lv_buffer *out, uint8_t flags, const char *status, const char *type)
{
    lv_buffer block = {0};
    raw_put_header(&block, ":status", status);
    raw_put_header(&block, "content-type", type);
    raw_frame(out, RAW_HEADERS, RAW_END_HEADERS | flags, 1, lv_buffer_view(&block));
    lv_buffer_free(&block);
}

/* One call of a server that answers so. */
static lv_status call_once(raw_server *server, rpc_world *w, const lv_rpc_target *changes,
                           int deadline_ms, lv_rpc_end *end, bool *acted)
{
    lv_rpc_target target = changes != NULL ? *changes : (lv_rpc_target){0};
    lv_buffer response = {0};
    lv_error err = {0};
    target.address = server->address;
    target.host_name = "localhost";
    lv_rpc_client *client = rpc_client(w, &target);
    lv_status status = lv_rpc_call(client, "/test.Test/Echo", lv_bytes_of_text("x"), deadline_ms,
                                   &response, end, acted, &err);
    assert_int_equal(response.len, 0);
    lv_buffer_free(&response);
    lv_rpc_client_close(client);
    return status;
}

static void test_a_page_in_place_of_an_answer(void **state)
{
    raw_server server = {.shakes_hands = true};
    lv_rpc_end end;
    bool acted = false;
    put_response(&server.answer, 0, "503", "text/html");
    raw_frame(&server.answer, RAW_DATA, RAW_END_STREAM, 1, lv_bytes_of_text("<html>busy</html>"));
    raw_server_start(&server, *state);
    assert_int_equal(call_once(&server, *state, NULL, 5000, &end, &acted), LV_OK);
    assert_int_equal(end.code, LV_RPC_UNAVAILABLE);
    assert_string_equal(end.words, "HTTP status 503");
    lv_rpc_end_free(&end);
    raw_server_stop(&server);
}

static void test_an_answer_without_a_status(void **state)
{
    raw_server server = {.shakes_hands = true};
    lv_rpc_end end;
    bool acted = false;
    put_response(&server.answer, 0, "200", "application/grpc");
    raw_frame(&server.answer, RAW_DATA, RAW_END_STREAM, 1,
              (lv_bytes){(const uint8_t *)"\0\0\0\0\1x", 6});
    raw_server_start(&server, *state);
    assert_int_equal(call_once(&server, *state, NULL, 5000, &end, &acted), LV_INVALID);
    assert_true(acted);
    lv_rpc_end_free(&end);
    raw_server_stop(&server);
}

static void test_a_server_that_falls_silent(void **state)
{
    const lv_rpc_target watchful = {.keepalive_ms = 200};
    raw_server server = {.shakes_hands = true};
    lv_rpc_end end;
    bool acted = false;
    raw_server_start(&server, *state);
    int64_t begun = lv_rpc_now();
    assert_int_equal(call_once(&server, *state, &watchful, 0, &end, &acted), LV_UNAVAILABLE);
    assert_true(acted); /* nobody knows */
    assert_true(lv_rpc_now() - begun < 5000);
    raw_server_stop(&server);
}

static void test_a_handshake_that_never_comes(void **state)
{
    const lv_rpc_target quick = {.connect_ms = 300};
    raw_server server = {0};
    lv_rpc_end end;
    bool acted = true;
    raw_server_start(&server, *state);
    int64_t begun = lv_rpc_now();
    assert_int_equal(call_once(&server, *state, &quick, 0, &end, &acted), LV_UNAVAILABLE);
    assert_false(acted);
    assert_true(lv_rpc_now() - begun < 5000);
    raw_server_stop(&server);
}

static void test_a_deadline_while_connecting(void **state)
{
    raw_server server = {0};
    lv_rpc_end end;
    bool acted = true;
    raw_server_start(&server, *state);
    assert_int_equal(call_once(&server, *state, NULL, 100, &end, &acted), LV_TIMEOUT);
    assert_false(acted);
    raw_server_stop(&server);
}

/* Neither a deadline nor the end of a client waits for a name server. */
static void test_a_slow_name_server(void **state)
{
    const lv_rpc_target slow = {.address = "slow.example:1"};
    lv_rpc_client *client = rpc_client(*state, &slow);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_error err = {0};
    int64_t begun = lv_rpc_now();
    assert_int_equal(lv_rpc_call(client, "/test.Test/Echo", lv_bytes_of_text("x"), 100, &response,
                                 &end, NULL, &err),
                     LV_TIMEOUT);
    lv_rpc_client_close(client);
    assert_true(lv_rpc_now() - begun < 1300);
    usleep(1700000); /* it still answers, to nobody */
}

int main(void)
{
    signal(SIGPIPE, SIG_IGN); /* of the raw sockets of these tests */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_opening_and_resetting_for_ever),
        TEST(test_a_few_resets_are_nothing),
        TEST(test_pinging_without_reading),
        TEST(test_asking_without_reading),
        TEST(test_headers_without_end),
        TEST(test_messages_over_the_limit_give_their_window_back),
        TEST(test_what_is_no_grpc_is_answered_in_http),
        TEST(test_connections_that_say_nothing),
        TEST(test_a_page_in_place_of_an_answer),
        TEST(test_an_answer_without_a_status),
        TEST(test_a_server_that_falls_silent),
        TEST(test_a_handshake_that_never_comes),
        TEST(test_a_deadline_while_connecting),
        TEST(test_a_slow_name_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
