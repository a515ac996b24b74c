#include "cli/publish.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* How often the node is asked how far it is. Where each line stays, one now and then is enough of
 * many sets; the node answers that long poll earlier at the end. */
static const struct timespec LOOK_PAUSE = {.tv_nsec = 200L * 1000 * 1000};
static const json_int_t MANY_SETS_WAIT = 10;

/* From this size on it takes long enough to be shown. */
static const uint64_t SHOWN_BYTES = 4UL * 1024 * 1024;
static const unsigned FILE_SECONDS = 86400;

/* Only the name without folders travels: where a file lies concerns nobody else. */
static lv_status name_header(const char *file, lv_buffer *out)
{
    const char *slash = strrchr(file, '/');
    lv_status status = lv_buffer_printf(out, "X-File-Name: ");
    return status == LV_OK ? lv_client_escape(slash != NULL ? slash + 1 : file, out) : status;
}

/* @param call  what it sends; path, header and content type are added. */
static lv_status post(const char *dir, const char *series, const char *file, lv_client_call *call,
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
        call->method = "POST";
        call->path = lv_buffer_text(&path);
        call->content_type = "text/csv";
        call->header = lv_buffer_text(&header);
        status = lv_client_send(dir, call, out, err);
    }
    lv_buffer_free(&header);
    lv_buffer_free(&path);
    return status;
}

lv_status lv_publish_rows(const char *dir, const char *series, const char *file, lv_bytes csv,
                          json_t **out, lv_error *err)
{
    lv_client_call call = {.body = csv};
    return post(dir, series, file, &call, out, err);
}

/* ---- a file ---- */

typedef struct {
    FILE *from;
    uint64_t len;
    uint64_t sent;
    lv_progress *progress;
    char what[64];
} sending;

static size_t read_some(void *context, uint8_t *out, size_t room)
{
    sending *at = context;
    uint64_t left = at->len - at->sent;
    size_t got = fread(out, 1, left < room ? (size_t)left : room, at->from);
    at->sent += got;
    if (at->len >= SHOWN_BYTES) {
        lv_progress_show(at->progress, at->what, (size_t)(at->sent / 1024),
                         (size_t)(at->len / 1024));
    }
    return got;
}

static lv_status open_file(const char *file, sending *at, lv_error *err)
{
    struct stat info;
    at->from = fopen(file, "rbe");
    if (at->from == NULL || fstat(fileno(at->from), &info) != 0) {
        return lv_fail(err, LV_E_SYNTAX, "%s: %s", file, strerror(errno));
    }
    if (!S_ISREG(info.st_mode)) {
        return lv_fail(err, LV_E_SYNTAX, "%s: is no file", file);
    }
    /* No second copy of what was measured. */
    if (setvbuf(at->from, NULL, _IONBF, 0) != 0) {
        return LV_E_MEMORY;
    }
    at->len = (uint64_t)info.st_size;
    return LV_OK;
}

lv_status lv_publish_file(const char *dir, const char *series, const char *file,
                          lv_progress *progress, const char *who, json_t **out, lv_error *err)
{
    sending at = {.progress = progress};
    *out = NULL;
    snprintf(at.what, sizeof at.what, "%.40s: sending kB", who);
    lv_status status = open_file(file, &at, err);
    if (status == LV_OK) {
        lv_client_call call = {.seconds = FILE_SECONDS};
        if (at.len > 0) {
            call.read = read_some;
            call.read_context = &at;
            call.read_len = at.len;
        }
        status = post(dir, series, file, &call, out, err);
    }
    if (status == LV_E_IO && at.sent < at.len) {
        status = lv_fail(err, status, "%s: cannot be read to its end", file);
    }
    if (at.from != NULL) {
        fclose(at.from);
    }
    return status;
}

/* ---- waiting ---- */

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
    size_t pairs = (size_t)count(batch, "pairs");
    size_t pairs_done = (size_t)count(batch, "pairs_done");
    char set[64] = "";
    char what[sizeof progress->what];

    if (sets > 1 && pairs > 0) {
        (void)lv_progress_rate(progress, "pairs", pairs_done, pairs);
    }
    if (sets > 1 && pairs > (size_t)sets) {
        snprintf(what, sizeof what, "%s: pairs", who);
        lv_progress_show(progress, what, pairs_done, pairs);
        return;
    }
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
