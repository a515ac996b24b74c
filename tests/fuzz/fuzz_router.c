/* A method, a blank and a path: which route they find, and percent decoding. */
#include "fuzz.h"
#include "node/http_router.h"
#include <stdlib.h>
#include <string.h>

static lv_status handler(void *node, const lv_http_request *request, lv_http_response *response,
                         lv_error *err)
{
    (void)node;
    (void)request;
    (void)response;
    (void)err;
    return LV_OK;
}

static const lv_route FIRST[] = {
    {LV_HTTP_PEER | LV_HTTP_CONTROL, "GET", "/version", handler},
    {LV_HTTP_PEER, "POST", "/v1/sets/*/buy", handler},
    {LV_HTTP_PEER, "GET", "/v1/sets/*", handler},
    {0},
};
static const lv_route SECOND[] = {
    {LV_HTTP_CONTROL, "POST", "/v1/sets/*", handler},
    {LV_HTTP_CONTROL, "DELETE", "/v1/*", handler},
    {0},
};
static const lv_route *const TABLES[] = {FIRST, SECOND, NULL};

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return false;
        }
    }
    return true;
}

/* Decoding never makes text longer or lets a control character out, and what fails stays. */
static void check_unescape(const char *text)
{
    char *copy = strdup(text);
    FUZZ_CHECK(copy != NULL);
    if (lv_http_unescape(copy)) {
        FUZZ_CHECK(strlen(copy) <= strlen(text) && is_plain(copy));
        FUZZ_CHECK(strchr(text, '%') != NULL || strcmp(copy, text) == 0);
    } else {
        FUZZ_CHECK(strcmp(copy, text) == 0);
        FUZZ_CHECK(strchr(text, '%') != NULL || !is_plain(text));
    }
    free(copy);
}

/* The tail, put back encoded into the route's pattern, is found again and is the same. */
static void check_tail(const lv_route *route, unsigned door, const lv_buffer *tail)
{
    lv_buffer path = {0};
    lv_buffer again = {0};
    lv_buffer allow = {0};
    const lv_route *found = NULL;
    for (const char *at = route->path; *at != '\0'; at++) {
        if (*at != '*') {
            FUZZ_CHECK(lv_buffer_append(&path, at, 1) == LV_OK);
            continue;
        }
        for (size_t i = 0; i < tail->len; i++) {
            FUZZ_CHECK(lv_buffer_printf(&path, "%%%02x", tail->data[i]) == LV_OK);
        }
    }
    FUZZ_CHECK(lv_http_route_find(TABLES, door, route->method, lv_buffer_text(&path), &found,
                                  &again, &allow) == LV_OK);
    FUZZ_CHECK(found == route && fuzz_same(lv_buffer_view(&again), lv_buffer_view(tail)));
    lv_buffer_free(&path);
    lv_buffer_free(&again);
    lv_buffer_free(&allow);
}

static void check_find(unsigned door, const char *method, const char *path)
{
    const lv_route *route = NULL;
    lv_buffer tail = {0};
    lv_buffer allow = {0};
    lv_status status = lv_http_route_find(TABLES, door, method, path, &route, &tail, &allow);
    if (status == LV_OK) {
        FUZZ_CHECK(route != NULL && (route->doors & door) != 0);
        FUZZ_CHECK(strcmp(route->method, method) == 0);
        FUZZ_CHECK((strchr(route->path, '*') != NULL) == (tail.len > 0));
        FUZZ_CHECK(is_plain(lv_buffer_text(&tail)) && strlen(lv_buffer_text(&tail)) == tail.len);
        check_tail(route, door, &tail);
    } else if (status == LV_REFUSED) {
        FUZZ_CHECK(allow.len > 0 && route == NULL);
    } else {
        FUZZ_CHECK(status == LV_NOT_FOUND || (status == LV_E_SYNTAX && route != NULL));
    }
    lv_buffer_free(&tail);
    lv_buffer_free(&allow);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 1);
    FUZZ_CHECK(text != NULL);
    if (size > 0) {
        memcpy(text, data, size);
    }
    check_unescape(text);
    char *path = strchr(text, ' ');
    if (path != NULL) {
        *path++ = '\0';
        check_find(LV_HTTP_PEER, text, path);
        check_find(LV_HTTP_CONTROL, text, path);
    }
    free(text);
    return 0;
}
