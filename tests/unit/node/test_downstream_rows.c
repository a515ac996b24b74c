/* Rows in: accepted once and whole, or not at all; what is planned of them. */
#include "node/downstream.h"
#include "unit/node/roles.h"

static const char FOUR[] = ROLES_HEADER "L1,1,0.45,U1\nL2,2,0.51,U1 U2\nL3,3,1.32,\nL4,4,1.32,U3\n";

typedef struct {
    roles r;
    lv_node *node;
} fixture;

static void begin(fixture *f, const char *compare, const char *baseline)
{
    roles_open(&f->r);
    roles_series(&f->r, "moisture", compare, baseline, "");
    f->node = roles_start(f->r.b);
}

static void end(fixture *f)
{
    lv_node_close(f->node);
    roles_close(&f->r);
}

static size_t measurements(fixture *f)
{
    json_t *series = roles_entry(f->node, "/v1/series", "series", 0);
    size_t count = (size_t)roles_number(series, "measurements");
    json_decref(series);
    return count;
}

/* The planned pairs in order, as "L1>L2c L1>L3b ...". */
static void expect_pairs(fixture *f, const char *expected)
{
    lv_buffer text = {0};
    json_t *answer = roles_get(f->node, "/v1/sets");
    size_t i = 0;
    json_t *set = NULL;
    json_array_foreach(json_object_get(answer, "sets"), i, set)
    {
        const json_t *pair = json_array_get(json_object_get(set, "pairs"), 0);
        assert_int_equal(json_array_size(json_object_get(set, "pairs")), 1);
        assert_int_equal(roles_number(set, "sequence"), i + 1);
        assert_string_equal(roles_text(set, "state"), "planned");
        assert_true(json_is_null(json_object_get(set, "set_id")));
        assert_int_equal(
            lv_buffer_printf(&text, "%s%s>%s%c", i > 0 ? " " : "", roles_text(pair, "earlier_lot"),
                             roles_text(pair, "later_lot"), roles_text(pair, "basis")[0]),
            LV_OK);
    }
    assert_string_equal(lv_buffer_text(&text), expected);
    lv_buffer_free(&text);
    json_decref(answer);
}

static void test_consecutive(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "consecutive", "");
    roles_accept(f.node, "moisture", FOUR);
    expect_pairs(&f, "L1>L2c L2>L3c L3>L4c");
    roles_accept(f.node, "moisture", ROLES_HEADER "L5,5,0.10,\n");
    expect_pairs(&f, "L1>L2c L2>L3c L3>L4c L4>L5c");
    end(&f);
}

static void test_against_the_first_lot(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "baseline", "");
    roles_accept(f.node, "moisture", FOUR);
    expect_pairs(&f, "L1>L2b L1>L3b L1>L4b");
    roles_accept(f.node, "moisture", ROLES_HEADER "L5,5,0.10,\n");
    expect_pairs(&f, "L1>L2b L1>L3b L1>L4b L1>L5b");
    end(&f);
}

static void test_against_a_named_lot(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "baseline", "L3");
    roles_accept(f.node, "moisture", ROLES_HEADER "L1,1,0.45,\nL2,2,0.51,\n");
    expect_pairs(&f, "");
    roles_accept(f.node, "moisture", ROLES_HEADER "L3,3,1.32,\nL4,4,1.32,\n");
    expect_pairs(&f, "L3>L4b");
    end(&f);
}

static void test_both(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "both", "");
    roles_accept(f.node, "moisture", FOUR);
    expect_pairs(&f, "L1>L2c L1>L2b L2>L3c L1>L3b L3>L4c L1>L4b");
    end(&f);
}

static void expect_answer(json_t *answer, bool repeated)
{
    assert_non_null(answer);
    assert_int_equal(roles_number(answer, "batch"), 1);
    assert_int_equal(roles_number(answer, "rows"), 4);
    assert_int_equal(roles_number(answer, "pairs"), 3);
    assert_int_equal(roles_number(answer, "sets"), 3);
    assert_int_equal(json_is_true(json_object_get(answer, "repeated")), repeated);
    json_decref(answer);
}

static void test_the_same_request_gives_the_first_result(void **state)
{
    fixture f;
    json_t *answer = NULL;
    lv_error err = {0};
    (void)state;
    begin(&f, "consecutive", "");
    assert_int_equal(roles_post_rows(f.node, "moisture", FOUR, &answer, &err), LV_OK);
    expect_answer(answer, false);
    assert_int_equal(roles_post_rows(f.node, "moisture", FOUR, &answer, &err), LV_OK);
    expect_answer(answer, true);
    roles_restart(&f.node, f.r.b);
    assert_int_equal(roles_post_rows(f.node, "moisture", FOUR, &answer, &err), LV_OK);
    expect_answer(answer, true);
    assert_int_equal(roles_count(f.node, "/v1/sets", "sets"), 3);
    assert_int_equal(measurements(&f), 4);
    end(&f);
}

