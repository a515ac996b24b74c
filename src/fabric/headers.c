#include "fabric/headers.h"
#include "base/clock.h"
#include "fabric.pb-c.h"
#include "fabric/creator.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"

lv_status lv_txid_of(lv_bytes nonce, lv_bytes creator, char txid[LV_TXID_TEXT])
{
    const lv_bytes parts[] = {nonce, creator};
    lv_digest digest;
    lv_status status = lv_digest_of_parts(parts, 2, &digest);
    lv_digest_hex(&digest, txid);
    return status;
}

static lv_status make_signature_header(const lv_identity *identity, lv_headers *out, lv_error *err)
{
    uint8_t nonce[LV_NONCE_LEN];
    const lv_bytes nonce_view = {.data = nonce, .len = sizeof nonce};
    lv_buffer creator = {0};
    lv_status status = lv_rng_fill(lv_rng_system(), nonce, sizeof nonce);
    if (status != LV_OK) {
        return lv_fail(err, status, "transaction: no random bytes for its nonce");
    }
    status = lv_creator_encode(identity, &creator, err);
    if (status == LV_OK) {
        status = lv_txid_of(nonce_view, lv_buffer_view(&creator), out->txid);
    }
    if (status == LV_OK) {
        Lotveil__Fabric__SignatureHeader header = LOTVEIL__FABRIC__SIGNATURE_HEADER__INIT;
        header.creator = lv_wire_bytes(lv_buffer_view(&creator));
        header.nonce = lv_wire_bytes(nonce_view);
        status = lv_wire_pack(&header.base, LV_FABRIC_MESSAGE_MAX, &out->signature_header, err);
    }
    lv_buffer_free(&creator);
    return status;
}

static lv_status make_extension(const char *chaincode, lv_buffer *out, lv_error *err)
{
    Lotveil__Fabric__ChaincodeID id = LOTVEIL__FABRIC__CHAINCODE_ID__INIT;
    Lotveil__Fabric__ChaincodeHeaderExtension extension =
        LOTVEIL__FABRIC__CHAINCODE_HEADER_EXTENSION__INIT;
    id.name = lv_wire_text(chaincode);
    extension.chaincode_id = &id;
    return lv_wire_pack(&extension.base, LV_FABRIC_MESSAGE_MAX, out, err);
}

static lv_status make_channel_header(const lv_header_params *params, lv_headers *out, lv_error *err)
{
    Lotveil__Fabric__Timestamp now = LOTVEIL__FABRIC__TIMESTAMP__INIT;
    Lotveil__Fabric__ChannelHeader header = LOTVEIL__FABRIC__CHANNEL_HEADER__INIT;
    lv_buffer extension = {0};
    lv_digest bound = {0};
    lv_status status = LV_OK;
    if (params->chaincode != NULL) {
        status = make_extension(params->chaincode, &extension, err);
    }
    if (status == LV_OK && params->tls_certificate.len > 0) {
        status = lv_digest_of(params->tls_certificate, &bound);
        header.tls_cert_hash = lv_wire_bytes(lv_digest_view(&bound));
    }
    if (status == LV_OK) {
        now.seconds = lv_clock_now();
        header.type = params->type;
        header.timestamp = &now;
        header.channel_id = lv_wire_text(params->channel);
        header.tx_id = out->txid;
        header.extension = lv_wire_bytes(lv_buffer_view(&extension));
        status = lv_wire_pack(&header.base, LV_FABRIC_MESSAGE_MAX, &out->channel_header, err);
    }
    lv_buffer_free(&extension);
    return status;
}

lv_status lv_headers_make(const lv_identity *identity, const lv_header_params *params,
                          lv_headers *out, lv_error *err)
{
    *out = (lv_headers){0};
    lv_status status = make_signature_header(identity, out, err);
    if (status == LV_OK) {
        status = make_channel_header(params, out, err);
    }
    if (status != LV_OK) {
        lv_headers_free(out);
    }
    return status;
}

void lv_headers_free(lv_headers *headers)
{
    if (headers != NULL) {
        lv_buffer_free(&headers->channel_header);
        lv_buffer_free(&headers->signature_header);
        *headers = (lv_headers){0};
    }
}
