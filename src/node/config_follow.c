#include "node/config_parts.h"
#include "node/config_yaml.h"
#include <lotveil/compare.h>
#include <stdlib.h>
#include <string.h>

#define ALARM_SCALE_MAX ((uint64_t)1 << (LV_WIDTH_MAX - 1)) /* the largest scale of a change */

enum { WORSE_RISE = 1, WORSE_FALL = 2 };

/* A follow file as it is written: config.h shows one. */
typedef struct {
    char *downstream;
    char *series;
    char *servicer;
    int worse;
    char *ask;
    char *limit;
    char *alarm_scale;
    int full;
} raw_follow;

static const cyaml_strval_t WORSE[] = {
    {"rise", WORSE_RISE},
    {"fall", WORSE_FALL},
    {"both", WORSE_RISE | WORSE_FALL},
};

/* libcyaml's own booleans take any word for true. */
static const cyaml_strval_t TRUTH[] = {{"true", 1}, {"false", 0}};

#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)

static const cyaml_schema_field_t FOLLOW_FIELDS[] = {
    CYAML_FIELD_STRING_PTR("downstream", CYAML_FLAG_POINTER, raw_follow, downstream, 1,
                           LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("series", CYAML_FLAG_POINTER, raw_follow, series, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("servicer", CYAML_FLAG_POINTER, raw_follow, servicer, 1, LV_NAME_MAX),
    CYAML_FIELD_ENUM("worse", CYAML_FLAG_STRICT, raw_follow, worse, WORSE, CYAML_ARRAY_LEN(WORSE)),
    CYAML_FIELD_STRING_PTR("ask", OPTIONAL, raw_follow, ask, 1, LV_NAME_MAX),
    CYAML_FIELD_STRING_PTR("limit", OPTIONAL, raw_follow, limit, 1, LV_LIMIT_TEXT_MAX),
    LV_YAML_FIELD_NUMBER("alarm_scale", OPTIONAL, raw_follow, alarm_scale),
    CYAML_FIELD_ENUM("full", CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL, raw_follow, full, TRUTH,
                     CYAML_ARRAY_LEN(TRUTH)),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t FOLLOW = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_follow, FOLLOW_FIELDS),
};

/* A member of that role that this node can call. */
static lv_status need_callable(const lv_config *config, const char *path, const char *key,
                               const char *msp, lv_role role, lv_error *err)
{
    const lv_config_member *member = NULL;
    lv_status status = lv_config_need_member(config, path, key, msp, role, &member, err);
    if (status == LV_OK && member->url[0] == '\0') {
        status = lv_fail(err, LV_E_CONFIG,
                         "%s: %s: member %s has no url in config.yaml, and it must be called", path,
                         key, msp);
    }
    return status;
}

/* ---- what is asked, and what of the answers is an alarm ---- */

static lv_status take_ask(const char *path, const raw_follow *raw, lv_config_follow *out,
                          lv_error *err)
{
    const char *word = raw->ask != NULL ? raw->ask : "index";
    const char *limit = raw->limit != NULL ? raw->limit : "";
    lv_status status = lv_ask_read(word, limit, &out->ask, err);
    if (status != LV_OK) {
        lv_error_prefix(err, "%s: ", path);
        return LV_E_CONFIG;
    }
    return LV_OK;
}

/* A threshold is passed on one side, and codes that differ do so in no direction. */
static lv_status check_worse(const char *path, const lv_config_follow *follow, lv_error *err)
{
    bool both = follow->worse_rise && follow->worse_fall;
    if (follow->ask.question == LV_ASK_THRESHOLD && both) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: worse: both does not say on which side of the limit it is worse; it "
                       "must be rise (above) or fall (below)",
                       path);
    }
    if (follow->ask.question == LV_ASK_EQUALITY && !both) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: worse: an answer to equality tells no direction; it must be both",
                       path);
    }
    return LV_OK;
}