/* Refused with these words, and nothing of it is there. */
static void refuse(fixture *f, const char *csv, lv_status expected, const char *words)
{
    lv_error err = {0};
    size_t before = measurements(f);
    size_t sets = roles_count(f->node, "/v1/sets", "sets");
    assert_int_equal(roles_post_rows(f->node, "moisture", csv, NULL, &err), expected);
    if (strstr(err.text, words) == NULL) {
        fail_msg("\"%s\" does not tell \"%s\"", err.text, words);
    }
    assert_null(strstr(err.text, "2.4")); /* never a measured value */
    assert_int_equal(measurements(f), before);
    assert_int_equal(roles_count(f->node, "/v1/sets", "sets"), sets);
}

static void test_a_refused_file_leaves_nothing(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "both", "");
    refuse(&f, ROLES_HEADER "L1,1,0.45,\nL2,2,2.99,\n", LV_E_RANGE, "moisture.csv:3");
    roles_accept(f.node, "moisture", FOUR);
    refuse(&f, ROLES_HEADER "L5,5,2.41,\nL2,6,2.42,\n", LV_EXISTS, "moisture.csv:3: lot L2");
    refuse(&f, ROLES_HEADER "L5,4,2.41,\nL6,5,2.42,\n", LV_REFUSED, "moisture.csv:2: time 4");
    refuse(&f, ROLES_HEADER "L5,5,2.41,\nL6,5,2.42,\n", LV_E_SYNTAX, "moisture.csv:3");
    refuse(&f, ROLES_HEADER "L5,5,2.41,\nL6,6,2.42\n", LV_E_SYNTAX, "moisture.csv:3");
    refuse(&f, "", LV_E_SYNTAX, "moisture.csv");
    /* What was refused was not kept as done either. */
    roles_accept(f.node, "moisture", ROLES_HEADER "L5,5,2.41,\nL6,6,2.42,\n");
    end(&f);
}

static void test_an_unknown_series_is_refused(void **state)
{
    fixture f;
    lv_error err = {0};
    (void)state;
    begin(&f, "both", "");
    assert_int_equal(roles_post_rows(f.node, "dryness", FOUR, NULL, &err), LV_NOT_FOUND);
    assert_non_null(strstr(err.text, "dryness"));
    end(&f);
}

static void test_a_changed_scale_is_refused(void **state)
{
    fixture f;
    lv_error err = {0};
    (void)state;
    begin(&f, "consecutive", "");
    roles_accept(f.node, "moisture", FOUR);
    lv_node_close(f.node);
    roles_write(f.r.b, "series/moisture.yaml",
                "name: moisture\nunit: g\n"
                "columns: {lot: lot, time: month, value: moisture, parents: made_from}\n"
                "decimals: 1\noffset: \"0\"\nwidth: 8\nsuite: paillier\nkey_bits: 2048\n"
                "compare: consecutive\nbaseline_lot: \"\"\ngrants: []\n");
    f.node = roles_start(f.r.b);
    assert_int_equal(roles_post_rows(f.node, "moisture", ROLES_HEADER "L5,5,2.41,\n", NULL, &err),
                     LV_E_CONFIG);
    assert_int_equal(measurements(&f), 4);
    end(&f);
}

/* Is the text anywhere in the node's state? */
static bool state_tells(const fixture *f, lv_bytes text)
{
    static const char *const files[] = {"b/state/node.db", "b/state/node.db-wal"};
    bool found = false;
    for (size_t i = 0; i < 2; i++) {
        lv_buffer bytes = {0};
        lv_error err = {0};
        char *path = lv_path_join(f->r.root, files[i]);
        assert_non_null(path);
        if (lv_file_exists(path)) {
            assert_int_equal(lv_file_read(path, 1U << 26, &bytes, &err), LV_OK);
            found = found || memmem(bytes.data, bytes.len, text.data, text.len) != NULL;
        }
        lv_buffer_free(&bytes);
        free(path);
    }
    return found;
}

