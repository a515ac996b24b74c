/* A file of a followed series. */
#include "folder.h"
#include "node/config.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool configured;
    lv_config *config = NULL;
    lv_error err = {0};
    folder_make();
    if (!configured) {
        lv_buffer text = fuzz_file("corpus/config/upstream");
        folder_write("config.yaml", lv_buffer_view(&text));
        lv_buffer_free(&text);
        configured = true;
    }
    folder_write("follow/moisture.yaml", (lv_bytes){.data = data, .len = size});
    lv_status status = lv_config_load(folder, &config, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_E_CONFIG && config == NULL);
        FUZZ_CHECK(strstr(err.text, "follow/moisture.yaml") != NULL);
        return 0;
    }
    FUZZ_CHECK(config->follow_count == 1);
    const lv_config_follow *follow = &config->follows[0];
    FUZZ_CHECK(strcmp(follow->downstream, "BMSP") == 0 && strcmp(follow->servicer, "SMSP") == 0);
    FUZZ_CHECK(lv_name_is_valid(follow->series));
    FUZZ_CHECK(follow->worse_rise || follow->worse_fall);
    FUZZ_CHECK(follow->alarm_scale <= (uint64_t)1 << (LV_WIDTH_MAX - 1));
    lv_ask_text again;
    FUZZ_CHECK(lv_ask_read(lv_question_name(follow->ask.question), follow->ask.limit, &again,
                           &err) == LV_OK);
    FUZZ_CHECK(lv_ask_tells_scale(follow->ask.question) || follow->alarm_scale == 1);
    lv_config_free(config);
    return 0;
}
