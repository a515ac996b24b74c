#include "identity/vault.h"
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char SECRET[] = "a key of a set";
static const char LABEL[] = "set-key/00ff";
static const size_t KIND_AT = 16;       /* after the magic line */
static const size_t OPERATIONS_AT = 33; /* after kind and salt */
static const size_t MEMORY_AT = 41;

static lv_status reopen(const lv_buffer *file, const char *passphrase, lv_error *err)
{
    lv_vault *vault = NULL;
    lv_status status = lv_vault_open(lv_buffer_view(file), passphrase, &vault, err);
    assert_int_equal(vault != NULL, status == LV_OK);
    lv_vault_close(vault);
    return status;
}

static lv_vault *open_new(lv_buffer *file, const char *passphrase)
{
    lv_vault *vault = NULL;
    assert_int_equal(lv_vault_create(passphrase, file, NULL), LV_OK);
    assert_int_equal(lv_vault_open(lv_buffer_view(file), passphrase, &vault, NULL), LV_OK);
    return vault;
}

static void expect_opens(const lv_vault *vault, lv_bytes sealed)
{
    lv_buffer secret = {0};
    assert_int_equal(lv_buffer_append(&secret, "before ", 7), LV_OK);
    assert_int_equal(lv_vault_unseal(vault, LABEL, sealed, &secret, NULL), LV_OK);
    assert_string_equal(lv_buffer_text(&secret), "before a key of a set");
    lv_buffer_wipe(&secret);
}

static void expect_closed(const lv_vault *vault, const char *label, lv_bytes sealed)
{
    lv_buffer secret = {0};
    lv_error err = {0};
    assert_int_equal(lv_buffer_append(&secret, "before", 6), LV_OK);
    assert_int_equal(lv_vault_unseal(vault, label, sealed, &secret, &err), LV_INVALID);
    assert_string_not_equal(err.text, "");
    assert_string_equal(lv_buffer_text(&secret), "before");
    lv_buffer_wipe(&secret);
}

static void test_what_is_sealed_opens(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_buffer sealed = {0};
    lv_vault *vault = open_new(&file, NULL);
    assert_int_equal(lv_vault_seal(vault, LABEL, lv_bytes_of_text(SECRET), &sealed, NULL), LV_OK);
    assert_null(memmem(sealed.data, sealed.len, SECRET, strlen(SECRET)));
    expect_opens(vault, lv_buffer_view(&sealed));
    lv_vault_close(vault);

    /* and after the vault was opened anew */
    assert_int_equal(lv_vault_open(lv_buffer_view(&file), NULL, &vault, NULL), LV_OK);
    expect_opens(vault, lv_buffer_view(&sealed));
    lv_vault_close(vault);
    lv_buffer_free(&sealed);
    lv_buffer_wipe(&file);
}

static void test_a_sealed_thing_opens_only_under_its_label_and_key(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_buffer other_file = {0};
    lv_buffer sealed = {0};
    lv_vault *vault = open_new(&file, NULL);
    lv_vault *other = open_new(&other_file, NULL);
    assert_int_equal(lv_vault_seal(vault, LABEL, lv_bytes_of_text(SECRET), &sealed, NULL), LV_OK);
    expect_closed(vault, "set-key/00fe", lv_buffer_view(&sealed));
    expect_closed(vault, "", lv_buffer_view(&sealed));
    expect_closed(other, LABEL, lv_buffer_view(&sealed));
    for (size_t i = 0; i < sealed.len; i++) {
        sealed.data[i] ^= 0x10;
        expect_closed(vault, LABEL, lv_buffer_view(&sealed));
        sealed.data[i] ^= 0x10;
    }
    for (size_t len = 0; len < sealed.len; len++) {
        expect_closed(vault, LABEL, (lv_bytes){sealed.data, len});
    }
    expect_opens(vault, lv_buffer_view(&sealed));
    lv_vault_close(vault);
    lv_vault_close(other);
    lv_buffer_free(&sealed);
    lv_buffer_wipe(&file);
    lv_buffer_wipe(&other_file);
}

static void test_sealing_twice_differs(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_buffer first = {0};
    lv_buffer second = {0};
    lv_vault *vault = open_new(&file, NULL);
    assert_int_equal(lv_vault_seal(vault, LABEL, (lv_bytes){0}, &first, NULL), LV_OK);
    assert_int_equal(lv_vault_seal(vault, LABEL, (lv_bytes){0}, &second, NULL), LV_OK);
    assert_false(lv_bytes_equal(lv_buffer_view(&first), lv_buffer_view(&second)));
    lv_vault_close(vault);
    lv_buffer_free(&first);
    lv_buffer_free(&second);
    lv_buffer_wipe(&file);
}

