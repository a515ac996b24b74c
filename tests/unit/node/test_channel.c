/* Whom a channel has, by each organisation's own configuration. */
#include "node/channel.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

enum { A, B, C, D, S, T, PARTIES };

typedef struct {
    const char *msp;
    lv_role role;
} party;

static const party parties[PARTIES] = {
    [A] = {"AMSP", LV_ROLE_UPSTREAM}, [B] = {"BMSP", LV_ROLE_DOWNSTREAM},
    [C] = {"CMSP", LV_ROLE_UPSTREAM}, [D] = {"DMSP", LV_ROLE_DOWNSTREAM},
    [S] = {"SMSP", LV_ROLE_SERVICER}, [T] = {"TMSP", LV_ROLE_SERVICER},
};

static lv_organisation made[PARTIES];

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARTIES; i++) {
        lv_organisation_params params = {.msp_id = parties[i].msp, .days = 1};
        if (lv_organisation_create(&params, &made[i], NULL) != LV_OK) {
            return -1;
        }
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < PARTIES; i++) {
        lv_organisation_wipe(&made[i]);
    }
    return 0;
}

static lv_bytes root_of(size_t who) { return lv_buffer_view(&made[who].ca_certificate); }

/* The configuration of `self`, which knows `count` others. Their roots are borrowed. */
static lv_config configure(size_t self, const size_t *others, size_t count,
                           lv_config_member members[PARTIES])
{
    lv_config config = {.role = parties[self].role, .members = members, .member_count = count};
    snprintf(config.organisation, sizeof config.organisation, "%s", parties[self].msp);
    if (config.role != LV_ROLE_SERVICER) {
        snprintf(config.quality_channel, sizeof config.quality_channel, "q1");
    }
    if (config.role != LV_ROLE_UPSTREAM) {
        snprintf(config.xor_channel, sizeof config.xor_channel, "x1");
    }
    for (size_t i = 0; i < count; i++) {
        members[i] = (lv_config_member){.role = parties[others[i]].role,
                                        .root = made[others[i]].ca_certificate};
        snprintf(members[i].msp, sizeof members[i].msp, "%s", parties[others[i]].msp);
    }
    return config;
}

static void expect_members(size_t self, bool xor_contract, const size_t *others, size_t count,
                           const size_t *wanted, size_t wanted_count)
{
    lv_config_member members[PARTIES];
    lv_config config = configure(self, others, count, members);
    lv_channel channel;
    lv_error err = {0};
    assert_int_equal(lv_config_channel(&config, root_of(self), NULL, xor_contract, &channel, &err),
                     LV_OK);
    assert_string_equal(channel.channel, xor_contract ? "x1" : "q1");
    assert_string_equal(channel.contract, xor_contract ? "xor" : "quality");
    assert_int_equal(channel.member_count, wanted_count);
    for (size_t i = 0; i < wanted_count; i++) {
        const party *who = &parties[wanted[i]];
        assert_string_equal(lv_channel_role(&channel, who->msp), lv_role_name(who->role));
        assert_true(lv_bytes_equal(lv_trust_root(channel.trust, who->msp), root_of(wanted[i])));
    }
    lv_channel_free(&channel);
}

#define EVERYBODY_BUT(...) ((const size_t[]){__VA_ARGS__}), PARTIES - 1
#define MEMBERS(...)                                                                               \
    ((const size_t[]){__VA_ARGS__}), sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t)

static void test_everybody_has_the_same_members(void **state)
{
    (void)state;
    expect_members(B, false, EVERYBODY_BUT(A, C, D, S, T), MEMBERS(B, A, C));
    expect_members(B, true, EVERYBODY_BUT(T, S, D, C, A), MEMBERS(B, S, T));
    /* Those that know one downstream. */
    expect_members(A, false, MEMBERS(B, C, S), MEMBERS(A, B, C));
    expect_members(S, true, MEMBERS(A, B, C, T), MEMBERS(S, B, T));
}

static void test_the_name_may_be_another(void **state)
{
    (void)state;
    lv_config_member members[PARTIES];
    lv_config config = configure(B, (const size_t[]){A}, 1, members);
    lv_channel channel;
    assert_int_equal(lv_config_channel(&config, root_of(B), "other", false, &channel, NULL), LV_OK);
    assert_string_equal(channel.channel, "other");
    lv_channel_free(&channel);
}

static void expect_refused(size_t self, bool xor_contract, const size_t *others, size_t count,
                           const char *words)
{
    lv_config_member members[PARTIES];
    lv_config config = configure(self, others, count, members);
    lv_channel channel;
    lv_error err = {0};
    assert_int_equal(lv_config_channel(&config, root_of(self), NULL, xor_contract, &channel, &err),
                     LV_REFUSED);
    assert_int_equal(channel.member_count, 0);
    if (strstr(err.text, words) == NULL) {
        fail_msg("no '%s' in: %s", words, err.text);
    }
}

static void test_a_channel_of_one(void **state)
{
    (void)state;
    expect_refused(B, false, MEMBERS(S, D), "add the upstream first");
    expect_refused(B, true, MEMBERS(A, D), "add the servicer first");
    expect_refused(A, false, MEMBERS(S, T), "add the downstream first");
    expect_refused(S, true, MEMBERS(A), "add the downstream first");
}

static void test_a_channel_without_part(void **state)
{
    (void)state;
    expect_refused(A, true, MEMBERS(B, S), "AMSP has no part");
    expect_refused(S, false, MEMBERS(A, B), "SMSP has no part");
}

static void test_roots_that_are_none(void **state)
{
    (void)state;
    lv_config_member members[PARTIES];
    lv_config config = configure(B, (const size_t[]){A, S}, 2, members);
    lv_channel channel;
    lv_error err = {0};
    lv_bytes leaf = lv_buffer_view(&made[B].certificate);
    assert_int_equal(lv_config_channel(&config, leaf, NULL, false, &channel, &err), LV_INVALID);
    assert_null(channel.trust);
    members[0].root = made[A].certificate;
    assert_int_equal(lv_config_channel(&config, root_of(B), NULL, false, &channel, &err),
                     LV_INVALID);
    assert_null(channel.trust);
    /* The servicer's is of no account in this channel. */
    members[0].root = made[A].ca_certificate;
    members[1].root = made[S].certificate;
    assert_int_equal(lv_config_channel(&config, root_of(B), NULL, false, &channel, &err), LV_OK);
    lv_channel_free(&channel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everybody_has_the_same_members),
        cmocka_unit_test(test_the_name_may_be_another),
        cmocka_unit_test(test_a_channel_of_one),
        cmocka_unit_test(test_a_channel_without_part),
        cmocka_unit_test(test_roots_that_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
