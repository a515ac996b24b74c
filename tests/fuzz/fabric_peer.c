#include "fabric_peer.h"
#include "fabric.pb-c.h"
#include "fabric/limits.h"
#include "record/digest.h"
#include "record/wire.h"

static ProtobufCMessage *unpack(const ProtobufCMessageDescriptor *type, lv_bytes bytes)
{
    ProtobufCMessage *message = NULL;
    FUZZ_CHECK(lv_wire_unpack(type, bytes, LV_FABRIC_MESSAGE_MAX, &message, NULL) == LV_OK);
    return message;
}

static void take(const ProtobufCBinaryData *bytes, lv_buffer *out)
{
    FUZZ_CHECK(lv_buffer_append(out, bytes->data, bytes->len) == LV_OK);
}

lv_proposal fuzz_proposal(lv_bytes signed_proposal)
{
    lv_proposal out = {0};
    ProtobufCMessage *outer =
        unpack(&lotveil__fabric__signed_proposal__descriptor, signed_proposal);
    ProtobufCMessage *inner =
        unpack(&lotveil__fabric__proposal__descriptor,
               lv_wire_view(&((const Lotveil__Fabric__SignedProposal *)outer)->proposal_bytes));
    const Lotveil__Fabric__Proposal *proposal = (const Lotveil__Fabric__Proposal *)inner;
    ProtobufCMessage *headers =
        unpack(&lotveil__fabric__header__descriptor, lv_wire_view(&proposal->header));
    const Lotveil__Fabric__Header *header = (const Lotveil__Fabric__Header *)headers;
    take(&header->channel_header, &out.channel_header);
    take(&header->signature_header, &out.signature_header);
    take(&proposal->payload, &out.payload); /* it has no transients */
    const lv_bytes parts[] = {lv_buffer_view(&out.channel_header),
                              lv_buffer_view(&out.signature_header), lv_buffer_view(&out.payload)};
    FUZZ_CHECK(lv_digest_of_parts(parts, 3, &out.hash) == LV_OK);
    lv_wire_free(headers);
    lv_wire_free(inner);
    lv_wire_free(outer);
    return out;
}

const lv_channel *fuzz_peer_channel(void)
{
    static lv_channel channel = {.channel = "quality", .contract = "quality"};
    lv_error err = {0};
    if (channel.trust == NULL) {
        lv_buffer root = fuzz_file("keys/" FUZZ_PEER "-ca.pem");
        fuzz_keep_begin();
        FUZZ_CHECK(lv_trust_new(&channel.trust) == LV_OK);
        FUZZ_CHECK(lv_trust_add(channel.trust, FUZZ_PEER, lv_buffer_view(&root), &err) == LV_OK);
        fuzz_keep_end();
        lv_buffer_free(&root);
    }
    return &channel;
}
