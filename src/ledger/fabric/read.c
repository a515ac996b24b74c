#include "fabric/calls.h"
#include "ledger/fabric/query.h"

typedef struct {
    lv_bytes arguments[2];
    lv_buffer *response;
} question;

/* Nothing is ever deleted: where there are several peers, one of them alone cannot say that there
 * is no such thing, for it may lag behind the one that was asked before. */
static lv_status ask(lv_fabric *self, const lv_session *session, size_t gateway, void *context,
                     lv_fault *fault)
{
    question *q = context;
    lv_status status = lv_query_evaluate(self, session, gateway, self->chaincode, q->arguments, 2,
                                         self->endorse_ms / 2, q->response, fault);
    if (status == LV_NOT_FOUND && fault->contract && self->gateway_count > 1) {
        fault->final = false;
    }
    return status;
}

lv_status lv_fabric_read(lv_ledger *ledger, const lv_call *call, lv_buffer *response, lv_error *err)
{
    lv_fabric *self = (lv_fabric *)ledger;
    lv_calls_encoded encoded = {0};
    lv_fault fault = {0};
    lv_status status = lv_contract_expect(&self->channel, call->function, false, err);
    if (status == LV_OK) {
        status = lv_calls_encode(call, 1, true, &encoded, err);
    }
    if (status != LV_OK) {
        return status;
    }
    question q = {.arguments = {lv_bytes_of_text(LV_CALLS_READ), lv_buffer_view(&encoded.encoded)},
                  .response = response};
    lv_session *session = lv_session_take(self);
    status = lv_gateways_try(self, session, ask, &q, &fault);
    lv_session_release(session);
    lv_calls_encoded_free(&encoded);
    return status == LV_OK ? LV_OK : lv_fault_tell(self, &fault, err);
}