static void test_a_passphrase_locks_the_vault(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_buffer sealed = {0};
    lv_error err = {0};
    lv_vault *vault = open_new(&file, "correct horse");
    assert_int_equal(lv_vault_seal(vault, LABEL, lv_bytes_of_text(SECRET), &sealed, NULL), LV_OK);
    expect_opens(vault, lv_buffer_view(&sealed));
    lv_vault_close(vault);

    assert_int_equal(reopen(&file, "correct horsf", &err), LV_INVALID);
    assert_non_null(strstr(err.text, "wrong"));
    assert_int_equal(reopen(&file, NULL, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "none was given"));
    lv_buffer_free(&sealed);
    lv_buffer_wipe(&file);
    assert_int_equal(lv_vault_create("", &file, &err), LV_E_ARGUMENT);
    assert_null(file.data);
}

static void test_an_exchanged_file_is_noticed(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_error err = {0};
    assert_int_equal(lv_vault_create(NULL, &file, &err), LV_OK);
    assert_int_equal(reopen(&file, "correct horse", &err), LV_INVALID);
    assert_non_null(strstr(err.text, "without one"));
    assert_int_equal(reopen(&file, NULL, &err), LV_OK);
    lv_buffer_wipe(&file);
}

static void test_cut_and_lengthened_files_are_refused(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_error err = {0};
    for (int i = 0; i < 2; i++) {
        const char *passphrase = i == 0 ? NULL : "p";
        assert_int_equal(lv_vault_create(passphrase, &file, &err), LV_OK);
        size_t len = file.len;
        for (file.len = 0; file.len < len; file.len++) {
            assert_true(reopen(&file, passphrase, &err) < 0);
        }
        assert_int_equal(lv_buffer_append(&file, "", 1), LV_OK);
        assert_true(reopen(&file, passphrase, &err) < 0);
        lv_buffer_wipe(&file);
    }
}

/* One bit in each part of the file. */
static void test_flipped_bits_are_refused(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_error err = {0};
    assert_int_equal(lv_vault_create("p", &file, &err), LV_OK);
    const size_t at[] = {17, 49, 73, file.len - 1};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        file.data[at[i]] ^= 1;
        assert_int_equal(reopen(&file, "p", &err), LV_INVALID);
        file.data[at[i]] ^= 1;
    }
    file.data[OPERATIONS_AT + 7] ^= 1; /* 2 in place of 3: bound, so it does not open */
    assert_int_equal(reopen(&file, "p", &err), LV_INVALID);
    file.data[OPERATIONS_AT + 7] ^= 1;
    file.data[0] ^= 1;
    assert_int_equal(reopen(&file, "p", &err), LV_E_SYNTAX);
    file.data[0] ^= 1;
    file.data[KIND_AT] ^= 4;
    assert_int_equal(reopen(&file, "p", &err), LV_E_CORRUPT);
    lv_buffer_wipe(&file);
}

static void test_a_file_cannot_ask_for_more_than_is_sane(void **state)
{
    (void)state;
    lv_buffer file = {0};
    lv_error err = {0};
    assert_int_equal(lv_vault_create("p", &file, &err), LV_OK);
    file.data[OPERATIONS_AT + 6] = 1;
    assert_int_equal(reopen(&file, "p", &err), LV_E_LIMIT);
    file.data[OPERATIONS_AT + 6] = 0;
    file.data[MEMORY_AT + 3] = 1;
    assert_int_equal(reopen(&file, "p", &err), LV_E_LIMIT);
    memset(file.data + MEMORY_AT, 0, 8);
    assert_int_equal(reopen(&file, "p", &err), LV_E_LIMIT);
    lv_buffer_wipe(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_sealed_opens),
        cmocka_unit_test(test_a_sealed_thing_opens_only_under_its_label_and_key),
        cmocka_unit_test(test_sealing_twice_differs),
        cmocka_unit_test(test_a_passphrase_locks_the_vault),
        cmocka_unit_test(test_an_exchanged_file_is_noticed),
        cmocka_unit_test(test_cut_and_lengthened_files_are_refused),
        cmocka_unit_test(test_flipped_bits_are_refused),
        cmocka_unit_test(test_a_file_cannot_ask_for_more_than_is_sane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
