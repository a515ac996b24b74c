/* Several processes and threads on one ledger. */
#include "base/clock.h"
#include "ledger/suite.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { THREADS = 2, GRANTS = 20 };

typedef struct {
    lv_ledger *ledger;
    const lv_identity *author;
    uint64_t start; /* the newest block when the test began */
    lv_status status;
    unsigned written;
} writer;

/* All threads of an author want the same numbers; who comes second goes on to the next. */
static void *write_grants(void *argument)
{
    writer *self = argument;
    for (uint64_t number = 1; self->status == LV_OK && number <= GRANTS; number++) {
        lv_status status = world_submit_grants(self->ledger, self->author, number, 1, NULL, NULL);
        self->written += status == LV_OK ? 1U : 0U;
        self->status = status == LV_EXISTS ? LV_OK : status;
    }
    return NULL;
}

static unsigned write_from_threads(lv_ledger *ledger, const lv_identity *author, lv_status *status)
{
    pthread_t threads[THREADS];
    writer writers[THREADS];
    unsigned written = 0;
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (writer){.ledger = ledger, .author = author};
        if (pthread_create(&threads[i], NULL, write_grants, &writers[i]) != 0) {
            abort();
        }
    }
    *status = LV_OK;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        written += writers[i].written;
        *status = writers[i].status != LV_OK ? writers[i].status : *status;
    }
    return written;
}

/* Writing goes on while the certificate changes: none of it fails. */
static void test_an_identity_is_replaced_under_way(void **state)
{
    suite *s = *state;
    const lv_identity *const both[] = {s->world->renewed, s->world->downstreams[0]};
    writer self = {.ledger = s->ledger, .author = s->world->downstreams[0]};
    pthread_t thread;
    lv_error err = {0};
    assert_int_equal(pthread_create(&thread, NULL, write_grants, &self), 0);
    lv_head head = {0};
    const double end = lv_clock_seconds() + 60;
    for (size_t i = 0; head.block < GRANTS && lv_clock_seconds() < end; i++) {
        world_ok(lv_ledger_set_identity(s->ledger, both[i % 2], &err), &err);
        world_ok(lv_ledger_head(s->ledger, &head, &err), &err);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(self.status, LV_OK);
    assert_int_equal(self.written, GRANTS);
    suite_audit(s);
}

static void write_as(suite *s, int i)
{
    lv_ledger *ledger = NULL;
    lv_status status = s->backend->open(s->world, s->world->downstreams[i], &ledger, NULL);
    unsigned written = 0;
    if (status == LV_OK) {
        written = write_from_threads(ledger, s->world->downstreams[i], &status);
    }
    lv_ledger_close(ledger);
    _exit(status == LV_OK && written == GRANTS ? 0 : 1);
}

static void test_writers_take_turns(void **state)
{
    suite *s = *state;
    pid_t children[WORLD_DOWNSTREAMS];
    lv_watch *watch = suite_watch(s);
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            write_as(s, i);
        }
    }
    /* every number of every author once and in order */
    uint64_t last[WORLD_DOWNSTREAMS] = {0};
    lv_position before = {.block = s->start.block, .transaction = UINT32_MAX};
    for (int n = 0; n < WORLD_DOWNSTREAMS * GRANTS; n++) {
        lv_committed committed = suite_next(watch);
        assert_true(suite_is_before(before, committed.position));
        before = committed.position;
        int author = committed.submitter[1] - '0';
        assert_true(world_number_of(&committed) == ++last[author]);
        lv_committed_free(&committed);
    }
    for (int i = 0; i < WORLD_DOWNSTREAMS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
        assert_true(last[i] == GRANTS);
    }
    lv_watch_close(watch);
    suite_audit(s);
}

/* One handle: somebody writes, others read and ask for the head meanwhile. */
static void *read_all_the_time(void *argument)
{
    writer *self = argument;
    uint64_t seen = self->start;
    while (self->status == LV_OK && seen < self->start + GRANTS) {
        lv_head head = {0};
        const lv_bytes names[] = {lv_bytes_of_text("D0"), lv_bytes_of_text("A"),
                                  lv_bytes_of_text("moisture")};
        const lv_call call = {.function = "granted", .arguments = names, .argument_count = 3};
        lv_buffer response = {0};
        lv_status status = lv_ledger_head(self->ledger, &head, NULL);
        if (status == LV_OK && head.block < seen) {
            status = LV_E_CORRUPT;
        }
        seen = head.block;
        if (status == LV_OK) {
            status = lv_ledger_read(self->ledger, &call, &response, NULL);
            status = status == LV_NOT_FOUND && seen == self->start ? LV_OK : status;
        }
        lv_buffer_free(&response);
        self->status = status;
    }
    return NULL;
}

static void test_a_handle_serves_several_threads(void **state)
{
    suite *s = *state;
    pthread_t threads[THREADS];
    writer readers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        readers[i] = (writer){.ledger = s->ledger, .start = s->start.block};
        assert_int_equal(pthread_create(&threads[i], NULL, read_all_the_time, &readers[i]), 0);
    }
    lv_status status = LV_OK;
    unsigned written = write_from_threads(s->ledger, s->world->downstreams[0], &status);
    assert_int_equal(status, LV_OK);
    assert_int_equal(written, GRANTS); /* each in a block of its own: one follows another */
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].status, LV_OK);
    }
    suite_audit(s);
}

int suite_run_together(const lv_suite_backend *backend)
{
    const struct CMUnitTest tests[] = {
        SUITE_TEST(backend, test_writers_take_turns),
        SUITE_TEST(backend, test_a_handle_serves_several_threads),
        SUITE_TEST(backend, test_an_identity_is_replaced_under_way),
    };
    return cmocka_run_group_tests_name(backend->name, tests, NULL, NULL);
}
