/* A peer that talks to a chaincode server: u8 contract, then entries of a u8 kind and a block
 * (base/reader.h). 0 is a message, said once all before is answered. 1 and 2 are the payload of a
 * RESPONSE or ERROR to the next request for state, 3 a message that is said before that answer;
 * requests that come upon 0 or nothing are answered from a table. Every transaction must be
 * answered exactly once, whatever the peer says. */
#include "base/reader.h"
#include "chaincode/conversation.h"
#include "fabric.pb-c.h"
#include "fabric/calls.h"
#include "fabric/limits.h"
#include "fuzz.h"
#include "record/wire.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX 256U

enum { SAID, RESPONDED, FAILED, BETWEEN, KINDS };

typedef struct {
    char *key;
    lv_buffer value;
} entry;

typedef struct {
    pthread_mutex_t lock; /* recursive: what is heard may be answered at once */
    pthread_cond_t changed;
    lv_conversation *conversation;
    lv_reader script;
    bool ready; /* the peer said READY */
    bool over;  /* the conversation ended */
    unsigned begun;
    unsigned answered;
    entry table[ENTRIES_MAX]; /* in byte order of the keys */
    size_t count;
} stage;

/* ---- the table ---- */

static size_t place_of(const stage *s, const char *key)
{
    size_t at = 0;
    while (at < s->count && strcmp(s->table[at].key, key) < 0) {
        at++;
    }
    return at;
}

static bool stands_at(const stage *s, size_t at, const char *key)
{
    return at < s->count && strcmp(s->table[at].key, key) == 0;
}

static void put(stage *s, const Lotveil__Fabric__PutState *wire)
{
    FUZZ_CHECK(wire->key[0] != '\0' && wire->value.len > 0);
    size_t at = place_of(s, wire->key);
    if (!stands_at(s, at, wire->key)) {
        if (s->count == ENTRIES_MAX) {
            return;
        }
        memmove(&s->table[at + 1], &s->table[at], (s->count - at) * sizeof s->table[0]);
        s->table[at] = (entry){.key = strdup(wire->key)};
        FUZZ_CHECK(s->table[at].key != NULL);
        s->count++;
    }
    lv_buffer_free(&s->table[at].value);
    FUZZ_CHECK(lv_buffer_append(&s->table[at].value, wire->value.data, wire->value.len) == LV_OK);
}

static void get(const stage *s, const Lotveil__Fabric__GetState *wire, lv_buffer *answer)
{
    size_t at = place_of(s, wire->key);
    if (stands_at(s, at, wire->key)) {
        const lv_buffer *value = &s->table[at].value;
        FUZZ_CHECK(lv_buffer_append(answer, value->data, value->len) == LV_OK);
    }
}

static void range(const stage *s, const Lotveil__Fabric__GetStateByRange *wire, lv_buffer *answer)
{
    Lotveil__Fabric__QueryResponse response = LOTVEIL__FABRIC__QUERY_RESPONSE__INIT;
    Lotveil__Fabric__QueryResultBytes results[ENTRIES_MAX];
    Lotveil__Fabric__QueryResultBytes *list[ENTRIES_MAX];
    lv_buffer packed[ENTRIES_MAX] = {{0}};
    size_t n = 0;
    for (size_t at = place_of(s, wire->startkey);
         at < s->count && strcmp(s->table[at].key, wire->endkey) < 0; at++) {
        Lotveil__Fabric__KV kv = LOTVEIL__FABRIC__KV__INIT;
        kv.key = s->table[at].key;
        kv.value = lv_wire_bytes(lv_buffer_view(&s->table[at].value));
        FUZZ_CHECK(lv_wire_pack(&kv.base, LV_FABRIC_MESSAGE_MAX, &packed[n], NULL) == LV_OK);
        lotveil__fabric__query_result_bytes__init(&results[n]);
        results[n].resultbytes = lv_wire_bytes(lv_buffer_view(&packed[n]));
        list[n] = &results[n];
        n++;
    }
    response.n_results = n;
    response.results = list;
    FUZZ_CHECK(lv_wire_pack(&response.base, LV_FABRIC_MESSAGE_MAX, answer, NULL) == LV_OK);
    for (size_t i = 0; i < n; i++) {
        lv_buffer_free(&packed[i]);
    }
}

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, const lv_buffer *payload)
{
    ProtobufCMessage *message = NULL;
    FUZZ_CHECK(lv_wire_read(type, lv_buffer_view(payload), LV_FABRIC_MESSAGE_MAX, &message, NULL) ==
               LV_OK);
    return message;
}

static void answer_from_table(stage *s, const lv_shim_message *request, lv_buffer *answer)
{
    ProtobufCMessage *message = NULL;
    switch (request->type) {
    case LV_SHIM_GET_STATE:
        message = unpack(&lotveil__fabric__get_state__descriptor, &request->payload);
        get(s, (const Lotveil__Fabric__GetState *)message, answer);
        break;
    case LV_SHIM_PUT_STATE:
        message = unpack(&lotveil__fabric__put_state__descriptor, &request->payload);
        put(s, (const Lotveil__Fabric__PutState *)message);
        break;
    case LV_SHIM_GET_STATE_BY_RANGE:
        message = unpack(&lotveil__fabric__get_state_by_range__descriptor, &request->payload);
        range(s, (const Lotveil__Fabric__GetStateByRange *)message, answer);
        break;
    default:
        FUZZ_CHECK(request->type == LV_SHIM_QUERY_STATE_NEXT ||
                   request->type == LV_SHIM_QUERY_STATE_CLOSE);
        message = unpack(&lotveil__fabric__query_state_next__descriptor, &request->payload);
        break;
    }
    lv_wire_free(message);
}

