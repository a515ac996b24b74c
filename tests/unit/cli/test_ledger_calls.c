/* Blocks as watchers see them, here on an embedded ledger. */
#include "cli/ledger_calls.h"
#include "ledger/embedded/embedded.h"
#include "ledger/world.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { FIRST_GRANTS = 3 };

typedef struct {
    world *w;
    lv_ledger *ledger;
} fixture;

/* Block 1 with three calls, blocks 2 and 3 with one each. */
static int set_up(void **state)
{
    lv_error err = {0};
    fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->w = world_new();
    world_ok(lv_embedded_create(f->w->folder, &f->w->channel, f->w->servicer, &err), &err);
    world_ok(lv_embedded_open(f->w->folder, WORLD_CHANNEL, f->w->downstreams[0], &f->ledger, &err),
             &err);
    world_ok(world_submit_grants(f->ledger, f->w->downstreams[0], 1, FIRST_GRANTS, NULL, &err),
             &err);
    for (uint64_t number = FIRST_GRANTS + 1; number <= FIRST_GRANTS + 2; number++) {
        world_ok(world_submit_grants(f->ledger, f->w->downstreams[0], number, 1, NULL, &err), &err);
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_ledger_close(f->ledger);
    world_free(f->w);
    free(f);
    return 0;
}

static json_t *read_blocks(const fixture *f, uint64_t first, uint64_t last)
{
    lv_error err = {0};
    json_t *blocks = json_array();
    world_ok(lv_ledger_calls(f->ledger, first, last, blocks, &err), &err);
    return blocks;
}

static json_int_t number_at(const json_t *list, size_t at, const char *key)
{
    return json_integer_value(json_object_get(json_array_get(list, at), key));
}

static void test_blocks_with_their_calls(void **state)
{
    json_t *blocks = read_blocks(*state, 0, 3);
    assert_int_equal(json_array_size(blocks), 3);
    assert_int_equal(number_at(blocks, 0, "block"), 1);
    assert_int_equal(number_at(blocks, 0, "count"), FIRST_GRANTS);
    assert_int_equal(number_at(blocks, 2, "block"), 3);
    assert_int_equal(number_at(blocks, 2, "count"), 1);

    const json_t *calls = json_object_get(json_array_get(blocks, 0), "transactions");
    assert_int_equal(json_array_size(calls), FIRST_GRANTS);
    for (size_t i = 0; i < FIRST_GRANTS; i++) {
        const json_t *call = json_array_get(calls, i);
        assert_int_equal(number_at(calls, i, "transaction"), i);
        assert_string_equal(json_string_value(json_object_get(call, "submitter")), "D0");
        assert_int_equal(number_at(calls, i, "arguments"), 1);
        assert_true(number_at(calls, i, "bytes") > 0);
    }
    json_decref(blocks);
}

static void test_a_part_of_them(void **state)
{
    json_t *blocks = read_blocks(*state, 2, 2);
    assert_int_equal(json_array_size(blocks), 1);
    assert_int_equal(number_at(blocks, 0, "block"), 2);
    json_decref(blocks);
}

static void test_past_the_newest_there_is_nothing(void **state)
{
    json_t *blocks = read_blocks(*state, 4, 4);
    assert_int_equal(json_array_size(blocks), 0);
    json_decref(blocks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blocks_with_their_calls),
        cmocka_unit_test(test_a_part_of_them),
        cmocka_unit_test(test_past_the_newest_there_is_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
