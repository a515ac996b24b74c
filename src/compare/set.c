/* Both records of a set, checked: docs/protocol.md section 3, step 3. */
#include "compare/set.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void lv_name_copy(char out[LV_NAME_MAX + 1], const char *name)
{
    size_t len = strnlen(name, LV_NAME_MAX + 1);
    if (len > LV_NAME_MAX) {
        len = 0;
    }
    memcpy(out, name, len);
    out[len] = '\0';
}

lv_proof_context lv_key_proof_context(const lv_quality *quality)
{
    return (lv_proof_context){
        .channel = quality->channel,
        .downstream = quality->author,
        .upstream = "",
        .series = quality->series,
        .sequence = quality->sequence,
        .pair = 0,
    };
}

/* The key, and that it is a good one. */
static lv_status open_key(lv_set *set, bool proofs, lv_error *err)
{
    const lv_quality *quality = &set->quality;
    const lv_suite *suite = lv_suite_find(quality->suite);
    if (suite == NULL) {
        return lv_fail(err, LV_INVALID, "there is no suite %s", quality->suite);
    }
    lv_bytes public_key = lv_buffer_view(&quality->public_key);
    lv_status status = lv_public_decode(suite, public_key, &set->key, err);
    if (status == LV_OK) {
        status = lv_set_id_of(public_key, &set->id);
    }
    if (status == LV_OK && proofs) {
        lv_proof_context context = lv_key_proof_context(quality);
        status = lv_key_verify(set->key, &context, lv_buffer_view(&quality->key_proof), err);
    }
    return status;
}

static lv_status decode(const lv_set *set, const char *which, const lv_buffer *bytes,
                        lv_matrix **out, lv_error *err)
{
    const lv_quality *quality = &set->quality;
    lv_status status = lv_matrix_decode(set->key, quality->pair_count, quality->width,
                                        lv_buffer_view(bytes), out, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "field %s: ", which);
    }
    return status;
}

/* Not every failure below comes with words, but each gets a name in front of them. */
static void begin_words(lv_error *err)
{
    if (err != NULL) {
        err->text[0] = '\0';
    }
}

/* Puts the record's name in front of words that tell what is wrong within it. */
static lv_status name_record(lv_status status, const char *kind, const lv_quality *quality,
                             lv_error *err)
{
    if (status != LV_OK) {
        lv_error_prefix(err, "%s record of %s, series %s, sequence %" PRIu64 ": ", kind,
                        quality->author, quality->series, quality->sequence);
    }
    return status;
}

/* Which proofs are checked. */
typedef enum {
    NO_PROOFS,
    OWN_PROOFS, /* of a record, when it is opened */
    ALL_PROOFS, /* of both records, when the second one is opened; the key's with the first */
} checks;

static lv_bits_field values_field(const lv_set *set, const lv_proof_context *context)
{
    return (lv_bits_field){"bit_proof",
                           {LV_BITS_VALUES,
                            {.x = set->x, .y = set->y},
                            context,
                            lv_buffer_view(&set->quality.bit_proof)}};
}

static lv_status check_values(const lv_set *set, const lv_job *job, lv_error *err)
{
    const lv_proof_context context = lv_key_proof_context(&set->quality);
    const lv_bits_field field = values_field(set, &context);
    size_t bad = 0;
    return lv_check_bits(set->key, &field, 1, job, &bad, err);
}

static lv_status open_contents(lv_set *set, checks proofs, const lv_job *job, lv_error *err)
{
    lv_status status = open_key(set, proofs != NO_PROOFS, err);
    if (status == LV_OK) {
        status = decode(set, "x", &set->quality.x, &set->x, err);
    }
    if (status == LV_OK) {
        status = decode(set, "y", &set->quality.y, &set->y, err);
    }
    return status == LV_OK && proofs == OWN_PROOFS ? check_values(set, job, err) : status;
}

static lv_status open_quality(lv_bytes quality_record, const lv_trust *trust, checks proofs,
                              const lv_job *job, lv_set **out, lv_error *err)
{
    *out = NULL;
    begin_words(err);
    lv_set *set = calloc(1, sizeof *set);
    if (set == NULL) {
        return lv_fail(err, LV_E_MEMORY, "no memory for a set");
    }
    lv_status status =
        lv_quality_open(quality_record, trust, LV_TIME_RECORD, &set->quality, NULL, err);
    if (status == LV_OK) {
        status = name_record(open_contents(set, proofs, job, err), "quality", &set->quality, err);
    }
    if (status != LV_OK) {
        lv_set_free(set);
        return status;
    }
    *out = set;
    return LV_OK;
}

lv_status lv_set_open(lv_bytes quality_record, const lv_trust *trust, const lv_job *job,
                      lv_set **out, lv_error *err)
{
    return open_quality(quality_record, trust, OWN_PROOFS, job, out, err);
}

static lv_status disagree(const char *field, lv_error *err)
{
    return lv_fail(err, LV_INVALID, "field %s: does not agree with the quality record", field);
}

/* Every field that both records have, and the binding to key, x and y. */
static lv_status match(const lv_quality *quality, const lv_xor *xor_record, lv_error *err)
{
    if (strcmp(quality->author, xor_record->author) != 0) {
        return disagree("author", err);
    }
    if (strcmp(quality->series, xor_record->series) != 0) {
        return disagree("series", err);
    }
    if (strcmp(quality->suite, xor_record->suite) != 0) {
        return disagree("suite", err);
    }
    if (quality->sequence != xor_record->sequence) {
        return disagree("sequence", err);
    }
    if (quality->width != xor_record->width) {
        return disagree("width", err);
    }
    if (quality->pair_count != xor_record->pairs) {
        return disagree("pairs", err);
    }
    if (quality->distance != (xor_record->d.len > 0)) {
        return disagree("d", err);
    }
    lv_bytes public_key = lv_buffer_view(&quality->public_key);
    if (!lv_bytes_equal(public_key, lv_buffer_view(&xor_record->public_key))) {
        return disagree("public_key", err);
    }
    lv_digest binding;
    lv_status status = lv_binding_of(public_key, lv_buffer_view(&quality->x),
                                     lv_buffer_view(&quality->y), &binding);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot compute the binding");
    }
    return lv_digest_equal(&binding, &xor_record->binding) ? LV_OK : disagree("binding", err);
}

