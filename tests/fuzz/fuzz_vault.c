/* A vault's file, with and without a passphrase, and what was sealed by it: u8 which (1: sealed,
 * otherwise a file), then the bytes. */
#include "base/reader.h"
#include "fuzz.h"
#include "identity/vault.h"
#include <string.h>

#define HEAD 33U /* "lotveil vault 1\n", kind, salt */

static const char LABEL[] = "set-key/1";

/* Would opening spend more than a few milliseconds in Argon2id? */
static bool is_costly(lv_bytes file)
{
    lv_reader reader = lv_reader_of(file);
    (void)lv_read_bytes(&reader, HEAD);
    uint64_t operations = lv_read_u64(&reader);
    uint64_t memory = lv_read_u64(&reader);
    return !reader.failed && (operations > 2 || memory > 65536) && operations <= 1024 &&
           memory <= UINT64_C(1) << 40;
}

static void check_open(lv_bytes file, const char *passphrase)
{
    lv_vault *vault = NULL;
    lv_buffer sealed = {0};
    lv_buffer secret = {0};
    lv_error err = {0};
    lv_status status = lv_vault_open(file, passphrase, &vault, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(vault == NULL && err.text[0] != '\0');
        FUZZ_CHECK(status == LV_INVALID || status == LV_E_SYNTAX || status == LV_E_CORRUPT ||
                   status == LV_E_LIMIT);
        return;
    }
    FUZZ_CHECK(lv_vault_seal(vault, LABEL, lv_bytes_of_text("secret"), &sealed, &err) == LV_OK);
    FUZZ_CHECK(lv_vault_unseal(vault, LABEL, lv_buffer_view(&sealed), &secret, &err) == LV_OK);
    FUZZ_CHECK(strcmp(lv_buffer_text(&secret), "secret") == 0);
    FUZZ_CHECK(lv_vault_unseal(vault, "set-key/2", lv_buffer_view(&sealed), &secret, &err) ==
               LV_INVALID);
    lv_buffer_wipe(&secret);
    lv_buffer_free(&sealed);
    lv_vault_close(vault);
}

/* Only the seeds were sealed by the fixed vault. */
static void check_unseal(lv_bytes sealed, lv_bytes input)
{
    static lv_vault *vault;
    lv_buffer secret = {0};
    lv_error err = {0};
    if (vault == NULL) {
        lv_buffer file = fuzz_file("keys/vault");
        FUZZ_CHECK(lv_vault_open(lv_buffer_view(&file), NULL, &vault, &err) == LV_OK);
        lv_buffer_wipe(&file);
    }
    FUZZ_CHECK(lv_buffer_append(&secret, "kept", 4) == LV_OK);
    lv_status status = lv_vault_unseal(vault, LABEL, sealed, &secret, &err);
    FUZZ_CHECK(memcmp(secret.data, "kept", 4) == 0);
    if (status == LV_OK) {
        FUZZ_CHECK(fuzz_is_seed("vault", input));
        FUZZ_CHECK(strcmp(lv_buffer_text(&secret), "keptsecret") == 0);
    } else {
        FUZZ_CHECK(status == LV_INVALID && err.text[0] != '\0');
        FUZZ_CHECK(secret.len == 4 && secret.data[4] == 0);
    }
    lv_buffer_wipe(&secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const lv_bytes input = {.data = data, .len = size};
    lv_bytes rest = input;
    if (fuzz_take(&rest) == 1) {
        check_unseal(rest, input);
        return 0;
    }
    check_open(rest, NULL);
    if (!is_costly(rest)) {
        check_open(rest, "passphrase");
    }
    return 0;
}
