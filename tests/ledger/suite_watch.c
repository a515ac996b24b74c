/* Following a ledger as it grows. */
#include "base/clock.h"
#include "ledger/suite.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static lv_watch *watch_from(lv_ledger *ledger, uint64_t block, uint32_t transaction)
{
    lv_watch *watch = NULL;
    lv_error err = {0};
    world_ok(lv_watch_open(ledger, (lv_position){block, transaction}, &watch, &err), &err);
    return watch;
}

static void expect_number(lv_watch *watch, uint64_t number)
{
    lv_committed committed = suite_next(watch);
    assert_true(world_number_of(&committed) == number);
    lv_committed_free(&committed);
}

static void expect_nothing(lv_watch *watch, int timeout_ms)
{
    lv_committed committed = {.argument_count = 1};
    lv_error err = {0};
    assert_int_equal(lv_watch_next(watch, timeout_ms, &committed, &err), LV_TIMEOUT);
    assert_int_equal(committed.argument_count, 0);
}

/* @return where the first of them stands. */
static lv_position submit(suite *s, uint64_t first, size_t count)
{
    lv_position at[4] = {{0}};
    lv_error err = {0};
    assert_true(count <= 4);
    world_ok(world_submit_grants(s->ledger, s->world->downstreams[0], first, count, at, &err),
             &err);
    suite_expect_together(at, count);
    return at[0];
}

static void test_a_watch_sees_what_was_and_what_comes(void **state)
{
    suite *s = *state;
    submit(s, 1, 2);
    lv_watch *watch = watch_from(s->ledger, 0, 0); /* the genesis is not handed out */
    expect_number(watch, 1);
    submit(s, 3, 1);
    expect_number(watch, 2);
    expect_number(watch, 3);
    expect_nothing(watch, 0);
    expect_nothing(watch, 30);
    submit(s, 4, 1);
    expect_number(watch, 4);
    lv_watch_close(watch);
}

static void test_a_watch_resumes_anywhere(void **state)
{
    suite *s = *state;
    lv_error err = {0};
    const lv_position a = submit(s, 1, 3);
    const lv_position b = submit(s, 4, 1);
    const lv_position c = submit(s, 5, 2);
    assert_true(suite_is_before(a, b) && suite_is_before(b, c));
    const struct {
        lv_position from;
        uint64_t number;
    } cases[] = {{a, 1},
                 {{a.block, a.transaction + 1}, 2},
                 {{a.block, a.transaction + 2}, 3},
                 {{a.block, a.transaction + 3}, 4},
                 {b, 4},
                 {{b.block, b.transaction + 1}, 5},
                 {c, 5},
                 {{c.block, c.transaction + 1}, 6},
                 {{a.block, 99}, 4},
                 {{s->start.block, 5}, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        lv_watch *watch = watch_from(s->ledger, cases[i].from.block, cases[i].from.transaction);
        for (uint64_t number = cases[i].number; number <= 6; number++) {
            expect_number(watch, number);
        }
        expect_nothing(watch, 0);
        lv_watch_close(watch);
    }
    lv_watch *after = watch_from(s->ledger, c.block + 1, 0);
    expect_nothing(after, 0);
    submit(s, 7, 1);
    expect_number(after, 7);
    lv_watch_close(after);

    /* whoever has seen more than there is looks at a ledger that was shortened */
    lv_watch *none = NULL;
    assert_int_equal(lv_watch_open(s->ledger, (lv_position){c.block + 6, 0}, &none, &err),
                     LV_E_CORRUPT);
    assert_null(none);
}

typedef struct {
    lv_watch *watch;
    double seconds; /* how long the wait took */
    double processor;
    lv_status status;
} waiter;

static double thread_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void *wait_long(void *argument)
{
    waiter *self = argument;
    lv_committed committed = {0};
    double start = lv_clock_seconds();
    double used = thread_seconds();
    self->status = lv_watch_next(self->watch, -1, &committed, NULL);
    self->seconds = lv_clock_seconds() - start;
    self->processor = thread_seconds() - used;
    lv_committed_free(&committed);
    return NULL;
}

static void test_a_wait_is_woken_and_costs_nothing(void **state)
{
    suite *s = *state;
    waiter waiting = {.watch = suite_watch(s)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_long, &waiting), 0);
    usleep(300000);
    lv_watch_wake(waiting.watch);
    pthread_join(thread, NULL);
    assert_int_equal(waiting.status, LV_TIMEOUT);
    assert_true(waiting.seconds > 0.25 && waiting.seconds < 5);
    assert_true(waiting.processor < 0.1);

    lv_watch_wake(waiting.watch); /* before the wait: it must not be lost */
    expect_nothing(waiting.watch, -1);
    lv_watch_close(waiting.watch);
}

static void test_a_wait_ends_with_a_commit_at_once(void **state)
{
    suite *s = *state;
    waiter waiting = {.watch = suite_watch(s)};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wait_long, &waiting), 0);
    usleep(100000);
    submit(s, 1, 1);
    double start = lv_clock_seconds();
    pthread_join(thread, NULL);
    assert_int_equal(waiting.status, LV_OK);
    assert_true(lv_clock_seconds() - start < 2);
    lv_watch_close(waiting.watch);
}

static void test_a_watch_follows_another_process(void **state)
{
    enum { WRITES = 40 };
    suite *s = *state;
    lv_watch *watch = suite_watch(s);
    pid_t child = fork();
    if (child == 0) {
        lv_ledger *ledger = NULL;
        lv_error err = {0};
        lv_status status = s->backend->open(s->world, s->world->downstreams[1], &ledger, &err);
        for (uint64_t i = 1; status == LV_OK && i <= WRITES; i++) {
            status = world_submit_grants(ledger, s->world->downstreams[1], i, 1, NULL, &err);
            usleep((useconds_t)(i % 5 * 1000));
        }
        _exit(status == LV_OK ? 0 : 1);
    }
    double start = lv_clock_seconds();
    for (uint64_t i = 1; i <= WRITES; i++) {
        lv_committed committed = {0};
        assert_int_equal(lv_watch_next(watch, -1, &committed, NULL), LV_OK);
        assert_string_equal(committed.submitter, "D1");
        assert_true(world_number_of(&committed) == i);
        lv_committed_free(&committed);
    }
    assert_true(lv_clock_seconds() - start < 60);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    lv_watch_close(watch);
}

int suite_run_watch(const lv_suite_backend *backend)
{
    const struct CMUnitTest tests[] = {
        SUITE_TEST(backend, test_a_watch_sees_what_was_and_what_comes),
        SUITE_TEST(backend, test_a_watch_resumes_anywhere),
        SUITE_TEST(backend, test_a_wait_is_woken_and_costs_nothing),
        SUITE_TEST(backend, test_a_wait_ends_with_a_commit_at_once),
        SUITE_TEST(backend, test_a_watch_follows_another_process),
    };
    return cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
}
