/* A signed transaction on its way into a block. An orderer may lose what it took, a gateway may
 * have passed on what it did not acknowledge, a peer may stand still: the only thing that says what
 * became of it is a block that holds its id. */
#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/block.h"
#include "fabric/limits.h"
#include "ledger/fabric/call.h"
#include "ledger/fabric/query.h"
#include "ledger/fabric/submit.h"
#include "record/wire.h"
#include <inttypes.h>

enum {
    SUBMIT_MS = 30000,    /* for one gateway to pass it on */
    LISTEN_MIN_MS = 4000, /* to one gateway for the commit, before another is asked */
    LISTEN_MAX_MS = 16000,
    ROUND_PAUSE_MS = 200,
    UNSENT_ROUNDS = 3, /* over all gateways, where none takes it */
    LOOK_UP_MS = 30000,
};

/* It is sent again so much later than it may have been taken, and than it was acknowledged. */
static const double AGAIN_UNCERTAIN = 2;
static const double AGAIN_TAKEN = 8;

typedef struct {
    lv_fabric *self;
    const lv_session *session;
    const lv_signed_transaction *transaction;
    double deadline;
    double send_at;  /* when to send it (again) */
    bool maybe_sent; /* it may have been ordered */
    uint32_t tried;  /* gateways, in this round */
    int rounds;
    int listen_ms;
    lv_fault fault; /* the last one */
} journey;

static int left_ms(const journey *j, int most)
{
    double left = (j->deadline - lv_clock_seconds()) * 1000;
    if (left < 1) {
        return 1;
    }
    return left < most ? (int)left : most;
}

static bool is_over(const journey *j) { return lv_clock_seconds() >= j->deadline; }

/* ---- Submit ---- */

static lv_status ask_submit(journey *j, size_t gateway)
{
    ProtobufCMessage *envelope = NULL;
    ProtobufCMessage *answer = NULL;
    lv_error words = {0};
    lv_status status = lv_wire_read(&lotveil__fabric__envelope__descriptor,
                                    lv_buffer_view(&j->transaction->envelope),
                                    LV_FABRIC_MESSAGE_MAX, &envelope, &words);
    if (status != LV_OK) {
        return lv_fault_local(&j->fault, status, &words);
    }
    Lotveil__Fabric__SubmitRequest request = LOTVEIL__FABRIC__SUBMIT_REQUEST__INIT;
    request.transaction_id = lv_wire_text(j->transaction->txid);
    request.channel_id = lv_wire_text(j->self->channel.channel);
    request.prepared_transaction = (Lotveil__Fabric__Envelope *)envelope;
    status = lv_gateway_ask(j->self, j->session, gateway, LV_GATEWAY_SUBMIT, &request.base,
                            left_ms(j, SUBMIT_MS), &lotveil__fabric__submit_response__descriptor,
                            &answer, &j->fault);
    lv_wire_free(envelope);
    lv_wire_free(answer);
    return status;
}

/* @return LV_OK: it may have been ordered, listen. Anything else: this gateway did not take it. */
static lv_status send(journey *j, size_t gateway)
{
    lv_status status = ask_submit(j, gateway);
    if (status == LV_OK) {
        j->maybe_sent = true;
        j->send_at = lv_clock_seconds() + AGAIN_TAKEN;
        return LV_OK;
    }
    if (j->fault.maybe_acted) {
        j->maybe_sent = true;
        j->send_at = lv_clock_seconds() + AGAIN_UNCERTAIN;
    }
    return status;
}

/* ---- CommitStatus ---- */

static lv_status sign_question(const journey *j, lv_buffer *question, lv_buffer *signature,
                               lv_error *err)
{
    Lotveil__Fabric__CommitStatusRequest request = LOTVEIL__FABRIC__COMMIT_STATUS_REQUEST__INIT;
    request.transaction_id = lv_wire_text(j->transaction->txid);
    request.channel_id = lv_wire_text(j->self->channel.channel);
    request.identity = lv_wire_bytes(lv_buffer_view(&j->session->creator));
    lv_status status = lv_wire_pack(&request.base, LV_FABRIC_MESSAGE_MAX, question, err);
    return status == LV_OK ? lv_identity_sign_plain(j->session->identity, lv_buffer_view(question),
                                                    signature, err)
                           : status;
}

