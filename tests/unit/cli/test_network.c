/* What a network of Fabric has written down of itself, and what there is without one. */
#include "base/file.h"
#include "cli/network.h"
#include <lotveil/bytes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static char folder[] = "/tmp/lotveil-network-test-XXXXXX";

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    return rmdir(folder);
}

static void write_settings(const char *text)
{
    char path[256];
    lv_error err = {0};
    snprintf(path, sizeof path, "%s/network.conf", folder);
    assert_int_equal(lv_file_write(path, lv_bytes_of_text(text), 0600, &err), LV_OK);
}

static void expect(const char *name, lv_status status, const char *value)
{
    char got[16] = "stale";
    lv_error err = {0};
    assert_int_equal(lv_network_setting(folder, name, got, sizeof got, &err), status);
    assert_string_equal(got, value);
    assert_true(status == LV_OK || strstr(err.text, "network.conf") != NULL);
}

static void test_settings_are_read_by_their_whole_name(void **state)
{
    char path[256];
    (void)state;
    expect("made_with", LV_E_IO, "");
    write_settings("made_with=2.5.16\norderers=3\nbatch_timeout=200ms\n"
                   "long=0123456789abcdef0123\nlast=1");
    expect("made_with", LV_OK, "2.5.16");
    expect("batch_timeout", LV_OK, "200ms");
    expect("last", LV_OK, "1");
    expect("long", LV_OK, "0123456789abcde"); /* as much as there is room for */
    expect("made", LV_NOT_FOUND, "");
    expect("timeout", LV_NOT_FOUND, "");
    expect("made_with=2", LV_NOT_FOUND, "");
    snprintf(path, sizeof path, "%s/network.conf", folder);
    assert_int_equal(unlink(path), 0);
}

static void test_nothing_is_ended_where_there_is_none(void **state)
{
    lv_error err = {0};
    char path[256];
    lv_network none = {0};
    (void)state;
    snprintf(path, sizeof path, "%s/fabric", folder);
    assert_int_equal(lv_network_end(path, &err), LV_OK);
    lv_network_down(&none);
    assert_int_equal(none.guard, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_settings_are_read_by_their_whole_name),
        cmocka_unit_test(test_nothing_is_ended_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
