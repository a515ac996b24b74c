/* The two messages of a ledger: Transaction and BlockHeader. */
#include "base/clock.h"
#include "ledger/embedded/block.h"
#include "ledger/embedded/transaction.h"
#include "ledger/world.h"
#include "lotveil.pb-c.h"
#include "record/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

typedef struct {
    world *world;
    lv_channel channel; /* with its trust */
    int64_t now;
} fixture;

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    lv_buffer config = {0};
    lv_error err = {0};
    if (f == NULL) {
        return -1;
    }
    f->world = world_new();
    f->now = lv_clock_now();
    world_ok(lv_channel_encode(&f->world->channel, &config, &err), &err);
    world_ok(lv_channel_decode(lv_buffer_view(&config), &f->channel, &err), &err);
    lv_buffer_free(&config);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    lv_channel_free(&f->channel);
    world_free(f->world);
    free(f);
    return 0;
}

/* ---- transactions ---- */

static lv_buffer seal(const fixture *f, const char *channel, const lv_identity *by, int64_t time)
{
    const lv_bytes arguments[] = {lv_bytes_of_text("first"), {0}, lv_bytes_of_text("third")};
    const lv_call call = {.function = "put", .arguments = arguments, .argument_count = 3};
    lv_buffer out = {0};
    lv_error err = {0};
    (void)f;
    world_ok(lv_transaction_seal(channel, &call, time, by, &out, &err), &err);
    return out;
}

static lv_status open_transaction(const fixture *f, const lv_buffer *bytes)
{
    lv_transaction out = {.argument_count = 1};
    lv_error err = {0};
    lv_status status = lv_transaction_open(lv_buffer_view(bytes), &f->channel, &out, &err);
    if (status != LV_OK) {
        assert_null(out.arguments);
        assert_int_equal(out.argument_count, 0);
        assert_null(out.submitter);
    }
    lv_transaction_free(&out);
    return status;
}

static void test_a_transaction_is_read_as_it_was_signed(void **state)
{
    const fixture *f = *state;
    lv_buffer bytes = seal(f, WORLD_CHANNEL, f->world->downstreams[0], f->now);
    lv_transaction out = {0};
    lv_error err = {0};
    world_ok(lv_transaction_open(lv_buffer_view(&bytes), &f->channel, &out, &err), &err);
    assert_string_equal(out.channel, WORLD_CHANNEL);
    assert_string_equal(out.function, "put");
    assert_string_equal(out.submitter, "D0");
    assert_true(out.time == f->now);
    assert_int_equal(out.argument_count, 3);
    assert_string_equal(lv_buffer_text(&out.arguments[0]), "first");
    assert_int_equal(out.arguments[1].len, 0);
    assert_string_equal(lv_buffer_text(&out.arguments[2]), "third");
    lv_bytes *views = lv_transaction_arguments(&out);
    assert_non_null(views);
    assert_true(lv_bytes_equal(views[2], lv_bytes_of_text("third")));
    free(views);
    lv_transaction_free(&out);

    lv_buffer again = seal(f, WORLD_CHANNEL, f->world->downstreams[0], f->now);
    assert_false(lv_bytes_equal(lv_buffer_view(&bytes), lv_buffer_view(&again))); /* the nonce */
    lv_buffer_free(&again);
    lv_buffer_free(&bytes);
}

static void test_every_changed_byte_of_a_transaction_is_found(void **state)
{
    const fixture *f = *state;
    lv_buffer bytes = seal(f, WORLD_CHANNEL, f->world->downstreams[0], f->now);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 1;
        assert_int_not_equal(open_transaction(f, &bytes), LV_OK);
        bytes.data[i] ^= 1;
    }
    assert_int_equal(open_transaction(f, &bytes), LV_OK);
    size_t len = bytes.len;
    for (bytes.len = 0; bytes.len < len; bytes.len++) {
        assert_int_not_equal(open_transaction(f, &bytes), LV_OK);
    }
    assert_int_equal(lv_buffer_append(&bytes, "", 1), LV_OK);
    assert_int_not_equal(open_transaction(f, &bytes), LV_OK);
    lv_buffer_free(&bytes);
}

static void expect_refused(const fixture *f, lv_buffer bytes)
{
    assert_int_equal(open_transaction(f, &bytes), LV_INVALID);
    lv_buffer_free(&bytes);
}

