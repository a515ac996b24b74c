#include "ledger/suite.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants those before it */
#include <cmocka.h>

int lv_suite_run(const lv_suite_backend *backend)
{
    return suite_run_order(backend) + suite_run_watch(backend) + suite_run_together(backend);
}

lv_ledger *suite_open(suite *s, const lv_identity *identity)
{
    lv_ledger *ledger = NULL;
    lv_error err = {0};
    world_ok(s->backend->open(s->world, identity, &ledger, &err), &err);
    return ledger;
}

void suite_audit(suite *s)
{
    lv_error err = {0};
    if (s->backend->audit != NULL) {
        world_ok(s->backend->audit(s->world, &err), &err);
    }
}

lv_watch *suite_watch(suite *s)
{
    lv_watch *watch = NULL;
    lv_error err = {0};
    world_ok(lv_watch_open(s->ledger, (lv_position){s->start.block + 1, 0}, &watch, &err), &err);
    return watch;
}

bool suite_is_before(lv_position a, lv_position b)
{
    return a.block < b.block || (a.block == b.block && a.transaction < b.transaction);
}

void suite_expect_together(const lv_position *positions, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        assert_true(positions[i].block == positions[0].block);
        assert_true(positions[i].transaction == positions[0].transaction + i);
    }
}

lv_committed suite_next(lv_watch *watch)
{
    lv_committed committed = {0};
    lv_error err = {0};
    world_ok(lv_watch_next(watch, 10000, &committed, &err), &err);
    return committed;
}

/* cmocka hands over the backend as initial state and takes the suite back in the same place. */
int suite_set_up(void **state)
{
    suite *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return -1;
    }
    s->backend = *state;
    s->world = s->backend->make_world();
    s->backend->create(s->world);
    s->ledger = suite_open(s, s->world->downstreams[0]);
    lv_error err = {0};
    world_ok(lv_ledger_head(s->ledger, &s->start, &err), &err);
    *state = s;
    return 0;
}

int suite_tear_down(void **state)
{
    suite *s = *state;
    lv_ledger_close(s->ledger);
    world_free(s->world);
    free(s);
    return 0;
}
