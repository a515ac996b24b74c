/* Whatever is done to the file of a ledger is found by lv_embedded_verify. */
#include "base/clock.h"
#include "base/file.h"
#include "ledger/embedded/block.h"
#include "ledger/embedded/embedded.h"
#include "ledger/embedded/merkle.h"
#include "ledger/embedded/transaction.h"
#include "ledger/world.h"
#include "record/digest.h"
#include <inttypes.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define FILE_NAME WORLD_CHANNEL ".ledger"
#define FILE_MAX 16777216U

/* A ledger of genesis and blocks 1 (one grant), 2 (three), 3 (one), 4 (two), all of D0, committed
 * through the interface; its file is kept and put back before each deed. */
typedef struct {
    world *world;
    lv_buffer file;
    lv_embedded_audit good;
} fixture;

enum { BLOCKS = 5, TRANSACTIONS = 8 };

static char *path_of(const fixture *f)
{
    char *path = lv_path_join(f->world->folder, FILE_NAME);
    assert_non_null(path);
    return path;
}

static void put_back(const fixture *f, lv_bytes file)
{
    static const char *const beside[] = {FILE_NAME "-wal", FILE_NAME "-shm"};
    for (size_t i = 0; i < 2; i++) {
        char *name = lv_path_join(f->world->folder, beside[i]);
        assert_non_null(name);
        unlink(name);
        free(name);
    }
    char *path = path_of(f);
    lv_error err = {0};
    world_ok(lv_file_write(path, file, 0600, &err), &err);
    free(path);
}

static lv_status verify(const fixture *f, const lv_head *expected, lv_error *err)
{
    lv_embedded_audit audit = {.blocks = 1};
    lv_status status = lv_embedded_verify(f->world->folder, WORLD_CHANNEL, expected, &audit, err);
    if (status == LV_OK) {
        assert_memory_equal(&audit, &f->good, sizeof audit);
    } else {
        assert_true(audit.blocks == 0);
    }
    return status;
}

static int set_up(void **state)
{
    static const size_t counts[] = {1, 3, 1, 2};
    fixture *f = calloc(1, sizeof *f);
    lv_error err = {0};
    lv_ledger *ledger = NULL;
    if (f == NULL) {
        return -1;
    }
    f->world = world_new();
    world_ok(lv_embedded_create(f->world->folder, &f->world->channel, f->world->servicer, &err),
             &err);
    world_ok(
        lv_embedded_open(f->world->folder, WORLD_CHANNEL, f->world->downstreams[0], &ledger, &err),
        &err);
    uint64_t number = 1;
    for (size_t i = 0; i < 4; i++) {
        world_ok(
            world_submit_grants(ledger, f->world->downstreams[0], number, counts[i], NULL, &err),
            &err);
        number += counts[i];
    }
    lv_ledger_close(ledger); /* the last connection empties the WAL into the file */
    world_ok(lv_embedded_verify(f->world->folder, WORLD_CHANNEL, NULL, &f->good, &err), &err);
    char *path = path_of(f);
    world_ok(lv_file_read(path, FILE_MAX, &f->file, &err), &err);
    free(path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_buffer_free(&f->file);
    world_free(f->world);
    free(f);
    return 0;
}

/* ---- deeds in SQL ---- */

static sqlite3 *open_file(const fixture *f)
{
    char *path = path_of(f);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    free(path);
    return db;
}

static void run(sqlite3 *db, const char *sql)
{
    char *words = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &words) != SQLITE_OK) {
        fail_msg("%s: %s", sql, words);
    }
}

static void expect_found(const fixture *f, const char *deed, const char *words)
{
    lv_error err = {0};
    lv_status status = verify(f, NULL, &err);
    if (status != LV_E_CORRUPT) {
        fail_msg("%s: %s: %s", deed, lv_status_name(status), err.text);
    }
    if (strstr(err.text, words) == NULL) {
        fail_msg("%s: the words are: %s", deed, err.text);
    }
}

