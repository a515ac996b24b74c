/* Making, opening and showing the file of a ledger. */
#include "base/clock.h"
#include "base/file.h"
#include "ledger/embedded/block.h"
#include "ledger/embedded/embedded.h"
#include "ledger/world.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define FILE_NAME WORLD_CHANNEL ".ledger"

static int set_up(void **state)
{
    *state = world_new();
    return 0;
}

static int tear_down(void **state)
{
    world_free(*state);
    return 0;
}

static void create(const world *w)
{
    lv_error err = {0};
    world_ok(lv_embedded_create(w->folder, &w->channel, w->servicer, &err), &err);
}

static lv_ledger *open_as(const world *w, const lv_identity *identity)
{
    lv_ledger *ledger = NULL;
    lv_error err = {0};
    world_ok(lv_embedded_open(w->folder, WORLD_CHANNEL, identity, &ledger, &err), &err);
    return ledger;
}

/* Files of the world's folder. */
static unsigned count_files(const world *w)
{
    unsigned count = 0;
    DIR *folder = opendir(w->folder);
    if (folder == NULL) {
        abort();
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] == '.' ? 0U : 1U;
    }
    closedir(folder);
    return count;
}

static void test_the_file_is_private(void **state)
{
    world *w = *state;
    create(w);
    lv_ledger *ledger = open_as(w, w->downstreams[0]);
    lv_error err = {0};
    world_ok(world_submit_grants(ledger, w->downstreams[0], 1, 1, NULL, &err), &err);
    static const char *const names[] = {FILE_NAME, FILE_NAME "-wal", FILE_NAME "-shm"};
    for (size_t i = 0; i < 3; i++) {
        struct stat info;
        assert_int_equal(stat(world_path(w, names[i]), &info), 0);
        assert_int_equal(info.st_mode & 0777, 0600);
    }
    lv_ledger_close(ledger);
}

static void test_a_ledger_is_made_once(void **state)
{
    world *w = *state;
    lv_error err = {0};
    create(w);
    assert_int_equal(lv_embedded_create(w->folder, &w->channel, w->servicer, &err), LV_EXISTS);
    assert_non_null(strstr(err.text, FILE_NAME));
    assert_int_equal(count_files(w), 1); /* no temporary was left */
}

static void test_the_folder_is_made(void **state)
{
    world *w = *state;
    lv_error err = {0};
    char *folder = lv_path_join(w->folder, "a/b");
    assert_non_null(folder);
    world_ok(lv_embedded_create(folder, &w->channel, w->servicer, &err), &err);
    lv_embedded_audit audit = {0};
    world_ok(lv_embedded_verify(folder, WORLD_CHANNEL, NULL, &audit, &err), &err);
    assert_true(audit.blocks == 1 && audit.transactions == 1 && audit.state_keys == 0);
    unlink(world_path(w, "a/b/" FILE_NAME));
    rmdir(folder);
    rmdir(world_path(w, "a"));
    free(folder);
}

static void test_only_a_member_founds(void **state)
{
    world *w = *state;
    const lv_identity *const by[] = {w->outsider, w->impostor, w->expired};
    lv_error err = {0};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lv_embedded_create(w->folder, &w->channel, by[i], &err), LV_REFUSED);
    }
    assert_int_equal(count_files(w), 0);
}

static void test_bad_channels_are_refused(void **state)
{
    world *w = *state;
    lv_error err = {0};
    lv_channel channel = w->channel; /* shares what it points to */
    channel.contract[0] = 'z';
    assert_int_equal(lv_embedded_create(w->folder, &channel, w->servicer, &err), LV_INVALID);
    channel = w->channel;
    snprintf(channel.channel, sizeof channel.channel, "../away");
    assert_int_equal(lv_embedded_create(w->folder, &channel, w->servicer, &err), LV_E_ARGUMENT);
    channel = w->channel;
    channel.member_count = 0;
    assert_int_equal(lv_embedded_create(w->folder, &channel, w->servicer, &err), LV_INVALID);
    assert_int_equal(count_files(w), 0);
}

/* Several found the same channel at once: one does, the others are told. */
static void test_founders_race(void **state)
{
    enum { FOUNDERS = 4 };
    world *w = *state;
    pid_t children[FOUNDERS];
    int made = 0;
    for (int i = 0; i < FOUNDERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            lv_status status = lv_embedded_create(w->folder, &w->channel, w->servicer, NULL);
            _exit((int)status); /* LV_OK is 0 */
        }
    }
    for (int i = 0; i < FOUNDERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) == LV_OK || WEXITSTATUS(status) == LV_EXISTS);
        made += WEXITSTATUS(status) == 0 ? 1 : 0;
    }
    assert_int_equal(made, 1);
    lv_ledger_close(open_as(w, w->servicer));
    assert_int_equal(count_files(w), 1);
}

