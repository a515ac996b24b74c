/* Certificates that are remembered as good: whatever was asked before, a trust answers as one that
 * was asked nothing. */
#include "identity/checked.h"
#include "identity/trust.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <openssl/ec.h>
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#define MORE (LV_CHECKED_MAX + 8) /* than are remembered */

static const int64_t NOW = 1767225600; /* 2026-01-01 */
static const int64_t DAY = 86400;
static const char DOMAIN[] = "lotveil/v1/grant";
static const char MESSAGE[] = "a record";

/* An organisation whose root ends after 10 days, and one of the same name. */
typedef struct {
    lv_organisation b;
    lv_organisation twin;
    lv_organisation a;
    lv_trust *warm; /* knows b and a; asked again and again */
} world;

static void create(const char *msp, lv_organisation *out)
{
    const lv_organisation_params params = {.msp_id = msp, .days = 1, .not_before = NOW};
    lv_error err = {0};
    assert_int_equal(lv_organisation_create(&params, out, &err), LV_OK);
}

static lv_trust *trust_of(const lv_organisation *b, const lv_organisation *a)
{
    lv_trust *trust = NULL;
    lv_error err = {0};
    assert_int_equal(lv_trust_new(&trust), LV_OK);
    if (b != NULL) {
        assert_int_equal(lv_trust_add(trust, "BMSP", lv_buffer_view(&b->ca_certificate), &err),
                         LV_OK);
    }
    if (a != NULL) {
        assert_int_equal(lv_trust_add(trust, "AMSP", lv_buffer_view(&a->ca_certificate), &err),
                         LV_OK);
    }
    return trust;
}

static int setup(void **state)
{
    static world w;
    w = (world){0};
    create("BMSP", &w.b);
    create("BMSP", &w.twin);
    create("AMSP", &w.a);
    w.warm = trust_of(&w.b, &w.a);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    lv_trust_free(w->warm);
    lv_organisation_wipe(&w->b);
    lv_organisation_wipe(&w->twin);
    lv_organisation_wipe(&w->a);
    return 0;
}

static lv_identity *issue(const lv_organisation *by, unsigned days, int64_t from, const char *unit)
{
    const lv_organisation_params params = {
        .msp_id = "BMSP", .days = days, .not_before = from, .unit = unit};
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    lv_identity *identity = NULL;
    lv_error err = {0};
    assert_int_equal(lv_organisation_issue(&params, lv_buffer_view(&by->ca_certificate),
                                           lv_buffer_view(&by->ca_key), &certificate, &key, &err),
                     LV_OK);
    assert_int_equal(lv_identity_load("BMSP", lv_buffer_view(&certificate), lv_buffer_view(&key),
                                      &identity, &err),
                     LV_OK);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return identity;
}

/* Asks the warm trust and one that was asked nothing yet, in both forms. */
static lv_status ask_both(const world *w, lv_bytes der, lv_bytes pem, int64_t time,
                          const char *unit)
{
    lv_status first = LV_OK;
    for (int i = 0; i < 2; i++) {
        lv_trust *cold = trust_of(&w->b, &w->a);
        const char *msp[2] = {"stale", "stale"};
        lv_error err[2] = {{.text = ""}, {.text = ""}};
        lv_status said[2];
        const lv_trust *asked[] = {cold, w->warm};
        for (int j = 0; j < 2; j++) {
            said[j] = i == 0 ? lv_trust_check_unit(asked[j], der, time, unit, &msp[j], &err[j])
                             : lv_trust_check_unit_pem(asked[j], pem, time, unit, &msp[j], &err[j]);
        }
        assert_int_equal(said[0], said[1]);
        assert_string_equal(err[0].text, err[1].text);
        if (said[0] == LV_OK) {
            assert_string_equal(msp[0], msp[1]);
        } else {
            assert_null(msp[0]);
            assert_null(msp[1]);
        }
        lv_trust_free(cold);
        first = i == 0 ? said[0] : first;
        assert_int_equal(first, said[0]);
    }
    return first;
}

static lv_status ask(const world *w, const lv_identity *identity, int64_t time, const char *unit)
{
    return ask_both(w, lv_identity_certificate(identity), lv_identity_certificate_pem(identity),
                    time, unit);
}

static void test_time_is_checked_at_every_use(void **state)
{
    const world *w = *state;
    lv_identity *own = issue(&w->b, 5, NOW + DAY, NULL);
    const int64_t times[] = {NOW,           NOW + DAY - 1,     NOW + DAY,     NOW + DAY + 1,
                             NOW + 3 * DAY, NOW + 6 * DAY - 1, NOW + 6 * DAY, NOW + 6 * DAY + 1,
                             NOW + 9 * DAY, NOW - DAY,         NOW + 99 * DAY};
    const lv_status expected[] = {LV_INVALID, LV_INVALID, LV_OK,      LV_OK,      LV_OK,     LV_OK,
                                  LV_INVALID, LV_INVALID, LV_INVALID, LV_INVALID, LV_INVALID};
    for (size_t round = 0; round < 3; round++) {
        for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
            assert_int_equal(ask(w, own, times[i], "client"), expected[i]);
        }
        assert_int_equal(ask(w, own, LV_TIME_ANY, "client"), LV_OK); /* remembered from here */
    }
    lv_identity_free(own);
}

