#include "base/file.h"
#include "node/store.h"
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

static const char *const first[] = {"CREATE TABLE job(id INTEGER PRIMARY KEY, name TEXT UNIQUE, "
                                    "body BLOB) STRICT",
                                    NULL};
static const char *const second[] = {"CREATE TABLE job(id INTEGER PRIMARY KEY, name TEXT UNIQUE, "
                                     "body BLOB) STRICT",
                                     "ALTER TABLE job ADD COLUMN done INTEGER NOT NULL DEFAULT 0",
                                     NULL};

typedef struct {
    char folder[64];
    char path[96];
} place;

static int set_up(void **state)
{
    place *at = calloc(1, sizeof *at);
    if (at == NULL) {
        return -1;
    }
    snprintf(at->folder, sizeof at->folder, "/tmp/lotveil-store-XXXXXX");
    if (mkdtemp(at->folder) == NULL) {
        free(at);
        return -1;
    }
    snprintf(at->path, sizeof at->path, "%s/node.db", at->folder);
    *state = at;
    return 0;
}

static int tear_down(void **state)
{
    place *at = *state;
    const char *const tails[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", at->path, tails[i]);
        unlink(name);
    }
    int failed = rmdir(at->folder);
    free(at);
    return failed;
}

static lv_store *open_store(const place *at, const char *const *migrations)
{
    lv_store *store = NULL;
    lv_error err = {0};
    if (lv_store_open(at->path, migrations, &store, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    return store;
}

static int64_t count(lv_store *store)
{
    sqlite3_stmt *rows = NULL;
    assert_int_equal(lv_store_begin(store, NULL), LV_OK);
    assert_int_equal(lv_store_query(store, NULL, &rows, "SELECT count(*) FROM job", ""), LV_OK);
    assert_int_equal(lv_store_next(store, rows, NULL), LV_OK);
    int64_t jobs = sqlite3_column_int64(rows, 0);
    lv_store_done(rows);
    assert_int_equal(lv_store_end(store, LV_OK, NULL), LV_OK);
    return jobs;
}

static lv_status add(lv_store *store, const char *name, lv_status end)
{
    lv_error err = {0};
    lv_status status = lv_store_begin(store, &err);
    assert_int_equal(status, LV_OK);
    status = lv_store_run(store, &err, "INSERT INTO job(name, body) VALUES (?, ?)", "sb", name,
                          lv_bytes_of_text("body"));
    return lv_store_end(store, status == LV_OK ? end : status, &err);
}

static void test_what_is_committed_is_there_after_reopening(void **state)
{
    const place *at = *state;
    lv_store *store = open_store(at, first);
    assert_int_equal(add(store, "one", LV_OK), LV_OK);
    assert_int_equal(lv_store_changes(store), 1);
    assert_true(lv_store_last_id(store) == 1);
    lv_store_close(store);

    store = open_store(at, first);
    assert_true(count(store) == 1);
    lv_store_close(store);

    struct stat info;
    assert_int_equal(stat(at->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static void test_what_is_refused_is_rolled_back(void **state)
{
    lv_store *store = open_store(*state, first);
    assert_int_equal(add(store, "one", LV_REFUSED), LV_REFUSED);
    assert_true(count(store) == 0);
    assert_int_equal(add(store, "one", LV_OK), LV_OK);
    assert_int_equal(add(store, "one", LV_OK), LV_EXISTS);
    assert_true(count(store) == 1);
    lv_store_close(store);
}

static void test_parameters_of_every_kind(void **state)
{
    lv_store *store = open_store(*state, first);
    sqlite3_stmt *rows = NULL;
    assert_int_equal(lv_store_begin(store, NULL), LV_OK);
    assert_int_equal(lv_store_run(store, NULL, "INSERT INTO job VALUES (?, ?, ?)", "isb", INT64_MAX,
                                  (const char *)NULL, (lv_bytes){0}),
                     LV_OK);
    assert_int_equal(lv_store_query(store, NULL, &rows, "SELECT id, name, body FROM job", ""),
                     LV_OK);
    assert_int_equal(lv_store_next(store, rows, NULL), LV_OK);
    assert_true(sqlite3_column_int64(rows, 0) == INT64_MAX);
    assert_int_equal(sqlite3_column_type(rows, 1), SQLITE_NULL);
    assert_string_equal(lv_store_text(rows, 1), "");
    assert_int_equal(sqlite3_column_type(rows, 2), SQLITE_BLOB);
    assert_int_equal(lv_store_bytes(rows, 2).len, 0);
    assert_int_equal(lv_store_next(store, rows, NULL), LV_NOT_FOUND);
    lv_store_done(rows);
    assert_int_equal(lv_store_end(store, LV_OK, NULL), LV_OK);
    lv_store_close(store);
}

static void test_a_query_may_run_within_its_own_loop(void **state)
{
    static const char sql[] = "SELECT id FROM job WHERE id >= ? ORDER BY id";
    lv_store *store = open_store(*state, first);
    assert_int_equal(add(store, "a", LV_OK), LV_OK);
    assert_int_equal(add(store, "b", LV_OK), LV_OK);
    assert_int_equal(lv_store_begin(store, NULL), LV_OK);

    sqlite3_stmt *outer = NULL;
    sqlite3_stmt *inner = NULL;
    size_t seen = 0;
    assert_int_equal(lv_store_query(store, NULL, &outer, sql, "i", (int64_t)1), LV_OK);
    while (lv_store_next(store, outer, NULL) == LV_OK) {
        assert_int_equal(lv_store_query(store, NULL, &inner, sql, "i", (int64_t)2), LV_OK);
        assert_ptr_not_equal(inner, outer);
        assert_int_equal(lv_store_next(store, inner, NULL), LV_OK);
        assert_true(sqlite3_column_int64(inner, 0) == 2);
        lv_store_done(inner);
        seen++;
    }
    assert_int_equal(seen, 2);
    lv_store_done(outer);
    assert_int_equal(lv_store_end(store, LV_OK, NULL), LV_OK);
    lv_store_close(store);
}

static void test_misuse_is_an_error(void **state)
{
    lv_store *store = open_store(*state, first);
    lv_error err = {0};
    sqlite3_stmt *rows = NULL;
    assert_int_equal(lv_store_run(store, &err, "DELETE FROM job", ""), LV_E_ARGUMENT);
    assert_int_equal(lv_store_query(store, &err, &rows, "SELECT 1", ""), LV_E_ARGUMENT);
    assert_null(rows);
    assert_int_equal(lv_store_begin(store, &err), LV_OK);
    assert_int_equal(lv_store_begin(store, &err), LV_E_ARGUMENT);
    assert_int_equal(lv_store_run(store, &err, "DELETE FROM job WHERE id = ?", ""), LV_E_ARGUMENT);
    assert_int_equal(lv_store_run(store, &err, "DELETE FROM job WHERE id = ?", "x", 1),
                     LV_E_ARGUMENT);
    assert_int_equal(lv_store_run(store, &err, "no SQL at all", ""), LV_E_IO);
    assert_non_null(strstr(err.text, "node.db"));
    assert_int_equal(lv_store_end(store, LV_OK, &err), LV_OK);
    lv_store_close(store);
}

static void test_migrations_run_once_and_in_order(void **state)
{
    const place *at = *state;
    lv_store *store = open_store(at, first);
    assert_int_equal(add(store, "one", LV_OK), LV_OK);
    lv_store_close(store);

    for (int turn = 0; turn < 2; turn++) {
        store = open_store(at, second);
        assert_int_equal(lv_store_begin(store, NULL), LV_OK);
        assert_int_equal(lv_store_run(store, NULL, "UPDATE job SET done = done + 1", ""), LV_OK);
        assert_int_equal(lv_store_changes(store), 1);
        assert_int_equal(lv_store_end(store, LV_OK, NULL), LV_OK);
        lv_store_close(store);
    }
}

static void test_foreign_schemas_are_refused(void **state)
{
    static const char *const other[] = {"CREATE TABLE job(id INTEGER PRIMARY KEY) STRICT", NULL};
    static const char *const broken[] = {
        "CREATE TABLE half(id INTEGER PRIMARY KEY) STRICT; nonsense", NULL};
    const place *at = *state;
    lv_store *store = NULL;
    lv_error err = {0};
    assert_int_equal(lv_store_open(at->path, broken, &store, &err), LV_E_IO);
    assert_null(store);
    lv_store_close(open_store(at, second)); /* nothing was left behind by the broken one */
    assert_int_equal(lv_store_open(at->path, first, &store, &err), LV_E_CORRUPT);
    assert_int_equal(lv_store_open(at->path, other, &store, &err), LV_E_CORRUPT);
    assert_null(store);
}

static void test_what_is_no_database_is_corrupt(void **state)
{
    const place *at = *state;
    lv_store *store = NULL;
    char text[4096];
    memset(text, 'x', sizeof text);
    assert_int_equal(lv_file_write(at->path, (lv_bytes){(uint8_t *)text, sizeof text}, 0600, NULL),
                     LV_OK);
    assert_int_equal(lv_store_open(at->path, first, &store, NULL), LV_E_CORRUPT);
    assert_null(store);
}

static void test_a_second_process_is_refused(void **state)
{
    const place *at = *state;
    lv_store *store = open_store(at, first);
    lv_store *again = NULL;
    lv_error err = {0};
    assert_int_equal(lv_store_open(at->path, first, &again, &err), LV_REFUSED);
    assert_non_null(strstr(err.text, "another lotveil process"));
    assert_null(again);
    lv_store_close(store);
    lv_store_close(open_store(at, first));
}

enum { THREADS = 4, EACH = 25 };

typedef struct {
    lv_store *store;
    int number;
} writer;

static void *write_some(void *argument)
{
    const writer *self = argument;
    for (int i = 0; i < EACH; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d-%d", self->number, i);
        if (add(self->store, name, LV_OK) != LV_OK) {
            return argument;
        }
    }
    return NULL;
}

static void test_threads_take_turns(void **state)
{
    lv_store *store = open_store(*state, first);
    pthread_t threads[THREADS];
    writer writers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (writer){.store = store, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_some, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        void *failed = NULL;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_true(count(store) == (int64_t)THREADS * EACH);
    lv_store_close(store);
}

/* The child tells each row over the pipe once it is committed, until it is killed. */
static void write_until_killed(const place *at, int round, int fd)
{
    lv_store *store = NULL;
    if (lv_store_open(at->path, first, &store, NULL) != LV_OK) {
        _exit(1);
    }
    for (int i = 0;; i++) {
        char name[32];
        snprintf(name, sizeof name, "%d-%d", round, i);
        if (add(store, name, LV_OK) != LV_OK || write(fd, "x", 1) != 1) {
            _exit(1);
        }
    }
}

static void test_kill_loses_nothing_that_was_told(void **state)
{
    const place *at = *state;
    int64_t told = 0;
    for (int round = 0; round < 10; round++) {
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            close(ends[0]);
            write_until_killed(at, round, ends[1]);
        }
        close(ends[1]);
        char byte = 0;
        for (int i = 0; i <= round && read(ends[0], &byte, 1) == 1; i++) {
            told++;
        }
        usleep((useconds_t)(round * 300));
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        while (read(ends[0], &byte, 1) == 1) {
            told++;
        }
        close(ends[0]);
        lv_store *store = open_store(at, first);
        int64_t jobs = count(store);
        /* a row may be committed and not yet told, one per round */
        assert_true(jobs >= told && jobs <= told + round + 1);
        lv_store_close(store);
    }
    assert_true(told >= 10);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(test_what_is_committed_is_there_after_reopening),
        STORE_TEST(test_what_is_refused_is_rolled_back),
        STORE_TEST(test_parameters_of_every_kind),
        STORE_TEST(test_a_query_may_run_within_its_own_loop),
        STORE_TEST(test_misuse_is_an_error),
        STORE_TEST(test_migrations_run_once_and_in_order),
        STORE_TEST(test_foreign_schemas_are_refused),
        STORE_TEST(test_what_is_no_database_is_corrupt),
        STORE_TEST(test_a_second_process_is_refused),
        STORE_TEST(test_threads_take_turns),
        STORE_TEST(test_kill_loses_nothing_that_was_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
