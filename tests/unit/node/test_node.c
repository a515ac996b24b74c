/* A node as a process: doors, common routes, signals, and calls to it by lv_node_post. */
#include "node/node.h"
#include "servicer_world.h"
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* ---- the process ---- */

static pid_t serve(world *w)
{
    int ready[2];
    char byte = 0;
    world_close(w);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        lv_error err = {0};
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves no node behind */
        close(ready[0]);
        _exit(lv_node_run(w->folder, ready[1], &err) == LV_OK ? 0 : 1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void stop(pid_t child, int signal)
{
    int status = 0;
    assert_int_equal(kill(child, signal), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (signal == SIGKILL) {
        assert_true(WIFSIGNALED(status));
        return;
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static unsigned port_of(const world *w)
{
    lv_buffer text = {0};
    lv_error err = {0};
    char *path = lv_path_join(w->folder, "state/port");
    assert_non_null(path);
    ok(lv_file_read(path, 16, &text, &err), &err);
    unsigned port = (unsigned)strtoul(lv_buffer_text(&text), NULL, 10);
    lv_buffer_free(&text);
    free(path);
    return port;
}

static json_t *ask(const world *w, const char *url)
{
    unsigned code = 0;
    lv_buffer body = {0};
    lv_error err = {0};
    char *path = lv_path_join(w->folder, "state/control.sock");
    assert_non_null(path);
    const lv_http_call call = {
        .url = url, .socket_path = path, .method = "GET", .seconds = 10, .max_bytes = 65536};
    ok(lv_http_request_send(&call, &code, &body, &err), &err);
    assert_int_equal(code, 200);
    json_t *value = json_loadb((const char *)body.data, body.len, 0, NULL);
    assert_non_null(value);
    lv_buffer_free(&body);
    free(path);
    return value;
}

static void test_common_routes(void **state)
{
    world *w = world_new(*state);
    char hash[2 * LV_DIGEST_LEN + 1];
    lv_head head = {0};
    lv_error err = {0};
    publish(w, 0);
    ok(lv_ledger_head(w->as_b, &head, &err), &err);
    lv_digest_hex(&head.hash, hash);
    pid_t child = serve(w);

    json_t *health = ask(w, "http://node/healthz");
    assert_string_equal(json_string_value(json_object_get(health, "status")), "ok");
    assert_string_equal(json_string_value(json_object_get(health, "organisation")), "S");
    assert_string_equal(json_string_value(json_object_get(health, "role")), "servicer");
    assert_true(json_is_integer(json_object_get(health, "uptime_seconds")));
    const json_t *channels = json_object_get(health, "channels");
    assert_int_equal(json_object_size(channels), 1);
    const json_t *xor = json_object_get(channels, "xor");
    assert_int_equal(json_integer_value(json_object_get(xor, "block")), head.block);
    assert_string_equal(json_string_value(json_object_get(xor, "hash")), hash);
    json_decref(health);

    json_t *version = ask(w, "http://node/version");
    assert_string_equal(json_string_value(json_object_get(version, "name")), "lotveil");
    assert_true(json_string_length(json_object_get(version, "version")) > 0);
    json_decref(version);
    stop(child, SIGTERM);
    world_free(w);
}

static void test_signals_and_kills(void **state)
{
    world *w = world_new(*state);
    char *port_file = lv_path_join(w->folder, "state/port");
    assert_non_null(port_file);
    stop(serve(w), SIGINT);
    assert_false(lv_file_exists(port_file));
    stop(serve(w), SIGKILL);
    assert_true(lv_file_exists(port_file)); /* left behind, and in nobody's way */
    stop(serve(w), SIGTERM);
    assert_false(lv_file_exists(port_file));
    free(port_file);
    world_free(w);
}

static void test_a_port_that_is_taken(void **state)
{
    world *w = world_new(*state);
    world *other = world_new(*state);
    world_close(other); /* a child would inherit the lock */
    lv_buffer config = {0};
    lv_error err = {0};
    char *path = lv_path_join(other->folder, "config.yaml");
    assert_non_null(path);
    pid_t child = serve(w);
    ok(lv_file_read(path, 65536, &config, &err), &err);
    char *at = strstr((char *)config.data, "127.0.0.1:0\n");
    assert_non_null(at);
    lv_buffer changed = {0};
    ok(lv_buffer_printf(&changed, "%.*s127.0.0.1:%u%s", (int)(at - (char *)config.data),
                        (char *)config.data, port_of(w), at + strlen("127.0.0.1:0")),
       &err);
    put_file(other->folder, "config.yaml", lv_buffer_view(&changed));
    assert_int_equal(lv_node_run(other->folder, -1, &err), LV_E_IO);
    assert_true(err.text[0] != '\0');
    stop(child, SIGTERM);
    lv_buffer_free(&changed);
    lv_buffer_free(&config);
    free(path);
    world_free(other);
    world_free(w);
}

/* ---- lv_node_post ---- */

/* A buyer's side of a call: a node with what lv_node_post needs and nothing else. */
typedef struct {
    lv_config_member members[2]; /* S, and B at the address of S */
    lv_config config;
    lv_node node;
    char url[64];
} caller;

static void caller_make(caller *out, const world *w, lv_identity *identity, unsigned port)
{
    lv_error err = {0};
    *out = (caller){.members = {{.msp = "S", .role = LV_ROLE_SERVICER},
                                {.msp = "B", .role = LV_ROLE_DOWNSTREAM}}};
    lv_identity *servicer = NULL;
    ok(lv_msp_folder_load(w->folder, "S", &servicer, &out->members[0].root, &err), &err);
    lv_identity_free(servicer);
    snprintf(out->url, sizeof out->url, "https://localhost:%u", port);
    const lv_buffer *root = &w->cast->organisation[0].ca_certificate;
    ok(lv_buffer_append(&out->members[1].root, root->data, root->len), &err);
    ok(lv_trust_new(&out->node.trust), &err);
    for (size_t i = 0; i < 2; i++) {
        out->members[i].url = out->url;
        ok(lv_trust_add(out->node.trust, out->members[i].msp, lv_buffer_view(&out->members[i].root),
                        &err),
           &err);
    }
    out->config = (lv_config){.members = out->members, .member_count = 2, .request_seconds = 10};
    out->node.config = &out->config;
    lv_identity_slot_init(&out->node.identity, identity);
}

static void caller_free(caller *c)
{
    lv_identity_slot_clear(&c->node.identity);
    lv_trust_free(c->node.trust);
    lv_buffer_free(&c->members[0].root);
    lv_buffer_free(&c->members[1].root);
}

static void expect_post(caller *from, const char *msp, const char *path, const lv_buffer *body,
                        lv_status wanted, const char *words)
{
    lv_buffer answer = {0};
    lv_error err = {0};
    expect(lv_node_post(&from->node, msp, path, lv_buffer_view(body), &answer, &err), wanted, &err,
           words);
    assert_int_equal(answer.len > 0, wanted == LV_OK);
    lv_buffer_free(&answer);
}

static void test_calls(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    caller a;
    caller x;
    publish(w, 0);
    pid_t child = serve(w);
    caller_make(&a, w, c->buyers[0], port_of(w));
    caller_make(&x, w, c->stranger, port_of(w));
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    lv_buffer unknown = purchase_of(c->buyers[0], "S", &c->set_ids[1], lv_clock_now());
    lv_buffer garbage = {0};
    assert_int_equal(lv_buffer_printf(&garbage, "no purchase"), LV_OK);

    expect_post(&a, "S", "/v1/purchases", &purchase, LV_REFUSED, "S: no grant of B");
    grant_to(w, "A", 0, false);
    expect_post(&a, "S", "/v1/purchases", &purchase, LV_OK, "");
    expect_post(&a, "S", "/v1/purchases", &unknown, LV_NOT_FOUND, "S: there is no set");
    expect_post(&a, "S", "/v1/purchases", &garbage, LV_E_SYNTAX, "S: ");
    expect_post(&a, "S", "/v1/nothing", &purchase, LV_NOT_FOUND, "S: ");
    expect_post(&a, "S", "/v1/sales", &purchase, LV_NOT_FOUND, "S: "); /* at the other door */
    expect_post(&a, "T", "/v1/purchases", &purchase, LV_E_CONFIG, "T: is no member");
    expect_post(&a, "B", "/v1/purchases", &purchase, LV_INVALID, "B: ");
    expect_post(&x, "S", "/v1/purchases", &purchase, LV_REFUSED, "S: ");
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    stop(child, SIGTERM);
    expect_post(&a, "S", "/v1/purchases", &purchase, LV_UNAVAILABLE, "S: ");

    lv_buffer_free(&purchase);
    lv_buffer_free(&unknown);
    lv_buffer_free(&garbage);
    caller_free(&a);
    caller_free(&x);
    world_free(w);
}

/* ---- kills ---- */

#define KILLS 12

/* A buyer that repeats its purchase until it is delivered gets one receipt, whenever the servicer
 * is killed. */
static void test_killed_while_it_sells(void **state)
{
    const cast *c = *state;
    world *w = world_new(c);
    lv_buffer purchase = purchase_of(c->buyers[0], "S", &c->set_ids[0], lv_clock_now());
    lv_buffer first = {0};
    publish(w, 0);
    grant_to(w, "A", 1, false);
    for (unsigned i = 0; i < KILLS; i++) {
        caller a;
        lv_buffer answer = {0};
        lv_error err = {0};
        pid_t child = serve(w);
        caller_make(&a, w, c->buyers[0], port_of(w));
        pid_t killer = fork();
        assert_true(killer >= 0);
        if (killer == 0) {
            usleep(1500U * i);
            kill(child, SIGKILL);
            _exit(0);
        }
        lv_status status =
            lv_node_post(&a.node, "S", "/v1/purchases", lv_buffer_view(&purchase), &answer, &err);
        assert_int_equal(waitpid(killer, NULL, 0), killer);
        stop(child, SIGKILL);
        if (status == LV_OK && first.len == 0) {
            assert_int_equal(lv_buffer_append(&first, answer.data, answer.len), LV_OK);
        } else if (status == LV_OK) {
            assert_true(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&answer)));
        } else {
            assert_int_equal(status, LV_UNAVAILABLE);
        }
        assert_true(sales_on_ledger(w, &c->set_ids[0], "A") <= 1);
        lv_buffer_free(&answer);
        caller_free(&a);
    }
    world_open(w);
    lv_buffer last = {0};
    lv_error err = {0};
    ok(post(w, "A", lv_buffer_view(&purchase), &last, &err), &err);
    assert_true(first.len == 0 || lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&last)));
    assert_int_equal(sales_on_ledger(w, &c->set_ids[0], "A"), 1);
    lv_buffer_free(&last);
    lv_buffer_free(&first);
    lv_buffer_free(&purchase);
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_common_routes),         cmocka_unit_test(test_signals_and_kills),
        cmocka_unit_test(test_a_port_that_is_taken),  cmocka_unit_test(test_calls),
        cmocka_unit_test(test_killed_while_it_sells),
    };
    return cmocka_run_group_tests(tests, cast_make, cast_free);
}
