#include "record/digest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void expect(const lv_digest *digest, const char *hex)
{
    char text[2 * LV_DIGEST_LEN + 1];
    lv_digest_hex(digest, text);
    assert_string_equal(text, hex);
}

static void test_sha256(void **state)
{
    (void)state;
    lv_digest digest;
    lv_digest parts;
    const lv_bytes abc[] = {lv_bytes_of_text("a"), {0}, lv_bytes_of_text("bc")};
    assert_int_equal(lv_digest_of(lv_bytes_of_text("abc"), &digest), LV_OK);
    expect(&digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_int_equal(lv_digest_of_parts(abc, 3, &parts), LV_OK);
    assert_true(lv_digest_equal(&digest, &parts));
    assert_int_equal(lv_digest_of((lv_bytes){0}, &digest), LV_OK);
    expect(&digest, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_false(lv_digest_equal(&digest, &parts));
}

static void test_hex(void **state)
{
    (void)state;
    lv_digest digest;
    const char *hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_int_equal(lv_digest_from_hex(hex, &digest), LV_OK);
    expect(&digest, hex);
    const char *bad[] = {"", "ba78",
                         "xa7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
                         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad0"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lv_digest_from_hex(bad[i], &digest), LV_E_SYNTAX);
    }
}

/* The value is computed from the specification in record.h by other means. */
static void test_binding(void **state)
{
    (void)state;
    lv_digest binding;
    assert_int_equal(lv_binding_of(lv_bytes_of_text("key"), lv_bytes_of_text("xx"),
                                   lv_bytes_of_text("yyy"), &binding),
                     LV_OK);
    expect(&binding, "ec9ec26e3f0c71f4bba4f4594ed21c45f894362d8bf7f407515ca7ec9d424acd");
    lv_digest shifted;
    assert_int_equal(lv_binding_of(lv_bytes_of_text("key"), lv_bytes_of_text("xxy"),
                                   lv_bytes_of_text("yy"), &shifted),
                     LV_OK);
    assert_false(lv_digest_equal(&binding, &shifted));
}

static void test_set_id(void **state)
{
    (void)state;
    lv_digest id;
    assert_int_equal(lv_set_id_of(lv_bytes_of_text("abc"), &id), LV_OK);
    expect(&id, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sha256),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_binding),
        cmocka_unit_test(test_set_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
