/* A series file in YAML. */
#include "fuzz.h"
#include "node/config.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_config_series series = {0};
    lv_error err = {0};
    lv_status status = lv_config_series_parse("series.yaml", input, &series, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_E_CONFIG);
        FUZZ_CHECK(strncmp(err.text, "series.yaml", 11) == 0);
        FUZZ_CHECK(series.grants == NULL && series.grant_count == 0);
        FUZZ_CHECK(series.policies == NULL && series.policy_count == 0);
        return 0;
    }
    FUZZ_CHECK(lv_series_check(&series.series, &err) == LV_OK);
    for (size_t i = 0; i < series.grant_count; i++) {
        FUZZ_CHECK(lv_name_is_valid(series.grants[i].buyer));
        FUZZ_CHECK(lv_name_is_valid(series.grants[i].servicer));
    }
    for (size_t i = 0; i < series.policy_count; i++) {
        const lv_policy *policy = &series.policies[i];
        FUZZ_CHECK(lv_name_is_valid(policy->to));
        FUZZ_CHECK(lv_policy_find(series.policies, series.policy_count, policy->to) == policy);
        FUZZ_CHECK(policy->allow < 2U << LV_ASK_EQUALITY && policy->allow % 2 == 0);
        FUZZ_CHECK(!policy->limited || policy->budget >= LV_BIT);
        FUZZ_CHECK(policy->period_days >= 1 && policy->period_days <= LV_PERIOD_DAYS_MAX);
    }
    lv_config_series_free(&series);
    return 0;
}
