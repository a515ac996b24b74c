#include "chaincode/conversation.h"
#include "base/log.h"
#include "fabric/calls.h"
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef enum { CREATED, REGISTERED, READY } phase;

typedef struct transaction {
    struct transaction *next;
    lv_conversation *conversation;
    lv_shim_message message;
    size_t held;
    pthread_cond_t answered; /* of CLOCK_MONOTONIC */
    bool asking;             /* a request is out */
    bool has_answer;
    int answer_type; /* RESPONSE or ERROR */
    lv_buffer answer;
    lv_status broken; /* no more requests */
} transaction;

struct lv_conversation {
    lv_conversation_options options;
    pthread_mutex_t lock;
    pthread_cond_t work;
    phase phase;
    transaction *waiting; /* the oldest first */
    transaction **waiting_end;
    size_t waiting_count;
    transaction *running;
    unsigned active; /* those that run, and those whose outcome is being told */
    size_t held;
    bool stopping;
    bool over;
    pthread_t workers[LV_CONVERSATION_WORKERS];
    size_t worker_count;
};

static lv_status send_message(const lv_conversation *c, lv_shim_type type, const char *channel,
                              const char *txid, lv_bytes payload, lv_error *err)
{
    lv_buffer bytes = {0};
    lv_status status = lv_shim_write(type, channel, txid, payload, &bytes, err);
    if (status == LV_OK) {
        status = c->options.send(c->options.context, lv_buffer_view(&bytes), err);
    }
    lv_buffer_free(&bytes);
    return status;
}

/* ---- requests of a transaction ---- */

static struct timespec after(int ms)
{
    struct timespec when;
    clock_gettime(CLOCK_MONOTONIC, &when);
    when.tv_sec += ms / 1000;
    when.tv_nsec += (long)(ms % 1000) * 1000000;
    if (when.tv_nsec >= 1000000000) {
        when.tv_sec++;
        when.tv_nsec -= 1000000000;
    }
    return when;
}

/* With the lock held. */
static lv_status wait_for_answer(transaction *t, int type, lv_error *err)
{
    lv_conversation *c = t->conversation;
    struct timespec until = after(c->options.answer_ms);
    int waited = 0;
    while (!t->has_answer && !c->over && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&t->answered, &c->lock, &until);
    }
    t->asking = false;
    if (!t->has_answer) {
        return lv_fail(err, LV_UNAVAILABLE, "the peer %s %s",
                       c->over ? "went away before it answered" : "did not answer",
                       lv_shim_type_name(type));
    }
    t->has_answer = false;
    if (t->answer_type == LV_SHIM_ERROR) {
        return lv_fail(err, LV_UNAVAILABLE, "the peer answered %s with an error: %.*s",
                       lv_shim_type_name(type), (int)(t->answer.len < 256 ? t->answer.len : 256),
                       lv_buffer_text(&t->answer));
    }
    return LV_OK;
}

static lv_status ask(void *context, lv_shim_type type, lv_bytes payload, lv_buffer *answer,
                     lv_error *err)
{
    transaction *t = context;
    lv_conversation *c = t->conversation;
    if (t->broken != LV_OK) {
        return lv_fail(err, t->broken, "the peer gave no answer before");
    }
    pthread_mutex_lock(&c->lock);
    t->asking = true; /* before it is sent: the answer may be here first */
    pthread_mutex_unlock(&c->lock);
    lv_status status = send_message(c, type, t->message.channel, t->message.txid, payload, err);
    pthread_mutex_lock(&c->lock);
    if (status == LV_OK) {
        status = wait_for_answer(t, (int)type, err);
    }
    t->asking = false;
    lv_buffer got = t->answer;
    t->answer = (lv_buffer){0};
    pthread_mutex_unlock(&c->lock);
    t->broken = status;
    if (status == LV_OK) {
        status = lv_buffer_append(answer, got.data, got.len);
    }
    lv_buffer_free(&got);
    return status;
}

/* ---- workers ---- */

static void free_transaction(transaction *t)
{
    lv_shim_message_free(&t->message);
    lv_buffer_free(&t->answer);
    pthread_cond_destroy(&t->answered);
    free(t);
}

static transaction *next_transaction(lv_conversation *c)
{
    pthread_mutex_lock(&c->lock);
    while (c->waiting == NULL && !c->over) {
        pthread_cond_wait(&c->work, &c->lock);
    }
    transaction *t = c->over ? NULL : c->waiting;
    if (t != NULL) {
        c->waiting = t->next;
        c->waiting_end = c->waiting != NULL ? c->waiting_end : &c->waiting;
        c->waiting_count--;
        t->next = c->running;
        c->running = t;
        c->active++;
    }
    pthread_mutex_unlock(&c->lock);
    return t;
}

static lv_status answer_with(const lv_conversation *c, const lv_shim_message *message,
                             const lv_buffer *response, lv_status status, lv_error *err)
{
    return status == LV_OK ? send_message(c, LV_SHIM_COMPLETED, message->channel, message->txid,
                                          lv_buffer_view(response), err)
                           : send_message(c, LV_SHIM_ERROR, message->channel, message->txid,
                                          lv_bytes_of_text(lv_status_name(status)), err);
}

