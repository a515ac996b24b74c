#include "base/base64.h"
#include "cli/client.h"
#include "cli/export_json.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_what_is_no_plain_character_is_escaped(void **state)
{
    (void)state;
    lv_buffer out = {0};
    assert_int_equal(lv_client_escape("LOT-1_a.~", &out), LV_OK);
    assert_string_equal(lv_buffer_text(&out), "LOT-1_a.~");
    lv_buffer_free(&out);
    assert_int_equal(lv_client_escape("../a b?x=1&y\n\xc3\xbc%", &out), LV_OK);
    assert_string_equal(lv_buffer_text(&out), "..%2Fa%20b%3Fx%3D1%26y%0A%C3%BC%25");
    lv_buffer_free(&out);
}

static void test_without_a_node_the_words_say_how_to_start_it(void **state)
{
    (void)state;
    lv_error err = {0};
    json_t *answer = NULL;
    assert_int_equal(lv_client_get("/nonexistent/b", &answer, &err, "/healthz"), LV_UNAVAILABLE);
    assert_null(answer);
    assert_non_null(strstr(err.text, "lotveil serve --dir /nonexistent/b"));
}

/* Is it told that the node cannot be asked for want of rights? As another user than root, to whom
 * nothing is forbidden. */
static bool is_told_of_rights(const char *folder)
{
    static const uid_t NOBODY = 65534;
    lv_error err = {0};
    json_t *answer = NULL;
    if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) != 0) {
        return false;
    }
    return lv_client_get(folder, &answer, &err, "/healthz") == LV_E_IO && answer == NULL &&
           strstr(err.text, "/state/control.sock: permission denied") != NULL &&
           strstr(err.text, "no node runs") == NULL;
}

static void test_of_a_node_of_another_user_the_words_say_so(void **state)
{
    (void)state;
    int result = -1;
    char folder[] = "/tmp/lotveil-test-client-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state", folder);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(mkdir(path, 0), 0);
    pid_t child = fork();
    if (child == 0) {
        _exit(is_told_of_rights(folder) ? 0 : 1);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(folder), 0);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

static void test_what_is_no_set_id_is_never_sent(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "abcde", "../healthz", "0123456789abcdefg", "12 456"};
    char set_id[2 * LV_DIGEST_LEN + 1];
    char longer[2 * LV_DIGEST_LEN + 2];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lv_client_set_id("/nonexistent", bad[i], set_id, NULL), LV_E_SYNTAX);
        assert_string_equal(set_id, "");
    }
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(lv_client_set_id("/nonexistent", longer, set_id, NULL), LV_E_SYNTAX);
    assert_int_equal(lv_client_set_id("/nonexistent", "abcdef", set_id, NULL), LV_UNAVAILABLE);
}

static void test_base64_there_and_back(void **state)
{
    (void)state;
    static const char *const bad[] = {"AA", "AAA", "A A=", "AAA*", "_-AA", "AAAAA"};
    const uint8_t bytes[] = {0, 255, 62, 63, 1};
    for (size_t len = 0; len <= sizeof bytes; len++) {
        json_t *text = lv_base64_json((lv_bytes){bytes, len});
        lv_buffer back = {0};
        assert_non_null(text);
        assert_int_equal(lv_base64_decode(json_string_value(text), &back), LV_OK);
        assert_int_equal(back.len, len);
        assert_memory_equal(back.data, bytes, len);
        lv_buffer_free(&back);
        json_decref(text);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_buffer back = {0};
        assert_int_equal(lv_base64_decode(bad[i], &back), LV_E_SYNTAX);
        assert_int_equal(back.len, 0);
        lv_buffer_free(&back);
    }
}

static void test_every_status_has_an_exit_code(void **state)
{
    (void)state;
    assert_int_equal(lv_cli_exit_code(LV_OK), 0);
    assert_int_equal(lv_cli_exit_code(LV_REFUSED), 1);
    assert_int_equal(lv_cli_exit_code(LV_INVALID), 1);
    assert_int_equal(lv_cli_exit_code(LV_UNAVAILABLE), 3);
    assert_int_equal(lv_cli_exit_code(LV_E_SYNTAX), 4);
    assert_int_equal(lv_cli_exit_code(LV_E_CORRUPT), 5);
    for (int status = LV_E_CONFIG; status <= LV_UNAVAILABLE; status++) {
        assert_true(status == LV_OK || lv_cli_exit_code((lv_status)status) != 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_no_plain_character_is_escaped),
        cmocka_unit_test(test_without_a_node_the_words_say_how_to_start_it),
        cmocka_unit_test(test_of_a_node_of_another_user_the_words_say_so),
        cmocka_unit_test(test_what_is_no_set_id_is_never_sent),
        cmocka_unit_test(test_base64_there_and_back),
        cmocka_unit_test(test_every_status_has_an_exit_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
