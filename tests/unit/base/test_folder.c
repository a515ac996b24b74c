/* Folders made and removed. */
#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static char folder[] = "/tmp/lotveil-folder-test-XXXXXX";

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

static const char *within(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void write_one(const char *name)
{
    lv_error err = {0};
    assert_int_equal(lv_file_write(within(name), lv_bytes_of_text("x"), 0600, &err), LV_OK);
}

static void test_all_below_goes_and_nothing_beside(void **state)
{
    lv_error err = {0};
    (void)state;
    assert_int_equal(lv_folder_make(within("one/two/three"), &err), LV_OK);
    write_one("one/two/three/file");
    write_one("one/file");
    write_one("beside");
    char target[256];
    snprintf(target, sizeof target, "%s", within("beside"));
    assert_int_equal(symlink(target, within("one/link")), 0);
    assert_int_equal(lv_folder_remove(within("one"), &err), LV_OK);
    assert_false(lv_file_exists(within("one")));
    assert_true(lv_file_exists(within("beside"))); /* a link does not lead out of it */
    assert_int_equal(lv_folder_remove(within("one"), &err), LV_OK); /* there is none */
    assert_int_equal(lv_folder_remove(within("beside"), &err), LV_OK);
    assert_false(lv_file_exists(within("beside")));
}

static void test_what_cannot_be_removed_is_named(void **state)
{
    lv_error err = {0};
    (void)state;
    assert_int_equal(lv_folder_remove("/proc/self/status", &err), LV_E_IO);
    assert_non_null(strstr(err.text, "/proc/self/status"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_below_goes_and_nothing_beside),
        cmocka_unit_test(test_what_cannot_be_removed_is_named),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
