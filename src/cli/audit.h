/** What `lotveil audit` reads and writes: the opening of a set as a file,
 *      {"format": "lotveil-opening-1", "warning", "set_id", "opening": base64 of the Signed
 * opening, "secret_key": base64} and what it is held against: records, inquiries and answers, from
 * files or bundles (what `lotveil export` writes). */
#ifndef LV_CLI_AUDIT_H
#define LV_CLI_AUDIT_H

#include "cli/cli.h"
#include <lotveil/audit.h>

#define LV_AUDIT_FILES_MAX 64U /* of one kind that one command may name */

/** Files of one kind, in the order in which they were named. Borrowed. */
typedef struct {
    size_t count;
    const char *path[LV_AUDIT_FILES_MAX];
} lv_audit_files;

/** What `lotveil audit check` is told. Borrowed. */
typedef struct {
    const char *dir; /* whose members are trusted, where no card is named */
    const char *opening;
    const char *quality; /* Signed, as they stand on the ledger; NULL: from a bundle */
    const char *xor_record;
    lv_audit_files bundles;
    lv_audit_files inquiries; /* the i-th is answered by the i-th answer */
    lv_audit_files answers;
    lv_audit_files cards;
    bool values; /* tell them */
} lv_audit_plan;

/** One inquiry and its answer, both Signed. */
typedef struct {
    lv_buffer inquiry;
    lv_buffer answer;
} lv_audit_exchange;

/** All of it, read. */
typedef struct {
    lv_trust *trust;
    lv_buffer opening;
    lv_buffer secret_key;
    lv_buffer quality;
    lv_buffer xor_record;
    size_t exchange_count;
    lv_audit_exchange *exchanges;
} lv_audit_input;

/** Reads every file that the plan names.
 * @return LV_OK; LV_E_SYNTAX, LV_E_LIMIT where one cannot be used, with words that name it. */
LV_MUST_CHECK lv_status lv_audit_read(const lv_audit_plan *plan, lv_audit_input *out,
                                      lv_error *err);
void lv_audit_input_free(lv_audit_input *input); /* wipes the key */

/** Writes an opening that the node answered with to a file that its owner alone may read. */
LV_MUST_CHECK lv_status lv_audit_write(const char *path, const char *set_id, const json_t *answer,
                                       lv_error *err);

/** Checks all of it and tells what was found, as JSON or in words, on standard output.
 * @return LV_OK; LV_INVALID where something does not hold. */
LV_MUST_CHECK lv_status lv_audit_run(const lv_audit_plan *plan, bool json, lv_error *err);

#endif