static void test_the_untouched_ledger_is_good(void **state)
{
    const fixture *f = *state;
    lv_error err = {0};
    put_back(f, lv_buffer_view(&f->file));
    world_ok(verify(f, NULL, &err), &err);
    world_ok(verify(f, &f->good.head, &err), &err);
    assert_true(f->good.blocks == BLOCKS && f->good.transactions == TRANSACTIONS);
    assert_true(f->good.head.block == BLOCKS - 1);
    assert_true(f->good.state_keys == 9); /* seven grants, the author's last, what stands */
}

static void test_rows_dropped_doubled_moved_or_changed(void **state)
{
    static const struct {
        const char *sql;
        const char *words;
    } deeds[] = {
        /* blocks */
        {"DELETE FROM block WHERE number = 0", "block 0"},
        {"DELETE FROM block WHERE number = 2", "block 2 is missing"},
        {"DELETE FROM block WHERE number = 4", "transactions stand there"},
        {"DELETE FROM block", "block"},
        {"UPDATE block SET number = 9 WHERE number = 4", "block 4 is missing"},
        {"UPDATE block SET number = -1 WHERE number = 0", "block 0"},
        {"UPDATE block SET hash = zeroblob(32) WHERE number = 3", "block 3: its stored hash"},
        {"UPDATE block SET hash = x'00' WHERE number = 3", "block 3: its stored hash"},
        {"UPDATE block SET header = x'' WHERE number = 3", "block 3: "},
        {"UPDATE block SET header = (SELECT header FROM block WHERE number = 1), "
         "hash = (SELECT hash FROM block WHERE number = 1) WHERE number = 3",
         "block 3: its header says number 1"},
        {"UPDATE block SET number = 100 WHERE number = 1; "
         "UPDATE block SET number = 1 WHERE number = 3; "
         "UPDATE block SET number = 3 WHERE number = 100",
         "block 1: its header says number 3"},
        {"INSERT INTO block SELECT 5, header, hash FROM block WHERE number = 4",
         "block 5: its header says number 4"},
        {"INSERT INTO block SELECT -7, header, hash FROM block WHERE number = 4",
         "6 blocks stand there"},
        /* transactions */
        {"DELETE FROM tx WHERE block = 0", "block 0: transaction 0: is missing"},
        {"DELETE FROM tx WHERE block = 2 AND position = 0", "block 2: has 2 transactions"},
        {"DELETE FROM tx WHERE block = 2 AND position = 2", "block 2: has 2 transactions"},
        {"DELETE FROM tx", "block 0"},
        {"UPDATE tx SET position = 3 WHERE block = 2 AND position = 2",
         "block 2: transaction 2: is missing"},
        {"UPDATE tx SET bytes = x'' WHERE block = 2 AND position = 1", "block 2: transaction 1: "},
        {"UPDATE tx SET bytes = (SELECT bytes FROM tx WHERE block = 2 AND position = 0) "
         "WHERE block = 2 AND position = 1",
         "block 2: transaction 1: "},
        {"UPDATE tx SET bytes = (SELECT bytes FROM tx WHERE block = 3) WHERE block = 1",
         "block 1: transaction 0: "},
        {"UPDATE tx SET position = 9 WHERE block = 4 AND position = 0; "
         "UPDATE tx SET position = 0 WHERE block = 4 AND position = 1; "
         "UPDATE tx SET position = 1 WHERE block = 4 AND position = 9",
         "block 4: transaction 0: "},
        {"UPDATE tx SET block = 3, position = 1 WHERE block = 4 AND position = 1",
         "block 3: has 2 transactions"},
        {"INSERT INTO tx SELECT 4, 2, bytes FROM tx WHERE block = 1", "block 4: has 3"},
        {"INSERT INTO tx SELECT 77, 0, bytes FROM tx WHERE block = 1", "9 transactions stand"},
        {"INSERT INTO tx SELECT 0, 1, bytes FROM tx WHERE block = 1", "block 0: has 2"},
        /* state */
        {"DELETE FROM state WHERE key = 'grant/D0/' || printf('%020d', 3)", "state: at key grant/"},
        {"DELETE FROM state", "state: at key "},
        {"UPDATE state SET value = x'30' WHERE key = 'grants/D0'", "state: at key grants/D0"},
        {"UPDATE state SET key = 'grants/D1' WHERE key = 'grants/D0'", "state: at key grants/D0"},
        {"INSERT INTO state VALUES ('zebra', x'00')", "state: at key zebra"},
        {"INSERT INTO state VALUES ('', x'00')", "state: at key "},
        {"UPDATE state SET value = (SELECT value FROM state WHERE key = 'grant/D0/' || "
         "printf('%020d', 1)) WHERE key = 'grant/D0/' || printf('%020d', 2)",
         "state: at key grant/"},
        /* meta and schema */
        {"DELETE FROM meta", "not the tables"},
        {"UPDATE meta SET value = 'other' WHERE key = 'channel'", "not the tables"},
        {"UPDATE meta SET value = 'other' WHERE key = 'format'", "not the tables"},
        {"INSERT INTO meta VALUES ('more', '')", "not the tables"},
        {"DROP TABLE state", "not the tables"},
        {"ALTER TABLE tx ADD COLUMN more TEXT", "not the tables"},
        {"CREATE TABLE more(x TEXT)", "not the tables"},
        {"CREATE INDEX more ON state(value)", "not the tables"},
        {"CREATE TRIGGER more AFTER INSERT ON block BEGIN DELETE FROM tx; END", "not the tables"},
        {"CREATE VIEW more AS SELECT * FROM tx", "not the tables"},
        {"ALTER TABLE state RENAME TO kept; CREATE VIEW state AS SELECT key, value FROM kept",
         "not the tables"},
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        put_back(f, lv_buffer_view(&f->file));
        sqlite3 *db = open_file(f);
        run(db, deeds[i].sql);
        sqlite3_close(db);
        expect_found(f, deeds[i].sql, deeds[i].words);
    }
}

