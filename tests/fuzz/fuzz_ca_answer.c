/* The first byte: the HTTP status; then what a Fabric CA answers: a certificate, its root, a
 * secret. */
#include "fuzz.h"
#include "identity/enroll.h"
#include "node/ca_message.h"
#include <string.h>

static const unsigned CODES[] = {201, 200, 401, 500};

static void check_refusal(lv_status status, const lv_error *err, const lv_buffer *out)
{
    FUZZ_CHECK(status == LV_INVALID || status == LV_REFUSED || status == LV_UNAVAILABLE);
    FUZZ_CHECK(out->len == 0);
    for (const char *at = err->text; *at != '\0'; at++) {
        FUZZ_CHECK(*at >= 0x20 && *at <= 0x7e); /* what a CA says cannot move the cursor */
    }
    FUZZ_CHECK(err->text[0] != '\0');
}

/* Only the certificate of that key and user is taken, under that root. */
static void check_certificate(const lv_buffer *pem)
{
    const lv_identity *own = fuzz_identity(1);
    const lv_enroll_subject subject = {.user = "node.BMSP", .msp_id = "BMSP"};
    lv_identity *taken = NULL;
    lv_error err = {0};
    lv_status status = lv_enroll_check(&subject, lv_buffer_view(pem), lv_identity_key_pem(own),
                                       lv_buffer_view(fuzz_root(1)), FUZZ_TIME, &taken, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_INVALID && err.text[0] != '\0' && taken == NULL);
        return;
    }
    FUZZ_CHECK(fuzz_same(lv_identity_certificate(taken), lv_identity_certificate(own)));
    lv_identity_free(taken);
}

static void check_root(const lv_buffer *pem)
{
    lv_buffer root = {0};
    lv_error err = {0};
    lv_status status =
        lv_enroll_check_root(lv_buffer_view(pem), lv_buffer_view(fuzz_root(1)), NULL, &root, &err);
    if (status != LV_OK) {
        FUZZ_CHECK(status == LV_INVALID && err.text[0] != '\0' && root.len == 0);
        return;
    }
    FUZZ_CHECK(fuzz_same_certificate(lv_buffer_view(&root), lv_buffer_view(fuzz_root(1))));
    lv_buffer_free(&root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lv_bytes answer = {.data = data, .len = size};
    unsigned code = CODES[fuzz_take(&answer) % (sizeof CODES / sizeof CODES[0])];
    lv_buffer out = {0};
    lv_error err = {0};
    lv_status status = lv_ca_read_certificate(code, answer, &out, &err);
    if (status == LV_OK) {
        check_certificate(&out);
    } else {
        check_refusal(status, &err, &out);
    }
    lv_buffer_free(&out);
    status = lv_ca_read_root(code, answer, &out, &err);
    if (status == LV_OK) {
        check_root(&out);
    } else {
        check_refusal(status, &err, &out);
    }
    lv_buffer_free(&out);
    status = lv_ca_read_secret(code, answer, &out, &err);
    if (status == LV_OK) {
        FUZZ_CHECK(out.len > 0 && out.len <= LV_CA_SECRET_MAX);
        FUZZ_CHECK(strlen(lv_buffer_text(&out)) == out.len && code < 300);
    } else {
        check_refusal(status, &err, &out);
    }
    lv_buffer_wipe(&out);
    return 0;
}
