#include "base/file.h"
#include "identity/msp_folder.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <stdatomic.h>
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

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The files that stand below the folder, and no temporary among them. */
static size_t count_in(const char *name)
{
    char path[128];
    size_t count = 0;
    place(path, sizeof path, name);
    DIR *open_folder = opendir(path);
    if (open_folder == NULL) {
        fail_msg("no folder %s", path);
        return 0;
    }
    for (const struct dirent *at = readdir(open_folder); at != NULL; at = readdir(open_folder)) {
        count += at->d_name[0] == '.' ? 0 : 1;
    }
    closedir(open_folder);
    return count;
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
    err = (lv_error){0};
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

/* ---- another certificate in place of the first ---- */

typedef struct {
    lv_buffer certificate;
    lv_buffer key;
} pair;

static pair make_pair(const lv_organisation *by)
{
    pair made = {{0}, {0}};
    assert_int_equal(lv_organisation_issue(&PARAMS, lv_buffer_view(&by->ca_certificate),
                                           lv_buffer_view(&by->ca_key), &made.certificate,
                                           &made.key, NULL),
                     LV_OK);
    return made;
}

static void pair_free(pair *freed)
{
    lv_buffer_free(&freed->certificate);
    lv_buffer_wipe(&freed->key);
}

static lv_status replace(const lv_buffer *certificate, const lv_buffer *key)
{
    return lv_msp_folder_replace(folder, "BMSP", lv_buffer_view(certificate), lv_buffer_view(key),
                                 NULL);
}

/* What lv_msp_folder_load finds is the certificate of `wanted`. */
static void expect_loaded(const pair *wanted)
{
    lv_error err = {0};
    lv_identity *identity = NULL;
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, NULL, &err), LV_OK);
    assert_string_equal(err.text, "");
    assert_true(lv_bytes_equal(lv_identity_certificate_pem(identity),
                               lv_buffer_view(&wanted->certificate)));
    lv_identity_free(identity);
}

static void test_what_was_issued_elsewhere_is_adopted(void **state)
{
    (void)state;
    lv_organisation made;
    lv_error err = {0};
    assert_int_equal(lv_organisation_create(&PARAMS, &made, &err), LV_OK);
    assert_int_equal(lv_msp_folder_adopt(folder, &made, &err), LV_OK);
    assert_int_equal(mode_of("msp/keystore/key.pem"), 0600);
    assert_int_equal(count_in("."), 1); /* and no ca/ */
    const pair own = {made.certificate, made.key};
    expect_loaded(&own);
    assert_int_equal(lv_msp_folder_adopt(folder, &made, &err), LV_EXISTS);
    lv_organisation_wipe(&made);
}

static void test_a_certificate_is_replaced(void **state)
{
    (void)state;
    lv_organisation made;
    assert_int_equal(lv_organisation_create(&PARAMS, &made, NULL), LV_OK);
    assert_int_equal(lv_msp_folder_adopt(folder, &made, NULL), LV_OK);
    for (int i = 0; i < 3; i++) {
        pair next = make_pair(&made);
        assert_int_equal(replace(&next.certificate, &next.key), LV_OK);
        expect_loaded(&next);
        assert_int_equal(count_in("msp/keystore"), 1); /* that of the one before is gone */
        assert_int_equal(count_in("msp/signcerts"), 1);
        pair_free(&next);
    }
    lv_organisation_wipe(&made);
}

static void test_what_does_not_fit_is_not_put_in_place(void **state)
{
    (void)state;
    lv_organisation made;
    assert_int_equal(lv_organisation_create(&PARAMS, &made, NULL), LV_OK);
    pair a = make_pair(&made);
    pair b = make_pair(&made);
    const pair own = {made.certificate, made.key};
    assert_int_equal(replace(&a.certificate, &a.key), LV_NOT_FOUND); /* there is no msp */
    assert_int_equal(lv_msp_folder_adopt(folder, &made, NULL), LV_OK);
    assert_int_equal(replace(&a.certificate, &b.key), LV_INVALID);
    assert_int_equal(replace(&a.key, &a.key), LV_E_SYNTAX);
    expect_loaded(&own);
    assert_int_equal(count_in("msp/keystore"), 1);
    pair_free(&a);
    pair_free(&b);
    lv_organisation_wipe(&made);
}

