/* kill -9 at any time leaves a block whole or not at all, and loses nothing that was told. */
#include "ledger/embedded/embedded.h"
#include "ledger/world.h"
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { ROUNDS = 24, EACH = 3 };

static int set_up(void **state)
{
    world *w = world_new();
    lv_error err = {0};
    world_ok(lv_embedded_create(w->folder, &w->channel, w->servicer, &err), &err);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

/* Commits blocks of EACH grants and tells each position once it is acknowledged. */
static void write_until_killed(const world *w, int fd)
{
    lv_ledger *ledger = NULL;
    lv_head head = {0};
    lv_status status = lv_embedded_open(w->folder, WORLD_CHANNEL, w->downstreams[0], &ledger, NULL);
    if (status == LV_OK) {
        status = lv_ledger_head(ledger, &head, NULL);
    }
    uint64_t number = head.block * EACH + 1;
    while (status == LV_OK) {
        lv_position at[EACH];
        status = world_submit_grants(ledger, w->downstreams[0], number, EACH, at, NULL);
        number += EACH;
        if (status == LV_OK && write(fd, at, sizeof at) != (ssize_t)sizeof at) {
            _exit(2);
        }
    }
    _exit(1);
}

/* Kills a writer after some time, counted from its start or from the first block that it told,
 * which a slow machine may take long to come to; the last block that it told, 0 where it told none.
 */
static uint64_t kill_one(const world *w, bool from_first, useconds_t after)
{
    int ends[2];
    uint64_t last = 0;
    lv_position at[EACH];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        write_until_killed(w, ends[1]);
    }
    close(ends[1]);
    if (from_first) {
        struct pollfd told = {.fd = ends[0], .events = POLLIN};
        assert_int_equal(poll(&told, 1, 60000), 1);
    }
    usleep(after);
    kill(child, SIGKILL);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it did not fail by itself */
    while (read(ends[0], at, sizeof at) == (ssize_t)sizeof at) {
        for (uint32_t i = 0; i < EACH; i++) {
            assert_true(at[i].block == at[0].block && at[i].transaction == i);
        }
        assert_true(last == 0 || at[0].block == last + 1);
        last = at[0].block;
    }
    close(ends[0]);
    return last;
}

static void test_kills(void **state)
{
    const world *w = *state;
    uint64_t told = 0;
    uint64_t blocks = 0;
    unsigned productive = 0;
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t last = kill_one(w, round % 3 != 0, 1000 + round * 3917 % 60000);
        lv_embedded_audit audit = {0};
        lv_error err = {0};
        world_ok(lv_embedded_verify(w->folder, WORLD_CHANNEL, NULL, &audit, &err), &err);
        /* all that was told is there, and at most one block that was not told any more */
        assert_true(audit.head.block >= blocks && audit.head.block >= last);
        assert_true(audit.head.block <= (last > 0 ? last : blocks) + 1);
        assert_true(audit.transactions == 1 + audit.head.block * EACH);
        productive += last > told ? 1U : 0U;
        told = last > told ? last : told;
        blocks = audit.head.block;
    }
    assert_true(productive >= ROUNDS / 2);

    lv_ledger *ledger = NULL;
    lv_watch *watch = NULL;
    lv_error err = {0};
    world_ok(lv_embedded_open(w->folder, WORLD_CHANNEL, w->servicer, &ledger, &err), &err);
    world_ok(lv_watch_open(ledger, (lv_position){1, 0}, &watch, &err), &err);
    for (uint64_t number = 1; number <= blocks * EACH; number++) {
        lv_committed committed = {0};
        world_ok(lv_watch_next(watch, 0, &committed, &err), &err);
        assert_true(world_number_of(&committed) == number);
        lv_committed_free(&committed);
    }
    lv_watch_close(watch);
    lv_ledger_close(ledger);
}

/* A watcher that waits while the writer is killed still gets what the writer committed. */
static void test_a_watch_over_kills(void **state)
{
    const world *w = *state;
    lv_ledger *ledger = NULL;
    lv_watch *watch = NULL;
    lv_error err = {0};
    uint64_t seen = 0;
    world_ok(lv_embedded_open(w->folder, WORLD_CHANNEL, w->servicer, &ledger, &err), &err);
    world_ok(lv_watch_open(ledger, (lv_position){1, 0}, &watch, &err), &err);
    for (unsigned round = 0; round < 5; round++) {
        uint64_t last = kill_one(w, true, 1000 + round * 7001);
        while (seen < last * EACH) {
            lv_committed committed = {0};
            world_ok(lv_watch_next(watch, 10000, &committed, &err), &err);
            assert_true(world_number_of(&committed) == ++seen);
            lv_committed_free(&committed);
        }
    }
    assert_true(seen > 0);
    lv_watch_close(watch);
    lv_ledger_close(ledger);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kills, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_watch_over_kills, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
