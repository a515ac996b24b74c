/* The state at a peer: what is asked, and answers that make no sense. */
#include "unit/chaincode/tiny_peer.h"

#define NO_STOP 1000U

typedef struct {
    tiny_peer peer;
    lv_shim_asker asker;
    lv_remote remote;
    lv_error err;
    lv_state state;
} stage;

static int set_up(void **state)
{
    stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->peer.page = 4;
    s->asker = (lv_shim_asker){.context = &s->peer, .ask = tiny_ask};
    s->remote = (lv_remote){.asker = &s->asker, .err = &s->err};
    s->state = lv_remote_state(&s->remote);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

static lv_status walk(stage *s, const char *first, const char *past, tiny_walk *out)
{
    return s->state.range(s->state.context, first, past, tiny_each, out);
}

static void test_get_and_put(void **state)
{
    stage *s = *state;
    lv_buffer value = {0};
    tiny_add(&s->peer, "k", "v");
    assert_int_equal(lv_buffer_append(&value, "before ", 7), LV_OK);
    assert_int_equal(s->state.get(s->state.context, "k", &value), LV_OK);
    assert_string_equal(lv_buffer_text(&value), "before v");
    assert_int_equal(s->state.get(s->state.context, "l", &value), LV_NOT_FOUND);
    assert_string_equal(lv_buffer_text(&value), "before v");
    lv_buffer_free(&value);
    assert_int_equal(s->state.put(s->state.context, "m", lv_bytes_of_text("w")), LV_OK);
    assert_string_equal(s->peer.puts[0].key, "m");
    assert_string_equal(s->peer.puts[0].value, "w");
    s->peer.fail_at = s->peer.asked + 1;
    assert_int_equal(s->state.get(s->state.context, "k", &value), LV_UNAVAILABLE);
    s->peer.fail_at = s->peer.asked + 1;
    assert_int_equal(s->state.put(s->state.context, "k", lv_bytes_of_text("w")), LV_UNAVAILABLE);
    lv_buffer_free(&value);
}

/* As many pages as needed are asked for, and a query is closed when it has more. */
static void test_pages(void **state)
{
    stage *s = *state;
    for (unsigned i = 0; i < 16; i++) {
        char key[8];
        snprintf(key, sizeof key, "k%02u", i);
        tiny_add(&s->peer, key, key);
    }
    for (size_t page = 1; page <= 17; page++) {
        for (size_t stop = 1; stop <= 17; stop++) {
            tiny_walk got = {.stop = stop};
            s->peer.page = page;
            memset(s->peer.asked_by_type, 0, sizeof s->peer.asked_by_type);
            assert_int_equal(walk(s, "k", "l", &got), LV_OK);
            size_t told = stop < 16 ? stop : 16;
            size_t pages = (told + page - 1) / page;
            assert_int_equal(got.count, told);
            assert_int_equal(s->peer.asked_by_type[LV_SHIM_QUERY_STATE_NEXT], pages - 1);
            assert_int_equal(s->peer.asked_by_type[LV_SHIM_QUERY_STATE_CLOSE], pages * page < 16);
            assert_int_equal(s->peer.open, 0);
        }
    }
}

static void test_an_empty_range(void **state)
{
    stage *s = *state;
    tiny_walk got = {.stop = NO_STOP};
    assert_int_equal(walk(s, "a", "z", &got), LV_OK);
    tiny_add(&s->peer, "m", "v");
    assert_int_equal(walk(s, "a", "m", &got), LV_OK);
    assert_int_equal(walk(s, "n", "z", &got), LV_OK);
    assert_int_equal(walk(s, "m", "m", &got), LV_OK);
    assert_int_equal(got.count, 0);
    assert_int_equal(walk(s, "m", "n", &got), LV_OK);
    assert_string_equal(got.text, "m=v ");
}

/* Endorsers that took keys as they come would not agree. */
static void test_pages_that_make_no_sense(void **state)
{
    static const char *const bad[][3] = {
        {"b", "a", "c"}, {"b", "b", "c"}, {"b", "c", "c"}, {"b", "c", "b"}};
    stage *s = *state;
    for (size_t page = 1; page <= 3; page++) {
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            tiny_walk got = {.stop = NO_STOP};
            s->peer.count = 0;
            s->peer.page = page;
            for (size_t j = 0; j < 3; j++) {
                tiny_add(&s->peer, bad[i][j], "v");
            }
            assert_int_equal(walk(s, "b", "d", &got), LV_E_CORRUPT);
            assert_non_null(strstr(s->err.text, "out of order"));
            assert_int_equal(s->peer.open, 0);
        }
    }
    tiny_walk got = {.stop = NO_STOP};
    s->peer.count = 0;
    tiny_add(&s->peer, "b", "");
    assert_int_equal(walk(s, "a", "c", &got), LV_E_CORRUPT);
    assert_int_equal(got.count, 0);
}

static void test_pages_without_end(void **state)
{
    stage *s = *state;
    tiny_walk got = {.stop = NO_STOP};
    s->peer.always_more = true;
    assert_int_equal(walk(s, "a", "z", &got), LV_E_CORRUPT);
    assert_non_null(strstr(s->err.text, "does not end"));
    assert_int_equal(s->peer.asked, 2); /* and a close */
    s->peer.asked = 0;
    tiny_add(&s->peer, "m", "v");
    assert_int_equal(walk(s, "a", "z", &got), LV_E_CORRUPT);
    assert_int_equal(s->peer.asked, 3);
}

static void test_junk_instead_of_a_page(void **state)
{
    static const uint8_t cut[] = {0x0a, 0x20, 0x01};
    static const uint8_t bad_result[] = {0x0a, 0x03, 0x0a, 0x01, 0xff};
    uint8_t long_id[300] = {0x1a, 0xa9, 0x02};
    memset(long_id + 3, 'x', sizeof long_id - 3);
    stage *s = *state;
    const struct {
        const uint8_t *bytes;
        size_t len;
    } junk[] = {{cut, sizeof cut}, {bad_result, sizeof bad_result}, {long_id, sizeof long_id}};
    for (size_t i = 0; i < sizeof junk / sizeof junk[0]; i++) {
        tiny_walk got = {.stop = NO_STOP};
        s->peer.junk = junk[i].bytes;
        s->peer.junk_len = junk[i].len;
        s->err.text[0] = '\0';
        assert_int_equal(walk(s, "a", "z", &got), LV_E_CORRUPT);
        assert_non_null(strstr(s->err.text, "range of keys"));
        assert_int_equal(got.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_get_and_put, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_empty_range, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_that_make_no_sense, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pages_without_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_junk_instead_of_a_page, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