static void test_values_rest_sealed(void **state)
{
    static const char CSV[] = ROLES_HEADER "L1,1,1.2300000,\n";
    fixture f;
    lv_digest plain;
    (void)state;
    begin(&f, "consecutive", "");
    roles_accept(f.node, "moisture", CSV);
    assert_true(state_tells(&f, lv_bytes_of_text("moisture.csv")));
    assert_false(state_tells(&f, lv_bytes_of_text("1.23")));
    assert_false(state_tells(&f, (lv_bytes){(const uint8_t *)"\0\0\0\0\0\0\0\x7b", 8}));
    /* Nor can a guessed file be held against a digest. */
    assert_int_equal(lv_digest_of(lv_bytes_of_text(CSV), &plain), LV_OK);
    assert_false(state_tells(&f, (lv_bytes){plain.bytes, sizeof plain.bytes}));
    end(&f);
}

static void test_a_series_can_be_added(void **state)
{
    fixture f;
    char text[1024];
    lv_error err = {0};
    lv_buffer body = {0};
    (void)state;
    begin(&f, "consecutive", "");
    roles_series_text("dryness", "baseline", "", "", text);
    const roles_request request = {
        .method = "POST", .path = "/v1/series", .body = lv_bytes_of_text(text)};
    json_decref(roles_json(f.node, &request));
    roles_accept(f.node, "dryness", FOUR);
    expect_pairs(&f, "L1>L2b L1>L3b L1>L4b");
    assert_int_equal(roles_send(f.node, &request, &body, &err), LV_EXISTS);
    roles_restart(&f.node, f.r.b);
    assert_int_equal(roles_count(f.node, "/v1/series", "series"), 2);
    assert_int_equal(roles_send(f.node, &request, &body, &err), LV_EXISTS);
    end(&f);
}

static void test_a_bad_series_is_not_added(void **state)
{
    fixture f;
    char text[1024];
    lv_error err = {0};
    lv_buffer body = {0};
    (void)state;
    begin(&f, "consecutive", "");
    roles_series_text("dryness", "sometimes", "", "", text);
    roles_request request = {
        .method = "POST", .path = "/v1/series", .body = lv_bytes_of_text(text)};
    assert_int_not_equal(roles_send(f.node, &request, &body, &err), LV_OK);
    roles_series_text("dryness", "both", "", "{buyer: SMSP, servicer: SMSP, quota: 0}", text);
    request.body = lv_bytes_of_text(text);
    assert_int_not_equal(roles_send(f.node, &request, &body, &err), LV_OK);
    assert_int_equal(roles_count(f.node, "/v1/series", "series"), 1);
    roles_restart(&f.node, f.r.b);
    end(&f);
}

static void test_lots_are_traced(void **state)
{
    fixture f;
    (void)state;
    begin(&f, "consecutive", "");
    roles_accept(f.node, "moisture", FOUR);
    json_t *trace = roles_get(f.node, "/v1/trace/U2");
    assert_int_equal(json_array_size(json_object_get(trace, "parents")), 0);
    assert_string_equal(json_string_value(json_array_get(json_object_get(trace, "children"), 0)),
                        "L2");
    assert_int_equal(json_array_size(json_object_get(trace, "sets")), 2); /* L1>L2, L2>L3 */
    json_decref(trace);
    trace = roles_get(f.node, "/v1/trace/L4");
    assert_string_equal(json_string_value(json_array_get(json_object_get(trace, "parents"), 0)),
                        "U3");
    assert_int_equal(json_array_size(json_object_get(trace, "sets")), 1);
    json_decref(trace);
    trace = roles_get(f.node, "/v1/trace/nothing");
    assert_int_equal(json_array_size(json_object_get(trace, "sets")), 0);
    json_decref(trace);
    end(&f);
}

/* ---- many rows ---- */

/* Rows first .. first + count - 1 of lots "L<number>", at times of the same number. */
static void write_rows(lv_buffer *csv, unsigned first, unsigned count)
{
    assert_int_equal(lv_buffer_printf(csv, "%s", ROLES_HEADER), LV_OK);
    for (unsigned i = first; i < first + count; i++) {
        assert_int_equal(lv_buffer_printf(csv, "L%u,%u,%u.%02u,U%u\n", i, i, i % 2, i % 50, i),
                         LV_OK);
    }
}

static void begin_bulk(fixture *f, const char *compare, unsigned pairs_per_set)
{
    roles_open(&f->r);
    roles_bulk_series(&f->r, "moisture", compare, pairs_per_set);
    f->node = roles_start(f->r.b);
}

static int64_t count_of(fixture *f, const char *sql)
{
    lv_error err = {0};
    sqlite3_stmt *row = NULL;
    assert_int_equal(lv_store_begin(f->node->store, &err), LV_OK);
    assert_int_equal(lv_store_query(f->node->store, &err, &row, sql, ""), LV_OK);
    assert_int_equal(lv_store_next(f->node->store, row, &err), LV_OK);
    int64_t count = sqlite3_column_int64(row, 0);
    lv_store_done(row);
    assert_int_equal(lv_store_end(f->node->store, LV_OK, &err), LV_OK);
    return count;
}

