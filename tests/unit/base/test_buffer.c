#include "base/hex.h"
#include "base/reader.h"
#include "base/writer.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    lv_buffer buffer = {0};
    assert_int_equal(lv_write_u8(&buffer, 7), LV_OK);
    assert_int_equal(lv_write_u32(&buffer, 0xdeadbeefU), LV_OK);
    assert_int_equal(lv_write_u64(&buffer, UINT64_MAX - 1), LV_OK);
    assert_int_equal(lv_write_block(&buffer, lv_bytes_of_text("lot")), LV_OK);

    lv_reader reader = lv_reader_of(lv_buffer_view(&buffer));
    assert_int_equal(lv_read_u8(&reader), 7);
    assert_int_equal(lv_read_u32(&reader), 0xdeadbeefU);
    assert_true(lv_read_u64(&reader) == UINT64_MAX - 1);
    assert_true(lv_bytes_equal(lv_read_block(&reader, 3), lv_bytes_of_text("lot")));
    assert_int_equal(lv_reader_end(&reader), LV_OK);
    lv_buffer_free(&buffer);
}

static void test_every_truncation_is_an_error(void **state)
{
    (void)state;
    lv_buffer buffer = {0};
    assert_int_equal(lv_write_u32(&buffer, 1), LV_OK);
    assert_int_equal(lv_write_block(&buffer, lv_bytes_of_text("lot")), LV_OK);
    for (size_t len = 0; len < buffer.len; len++) {
        lv_reader reader = lv_reader_of((lv_bytes){.data = buffer.data, .len = len});
        lv_read_u32(&reader);
        lv_read_block(&reader, 3);
        assert_int_equal(lv_reader_end(&reader), LV_E_SYNTAX);
    }
    lv_buffer_free(&buffer);
}

static void test_trailing_bytes_and_large_blocks_are_errors(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0, 0, 0, 2, 'a', 'b', 'c'};
    lv_reader reader = lv_reader_of((lv_bytes){.data = bytes, .len = sizeof bytes});
    lv_read_block(&reader, 2);
    assert_int_equal(lv_reader_end(&reader), LV_E_SYNTAX);
    reader = lv_reader_of((lv_bytes){.data = bytes, .len = 6});
    lv_read_block(&reader, 1);
    assert_int_equal(lv_reader_end(&reader), LV_E_SYNTAX);
}

static void test_what_is_cut_is_wiped(void **state)
{
    (void)state;
    lv_buffer buffer = {0};
    assert_int_equal(lv_buffer_append(&buffer, "keepgone", 8), LV_OK);
    lv_buffer_cut(&buffer, 9);
    assert_int_equal(buffer.len, 8);
    lv_buffer_cut(&buffer, 4);
    assert_string_equal(lv_buffer_text(&buffer), "keep");
    assert_memory_equal(buffer.data + 4, "\0\0\0\0", 4);
    lv_buffer_free(&buffer);
}

static void test_hex(void **state)
{
    (void)state;
    uint8_t bytes[2] = {0};
    char text[5];
    assert_int_equal(lv_hex_decode("0fA9", bytes, 2), LV_OK);
    lv_hex_encode((lv_bytes){.data = bytes, .len = 2}, text);
    assert_string_equal(text, "0fa9");
    const char *bad[] = {"", "0", "0fa", "0fa9a", "0fg9", "0f a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lv_hex_decode(bad[i], bytes, 2), LV_E_SYNTAX);
    }
}

static void test_errors_are_cut_not_overrun(void **state)
{
    (void)state;
    lv_error err;
    char longer[2 * LV_ERROR_TEXT_MAX];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(lv_fail(&err, LV_E_IO, "%s", longer), LV_E_IO);
    assert_int_equal(strlen(err.text), LV_ERROR_TEXT_MAX - 1);
    lv_fail(&err, LV_E_IO, "column value");
    lv_error_prefix(&err, "rows.csv:%d: ", 3);
    assert_string_equal(err.text, "rows.csv:3: column value");
    assert_int_equal(lv_fail(NULL, LV_REFUSED, "nobody listens"), LV_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_every_truncation_is_an_error),
        cmocka_unit_test(test_trailing_bytes_and_large_blocks_are_errors),
        cmocka_unit_test(test_what_is_cut_is_wiped),
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_errors_are_cut_not_overrun),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
