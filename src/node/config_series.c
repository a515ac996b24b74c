#include "node/config_parts.h"
#include "node/config_yaml.h"
#include <lotveil/compare.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRANTS_MAX LV_TRUST_MEMBERS_MAX /* one for each buyer at most */
#define OFFSET_TEXT_MAX 40U
#define DEFAULT_WIDTH 32U

/* A series file as it is written: config.h shows one. */
typedef struct {
    char *lot;
    char *time;
    char *value;
    char *parents;
} raw_columns;

typedef struct {
    char *buyer;
    char *servicer;
    char *quota;
} raw_grant;

typedef struct {
    char *to;
    char **allow;
    uint32_t allow_count;
    char *budget;
    char *period_days;
} raw_policy;

typedef struct {
    char *name;
    char *unit;
    raw_columns *columns;
    char *decimals;
    char *offset;
    char *width;
    char *suite;
    char *pairs_per_set;
    char *key_bits;
    char *pool;
    bool short_exponents;
    lv_compare_mode compare;
    char *baseline_lot;
    raw_grant *grants;
    uint32_t grants_count;
    raw_policy *disclose;
    uint32_t disclose_count;
} raw_series;

static const cyaml_strval_t COMPARES[] = {
    {"consecutive", LV_COMPARE_CONSECUTIVE},
    {"baseline", LV_COMPARE_BASELINE},
    {"both", LV_COMPARE_BOTH},
};

static const cyaml_strval_t EXPONENTS[] = {
    {"full", false},
    {"short", true},
};

#define NEEDED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t COLUMN_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("lot", NEEDED, raw_columns, lot, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("time", NEEDED, raw_columns, time, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("value", NEEDED, raw_columns, value, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("parents", OPTIONAL, raw_columns, parents, 0, LV_NAME_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t GRANT_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("buyer", NEEDED, raw_grant, buyer, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("servicer", NEEDED, raw_grant, servicer, 1, LV_NAME_MAX),
    LV_YAML_FIELD_NUMBER("quota", OPTIONAL, raw_grant, quota),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t GRANT = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_grant, GRANT_FIELDS),
};

static const cyaml_schema_value_t QUESTION = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 1, LV_NAME_MAX),
};

static const cyaml_schema_field_t POLICY_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("to", NEEDED, raw_policy, to, 1, LV_NAME_MAX),
    CYAML_FIELD_SEQUENCE("allow", NEEDED, raw_policy, allow, &QUESTION, 0, LV_QUESTIONS),
    LV_YAML_FIELD_NUMBER("budget", OPTIONAL, raw_policy, budget),
    LV_YAML_FIELD_NUMBER("period_days", OPTIONAL, raw_policy, period_days),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t POLICY = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_policy, POLICY_FIELDS),
};

static const cyaml_schema_field_t SERIES_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("name", NEEDED, raw_series, name, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("unit", NEEDED, raw_series, unit, 0, LV_NAME_MAX),
    CYAML_FIELD_MAPPING_PTR("columns", NEEDED, raw_series, columns, COLUMN_FIELDS),
    LV_YAML_FIELD_NUMBER("decimals", NEEDED, raw_series, decimals),
    CYAML_FIELD_STRING_PTR("offset", OPTIONAL, raw_series, offset, 1, OFFSET_TEXT_MAX),
    LV_YAML_FIELD_NUMBER("width", OPTIONAL, raw_series, width),
    LV_YAML_FIELD_NUMBER("pairs_per_set", OPTIONAL, raw_series, pairs_per_set),
    CYAML_FIELD_STRING_PTR("suite", OPTIONAL, raw_series, suite, 1, LV_NAME_MAX),
    LV_YAML_FIELD_NUMBER("key_bits", OPTIONAL, raw_series, key_bits),
    LV_YAML_FIELD_NUMBER("pool", OPTIONAL, raw_series, pool),
    CYAML_FIELD_ENUM("exponent", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, raw_series,
                     short_exponents, EXPONENTS, CYAML_ARRAY_LEN(EXPONENTS)),
    CYAML_FIELD_ENUM("compare", CYAML_FLAG_STRICT, raw_series, compare, COMPARES,
                     CYAML_ARRAY_LEN(COMPARES)),
    CYAML_FIELD_STRING_PTR("baseline_lot", OPTIONAL, raw_series, baseline_lot, 0, LV_LOT_MAX),
    CYAML_FIELD_SEQUENCE("grants", OPTIONAL, raw_series, grants, &GRANT, 0, GRANTS_MAX),
    CYAML_FIELD_SEQUENCE("disclose", OPTIONAL, raw_series, disclose, &POLICY, 1, GRANTS_MAX),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t SERIES = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_series, SERIES_FIELDS),
};

