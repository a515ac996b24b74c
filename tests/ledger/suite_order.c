/* What is submitted, in which order it stands, and what is refused. */
#include "base/reader.h"
#include "ledger/suite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static lv_status read_names(lv_ledger *ledger, const char *function, const char *const *names,
                            size_t count, lv_buffer *response)
{
    lv_bytes arguments[4];
    for (size_t i = 0; i < count; i++) {
        arguments[i] = lv_bytes_of_text(names[i]);
    }
    const lv_call call = {.function = function, .arguments = arguments, .argument_count = count};
    return lv_ledger_read(ledger, &call, response, NULL);
}

static void test_a_new_ledger_has_its_head(void **state)
{
    const suite *s = *state;
    lv_head head = {0};
    lv_error err = {0};
    world_ok(lv_ledger_head(s->ledger, &head, &err), &err);
    assert_true(head.block == s->start.block);
    world_ok(lv_ledger_check_head(s->ledger, &head, &err), &err);
    assert_string_equal(lv_ledger_channel(s->ledger)->channel, WORLD_CHANNEL);
    assert_string_equal(lv_ledger_channel(s->ledger)->contract, "xor");
    assert_int_equal(lv_ledger_channel(s->ledger)->member_count, WORLD_DOWNSTREAMS + 1);

    head.hash.bytes[0] ^= 1;
    assert_int_equal(lv_ledger_check_head(s->ledger, &head, &err), LV_E_CORRUPT);
    head.hash.bytes[0] ^= 1;
    head.block++;
    assert_int_equal(lv_ledger_check_head(s->ledger, &head, &err), LV_E_CORRUPT);
}

static void test_positions_follow_each_other(void **state)
{
    suite *s = *state;
    const lv_identity *author = s->world->downstreams[0];
    lv_position first = {0};
    lv_position at[3] = {{0}};
    lv_error err = {0};
    world_ok(world_submit_grants(s->ledger, author, 1, 1, &first, &err), &err);
    assert_true(first.block > s->start.block && first.transaction == 0);
    world_ok(world_submit_grants(s->ledger, author, 2, 3, at, &err), &err);
    assert_true(at[0].block > first.block && at[0].transaction == 0);
    suite_expect_together(at, 3);
    world_ok(world_submit_grants(s->ledger, author, 5, 1, NULL, &err), &err);

    lv_head head = {0};
    world_ok(lv_ledger_head(s->ledger, &head, &err), &err);
    assert_true(head.block > at[0].block);
    suite_audit(s);
}

static void test_heads_stay_part_of_the_past(void **state)
{
    suite *s = *state;
    lv_head heads[4] = {{0}};
    lv_error err = {0};
    for (uint64_t i = 0; i < 4; i++) {
        world_ok(lv_ledger_head(s->ledger, &heads[i], &err), &err);
        world_ok(world_submit_grants(s->ledger, s->world->downstreams[0], i + 1, 1, NULL, &err),
                 &err);
    }
    lv_ledger *later = suite_open(s, s->world->servicer);
    for (size_t i = 0; i < 4; i++) {
        world_ok(lv_ledger_check_head(later, &heads[i], &err), &err);
        heads[i].hash = heads[(i + 1) % 4].hash;
        assert_int_equal(lv_ledger_check_head(later, &heads[i], &err), LV_E_CORRUPT);
    }
    lv_ledger_close(later);
}

static void test_what_was_submitted_is_read_by_another_member(void **state)
{
    suite *s = *state;
    static const char *const names[] = {"D0", "A", "moisture"};
    lv_buffer response = {0};
    lv_ledger *other = suite_open(s, s->world->servicer);
    assert_int_equal(read_names(other, "granted", names, 3, &response), LV_NOT_FOUND);
    assert_int_equal(response.len, 0);

    lv_buffer grant = world_grant(s->world->downstreams[0], 1, false);
    lv_error err = {0};
    world_ok(world_submit(s->ledger, "grant", &grant, NULL, &err), &err);
    assert_int_equal(read_names(other, "granted", names, 3, &response), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&response), lv_buffer_view(&grant)));
    lv_buffer_free(&response);
    lv_buffer_free(&grant);
    lv_ledger_close(other);
}

