/* card.json, what an organisation tells of itself. */
#include "cli/card.h"
#include "folder.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_card card;
    lv_error err = {0};
    folder_make();
    folder_write("card.json", (lv_bytes){.data = data, .len = size});
    lv_status status = lv_card_read(folder_path("card.json"), &card, &err);
    if (status != LV_OK) {
        fuzz_check_refusal(status, &err);
        FUZZ_CHECK(strstr(err.text, "card.json") != NULL && card.root.len == 0);
        return 0;
    }
    FUZZ_CHECK(lv_name_is_valid(card.organisation) && lv_role_name(card.role) != NULL);
    lv_trust *trust = NULL;
    FUZZ_CHECK(lv_trust_new(&trust) == LV_OK);
    FUZZ_CHECK(lv_trust_add(trust, card.organisation, lv_buffer_view(&card.root), &err) == LV_OK);
    FUZZ_CHECK(strlen(card.fingerprint) == (size_t)2 * LV_DIGEST_LEN);
    lv_trust_free(trust);
    lv_card_free(&card);
    return 0;
}