static void test_foreign_transactions_are_refused(void **state)
{
    const fixture *f = *state;
    const world *w = f->world;
    expect_refused(f, seal(f, WORLD_CHANNEL, w->outsider, f->now));
    expect_refused(f, seal(f, WORLD_CHANNEL, w->impostor, f->now));
    expect_refused(f, seal(f, WORLD_CHANNEL, w->expired, f->now));
    expect_refused(f, seal(f, "another.channel", w->downstreams[0], f->now));
    expect_refused(f,
                   seal(f, WORLD_CHANNEL, w->downstreams[0], f->now - 172800)); /* not yet valid */
    expect_refused(f, world_grant(w->downstreams[0], 1, false)); /* another kind of record */
}

static lv_buffer seal_message(const fixture *f, const Lotveil__V1__Transaction *message)
{
    lv_buffer body = {0};
    lv_buffer out = {0};
    lv_error err = {0};
    world_ok(lv_wire_pack(&message->base, LV_RECORD_MAX, &body, &err), &err);
    world_ok(lv_signed_seal(LV_KIND_TRANSACTION, lv_buffer_view(&body), f->world->downstreams[0],
                            &out, &err),
             &err);
    lv_buffer_free(&body);
    return out;
}

static void test_malformed_transactions_are_refused(void **state)
{
    const fixture *f = *state;
    static uint8_t nonce[LV_NONCE_LEN + 1];
    static ProtobufCBinaryData many[LV_CALL_ARGUMENTS_MAX + 1];
    Lotveil__V1__Transaction good = LOTVEIL__V1__TRANSACTION__INIT;
    good.channel = lv_wire_text(WORLD_CHANNEL);
    good.function = lv_wire_text("put");
    good.nonce = (ProtobufCBinaryData){.len = LV_NONCE_LEN, .data = nonce};
    good.time = f->now;

    Lotveil__V1__Transaction cases[6];
    for (size_t i = 0; i < 6; i++) {
        cases[i] = good;
    }
    cases[0].channel = lv_wire_text("no name");
    cases[1].function = lv_wire_text("");
    cases[2].nonce.len = LV_NONCE_LEN + 1;
    cases[3].nonce.len = 0;
    cases[4].time = -1;
    cases[5].n_arguments = LV_CALL_ARGUMENTS_MAX + 1;
    cases[5].arguments = many;
    for (size_t i = 0; i < 6; i++) {
        lv_buffer bytes = seal_message(f, &cases[i]);
        assert_int_equal(open_transaction(f, &bytes), i == 5 ? LV_E_LIMIT : LV_E_SYNTAX);
        lv_buffer_free(&bytes);
    }
    lv_buffer bytes = seal_message(f, &good);
    assert_int_equal(open_transaction(f, &bytes), LV_OK);
    lv_buffer_free(&bytes);
}

/* ---- block headers ---- */

static lv_block block_of(const fixture *f, uint64_t number)
{
    lv_block block = {.number = number,
                      .has_previous = number > 0,
                      .previous = {.bytes = {1, 2, 3}},
                      .merkle_root = {.bytes = {4, 5, 6}},
                      .transactions = 7,
                      .time = f->now};
    memcpy(block.channel, WORLD_CHANNEL, sizeof WORLD_CHANNEL);
    return block;
}

static lv_buffer seal_block(lv_block block, const lv_identity *by)
{
    lv_buffer out = {0};
    lv_error err = {0};
    world_ok(lv_block_seal(&block, by, &out, &err), &err);
    return out;
}

static lv_status open_block(const fixture *f, const lv_buffer *bytes)
{
    lv_block out = {.number = 1};
    lv_status status = lv_block_open(lv_buffer_view(bytes), &f->channel, &out, NULL);
    assert_true(status == LV_OK || (out.number == 0 && out.committer == NULL));
    return status;
}

static void test_a_header_is_read_as_it_was_signed(void **state)
{
    const fixture *f = *state;
    for (uint64_t number = 0; number < 3; number++) {
        lv_block made = block_of(f, number);
        lv_buffer bytes = {0};
        lv_error err = {0};
        world_ok(lv_block_seal(&made, f->world->servicer, &bytes, &err), &err);
        lv_block read = {0};
        world_ok(lv_block_open(lv_buffer_view(&bytes), &f->channel, &read, &err), &err);
        assert_true(read.number == number && read.transactions == 7 && read.time == f->now);
        assert_int_equal(read.has_previous, number > 0);
        assert_true(number == 0 || lv_digest_equal(&read.previous, &made.previous));
        assert_true(lv_digest_equal(&read.merkle_root, &made.merkle_root));
        assert_true(lv_digest_equal(&read.hash, &made.hash));
        assert_string_equal(read.committer, "S");
        lv_buffer_free(&bytes);
    }
}

