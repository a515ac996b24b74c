#include "node/http_answer.h"
#include "node/http_router.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static lv_status nothing(void *node, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)node;
    (void)request;
    (void)response;
    (void)err;
    return LV_OK;
}

static const lv_route SETS[] = {
    {LV_HTTP_CONTROL, "GET", "/v1/sets", nothing},
    {LV_HTTP_CONTROL, "POST", "/v1/sets/*/buy", nothing},
    {LV_HTTP_CONTROL, "GET", "/v1/trace/*", nothing},
    {0},
};
static const lv_route COMMON[] = {
    {LV_HTTP_CONTROL | LV_HTTP_PEER, "GET", "/healthz", nothing},
    {LV_HTTP_PEER, "POST", "/v1/inquiries", nothing},
    {LV_HTTP_CONTROL, "POST", "/v1/sets", nothing},
    {0},
};
static const lv_route *const TABLES[] = {SETS, COMMON, NULL};

static void expect(unsigned door, const char *method, const char *path, lv_status status,
                   const char *tail)
{
    const lv_route *route = NULL;
    lv_buffer got = {0};
    lv_buffer allow = {0};
    assert_int_equal(lv_http_route_find(TABLES, door, method, path, &route, &got, &allow), status);
    assert_int_equal(route != NULL && status == LV_OK, status == LV_OK);
    if (status == LV_OK) {
        assert_string_equal(lv_buffer_text(&got), tail);
    }
    if (status == LV_REFUSED) {
        assert_string_equal(lv_buffer_text(&allow), tail);
    }
    lv_buffer_free(&got);
    lv_buffer_free(&allow);
}

static void test_paths_and_methods(void **state)
{
    (void)state;
    expect(LV_HTTP_CONTROL, "GET", "/v1/sets", LV_OK, "");
    expect(LV_HTTP_CONTROL, "POST", "/v1/sets", LV_OK, "");
    expect(LV_HTTP_CONTROL, "PUT", "/v1/sets", LV_REFUSED, "GET, POST");
    expect(LV_HTTP_CONTROL, "get", "/v1/sets", LV_REFUSED, "GET, POST");
    expect(LV_HTTP_CONTROL, "GET", "/v1/sets/", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "GET", "/v1/set", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "GET", "", LV_NOT_FOUND, "");
}

static void test_doors_are_apart(void **state)
{
    (void)state;
    expect(LV_HTTP_PEER, "GET", "/healthz", LV_OK, "");
    expect(LV_HTTP_CONTROL, "GET", "/healthz", LV_OK, "");
    expect(LV_HTTP_PEER, "POST", "/v1/inquiries", LV_OK, "");
    expect(LV_HTTP_CONTROL, "POST", "/v1/inquiries", LV_NOT_FOUND, "");
    expect(LV_HTTP_PEER, "GET", "/v1/sets", LV_NOT_FOUND, "");
    expect(LV_HTTP_PEER, "PUT", "/v1/sets", LV_NOT_FOUND, "");
}

static void test_a_star_is_one_segment(void **state)
{
    (void)state;
    expect(LV_HTTP_CONTROL, "POST", "/v1/sets/00ff/buy", LV_OK, "00ff");
    expect(LV_HTTP_CONTROL, "POST", "/v1/sets//buy", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "POST", "/v1/sets/a/b/buy", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "POST", "/v1/sets/a/buy/", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "GET", "/v1/trace/", LV_NOT_FOUND, "");
    expect(LV_HTTP_CONTROL, "GET", "/v1/trace/a", LV_OK, "a");
}

static void test_tails_are_decoded(void **state)
{
    (void)state;
    expect(LV_HTTP_CONTROL, "GET", "/v1/trace/lot%2F7%20b", LV_OK, "lot/7 b");
    expect(LV_HTTP_CONTROL, "GET", "/v1/trace/%e3%83%AD", LV_OK, "\xe3\x83\xad");
    expect(LV_HTTP_CONTROL, "GET", "/v1/trace/100%25", LV_OK, "100%");
    const char *bad[] = {"%", "%2", "%zz", "%00", "a%0ab", "%7f", "a\x01"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char path[32];
        snprintf(path, sizeof path, "/v1/trace/%s", bad[i]);
        expect(LV_HTTP_CONTROL, "GET", path, LV_E_SYNTAX, "");
    }
}

static void test_what_cannot_be_decoded_stays(void **state)
{
    (void)state;
    char text[] = "a%20b%0";
    assert_false(lv_http_unescape(text));
    assert_string_equal(text, "a%20b%0");
}

static void test_status_names_come_back(void **state)
{
    (void)state;
    for (int status = LV_REFUSED; status <= LV_UNAVAILABLE; status++) {
        assert_int_equal(lv_http_status_of_name(lv_status_name((lv_status)status)), status);
    }
    for (int status = LV_E_CONFIG; status <= LV_E_SYNTAX; status++) {
        assert_int_equal(lv_http_status_of_name(lv_status_name((lv_status)status)), status);
    }
    assert_int_equal(lv_http_status_of_name("LV_OK"), LV_E_SYNTAX);
    assert_int_equal(lv_http_status_of_name("nonsense"), LV_E_SYNTAX);
    assert_int_equal(lv_http_status_of_name(NULL), LV_E_SYNTAX);
}

static void test_error_bodies(void **state)
{
    (void)state;
    lv_http_response response = {0};
    assert_int_equal(lv_http_error(&response, 403, LV_REFUSED, "say \"no\""), LV_OK);
    assert_string_equal(lv_buffer_text(&response.body),
                        "{\"error\":\"say \\\"no\\\"\",\"code\":\"LV_REFUSED\"}");
    assert_int_equal(response.code, 403);
    assert_int_equal(lv_http_error(&response, 400, LV_E_SYNTAX, "\xff"), LV_OK);
    assert_non_null(strstr(lv_buffer_text(&response.body), "UTF-8"));
    lv_buffer_free(&response.body);
}

static void test_faults_inside_keep_their_words(void **state)
{
    (void)state;
    lv_http_response response = {0};
    lv_error err = {.text = "state/node.db: disk full"};
    assert_int_equal(lv_http_fault(&response, "/v1/sets", LV_E_IO, &err), LV_OK);
    assert_int_equal(response.code, 500);
    assert_null(strstr(lv_buffer_text(&response.body), "disk"));
    assert_non_null(strstr(lv_buffer_text(&response.body), "LV_E_IO"));
    assert_int_equal(lv_http_fault(&response, "/v1/sets", LV_EXISTS, &err), LV_OK);
    assert_int_equal(response.code, 409);
    assert_non_null(strstr(lv_buffer_text(&response.body), "disk"));
    lv_buffer_free(&response.body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths_and_methods),
        cmocka_unit_test(test_doors_are_apart),
        cmocka_unit_test(test_a_star_is_one_segment),
        cmocka_unit_test(test_tails_are_decoded),
        cmocka_unit_test(test_what_cannot_be_decoded_stays),
        cmocka_unit_test(test_status_names_come_back),
        cmocka_unit_test(test_error_bodies),
        cmocka_unit_test(test_faults_inside_keep_their_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