static void test_a_refusal_names_the_call_and_undoes_the_others(void **state)
{
    suite *s = *state;
    const lv_identity *author = s->world->downstreams[0];
    lv_buffer grants[] = {world_grant(author, 1, false), world_grant(author, 2, false),
                          world_grant(author, 9, false)};
    lv_bytes arguments[3];
    lv_call calls[3];
    for (size_t i = 0; i < 3; i++) {
        arguments[i] = lv_buffer_view(&grants[i]);
        calls[i] = (lv_call){.function = "grant", .arguments = &arguments[i], .argument_count = 1};
    }
    lv_position at[3] = {{.block = 99}};
    lv_error err = {0};
    assert_int_equal(lv_ledger_submit(s->ledger, calls, 3, at, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "call 3 of 3 (grant)"));
    assert_non_null(strstr(err.text, "gap"));
    assert_true(at[0].block == 0);

    lv_head head = {0};
    world_ok(lv_ledger_head(s->ledger, &head, &err), &err);
    assert_true(head.block == s->start.block);
    world_ok(lv_ledger_submit(s->ledger, calls, 2, at, &err), &err); /* nothing was left behind */
    assert_true(at[0].block > s->start.block && at[0].transaction == 0);
    suite_expect_together(at, 2);
    for (size_t i = 0; i < 3; i++) {
        lv_buffer_free(&grants[i]);
    }
    suite_audit(s);
}

static void test_a_second_grant_of_one_number_is_refused(void **state)
{
    suite *s = *state;
    lv_buffer grant = world_grant(s->world->downstreams[0], 1, false);
    lv_error err = {0};
    world_ok(world_submit(s->ledger, "grant", &grant, NULL, &err), &err);
    assert_int_equal(world_submit(s->ledger, "grant", &grant, NULL, &err), LV_EXISTS);
    assert_non_null(strstr(err.text, "call 1 of 1"));
    lv_buffer_free(&grant);
}

static void test_a_set_id_stands_once(void **state)
{
    suite *s = *state;
    lv_buffer first = world_xor(s->world->downstreams[0], 1);
    lv_buffer second = world_xor(s->world->downstreams[0], 2);
    const lv_bytes twice[] = {lv_buffer_view(&first), lv_buffer_view(&first)};
    const lv_call call = {.function = "put", .arguments = twice, .argument_count = 2};
    lv_error err = {0};
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_EXISTS);
    world_ok(world_submit(s->ledger, "put", &first, NULL, &err), &err);
    assert_int_equal(world_submit(s->ledger, "put", &first, NULL, &err), LV_EXISTS);
    world_ok(world_submit(s->ledger, "put", &second, NULL, &err), &err);

    static const char *const page[] = {"D0", "moisture", "1", "10"};
    lv_buffer response = {0};
    assert_int_equal(read_names(s->ledger, "list", page, 4, &response), LV_OK);
    lv_reader reader = lv_reader_of(lv_buffer_view(&response));
    assert_int_equal(lv_read_u32(&reader), 2);
    assert_true(lv_bytes_equal(lv_read_block(&reader, LV_RECORD_MAX), lv_buffer_view(&first)));
    assert_true(lv_bytes_equal(lv_read_block(&reader, LV_RECORD_MAX), lv_buffer_view(&second)));
    assert_int_equal(lv_reader_end(&reader), LV_OK);
    lv_buffer_free(&response);
    lv_buffer_free(&first);
    lv_buffer_free(&second);
    suite_audit(s);
}

static void test_nobody_writes_for_another(void **state)
{
    suite *s = *state;
    lv_error err = {0};
    lv_buffer foreign = world_grant(s->world->downstreams[1], 1, false);
    const lv_bytes argument = lv_buffer_view(&foreign);
    const lv_call call = {.function = "grant",
                          .arguments = &argument,
                          .argument_count = 1,
                          .submitter = "D1"}; /* claimed, not proved */
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_REFUSED);
    lv_ledger *servicer = suite_open(s, s->world->servicer);
    assert_int_equal(world_submit(servicer, "grant", &foreign, NULL, &err), LV_REFUSED);
    lv_ledger_close(servicer);
    lv_buffer_free(&foreign);
}

