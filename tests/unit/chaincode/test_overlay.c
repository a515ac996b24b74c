/* What calls of one transaction see of each other, over a peer's state in pages: every small case
 * against a plain table. */
#include "chaincode/overlay.h"
#include "unit/chaincode/tiny_peer.h"

#define KEYS 3U
#define NO_STOP 99U

static const char *const KEY[KEYS] = {"a", "b", "c"};
static const char *const BOUND[KEYS + 2] = {"a", "aa", "b", "c", "d"};

/* What stands under each key: "" for nothing. */
typedef struct {
    const char *value[KEYS];
} model;

static void model_put(model *m, unsigned set, const char *value)
{
    for (size_t i = 0; i < KEYS; i++) {
        m->value[i] = (set >> i & 1U) != 0 ? value : m->value[i];
    }
}

static void model_walk(const model *m, const char *first, const char *past, size_t stop,
                       tiny_walk *out)
{
    out->stop = stop;
    for (size_t i = 0; i < KEYS; i++) {
        if (m->value[i][0] != '\0' && strcmp(KEY[i], first) >= 0 && strcmp(KEY[i], past) < 0 &&
            tiny_each(out, KEY[i], lv_bytes_of_text(m->value[i])) != LV_OK) {
            return;
        }
    }
}

typedef struct {
    tiny_peer peer;
    lv_shim_asker asker;
    lv_remote remote;
    lv_error err;
    lv_overlay *overlay;
    model model;
} stage;

static void open_stage(stage *s, unsigned below, size_t page)
{
    memset(s, 0, sizeof *s);
    s->model = (model){{"", "", ""}};
    model_put(&s->model, below, "old");
    for (size_t i = 0; i < KEYS; i++) {
        if ((below >> i & 1U) != 0) {
            tiny_add(&s->peer, KEY[i], "old");
        }
    }
    s->peer.page = page;
    s->asker = (lv_shim_asker){.context = &s->peer, .ask = tiny_ask};
    s->remote = (lv_remote){.asker = &s->asker, .err = &s->err};
    const lv_state state = lv_remote_state(&s->remote);
    assert_int_equal(lv_overlay_new(&state, &s->overlay), LV_OK);
}

static void put_all(stage *s, unsigned set, const char *value)
{
    const lv_state state = lv_overlay_state(s->overlay, true, &s->err);
    for (size_t i = KEYS; i-- > 0;) { /* backwards: order is the overlay's affair */
        if ((set >> i & 1U) != 0) {
            assert_int_equal(state.put(state.context, KEY[i], lv_bytes_of_text(value)), LV_OK);
        }
    }
}

static void check_gets(stage *s)
{
    const lv_state state = lv_overlay_state(s->overlay, false, &s->err);
    for (size_t i = 0; i < KEYS; i++) {
        lv_buffer value = {0};
        bool stands = s->model.value[i][0] != '\0';
        assert_int_equal(state.get(state.context, KEY[i], &value), stands ? LV_OK : LV_NOT_FOUND);
        assert_string_equal(lv_buffer_text(&value), s->model.value[i]);
        lv_buffer_free(&value);
    }
}

static void check_range(stage *s, const char *first, const char *past, size_t stop)
{
    const lv_state state = lv_overlay_state(s->overlay, false, &s->err);
    tiny_walk got = {.stop = stop};
    tiny_walk expected = {0};
    assert_int_equal(state.range(state.context, first, past, tiny_each, &got), LV_OK);
    model_walk(&s->model, first, past, stop, &expected);
    assert_string_equal(got.text, expected.text);
    assert_int_equal(s->peer.open, 0);
}

static void check_all(stage *s)
{
    check_gets(s);
    for (size_t i = 0; i < KEYS + 2; i++) {
        for (size_t j = i; j < KEYS + 2; j++) {
            check_range(s, BOUND[i], BOUND[j], NO_STOP);
            check_range(s, BOUND[i], BOUND[j], 1);
            check_range(s, BOUND[i], BOUND[j], 2);
        }
    }
}

/* In byte order, each key once, with its last value; and nothing else. */
static void check_flush(stage *s, unsigned touched)
{
    assert_int_equal(s->peer.put_count, 0);
    assert_int_equal(lv_overlay_flush(s->overlay), LV_OK);
    size_t at = 0;
    for (size_t i = 0; i < KEYS; i++) {
        if ((touched >> i & 1U) != 0) {
            assert_string_equal(s->peer.puts[at].key, KEY[i]);
            assert_string_equal(s->peer.puts[at].value, s->model.value[i]);
            at++;
        }
    }
    assert_int_equal(s->peer.put_count, at);
}

static void run_case(unsigned below, unsigned first, unsigned second, size_t page)
{
    stage s;
    open_stage(&s, below, page);
    put_all(&s, first, "one");
    check_gets(&s); /* not seen by the call itself */
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    model_put(&s.model, first, "one");
    put_all(&s, second, "two");
    check_range(&s, "a", "d", NO_STOP);
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    model_put(&s.model, second, "two");
    check_all(&s);
    check_flush(&s, first | second);
    lv_overlay_free(s.overlay);
}

