#include "rpc/inbox.h"
#include <stdlib.h>
#include <string.h>

struct lv_rpc_message {
    lv_rpc_message *next;
    lv_buffer bytes;
};

/* The message that was being put together is whole. */
static lv_status deliver(lv_rpc_inbox *inbox)
{
    lv_rpc_message *whole = calloc(1, sizeof *whole);
    if (whole == NULL) {
        return LV_E_MEMORY;
    }
    whole->bytes = inbox->partial;
    inbox->partial = (lv_buffer){0};
    inbox->prefix_len = 0;
    if (inbox->last != NULL) {
        inbox->last->next = whole;
    } else {
        inbox->first = whole;
    }
    inbox->last = whole;
    return LV_OK;
}

static lv_status read_prefix(lv_rpc_inbox *inbox)
{
    const uint8_t *p = inbox->prefix;
    inbox->expected = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    if (p[0] != 0) {
        return LV_INVALID;
    }
    return inbox->expected <= inbox->max ? LV_OK : LV_E_LIMIT;
}

lv_status lv_rpc_inbox_put(lv_rpc_inbox *inbox, lv_bytes bytes)
{
    lv_status status = LV_OK;
    while (status == LV_OK && bytes.len > 0) {
        bool prefix = inbox->prefix_len < LV_RPC_PREFIX_LEN;
        size_t need =
            prefix ? LV_RPC_PREFIX_LEN - inbox->prefix_len : inbox->expected - inbox->partial.len;
        size_t taken = need < bytes.len ? need : bytes.len;
        if (prefix) {
            memcpy(inbox->prefix + inbox->prefix_len, bytes.data, taken);
            inbox->prefix_len += taken;
            status = inbox->prefix_len == LV_RPC_PREFIX_LEN ? read_prefix(inbox) : LV_OK;
        } else {
            status = lv_buffer_append(&inbox->partial, bytes.data, taken);
        }
        bytes.data += taken;
        bytes.len -= taken;
        if (status == LV_OK && inbox->prefix_len == LV_RPC_PREFIX_LEN &&
            inbox->partial.len == inbox->expected) {
            status = deliver(inbox);
        }
    }
    return status;
}

bool lv_rpc_inbox_ready(const lv_rpc_inbox *inbox) { return inbox->first != NULL; }

lv_status lv_rpc_inbox_take(lv_rpc_inbox *inbox, lv_buffer *out)
{
    lv_rpc_message *first = inbox->first;
    if (first == NULL) {
        return LV_NOT_FOUND;
    }
    lv_status status = LV_OK;
    if (out->data == NULL) {
        *out = first->bytes;
        first->bytes = (lv_buffer){0};
    } else {
        status = lv_buffer_append(out, first->bytes.data, first->bytes.len);
    }
    if (status == LV_OK) {
        inbox->first = first->next;
        inbox->last = inbox->first != NULL ? inbox->last : NULL;
        lv_buffer_free(&first->bytes);
        free(first);
    }
    return status;
}

bool lv_rpc_inbox_at_boundary(const lv_rpc_inbox *inbox) { return inbox->prefix_len == 0; }

void lv_rpc_inbox_free(lv_rpc_inbox *inbox)
{
    while (inbox->first != NULL) {
        lv_rpc_message *next = inbox->first->next;
        lv_buffer_free(&inbox->first->bytes);
        free(inbox->first);
        inbox->first = next;
    }
    lv_buffer_free(&inbox->partial);
    *inbox = (lv_rpc_inbox){0};
}

lv_status lv_rpc_frame(lv_bytes message, lv_buffer *out)
{
    if (message.len > UINT32_MAX) {
        return LV_E_LIMIT;
    }
    const uint8_t prefix[LV_RPC_PREFIX_LEN] = {0, (uint8_t)(message.len >> 24),
                                               (uint8_t)(message.len >> 16),
                                               (uint8_t)(message.len >> 8), (uint8_t)message.len};
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, sizeof prefix + message.len, &place);
    if (status == LV_OK) {
        memcpy(place, prefix, sizeof prefix);
        if (message.len > 0) {
            memcpy(place + sizeof prefix, message.data, message.len);
        }
    }
    return status;
}