static void test_only_members_may_open(void **state)
{
    suite *s = *state;
    lv_ledger *ledger = NULL;
    lv_error err = {0};
    assert_int_equal(s->backend->open(s->world, s->world->outsider, &ledger, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "X"));
    assert_null(ledger);
    assert_int_equal(s->backend->open(s->world, s->world->impostor, &ledger, &err), LV_REFUSED);
    assert_null(ledger);
}

static void test_functions_are_not_mixed_up(void **state)
{
    suite *s = *state;
    lv_buffer grant = world_grant(s->world->downstreams[0], 1, false);
    const lv_bytes argument = lv_buffer_view(&grant);
    lv_call call = {.function = "grant", .arguments = &argument, .argument_count = 1};
    lv_buffer response = {0};
    lv_error err = {0};
    assert_int_equal(lv_ledger_read(s->ledger, &call, &response, &err), LV_E_ARGUMENT);
    call.function = "get";
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_E_ARGUMENT);
    call.function = "no-such";
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_NOT_FOUND);
    assert_int_equal(lv_ledger_read(s->ledger, &call, &response, &err), LV_NOT_FOUND);
    call.function = "genesis";
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_NOT_FOUND);
    call.function = "no name";
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_E_ARGUMENT);
    assert_int_equal(response.len, 0);
    lv_buffer_free(&grant);
}

static void test_sizes_have_limits(void **state)
{
    suite *s = *state;
    lv_error err = {0};
    static lv_bytes arguments[LV_CALL_ARGUMENTS_MAX + 1];
    lv_call call = {.function = "put", .arguments = arguments, .argument_count = 0};
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 0, NULL, &err), LV_E_ARGUMENT);
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_INVALID);
    call.argument_count = LV_CALL_ARGUMENTS_MAX + 1;
    assert_int_equal(lv_ledger_submit(s->ledger, &call, 1, NULL, &err), LV_E_LIMIT);

    lv_call *many = calloc(1025, sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < 1025; i++) {
        many[i] = call;
    }
    assert_int_equal(lv_ledger_submit(s->ledger, many, 1025, NULL, &err), LV_E_LIMIT);
    free(many);

    lv_buffer large = {0};
    uint8_t *place = NULL;
    assert_int_equal(lv_buffer_extend(&large, LV_RECORD_MAX, &place), LV_OK);
    assert_int_equal(world_submit(s->ledger, "put", &large, NULL, &err), LV_E_LIMIT);
    large.len = LV_SUBMIT_BYTES_MAX - lv_ledger_weight(LV_SUBMIT_BYTES_MAX) + LV_SUBMIT_BYTES_MAX;
    assert_true(lv_ledger_weight(large.len) == LV_SUBMIT_BYTES_MAX);
    /* that much may be sent, but it is no record */
    assert_int_equal(world_submit(s->ledger, "put", &large, NULL, &err), LV_INVALID);
    lv_buffer_free(&large);

    lv_head head = {0};
    world_ok(lv_ledger_head(s->ledger, &head, &err), &err);
    assert_true(head.block == s->start.block);
}

static void test_a_thousand_records(void **state)
{
    enum { BLOCKS = 8, EACH = 125 };
    suite *s = *state;
    lv_error err = {0};
    for (uint64_t i = 0; i < BLOCKS; i++) {
        world_ok(world_submit_grants(s->ledger, s->world->downstreams[0], i * EACH + 1, EACH, NULL,
                                     &err),
                 &err);
    }
    lv_watch *watch = suite_watch(s);
    lv_position before = {.block = s->start.block};
    for (uint64_t i = 0; i < (uint64_t)BLOCKS * EACH; i++) {
        lv_committed committed = suite_next(watch);
        const lv_position at = committed.position;
        assert_true(world_number_of(&committed) == i + 1);
        if (i % EACH == 0) { /* what was submitted at once stands in a block of its own */
            assert_true(at.block > before.block && at.transaction == 0);
        } else {
            assert_true(at.block == before.block && at.transaction == before.transaction + 1);
        }
        before = at;
        lv_committed_free(&committed);
    }
    lv_watch_close(watch);
    suite_audit(s);
}

/* Arguments of every size come back whole: those that travel beside a transaction on Fabric, and
 * those that stand in it. */
