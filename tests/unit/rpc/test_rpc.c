/* Client and server against each other, over real sockets and mutual TLS. */
#include "rpc/conn.h"
#include "unit/rpc/rpc_world.h"
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>

static rpc_flood flood;

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

static lv_status call(lv_rpc_client *client, const char *method, lv_bytes request, int deadline_ms,
                      lv_buffer *response, lv_rpc_end *end)
{
    lv_error err = {0};
    return lv_rpc_call(client, method, request, deadline_ms, response, end, NULL, &err);
}

static void expect_echo(lv_rpc_client *client, const char *text)
{
    lv_buffer response = {0};
    lv_rpc_end end;
    assert_int_equal(call(client, "/test.Test/Echo", lv_bytes_of_text(text), 5000, &response, &end),
                     LV_OK);
    assert_int_equal(end.code, LV_RPC_OK);
    assert_string_equal(lv_buffer_text(&response), text);
    lv_buffer_free(&response);
    lv_rpc_end_free(&end);
}

static void test_a_call_is_answered(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    expect_echo(client, "once");
    expect_echo(client, "");
    expect_echo(client, "and again, on the same connection");
    lv_rpc_client_close(client);
}

static void test_codes_and_words_travel(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_bytes none = {0};
    assert_int_equal(call(client, "/test.Test/Refuse", none, 5000, &response, &end), LV_OK);
    assert_int_equal(end.code, LV_RPC_FAILED_PRECONDITION);
    assert_string_equal(end.words, "100 % no, 25 \xc2\xb0"
                                   "C");
    lv_rpc_end_free(&end);
    assert_int_equal(call(client, "/test.Test/Nothing", none, 5000, &response, &end), LV_OK);
    assert_int_equal(end.code, LV_RPC_UNIMPLEMENTED);
    assert_int_equal(response.len, 0);
    lv_rpc_end_free(&end);
    lv_rpc_client_close(client);
}

/* Far over every window; and one byte over what the server takes. */
static void test_large_messages(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    size_t most = (size_t)32 * 1024 * 1024;
    lv_buffer request = {0};
    lv_buffer response = {0};
    uint8_t *place = NULL;
    lv_rpc_end end;
    assert_int_equal(lv_buffer_extend(&request, most, &place), LV_OK);
    for (size_t i = 0; i < most; i += 4093) {
        place[i] = (uint8_t)i;
    }
    assert_int_equal(
        call(client, "/test.Test/Echo", lv_buffer_view(&request), 60000, &response, &end), LV_OK);
    assert_int_equal(end.code, LV_RPC_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&request), lv_buffer_view(&response)));
    lv_buffer_free(&response);
    lv_rpc_end_free(&end);
    assert_int_equal(lv_buffer_append(&request, "", 1), LV_OK);
    lv_status status =
        call(client, "/test.Test/Echo", lv_buffer_view(&request), 60000, &response, &end);
    assert_int_equal(status, LV_OK);
    assert_int_equal(end.code, LV_RPC_RESOURCE_EXHAUSTED);
    assert_int_equal(response.len, 0);
    lv_rpc_end_free(&end);
    lv_buffer_free(&request);
    expect_echo(client, "others go on");
    lv_rpc_client_close(client);
}

static void test_an_answer_over_the_limit_is_refused(void **state)
{
    const lv_rpc_target small = {.message_max = 100};
    lv_rpc_client *client = rpc_client(*state, &small);
    lv_buffer response = {0};
    lv_rpc_end end;
    uint8_t request[101] = {0};
    assert_int_equal(
        call(client, "/test.Test/Echo", (lv_bytes){request, 100}, 5000, &response, &end), LV_OK);
    assert_int_equal(response.len, 100);
    lv_rpc_end_free(&end);
    lv_buffer_free(&response);
    assert_int_equal(
        call(client, "/test.Test/Echo", (lv_bytes){request, 101}, 5000, &response, &end),
        LV_E_LIMIT);
    assert_int_equal(response.len, 0);
    lv_rpc_client_close(client);
}

enum { THREADS = 8, CALLS = 40 };

static void *call_many(void *context)
{
    lv_rpc_client *client = context;
    for (int i = 0; i < CALLS; i++) {
        char text[32];
        lv_buffer response = {0};
        lv_rpc_end end;
        snprintf(text, sizeof text, "%p %d", (void *)&i, i);
        lv_status status =
            call(client, "/test.Test/Echo", lv_bytes_of_text(text), 20000, &response, &end);
        bool good = status == LV_OK && end.code == LV_RPC_OK &&
                    strcmp(lv_buffer_text(&response), text) == 0;
        lv_buffer_free(&response);
        lv_rpc_end_free(&end);
        if (!good) {
            return NULL;
        }
    }
    return context;
}