/* A leaf that outlives its root is no longer good when that ends. */
static void test_the_roots_time_counts(void **state)
{
    const world *w = *state;
    lv_identity *own = issue(&w->b, 30, NOW - 30 * DAY / 2, NULL);
    assert_int_equal(ask(w, own, NOW + DAY, "client"), LV_OK);
    for (int64_t at = -2; at <= 2; at++) {
        (void)ask(w, own, NOW + at, "client");
        (void)ask(w, own, NOW + 10 * DAY + at, "client");
    }
    assert_int_equal(ask(w, own, NOW - DAY, "client"), LV_INVALID);
    assert_int_equal(ask(w, own, NOW + 11 * DAY, "client"), LV_INVALID);
    assert_int_equal(ask(w, own, LV_TIME_ANY, "client"), LV_OK);
    lv_identity_free(own);
}

static void test_it_acts_for_its_own_unit_alone(void **state)
{
    const world *w = *state;
    static const char *const units[] = {"client", "admin", "peer", "orderer"};
    for (size_t i = 0; i < 4; i++) {
        lv_identity *own = issue(&w->b, 5, NOW, units[i]);
        for (size_t round = 0; round < 2; round++) {
            for (size_t j = 0; j < 4; j++) {
                bool good = i == j || (i == 1 && j == 0);
                assert_int_equal(ask(w, own, NOW, units[j]), good ? LV_OK : LV_INVALID);
            }
        }
        lv_identity_free(own);
    }
}

static void test_another_of_the_same_subject_is_another(void **state)
{
    const world *w = *state;
    lv_identity *own = issue(&w->b, 5, NOW, NULL);
    lv_identity *next = issue(&w->b, 5, NOW, NULL);
    lv_identity *forged = issue(&w->twin, 5, NOW, NULL); /* of a root of the same name */
    assert_int_equal(ask(w, own, NOW, "client"), LV_OK);
    assert_int_equal(ask(w, forged, NOW, "client"), LV_INVALID);
    assert_int_equal(ask(w, next, NOW, "client"), LV_OK);
    assert_int_equal(ask(w, forged, NOW, "client"), LV_INVALID);

    const lv_identity *who[] = {own, next};
    for (size_t signer = 0; signer < 2; signer++) {
        lv_buffer signature = {0};
        lv_error err = {0};
        assert_int_equal(
            lv_identity_sign(who[signer], DOMAIN, lv_bytes_of_text(MESSAGE), &signature, &err),
            LV_OK);
        for (size_t i = 0; i < 2; i++) {
            const char *msp = "stale";
            lv_status status = lv_trust_check_signature(w->warm, lv_identity_certificate(who[i]),
                                                        NOW, DOMAIN, lv_bytes_of_text(MESSAGE),
                                                        lv_buffer_view(&signature), &msp, &err);
            assert_int_equal(status, i == signer ? LV_OK : LV_INVALID);
            assert_int_equal(msp == NULL, i != signer);
        }
        lv_buffer_free(&signature);
    }
    lv_identity_free(own);
    lv_identity_free(next);
    lv_identity_free(forged);
}

static void test_every_tampered_one_is_refused(void **state)
{
    const world *w = *state;
    lv_identity *own = issue(&w->b, 5, NOW, NULL);
    lv_bytes good = lv_identity_certificate(own);
    lv_buffer changed = {0};
    const char *msp = NULL;
    assert_int_equal(ask(w, own, NOW, "client"), LV_OK);
    assert_int_equal(lv_buffer_append(&changed, good.data, good.len), LV_OK);
    for (size_t i = 0; i < good.len; i++) {
        changed.data[i] ^= 1;
        assert_int_equal(
            lv_trust_check_certificate(w->warm, lv_buffer_view(&changed), NOW, &msp, NULL),
            LV_INVALID);
        changed.data[i] ^= 1;
        assert_int_equal(
            lv_trust_check_certificate(w->warm, (lv_bytes){good.data, i}, NOW, &msp, NULL),
            LV_INVALID);
    }
    assert_int_equal(lv_buffer_append(&changed, "", 1), LV_OK);
    assert_int_equal(lv_trust_check_certificate(w->warm, lv_buffer_view(&changed), NOW, &msp, NULL),
                     LV_INVALID);
    lv_buffer_free(&changed);

    lv_bytes pem = lv_identity_certificate_pem(own);
    assert_int_equal(lv_buffer_append(&changed, pem.data, pem.len), LV_OK);
    assert_int_equal(lv_buffer_append(&changed, pem.data, pem.len), LV_OK);
    assert_int_equal(ask_both(w, good, pem, NOW, "client"), LV_OK);
    assert_int_equal(
        lv_trust_check_unit_pem(w->warm, lv_buffer_view(&changed), NOW, "client", &msp, NULL),
        LV_INVALID);
    /* one form is not taken for the other */
    assert_int_equal(lv_trust_check_unit_pem(w->warm, good, NOW, "client", &msp, NULL), LV_INVALID);
    assert_int_equal(lv_trust_check_unit(w->warm, pem, NOW, "client", &msp, NULL), LV_INVALID);
    lv_buffer_free(&changed);
    lv_identity_free(own);
}

