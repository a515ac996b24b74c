#include "node/quota.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_a_bucket_empties_and_fills(void **state)
{
    (void)state;
    lv_quota *quota = NULL;
    assert_int_equal(lv_quota_new(6, &quota), LV_OK); /* one in ten seconds */
    for (int i = 0; i < 6; i++) {
        assert_true(lv_quota_take(quota, "AMSP", 100.0));
    }
    assert_false(lv_quota_take(quota, "AMSP", 100.0));
    assert_false(lv_quota_take(quota, "AMSP", 109.9));
    assert_true(lv_quota_take(quota, "AMSP", 110.1));
    assert_false(lv_quota_take(quota, "AMSP", 110.2));
    lv_quota_free(quota);
}

static void test_a_bucket_never_holds_more_than_a_minute(void **state)
{
    (void)state;
    lv_quota *quota = NULL;
    assert_int_equal(lv_quota_new(2, &quota), LV_OK);
    assert_true(lv_quota_take(quota, "AMSP", 0.0));
    assert_true(lv_quota_take(quota, "AMSP", 1e6));
    assert_true(lv_quota_take(quota, "AMSP", 1e6));
    assert_false(lv_quota_take(quota, "AMSP", 1e6));
    assert_false(lv_quota_take(quota, "AMSP", 1.0)); /* a clock that went back gives nothing */
    lv_quota_free(quota);
}

static void test_names_do_not_share(void **state)
{
    (void)state;
    lv_quota *quota = NULL;
    char name[16];
    assert_int_equal(lv_quota_new(1, &quota), LV_OK);
    for (unsigned i = 0; i < LV_TRUST_MEMBERS_MAX; i++) {
        snprintf(name, sizeof name, "M%u", i);
        assert_true(lv_quota_take(quota, name, 0.0));
        assert_false(lv_quota_take(quota, name, 0.0));
    }
    assert_false(lv_quota_take(quota, "one more", 0.0));
    lv_quota_free(quota);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_bucket_empties_and_fills),
        cmocka_unit_test(test_a_bucket_never_holds_more_than_a_minute),
        cmocka_unit_test(test_names_do_not_share),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
