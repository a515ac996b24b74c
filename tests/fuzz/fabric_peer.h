/** The peer that endorses in the corpus of `envelope`, and the proposal that it endorsed. */
#ifndef LV_TESTS_FUZZ_FABRIC_PEER_H
#define LV_TESTS_FUZZ_FABRIC_PEER_H

#include "fabric/proposal.h"
#include "fuzz.h"

#define FUZZ_PEER "PMSP" /* its identity is a peer's: OU=peer */
#define FUZZ_ENVELOPE_RECORD "a whole record"
#define FUZZ_ENVELOPE_ANSWER "answer"

/** A proposal made again from its bytes, with what the transaction must repeat of it. */
lv_proposal fuzz_proposal(lv_bytes signed_proposal);

/** A channel whose only member is the peer's organisation. Borrowed. */
const lv_channel *fuzz_peer_channel(void);

#endif