/* Each trust remembers for itself: the next may know other roots. */
static void test_a_root_that_is_gone_vouches_for_nobody(void **state)
{
    const world *w = *state;
    lv_identity *own = issue(&w->b, 5, NOW, NULL);
    for (size_t i = 0; i < 8; i++) {
        const bool knows = i % 2 == 0;
        lv_trust *trust = trust_of(knows ? &w->b : NULL, &w->a); /* often where the last one was */
        for (size_t round = 0; round < 2; round++) {
            const char *msp = "stale";
            assert_int_equal(lv_trust_check_unit_pem(trust, lv_identity_certificate_pem(own), NOW,
                                                     "client", &msp, NULL),
                             knows ? LV_OK : LV_INVALID);
            assert_int_equal(
                lv_trust_check_certificate(trust, lv_identity_certificate(own), NOW, &msp, NULL),
                knows ? LV_OK : LV_INVALID);
        }
        lv_trust_free(trust);
    }
    lv_identity_free(own);
}

static double seconds(void)
{
    struct timespec at;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
    return (double)at.tv_sec + (double)at.tv_nsec * 1e-9;
}

/* Or nothing is remembered at all. It is hundreds of times less. */
static void test_the_second_look_costs_less(void **state)
{
    const world *w = *state;
    enum { LOOKS = 50 };
    lv_identity *own = issue(&w->b, 5, NOW, NULL);
    lv_trust *cold[LOOKS];
    const char *msp = NULL;
    for (size_t i = 0; i < LOOKS; i++) {
        cold[i] = trust_of(&w->b, &w->a);
    }
    double begin = seconds();
    for (size_t i = 0; i < LOOKS; i++) {
        assert_int_equal(lv_trust_check_unit_pem(cold[i], lv_identity_certificate_pem(own), NOW,
                                                 "client", &msp, NULL),
                         LV_OK);
    }
    double first = seconds() - begin;
    begin = seconds();
    for (size_t i = 0; i < LOOKS; i++) {
        assert_int_equal(lv_trust_check_unit_pem(cold[i], lv_identity_certificate_pem(own), NOW,
                                                 "client", &msp, NULL),
                         LV_OK);
    }
    assert_true((seconds() - begin) * 5 < first);
    for (size_t i = 0; i < LOOKS; i++) {
        lv_trust_free(cold[i]);
    }
    lv_identity_free(own);
}

/* ---- what is remembered ---- */

static lv_checked_name name_of(size_t n)
{
    char text[32];
    lv_checked_name name;
    int len = snprintf(text, sizeof text, "%zu", n);
    assert_true(
        lv_checked_name_of("der", "client", (lv_bytes){(const uint8_t *)text, (size_t)len}, &name));
    return name;
}

static bool knows(lv_checked *checked, size_t n, int64_t time)
{
    lv_checked_leaf leaf;
    const lv_checked_name name = name_of(n);
    bool found = lv_checked_find(checked, &name, time, &leaf);
    assert_int_equal(found, leaf.key != NULL);
    assert_int_equal(found, leaf.msp != NULL);
    lv_checked_leaf_free(&leaf);
    return found;
}

