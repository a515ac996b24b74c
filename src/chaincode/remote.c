#include "chaincode/remote.h"
#include <string.h>

/* Asks, and takes back the request. */
static lv_status ask(const lv_remote *remote, lv_shim_type type, lv_status made, lv_buffer *request,
                     lv_buffer *answer)
{
    lv_status status = made;
    if (status == LV_OK) {
        status = remote->asker->ask(remote->asker->context, type, lv_buffer_view(request), answer,
                                    remote->err);
    }
    lv_buffer_free(request);
    return status;
}

static lv_status remote_get(void *context, const char *key, lv_buffer *value)
{
    const lv_remote *remote = context;
    lv_buffer request = {0};
    size_t before = value->len;
    lv_status status = ask(remote, LV_SHIM_GET_STATE, lv_shim_write_get(key, &request, remote->err),
                           &request, value);
    return status == LV_OK && value->len == before ? LV_NOT_FOUND : status;
}

static lv_status remote_put(void *context, const char *key, lv_bytes value)
{
    const lv_remote *remote = context;
    lv_buffer request = {0};
    lv_buffer answer = {0};
    lv_status status = ask(remote, LV_SHIM_PUT_STATE,
                           lv_shim_write_put(key, value, &request, remote->err), &request, &answer);
    lv_buffer_free(&answer);
    return status;
}

/* ---- range queries ---- */

typedef struct {
    const lv_remote *remote;
    const char *first;
    const char *past;
    lv_status (*each)(void *each_context, const char *key, lv_bytes value);
    void *each_context;
    lv_shim_page page;
    lv_buffer last; /* the key told last, with its NUL; empty before the first */
    size_t told;
    bool corrupt; /* a page that made no sense, rather than `each`, ended the walk */
} query;

/* Every peer has to give the same keys in the same order. */
static lv_status tell(void *context, const char *key, lv_bytes value)
{
    query *q = context;
    bool in_order = strcmp(key, q->first) >= 0 && strcmp(key, q->past) < 0 &&
                    (q->last.len == 0 || strcmp(key, (const char *)q->last.data) > 0);
    if (!in_order || value.len == 0) {
        q->corrupt = true;
        return LV_E_CORRUPT;
    }
    q->last.len = 0;
    q->told++;
    lv_status status = lv_buffer_append(&q->last, key, strlen(key) + 1);
    return status == LV_OK ? q->each(q->each_context, key, value) : status;
}

static lv_status take_page(query *q, const lv_buffer *answer)
{
    lv_error words = {0};
    lv_status status = lv_shim_read_page(lv_buffer_view(answer), &q->page, tell, q, &words);
    if (q->corrupt) {
        return lv_fail(q->remote->err, LV_E_CORRUPT,
                       "the peer's range of keys is out of order or out of bounds");
    }
    if (status == LV_E_SYNTAX || status == LV_E_LIMIT) {
        q->page.more = false;
        return lv_fail(q->remote->err, LV_E_CORRUPT, "the peer's range of keys: %s", words.text);
    }
    return status;
}

static lv_status next_page(query *q, lv_shim_type type, lv_status made, lv_buffer *request)
{
    lv_buffer answer = {0};
    size_t before = q->told;
    q->page.more = false; /* where nothing comes, there is nothing to close */
    lv_status status = ask(q->remote, type, made, request, &answer);
    if (status == LV_OK) {
        status = take_page(q, &answer);
    }
    if (status == LV_OK && q->page.more && q->told == before) {
        status = lv_fail(q->remote->err, LV_E_CORRUPT, "the peer's range of keys does not end");
    }
    lv_buffer_free(&answer);
    return status;
}

/* The peer keeps a query that has more until it is closed. What goes wrong here shows at the next
 * request, or at nobody. */
static void end_query(const query *q)
{
    lv_buffer request = {0};
    lv_buffer answer = {0};
    const lv_remote quiet = {.asker = q->remote->asker};
    lv_status status = ask(&quiet, LV_SHIM_QUERY_STATE_CLOSE,
                           lv_shim_write_query(q->page.id, &request, NULL), &request, &answer);
    (void)status;
    lv_buffer_free(&answer);
}

static lv_status walk(query *q)
{
    lv_error *err = q->remote->err;
    lv_buffer request = {0};
    lv_status made = lv_shim_write_range(q->first, q->past, &request, err);
    lv_status status = next_page(q, LV_SHIM_GET_STATE_BY_RANGE, made, &request);
    while (status == LV_OK && q->page.more) {
        made = lv_shim_write_query(q->page.id, &request, err);
        status = next_page(q, LV_SHIM_QUERY_STATE_NEXT, made, &request);
    }
    if (q->page.more) {
        end_query(q);
    }
    return status == LV_TIMEOUT ? LV_OK : status;
}

static lv_status remote_range(void *context, const char *first, const char *past,
                              lv_status (*each)(void *each_context, const char *key,
                                                lv_bytes value),
                              void *each_context)
{
    query q = {.remote = context,
               .first = first,
               .past = past,
               .each = each,
               .each_context = each_context};
    lv_status status = walk(&q);
    lv_buffer_free(&q.last);
    return status;
}

lv_state lv_remote_state(lv_remote *remote)
{
    return (lv_state){
        .context = remote, .get = remote_get, .put = remote_put, .range = remote_range};
}
