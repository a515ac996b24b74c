#include "cli/publish.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

/* How often the node is asked how far it is. Where each line stays, one now and then is enough of
 * many sets; the node answers that long poll earlier at the end. */
static const struct timespec LOOK_PAUSE = {.tv_nsec = 200L * 1000 * 1000};
static const json_int_t MANY_SETS_WAIT = 10;

/* Only the name without folders travels: where a file lies concerns nobody else. */
static lv_status name_header(const char *file, lv_buffer *out)
{
    const char *slash = strrchr(file, '/');
    lv_status status = lv_buffer_printf(out, "X-File-Name: ");
    return status == LV_OK ? lv_client_escape(slash != NULL ? slash + 1 : file, out) : status;
}

lv_status lv_publish_rows(const char *dir, const char *series, const char *file, lv_bytes csv,
                          json_t **out, lv_error *err)
{
    lv_buffer path = {0};
    lv_buffer header = {0};
    *out = NULL;
    lv_status status = lv_buffer_printf(&path, "/v1/series/");
    if (status == LV_OK) {
        status = lv_client_escape(series, &path);
    }
    if (status == LV_OK) {
        status = lv_buffer_printf(&path, "/rows");
    }
    if (status == LV_OK) {
        status = name_header(file, &header);
    }
    if (status == LV_OK) {
        lv_client_call call = {.method = "POST",
                               .path = lv_buffer_text(&path),
                               .content_type = "text/csv",
                               .header = lv_buffer_text(&header),
                               .body = csv};
        status = lv_client_send(dir, &call, out, err);
    }
    lv_buffer_free(&header);
    lv_buffer_free(&path);
    return status;
}

/* What the node calls its phases, as a person reads it. */
static const char *phase_words(const char *phase)
{
    if (strcmp(phase, "encrypt") == 0) {
        return "encrypting";
    }
    return strcmp(phase, "publish") == 0 ? "publishing" : phase;
}

static json_int_t count(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static json_int_t ended(const json_t *batch)
{
    return count(batch, "done") + count(batch, "failed");
}

void lv_publish_show(lv_progress *progress, const char *who, const json_t *batch)
{
    const json_t *now = json_object_get(batch, "progress");
    const char *phase = json_string_value(json_object_get(now, "phase"));
    json_int_t sets = count(batch, "sets");
    char set[64] = "";
    char what[sizeof progress->what];

    if (phase == NULL && !progress->terminal && !json_is_string(json_object_get(batch, "error"))) {
        return; /* between two phases: worth no line of its own */
    }
    if (sets > 1) {
        snprintf(set, sizeof set, ", set %lld of %lld", (long long)ended(batch) + 1,
                 (long long)sets);
    }
    snprintf(what, sizeof what, "%s%s: %s", who, set,
             phase != NULL ? phase_words(phase) : "waiting");
    lv_progress_show(progress, what, (size_t)count(now, "done"), (size_t)count(now, "total"));
}

lv_status lv_publish_wait(const char *dir, json_int_t batch, lv_progress *progress, const char *who,
                          json_t **out, lv_error *err)
{
    json_int_t seconds = 0;
    *out = NULL;
    for (;;) {
        json_t *answer = NULL;
        lv_status status = lv_client_get(dir, &answer, err, "/v1/batches/%lld?wait=%lld",
                                         (long long)batch, (long long)seconds);
        if (status != LV_OK) {
            return status;
        }
        json_int_t sets = count(answer, "sets");
        if (ended(answer) >= sets) {
            *out = answer;
            return LV_OK;
        }
        if (progress != NULL) {
            lv_publish_show(progress, who, answer);
        }
        json_decref(answer);
        if (progress != NULL && (progress->terminal || sets == 1)) {
            nanosleep(&LOOK_PAUSE, NULL);
        } else {
            seconds = MANY_SETS_WAIT;
        }
    }
}