static void test_records_of_all_sizes_come_back(void **state)
{
    enum { COUNT = 6 };
    suite *s = *state;
    lv_error err = {0};
    lv_buffer records[COUNT];
    lv_bytes arguments[COUNT];
    lv_position at = {0};
    static const unsigned widths[COUNT] = {1, 4, 5, 6, 12, 20};
    for (size_t i = 0; i < COUNT; i++) {
        records[i] = world_xor_wide(s->world->downstreams[0], i + 1, widths[i]);
        arguments[i] = lv_buffer_view(&records[i]);
    }
    assert_true(records[0].len < 4096 && records[COUNT - 1].len > 8192);
    const lv_call call = {.function = "put", .arguments = arguments, .argument_count = COUNT};
    world_ok(lv_ledger_submit(s->ledger, &call, 1, &at, &err), &err);
    lv_watch *watch = suite_watch(s);
    lv_committed committed = suite_next(watch);
    assert_string_equal(committed.function, "put");
    assert_string_equal(committed.submitter, "D0");
    assert_true(committed.position.block == at.block);
    assert_int_equal(committed.argument_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(lv_bytes_equal(lv_buffer_view(&committed.arguments[i]), arguments[i]));
        lv_buffer_free(&records[i]);
    }
    lv_committed_free(&committed);
    lv_watch_close(watch);
    suite_audit(s);
}

/* What was written before stays what it is, and what comes after bears the other certificate. */
static void test_an_identity_is_replaced(void **state)
{
    suite *s = *state;
    world *w = s->world;
    lv_error err = {0};
    world_ok(world_submit_grants(s->ledger, w->downstreams[0], 1, 1, NULL, &err), &err);
    world_ok(lv_ledger_set_identity(s->ledger, w->renewed, &err), &err);
    world_ok(world_submit_grants(s->ledger, w->renewed, 2, 2, NULL, &err), &err);
    /* A record that was signed before the change may be written after it. */
    world_ok(world_submit_grants(s->ledger, w->downstreams[0], 4, 1, NULL, &err), &err);

    lv_watch *watch = suite_watch(s);
    for (uint64_t number = 1; number <= 4; number++) {
        lv_committed committed = suite_next(watch);
        assert_true(world_number_of(&committed) == number);
        assert_string_equal(committed.submitter, "D0");
        lv_committed_free(&committed);
    }
    lv_watch_close(watch);
    suite_audit(s);
}

static void test_an_identity_is_not_replaced_by_anothers(void **state)
{
    suite *s = *state;
    world *w = s->world;
    const lv_identity *const bad[] = {w->downstreams[1], w->outsider, w->impostor};
    lv_error err = {0};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lv_ledger_set_identity(s->ledger, bad[i], &err), LV_REFUSED);
    }
    world_ok(world_submit_grants(s->ledger, w->downstreams[0], 1, 1, NULL, &err), &err);
    suite_audit(s);
}

int suite_run_order(const lv_suite_backend *backend)
{
    const struct CMUnitTest tests[] = {
        SUITE_TEST(backend, test_a_new_ledger_has_its_head),
        SUITE_TEST(backend, test_positions_follow_each_other),
        SUITE_TEST(backend, test_heads_stay_part_of_the_past),
        SUITE_TEST(backend, test_what_was_submitted_is_read_by_another_member),
        SUITE_TEST(backend, test_a_refusal_names_the_call_and_undoes_the_others),
        SUITE_TEST(backend, test_a_second_grant_of_one_number_is_refused),
        SUITE_TEST(backend, test_a_set_id_stands_once),
        SUITE_TEST(backend, test_nobody_writes_for_another),
        SUITE_TEST(backend, test_only_members_may_open),
        SUITE_TEST(backend, test_functions_are_not_mixed_up),
        SUITE_TEST(backend, test_sizes_have_limits),
        SUITE_TEST(backend, test_a_thousand_records),
        SUITE_TEST(backend, test_records_of_all_sizes_come_back),
        SUITE_TEST(backend, test_an_identity_is_replaced),
        SUITE_TEST(backend, test_an_identity_is_not_replaced_by_anothers),
    };
    return cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
}