static void test_every_small_case(void **state)
{
    (void)state;
    const unsigned sets = 1U << KEYS;
    for (unsigned below = 0; below < sets; below++) {
        for (unsigned first = 0; first < sets; first++) {
            for (unsigned second = 0; second < sets; second++) {
                for (size_t page = 1; page <= KEYS; page++) {
                    run_case(below, first, second, page);
                }
            }
        }
    }
}

static void test_a_put_that_may_not_be(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, 0, 1);
    lv_state reading = lv_overlay_state(s.overlay, false, &s.err);
    assert_int_equal(reading.put(reading.context, "a", lv_bytes_of_text("x")), LV_E_ARGUMENT);
    assert_string_equal(s.err.text, "the contract put where it may not");
    lv_state writing = lv_overlay_state(s.overlay, true, &s.err);
    assert_int_equal(writing.put(writing.context, "", lv_bytes_of_text("x")), LV_E_ARGUMENT);
    assert_int_equal(writing.put(writing.context, "a\n", lv_bytes_of_text("x")), LV_E_ARGUMENT);
    assert_int_equal(writing.put(writing.context, "\xc3\xa4", lv_bytes_of_text("x")),
                     LV_E_ARGUMENT);
    assert_int_equal(writing.put(writing.context, "a", (lv_bytes){0}), LV_E_ARGUMENT);
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    check_flush(&s, 0);
    lv_overlay_free(s.overlay);
}

static void test_a_walk_that_fails_tells_so(void **state)
{
    (void)state;
    for (unsigned own = 0; own < 1U << KEYS; own++) {
        stage s;
        open_stage(&s, 5, 1);
        put_all(&s, own, "one");
        assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
        const lv_state reading = lv_overlay_state(s.overlay, false, &s.err);
        tiny_walk walk = {.stop = 2, .fault = LV_E_CORRUPT};
        assert_int_equal(reading.range(reading.context, "a", "d", tiny_each, &walk), LV_E_CORRUPT);
        assert_int_equal(walk.count, 2);
        assert_int_equal(s.peer.open, 0);
        lv_overlay_free(s.overlay);
    }
}

static void test_a_peer_that_fails_shows(void **state)
{
    (void)state;
    stage s;
    open_stage(&s, 7, 1);
    put_all(&s, 7, "one");
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    s.peer.fail_at = 2;
    assert_int_equal(lv_overlay_flush(s.overlay), LV_UNAVAILABLE);
    assert_int_equal(s.peer.put_count, 1);
    const lv_state reading = lv_overlay_state(s.overlay, false, &s.err);
    for (unsigned i = 1; i <= 3; i++) { /* each page in turn */
        tiny_walk walk = {.stop = NO_STOP};
        s.peer.fail_at = s.peer.asked + i;
        assert_int_equal(reading.range(reading.context, "a", "d", tiny_each, &walk),
                         LV_UNAVAILABLE);
        assert_string_equal(s.err.text, "the peer is out of order");
    }
    lv_overlay_free(s.overlay);
}

static void test_what_was_put_is_found_by_its_value(void **state)
{
    (void)state;
    stage s;
    size_t missing = 9;
    open_stage(&s, 7, 1);
    put_all(&s, 1, "one");
    const lv_bytes values[] = {lv_bytes_of_text("two"), lv_bytes_of_text("one"),
                               lv_bytes_of_text("on"), lv_bytes_of_text("one")};
    assert_int_equal(lv_overlay_holds(s.overlay, values, 0, &missing), LV_OK);
    assert_int_equal(missing, 0);
    assert_int_equal(lv_overlay_holds(s.overlay, values + 1, 1, &missing), LV_OK);
    assert_int_equal(missing, 0); /* put, but not kept yet */
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    put_all(&s, 6, "two");
    assert_int_equal(lv_overlay_keep(s.overlay), LV_OK);
    assert_int_equal(lv_overlay_holds(s.overlay, values, 4, &missing), LV_OK);
    assert_int_equal(missing, 2);
    assert_int_equal(lv_overlay_holds(s.overlay, values, 2, &missing), LV_OK);
    assert_int_equal(missing, 2);
    const lv_bytes below = lv_bytes_of_text("old"); /* stands at the peer, not put here */
    assert_int_equal(lv_overlay_holds(s.overlay, &below, 1, &missing), LV_OK);
    assert_int_equal(missing, 0);
    lv_overlay_free(s.overlay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_small_case),
        cmocka_unit_test(test_a_put_that_may_not_be),
        cmocka_unit_test(test_a_walk_that_fails_tells_so),
        cmocka_unit_test(test_a_peer_that_fails_shows),
        cmocka_unit_test(test_what_was_put_is_found_by_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