static void test_many_calls_at_once(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, call_many, client), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
    lv_rpc_client_close(client);
}

/* The first call of a connection goes as soon as the server is ready, however the threads are
 * scheduled. */
static void *connect_many(void *context)
{
    for (int i = 0; i < 8; i++) {
        lv_rpc_client *client = rpc_client(context, NULL);
        lv_buffer response = {0};
        lv_rpc_end end;
        lv_status status =
            call(client, "/test.Test/Echo", lv_bytes_of_text("x"), 20000, &response, &end);
        lv_buffer_free(&response);
        lv_rpc_end_free(&end);
        lv_rpc_client_close(client);
        if (status != LV_OK) {
            return NULL;
        }
    }
    return context;
}

static void test_many_clients(void **state)
{
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, connect_many, *state), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        void *good = NULL;
        pthread_join(threads[i], &good);
        assert_non_null(good);
    }
}

/* All but one call wait for room, and get it as soon as it is there: none until its deadline. */
static void test_one_call_at_a_time(void **state)
{
    rpc_world *w = *state;
    lv_rpc_server_stop(w->server, 0);
    rpc_start_small(w, "localhost:0", &flood, 1);
    int64_t begun = lv_rpc_now();
    test_many_calls_at_once(state);
    assert_true(lv_rpc_now() - begun < 19000);
}

static void test_streams_go_both_ways(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *stream = NULL;
    lv_error err = {0};
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Echo", 0, &stream, &err), LV_OK);
    for (int i = 0; i < 50; i++) {
        lv_buffer back = {0};
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        assert_int_equal(lv_rpc_stream_send(stream, lv_bytes_of_text(text), &err), LV_OK);
        assert_int_equal(lv_rpc_stream_receive(stream, 5000, &back, &err), LV_OK);
        assert_string_equal(lv_buffer_text(&back), text);
        lv_buffer_free(&back);
    }
    lv_buffer back = {0};
    assert_int_equal(lv_rpc_stream_receive(stream, 10, &back, &err), LV_TIMEOUT);
    lv_rpc_stream_half_close(stream);
    assert_int_equal(lv_rpc_stream_receive(stream, 5000, &back, &err), LV_NOT_FOUND);
    assert_int_equal(lv_rpc_stream_end(stream)->code, LV_RPC_OK);
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
}

static void *wake_later(void *context)
{
    usleep(50000);
    lv_rpc_stream_wake(context);
    return NULL;
}

static void test_a_waiting_reader_is_woken(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *stream = NULL;
    lv_buffer message = {0};
    lv_error err = {0};
    pthread_t thread;
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Echo", 0, &stream, &err), LV_OK);
    assert_int_equal(pthread_create(&thread, NULL, wake_later, stream), 0);
    assert_int_equal(lv_rpc_stream_receive(stream, -1, &message, &err), LV_TIMEOUT);
    pthread_join(thread, NULL);
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
}

static void test_a_waiting_handler_is_woken(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *stream = NULL;
    lv_buffer told = {0};
    lv_error err = {0};
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Doze", 0, &stream, &err), LV_OK);
    assert_int_equal(lv_rpc_stream_receive(stream, 5000, &told, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&told), "www");
    lv_buffer_free(&told);
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
}

/* Who does not read stops the server, and nobody's memory grows. */
static void test_a_slow_reader_holds_the_server_back(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *stream = NULL;
    lv_error err = {0};
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Pour", 0, &stream, &err), LV_OK);
    lv_rpc_stream_half_close(stream);
    size_t before = 0;
    do {
        before = flood.sent;
        usleep(200000);
    } while (flood.sent != before || before == 0);
    assert_true(flood.sent * 65536 <= (size_t)4 * LV_RPC_WINDOW);
    expect_echo(client, "another call on the same connection goes on");
    size_t messages = 0;
    lv_status status = LV_OK;
    while (status == LV_OK) {
        lv_buffer message = {0};
        status = lv_rpc_stream_receive(stream, 10000, &message, &err);
        messages += status == LV_OK && message.len == 65536;
        lv_buffer_free(&message);
    }
    assert_int_equal(status, LV_NOT_FOUND);
    assert_int_equal(messages, flood.total);
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
}

static void test_a_deadline_ends_a_call(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_buffer response = {0};
    lv_rpc_end end;
    int64_t begun = lv_rpc_now();
    lv_bytes none = {0};
    lv_status status = call(client, "/test.Test/Hang", none, 200, &response, &end);
    /* Whichever side looked at its clock first. */
    assert_true(status == LV_TIMEOUT || (status == LV_OK && end.code == LV_RPC_DEADLINE_EXCEEDED));
    assert_true(lv_rpc_now() - begun < 3000);
    lv_rpc_end_free(&end);
    expect_echo(client, "after it");
    lv_rpc_client_close(client);
}

