/** Who takes part in the tests of ledgers: one channel of contract "xor" with some downstreams and
 *  a servicer, an organisation that is no member, and an impostor of the first downstream. */
#ifndef LV_TESTS_LEDGER_WORLD_H
#define LV_TESTS_LEDGER_WORLD_H

#include "ledger/ledger.h"

#define WORLD_CHANNEL "xor.example"
#define WORLD_DOWNSTREAMS 3

typedef struct {
    char folder[64]; /* temporary, of this world alone */
    lv_channel channel;
    lv_identity *downstreams[WORLD_DOWNSTREAMS]; /* "D0", "D1", ... */
    lv_identity *servicer;                       /* "S" */
    lv_identity *outsider;                       /* "X", no member */
    lv_identity *impostor;                       /* "D0" by another CA */
    lv_identity *expired;                        /* "D0" by its own CA, but a year ago */
    lv_identity *renewed;                        /* "D0" by its own CA, with another key */
} world;

/** Fails the running test where something goes wrong; so do all below. */
world *world_new(void);
void world_free(world *w);

/** A name of the temporary folder, in memory of the world's, until the next call. */
const char *world_path(world *w, const char *name);

/** Signs a grant of `author` with this number, the smallest record there is. */
lv_buffer world_grant(const lv_identity *author, uint64_t number, bool revoke);

/** Signs an XOR record under a fresh key. */
lv_buffer world_xor(const lv_identity *author, uint64_t sequence);

/** Submits one call with one argument. */
lv_status world_submit(lv_ledger *ledger, const char *function, const lv_buffer *argument,
                       lv_position *position, lv_error *err);

/** Submits grants first .. first + count - 1 of `author`, all in one. */
lv_status world_submit_grants(lv_ledger *ledger, const lv_identity *author, uint64_t first,
                              size_t count, lv_position *positions, lv_error *err);

/** The number of a grant that was committed, and checks that it is one. */
uint64_t world_number_of(const lv_committed *committed);

/** Asserts LV_OK and tells the words where it is not. */
void world_ok(lv_status status, const lv_error *err);

#endif