/* Once its outcome is told, the peer may send it again. */
static void forget(transaction *t)
{
    lv_conversation *c = t->conversation;
    pthread_mutex_lock(&c->lock);
    transaction **at = &c->running;
    while (*at != t) {
        at = &(*at)->next;
    }
    *at = t->next;
    pthread_mutex_unlock(&c->lock);
}

static void run_transaction(transaction *t)
{
    const lv_conversation *c = t->conversation;
    const lv_shim_asker asker = {.context = t, .ask = ask};
    lv_buffer response = {0};
    lv_error err = {0};
    /* Contracts need no setting up. */
    lv_status status =
        t->message.type == LV_SHIM_INIT
            ? lv_shim_write_response(LV_RESPONSE_OK, "", (lv_bytes){0}, &response, &err)
            : lv_invocation_run(&c->options.rules, &t->message, &asker, &response);
    forget(t);
    if (answer_with(c, &t->message, &response, status, &err) != LV_OK) {
        lv_log(LV_LOG_DEBUG, "chaincode", "transaction %.16s: nobody to tell the outcome: %s",
               t->message.txid, err.text);
    }
    lv_buffer_free(&response);
}

static bool is_quiet(const lv_conversation *c)
{
    return c->stopping && c->active == 0 && c->waiting == NULL;
}

static void end_transaction(transaction *t)
{
    lv_conversation *c = t->conversation;
    pthread_mutex_lock(&c->lock);
    c->active--;
    c->held -= t->held;
    bool quiet = is_quiet(c);
    pthread_mutex_unlock(&c->lock);
    free_transaction(t);
    if (quiet) {
        c->options.quiet(c->options.context);
    }
}

static void *work(void *context)
{
    lv_conversation *c = context;
    for (transaction *t = next_transaction(c); t != NULL; t = next_transaction(c)) {
        run_transaction(t);
        end_transaction(t);
    }
    return NULL;
}

/* ---- what the peer says ---- */

static transaction *find(transaction *list, const lv_shim_message *message)
{
    while (list != NULL && (strcmp(list->message.txid, message->txid) != 0 ||
                            strcmp(list->message.channel, message->channel) != 0)) {
        list = list->next;
    }
    return list;
}

static lv_status new_transaction(lv_conversation *c, lv_shim_message *message, transaction **out)
{
    pthread_condattr_t attributes;
    *out = calloc(1, sizeof **out);
    if (*out == NULL) {
        return LV_E_MEMORY;
    }
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&(*out)->answered, &attributes);
    pthread_condattr_destroy(&attributes);
    (*out)->conversation = c;
    (*out)->message = *message;
    (*out)->held = message->payload.len + message->proposal.len;
    *message = (lv_shim_message){0};
    return LV_OK;
}

typedef enum { TAKEN, DOUBLED, BUSY, STOPPING } taking;

/* With the lock held. */
static taking take(lv_conversation *c, transaction *t)
{
    if (find(c->running, &t->message) != NULL || find(c->waiting, &t->message) != NULL) {
        return DOUBLED;
    }
    if (c->stopping) {
        return STOPPING;
    }
    if (c->waiting_count >= LV_CONVERSATION_WAITING_MAX ||
        t->held > LV_CONVERSATION_HELD_MAX - c->held) {
        return BUSY;
    }
    *c->waiting_end = t;
    c->waiting_end = &t->next;
    c->waiting_count++;
    c->held += t->held;
    pthread_cond_signal(&c->work);
    return TAKEN;
}

static lv_status refuse(const lv_conversation *c, const transaction *t, taking why, lv_error *err)
{
    const char *txid = t->message.txid;
    if (why == DOUBLED) {
        return send_message(c, LV_SHIM_ERROR, t->message.channel, txid,
                            lv_bytes_of_text("a transaction of this id is under way"), err);
    }
    lv_buffer words = {0};
    lv_buffer response = {0};
    lv_status status = lv_refusal_encode(
        LV_UNAVAILABLE,
        why == BUSY ? "the chaincode has more transactions than it can hold; try again"
                    : "the chaincode is stopping; try again",
        &words);
    if (status == LV_OK) {
        status = lv_shim_write_response(LV_RESPONSE_FAILED, lv_buffer_text(&words), (lv_bytes){0},
                                        &response, err);
    }
    if (status == LV_OK) {
        status = send_message(c, LV_SHIM_COMPLETED, t->message.channel, txid,
                              lv_buffer_view(&response), err);
    }
    lv_buffer_free(&words);
    lv_buffer_free(&response);
    return status;
}

static lv_status begin_transaction(lv_conversation *c, lv_shim_message *message, lv_error *err)
{
    transaction *t = NULL;
    lv_status status = new_transaction(c, message, &t);
    if (status != LV_OK) {
        return status;
    }
    pthread_mutex_lock(&c->lock);
    taking taken = take(c, t);
    pthread_mutex_unlock(&c->lock);
    if (taken != TAKEN) {
        status = refuse(c, t, taken, err);
        free_transaction(t);
    }
    return status;
}

