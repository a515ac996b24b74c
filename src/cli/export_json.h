/** A set as JSON, for readers that share no code with Lotveil: every field of the decoded records
 *  (bytes in lower-case hexadecimal), the Signed records themselves in base64, and Enc(z) of every
 *  pair where both records are there. docs/man/lotveil.1.scd, "export", names the fields. */
#ifndef LV_CLI_EXPORT_JSON_H
#define LV_CLI_EXPORT_JSON_H

#include "cli/cli.h"
#include <lotveil/compare.h>

/** What a node has of a set; empty buffers where it has not. */
typedef struct {
    lv_buffer quality; /* Signed */
    lv_buffer xor_record;
    lv_buffer receipt;
    const json_t *pairs; /* [{"inquiry", "answer"}], base64 of Signed or null; or NULL */
} lv_export_records;

/** Takes the answer of GET /v1/sets/SETID/records apart; it must outlive `out`. */
LV_MUST_CHECK lv_status lv_export_read(const json_t *answer, lv_export_records *out, lv_error *err);
void lv_export_free(lv_export_records *records);

/** Checks the records (signatures, digests, binding, proofs) against `trust` and writes all.
 * @return LV_OK; LV_INVALID with words. */
LV_MUST_CHECK lv_status lv_export_json(const char *set_id, const lv_export_records *records,
                                       const lv_trust *trust, json_t **out, lv_error *err);

/** Base64 as a JSON text, as the node's answers have it; NULL without memory. */
json_t *lv_base64_json(lv_bytes bytes);

/** Wipes the text under `key` of an object, where there is one: jansson frees without wiping. The
 *  value is not to be used any more. */
void lv_json_wipe(const json_t *object, const char *key);

#endif
