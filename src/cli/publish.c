#include "cli/publish.h"
#include <stdio.h>
#include <string.h>

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

lv_status lv_publish_wait(const char *dir, json_int_t batch, lv_progress *progress,
                          const char *label, json_t **out, lv_error *err)
{
    *out = NULL;
    for (;;) {
        json_t *answer = NULL;
        /* Short polls: the seconds on the progress line go on meanwhile. */
        lv_status status =
            lv_client_get(dir, &answer, err, "/v1/batches/%lld?wait=1", (long long)batch);
        if (status != LV_OK) {
            return status;
        }
        json_int_t sets = json_integer_value(json_object_get(answer, "sets"));
        json_int_t ended = json_integer_value(json_object_get(answer, "done")) +
                           json_integer_value(json_object_get(answer, "failed"));
        if (ended >= sets) {
            *out = answer;
            return LV_OK;
        }
        if (progress != NULL) {
            lv_progress_show(progress, label, sets > 1 ? (size_t)ended : 0,
                             sets > 1 ? (size_t)sets : 0);
        }
        json_decref(answer);
    }
}
