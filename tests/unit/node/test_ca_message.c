/* What a Fabric CA is asked, and every way in which its answer can be none. */
#include "base/base64.h"
#include "node/ca.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define PEM "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

static lv_bytes bytes(const char *text) { return lv_bytes_of_text(text); }

static void expect_body(const lv_buffer *body, const char *wanted)
{
    assert_string_equal(lv_buffer_text(body), wanted);
}

static void test_what_is_asked(void **state)
{
    (void)state;
    lv_buffer body = {0};
    assert_int_equal(lv_ca_info_body(NULL, &body), LV_OK);
    expect_body(&body, "{}");
    lv_buffer_free(&body);
    assert_int_equal(lv_ca_info_body("ca \"1\"", &body), LV_OK);
    expect_body(&body, "{\"caname\":\"ca \\\"1\\\"\"}");
    lv_buffer_free(&body);
    assert_int_equal(lv_ca_enroll_body(bytes("CSR\n"), "", &body), LV_OK);
    expect_body(&body, "{\"certificate_request\":\"CSR\\n\"}");
    lv_buffer_free(&body);
    lv_ca_registration asked = {.user = "node.b", .type = "client"};
    assert_int_equal(lv_ca_register_body(&asked, NULL, &body), LV_OK);
    expect_body(&body, "{\"id\":\"node.b\",\"type\":\"client\"}");
    lv_buffer_wipe(&body);
    asked.affiliation = "b.plant1";
    asked.secret = bytes("s3cret");
    asked.enrollments = 2;
    assert_int_equal(lv_ca_register_body(&asked, "ca1", &body), LV_OK);
    expect_body(&body, "{\"id\":\"node.b\",\"type\":\"client\",\"affiliation\":\"b.plant1\","
                       "\"caname\":\"ca1\",\"max_enrollments\":2,\"secret\":\"s3cret\"}");
    lv_buffer_wipe(&body);
}

/* {"success": true, "result": {key: value}} with the value in base64 where asked. */
static lv_buffer answer_of(const char *key, const char *value, bool encode)
{
    lv_buffer text = {0};
    lv_buffer encoded = {0};
    assert_int_equal(lv_base64_encode(bytes(value), &encoded), LV_OK);
    assert_int_equal(lv_buffer_printf(&text,
                                      "{\"success\":true,\"result\":{\"%s\":\"%s\"},\"errors\":[]}",
                                      key, encode ? lv_buffer_text(&encoded) : value),
                     LV_OK);
    lv_buffer_free(&encoded);
    return text;
}

static void test_what_is_answered(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_buffer out = {0};
    lv_buffer answer = answer_of("Cert", PEM, true);
    assert_int_equal(lv_buffer_printf(&out, "before"), LV_OK);
    assert_int_equal(lv_ca_read_certificate(201, lv_buffer_view(&answer), &out, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&out), "before" PEM);
    lv_buffer_free(&out);
    assert_int_equal(lv_ca_read_root(201, lv_buffer_view(&answer), &out, &err), LV_INVALID);
    lv_buffer_free(&answer);
    answer = answer_of("CAChain", PEM, true);
    assert_int_equal(lv_ca_read_root(200, lv_buffer_view(&answer), &out, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&out), PEM);
    lv_buffer_free(&out);
    lv_buffer_free(&answer);
    answer = answer_of("secret", "s3cret", false);
    assert_int_equal(lv_ca_read_secret(201, lv_buffer_view(&answer), &out, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&out), "s3cret");
    lv_buffer_wipe(&out);
    lv_buffer_free(&answer);
}

static void expect_refused(unsigned code, const char *answer, lv_status status, const char *words)
{
    lv_error err = {0};
    lv_buffer out = {0};
    lv_status got = lv_ca_read_certificate(code, bytes(answer), &out, &err);
    if (got != status || strstr(err.text, words) == NULL) {
        fail_msg("%s: %s, \"%s\" lacks \"%s\"", answer, lv_status_name(got), err.text, words);
    }
    assert_int_equal(out.len, 0);
    lv_buffer_free(&out);
}

