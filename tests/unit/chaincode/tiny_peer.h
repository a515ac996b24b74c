/** A peer's side in memory: a few keys, range queries in pages, and faults. Answers are encoded as
 * a peer encodes them. */
#ifndef LV_TESTS_TINY_PEER_H
#define LV_TESTS_TINY_PEER_H

#include "chaincode/remote.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/wire.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

#define TINY_KEYS_MAX 64U
#define TINY_TEXT_MAX 80U

typedef struct {
    char key[TINY_TEXT_MAX];
    char value[TINY_TEXT_MAX];
} tiny_entry;

typedef struct {
    tiny_entry entries[TINY_KEYS_MAX]; /* in order, unless a test wants otherwise */
    size_t count;
    size_t page; /* results of a page */
    /* the open query */
    size_t at;
    char past[TINY_TEXT_MAX];
    unsigned open; /* queries that were neither ended nor closed */
    /* what happened */
    unsigned asked;
    unsigned asked_by_type[32];
    tiny_entry puts[TINY_KEYS_MAX]; /* in the order they came */
    size_t put_count;
    /* what goes wrong */
    unsigned fail_at;    /* this request (from 1) is answered with an error; 0: none */
    const uint8_t *junk; /* what range queries are answered with, instead */
    size_t junk_len;
    bool always_more;
} tiny_peer;

static inline const void *tiny_unpack(const ProtobufCMessageDescriptor *type, lv_bytes bytes,
                                      ProtobufCMessage **out)
{
    lv_error err = {0};
    assert_int_equal(lv_wire_read(type, bytes, LV_FABRIC_MESSAGE_MAX, out, &err), LV_OK);
    return *out;
}

static inline void tiny_get(const tiny_peer *peer, lv_bytes payload, lv_buffer *answer)
{
    ProtobufCMessage *message = NULL;
    const Lotveil__Fabric__GetState *get =
        tiny_unpack(&lotveil__fabric__get_state__descriptor, payload, &message);
    for (size_t i = 0; i < peer->count; i++) {
        if (strcmp(peer->entries[i].key, get->key) == 0) {
            const char *value = peer->entries[i].value;
            assert_int_equal(lv_buffer_append(answer, value, strlen(value)), LV_OK);
        }
    }
    lv_wire_free(message);
}

static inline void tiny_put(tiny_peer *peer, lv_bytes payload)
{
    ProtobufCMessage *message = NULL;
    const Lotveil__Fabric__PutState *put =
        tiny_unpack(&lotveil__fabric__put_state__descriptor, payload, &message);
    assert_true(peer->put_count < TINY_KEYS_MAX);
    tiny_entry *entry = &peer->puts[peer->put_count++];
    snprintf(entry->key, sizeof entry->key, "%s", put->key);
    snprintf(entry->value, sizeof entry->value, "%.*s", (int)put->value.len,
             (const char *)put->value.data);
    lv_wire_free(message);
}

static inline void tiny_turn(tiny_peer *peer, lv_buffer *answer)
{
    Lotveil__Fabric__QueryResponse response = LOTVEIL__FABRIC__QUERY_RESPONSE__INIT;
    Lotveil__Fabric__QueryResultBytes results[TINY_KEYS_MAX];
    Lotveil__Fabric__QueryResultBytes *list[TINY_KEYS_MAX];
    lv_buffer packed[TINY_KEYS_MAX] = {{0}};
    lv_error err = {0};
    size_t n = 0;
    while (n < peer->page && peer->at < peer->count &&
           strcmp(peer->entries[peer->at].key, peer->past) < 0) {
        Lotveil__Fabric__KV kv = LOTVEIL__FABRIC__KV__INIT;
        kv.key = peer->entries[peer->at].key;
        kv.value = lv_wire_bytes(lv_bytes_of_text(peer->entries[peer->at].value));
        assert_int_equal(lv_wire_pack(&kv.base, LV_FABRIC_MESSAGE_MAX, &packed[n], &err), LV_OK);
        lotveil__fabric__query_result_bytes__init(&results[n]);
        results[n].resultbytes = lv_wire_bytes(lv_buffer_view(&packed[n]));
        list[n] = &results[n];
        peer->at++;
        n++;
    }
    response.n_results = n;
    response.results = list;
    char id[] = "query";
    response.id = id;
    response.has_more = peer->always_more || (peer->at < peer->count &&
                                              strcmp(peer->entries[peer->at].key, peer->past) < 0);
    peer->open = response.has_more != 0;
    assert_int_equal(lv_wire_pack(&response.base, LV_FABRIC_MESSAGE_MAX, answer, &err), LV_OK);
    for (size_t i = 0; i < n; i++) {
        lv_buffer_free(&packed[i]);
    }
}

static inline void tiny_range(tiny_peer *peer, lv_bytes payload, lv_buffer *answer)
{
    ProtobufCMessage *message = NULL;
    const Lotveil__Fabric__GetStateByRange *range =
        tiny_unpack(&lotveil__fabric__get_state_by_range__descriptor, payload, &message);
    peer->at = 0;
    while (peer->at < peer->count && strcmp(peer->entries[peer->at].key, range->startkey) < 0) {
        peer->at++;
    }
    snprintf(peer->past, sizeof peer->past, "%s", range->endkey);
    lv_wire_free(message);
    tiny_turn(peer, answer);
}

static inline lv_status tiny_ask(void *context, lv_shim_type type, lv_bytes payload,
                                 lv_buffer *answer, lv_error *err)
{
    tiny_peer *peer = context;
    peer->asked++;
    peer->asked_by_type[type]++;
    if (peer->asked == peer->fail_at) {
        return lv_fail(err, LV_UNAVAILABLE, "the peer is out of order");
    }
    if (peer->junk != NULL && type == LV_SHIM_GET_STATE_BY_RANGE) {
        return lv_buffer_append(answer, peer->junk, peer->junk_len);
    }
    switch (type) {
    case LV_SHIM_GET_STATE:
        tiny_get(peer, payload, answer);
        break;
    case LV_SHIM_PUT_STATE:
        tiny_put(peer, payload);
        break;
    case LV_SHIM_GET_STATE_BY_RANGE:
        tiny_range(peer, payload, answer);
        break;
    case LV_SHIM_QUERY_STATE_NEXT:
        assert_int_equal(peer->open, 1);
        tiny_turn(peer, answer);
        break;
    default:
        assert_int_equal(type, LV_SHIM_QUERY_STATE_CLOSE);
        assert_int_equal(peer->open, 1);
        peer->open = 0;
        break;
    }
    return LV_OK;
}

static inline void tiny_add(tiny_peer *peer, const char *key, const char *value)
{
    assert_true(peer->count < TINY_KEYS_MAX);
    tiny_entry *entry = &peer->entries[peer->count++];
    snprintf(entry->key, sizeof entry->key, "%s", key);
    snprintf(entry->value, sizeof entry->value, "%s", value);
}

/** A walk as text: "key=value " for each, ended after `stop` of them. */
typedef struct {
    char text[4096];
    size_t count;
    size_t stop;
    lv_status fault; /* what the walk is told instead of LV_TIMEOUT */
} tiny_walk;

static inline lv_status tiny_each(void *context, const char *key, lv_bytes value)
{
    tiny_walk *walk = context;
    size_t len = strlen(walk->text);
    snprintf(walk->text + len, sizeof walk->text - len, "%s=%.*s ", key, (int)value.len,
             (const char *)value.data);
    walk->count++;
    if (walk->count < walk->stop) {
        return LV_OK;
    }
    return walk->fault != LV_OK ? walk->fault : LV_TIMEOUT;
}

#endif
