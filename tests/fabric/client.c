/* Fabric's client on a leash: a ledger opened as one organisation of a network
 * (ledger/fabric_net.h), driven by lines on standard input, one line of answer for each.
 *
 *     client CHAINCODE NAME       NAME: D0, D1, D2 or S
 *
 *     grant FIRST COUNT           submits the author's grants FIRST .. in one
 *     read                        the grant that stands of D0: its length
 *     head                        block and hash
 *     check BLOCK HASH
 *     open BLOCK TRANSACTION      a watch from there, in place of the one before
 *     next COUNT MILLISECONDS     what the watch gives, each in that time: block:transaction=number
 * ...
 *
 * An answer is "LV_OK" and what was asked for, or the status and its words. */
#include "base/hex.h"
#include "ledger/fabric_net.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

typedef struct {
    world *world;
    lv_ledger *ledger;
    lv_watch *watch;
    const lv_identity *author;
} client;

static void answer(lv_status status, const lv_error *err, const char *more)
{
    printf("%s %s\n", lv_status_name(status), status == LV_OK ? more : err->text);
    fflush(stdout);
}

static const lv_identity *find_author(const world *w, const char *name)
{
    return strcmp(name, "S") == 0 ? w->servicer : w->downstreams[name[1] - '0'];
}

static void do_grant(client *c, uint64_t first, size_t count)
{
    char more[64] = "";
    lv_error err = {0};
    lv_position *at = calloc(count, sizeof *at);
    assert_non_null(at);
    lv_status status = world_submit_grants(c->ledger, c->author, first, count, at, &err);
    snprintf(more, sizeof more, "%" PRIu64 ":%u", at[0].block, at[0].transaction);
    answer(status, &err, more);
    free(at);
}

static void do_read(client *c)
{
    const lv_bytes names[] = {lv_bytes_of_text("D0"), lv_bytes_of_text("A"),
                              lv_bytes_of_text("moisture")};
    const lv_call call = {.function = "granted", .arguments = names, .argument_count = 3};
    char more[32];
    lv_buffer response = {0};
    lv_error err = {0};
    lv_status status = lv_ledger_read(c->ledger, &call, &response, &err);
    snprintf(more, sizeof more, "%zu", response.len);
    answer(status, &err, more);
    lv_buffer_free(&response);
}

static void do_head(client *c)
{
    char more[128];
    char hash[2 * LV_DIGEST_LEN + 1];
    lv_head head = {0};
    lv_error err = {0};
    lv_status status = lv_ledger_head(c->ledger, &head, &err);
    lv_digest_hex(&head.hash, hash);
    snprintf(more, sizeof more, "%" PRIu64 " %s", head.block, hash);
    answer(status, &err, more);
}

static void do_check(client *c, uint64_t block, const char *hash)
{
    lv_head head = {.block = block};
    lv_error err = {0};
    assert_int_equal(lv_digest_from_hex(hash, &head.hash), LV_OK);
    lv_status status = lv_ledger_check_head(c->ledger, &head, &err);
    answer(status, &err, "");
}

static void do_open(client *c, uint64_t block, unsigned transaction)
{
    lv_error err = {0};
    lv_watch_close(c->watch);
    c->watch = NULL;
    lv_status status = lv_watch_open(c->ledger, (lv_position){block, transaction}, &c->watch, &err);
    answer(status, &err, "");
}

static void do_next(client *c, size_t count, int timeout_ms)
{
    lv_buffer more = {0};
    lv_error err = {0};
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        lv_committed committed = {0};
        do { /* it goes on where it was */
            status = lv_watch_next(c->watch, timeout_ms, &committed, &err);
        } while (status == LV_UNAVAILABLE);
        if (status == LV_OK) {
            assert_int_equal(
                lv_buffer_printf(&more, "%" PRIu64 ":%u=%" PRIu64 " ", committed.position.block,
                                 committed.position.transaction, world_number_of(&committed)),
                LV_OK);
        }
        lv_committed_free(&committed);
    }
    answer(status, &err, lv_buffer_text(&more));
    lv_buffer_free(&more);
}

/* The next number of a line; fails where there is none. */
static uint64_t take_number(char **rest)
{
    const char *word = strtok_r(NULL, " \n", rest);
    char *end = NULL;
    assert_non_null(word);
    uint64_t number = strtoull(word, &end, 10);
    assert_true(end != word && *end == '\0');
    return number;
}

static void obey(client *c, char *line)
{
    char *rest = NULL;
    const char *command = strtok_r(line, " \n", &rest);
    assert_non_null(command);
    if (strcmp(command, "read") == 0) {
        do_read(c);
    } else if (strcmp(command, "head") == 0) {
        do_head(c);
    } else if (strcmp(command, "grant") == 0) {
        uint64_t first = take_number(&rest);
        do_grant(c, first, take_number(&rest));
    } else if (strcmp(command, "check") == 0) {
        uint64_t block = take_number(&rest);
        do_check(c, block, strtok_r(NULL, " \n", &rest));
    } else if (strcmp(command, "open") == 0) {
        uint64_t block = take_number(&rest);
        do_open(c, block, (unsigned)take_number(&rest));
    } else if (strcmp(command, "next") == 0) {
        uint64_t count = take_number(&rest);
        do_next(c, count, (int)take_number(&rest));
    } else {
        fail_msg("no command: %s", command);
    }
}

int main(int argc, char **argv)
{
    char line[256];
    lv_error err = {0};
    client c = {0};
    if (argc != 3) {
        return EXIT_FAILURE;
    }
    c.world = fabric_net_world();
    c.author = find_author(c.world, argv[2]);
    world_ok(fabric_net_open(c.world, argv[1], c.author, &c.ledger, &err), &err);
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(&c, line);
    }
    lv_watch_close(c.watch);
    lv_ledger_close(c.ledger);
    world_free(c.world);
    return EXIT_SUCCESS;
}
