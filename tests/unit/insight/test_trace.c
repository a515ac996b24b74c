#include "insight/trace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void write_lots(const lv_trace_lot *lots, size_t count, char *text, size_t size)
{
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        len += (size_t)snprintf(text + len, size - len, "%s%s:%zu", i > 0 ? " " : "", lots[i].lot,
                                lots[i].distance);
        assert_true(len < size);
    }
}

static void expect(const lv_trace_edge *edges, size_t count, const char *lot, const char *ancestors,
                   const char *descendants)
{
    char text[256];
    lv_trace trace;
    assert_int_equal(lv_trace_find(edges, count, lot, &trace, NULL), LV_OK);
    write_lots(trace.ancestors, trace.ancestor_count, text, sizeof text);
    assert_string_equal(text, ancestors);
    write_lots(trace.descendants, trace.descendant_count, text, sizeof text);
    assert_string_equal(text, descendants);
    lv_trace_free(&trace);
    lv_trace_free(&trace);
}

static void test_a_diamond(void **state)
{
    (void)state;
    const lv_trace_edge edges[] = {
        {"oil", "film"},       {"film", "rotor-2"},   {"film", "rotor-1"},
        {"rotor-1", "LOT-03"}, {"rotor-2", "LOT-03"}, {"film", "LOT-03"},
        {"film", "LOT-03"},    {"LOT-03", "box"},     {"steel", "frame"},
    };
    const size_t count = sizeof edges / sizeof edges[0];
    expect(edges, count, "LOT-03", "film:1 rotor-1:1 rotor-2:1 oil:2", "box:1");
    expect(edges, count, "film", "oil:1", "LOT-03:1 rotor-1:1 rotor-2:1 box:2");
    expect(edges, count, "frame", "steel:1", "");
    expect(edges, count, "box", "LOT-03:1 film:2 rotor-1:2 rotor-2:2 oil:3", "");
    expect(edges, count, "unknown", "", "");
    expect(edges, count, "", "", "");
    expect(NULL, 0, "LOT-03", "", "");
}

static void test_cycles_end(void **state)
{
    (void)state;
    const lv_trace_edge edges[] = {{"a", "b"}, {"b", "c"}, {"c", "a"}, {"c", "c"}, {"c", "d"}};
    expect(edges, 5, "a", "c:1 b:2", "b:1 c:2 d:3");
    expect(edges, 5, "c", "b:1 a:2", "a:1 d:1 b:2");
    expect(edges, 5, "d", "c:1 b:2 a:3", "");
    const lv_trace_edge self[] = {{"a", "a"}};
    expect(self, 1, "a", "", "");
}

/* All 512 graphs over three lots against reachability by repeated joining. */
static void test_all_graphs_of_three_lots(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c"};
    for (unsigned mask = 0; mask < 512; mask++) {
        lv_trace_edge edges[9];
        bool reach[3][3] = {{false}};
        size_t count = 0;
        for (unsigned i = 0; i < 9; i++) {
            if ((mask >> i & 1U) != 0) {
                edges[count++] = (lv_trace_edge){.parent = names[i / 3], .lot = names[i % 3]};
                reach[i / 3][i % 3] = true;
            }
        }
        for (unsigned i = 0; i < 27; i++) {
            unsigned by = i / 9;
            unsigned from = i / 3 % 3;
            unsigned to = i % 3;
            reach[from][to] = reach[from][to] || (reach[from][by] && reach[by][to]);
        }
        lv_trace trace;
        assert_int_equal(lv_trace_find(edges, count, "a", &trace, NULL), LV_OK);
        assert_int_equal(trace.descendant_count, reach[0][1] + reach[0][2]);
        assert_int_equal(trace.ancestor_count, reach[1][0] + reach[2][0]);
        lv_trace_free(&trace);
    }
}

static void test_long_chains_are_walked_and_bounded(void **state)
{
    (void)state;
    const size_t count = 50000;
    lv_trace_edge *edges = calloc(count, sizeof *edges);
    char(*names)[16] = calloc(count + 1, sizeof *names);
    lv_trace trace;
    lv_error err = {0};
    assert_non_null(edges);
    assert_non_null(names);
    for (size_t i = 0; i <= count; i++) {
        snprintf(names[i], sizeof names[i], "L%zu", i);
    }
    for (size_t i = 0; i < count; i++) {
        edges[i] = (lv_trace_edge){.parent = names[i], .lot = names[i + 1]};
    }
    assert_int_equal(lv_trace_find(edges, count, "L20000", &trace, &err), LV_OK);
    assert_int_equal(trace.ancestor_count, 20000);
    assert_int_equal(trace.descendant_count, 30000);
    assert_string_equal(trace.descendants[29999].lot, "L50000");
    assert_int_equal(trace.descendants[29999].distance, 30000);
    lv_trace_free(&trace);
    assert_int_equal(lv_trace_find(edges, LV_TRACE_EDGES_MAX + 1, "L1", &trace, &err), LV_E_LIMIT);
    assert_null(trace.ancestors);
    free(edges);
    free(names);
    lv_trace_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_diamond),
        cmocka_unit_test(test_cycles_end),
        cmocka_unit_test(test_all_graphs_of_three_lots),
        cmocka_unit_test(test_long_chains_are_walked_and_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