/* That this is the very record that the quality record names. */
static lv_status check_digest(const lv_set *set, lv_bytes xor_record, lv_error *err)
{
    lv_digest digest;
    lv_status status = lv_digest_of(xor_record, &digest);
    if (status != LV_OK) {
        return lv_fail(err, status, "cannot compute its digest");
    }
    if (!lv_digest_equal(&digest, &set->quality.xor_digest)) {
        return lv_fail(err, LV_INVALID, "it is not the one whose digest the quality record names");
    }
    return LV_OK;
}

/* The bit proofs of both records. *kind becomes that of the one with a bad proof. */
static lv_status check_all(const lv_set *set, const lv_xor *record, const lv_matrix *w,
                           const lv_matrix *d, const lv_job *job, const char **kind, lv_error *err)
{
    const lv_proof_context own = lv_key_proof_context(&set->quality);
    const lv_proof_context bought = lv_xor_proof_context(record);
    lv_bits_field field[LV_SET_BIT_FIELDS];
    size_t bad = 0;
    field[0] = values_field(set, &own);
    const size_t fields = 1 + lv_xor_bit_fields(record, set, w, d, &bought, field + 1);
    lv_status status = lv_check_bits(set->key, field, fields, job, &bad, err);
    *kind = bad == 0 ? "quality" : *kind;
    return status;
}

/* The contents of an opened XOR record become the set's, or nothing does. */
static lv_status take_xor(lv_set *set, const lv_xor *record, checks proofs, const lv_job *job,
                          const char **kind, lv_error *err)
{
    lv_matrix *w = NULL;
    lv_matrix *d = NULL;
    lv_status status = match(&set->quality, record, err);
    if (status == LV_OK) {
        status = lv_xor_contents(set->key, record, proofs == OWN_PROOFS, set, job, &w, &d, err);
    }
    if (status == LV_OK && proofs == ALL_PROOFS) {
        status = check_all(set, record, w, d, job, kind, err);
    }
    if (status != LV_OK) {
        lv_matrix_free(w);
        lv_matrix_free(d);
        return status;
    }
    set->w = w;
    set->d = d;
    return LV_OK;
}

static lv_status add_xor(lv_set *set, lv_bytes xor_record, const lv_trust *trust, checks proofs,
                         const lv_job *job, lv_error *err)
{
    begin_words(err);
    if (set->w != NULL) {
        return lv_fail(err, LV_E_ARGUMENT, "the set has its XOR record already");
    }
    const char *kind = "XOR";
    lv_xor opened = {0};
    lv_status status = check_digest(set, xor_record, err);
    if (status == LV_OK) {
        status = lv_xor_open(xor_record, trust, LV_TIME_RECORD, &opened, NULL, err);
    }
    if (status == LV_OK) {
        status = take_xor(set, &opened, proofs, job, &kind, err);
    }
    lv_xor_free(&opened);
    return name_record(status, kind, &set->quality, err);
}

lv_status lv_set_add_xor(lv_set *set, lv_bytes xor_record, const lv_trust *trust, const lv_job *job,
                         lv_error *err)
{
    return add_xor(set, xor_record, trust, OWN_PROOFS, job, err);
}

/* @param xor_record  empty where there is none. */
static lv_status open_both(lv_bytes quality_record, lv_bytes xor_record, const lv_trust *trust,
                           checks proofs, const lv_job *job, lv_set **out, lv_error *err)
{
    lv_status status = open_quality(quality_record, trust, proofs, job, out, err);
    if (*out == NULL || xor_record.len == 0) {
        return status;
    }
    status = add_xor(*out, xor_record, trust, proofs, job, err);
    if (status != LV_OK) {
        lv_set_free(*out);
        *out = NULL;
    }
    return status;
}

lv_status lv_set_open_both(lv_bytes quality_record, lv_bytes xor_record, const lv_trust *trust,
                           const lv_job *job, lv_set **out, lv_error *err)
{
    *out = NULL;
    if (xor_record.len == 0) {
        return lv_fail(err, LV_E_SYNTAX, "an XOR record of no bytes");
    }
    return open_both(quality_record, xor_record, trust, ALL_PROOFS, job, out, err);
}

lv_status lv_set_reopen(lv_bytes quality_record, lv_bytes xor_record, const lv_trust *trust,
                        lv_set **out, lv_error *err)
{
    return open_both(quality_record, xor_record, trust, NO_PROOFS, NULL, out, err);
}

void lv_set_free(lv_set *set)
{
    if (set == NULL) {
        return;
    }
    lv_quality_free(&set->quality);
    lv_public_free(set->key);
    lv_matrix_free(set->x);
    lv_matrix_free(set->y);
    lv_matrix_free(set->w);
    lv_matrix_free(set->d);
    free(set);
}

const lv_quality *lv_set_quality(const lv_set *set) { return &set->quality; }

const lv_digest *lv_set_id(const lv_set *set) { return &set->id; }

bool lv_set_has_xor(const lv_set *set) { return set->w != NULL; }

bool lv_set_has_distance(const lv_set *set) { return set->d != NULL; }