static void test_more_calls_than_the_server_takes(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *streams[16];
    lv_error err = {0};
    for (size_t i = 0; i < 16; i++) {
        lv_buffer message = {0};
        assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Echo", 0, &streams[i], &err),
                         LV_OK);
        assert_int_equal(lv_rpc_stream_send(streams[i], lv_bytes_of_text("x"), &err), LV_OK);
        assert_int_equal(lv_rpc_stream_receive(streams[i], 5000, &message, &err), LV_OK);
        lv_buffer_free(&message);
    }
    /* A second connection has streams left, but the server has no calls left. */
    lv_rpc_client *other = rpc_client(*state, NULL);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_bytes none = {0};
    assert_int_equal(call(other, "/test.Test/Echo", none, 5000, &response, &end), LV_OK);
    assert_int_equal(end.code, LV_RPC_RESOURCE_EXHAUSTED);
    lv_rpc_end_free(&end);
    for (size_t i = 0; i < 16; i++) {
        lv_rpc_stream_close(streams[i]);
    }
    lv_status status = LV_OK;
    for (int tries = 0; tries < 100; tries++) { /* the handlers see the end of their calls */
        status = call(other, "/test.Test/Echo", none, 5000, &response, &end);
        if (status == LV_OK && end.code == LV_RPC_OK) {
            break;
        }
        lv_rpc_end_free(&end);
        usleep(20000);
    }
    assert_int_equal(status, LV_OK);
    assert_int_equal(end.code, LV_RPC_OK);
    lv_rpc_end_free(&end);
    lv_buffer_free(&response);
    lv_rpc_client_close(other);
    lv_rpc_client_close(client);
}

/* The server ends calls whose clients would still send; their streams are free again. */
static void test_answers_before_the_request_ends(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *streams[40];
    lv_error err = {0};
    for (size_t i = 0; i < 40; i++) {
        lv_buffer message = {0};
        assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Refuse", 0, &streams[i], &err),
                         LV_OK);
        assert_int_equal(lv_rpc_stream_receive(streams[i], 5000, &message, &err), LV_NOT_FOUND);
        assert_int_equal(lv_rpc_stream_end(streams[i])->code, LV_RPC_FAILED_PRECONDITION);
        assert_int_equal(lv_rpc_stream_send(streams[i], lv_bytes_of_text("x"), &err),
                         LV_UNAVAILABLE);
    }
    for (size_t i = 0; i < 40; i++) {
        lv_rpc_stream_close(streams[i]);
    }
    lv_rpc_client_close(client);
}

static void test_nothing_is_sent_after_the_end(void **state)
{
    lv_rpc_client *client = rpc_client(*state, NULL);
    lv_rpc_stream *stream = NULL;
    lv_error err = {0};
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Hang", 0, &stream, &err), LV_OK);
    lv_rpc_stream_half_close(stream);
    assert_int_equal(lv_rpc_stream_send(stream, lv_bytes_of_text("x"), &err), LV_E_ARGUMENT);
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
}

static void expect_no_connection(rpc_world *w, const lv_rpc_target *target)
{
    lv_rpc_client *client = rpc_client(w, target);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_bytes none = {0};
    assert_int_equal(call(client, "/test.Test/Echo", none, 5000, &response, &end), LV_UNAVAILABLE);
    lv_rpc_client_close(client);
}

static void test_certificates_are_checked_by_both(void **state)
{
    rpc_world *w = *state;
    const lv_rpc_target unknown_client = {.tls = rpc_tls(&w->stranger, &w->server_party)};
    const lv_rpc_target unknown_server = {.tls = rpc_tls(&w->client_party, &w->stranger)};
    const lv_rpc_target other_host = {.host_name = "elsewhere.example"};
    expect_no_connection(w, &unknown_client);
    expect_no_connection(w, &unknown_server);
    expect_no_connection(w, &other_host);
}