/* ---- what the peer says ---- */

static void hear(stage *s, lv_bytes bytes)
{
    lv_error err = {0};
    lv_shim_message message = {0};
    bool begins = lv_shim_read(bytes, &message, NULL) == LV_OK && s->ready &&
                  (message.type == LV_SHIM_TRANSACTION || message.type == LV_SHIM_INIT);
    s->begun += begins;
    lv_status status = lv_conversation_hear(s->conversation, bytes, &err);
    FUZZ_CHECK(status == LV_OK || (!begins && err.text[0] != '\0'));
    s->ready = s->ready || (status == LV_OK && message.type == LV_SHIM_READY);
    s->over = s->over || status != LV_OK;
    lv_shim_message_free(&message);
}

static void reply(stage *s, lv_shim_type type, const lv_shim_message *request, lv_bytes payload)
{
    lv_buffer bytes = {0};
    FUZZ_CHECK(lv_shim_write(type, request->channel, request->txid, payload, &bytes, NULL) ==
               LV_OK);
    hear(s, lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
}

static void answer_request(stage *s, const lv_shim_message *request)
{
    while (s->script.left > 0 && !s->over && *s->script.at % KINDS != SAID) {
        uint8_t kind = lv_read_u8(&s->script) % KINDS;
        lv_bytes block = lv_read_block(&s->script, s->script.left);
        if (kind != BETWEEN) {
            reply(s, kind == RESPONDED ? LV_SHIM_RESPONSE : LV_SHIM_ERROR, request, block);
            return;
        }
        hear(s, block);
    }
    lv_buffer answer = {0};
    answer_from_table(s, request, &answer);
    reply(s, LV_SHIM_RESPONSE, request, lv_buffer_view(&answer));
    lv_buffer_free(&answer);
}

/* ---- what the chaincode says ---- */

static void check_response(const lv_buffer *payload)
{
    ProtobufCMessage *message = unpack(&lotveil__fabric__response__descriptor, payload);
    const Lotveil__Fabric__Response *response = (const Lotveil__Fabric__Response *)message;
    lv_status status = LV_OK;
    lv_error words = {0};
    if (response->status == LV_RESPONSE_OK) {
        FUZZ_CHECK(response->message[0] == '\0');
    } else {
        FUZZ_CHECK(response->status == LV_RESPONSE_FAILED && response->payload.len == 0);
        FUZZ_CHECK(lv_refusal_decode(response->message, &status, &words) == LV_OK);
        FUZZ_CHECK(status != LV_OK && words.text[0] != '\0');
    }
    lv_wire_free(message);
}

static lv_status send(void *context, lv_bytes bytes, lv_error *err)
{
    (void)err;
    stage *s = context;
    lv_shim_message message = {0};
    FUZZ_CHECK(lv_shim_read(bytes, &message, NULL) == LV_OK);
    pthread_mutex_lock(&s->lock);
    switch (message.type) {
    case LV_SHIM_REGISTER:
    case LV_SHIM_KEEPALIVE:
        break;
    case LV_SHIM_COMPLETED:
        check_response(&message.payload);
        s->answered++;
        break;
    case LV_SHIM_ERROR: /* a transaction that is under way already */
        s->answered++;
        break;
    default:
        answer_request(s, &message);
        break;
    }
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
    lv_shim_message_free(&message);
    return LV_OK;
}

static void quiet(void *context) { (void)context; }

/* ---- the course of it ---- */

static void open_stage(stage *s, lv_bytes input)
{
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&s->lock, &attributes);
    pthread_mutexattr_destroy(&attributes);
    pthread_cond_init(&s->changed, NULL);
    s->script = lv_reader_of(input);
    const char *contract = lv_read_u8(&s->script) % 2 == 0 ? "quality" : "xor";
    const lv_conversation_options options = {
        .rules = {.channel = fuzz_channel(contract), .chaincode = contract},
        .package_id = "fuzz:1",
        .answer_ms = 5000,
        .context = s,
        .send = send,
        .quiet = quiet};
    FUZZ_CHECK(lv_conversation_open(&options, &s->conversation, NULL) == LV_OK);
}

static void close_stage(stage *s)
{
    lv_conversation_stop(s->conversation);
    lv_conversation_close(s->conversation);
    FUZZ_CHECK(s->answered == s->begun);
    for (size_t i = 0; i < s->count; i++) {
        free(s->table[i].key);
        lv_buffer_free(&s->table[i].value);
    }
    pthread_cond_destroy(&s->changed);
    pthread_mutex_destroy(&s->lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    stage s = {0};
    open_stage(&s, (lv_bytes){.data = data, .len = size});
    pthread_mutex_lock(&s.lock);
    while (s.script.left > 0 && !s.script.failed && !s.over) {
        uint8_t kind = lv_read_u8(&s.script) % KINDS;
        lv_bytes block = lv_read_block(&s.script, s.script.left);
        if ((kind == SAID || kind == BETWEEN) && !s.script.failed) {
            hear(&s, block);
        }
        while (s.answered < s.begun) {
            pthread_cond_wait(&s.changed, &s.lock);
        }
    }
    pthread_mutex_unlock(&s.lock);
    close_stage(&s);
    return 0;
}
