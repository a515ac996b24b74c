#include "fabric/calls.h"
#include "fabric.pb-c.h"
#include "record/digest.h"
#include "record/wire.h"
#include <stdlib.h>
#include <string.h>

typedef Lotveil__Fabric__Call wire_call;
typedef Lotveil__Fabric__CallArgument wire_argument;

/* ---- encoding ---- */

/* The message while it is put together: lists as long as all calls and arguments. */
typedef struct {
    wire_call *calls;
    wire_call **call_list;
    wire_argument *arguments;
    wire_argument **argument_list;
    lv_digest *digests; /* of transient arguments */
    size_t argument_count;
} draft;

static lv_status count_arguments(const lv_call *calls, size_t count, size_t *arguments,
                                 lv_error *err)
{
    *arguments = 0;
    if (count > LV_CALLS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "transaction: %zu calls, over the limit of %u", count,
                       LV_CALLS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        if (calls[i].argument_count > LV_CALL_ARGUMENTS_MAX) {
            return lv_fail(err, LV_E_LIMIT, "%s: %zu arguments, over the limit of %u",
                           calls[i].function, calls[i].argument_count, LV_CALL_ARGUMENTS_MAX);
        }
        *arguments += calls[i].argument_count;
    }
    return LV_OK;
}

static lv_status draft_new(size_t calls, size_t arguments, draft *d, lv_calls_encoded *out)
{
    d->calls = calloc(calls + 1, sizeof *d->calls);
    d->call_list = (wire_call **)calloc(calls + 1, sizeof *d->call_list);
    d->arguments = calloc(arguments + 1, sizeof *d->arguments);
    d->argument_list = (wire_argument **)calloc(arguments + 1, sizeof *d->argument_list);
    d->digests = calloc(arguments + 1, sizeof *d->digests);
    out->transients = calloc(arguments + 1, sizeof *out->transients);
    out->keys = calloc(arguments + 1, sizeof *out->keys);
    bool whole = d->calls != NULL && d->call_list != NULL && d->arguments != NULL &&
                 d->argument_list != NULL && d->digests != NULL && out->transients != NULL &&
                 out->keys != NULL;
    return whole ? LV_OK : LV_E_MEMORY;
}

static void draft_free(draft *d)
{
    free(d->calls);
    free((void *)d->call_list);
    free(d->arguments);
    free((void *)d->argument_list);
    free(d->digests);
}

static lv_status put_argument(draft *d, lv_bytes value, bool all_inline, lv_calls_encoded *out)
{
    size_t at = d->argument_count++;
    wire_argument *argument = &d->arguments[at];
    lotveil__fabric__call_argument__init(argument);
    d->argument_list[at] = argument;
    if (all_inline || value.len < LV_CALLS_INLINE_MAX) {
        argument->value = lv_wire_bytes(value);
        return LV_OK;
    }
    lv_status status = lv_digest_of(value, &d->digests[at]);
    if (status == LV_OK) {
        size_t place = out->transient_count++;
        lv_digest_hex(&d->digests[at], out->keys[place]);
        out->transients[place] = (lv_transient){.key = out->keys[place], .value = value};
        argument->digest = lv_wire_bytes(lv_digest_view(&d->digests[at]));
    }
    return status;
}

static lv_status put_call(draft *d, size_t index, const lv_call *call, bool all_inline,
                          lv_calls_encoded *out)
{
    wire_call *message = &d->calls[index];
    lv_status status = LV_OK;
    lotveil__fabric__call__init(message);
    message->function = lv_wire_text(call->function);
    message->n_arguments = call->argument_count;
    message->arguments = d->argument_list + d->argument_count;
    d->call_list[index] = message;
    for (size_t i = 0; status == LV_OK && i < call->argument_count; i++) {
        status = put_argument(d, call->arguments[i], all_inline, out);
    }
    return status;
}

static int by_key(const void *a, const void *b)
{
    return strcmp(((const lv_transient *)a)->key, ((const lv_transient *)b)->key);
}

/* The same value may be an argument twice; a map holds it once. */
static void sort_transients(lv_calls_encoded *out)
{
    size_t kept = 0;
    qsort(out->transients, out->transient_count, sizeof *out->transients, by_key);
    for (size_t i = 0; i < out->transient_count; i++) {
        if (kept == 0 || by_key(&out->transients[kept - 1], &out->transients[i]) != 0) {
            out->transients[kept++] = out->transients[i];
        }
    }
    out->transient_count = kept;
}

lv_status lv_calls_encode(const lv_call *calls, size_t count, bool all_inline,
                          lv_calls_encoded *out, lv_error *err)
{
    Lotveil__Fabric__Calls message = LOTVEIL__FABRIC__CALLS__INIT;
    draft d = {0};
    size_t arguments = 0;

    *out = (lv_calls_encoded){0};
    lv_status status = count_arguments(calls, count, &arguments, err);
    if (status == LV_OK) {
        status = draft_new(count, arguments, &d, out);
    }
    for (size_t i = 0; status == LV_OK && i < count; i++) {
        status = put_call(&d, i, &calls[i], all_inline, out);
    }
    if (status == LV_OK) {
        sort_transients(out);
        message.n_calls = count;
        message.calls = d.call_list;
        status = lv_wire_pack(&message.base, LV_FABRIC_MESSAGE_MAX, &out->encoded, err);
    }
    draft_free(&d);
    if (status != LV_OK) {
        lv_calls_encoded_free(out);
    }
    return status;
}