static void expect_sizes(fixture *f, const char *expected)
{
    lv_buffer text = {0};
    json_t *answer = roles_get(f->node, "/v1/sets");
    size_t i = 0;
    json_t *set = NULL;
    json_array_foreach(json_object_get(answer, "sets"), i, set)
    {
        assert_int_equal(roles_number(set, "sequence"), i + 1);
        assert_int_equal(lv_buffer_printf(&text, "%s%zu", i > 0 ? " " : "",
                                          json_array_size(json_object_get(set, "pairs"))),
                         LV_OK);
    }
    assert_string_equal(lv_buffer_text(&text), expected);
    lv_buffer_free(&text);
    json_decref(answer);
}

static void test_sets_take_as_many_pairs_as_the_series_says(void **state)
{
    fixture f;
    lv_buffer csv = {0};
    (void)state;
    begin_bulk(&f, "consecutive", 16);
    write_rows(&csv, 1, 50);
    roles_accept(f.node, "moisture", lv_buffer_text(&csv));
    expect_sizes(&f, "16 16 16 1");
    /* A row of its own makes a set at once, however full the last one is. */
    roles_accept(f.node, "moisture", ROLES_HEADER "L51,51,0.1,\n");
    expect_sizes(&f, "16 16 16 1 1");
    json_t *batch = roles_get(f.node, "/v1/batches/1");
    assert_int_equal(roles_number(batch, "pairs"), 49);
    assert_int_equal(roles_number(batch, "pairs_done"), 0);
    json_decref(batch);
    lv_buffer_free(&csv);
    end(&f);
}

static void test_pairs_of_both_bases_share_sets(void **state)
{
    fixture f;
    lv_buffer csv = {0};
    (void)state;
    begin_bulk(&f, "both", 5);
    write_rows(&csv, 1, 8);
    roles_accept(f.node, "moisture", lv_buffer_text(&csv));
    expect_sizes(&f, "5 5 4");
    lv_buffer_free(&csv);
    end(&f);
}

/* More rows than are held in memory. */
static void test_a_long_file_is_put_by_and_accepted_whole(void **state)
{
    enum { ROWS = 12000 };
    fixture f;
    lv_buffer csv = {0};
    json_t *answer = NULL;
    lv_error err = {0};
    (void)state;
    begin_bulk(&f, "consecutive", 0);
    write_rows(&csv, 1, ROWS);
    for (int again = 0; again < 2; again++) {
        assert_int_equal(roles_post_rows(f.node, "moisture", lv_buffer_text(&csv), &answer, &err),
                         LV_OK);
        assert_int_equal(roles_number(answer, "rows"), ROWS);
        assert_int_equal(roles_number(answer, "pairs"), ROWS - 1);
        assert_int_equal(roles_number(answer, "sets"), (ROWS - 1 + 511) / 512);
        assert_int_equal(json_is_true(json_object_get(answer, "repeated")), again == 1);
        json_decref(answer);
        assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    }
    assert_int_equal(measurements(&f), ROWS);
    /* every row with what belongs to it, in its order */
    assert_int_equal(count_of(&f, "SELECT count(*) FROM measurement WHERE lot = 'L' || ord"
                                  " AND parents = 'U' || ord AND time = ord"),
                     ROWS);
    assert_int_equal(count_of(&f, "SELECT count(*) FROM pair WHERE 'L' || (substr(earlier, 2) + 1)"
                                  " = later"),
                     ROWS - 1);
    lv_buffer_free(&csv);
    end(&f);
}

static void test_a_long_file_that_is_refused_leaves_nothing(void **state)
{
    fixture f;
    lv_buffer csv = {0};
    (void)state;
    begin_bulk(&f, "consecutive", 0);
    write_rows(&csv, 10, 12000);
    size_t good = csv.len;
    assert_int_equal(lv_buffer_printf(&csv, "M,12010,2.99,\n"), LV_OK);
    refuse(&f, lv_buffer_text(&csv), LV_E_RANGE, "moisture.csv:12002: column moisture");
    assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    /* a lot that stood in a piece before */
    csv.len = good;
    assert_int_equal(lv_buffer_printf(&csv, "L11,12010,0.1,\n"), LV_OK);
    refuse(&f, lv_buffer_text(&csv), LV_EXISTS,
           "moisture.csv:12002: column lot (1): lot \"L11\" stands already on line 3");
    assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    /* a lot of an earlier file */
    roles_accept(f.node, "moisture", ROLES_HEADER "M,1,0.1,\n");
    csv.len = good;
    assert_int_equal(lv_buffer_printf(&csv, "M,12010,0.1,\n"), LV_OK);
    refuse(&f, lv_buffer_text(&csv), LV_EXISTS, "moisture.csv:12002: lot M of series moisture");
    assert_int_equal(count_of(&f, "SELECT count(*) FROM batch"), 1);
    lv_buffer_free(&csv);
    end(&f);
}