static void test_every_changed_byte_of_a_header_is_found(void **state)
{
    const fixture *f = *state;
    lv_buffer bytes = seal_block(block_of(f, 3), f->world->servicer);
    for (size_t i = 0; i < bytes.len; i++) {
        bytes.data[i] ^= 1;
        assert_int_not_equal(open_block(f, &bytes), LV_OK);
        bytes.data[i] ^= 1;
    }
    size_t len = bytes.len;
    for (bytes.len = 0; bytes.len < len; bytes.len++) {
        assert_int_not_equal(open_block(f, &bytes), LV_OK);
    }
    assert_int_equal(open_block(f, &bytes), LV_OK);
    lv_buffer_free(&bytes);
}

static void test_foreign_headers_are_refused(void **state)
{
    const fixture *f = *state;
    const lv_identity *const by[] = {f->world->outsider, f->world->impostor, f->world->expired};
    for (size_t i = 0; i < 3; i++) {
        lv_buffer bytes = seal_block(block_of(f, 1), by[i]);
        assert_int_equal(open_block(f, &bytes), LV_INVALID);
        lv_buffer_free(&bytes);
    }
    lv_block other = block_of(f, 1);
    other.channel[0] = 'y';
    lv_buffer bytes = seal_block(other, f->world->servicer);
    assert_int_equal(open_block(f, &bytes), LV_INVALID);
    lv_buffer_free(&bytes);
    lv_block empty = block_of(f, 1);
    empty.transactions = 0;
    bytes = seal_block(empty, f->world->servicer);
    assert_int_equal(open_block(f, &bytes), LV_E_LIMIT);
    lv_buffer_free(&bytes);
}

static void test_links(void **state)
{
    const fixture *f = *state;
    const lv_block good = block_of(f, 3);
    const lv_tip previous = {.number = 2, .hash = good.previous, .time = good.time};
    assert_int_equal(lv_block_check_link(&good, &previous, NULL), LV_OK);
    assert_int_equal(lv_block_check_link(&good, NULL, NULL), LV_INVALID);

    lv_tip other = previous;
    other.number = 1;
    assert_int_equal(lv_block_check_link(&good, &other, NULL), LV_INVALID);
    other = previous;
    other.hash.bytes[31] ^= 1;
    assert_int_equal(lv_block_check_link(&good, &other, NULL), LV_INVALID);
    other = previous;
    other.time++;
    assert_int_equal(lv_block_check_link(&good, &other, NULL), LV_INVALID);

    lv_block genesis = block_of(f, 0);
    assert_int_equal(lv_block_check_link(&genesis, NULL, NULL), LV_OK);
    genesis.has_previous = true;
    assert_int_equal(lv_block_check_link(&genesis, NULL, NULL), LV_INVALID);
    lv_block unlinked = good;
    unlinked.has_previous = false;
    assert_int_equal(lv_block_check_link(&unlinked, &previous, NULL), LV_INVALID);
}

static void test_times(void **state)
{
    (void)state;
    const lv_tip previous = {.time = 1000000};
    const int64_t tolerance = LV_TIME_TOLERANCE;
    assert_int_equal(lv_block_check_time(1000000 - tolerance, 1000000, &previous, NULL), LV_OK);
    assert_int_equal(lv_block_check_time(999999 - tolerance, 1000000, &previous, NULL), LV_INVALID);
    assert_int_equal(lv_block_check_time(1000000 + tolerance, 1000000, &previous, NULL), LV_OK);
    assert_int_equal(lv_block_check_time(1000001 + tolerance, 1000000, &previous, NULL),
                     LV_INVALID);
    assert_int_equal(lv_block_check_time(5, 1000000, NULL, NULL), LV_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_transaction_is_read_as_it_was_signed),
        cmocka_unit_test(test_every_changed_byte_of_a_transaction_is_found),
        cmocka_unit_test(test_foreign_transactions_are_refused),
        cmocka_unit_test(test_malformed_transactions_are_refused),
        cmocka_unit_test(test_a_header_is_read_as_it_was_signed),
        cmocka_unit_test(test_every_changed_byte_of_a_header_is_found),
        cmocka_unit_test(test_foreign_headers_are_refused),
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_times),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
