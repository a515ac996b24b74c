#include "fabric/creator.h"
#include "fabric.pb-c.h"
#include "identity/trust.h"
#include "identity/x509.h"
#include "record/wire.h"
#include <string.h>

#define CREATOR_MAX (LV_PEM_MAX + 256U) /* bytes of a SerializedIdentity */

lv_status lv_creator_encode(const lv_identity *identity, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__SerializedIdentity message = LOTVEIL__FABRIC__SERIALIZED_IDENTITY__INIT;
    message.mspid = lv_wire_text(lv_identity_msp(identity));
    message.id_bytes = lv_wire_bytes(lv_identity_certificate_pem(identity));
    return lv_wire_pack(&message.base, CREATOR_MAX, out, err);
}

lv_status lv_creator_decode(lv_bytes creator, char msp_id[LV_NAME_MAX + 1], lv_buffer *certificate,
                            lv_error *err)
{
    ProtobufCMessage *message = NULL;
    msp_id[0] = '\0';
    lv_status status = lv_wire_read(&lotveil__fabric__serialized_identity__descriptor, creator,
                                    CREATOR_MAX, &message, err);
    if (status != LV_OK) {
        return status;
    }
    const Lotveil__Fabric__SerializedIdentity *wire =
        (const Lotveil__Fabric__SerializedIdentity *)message;
    if (!lv_name_is_valid(wire->mspid)) {
        status = lv_fail(err, LV_E_SYNTAX, "creator: field mspid: must be an MSP id");
    }
    if (status == LV_OK) {
        status = lv_buffer_append(certificate, wire->id_bytes.data, wire->id_bytes.len);
    }
    if (status == LV_OK) {
        memcpy(msp_id, wire->mspid, strlen(wire->mspid) + 1);
    }
    lv_wire_free(message);
    return status;
}

static lv_status decode(lv_bytes creator, char claimed[LV_NAME_MAX + 1], lv_buffer *certificate,
                        lv_error *err)
{
    lv_status status = lv_creator_decode(creator, claimed, certificate, err);
    return status == LV_E_SYNTAX || status == LV_E_LIMIT ? LV_INVALID : status;
}

/* An MSP id is a claim; the issuer of the certificate is the fact. */
static lv_status hold_claim(const char *claimed, const char **msp_id, lv_error *err)
{
    if (strcmp(claimed, *msp_id) == 0) {
        return LV_OK;
    }
    lv_status status =
        lv_fail(err, LV_INVALID, "creator: it claims to be of %s, its certificate is of %s",
                claimed, *msp_id);
    *msp_id = NULL;
    return status;
}

lv_status lv_creator_check(const lv_trust *trust, lv_bytes creator, int64_t time, const char *unit,
                           const char **msp_id, lv_error *err)
{
    char claimed[LV_NAME_MAX + 1];
    lv_buffer certificate = {0};
    *msp_id = NULL;
    lv_status status = decode(creator, claimed, &certificate, err);
    if (status == LV_OK) {
        status =
            lv_trust_check_unit_pem(trust, lv_buffer_view(&certificate), time, unit, msp_id, err);
    }
    if (status == LV_OK) {
        status = hold_claim(claimed, msp_id, err);
    }
    lv_buffer_free(&certificate);
    return status;
}

lv_status lv_creator_check_signature(const lv_trust *trust, lv_bytes creator, int64_t time,
                                     const char *unit, lv_bytes bytes, lv_bytes signature,
                                     const char **msp_id, lv_error *err)
{
    char claimed[LV_NAME_MAX + 1];
    lv_buffer certificate = {0};
    *msp_id = NULL;
    lv_status status = decode(creator, claimed, &certificate, err);
    if (status == LV_OK) {
        status = lv_trust_check_plain_pem(trust, lv_buffer_view(&certificate), time, unit, bytes,
                                          signature, msp_id, err);
    }
    if (status == LV_OK) {
        status = hold_claim(claimed, msp_id, err);
    }
    lv_buffer_free(&certificate);
    return status;
}