/* ---- the offset ---- */

/* Appends one decimal digit to a number that is kept below zero, where INT64_MIN fits too. */
static bool append_digit(int64_t *units, char digit)
{
    return !__builtin_mul_overflow(*units, 10, units) &&
           !__builtin_sub_overflow(*units, digit - '0', units);
}

/* Reads digits and at most one point; `units` ends below zero. */
static lv_status scan_decimal(const char *text, unsigned decimals, int64_t *units)
{
    size_t digits = strspn(text, "0123456789");
    const char *point = text + digits;
    const char *fraction = *point == '.' ? point + 1 : point;
    size_t places = strspn(fraction, "0123456789");
    if (fraction[places] != '\0' || digits + places == 0) {
        return LV_E_SYNTAX;
    }
    bool fits = true;
    for (const char *at = text; fits && at < point; at++) {
        fits = append_digit(units, *at);
    }
    for (unsigned i = 0; fits && i < decimals; i++) {
        char digit = '0';
        if (i < places) {
            digit = fraction[i];
        }
        fits = append_digit(units, digit);
    }
    for (size_t i = decimals; fits && i < places; i++) {
        fits = fraction[i] == '0'; /* else a digit that the scale cannot tell */
    }
    return fits ? LV_OK : LV_E_RANGE;
}

/* Reads a decimal into units of 10^-decimals, exactly. */
static lv_status parse_offset(const char *text, unsigned decimals, int64_t *out)
{
    bool negative = text[0] == '-';
    int64_t units = 0;
    lv_status status = scan_decimal(text + (negative ? 1 : 0), decimals, &units);
    if (status == LV_OK && !negative && __builtin_sub_overflow((int64_t)0, units, &units)) {
        status = LV_E_RANGE;
    }
    *out = status == LV_OK ? units : 0;
    return status;
}

static lv_status take_scale(const char *name, const raw_series *raw, lv_fixed_scale *scale,
                            lv_error *err)
{
    const char *offset = raw->offset != NULL ? raw->offset : "0";
    uint64_t decimals = 0;
    uint64_t width = 0;
    lv_status status =
        lv_yaml_number(name, "decimals", raw->decimals, 0, LV_DECIMALS_MAX, 0, &decimals, err);
    if (status == LV_OK) {
        status =
            lv_yaml_number(name, "width", raw->width, 1, LV_WIDTH_MAX, DEFAULT_WIDTH, &width, err);
    }
    if (status != LV_OK) {
        return status;
    }
    scale->decimals = (unsigned)decimals;
    scale->bits = (unsigned)width;
    if (parse_offset(offset, scale->decimals, &scale->offset) != LV_OK) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: offset: '%s' cannot be used; it must be a plain decimal such as "
                       "\"-0.5\" with at most %u digits after the point (decimals) and fit 64 "
                       "bits",
                       name, offset, scale->decimals);
    }
    return LV_OK;
}

/* ---- suite and grants ---- */

static lv_status unknown_suite(const char *name, const char *suite, lv_error *err)
{
    lv_buffer known = {0};
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && lv_suite_at(i) != NULL; i++) {
        status = lv_buffer_printf(&known, "%s%s", i > 0 ? ", " : "", lv_suite_name(lv_suite_at(i)));
    }
    if (status == LV_OK) {
        status = lv_fail(err, LV_E_CONFIG, "%s: suite: there is no '%s'; it must be one of %s",
                         name, suite, lv_buffer_text(&known));
    }
    lv_buffer_free(&known);
    return status;
}

static lv_status take_suite(const char *name, const raw_series *raw, lv_series *series,
                            lv_error *err)
{
    const lv_suite *suite = raw->suite != NULL ? lv_suite_find(raw->suite) : lv_suite_default();
    if (suite == NULL) {
        return unknown_suite(name, raw->suite, err);
    }
    uint64_t bits = 0;
    lv_status status = lv_yaml_number(name, "key_bits", raw->key_bits, 0, UINT32_MAX,
                                      lv_suite_default_key_bits(suite), &bits, err);
    if (status != LV_OK) {
        return status;
    }
    snprintf(series->suite, sizeof series->suite, "%s", lv_suite_name(suite));
    series->key_bits = (unsigned)bits;
    status = lv_suite_check_key_bits(suite, series->key_bits, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: key_bits: ", name);
        return status == LV_E_RANGE ? LV_E_CONFIG : status;
    }
    series->short_exponents = raw->short_exponents;
    if (series->short_exponents && !lv_suite_shortens(suite)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: exponent: suite %s has none that could be short; leave it out, or say "
                       "'full'",
                       name, series->suite);
    }
    uint64_t pairs = 0;
    status = lv_yaml_number(name, "pairs_per_set", raw->pairs_per_set, 0, LV_SET_PAIRS_MAX, 0,
                            &pairs, err);
    series->pairs_per_set = pairs != 0 ? (size_t)pairs : lv_suite_set_pairs(suite);
    return status;
}