/* An answer that nobody waits for comes after its time was over: it is dropped. */
static void take_answer(lv_conversation *c, lv_shim_message *message)
{
    pthread_mutex_lock(&c->lock);
    transaction *t = find(c->running, message);
    if (t != NULL && t->asking && !t->has_answer) {
        t->has_answer = true;
        t->answer_type = message->type;
        t->answer = message->payload;
        message->payload = (lv_buffer){0};
        pthread_cond_signal(&t->answered);
    }
    pthread_mutex_unlock(&c->lock);
}

static lv_status unexpected(const lv_conversation *c, const lv_shim_message *message, lv_error *err)
{
    static const char *const when[] = {
        [CREATED] = "before REGISTERED", [REGISTERED] = "before READY", [READY] = "after READY"};
    return lv_fail(err, LV_INVALID, "the peer sent a message of type %d (%s) %s", message->type,
                   lv_shim_type_name(message->type), when[c->phase]);
}

static lv_status hear_when_ready(lv_conversation *c, lv_shim_message *message, lv_error *err)
{
    switch (message->type) {
    case LV_SHIM_TRANSACTION:
    case LV_SHIM_INIT:
        return begin_transaction(c, message, err);
    case LV_SHIM_RESPONSE:
    case LV_SHIM_ERROR:
        take_answer(c, message);
        return LV_OK;
    default:
        return unexpected(c, message, err);
    }
}

static lv_status dispatch(lv_conversation *c, lv_shim_message *message, lv_bytes bytes,
                          lv_error *err)
{
    if (message->type == LV_SHIM_KEEPALIVE) {
        return c->options.send(c->options.context, bytes, err);
    }
    if (c->phase == READY) {
        return hear_when_ready(c, message, err);
    }
    phase next = c->phase == CREATED ? REGISTERED : READY;
    if (message->type != (next == REGISTERED ? LV_SHIM_REGISTERED : LV_SHIM_READY)) {
        return unexpected(c, message, err);
    }
    c->phase = next;
    return LV_OK;
}

lv_status lv_conversation_hear(lv_conversation *c, lv_bytes bytes, lv_error *err)
{
    lv_shim_message message = {0};
    lv_status status = lv_shim_read(bytes, &message, err);
    if (status == LV_OK) {
        status = dispatch(c, &message, bytes, err);
    } else if (status == LV_E_SYNTAX) {
        lv_error_prefix(err, "the peer sent what is no ChaincodeMessage: ");
        status = LV_INVALID;
    }
    lv_shim_message_free(&message);
    return status;
}

/* ---- beginning and end ---- */

static lv_status start_workers(lv_conversation *c, lv_error *err)
{
    while (c->worker_count < LV_CONVERSATION_WORKERS) {
        if (pthread_create(&c->workers[c->worker_count], NULL, work, c) != 0) {
            return lv_fail(err, LV_E_MEMORY, "no thread for transactions");
        }
        c->worker_count++;
    }
    return LV_OK;
}

static lv_status say_hello(const lv_conversation *c, lv_error *err)
{
    lv_buffer name = {0};
    lv_status status = lv_shim_write_name(c->options.package_id, &name, err);
    if (status == LV_OK) {
        status = send_message(c, LV_SHIM_REGISTER, "", "", lv_buffer_view(&name), err);
    }
    lv_buffer_free(&name);
    return status;
}

lv_status lv_conversation_open(const lv_conversation_options *options, lv_conversation **out,
                               lv_error *err)
{
    *out = NULL;
    lv_conversation *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return LV_E_MEMORY;
    }
    c->options = *options;
    c->waiting_end = &c->waiting;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->work, NULL);
    lv_status status = start_workers(c, err);
    if (status == LV_OK) {
        status = say_hello(c, err);
    }
    if (status != LV_OK) {
        lv_conversation_close(c);
        return status;
    }
    *out = c;
    return LV_OK;
}

void lv_conversation_stop(lv_conversation *c)
{
    pthread_mutex_lock(&c->lock);
    c->stopping = true;
    pthread_mutex_unlock(&c->lock);
}

bool lv_conversation_is_quiet(lv_conversation *c)
{
    pthread_mutex_lock(&c->lock);
    bool quiet = is_quiet(c);
    pthread_mutex_unlock(&c->lock);
    return quiet;
}

void lv_conversation_close(lv_conversation *c)
{
    if (c == NULL) {
        return;
    }
    pthread_mutex_lock(&c->lock);
    c->over = true;
    for (transaction *t = c->running; t != NULL; t = t->next) {
        pthread_cond_signal(&t->answered);
    }
    pthread_cond_broadcast(&c->work);
    pthread_mutex_unlock(&c->lock);
    for (size_t i = 0; i < c->worker_count; i++) {
        pthread_join(c->workers[i], NULL);
    }
    while (c->waiting != NULL) {
        transaction *t = c->waiting;
        c->waiting = t->next;
        free_transaction(t);
    }
    pthread_cond_destroy(&c->work);
    pthread_mutex_destroy(&c->lock);
    free(c);
}
