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

/** Writes new organisations below `folder`, each as lv_msp_folder_create does: D0, D1, ..., S, X
 * and impostor; below each, in renewed, another certificate. In peer0 and peer1 of D0 and S stand
 * the MSP folders of their peers. */
void world_write(const char *folder);

/** The world of such organisations (`expired` is NULL then). */
world *world_load(const char *folder);
void world_free(world *w);

/** A name of the temporary folder, in memory of the world's, until the next call. */
const char *world_path(world *w, const char *name);

/** Signs a grant of `author` with this number, the smallest record there is. */
lv_buffer world_grant(const lv_identity *author, uint64_t number, bool revoke);

/** Signs an XOR record under a fresh key. */
lv_buffer world_xor(const lv_identity *author, uint64_t sequence);

/** The same with a bit string of `width` bits, half a kilobyte each. */
lv_buffer world_xor_wide(const lv_identity *author, uint64_t sequence, unsigned width);

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
