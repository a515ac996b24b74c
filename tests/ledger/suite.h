/** The suite that every ledger has to pass. It knows the interface of ledger/ledger.h only: a
 *  backend lends itself to it by a table. */
#ifndef LV_TESTS_LEDGER_SUITE_H
#define LV_TESTS_LEDGER_SUITE_H

#include "ledger/world.h"

typedef struct {
    const char *name;
    /** The organisations: each time new ones, or those that a network was made for. */
    world *(*make_world)(void);
    /** Makes the ledger of the world's channel, with nothing on it that any contract has put. */
    void (*create)(world *w);
    /** Opens it as `identity`; may be called in several processes. */
    lv_status (*open)(world *w, const lv_identity *identity, lv_ledger **out, lv_error *err);
    /** Recomputes the whole ledger; NULL where that is not ours to do. */
    lv_status (*audit)(world *w, lv_error *err);
} lv_suite_backend;

/** Runs all tests; the number that failed. */
int lv_suite_run(const lv_suite_backend *backend);

/* What the files of the suite share. */

typedef struct {
    const lv_suite_backend *backend;
    world *world;
    lv_ledger *ledger; /* as the world's first downstream */
    lv_head start;     /* when the test began: no write of it stands at or before this block */
} suite;

/** Opens another handle as this identity; fails the test otherwise. */
lv_ledger *suite_open(suite *s, const lv_identity *identity);

/** Audits the ledger, where the backend can. */
void suite_audit(suite *s);

/** Watches from the first block that a write of this test can stand in. */
lv_watch *suite_watch(suite *s);

/** Is `a` before `b`? */
bool suite_is_before(lv_position a, lv_position b);

/** Asserts that these follow each other in one block, as what was submitted at once does. */
void suite_expect_together(const lv_position *positions, size_t count);

/** Takes the next write of a watch; fails the test where there is none within ten seconds. */
lv_committed suite_next(lv_watch *watch);

/** cmocka's fixtures: a ledger of its own for each test. */
int suite_set_up(void **state);
int suite_tear_down(void **state);

int suite_run_order(const lv_suite_backend *backend);
int suite_run_watch(const lv_suite_backend *backend);
int suite_run_together(const lv_suite_backend *backend);

#define SUITE_TEST(backend, function)                                                              \
    {#function, function, suite_set_up, suite_tear_down, (void *)(uintptr_t)(backend)}

#endif