static lv_status take_alarm(const char *path, const raw_follow *raw, lv_config_follow *out,
                            lv_error *err)
{
    bool scaled = lv_ask_tells_scale(out->ask.question);
    if (scaled && raw->alarm_scale == NULL) {
        return lv_fail(err, LV_E_CONFIG, "%s: alarm_scale is missing; ask: %s needs it", path,
                       lv_question_name(out->ask.question));
    }
    lv_status status = lv_yaml_number(path, "alarm_scale", raw->alarm_scale, 1, ALARM_SCALE_MAX, 1,
                                      &out->alarm_scale, err);
    if (status != LV_OK) {
        return status;
    }
    if (!scaled && out->alarm_scale > 1) {
        return lv_fail(err, LV_E_CONFIG,
                       "%s: alarm_scale: an answer to %s tells no scale; leave it out, or ask for "
                       "index or band",
                       path, lv_question_name(out->ask.question));
    }
    return check_worse(path, out, err);
}

static lv_status take_follow(const lv_config *config, const char *path, const raw_follow *raw,
                             lv_config_follow *out, lv_error *err)
{
    lv_status status = lv_yaml_name(path, "downstream", raw->downstream, out->downstream, err);
    if (status == LV_OK) {
        status = lv_yaml_name(path, "series", raw->series, out->series, err);
    }
    if (status == LV_OK) {
        status = lv_yaml_name(path, "servicer", raw->servicer, out->servicer, err);
    }
    if (status == LV_OK) {
        status =
            need_callable(config, path, "downstream", out->downstream, LV_ROLE_DOWNSTREAM, err);
    }
    if (status == LV_OK) {
        status = need_callable(config, path, "servicer", out->servicer, LV_ROLE_SERVICER, err);
    }
    out->worse_rise = (raw->worse & WORSE_RISE) != 0;
    out->worse_fall = (raw->worse & WORSE_FALL) != 0;
    out->full = raw->full != 0;
    if (status == LV_OK) {
        status = take_ask(path, raw, out, err);
    }
    return status == LV_OK ? take_alarm(path, raw, out, err) : status;
}

static lv_status refuse_doubled(const lv_config *config, const char *path,
                                const lv_config_follow *added, lv_error *err)
{
    for (size_t i = 0; i < config->follow_count; i++) {
        if (strcmp(config->follows[i].series, added->series) == 0 &&
            strcmp(config->follows[i].downstream, added->downstream) == 0) {
            return lv_fail(err, LV_E_CONFIG,
                           "%s: series %s of %s is followed by another file already; every "
                           "followed series has one file",
                           path, added->series, added->downstream);
        }
    }
    return LV_OK;
}

static lv_status add_follow(lv_config *config, const char *path, lv_bytes yaml, lv_error *err)
{
    if (config->role != LV_ROLE_UPSTREAM) {
        return lv_fail(err, LV_E_CONFIG, "%s: only an upstream follows series; %s is its %s", path,
                       config->organisation, lv_role_name(config->role));
    }
    lv_config_follow *grown =
        realloc(config->follows, (config->follow_count + 1) * sizeof *config->follows);
    if (grown == NULL) {
        return LV_E_MEMORY;
    }
    config->follows = grown;

    void *raw = NULL;
    lv_config_follow added = {0};
    lv_status status = lv_yaml_load(path, yaml, &FOLLOW, &raw, err);
    if (status == LV_OK) {
        status = take_follow(config, path, raw, &added, err);
    }
    lv_yaml_free(&FOLLOW, raw);
    if (status == LV_OK) {
        status = refuse_doubled(config, path, &added, err);
    }
    if (status == LV_OK) {
        config->follows[config->follow_count++] = added;
    }
    return status;
}

lv_status lv_config_load_follows(lv_config *config, lv_error *err)
{
    return lv_config_each_file(config, "follow", add_follow, err);
}