/* ---- deeds byte by byte ---- */

static lv_buffer get_blob(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    lv_buffer out = {0};
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(lv_buffer_append(&out, sqlite3_column_blob(statement, 0),
                                      (size_t)sqlite3_column_bytes(statement, 0)),
                     LV_OK);
    sqlite3_finalize(statement);
    return out;
}

static void set_blob(sqlite3 *db, const char *sql, lv_bytes value)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_bind_blob64(statement, 1, value.data, value.len, SQLITE_STATIC),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
    assert_int_equal(sqlite3_changes(db), 1);
    sqlite3_finalize(statement);
}

/* Changes one byte of a value at a time, every `step`-th. */
static void flip_each(const fixture *f, const char *get, const char *set, size_t step,
                      const char *words)
{
    put_back(f, lv_buffer_view(&f->file));
    sqlite3 *db = open_file(f);
    lv_buffer value = get_blob(db, get);
    for (size_t i = 0; i < value.len; i += step) {
        value.data[i] ^= 0x20;
        set_blob(db, set, lv_buffer_view(&value));
        expect_found(f, set, words);
        value.data[i] ^= 0x20;
    }
    set_blob(db, set, lv_buffer_view(&value));
    lv_error err = {0};
    world_ok(verify(f, NULL, &err), &err);
    lv_buffer_free(&value);
    sqlite3_close(db);
}

static void test_flipped_bytes(void **state)
{
    const fixture *f = *state;
    flip_each(f, "SELECT header FROM block WHERE number = 2",
              "UPDATE block SET header = ? WHERE number = 2", 23, "block 2: ");
    flip_each(f, "SELECT hash FROM block WHERE number = 4",
              "UPDATE block SET hash = ? WHERE number = 4", 5, "block 4: its stored hash");
    flip_each(f, "SELECT bytes FROM tx WHERE block = 2 AND position = 1",
              "UPDATE tx SET bytes = ? WHERE block = 2 AND position = 1", 113,
              "block 2: transaction 1: ");
    flip_each(f, "SELECT bytes FROM tx WHERE block = 0", "UPDATE tx SET bytes = ? WHERE block = 0",
              211, "block 0: ");
    flip_each(f, "SELECT value FROM state WHERE key = 'standing/D0/moisture/A'",
              "UPDATE state SET value = ? WHERE key = 'standing/D0/moisture/A'", 1,
              "state: at key standing/D0/moisture/A");
}

