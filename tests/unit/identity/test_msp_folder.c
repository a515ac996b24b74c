#include "base/file.h"
#include "identity/msp_folder.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const HOSTS[] = {"127.0.0.1"};
static const lv_organisation_params PARAMS = {
    .msp_id = "BMSP", .hosts = HOSTS, .host_count = 1, .days = 30};

static char folder[64];

static void place(char *path, size_t len, const char *name)
{
    snprintf(path, len, "%s/%s", folder, name);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/lotveil-msp-XXXXXX");
    return mkdtemp(folder) == NULL ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    const char *const names[] = {
        "msp/cacerts/ca.pem",     "msp/cacerts",   "msp/tlscacerts/ca.pem", "msp/tlscacerts",
        "msp/signcerts/cert.pem", "msp/signcerts", "msp/config.yaml",       "msp/keystore/key.pem",
        "msp/keystore",           "msp",           "ca/ca-key.pem",         "ca"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        place(path, sizeof path, names[i]);
        remove(path);
    }
    return rmdir(folder); /* fails where anything else was left behind */
}

static unsigned mode_of(const char *name)
{
    char path[128];
    struct stat found;
    place(path, sizeof path, name);
    assert_int_equal(stat(path, &found), 0);
    return found.st_mode & 0777U;
}

static void overwrite(const char *name, const char *text)
{
    char path[128];
    place(path, sizeof path, name);
    assert_int_equal(lv_file_write(path, lv_bytes_of_text(text), 0600, NULL), LV_OK);
}

static void test_an_organisation_is_written_and_loaded(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_identity *identity = NULL;
    lv_trust *trust = NULL;
    lv_buffer root = {0};
    const char *msp = NULL;
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_OK);
    assert_int_equal(mode_of("msp/keystore/key.pem"), 0600);
    assert_int_equal(mode_of("ca/ca-key.pem"), 0600);
    assert_int_equal(mode_of("msp/config.yaml"), 0644);
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, &root, &err), LV_OK);
    assert_string_equal(lv_identity_msp(identity), "BMSP");

    assert_int_equal(lv_trust_new(&trust), LV_OK);
    assert_int_equal(lv_trust_add(trust, "BMSP", lv_buffer_view(&root), &err), LV_OK);
    assert_int_equal(lv_trust_check_certificate(trust, lv_identity_certificate(identity),
                                                LV_TIME_ANY, &msp, &err),
                     LV_OK);
    assert_string_equal(msp, "BMSP");
    lv_trust_free(trust);
    lv_buffer_free(&root);
    lv_identity_free(identity);
}

static void test_an_identity_is_never_overwritten(void **state)
{
    (void)state;
    lv_error err = {0};
    char path[128];
    char moved[128];
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_OK);
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_EXISTS);

    /* The root's key alone is reason enough. */
    place(path, sizeof path, "msp");
    place(moved, sizeof moved, "moved");
    assert_int_equal(rename(path, moved), 0);
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_EXISTS);
    assert_non_null(strstr(err.text, "ca-key.pem"));
    assert_int_equal(rename(moved, path), 0);
}

static void test_a_damaged_folder_is_refused(void **state)
{
    (void)state;
    lv_error err = {0};
    lv_identity *identity = NULL;
    lv_buffer root = {0};
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, &root, &err), LV_NOT_FOUND);
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_OK);
    overwrite("msp/keystore/key.pem", "-----BEGIN PRIVATE KEY-----\n");
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, &root, &err), LV_E_SYNTAX);
    assert_null(identity);
    assert_null(root.data);
    assert_non_null(strstr(err.text, folder));
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, NULL, &err), LV_E_SYNTAX);
}

/* What the issued folder below holds, and nothing else of it stays behind. */
static void remove_issued(void)
{
    const char *const names[] = {"peer/cacerts/ca.pem",     "peer/cacerts",
                                 "peer/tlscacerts/ca.pem",  "peer/tlscacerts",
                                 "peer/signcerts/cert.pem", "peer/signcerts",
                                 "peer/keystore/key.pem",   "peer/keystore",
                                 "peer/config.yaml",        "peer"};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        place(path, sizeof path, names[i]);
        assert_int_equal(remove(path), 0);
    }
}

static void test_another_certificate_is_issued_under_the_same_root(void **state)
{
    (void)state;
    lv_error err = {0};
    char out[128];
    lv_buffer before = {0};
    lv_buffer after = {0};
    lv_organisation_params params = PARAMS;
    params.msp_id = NULL;
    params.unit = "peer";
    place(out, sizeof out, "peer");
    assert_int_equal(lv_msp_folder_issue(folder, &params, out, &err), LV_NOT_FOUND);
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_OK);
    assert_int_equal(lv_msp_folder_issue(folder, &params, out, &err), LV_OK);
    assert_int_equal(mode_of("peer/keystore/key.pem"), 0600);

    place(out, sizeof out, "peer/signcerts/cert.pem");
    assert_int_equal(lv_file_read(out, 8192, &before, &err), LV_OK);
    place(out, sizeof out, "peer");
    assert_int_equal(lv_msp_folder_issue(folder, &params, out, &err), LV_EXISTS);
    assert_non_null(strstr(err.text, out));
    place(out, sizeof out, "peer/signcerts/cert.pem");
    assert_int_equal(lv_file_read(out, 8192, &after, &err), LV_OK);
    assert_true(lv_bytes_equal(lv_buffer_view(&before), lv_buffer_view(&after)));
    lv_buffer_free(&before);
    lv_buffer_free(&after);
    remove_issued();
}

static void test_nothing_is_issued_with_a_root_that_does_not_fit(void **state)
{
    (void)state;
    lv_error err = {0};
    char out[128];
    lv_organisation_params params = PARAMS;
    params.msp_id = NULL;
    place(out, sizeof out, "peer");
    assert_int_equal(lv_msp_folder_create(folder, &PARAMS, &err), LV_OK);
    overwrite("ca/ca-key.pem", "-----BEGIN PRIVATE KEY-----\n");
    assert_int_equal(lv_msp_folder_issue(folder, &params, out, &err), LV_E_SYNTAX);
    overwrite("msp/cacerts/ca.pem", "-----BEGIN CERTIFICATE-----\n");
    assert_int_equal(lv_msp_folder_issue(folder, &params, out, &err), LV_E_SYNTAX);
    assert_false(lv_file_exists(out));
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER(test_an_organisation_is_written_and_loaded),
        FOLDER(test_an_identity_is_never_overwritten),
        FOLDER(test_a_damaged_folder_is_refused),
        FOLDER(test_another_certificate_is_issued_under_the_same_root),
        FOLDER(test_nothing_is_issued_with_a_root_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