void lv_calls_encoded_free(lv_calls_encoded *encoded)
{
    if (encoded == NULL) {
        return;
    }
    lv_buffer_free(&encoded->encoded);
    free(encoded->transients);
    free(encoded->keys);
    *encoded = (lv_calls_encoded){0};
}

/* ---- decoding ---- */

/* One reading: where values come from, and where in the lists it stands. */
typedef struct {
    lv_calls_resolve resolve;
    void *context;
    lv_calls *out;
    size_t argument;
} reading;

static lv_status check_counts(const Lotveil__Fabric__Calls *message, size_t *arguments,
                              lv_error *err)
{
    *arguments = 0;
    if (message->n_calls == 0) {
        return lv_fail(err, LV_E_SYNTAX, "transaction: no call in it");
    }
    if (message->n_calls > LV_CALLS_MAX) {
        return lv_fail(err, LV_E_LIMIT, "transaction: %zu calls, over the limit of %u",
                       message->n_calls, LV_CALLS_MAX);
    }
    for (size_t i = 0; i < message->n_calls; i++) {
        if (message->calls[i]->n_arguments > LV_CALL_ARGUMENTS_MAX) {
            return lv_fail(err, LV_E_LIMIT, "call %zu: %zu arguments, over the limit of %u", i + 1,
                           message->calls[i]->n_arguments, LV_CALL_ARGUMENTS_MAX);
        }
        *arguments += message->calls[i]->n_arguments;
    }
    return LV_OK;
}

static lv_status find(const reading *r, lv_bytes named, lv_bytes *value, lv_error *err)
{
    lv_digest wanted;
    lv_digest found;
    char text[LV_DIGEST_TEXT];
    if (named.len != LV_DIGEST_LEN) {
        return lv_fail(err, LV_E_SYNTAX, "transaction: a digest of %zu bytes", named.len);
    }
    memcpy(wanted.bytes, named.data, LV_DIGEST_LEN);
    lv_digest_hex(&wanted, text);
    lv_status status = r->resolve == NULL ? LV_NOT_FOUND : r->resolve(r->context, &wanted, value);
    if (status == LV_NOT_FOUND) {
        return lv_fail(err, LV_INVALID, "transaction: the value of digest %s is missing", text);
    }
    if (status == LV_OK) {
        status = lv_digest_of(*value, &found);
    }
    if (status == LV_OK && !lv_digest_equal(&wanted, &found)) {
        return lv_fail(err, LV_INVALID, "transaction: the value of digest %s is another", text);
    }
    return status;
}

static lv_status take_argument(reading *r, const wire_argument *wire, lv_error *err)
{
    lv_bytes value = lv_wire_view(&wire->value);
    if (wire->digest.len > 0) {
        if (value.len > 0) {
            return lv_fail(err, LV_E_SYNTAX, "transaction: an argument both inline and by digest");
        }
        lv_status status = find(r, lv_wire_view(&wire->digest), &value, err);
        if (status != LV_OK) {
            return status;
        }
        r->out->transients[r->out->transient_count++] = value;
    }
    r->out->arguments[r->argument++] = value;
    return LV_OK;
}

static lv_status take_call(reading *r, const wire_call *wire, lv_call *call, lv_error *err)
{
    lv_status status = LV_OK;
    *call = (lv_call){.function = wire->function,
                      .arguments = r->out->arguments + r->argument,
                      .argument_count = wire->n_arguments};
    for (size_t i = 0; status == LV_OK && i < wire->n_arguments; i++) {
        status = take_argument(r, wire->arguments[i], err);
    }
    return status;
}

static lv_status take_calls(reading *r, const Lotveil__Fabric__Calls *message, lv_error *err)
{
    size_t arguments = 0;
    lv_status status = check_counts(message, &arguments, err);
    if (status != LV_OK) {
        return status;
    }
    r->out->calls = calloc(message->n_calls, sizeof *r->out->calls);
    r->out->arguments = calloc(arguments + 1, sizeof *r->out->arguments);
    r->out->transients = calloc(arguments + 1, sizeof *r->out->transients);
    if (r->out->calls == NULL || r->out->arguments == NULL || r->out->transients == NULL) {
        return LV_E_MEMORY;
    }
    r->out->count = message->n_calls;
    for (size_t i = 0; status == LV_OK && i < message->n_calls; i++) {
        status = take_call(r, message->calls[i], &r->out->calls[i], err);
    }
    return status;
}

lv_status lv_calls_decode(lv_bytes encoded, lv_calls_resolve resolve, void *context, lv_calls *out,
                          lv_error *err)
{
    reading r = {.resolve = resolve, .context = context, .out = out};
    ProtobufCMessage *message = NULL;

    *out = (lv_calls){0};
    lv_status status = lv_wire_unpack(&lotveil__fabric__calls__descriptor, encoded,
                                      LV_FABRIC_MESSAGE_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    out->message = message;
    status = take_calls(&r, (const Lotveil__Fabric__Calls *)message, err);
    if (status != LV_OK) {
        lv_calls_free(out);
    }
    return status;
}

void lv_calls_free(lv_calls *calls)
{
    if (calls == NULL) {
        return;
    }
    free(calls->calls);
    free(calls->arguments);
    free(calls->transients);
    lv_wire_free(calls->message);
    *calls = (lv_calls){0};
}