/* What a node puts by of a file whose end never comes. */
static void test_a_kill_while_a_file_comes_in_leaves_nothing(void **state)
{
    fixture f;
    lv_buffer csv = {0};
    lv_error err = {0};
    void *streamed = NULL;
    const roles_request asked = {.file = "moisture.csv"};
    (void)state;
    begin_bulk(&f, "consecutive", 0);
    write_rows(&csv, 1, 12000);
    const lv_http_request request = {
        .tail = "moisture", .header = roles_header, .query = roles_query, .context = &asked};
    const lv_http_stream *stream = f.node->role->streams;
    assert_int_equal(stream->begin(f.node, &request, &streamed, &err), LV_OK);
    assert_int_equal(stream->take(streamed, lv_buffer_view(&csv), &err), LV_OK);
    assert_true(count_of(&f, "SELECT count(*) FROM staged") > 0);
    assert_false(state_tells(&f, lv_bytes_of_text("L1000"))); /* sealed */
    stream->drop(streamed);
    assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    /* and where nobody could drop it any more */
    assert_int_equal(lv_store_begin(f.node->store, &err), LV_OK);
    lv_status status = lv_store_run(
        f.node->store, &err, "INSERT INTO staged(intake, piece, bytes) VALUES(1, 0, x'00')", "");
    assert_int_equal(lv_store_end(f.node->store, status, &err), LV_OK);
    roles_restart(&f.node, f.r.b);
    assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    roles_accept(f.node, "moisture", lv_buffer_text(&csv));
    assert_int_equal(measurements(&f), 12000);
    lv_buffer_free(&csv);
    end(&f);
}

static void test_a_full_disk_takes_nothing_of_a_file(void **state)
{
    static const char *const writes[] = {"INSERT ON staged", "UPDATE ON batch", "DELETE ON staged"};
    fixture f;
    lv_buffer csv = {0};
    (void)state;
    begin_bulk(&f, "consecutive", 0);
    write_rows(&csv, 1, 6000);
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        bool stay = strcmp(writes[i], "DELETE ON staged") == 0;
        roles_disk_full(f.node, writes[i]);
        refuse(&f, lv_buffer_text(&csv), LV_E_IO, "full");
        roles_disk_free(f.node);
        assert_int_equal(count_of(&f, "SELECT count(*) FROM batch"), 0);
        assert_int_equal(count_of(&f, "SELECT count(*) FROM pair"), 0);
        assert_int_equal(count_of(&f, "SELECT count(*) > 0 FROM staged"), stay);
    }
    roles_restart(&f.node, f.r.b);
    assert_int_equal(count_of(&f, "SELECT count(*) FROM staged"), 0);
    roles_accept(f.node, "moisture", lv_buffer_text(&csv));
    assert_int_equal(measurements(&f), 6000);
    lv_buffer_free(&csv);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_consecutive),
        cmocka_unit_test(test_against_the_first_lot),
        cmocka_unit_test(test_against_a_named_lot),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_the_same_request_gives_the_first_result),
        cmocka_unit_test(test_a_refused_file_leaves_nothing),
        cmocka_unit_test(test_an_unknown_series_is_refused),
        cmocka_unit_test(test_a_changed_scale_is_refused),
        cmocka_unit_test(test_values_rest_sealed),
        cmocka_unit_test(test_a_series_can_be_added),
        cmocka_unit_test(test_a_bad_series_is_not_added),
        cmocka_unit_test(test_lots_are_traced),
        cmocka_unit_test(test_sets_take_as_many_pairs_as_the_series_says),
        cmocka_unit_test(test_pairs_of_both_bases_share_sets),
        cmocka_unit_test(test_a_long_file_is_put_by_and_accepted_whole),
        cmocka_unit_test(test_a_long_file_that_is_refused_leaves_nothing),
        cmocka_unit_test(test_a_kill_while_a_file_comes_in_leaves_nothing),
        cmocka_unit_test(test_a_full_disk_takes_nothing_of_a_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