static lv_status take_grant(const char *name, const raw_grant *raw, lv_config_series *out,
                            lv_error *err)
{
    lv_config_grant *grant = &out->grants[out->grant_count];
    uint64_t quota = 0;
    lv_status status = lv_yaml_name(name, "grants, buyer", raw->buyer, grant->buyer, err);
    if (status == LV_OK) {
        status = lv_yaml_name(name, "grants, servicer", raw->servicer, grant->servicer, err);
    }
    if (status == LV_OK) {
        status = lv_yaml_number(name, "grants, quota", raw->quota, 0, UINT32_MAX, 0, &quota, err);
    }
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < out->grant_count; i++) {
        if (strcmp(out->grants[i].buyer, grant->buyer) == 0) {
            return lv_fail(err, LV_E_CONFIG,
                           "%s: grants: buyer %s stands twice; one grant for each buyer", name,
                           grant->buyer);
        }
    }
    grant->quota = (uint32_t)quota;
    out->grant_count++;
    return LV_OK;
}

static lv_status take_grants(const char *name, const raw_series *raw, lv_config_series *out,
                             lv_error *err)
{
    if (raw->grants_count == 0) {
        return LV_OK;
    }
    out->grants = calloc(raw->grants_count, sizeof *out->grants);
    lv_status status = out->grants != NULL ? LV_OK : LV_E_MEMORY;
    for (uint32_t i = 0; status == LV_OK && i < raw->grants_count; i++) {
        status = take_grant(name, &raw->grants[i], out, err);
    }
    return status;
}

static lv_status take_pool(const char *name, const raw_series *raw, lv_config_series *out,
                           lv_error *err)
{
    uint64_t pool = 0;
    lv_status status = lv_yaml_number(name, "pool", raw->pool, 0, LV_CONFIG_POOL_MAX,
                                      LV_CONFIG_POOL_DEFAULT, &pool, err);
    out->pool = (unsigned)pool;
    return status;
}

/* ---- what may be asked ---- */

static lv_status take_question(const char *name, const char *word, lv_policy *policy, lv_error *err)
{
    lv_question question = LV_ASK_DIRECTION;
    if (!lv_question_find(word, &question)) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: disclose, allow: there is no question '%s'; there are " LV_ASK_WORDS,
                       name, word);
    }
    lv_policy_allow(policy, question);
    return LV_OK;
}

static lv_status take_budget(const char *name, const raw_policy *raw, lv_policy *policy,
                             lv_error *err)
{
    uint64_t budget = 0;
    uint64_t days = 0;
    lv_status status = lv_yaml_number(name, "disclose, budget", raw->budget, 1, LV_BUDGET_BITS_MAX,
                                      0, &budget, err);
    if (status == LV_OK) {
        status = lv_yaml_number(name, "disclose, period_days", raw->period_days, 1,
                                LV_PERIOD_DAYS_MAX, LV_PERIOD_DAYS, &days, err);
    }
    policy->limited = raw->budget != NULL;
    policy->budget = budget * LV_BIT;
    policy->period_days = (uint32_t)days;
    return status;
}

static lv_status take_policy(const char *name, const raw_policy *raw, lv_config_series *out,
                             lv_error *err)
{
    lv_policy *policy = &out->policies[out->policy_count];
    lv_status status = lv_yaml_name(name, "disclose, to", raw->to, policy->to, err);
    for (uint32_t i = 0; status == LV_OK && i < raw->allow_count; i++) {
        status = take_question(name, raw->allow[i], policy, err);
    }
    if (status == LV_OK) {
        status = take_budget(name, raw, policy, err);
    }
    if (status != LV_OK) {
        return status;
    }
    for (size_t i = 0; i < out->policy_count; i++) {
        if (strcmp(out->policies[i].to, policy->to) == 0) {
            return lv_fail(err, LV_E_CONFIG,
                           "%s: disclose: to %s stands twice; one policy for each counterpart",
                           name, policy->to);
        }
    }
    out->policy_count++;
    return LV_OK;
}

