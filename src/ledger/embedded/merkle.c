/* RFC 9162 section 2.1.1. */
#include "ledger/embedded/merkle.h"
#include "record/digest.h"

static const uint8_t LEAF = 0x00;
static const uint8_t NODE = 0x01;

lv_status lv_merkle_leaf(lv_bytes entry, lv_digest *out)
{
    const lv_bytes parts[] = {{.data = &LEAF, .len = 1}, entry};
    return lv_digest_of_parts(parts, 2, out);
}

lv_status lv_merkle_root(const lv_digest *leaves, size_t count, lv_digest *out)
{
    *out = (lv_digest){0};
    if (count == 0) {
        return lv_digest_of((lv_bytes){0}, out);
    }
    if (count == 1) {
        *out = leaves[0];
        return LV_OK;
    }
    size_t left_count = 1;
    while (left_count < count - left_count) {
        left_count *= 2;
    }
    lv_digest left;
    lv_digest right;
    lv_status status = lv_merkle_root(leaves, left_count, &left);
    if (status == LV_OK) {
        status = lv_merkle_root(leaves + left_count, count - left_count, &right);
    }
    if (status != LV_OK) {
        return status;
    }
    const lv_bytes parts[] = {
        {.data = &NODE, .len = 1}, lv_digest_view(&left), lv_digest_view(&right)};
    return lv_digest_of_parts(parts, 3, out);
}