static lv_status listen(journey *j, size_t gateway, lv_fate *fate)
{
    Lotveil__Fabric__SignedCommitStatusRequest request =
        LOTVEIL__FABRIC__SIGNED_COMMIT_STATUS_REQUEST__INIT;
    lv_buffer question = {0};
    lv_buffer signature = {0};
    ProtobufCMessage *base = NULL;
    lv_error words = {0};
    lv_status status = sign_question(j, &question, &signature, &words);
    if (status == LV_OK) {
        request.request = lv_wire_bytes(lv_buffer_view(&question));
        request.signature = lv_wire_bytes(lv_buffer_view(&signature));
        status =
            lv_gateway_ask(j->self, j->session, gateway, LV_GATEWAY_COMMIT_STATUS, &request.base,
                           left_ms(j, j->listen_ms),
                           &lotveil__fabric__commit_status_response__descriptor, &base, &j->fault);
    } else {
        status = lv_fault_local(&j->fault, status, &words);
    }
    const Lotveil__Fabric__CommitStatusResponse *answer =
        (const Lotveil__Fabric__CommitStatusResponse *)base;
    if (status == LV_OK && answer != NULL) {
        *fate = (lv_fate){.code = (int)answer->result, .block = answer->block_number};
        lv_gateway_has(j->self, gateway, fate->block + 1);
    }
    lv_wire_free(base);
    lv_buffer_free(&question);
    lv_buffer_free(&signature);
    return status;
}

/* ---- a second copy ---- */

typedef struct {
    const char *txid;
    lv_fate fate;
} search;

static lv_status look_up(lv_fabric *self, const lv_session *session, size_t gateway, void *context,
                         lv_fault *fault)
{
    search *s = context;
    return lv_query_transaction(self, session, gateway, s->txid, LOOK_UP_MS, &s->fate.block,
                                &s->fate.code, fault);
}

/* "Duplicate" is said of the copy: the block of the first one tells what became of the
 * transaction. */
static lv_status settle_duplicate(journey *j, lv_fate *fate)
{
    search s = {.txid = j->transaction->txid};
    lv_status status = lv_gateways_try(j->self, j->session, look_up, &s, &j->fault);
    if (status == LV_OK) {
        *fate = s.fate;
    }
    return status;
}

/* ---- the whole way ---- */

/* The next gateway of this round; after each round a pause. */
static size_t next_gateway(journey *j)
{
    size_t gateway = 0;
    if (!lv_gateways_choose(j->self, j->tried, &gateway)) {
        j->tried = 0;
        j->rounds++;
        lv_fabric_pause(ROUND_PAUSE_MS);
        (void)lv_gateways_choose(j->self, 0, &gateway);
    }
    j->tried |= 1U << gateway;
    return gateway;
}

/* @return LV_OK: its fate is known. */
static lv_status step(journey *j, lv_fate *fate)
{
    size_t gateway = next_gateway(j);
    lv_status status = LV_OK;
    if (!j->maybe_sent || lv_clock_seconds() >= j->send_at) {
        status = send(j, gateway);
    }
    if (status != LV_OK) {
        return status;
    }
    status = listen(j, gateway, fate);
    j->listen_ms = j->listen_ms * 2 < LISTEN_MAX_MS ? j->listen_ms * 2 : LISTEN_MAX_MS;
    return status;
}

static lv_status is_unknown(const journey *j, lv_error *err)
{
    return lv_fail(
        err, LV_UNAVAILABLE,
        "channel %s: transaction %s was submitted, and whether it is committed could not "
        "be learned in %d ms; it may yet commit: %s",
        j->self->channel.channel, j->transaction->txid, j->self->commit_ms, j->fault.words.text);
}

lv_status lv_fabric_commit(lv_fabric *self, const lv_session *session,
                           const lv_signed_transaction *transaction, lv_fate *fate, lv_error *err)
{
    journey j = {.self = self,
                 .session = session,
                 .transaction = transaction,
                 .deadline = lv_clock_seconds() + self->commit_ms / 1000.0,
                 .listen_ms = LISTEN_MIN_MS};
    *fate = (lv_fate){0};
    for (;;) {
        lv_status status = step(&j, fate);
        if (status == LV_OK && fate->code == LV_VALIDATION_DUPLICATE_TXID) {
            status = settle_duplicate(&j, fate);
        }
        if (status == LV_OK) {
            return LV_OK;
        }
        if (!j.maybe_sent && (j.fault.final || j.rounds >= UNSENT_ROUNDS || is_over(&j))) {
            (void)lv_fail(err, status, "channel %s: %s", self->channel.channel, j.fault.words.text);
            return status;
        }
        if (is_over(&j)) {
            return is_unknown(&j, err);
        }
    }
}
