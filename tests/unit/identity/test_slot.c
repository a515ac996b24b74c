/* An identity that is replaced while others use it. */
#include "identity/slot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <stdatomic.h>

#define GENERATIONS 4
#define READERS 4

static const int64_t NOW = 1767225600; /* 2026-01-01 */
static const char DOMAIN[] = "lotveil/v1/grant";

/* One organisation with several certificates, each with a key of its own. */
typedef struct {
    lv_organisation organisation;
    lv_identity *generations[GENERATIONS];
    lv_trust *trust;
    lv_identity_slot slot;
    atomic_bool end;
    atomic_size_t signatures;
    atomic_size_t faults;
} world;

static lv_organisation_params params_of(int64_t day)
{
    return (lv_organisation_params){
        .msp_id = "BMSP", .days = 30, .not_before = NOW - day * (int64_t)86400};
}

static lv_identity *load(const lv_buffer *certificate, const lv_buffer *key)
{
    lv_identity *identity = NULL;
    assert_int_equal(
        lv_identity_load("BMSP", lv_buffer_view(certificate), lv_buffer_view(key), &identity, NULL),
        LV_OK);
    return identity;
}

static int setup(void **state)
{
    static world w;
    memset(&w, 0, sizeof w);
    lv_organisation_params params = params_of(0);
    assert_int_equal(lv_organisation_create(&params, &w.organisation, NULL), LV_OK);
    for (int i = 0; i < GENERATIONS; i++) {
        lv_buffer certificate = {0};
        lv_buffer key = {0};
        params = params_of(i);
        assert_int_equal(
            lv_organisation_issue(&params, lv_buffer_view(&w.organisation.ca_certificate),
                                  lv_buffer_view(&w.organisation.ca_key), &certificate, &key, NULL),
            LV_OK);
        w.generations[i] = load(&certificate, &key);
        lv_buffer_free(&certificate);
        lv_buffer_wipe(&key);
    }
    assert_int_equal(lv_trust_new(&w.trust), LV_OK);
    assert_int_equal(
        lv_trust_add(w.trust, "BMSP", lv_buffer_view(&w.organisation.ca_certificate), NULL), LV_OK);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    world *w = *state;
    for (int i = 0; i < GENERATIONS; i++) {
        lv_identity_free(w->generations[i]);
    }
    lv_trust_free(w->trust);
    lv_organisation_wipe(&w->organisation);
    return 0;
}

static void test_an_empty_slot_gives_nothing(void **state)
{
    world *w = *state;
    lv_identity_slot_init(&w->slot, NULL);
    assert_null(lv_identity_slot_get(&w->slot));
    lv_identity_slot_set(&w->slot, w->generations[0]);
    lv_identity *got = lv_identity_slot_get(&w->slot);
    assert_ptr_equal(got, w->generations[0]);
    lv_identity_free(got);
    lv_identity_slot_clear(&w->slot);
    assert_null(w->slot.identity);
}

/* The slot's own share is enough to keep one alive, and so is a reader's. */
static void test_the_last_owner_frees(void **state)
{
    world *w = *state;
    lv_identity_slot_init(&w->slot, w->generations[0]);
    lv_identity_free(w->generations[0]);
    w->generations[0] = NULL;
    lv_identity *kept = lv_identity_slot_get(&w->slot);
    lv_identity_slot_set(&w->slot, w->generations[1]);
    lv_buffer signature = {0};
    assert_int_equal(lv_identity_sign(kept, DOMAIN, lv_bytes_of_text("a record"), &signature, NULL),
                     LV_OK);
    lv_buffer_free(&signature);
    lv_identity_free(kept);
    lv_identity_slot_clear(&w->slot);
}

static void test_validity_is_told(void **state)
{
    world *w = *state;
    for (int i = 0; i < GENERATIONS; i++) {
        const int64_t from = NOW - i * (int64_t)86400;
        assert_true(lv_identity_valid_from(w->generations[i]) == from);
        assert_true(lv_identity_valid_until(w->generations[i]) == from + 30 * (int64_t)86400);
    }
}

/* A signature by one key under the certificate of another does not hold. */
static void *sign_all_the_time(void *context)
{
    world *w = context;
    while (!atomic_load(&w->end)) {
        lv_buffer signature = {0};
        const char *msp = NULL;
        lv_identity *own = lv_identity_slot_get(&w->slot);
        bool good = lv_identity_sign(own, DOMAIN, lv_bytes_of_text("a record"), &signature, NULL) ==
                        LV_OK &&
                    lv_trust_check_signature(w->trust, lv_identity_certificate(own), NOW, DOMAIN,
                                             lv_bytes_of_text("a record"),
                                             lv_buffer_view(&signature), &msp, NULL) == LV_OK;
        lv_identity_free(own);
        lv_buffer_free(&signature);
        atomic_fetch_add(good ? &w->signatures : &w->faults, 1);
    }
    return NULL;
}

static void test_certificate_and_key_are_of_one_generation(void **state)
{
    world *w = *state;
    pthread_t readers[READERS];
    lv_identity_slot_init(&w->slot, w->generations[0]);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_create(&readers[i], NULL, sign_all_the_time, w), 0);
    }
    for (size_t i = 0; atomic_load(&w->signatures) < 400 && atomic_load(&w->faults) == 0; i++) {
        lv_identity_slot_set(&w->slot, w->generations[i % GENERATIONS]);
    }
    atomic_store(&w->end, true);
    for (int i = 0; i < READERS; i++) {
        assert_int_equal(pthread_join(readers[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&w->faults), 0);
    lv_identity_slot_clear(&w->slot);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_an_empty_slot_gives_nothing),
        WORLD(test_the_last_owner_frees),
        WORLD(test_validity_is_told),
        WORLD(test_certificate_and_key_are_of_one_generation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