/* The file as such: what is hit may be a page's unused part, and then nothing has changed. */
static void test_flipped_bytes_of_the_file(void **state)
{
    const fixture *f = *state;
    lv_buffer bytes = {0};
    unsigned found = 0;
    assert_int_equal(lv_buffer_append(&bytes, f->file.data, f->file.len), LV_OK);
    for (size_t at = 0; at < bytes.len; at += at < 100 ? 7 : 887) {
        bytes.data[at] ^= 0xff;
        put_back(f, lv_buffer_view(&bytes));
        bytes.data[at] ^= 0xff;
        lv_error err = {0};
        lv_status status = verify(f, NULL, &err);
        if (status != LV_OK && status != LV_E_CORRUPT) {
            fail_msg("byte %zu: %s: %s", at, lv_status_name(status), err.text);
        }
        found += status == LV_E_CORRUPT ? 1U : 0U;
    }
    assert_true(found > 20);
    lv_buffer_free(&bytes);
}

static void test_truncated_files(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i < 8; i++) {
        put_back(f, (lv_bytes){.data = f->file.data, .len = f->file.len * i / 8});
        expect_found(f, "truncated", FILE_NAME);
    }
}

/* ---- deeds of somebody who can sign ---- */

static lv_block read_block(sqlite3 *db, uint64_t number)
{
    char sql[96];
    snprintf(sql, sizeof sql, "SELECT header FROM block WHERE number = %" PRIu64, number);
    lv_buffer header = get_blob(db, sql);
    lv_block block = {0};
    lv_error err = {0};
    world_ok(lv_block_peek(lv_buffer_view(&header), &block, &err), &err);
    lv_buffer_free(&header);
    return block;
}

static void store_block(sqlite3 *db, lv_block *block, const lv_identity *by)
{
    char sql[96];
    lv_buffer header = {0};
    lv_error err = {0};
    world_ok(lv_block_seal(block, by, &header, &err), &err);
    snprintf(sql, sizeof sql,
             "INSERT OR REPLACE INTO block(number, header, hash) VALUES (%" PRIu64 ", ?, x'')",
             block->number);
    set_blob(db, sql, lv_buffer_view(&header));
    snprintf(sql, sizeof sql, "UPDATE block SET hash = ? WHERE number = %" PRIu64, block->number);
    set_blob(db, sql, lv_digest_view(&block->hash));
    lv_buffer_free(&header);
}

/* Appends block 5 with one grant, as a member would that minds no rule. */
typedef struct {
    const lv_identity *committer;
    const lv_identity *submitter;
    const lv_identity *author;
    uint64_t grant;
    int64_t transaction_time;
    int64_t block_time;
    const char *words; /* NULL: this one is good */
} forgery;

