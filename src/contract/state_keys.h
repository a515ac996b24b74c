/** Where a contract keeps what: the layout of the state, the same on every ledger. Names hold
 *  neither '/' nor a control character; numbers are decimal with 20 digits, so that the byte order
 *  of keys is theirs.
 *
 *      set/<set id>                           Signed quality or xor record
 *      owner/<set id>                         "<author>/<series>" of that record
 *      sequence/<author>/<series>/<number>    set id in hex
 *      last/<author>/<series>                 last sequence of the series, decimal
 *      grant/<author>/<number>                Signed grant or revocation
 *      grants/<author>                        number of the author's last grant, decimal
 *      standing/<author>/<series>/<buyer>     number of the newest grant for these, decimal
 *      count/<author>/<number>                sales under that grant so far, decimal
 *      sale/<set id>/<buyer>                  Signed sale
 *
 *  Set ids are lower-case hexadecimal. Records are written once; only the counters of `last`,
 *  `grants`, `standing` and `count` move on. */
#ifndef LV_CONTRACT_STATE_KEYS_H
#define LV_CONTRACT_STATE_KEYS_H

#include "contract/contract.h"

#define LV_STATE_KEY_MAX 256U

typedef struct {
    char text[LV_STATE_KEY_MAX];
} lv_state_key;

lv_state_key lv_state_key_set(const char *set_id);
lv_state_key lv_state_key_owner(const char *set_id);
lv_state_key lv_state_key_sequence(const char *author, const char *series, uint64_t sequence);
lv_state_key lv_state_key_sequence_end(const char *author,
                                       const char *series); /* past all of them */
lv_state_key lv_state_key_last(const char *author, const char *series);
lv_state_key lv_state_key_grant(const char *author, uint64_t number);
lv_state_key lv_state_key_grants(const char *author);
lv_state_key lv_state_key_standing(const char *author, const char *series, const char *buyer);
lv_state_key lv_state_key_count(const char *author, uint64_t number);
lv_state_key lv_state_key_sale(const char *set_id, const char *buyer);

/** Is there a value under the key? @return LV_OK or a fault. */
LV_MUST_CHECK lv_status lv_state_has(const lv_state *state, const lv_state_key *key, bool *has);

/** Reads a counter; 0 where there is none. LV_E_CORRUPT where it is no number. */
LV_MUST_CHECK lv_status lv_state_number(const lv_state *state, const lv_state_key *key,
                                        uint64_t *value, lv_error *err);
LV_MUST_CHECK lv_status lv_state_set_number(const lv_state *state, const lv_state_key *key,
                                            uint64_t value);

/** Stores text. */
LV_MUST_CHECK lv_status lv_state_set_text(const lv_state *state, const lv_state_key *key,
                                          const char *text);

/** Reads a plain decimal of 1 to 20 digits. LV_E_SYNTAX. */
LV_MUST_CHECK lv_status lv_decimal_read(lv_bytes text, uint64_t *value);

#endif