static void test_of_too_many_the_one_not_asked_for_goes(void **state)
{
    (void)state;
    lv_checked *checked = NULL;
    lv_checked_leaf leaf = {
        .msp = "BMSP", .key = EVP_EC_gen("P-256"), .from = NOW, .until = NOW + DAY};
    assert_non_null(leaf.key);
    assert_int_equal(lv_checked_new(&checked), LV_OK);
    for (size_t i = 0; i < LV_CHECKED_MAX; i++) {
        const lv_checked_name name = name_of(i);
        assert_false(knows(checked, i, NOW));
        lv_checked_keep(checked, &name, &leaf);
        assert_true(knows(checked, i, NOW));
        lv_checked_keep(checked, &name, &leaf); /* twice is once */
    }
    for (size_t i = 0; i < LV_CHECKED_MAX; i++) {
        assert_true(knows(checked, i, NOW));
    }
    assert_true(knows(checked, 0, NOW)); /* now 1 is the oldest */
    for (size_t i = 1; i <= 8; i++) {
        const lv_checked_name name = name_of(1000 + i);
        lv_checked_keep(checked, &name, &leaf);
        assert_false(knows(checked, i, NOW));
        assert_true(knows(checked, 1000 + i, NOW));
        assert_true(knows(checked, 0, NOW));
    }
    for (size_t i = 9; i < LV_CHECKED_MAX; i++) {
        assert_true(knows(checked, i, NOW));
    }
    lv_checked_clear(checked);
    assert_false(knows(checked, 0, NOW));
    lv_checked_leaf_free(&leaf);
    lv_checked_free(checked);
}

static void test_what_is_remembered_holds_for_its_time(void **state)
{
    (void)state;
    lv_checked *checked = NULL;
    const lv_checked_name name = name_of(7);
    lv_checked_leaf leaf = {
        .msp = "BMSP", .key = EVP_EC_gen("P-256"), .from = NOW, .until = NOW + DAY};
    assert_int_equal(lv_checked_new(&checked), LV_OK);
    lv_checked_keep(checked, &name, &leaf);
    assert_false(knows(checked, 7, NOW - 1));
    assert_true(knows(checked, 7, NOW));
    assert_true(knows(checked, 7, NOW + DAY - 1));
    assert_false(knows(checked, 7, NOW + DAY));
    assert_true(knows(checked, 7, LV_TIME_ANY));
    lv_checked_leaf_free(&leaf);
    lv_checked_free(checked);
}

static void test_a_name_is_of_form_unit_and_bytes(void **state)
{
    (void)state;
    static const char *const parts[][3] = {{"der", "client", "x"}, {"pem", "client", "x"},
                                           {"der", "peer", "x"},   {"der", "client", "y"},
                                           {"der", "clientx", ""}, {"derc", "lient", "x"}};
    lv_checked_name names[6];
    for (size_t i = 0; i < 6; i++) {
        assert_true(
            lv_checked_name_of(parts[i][0], parts[i][1], lv_bytes_of_text(parts[i][2]), &names[i]));
        for (size_t j = 0; j < i; j++) {
            assert_memory_not_equal(names[i].bytes, names[j].bytes, sizeof names[i].bytes);
        }
    }
}

/* ---- threads ---- */

typedef struct {
    const lv_trust *trust;
    lv_identity *const *identities;
    size_t offset;
    size_t faults;
} task;

static void *check_many(void *context)
{
    task *t = context;
    for (size_t i = 0; i < 4 * (size_t)MORE; i++) {
        const lv_identity *one = t->identities[(i * 7 + t->offset) % MORE];
        const char *msp = NULL;
        bool late = i % 5 == 0;
        lv_status status =
            i % 2 == 0 ? lv_trust_check_certificate(t->trust, lv_identity_certificate(one),
                                                    late ? NOW + 9 * DAY : NOW, &msp, NULL)
                       : lv_trust_check_unit_pem(t->trust, lv_identity_certificate_pem(one),
                                                 late ? NOW + 9 * DAY : NOW, "client", &msp, NULL);
        t->faults += status == (late ? LV_INVALID : LV_OK) && (msp == NULL) == late ? 0 : 1;
    }
    return NULL;
}

static void test_several_threads_with_more_than_are_remembered(void **state)
{
    const world *w = *state;
    lv_identity *identities[MORE];
    pthread_t threads[4];
    task tasks[4];
    for (size_t i = 0; i < MORE; i++) {
        identities[i] = issue(&w->b, 5, NOW, NULL);
    }
    for (size_t i = 0; i < 4; i++) {
        tasks[i] = (task){.trust = w->warm, .identities = identities, .offset = i * 3};
        assert_int_equal(pthread_create(&threads[i], NULL, check_many, &tasks[i]), 0);
    }
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(tasks[i].faults, 0);
    }
    for (size_t i = 0; i < MORE; i++) {
        lv_identity_free(identities[i]);
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_time_is_checked_at_every_use),
        WORLD(test_the_roots_time_counts),
        WORLD(test_it_acts_for_its_own_unit_alone),
        WORLD(test_another_of_the_same_subject_is_another),
        WORLD(test_every_tampered_one_is_refused),
        WORLD(test_a_root_that_is_gone_vouches_for_nobody),
        WORLD(test_the_second_look_costs_less),
        cmocka_unit_test(test_of_too_many_the_one_not_asked_for_goes),
        cmocka_unit_test(test_what_is_remembered_holds_for_its_time),
        cmocka_unit_test(test_a_name_is_of_form_unit_and_bytes),
        WORLD(test_several_threads_with_more_than_are_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
