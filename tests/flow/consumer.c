/* A plant's own program on the installed liblotveil: one comparison from value to verdict, in
 * memory. Prints the verdict. */
#include <lotveil/compare.h>
#include <lotveil/series.h>
#include <stdio.h>
#include <string.h>

static const int64_t NOW = 1800000000; /* any clock will do */

typedef struct {
    lv_organisation files;
    lv_identity *identity;
} party;

static lv_status make_party(const char *msp, party *out, lv_trust *trust, lv_error *err)
{
    const char *const hosts[] = {"localhost"};
    lv_organisation_params params = {
        .msp_id = msp, .hosts = hosts, .host_count = 1, .days = 30, .not_before = NOW - 60};
    lv_status status = lv_organisation_create(&params, &out->files, err);
    if (status == LV_OK) {
        status = lv_identity_load(msp, lv_buffer_view(&out->files.certificate),
                                  lv_buffer_view(&out->files.key), &out->identity, err);
    }
    return status == LV_OK
               ? lv_trust_add(trust, msp, lv_buffer_view(&out->files.ca_certificate), err)
               : status;
}

static void free_party(party *who)
{
    lv_identity_free(who->identity);
    lv_organisation_wipe(&who->files);
}

static lv_status publish(const party *downstream, const lv_series *series, uint64_t x, uint64_t y,
                         lv_set_made *made, lv_error *err)
{
    lv_pair pair = {
        .earlier_lot = "LOT-01", .later_lot = "LOT-02", .earlier_time = "1", .later_time = "2"};
    lv_set_plan plan = {.quality_channel = "quality",
                        .xor_channel = "xor",
                        .series = series,
                        .sequence = 1,
                        .pairs = &pair,
                        .pair_count = 1,
                        .x = &x,
                        .y = &y,
                        .time = NOW};
    return lv_set_make(&plan, downstream->identity, NULL, NULL, made, err);
}

/* The upstream's and the downstream's part, from the records alone. */
static lv_status compare(const party *downstream, const party *upstream, const lv_trust *trust,
                         const lv_set_made *made, uint64_t x, uint64_t y, lv_verdict *verdict,
                         lv_error *err)
{
    const lv_ask ask = {.question = LV_ASK_INDEX};
    lv_set *set = NULL;
    lv_combined combined = {0};
    lv_buffer inquiry = {0};
    lv_buffer answer = {0};
    lv_status status = lv_set_open(lv_buffer_view(&made->quality_record), trust, NULL, &set, err);
    if (status == LV_OK) {
        status = lv_set_add_xor(set, lv_buffer_view(&made->xor_record), trust, NULL, err);
    }
    if (status == LV_OK) {
        status = lv_set_combine(set, 0, &ask, NULL, &combined, err);
    }
    if (status == LV_OK) {
        status = lv_inquiry_make(set, &combined, false, upstream->identity, NOW + 1, &inquiry, err);
    }
    if (status == LV_OK) {
        status = lv_inquiry_check(set, &combined, lv_buffer_view(&inquiry), trust, "BMSP",
                                  LV_TIME_ANY, err);
    }
    if (status == LV_OK) {
        status = lv_answer_make(set, &combined, lv_buffer_view(&inquiry), made->key, x, y,
                                downstream->identity, NOW + 2, NULL, &answer, err);
    }
    if (status == LV_OK) {
        status = lv_verdict_check(set, &combined, lv_buffer_view(&inquiry), lv_buffer_view(&answer),
                                  trust, LV_TIME_ANY, verdict, err);
    }
    lv_buffer_free(&answer);
    lv_buffer_free(&inquiry);
    lv_combined_free(&combined);
    lv_set_free(set);
    return status;
}

static lv_status run(const char *earlier, const char *later, lv_verdict *verdict, lv_error *err)
{
    lv_series series = {.name = "moisture",
                        .unit = "g/cm2",
                        .column_lot = "lot",
                        .column_time = "month",
                        .column_value = "moisture",
                        .scale = {.decimals = 2, .bits = 16},
                        .suite = "paillier",
                        .key_bits = 2048,
                        .compare = LV_COMPARE_CONSECUTIVE};
    party downstream = {0};
    party upstream = {0};
    lv_set_made made = {0};
    lv_trust *trust = NULL;
    uint64_t x = 0;
    uint64_t y = 0;
    lv_status status = lv_fixed_parse(&series.scale, earlier, strlen(earlier), &x);
    if (status == LV_OK) {
        status = lv_fixed_parse(&series.scale, later, strlen(later), &y);
    }
    if (status == LV_OK) {
        status = lv_trust_new(&trust);
    }
    if (status == LV_OK) {
        status = make_party("BMSP", &downstream, trust, err);
    }
    if (status == LV_OK) {
        status = make_party("AMSP", &upstream, trust, err);
    }
    if (status == LV_OK) {
        status = publish(&downstream, &series, x, y, &made, err);
    }
    if (status == LV_OK) {
        status = compare(&downstream, &upstream, trust, &made, x, y, verdict, err);
    }
    lv_set_made_free(&made);
    free_party(&upstream);
    free_party(&downstream);
    lv_trust_free(trust);
    return status;
}

int main(int argc, char **argv)
{
    lv_error err = {0};
    lv_verdict verdict;
    if (argc != 3) {
        fprintf(stderr, "usage: consumer EARLIER LATER\n");
        return 2;
    }
    lv_status status = run(argv[1], argv[2], &verdict, &err);
    if (status != LV_OK) {
        fprintf(stderr, "%s: %s\n", lv_status_name(status), err.text);
        return 1;
    }
    printf("%s %llu\n", lv_verdict_name(verdict.direction), (unsigned long long)verdict.scale);
    return 0;
}
