/** Two organisations on a channel, each with a client and a peer, for the tests of src/fabric. */
#ifndef LV_TESTS_FABRIC_WORLD_H
#define LV_TESTS_FABRIC_WORLD_H

#include "contract/contract.h"
#include "unit/record/parties.h"
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    party a;
    party b;
    party stranger; /* of no member */
    lv_identity *peer_a;
    lv_identity *peer_b;
    lv_channel channel; /* "quality": AMSP upstream, BMSP downstream */
    lv_error err;
} fabric_world;

static inline lv_bytes text_bytes(const char *text) { return lv_bytes_of_text(text); }

/* A further certificate under the organisation's root. */
static inline lv_identity *issue(const party *by, const char *msp, const char *unit)
{
    const lv_organisation_params params = {.msp_id = msp, .days = 30, .unit = unit};
    lv_buffer certificate = {0};
    lv_buffer key = {0};
    lv_identity *identity = NULL;
    lv_error err = {0};
    assert_int_equal(
        lv_organisation_issue(&params, lv_buffer_view(&by->organisation.ca_certificate),
                              lv_buffer_view(&by->organisation.ca_key), &certificate, &key, &err),
        LV_OK);
    assert_int_equal(
        lv_identity_load(msp, lv_buffer_view(&certificate), lv_buffer_view(&key), &identity, &err),
        LV_OK);
    lv_buffer_free(&certificate);
    lv_buffer_wipe(&key);
    return identity;
}

static inline void add_member(lv_member *member, const char *msp, const char *role, const party *p)
{
    snprintf(member->msp_id, sizeof member->msp_id, "%s", msp);
    snprintf(member->role, sizeof member->role, "%s", role);
    assert_int_equal(lv_buffer_append(&member->root, p->organisation.ca_certificate.data,
                                      p->organisation.ca_certificate.len),
                     LV_OK);
}

static inline int fabric_world_setup(void **state)
{
    static fabric_world w;
    w = (fabric_world){0};
    assert_int_equal(lv_trust_new(&w.channel.trust), LV_OK);
    party_make(&w.a, "AMSP", w.channel.trust);
    party_make(&w.b, "BMSP", w.channel.trust);
    party_make(&w.stranger, "XMSP", NULL);
    w.peer_a = issue(&w.a, "AMSP", "peer");
    w.peer_b = issue(&w.b, "BMSP", "peer");
    snprintf(w.channel.channel, sizeof w.channel.channel, "quality");
    snprintf(w.channel.contract, sizeof w.channel.contract, "quality");
    w.channel.members = calloc(2, sizeof *w.channel.members);
    assert_non_null(w.channel.members);
    w.channel.member_count = 2;
    add_member(&w.channel.members[0], "AMSP", "upstream", &w.a);
    add_member(&w.channel.members[1], "BMSP", "downstream", &w.b);
    *state = &w;
    return 0;
}

static inline int fabric_world_teardown(void **state)
{
    fabric_world *w = *state;
    lv_identity_free(w->peer_a);
    lv_identity_free(w->peer_b);
    party_free(&w->a);
    party_free(&w->b);
    party_free(&w->stranger);
    lv_channel_free(&w->channel);
    return 0;
}

#endif