static void test_what_is_no_answer(void **state)
{
    (void)state;
    static const char REFUSED[] =
        "{\"success\":false,\"result\":\"\",\"errors\":[{\"code\":20,\"message\":\"Authentication "
        "failure\"}]}";
    expect_refused(401, REFUSED, LV_REFUSED, "Authentication failure (HTTP 401)");
    expect_refused(200, REFUSED, LV_REFUSED, "Authentication failure");
    expect_refused(302, "", LV_REFUSED, "HTTP 302");
    expect_refused(500, REFUSED, LV_UNAVAILABLE, "Authentication failure (HTTP 500)");
    expect_refused(502, "<html>", LV_UNAVAILABLE, "HTTP 502");
    expect_refused(201, "", LV_INVALID, "no JSON");
    expect_refused(201, "{", LV_INVALID, "no JSON");
    expect_refused(201, "[]", LV_INVALID, "no JSON");
    expect_refused(201, "{\"success\":true,\"success\":true}", LV_INVALID, "no JSON");
    expect_refused(201, "{}", LV_REFUSED, "refused");
    expect_refused(201, "{\"success\":true}", LV_INVALID, "result.Cert");
    expect_refused(201, "{\"success\":true,\"result\":[]}", LV_INVALID, "result.Cert");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":7}}", LV_INVALID, "result.Cert");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":\"\"}}", LV_INVALID, "result.Cert");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":\"*\"}}", LV_INVALID, "base64");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":\"MTIz\"}}", LV_INVALID,
                   "no certificate");
    expect_refused(201, "{\"success\":true,\"result\":{\"Cert\":\"AAAA\"}}", LV_INVALID,
                   "no certificate");
    lv_buffer two = answer_of("Cert", PEM PEM, true);
    expect_refused(201, lv_buffer_text(&two), LV_INVALID, "several");
    lv_buffer_free(&two);
}

/* What a CA says goes to logs and screens. */
static void test_its_words_are_one_line_of_text(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_buffer out = {0};
    const char *answer = "{\"errors\":[{\"message\":\"a\\n\\u001b[31mb\\u00e4c\"}]}";
    assert_int_equal(lv_ca_read_certificate(403, bytes(answer), &out, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "a??[31mb??c"));
}

static void test_addresses(void **state)
{
    (void)state;
    static const char *const good[] = {"https://ca", "https://ca.example:7054",
                                       "https://[::1]:7054", "https://10.0.0.1"};
    static const char *const bad[] = {"",
                                      "ca.example:7054",
                                      "http://ca.example",
                                      "https://",
                                      "https://:7054",
                                      "https://ca/api",
                                      "https://user:secret@ca",
                                      "https://ca\n"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(lv_ca_url_is_valid(good[i]));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(lv_ca_url_is_valid(bad[i]));
    }
}

static void test_nothing_is_sent_where_the_ca_is_not_known(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_buffer root = {0};
    lv_ca ca = {.url = "https://127.0.0.1:1", .seconds = 1};
    assert_int_equal(lv_ca_root(&ca, &root, &err), LV_E_ARGUMENT);
    assert_non_null(strstr(err.text, "root"));
    ca.roots = bytes(PEM);
    ca.name = "a\nb";
    assert_int_equal(lv_ca_root(&ca, &root, &err), LV_E_ARGUMENT);
    ca.name = "";
    ca.url = "http://127.0.0.1:1";
    assert_int_equal(lv_ca_root(&ca, &root, &err), LV_E_ARGUMENT);
    assert_int_equal(root.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_asked),
        cmocka_unit_test(test_what_is_answered),
        cmocka_unit_test(test_what_is_no_answer),
        cmocka_unit_test(test_its_words_are_one_line_of_text),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_nothing_is_sent_where_the_ca_is_not_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