/* A kill between key and certificate leaves one key too many. */
static void test_the_key_that_fits_is_found_among_others(void **state)
{
    (void)state;
    lv_organisation made;
    lv_error err = {0};
    lv_identity *identity = NULL;
    assert_int_equal(lv_organisation_create(&PARAMS, &made, NULL), LV_OK);
    assert_int_equal(lv_msp_folder_adopt(folder, &made, NULL), LV_OK);
    pair other = make_pair(&made);
    const pair own = {made.certificate, made.key};
    overwrite("msp/keystore/0_sk", lv_buffer_text(&other.key));
    overwrite("msp/keystore/damaged_sk", "-----BEGIN PRIVATE KEY-----\n");
    expect_loaded(&own);
    overwrite("msp/keystore/key.pem", lv_buffer_text(&other.key));
    assert_int_equal(lv_msp_folder_load(folder, "BMSP", &identity, NULL, &err), LV_INVALID);
    assert_null(identity);
    assert_non_null(strstr(err.text, "none of its keys belongs to the certificate"));

    assert_int_equal(replace(&other.certificate, &other.key), LV_OK);
    expect_loaded(&other);
    assert_int_equal(count_in("msp/keystore"), 1);
    pair_free(&other);
    lv_organisation_wipe(&made);
}

typedef struct {
    atomic_bool end;
    atomic_size_t loaded;
    atomic_size_t faults;
    const lv_organisation *by;
} readers;

static void *load_all_the_time(void *context)
{
    readers *all = context;
    while (!atomic_load(&all->end)) {
        lv_identity *identity = NULL;
        bool good = lv_msp_folder_load(folder, "BMSP", &identity, NULL, NULL) == LV_OK;
        lv_identity_free(identity);
        atomic_fetch_add(good ? &all->loaded : &all->faults, 1);
    }
    return NULL;
}

static void *replace_some_times(void *context)
{
    readers *all = context;
    for (int i = 0; i < 15; i++) {
        pair next = make_pair(all->by);
        bool good = replace(&next.certificate, &next.key) == LV_OK;
        atomic_fetch_add(good ? &all->loaded : &all->faults, 1);
        pair_free(&next);
    }
    return NULL;
}

/* Two replace at once, others read: a certificate and its key at any moment. */
static void test_a_reader_never_finds_half(void **state)
{
    (void)state;
    lv_organisation made;
    readers all = {.by = &made};
    pthread_t threads[4];
    assert_int_equal(lv_organisation_create(&PARAMS, &made, NULL), LV_OK);
    assert_int_equal(lv_msp_folder_adopt(folder, &made, NULL), LV_OK);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, i < 2 ? load_all_the_time : replace_some_times, &all),
            0);
    }
    for (size_t i = 4; i-- > 0;) {
        if (i == 1) {
            atomic_store(&all.end, true);
        }
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(atomic_load(&all.faults), 0);
    assert_true(atomic_load(&all.loaded) > 30);
    assert_int_equal(count_in("msp/keystore"), 1);
    lv_organisation_wipe(&made);
}

#define FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FOLDER(test_an_organisation_is_written_and_loaded),
        FOLDER(test_an_identity_is_never_overwritten),
        FOLDER(test_a_damaged_folder_is_refused),
        FOLDER(test_what_was_issued_elsewhere_is_adopted),
        FOLDER(test_a_certificate_is_replaced),
        FOLDER(test_what_does_not_fit_is_not_put_in_place),
        FOLDER(test_the_key_that_fits_is_found_among_others),
        FOLDER(test_a_reader_never_finds_half),
        FOLDER(test_another_certificate_is_issued_under_the_same_root),
        FOLDER(test_nothing_is_issued_with_a_root_that_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