static void test_unusable_settings_are_named(void **state)
{
    rpc_world *w = *state;
    lv_rpc_client *client = NULL;
    lv_error err = {0};
    lv_rpc_target target = {.address = "nowhere",
                            .tls = rpc_tls(&w->client_party, &w->server_party)};
    assert_int_equal(lv_rpc_client_new(&target, &client, &err), LV_E_CONFIG);
    assert_non_null(strstr(err.text, "nowhere"));
    target.address = "localhost:1";
    target.tls.key = lv_buffer_view(&w->stranger.organisation.key);
    assert_int_equal(lv_rpc_client_new(&target, &client, &err), LV_E_CONFIG);
    assert_non_null(strstr(err.text, "private key"));
    lv_buffer roots = {0}; /* a good one, and one that is damaged behind it */
    const lv_buffer *root = &w->server_party.organisation.ca_certificate;
    target.tls = rpc_tls(&w->client_party, &w->server_party);
    assert_int_equal(lv_buffer_printf(&roots,
                                      "%s-----BEGIN CERTIFICATE-----\nMIIB\n"
                                      "-----END CERTIFICATE-----\n",
                                      lv_buffer_text(root)),
                     LV_OK);
    target.tls.roots = lv_buffer_view(&roots);
    assert_int_equal(lv_rpc_client_new(&target, &client, &err), LV_E_CONFIG);
    assert_non_null(strstr(err.text, "root"));
    lv_buffer_free(&roots);
    target.tls.roots = lv_bytes_of_text("no certificate");
    assert_int_equal(lv_rpc_client_new(&target, &client, &err), LV_E_CONFIG);
    assert_non_null(strstr(err.text, "root"));
    assert_null(client);
}

/* A server that went away and came back is found again; until then calls fail at once. */
static void test_a_server_that_comes_back(void **state)
{
    rpc_world *w = *state;
    const lv_rpc_target quick = {.backoff_min_ms = 20, .backoff_max_ms = 50};
    lv_rpc_client *client = rpc_client(w, &quick);
    lv_buffer response = {0};
    lv_rpc_end end;
    lv_bytes none = {0};
    char address[32];
    expect_echo(client, "before");
    snprintf(address, sizeof address, "localhost:%u", lv_rpc_server_port(w->server));
    lv_rpc_server_stop(w->server, 100);
    bool maybe_acted = true;
    lv_error err = {0};
    assert_int_equal(
        lv_rpc_call(client, "/test.Test/Echo", none, 5000, &response, &end, &maybe_acted, &err),
        LV_UNAVAILABLE);
    assert_false(maybe_acted);
    rpc_start(w, address, &flood);
    lv_status status = LV_UNAVAILABLE;
    for (int tries = 0; tries < 100 && status != LV_OK; tries++) {
        usleep(20000);
        status = call(client, "/test.Test/Echo", none, 5000, &response, &end);
    }
    assert_int_equal(status, LV_OK);
    lv_rpc_end_free(&end);
    lv_buffer_free(&response);
    lv_rpc_client_close(client);
}

/* A call that is under way when its server stops is told so, and the client does not hang. */
static void test_a_server_that_stops_in_the_middle(void **state)
{
    rpc_world *w = *state;
    lv_rpc_client *client = rpc_client(w, NULL);
    lv_rpc_stream *stream = NULL;
    lv_buffer message = {0};
    lv_error err = {0};
    assert_int_equal(lv_rpc_stream_open(client, "/test.Test/Echo", 0, &stream, &err), LV_OK);
    assert_int_equal(lv_rpc_stream_send(stream, lv_bytes_of_text("x"), &err), LV_OK);
    assert_int_equal(lv_rpc_stream_receive(stream, 5000, &message, &err), LV_OK);
    lv_buffer_free(&message);
    lv_rpc_server_stop(w->server, 0);
    lv_status status = lv_rpc_stream_receive(stream, 5000, &message, &err);
    assert_true(status == LV_UNAVAILABLE ||
                (status == LV_NOT_FOUND && lv_rpc_stream_end(stream)->code == LV_RPC_UNAVAILABLE));
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
    rpc_start(w, "localhost:0", &flood);
}

static void test_nobody_listens(void **state)
{
    const lv_rpc_target nobody = {.address = "127.0.0.1:1"};
    expect_no_connection(*state, &nobody);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_call_is_answered),
        TEST(test_codes_and_words_travel),
        TEST(test_large_messages),
        TEST(test_an_answer_over_the_limit_is_refused),
        TEST(test_many_calls_at_once),
        TEST(test_many_clients),
        TEST(test_one_call_at_a_time),
        TEST(test_streams_go_both_ways),
        TEST(test_a_waiting_reader_is_woken),
        TEST(test_a_waiting_handler_is_woken),
        TEST(test_a_slow_reader_holds_the_server_back),
        TEST(test_a_deadline_ends_a_call),
        TEST(test_more_calls_than_the_server_takes),
        TEST(test_answers_before_the_request_ends),
        TEST(test_nothing_is_sent_after_the_end),
        TEST(test_certificates_are_checked_by_both),
        TEST(test_unusable_settings_are_named),
        TEST(test_a_server_that_comes_back),
        TEST(test_a_server_that_stops_in_the_middle),
        TEST(test_nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
