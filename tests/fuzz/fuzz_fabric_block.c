/* A block as Hyperledger Fabric's peers deliver it. */
#include "fabric/block.h"
#include "fuzz.h"
#include "record/digest.h"
#include <string.h>

static void check_transaction(const lv_fabric_block_transaction *transaction)
{
    const size_t id = strlen(transaction->txid);
    FUZZ_CHECK(transaction->code >= 0 && transaction->code <= 255);
    FUZZ_CHECK(lv_validation_name(transaction->code) != NULL);
    FUZZ_CHECK(id == 0 || id == LV_TXID_TEXT - 1);
    if (!transaction->ours) {
        FUZZ_CHECK(transaction->arguments == NULL && transaction->argument_count == 0);
        FUZZ_CHECK(transaction->writes == NULL && transaction->write_count == 0);
        FUZZ_CHECK(transaction->submitter[0] == '\0' && transaction->time == 0);
        return;
    }
    FUZZ_CHECK(id != 0 && lv_name_is_valid(transaction->submitter));
    for (size_t i = 0; i < transaction->write_count; i++) {
        FUZZ_CHECK(transaction->writes[i].key != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const lv_digest zero;
    lv_fabric_block block;
    lv_digest hash;
    lv_error err = {0};
    lv_status status =
        lv_fabric_block_parse((lv_bytes){.data = data, .len = size}, "quality", &block, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(fuzz_is_zero(&block, sizeof block) && err.text[0] != '\0');
        if (status != LV_E_CORRUPT) {
            fuzz_check_refusal(status, &err);
        }
        return 0;
    }
    const bool first = lv_digest_equal(&block.previous, &zero);
    FUZZ_CHECK(lv_fabric_block_header_hash(block.number,
                                           block.number == 0 ? (lv_bytes){0}
                                                             : lv_digest_view(&block.previous),
                                           lv_digest_view(&block.data_hash), &hash) == LV_OK);
    FUZZ_CHECK(lv_digest_equal(&hash, &block.hash));
    FUZZ_CHECK(block.number != 0 || first);
    for (size_t i = 0; i < block.transaction_count; i++) {
        check_transaction(&block.transactions[i]);
    }
    lv_fabric_block_free(&block);
    return 0;
}
