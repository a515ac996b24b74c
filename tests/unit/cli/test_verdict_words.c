/* How verdicts and disclosures are told to people. */
#include "cli/verdict_words.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define LOTS "\"earlier_lot\": \"L1\", \"later_lot\": \"L2\", \"proved\": true, "

typedef struct {
    const char *entry; /* JSON */
    const char *asked;
    const char *size; /* NULL: none */
    const char *by;
    const char *sentence;
} sample;

static const sample SAMPLES[] = {
    {"{" LOTS "\"question\": \"index\", \"limit\": null, \"verdict\": \"rise\", \"scale\": 64}",
     "index", "64", "proof", "L1 > L2: rise, scale 64, by proof"},
    {"{" LOTS "\"question\": \"index\", \"verdict\": \"equal\", \"scale\": 0, \"alarm\": false}",
     "index", "0", "proof", "L1 > L2: equal, by proof"},
    {"{" LOTS "\"question\": \"direction\", \"verdict\": \"fall\", \"scale\": null}", "direction",
     NULL, "proof", "L1 > L2: fall (no scale was asked for), by proof"},
    {"{" LOTS "\"question\": \"band\", \"verdict\": \"rise\", \"scale\": 64, \"least\": \"0.64\","
     " \"most\": \"1.27\", \"unit\": \"g/cm2\", \"alarm\": true}",
     "band", "64-127 = 0.64-1.27 g/cm2", "proof",
     "L1 > L2: rise by 64-127 = 0.64-1.27 g/cm2, by proof, ALARM"},
    {"{" LOTS "\"question\": \"band\", \"verdict\": \"fall\", \"scale\": 4, \"least\": null,"
     " \"most\": null, \"unit\": \"g/cm2\"}",
     "band", "4-7", "proof", "L1 > L2: fall by 4-7, by proof"},
    {"{" LOTS "\"question\": \"band\", \"verdict\": \"fall\", \"scale\": 1, \"least\": \"0.01\","
     " \"most\": \"0.01\", \"unit\": \"\"}",
     "band", "1 = 0.01", "proof", "L1 > L2: fall by 1 = 0.01, by proof"},
    {"{" LOTS "\"question\": \"band\", \"verdict\": \"equal\", \"scale\": 0, \"least\": \"0.00\","
     " \"most\": \"0.00\", \"unit\": \"g\"}",
     "band", "0 = 0.00 g", "proof", "L1 > L2: equal, by proof"},
    {"{" LOTS "\"question\": \"threshold\", \"limit\": \"0.50\", \"unit\": \"g\","
     " \"verdict\": \"above\", \"scale\": null, \"repeated\": true}",
     "threshold 0.50 g", NULL, "proof", "L2: above the limit 0.50 g, by proof (known before)"},
    {"{\"earlier_lot\": \"L1\", \"later_lot\": \"L2\", \"proved\": false,"
     " \"question\": \"equality\", \"verdict\": \"different\", \"scale\": null}",
     "equality", NULL, "signature", "L1 > L2: different, by signature"},
    {"{\"earlier_lot\": \"L\\u001b[2J\", \"later_lot\": \"L2\", \"question\": \"index\","
     " \"verdict\": \"rise\", \"scale\": 1}",
     "index", "1", "signature", "L?[2J > L2: rise, scale 1, by signature"},
};

static void expect_member(const json_t *entry, const char *key, const char *expected)
{
    const json_t *value = json_object_get(entry, key);
    if (expected == NULL) {
        assert_true(json_is_null(value));
        return;
    }
    assert_true(json_is_string(value));
    assert_string_equal(json_string_value(value), expected);
}

static void test_every_question_has_its_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof SAMPLES / sizeof SAMPLES[0]; i++) {
        lv_buffer sentence = {0};
        json_t *entry = json_loads(SAMPLES[i].entry, 0, NULL);
        assert_non_null(entry);
        assert_int_equal(lv_verdict_sentence(entry, &sentence), LV_OK);
        assert_string_equal(lv_buffer_text(&sentence), SAMPLES[i].sentence);
        assert_int_equal(lv_verdict_dress(entry), LV_OK);
        expect_member(entry, "asked", SAMPLES[i].asked);
        expect_member(entry, "size", SAMPLES[i].size);
        expect_member(entry, "by", SAMPLES[i].by);
        json_decref(entry);
        lv_buffer_free(&sentence);
    }
}

static void test_a_list_is_dressed_whole(void **state)
{
    json_t *list = json_array();
    (void)state;
    assert_non_null(list);
    assert_int_equal(lv_verdicts_dress(list), LV_OK);
    for (size_t i = 0; i < 3; i++) {
        json_array_append_new(list, json_loads(SAMPLES[i].entry, 0, NULL));
    }
    assert_int_equal(lv_verdicts_dress(list), LV_OK);
    for (size_t i = 0; i < 3; i++) {
        expect_member(json_array_get(list, i), "asked", SAMPLES[i].asked);
    }
    json_decref(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_question_has_its_words),
        cmocka_unit_test(test_a_list_is_dressed_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
