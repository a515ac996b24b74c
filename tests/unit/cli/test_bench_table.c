/* What people see of the bench: every number in its place and unit, in 100 columns. */
#include "cli/bench_table.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char REPORT[] =
    "{\"width\": 32, \"processors\": 64, \"vectors\": \"avx512ifma\", \"passes\": 3, \"suites\": "
    "[{\"suite\": \"ristretto255\", \"bits\": 256, \"runs\": ["
    " {\"vectors\": true, \"cores\": 64, \"pairs\": 4096, \"rounds\": 9, \"phases\": {\"keygen\": "
    "1.5, \"encrypt\": 0.0123, \"read\": 0.000123, \"combine\": 0.00000123, \"recompute\": "
    "0.9999, \"zero_test\": 0.99951, \"answer\": 0.0}, \"whole\": 123.4, \"proofs\": null, "
    "\"scan\": {\"whole\": 0.25, \"zero_test\": 0.125}},"
    " {\"vectors\": false, \"cores\": 1, \"pairs\": 1, \"rounds\": 9, \"phases\": {\"keygen\": "
    "0.00000000123, \"encrypt\": 0.0, \"read\": 0.0, \"combine\": 0.0, \"recompute\": 0.0, "
    "\"zero_test\": 0.0, \"answer\": 0.0}, \"whole\": 0.002, \"proofs\": {\"prove\": 0.003, "
    "\"check\": 0.004, \"bytes\": 9.0}, \"scan\": {\"whole\": 0.25, \"zero_test\": 0.125}}],"
    " \"bytes\": [{\"pairs\": 1, \"quality\": 4100.4, \"xor\": 2000.0, \"total\": 6100.4, "
    "\"ciphertexts\": 6000.0, \"proofs\": 77.0, \"without_proofs\": 6023.4}], \"ready\": "
    "{\"publish\": 0.0027, \"prepare\": 2.5}}],"
    " \"baseline\": {\"name\": \"published\", \"suite\": \"paillier\", \"bits\": 6000, \"phases\": "
    "{\"encrypt\": 14.0}, \"whole\": 28.0}, \"targets\": ["
    "{\"name\": \"first\", \"value\": 41.5, \"want\": \"at least\", \"target\": 40.0, \"met\": "
    "true}, {\"name\": \"second\", \"value\": 700.4, \"want\": \"at most\", \"target\": 600.0, "
    "\"met\": false}]}";

static char *printed(const char *report)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    json_t *json = json_loads(report, 0, NULL);
    assert_non_null(out);
    assert_non_null(json);
    lv_bench_table_print(json, out);
    json_decref(json);
    fclose(out);
    return text;
}

static void expect_part(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" is not in\n%s", part, text);
    }
}

static void test_numbers_in_their_places(void **state)
{
    (void)state;
    char *text = printed(REPORT);
    expect_part(text, "Values of 32 bits; 64 processors, vectors: avx512ifma.");
    expect_part(text, "  vectors, 64 cores, 4096 pairs  1.50 s 12.3 ms  123 us 1.23 us    1.00 s"
                      "    1.00 s       -   123 s\n");
    expect_part(text, "  portable, 1 core, 1 pair      1.23 ns       -       -       -         -"
                      "         -       - 2.00 ms\n");
    expect_part(text, "as published, plain GMP: paillier, 6000 bits\n");
    expect_part(text, " 14.0 s       -       -         -         -       -  28.0 s\n");
    /* the second table: without proofs, and with */
    expect_part(text, "  0.01    250 ms  125 ms           -         -               -\n");
    expect_part(text, "   500    250 ms  125 ms     3.00 ms   4.00 ms         9.00 ms\n");
    expect_part(text, "ristretto255, 1 pair                   4100        2000        6100"
                      "            6000          77\n");
    expect_part(text, "ahead: publish  2.70 ms a pair, make ahead   2.50 s\n");
    expect_part(text, "41.50   at least 40       met\n");
    expect_part(text, "700   at most  600      not met\n");
    free(text);
}

static void test_lines_fit(void **state)
{
    (void)state;
    char *text = printed(REPORT);
    for (const char *line = text; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        assert_true(len <= 100);
        line += len + (line[len] != '\0' ? 1 : 0);
    }
    free(text);
}

static void test_what_is_not_there_is_not_shown(void **state)
{
    (void)state;
    char *text = printed("{\"width\": 8, \"suites\": [], \"baseline\": null, \"targets\": []}");
    assert_null(strstr(text, "as published"));
    assert_null(strstr(text, "wanted"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_in_their_places),
        cmocka_unit_test(test_lines_fit),
        cmocka_unit_test(test_what_is_not_there_is_not_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