static void test_what_is_not_there_is_not_found(void **state)
{
    world *w = *state;
    lv_ledger *ledger = NULL;
    lv_embedded_audit audit = {0};
    lv_error err = {0};
    assert_int_equal(lv_embedded_open(w->folder, "none", w->servicer, &ledger, &err), LV_NOT_FOUND);
    assert_non_null(strstr(err.text, "none.ledger"));
    assert_int_equal(lv_embedded_open(w->folder, "../none", w->servicer, &ledger, &err),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_embedded_verify(w->folder, "none", NULL, &audit, &err), LV_NOT_FOUND);
    assert_int_equal(count_files(w), 0);
}

static void test_a_ledger_under_another_name_is_refused(void **state)
{
    world *w = *state;
    lv_ledger *ledger = NULL;
    lv_embedded_audit audit = {0};
    lv_error err = {0};
    create(w);
    char *other = lv_path_join(w->folder, "other.ledger");
    assert_non_null(other);
    assert_int_equal(rename(world_path(w, FILE_NAME), other), 0);
    free(other);
    assert_int_equal(lv_embedded_open(w->folder, "other", w->servicer, &ledger, &err),
                     LV_E_CORRUPT);
    assert_int_equal(lv_embedded_verify(w->folder, "other", NULL, &audit, &err), LV_E_CORRUPT);
    assert_null(ledger);
}

static void test_an_expired_member_reads_but_does_not_write(void **state)
{
    world *w = *state;
    create(w);
    lv_ledger *ledger = open_as(w, w->expired);
    lv_head head = {0};
    lv_error err = {0};
    world_ok(lv_ledger_head(ledger, &head, &err), &err);
    assert_int_equal(world_submit_grants(ledger, w->downstreams[0], 1, 1, NULL, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "own certificate"));
    world_ok(lv_ledger_head(ledger, &head, &err), &err);
    assert_true(head.block == 0);
    lv_ledger_close(ledger);
}

static void test_blocks_are_shown(void **state)
{
    world *w = *state;
    create(w);
    lv_ledger *ledger = open_as(w, w->downstreams[0]);
    lv_embedded_block genesis = {0};
    lv_embedded_block block = {0};
    lv_error err = {0};
    int64_t before = lv_clock_now();
    world_ok(world_submit_grants(ledger, w->downstreams[0], 1, 3, NULL, &err), &err);

    world_ok(lv_embedded_block_read(ledger, 0, &genesis, &err), &err);
    assert_string_equal(genesis.committer, "S");
    assert_int_equal(genesis.transaction_count, 1);
    assert_string_equal(genesis.transactions[0].function, "genesis");

    world_ok(lv_embedded_block_read(ledger, 1, &block, &err), &err);
    assert_true(block.number == 1 && block.time >= before);
    assert_true(lv_digest_equal(&block.previous, &genesis.hash));
    assert_string_equal(block.committer, "D0");
    assert_int_equal(block.transaction_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(block.transactions[i].function, "grant");
        assert_string_equal(block.transactions[i].submitter, "D0");
        assert_int_equal(block.transactions[i].argument_count, 1);
        assert_true(block.transactions[i].bytes > 500);
    }
    lv_head head = {0};
    world_ok(lv_ledger_head(ledger, &head, &err), &err);
    assert_true(lv_digest_equal(&head.hash, &block.hash));
    lv_embedded_block_free(&genesis);
    lv_embedded_block_free(&block);

    assert_int_equal(lv_embedded_block_read(ledger, 2, &block, &err), LV_NOT_FOUND);
    assert_int_equal(lv_embedded_block_read(ledger, 99, &block, &err), LV_NOT_FOUND);
    assert_int_equal(lv_embedded_block_read(ledger, UINT64_MAX, &block, &err), LV_NOT_FOUND);
    assert_null(block.transactions);
    lv_ledger_close(ledger);
}

/* An auditor works on a copy, next to a ledger that is in use. */
static void test_a_ledger_in_use_is_verified(void **state)
{
    world *w = *state;
    create(w);
    lv_ledger *ledger = open_as(w, w->downstreams[0]);
    lv_error err = {0};
    for (uint64_t i = 1; i <= 3; i++) {
        lv_embedded_audit audit = {0};
        lv_head head = {0};
        world_ok(world_submit_grants(ledger, w->downstreams[0], i, 1, NULL, &err), &err);
        world_ok(lv_ledger_head(ledger, &head, &err), &err);
        world_ok(lv_embedded_verify(w->folder, WORLD_CHANNEL, &head, &audit, &err), &err);
        assert_true(audit.blocks == i + 1);
    }
    lv_ledger_close(ledger);
}

#define LEDGER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LEDGER_TEST(test_the_file_is_private),
        LEDGER_TEST(test_a_ledger_is_made_once),
        LEDGER_TEST(test_the_folder_is_made),
        LEDGER_TEST(test_only_a_member_founds),
        LEDGER_TEST(test_bad_channels_are_refused),
        LEDGER_TEST(test_founders_race),
        LEDGER_TEST(test_what_is_not_there_is_not_found),
        LEDGER_TEST(test_a_ledger_under_another_name_is_refused),
        LEDGER_TEST(test_an_expired_member_reads_but_does_not_write),
        LEDGER_TEST(test_blocks_are_shown),
        LEDGER_TEST(test_a_ledger_in_use_is_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