static void append_block(const fixture *f, const forgery *deed)
{
    sqlite3 *db = open_file(f);
    lv_block last = read_block(db, BLOCKS - 1);
    lv_block block = last;
    block.number = BLOCKS;
    block.previous = last.hash;
    block.transactions = 1;
    block.time = last.time + deed->block_time;

    lv_buffer grant = world_grant(deed->author, deed->grant, false);
    const lv_bytes argument = lv_buffer_view(&grant);
    const lv_call call = {.function = "grant", .arguments = &argument, .argument_count = 1};
    lv_buffer bytes = {0};
    lv_digest leaf;
    lv_error err = {0};
    world_ok(lv_transaction_seal(WORLD_CHANNEL, &call, last.time + deed->transaction_time,
                                 deed->submitter, &bytes, &err),
             &err);
    assert_int_equal(lv_merkle_leaf(lv_buffer_view(&bytes), &leaf), LV_OK);
    assert_int_equal(lv_merkle_root(&leaf, 1, &block.merkle_root), LV_OK);
    set_blob(db, "INSERT INTO tx(block, position, bytes) VALUES (5, 0, ?)", lv_buffer_view(&bytes));
    store_block(db, &block, deed->committer);
    if (deed->words == NULL) {
        set_blob(db, "INSERT INTO state VALUES ('grant/D0/' || printf('%020d', 8), ?)", argument);
        run(db, "UPDATE state SET value = CAST(printf('%d', 8) AS BLOB) "
                "WHERE key IN ('grants/D0', 'standing/D0/moisture/A') AND "
                "length(value) = 1; "
                "UPDATE state SET value = CAST(printf('%020d', 8) AS BLOB) "
                "WHERE key IN ('grants/D0', 'standing/D0/moisture/A') AND length(value) = 20");
    }
    sqlite3_close(db);
    lv_buffer_free(&bytes);
    lv_buffer_free(&grant);
}

static void test_forged_blocks(void **state)
{
    const fixture *f = *state;
    const lv_identity *d0 = f->world->downstreams[0];
    const lv_identity *d1 = f->world->downstreams[1];
    const world *w = f->world;
    const forgery deeds[] = {
        {w->servicer, d0, d0, 8, 0, 0, NULL},
        {w->outsider, d0, d0, 8, 0, 0, "block 5: signed block: "},
        {w->impostor, d0, d0, 8, 0, 0, "block 5: signed block: "},
        {w->expired, d0, d0, 8, 0, 0, "block 5: signed block: "},
        {w->servicer, w->outsider, d0, 8, 0, 0, "block 5: transaction 0: "},
        {w->servicer, w->impostor, d0, 8, 0, 0, "block 5: transaction 0: "},
        {w->servicer, w->expired, d0, 8, 0, 0, "block 5: transaction 0: "},
        {w->servicer, d1, d0, 8, 0, 0, "block 5: transaction 0: "}, /* not its author */
        {w->servicer, d0, d0, 7, 0, 0, "block 5: transaction 0: "}, /* stands already */
        {w->servicer, d0, d0, 9, 0, 0, "block 5: transaction 0: "}, /* leaves a gap */
        {w->servicer, d0, d0, 8, -LV_TIME_TOLERANCE - 1, 0, "block 5: transaction 0: its time"},
        {w->servicer, d0, d0, 8, LV_TIME_TOLERANCE + 1, 0, "block 5: transaction 0: its time"},
        {w->servicer, d0, d0, 8, 0, -1, "block 5: its time is before"},
    };
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        put_back(f, lv_buffer_view(&f->file));
        append_block(f, &deeds[i]);
        if (deeds[i].words != NULL) {
            char deed[32];
            snprintf(deed, sizeof deed, "forgery %zu", i);
            expect_found(f, deed, deeds[i].words);
            continue;
        }
        lv_embedded_audit audit = {0};
        lv_error err = {0};
        world_ok(lv_embedded_verify(w->folder, WORLD_CHANNEL, &f->good.head, &audit, &err), &err);
        assert_true(audit.blocks == BLOCKS + 1);
    }
}

static void test_headers_signed_again(void **state)
{
    const fixture *f = *state;
    const lv_identity *const by[] = {f->world->outsider, f->world->impostor, f->world->expired};
    for (uint64_t number = 0; number < BLOCKS; number++) {
        for (size_t i = 0; i < 3; i++) {
            put_back(f, lv_buffer_view(&f->file));
            sqlite3 *db = open_file(f);
            lv_block block = read_block(db, number);
            store_block(db, &block, by[i]);
            sqlite3_close(db);
            expect_found(f, "signed again", "signed block: ");
        }
        /* by a member: the signature is good, but what follows does not link to it any more */
        put_back(f, lv_buffer_view(&f->file));
        sqlite3 *db = open_file(f);
        lv_block block = read_block(db, number);
        store_block(db, &block, f->world->servicer);
        sqlite3_close(db);
        lv_error err = {0};
        if (number + 1 < BLOCKS) {
            expect_found(f, "signed again by a member", "does not link");
        }
        assert_int_equal(verify(f, &f->good.head, &err), LV_E_CORRUPT);
    }
}