static lv_status take_policies(const char *name, const raw_series *raw, lv_config_series *out,
                               lv_error *err)
{
    if (raw->disclose_count == 0) {
        return LV_OK;
    }
    out->policies = calloc(raw->disclose_count, sizeof *out->policies);
    lv_status status = out->policies != NULL ? LV_OK : LV_E_MEMORY;
    for (uint32_t i = 0; status == LV_OK && i < raw->disclose_count; i++) {
        status = take_policy(name, &raw->disclose[i], out, err);
    }
    return status;
}

/* ---- the whole file ---- */

/* libcyaml held the texts to their lengths. */
static void copy(char *out, size_t size, const char *text)
{
    snprintf(out, size, "%s", text != NULL ? text : "");
}

static lv_status take_series(const char *name, const raw_series *raw, lv_config_series *out,
                             lv_error *err)
{
    lv_series *series = &out->series;
    copy(series->unit, sizeof series->unit, raw->unit);
    copy(series->column_lot, sizeof series->column_lot, raw->columns->lot);
    copy(series->column_time, sizeof series->column_time, raw->columns->time);
    copy(series->column_value, sizeof series->column_value, raw->columns->value);
    copy(series->column_parents, sizeof series->column_parents, raw->columns->parents);
    copy(series->baseline_lot, sizeof series->baseline_lot, raw->baseline_lot);
    series->compare = raw->compare;

    lv_status status = lv_yaml_name(name, "name", raw->name, series->name, err);
    if (status == LV_OK) {
        status = take_scale(name, raw, &series->scale, err);
    }
    if (status == LV_OK) {
        status = take_suite(name, raw, series, err);
    }
    if (status == LV_OK) {
        status = take_pool(name, raw, out, err);
    }
    if (status == LV_OK) {
        status = take_grants(name, raw, out, err);
    }
    if (status == LV_OK) {
        status = take_policies(name, raw, out, err);
    }
    if (status == LV_OK) {
        status = lv_series_check(series, err);
        if (status != LV_OK) {
            lv_error_prefix(err, "%s: ", name);
        }
    }
    return status;
}

lv_status lv_config_series_parse(const char *name, lv_bytes yaml, lv_config_series *out,
                                 lv_error *err)
{
    void *raw = NULL;
    *out = (lv_config_series){0};
    lv_status status = lv_yaml_load(name, yaml, &SERIES, &raw, err);
    if (status == LV_OK) {
        status = take_series(name, raw, out, err);
    }
    if (status != LV_OK) {
        lv_config_series_free(out);
    }
    lv_yaml_free(&SERIES, raw);
    return status;
}

void lv_config_series_free(lv_config_series *series)
{
    if (series == NULL) {
        return;
    }
    free(series->grants);
    free(series->policies);
    *series = (lv_config_series){0};
}

lv_status lv_config_series_check(const lv_config *config, const lv_config_series *series,
                                 lv_error *err)
{
    lv_status status = LV_OK;
    for (size_t i = 0; status == LV_OK && i < series->grant_count; i++) {
        const lv_config_grant *grant = &series->grants[i];
        status = lv_config_need_member(config, series->series.name, "grants, buyer", grant->buyer,
                                       LV_ROLE_UPSTREAM, NULL, err);
        if (status == LV_OK) {
            status = lv_config_need_member(config, series->series.name, "grants, servicer",
                                           grant->servicer, LV_ROLE_SERVICER, NULL, err);
        }
    }
    for (size_t i = 0; status == LV_OK && i < series->policy_count; i++) {
        status = lv_config_need_member(config, series->series.name, "disclose, to",
                                       series->policies[i].to, LV_ROLE_UPSTREAM, NULL, err);
    }
    return status;
}

static lv_status add_series(lv_config *config, const char *path, lv_bytes yaml, lv_error *err)
{
    if (config->role != LV_ROLE_DOWNSTREAM) {
        return lv_fail(err, LV_E_CONFIG, "%s: only a downstream has series; %s is its %s", path,
                       config->organisation, lv_role_name(config->role));
    }
    lv_config_series *grown =
        realloc(config->series, (config->series_count + 1) * sizeof *config->series);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    config->series = grown;
    lv_config_series *added = &config->series[config->series_count];
    lv_status status = lv_config_series_parse(path, yaml, added, err);
    if (status != LV_OK) {
        return status;
    }
    config->series_count++;
    for (size_t i = 0; i + 1 < config->series_count; i++) {
        if (strcmp(config->series[i].series.name, added->series.name) == 0) {
            return lv_fail(err, LV_E_CONFIG,
                           "%s: name: series %s stands in another file already; every series has "
                           "one file",
                           path, added->series.name);
        }
    }
    status = lv_config_series_check(config, added, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: ", path);
    }
    return status;
}

lv_status lv_config_load_series(lv_config *config, lv_error *err)
{
    return lv_config_each_file(config, "series", add_series, err);
}
