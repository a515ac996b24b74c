/* A ledger that answers at once, late, never, or with a fault, and who asks for a node's health. */
#include "base/clock.h"
#include "node/probe.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>

/* Whoever asks for its head waits until it is let go. */
typedef struct {
    lv_ledger ledger;
    lv_channel described;
    lv_probe *probe;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool holds;
    unsigned asked;
    uint64_t block;
    lv_status status;
} world;

static lv_status head(lv_ledger *ledger, lv_head *out, lv_error *err)
{
    world *w = (world *)ledger;
    pthread_mutex_lock(&w->lock);
    w->asked++;
    while (w->holds) {
        pthread_cond_wait(&w->changed, &w->lock);
    }
    lv_status status = w->status;
    *out = (lv_head){.block = status == LV_OK ? w->block : 0};
    if (status != LV_OK) {
        (void)lv_fail(err, status, "gateway 127.0.0.1:1: refused");
    }
    pthread_mutex_unlock(&w->lock);
    return status;
}

static const lv_channel *channel(const lv_ledger *ledger)
{
    return &((const world *)ledger)->described;
}

static const lv_ledger_backend BACKEND = {.head = head, .channel = channel};

static int setup(void **state)
{
    static world w;
    memset(&w, 0, sizeof w);
    w.ledger.backend = &BACKEND;
    w.block = 7;
    snprintf(w.described.channel, sizeof w.described.channel, "quality");
    pthread_mutex_init(&w.lock, NULL);
    pthread_cond_init(&w.changed, NULL);
    assert_int_equal(lv_probe_new(&w.ledger, &w.probe), LV_OK);
    *state = &w;
    return 0;
}

static void hold(world *w, bool holds)
{
    pthread_mutex_lock(&w->lock);
    w->holds = holds;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->lock);
}

static unsigned asked(world *w)
{
    pthread_mutex_lock(&w->lock);
    unsigned count = w->asked;
    pthread_mutex_unlock(&w->lock);
    return count;
}

static int teardown(void **state)
{
    world *w = *state;
    hold(w, false);
    lv_probe_free(w->probe);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    return 0;
}

/* @return how long it took. */
static double ask(world *w, lv_probe_result *out)
{
    double begin = lv_clock_seconds();
    lv_probe_ask(w->probe);
    lv_probe_take(w->probe, out);
    return lv_clock_seconds() - begin;
}

static void expect_words(const lv_probe_result *result, const char *words)
{
    if (strstr(result->words.text, words) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", result->words.text, words);
    }
}

static void test_an_answer_is_passed_on(void **state)
{
    world *w = *state;
    lv_probe_result result;
    for (unsigned i = 1; i <= 5; i++) {
        w->block = i;
        (void)ask(w, &result);
        assert_int_equal(result.status, LV_OK);
        assert_int_equal(result.head.block, i);
        assert_int_equal(asked(w), i);
        assert_true(result.since >= 0 && result.since < 5);
    }
}

static void test_a_fault_is_told_in_its_words(void **state)
{
    world *w = *state;
    static const lv_status faults[] = {LV_UNAVAILABLE, LV_E_CORRUPT};
    lv_probe_result result;
    for (size_t i = 0; i < 2; i++) {
        w->status = faults[i];
        (void)ask(w, &result);
        assert_int_equal(result.status, faults[i]);
        assert_int_equal(result.head.block, 0);
        assert_true(result.since < 0);
        expect_words(&result, "gateway 127.0.0.1:1: refused");
    }
    w->status = LV_OK;
    (void)ask(w, &result);
    assert_int_equal(result.status, LV_OK);
    assert_string_equal(result.words.text, "");
}

/* Its question is out all the while: nobody waits for it longer than for the first, and it is not
 * asked anything else. */
static void test_a_silent_ledger_is_not_waited_for(void **state)
{
    world *w = *state;
    lv_probe_result result;
    (void)ask(w, &result);
    hold(w, true);
    double took = ask(w, &result);
    assert_true(took >= LV_PROBE_PATIENCE * 0.9 && took < LV_PROBE_PATIENCE + 0.8);
    assert_int_equal(result.status, LV_TIMEOUT);
    expect_words(&result, "channel quality: asked ");
    assert_null(strstr(result.words.text, "before that"));
    assert_true(result.since >= LV_PROBE_PATIENCE * 0.9);
    took = ask(w, &result);
    assert_true(took < 0.8);
    assert_int_equal(result.status, LV_TIMEOUT);
    assert_int_equal(asked(w), 2);

    w->block = 8;
    hold(w, false);
    for (int i = 0; i < 1000 && result.status != LV_OK; i++) {
        (void)ask(w, &result);
    }
    assert_int_equal(result.status, LV_OK);
    (void)ask(w, &result); /* a question of its own */
    assert_int_equal(result.head.block, 8);
    assert_true(result.since < LV_PROBE_PATIENCE);
}

static void test_what_others_heard_is_told(void **state)
{
    world *w = *state;
    const lv_error trouble = {.text = "channel quality: nobody is there"};
    lv_probe_result result;
    lv_probe_note(w->probe, &trouble);
    hold(w, true);
    (void)ask(w, &result);
    assert_int_equal(result.status, LV_TIMEOUT);
    expect_words(&result, "; before that: channel quality: nobody is there");
    assert_true(result.since < 0);
    lv_probe_note(w->probe, NULL);
    (void)ask(w, &result);
    assert_int_equal(result.status, LV_TIMEOUT);
    assert_null(strstr(result.words.text, "before that"));
    assert_true(result.since >= 0 && result.since < 1);
}

/* ---- several who ask at once ---- */

typedef struct {
    world *world;
    unsigned faults;
} task;

static void *ask_often(void *context)
{
    task *t = context;
    for (int i = 0; i < 200; i++) {
        lv_probe_result result;
        (void)ask(t->world, &result);
        t->faults += result.status == LV_OK && result.head.block == 7 ? 0 : 1;
    }
    return NULL;
}

static void test_several_ask_at_once(void **state)
{
    pthread_t threads[4];
    task tasks[4];
    for (size_t i = 0; i < 4; i++) {
        tasks[i] = (task){.world = *state};
        assert_int_equal(pthread_create(&threads[i], NULL, ask_often, &tasks[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(tasks[i].faults, 0);
    }
    assert_in_range(asked(*state), 1, 800);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_an_answer_is_passed_on),
        WORLD(test_a_fault_is_told_in_its_words),
        WORLD(test_a_silent_ledger_is_not_waited_for),
        WORLD(test_what_others_heard_is_told),
        WORLD(test_several_ask_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