static void test_what_the_header_says_of_its_transactions(void **state)
{
    const fixture *f = *state;
    for (int deed = 0; deed < 2; deed++) {
        put_back(f, lv_buffer_view(&f->file));
        sqlite3 *db = open_file(f);
        lv_block block = read_block(db, BLOCKS - 1);
        if (deed == 0) {
            block.merkle_root.bytes[0] ^= 1;
        } else {
            block.transactions++;
        }
        store_block(db, &block, f->world->servicer);
        sqlite3_close(db);
        expect_found(f, "header", deed == 0 ? "Merkle root" : "has 2 transactions");
    }
}

/* ---- the past ---- */

static void expect_head_refused(const fixture *f, const lv_head *remembered)
{
    lv_ledger *ledger = NULL;
    lv_error err = {0};
    world_ok(
        lv_embedded_open(f->world->folder, WORLD_CHANNEL, f->world->downstreams[0], &ledger, &err),
        &err);
    assert_int_equal(lv_ledger_check_head(ledger, remembered, &err), LV_E_CORRUPT);
    lv_ledger_close(ledger);
    assert_int_equal(verify(f, remembered, &err), LV_E_CORRUPT);
}

static lv_head grow(const fixture *f, const lv_identity *author, uint64_t first)
{
    lv_ledger *ledger = NULL;
    lv_head head = {0};
    lv_error err = {0};
    world_ok(lv_embedded_open(f->world->folder, WORLD_CHANNEL, author, &ledger, &err), &err);
    world_ok(world_submit_grants(ledger, author, first, 1, NULL, &err), &err);
    world_ok(lv_ledger_head(ledger, &head, &err), &err);
    lv_ledger_close(ledger);
    return head;
}

static void test_an_older_copy_and_another_branch(void **state)
{
    const fixture *f = *state;
    put_back(f, lv_buffer_view(&f->file));
    lv_head newer = grow(f, f->world->downstreams[0], 8);
    assert_true(newer.block == BLOCKS);
    put_back(f, lv_buffer_view(&f->file)); /* good in itself, but shorter */
    lv_error err = {0};
    world_ok(verify(f, NULL, &err), &err);
    expect_head_refused(f, &newer);

    lv_head branch = grow(f, f->world->downstreams[1], 1); /* as long, but other */
    assert_true(branch.block == newer.block);
    lv_embedded_audit audit = {0};
    world_ok(lv_embedded_verify(f->world->folder, WORLD_CHANNEL, &branch, &audit, &err), &err);
    assert_int_equal(lv_embedded_verify(f->world->folder, WORLD_CHANNEL, &newer, &audit, &err),
                     LV_E_CORRUPT);
    expect_head_refused(f, &newer);
    grow(f, f->world->downstreams[1], 2);
    expect_head_refused(f, &newer);
}

