/** One call of a service of a gateway, and what its refusal means (gateway/gateway.proto; codes as
 *  Fabric's internal/pkg/gateway gives them). */
#ifndef LV_LEDGER_FABRIC_CALL_H
#define LV_LEDGER_FABRIC_CALL_H

#include "fabric/proposal.h"
#include "ledger/fabric/gateways.h"
#include <protobuf-c/protobuf-c.h>

#define LV_GATEWAY_EVALUATE "/gateway.Gateway/Evaluate"
#define LV_GATEWAY_ENDORSE "/gateway.Gateway/Endorse"
#define LV_GATEWAY_SUBMIT "/gateway.Gateway/Submit"
#define LV_GATEWAY_COMMIT_STATUS "/gateway.Gateway/CommitStatus"

/** Calls, and notes whether the gateway is there.
 * @param[out] response  appended to.
 * @return LV_OK, or fault->status with the fault filled. */
LV_MUST_CHECK lv_status lv_gateway_call(lv_fabric *self, const lv_session *session, size_t gateway,
                                        const char *method, lv_bytes request, int deadline_ms,
                                        lv_buffer *response, lv_fault *fault);

/** The same with messages of protobuf-c.
 * @param[out] response  of type `type`, to be freed with lv_wire_free; NULL on failure. */
LV_MUST_CHECK lv_status lv_gateway_ask(lv_fabric *self, const lv_session *session, size_t gateway,
                                       const char *method, const ProtobufCMessage *request,
                                       int deadline_ms, const ProtobufCMessageDescriptor *type,
                                       ProtobufCMessage **response, lv_fault *fault);

/** Sends a proposal to be endorsed or evaluated.
 * @param method  LV_GATEWAY_ENDORSE or LV_GATEWAY_EVALUATE.
 * @param[out] response  EndorseResponse or EvaluateResponse, as lv_gateway_ask. */
LV_MUST_CHECK lv_status lv_gateway_propose(lv_fabric *self, const lv_session *session,
                                           size_t gateway, const char *method,
                                           const lv_proposal *proposal, int deadline_ms,
                                           ProtobufCMessage **response, lv_fault *fault);

/** What a call that ended with a code other than LV_RPC_OK means for organisation `own`.
 * @param fault  filled; its words do not name the gateway. */
void lv_fault_of_end(const lv_rpc_end *end, const char *own, lv_fault *fault);

/** What status and words of a chaincode's Response say that is no success. */
void lv_fault_of_response(int code, const char *message, lv_fault *fault);

#endif
