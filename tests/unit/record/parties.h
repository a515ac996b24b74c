/** Organisations made for a test: an identity each, and a trust that knows their roots. */
#ifndef LV_TESTS_PARTIES_H
#define LV_TESTS_PARTIES_H

#include <lotveil/identity.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

typedef struct {
    lv_organisation organisation;
    lv_identity *identity;
} party;

/** @param days  validity; @param not_before  0: now. `trust` may be NULL. */
static inline void party_make_at(party *p, const char *msp, unsigned days, int64_t not_before,
                                 lv_trust *trust)
{
    static const char *const hosts[] = {"localhost"};
    const lv_organisation_params params = {
        .msp_id = msp, .hosts = hosts, .host_count = 1, .days = days, .not_before = not_before};
    lv_error err = {0};
    assert_int_equal(lv_organisation_create(&params, &p->organisation, &err), LV_OK);
    assert_int_equal(lv_identity_load(msp, lv_buffer_view(&p->organisation.certificate),
                                      lv_buffer_view(&p->organisation.key), &p->identity, &err),
                     LV_OK);
    if (trust != NULL) {
        assert_int_equal(
            lv_trust_add(trust, msp, lv_buffer_view(&p->organisation.ca_certificate), &err), LV_OK);
    }
}

static inline void party_make(party *p, const char *msp, lv_trust *trust)
{
    party_make_at(p, msp, 30, 0, trust);
}

static inline void party_free(party *p)
{
    lv_identity_free(p->identity);
    lv_organisation_wipe(&p->organisation);
    *p = (party){0};
}

#endif