/* A handle that is open while the file is tampered with. */
static void test_an_open_handle_notices(void **state)
{
    static const char doubled[] =
        "UPDATE block SET header = (SELECT header FROM block WHERE number = 3), "
        "hash = (SELECT hash FROM block WHERE number = 3) WHERE number = 4";
    static const char *const deeds[] = {
        "DELETE FROM block WHERE number = 4",
        doubled,
        "INSERT INTO block SELECT 5, header, hash FROM block WHERE number = 4",
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        put_back(f, lv_buffer_view(&f->file));
        lv_ledger *ledger = NULL;
        lv_watch *watch = NULL;
        lv_head head = {0};
        lv_committed committed = {0};
        lv_error err = {0};
        world_ok(lv_embedded_open(f->world->folder, WORLD_CHANNEL, f->world->downstreams[0],
                                  &ledger, &err),
                 &err);
        world_ok(lv_watch_open(ledger, (lv_position){5, 0}, &watch, &err), &err);
        assert_int_equal(lv_watch_next(watch, 0, &committed, &err), LV_TIMEOUT);
        sqlite3 *db = open_file(f);
        run(db, deeds[i]);
        sqlite3_close(db);
        assert_int_equal(lv_ledger_head(ledger, &head, &err), LV_E_CORRUPT);
        assert_int_equal(world_submit_grants(ledger, f->world->downstreams[0], 8, 1, NULL, &err),
                         LV_E_CORRUPT);
        if (i != 1) { /* it has not been asked for block 4 again */
            assert_int_equal(lv_watch_next(watch, 0, &committed, &err), LV_E_CORRUPT);
        }
        lv_watch_close(watch);
        lv_ledger_close(ledger);
    }
}

static void test_a_replaced_file_is_noticed(void **state)
{
    const fixture *f = *state;
    put_back(f, lv_buffer_view(&f->file));
    lv_ledger *ledger = NULL;
    lv_error err = {0};
    world_ok(
        lv_embedded_open(f->world->folder, WORLD_CHANNEL, f->world->downstreams[0], &ledger, &err),
        &err);
    put_back(f, lv_buffer_view(&f->file));
    assert_int_equal(world_submit_grants(ledger, f->world->downstreams[0], 8, 1, NULL, &err),
                     LV_E_CORRUPT);
    assert_non_null(strstr(err.text, "replaced"));
    lv_ledger_close(ledger);
}

/* What a watcher gets was checked, whatever stands in the file. */
static void test_a_watch_hands_out_nothing_forged(void **state)
{
    static const struct {
        const char *sql;
        uint64_t good; /* writes before */
    } deeds[] = {
        {"UPDATE tx SET bytes = (SELECT bytes FROM tx WHERE block = 1) WHERE block = 3", 4},
        {"DELETE FROM tx WHERE block = 2 AND position = 2", 1},
        {"UPDATE block SET hash = zeroblob(32) WHERE number = 2", 1},
        {"DELETE FROM block WHERE number = 2", 1},
    };
    const fixture *f = *state;
    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        put_back(f, lv_buffer_view(&f->file));
        sqlite3 *db = open_file(f);
        run(db, deeds[i].sql);
        sqlite3_close(db);
        lv_ledger *ledger = NULL;
        lv_watch *watch = NULL;
        lv_committed committed = {0};
        lv_error err = {0};
        world_ok(
            lv_embedded_open(f->world->folder, WORLD_CHANNEL, f->world->servicer, &ledger, &err),
            &err);
        world_ok(lv_watch_open(ledger, (lv_position){1, 0}, &watch, &err), &err);
        for (uint64_t number = 1; number <= deeds[i].good; number++) {
            world_ok(lv_watch_next(watch, 0, &committed, &err), &err);
            assert_true(world_number_of(&committed) == number);
            lv_committed_free(&committed);
        }
        assert_int_equal(lv_watch_next(watch, 0, &committed, &err), LV_E_CORRUPT);
        assert_null(committed.arguments);
        lv_watch_close(watch);
        lv_ledger_close(ledger);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_untouched_ledger_is_good),
        cmocka_unit_test(test_rows_dropped_doubled_moved_or_changed),
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_flipped_bytes_of_the_file),
        cmocka_unit_test(test_truncated_files),
        cmocka_unit_test(test_forged_blocks),
        cmocka_unit_test(test_headers_signed_again),
        cmocka_unit_test(test_what_the_header_says_of_its_transactions),
        cmocka_unit_test(test_an_older_copy_and_another_branch),
        cmocka_unit_test(test_an_open_handle_notices),
        cmocka_unit_test(test_a_replaced_file_is_noticed),
        cmocka_unit_test(test_a_watch_hands_out_nothing_forged),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
