#include "base/base64.h"
#include "base/writer.h"
#include "make_seeds.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static void make_rows(void)
{
    seed_text("rows", "plain", "lot,month,moisture,parents\nL1,1,0.45,\nL2,2,-0.99,M1 M2\n");
    seed_text("rows", "quoted",
              "\xef\xbb\xbfmonth,\"lot\",other,moisture,parents\r\n"
              "2026-01-01T00:00:00Z,\"L \"\"1\"\"\",\"a,\r\nb\",0.5,\"M1\"\r\n"
              "2026-01-01T09:00:01.5+09:00,\"L,2\",,654.35,\r\n");
    seed_text("rows", "dates", "lot,month,moisture,parents\nL1,2026-02-28,1,\nL2,2026-03-01,2,\n");
}

static void make_fixed(const char *name, uint8_t decimals, uint8_t bits, int64_t offset,
                       const char *text)
{
    lv_buffer out = {0};
    lv_error err = {.text = "fixed"};
    seed_must(lv_write_u8(&out, decimals), &err);
    seed_must(lv_write_u8(&out, bits - 1), &err);
    seed_must(lv_write_u64(&out, (uint64_t)offset), &err);
    seed_must(lv_buffer_append(&out, text, strlen(text)), &err);
    seed_write("fixed", name, lv_buffer_view(&out));
    lv_buffer_free(&out);
}

static void make_numbers(void)
{
    make_fixed("plain", 2, 32, 0, "12.34");
    make_fixed("tie", 0, 16, -3, "-0.500");
    make_fixed("tie-odd", 1, 16, 5, "3.25");
    make_fixed("greatest", 9, 62, -1, "4611686018.427387902");
    make_fixed("low-offset", 0, 62, INT64_MIN + 1, "-9223372036854775807.49");
    make_fixed("high-offset", 0, 8, INT64_MAX - 255, "9223372036854775807.5");
    seed_text("instant", "integer", "-12");
    seed_text("instant", "greatest", "9223372036854775807");
    seed_text("instant", "date", "2024-02-29");
    seed_text("instant", "time", "2026-03-31T08:15:59.25+09:00");
    seed_text("instant", "utc", "0999-12-31T23:59Z");
}

static void make_yaml(void)
{
    seed_text("series", "whole",
              "name: moisture\nunit: g/cm2\n"
              "columns: {lot: lot, time: month, value: moisture, parents: \"\"}\n"
              "decimals: 2\noffset: \"-1.5\"\nwidth: 32\nsuite: paillier\nkey_bits: 6000\n"
              "compare: both\nbaseline_lot: \"L1\"\n"
              "grants: [{buyer: AMSP, servicer: SMSP, quota: 3}]\n");
    seed_text("series", "least",
              "name: m\ncolumns:\n  lot: lot\n  time: t\n  value: v\ndecimals: 0\nunit: "
              "\"\"\nsuite: paillier\ncompare: consecutive\n");
    seed_text("follow", "whole",
              "downstream: BMSP\nseries: moisture\nservicer: SMSP\nworse: both\n"
              "alarm_scale: 32\nfull: true\n");
    seed_text("series", "disclose",
              "name: moisture\nunit: g\ncolumns: {lot: l, time: t, value: v}\ndecimals: 2\n"
              "suite: ristretto255\ncompare: consecutive\ndisclose:\n"
              "  - {to: AMSP, allow: [index, threshold], budget: 200, period_days: 30}\n"
              "  - {to: CMSP, allow: []}\n");
    seed_text("follow", "threshold",
              "downstream: BMSP\nseries: m\nservicer: SMSP\nask: threshold\nlimit: \"-12.5\"\n"
              "worse: fall\n");
    seed_text("follow", "equality",
              "downstream: BMSP\nseries: m\nservicer: SMSP\nask: equality\nworse: both\n");
    seed_text("follow", "least",
              "downstream: BMSP\nseries: m\nservicer: SMSP\nworse: rise\nalarm_scale: 1\n");
    seed_text("config", "upstream",
              "organisation: AMSP\nrole: upstream\nlisten: 127.0.0.1:7101\n"
              "ledger:\n  kind: embedded\n  folder: ../ledger\n  quality: quality\n"
              "members:\n"
              "  - msp: BMSP\n    role: downstream\n    url: https://127.0.0.1:7102\n"
              "    root: members/BMSP.pem\n"
              "  - msp: SMSP\n    role: servicer\n    url: https://127.0.0.1:7103\n"
              "    root: members/SMSP.pem\n");
    seed_text("config", "downstream",
              "organisation: CMSP\nrole: downstream\nlisten: \"[::1]:0\"\n"
              "ledger: {kind: embedded, folder: /tmp/l, quality: q, xor: x}\n"
              "members: [{msp: BMSP, role: upstream, root: members/BMSP.pem}]\n"
              "limits:\n  request_bytes: 67108864\n  request_seconds: 30\n"
              "  requests_per_minute: 600\nthreads: 0\n");
}

static void make_json(void)
{
    lv_error err = {.text = "card"};
    lv_buffer bytes = {0};
    json_t *card = json_pack("{s:s, s:s, s:s, s:s}", "organisation", "BMSP", "role", "downstream",
                             "url", "https://127.0.0.1:7102", "root", lv_buffer_text(fuzz_root(1)));
    char *text = json_dumps(card, JSON_INDENT(2));
    FUZZ_CHECK(text != NULL);
    seed_must(lv_buffer_append(&bytes, text, strlen(text)), &err);
    seed_write("card", "whole", lv_buffer_view(&bytes));
    lv_buffer_free(&bytes);
    free(text);
    json_decref(card);
}

/* `code`: which of the statuses in fuzz_ca_answer.c. */
static void make_answer(const char *name, char code, const char *key, const lv_buffer *pem)
{
    lv_error err = {.text = "ca_answer"};
    lv_buffer bytes = {0};
    lv_buffer encoded = {0};
    seed_must(lv_base64_encode(lv_buffer_view(pem), &encoded), &err);
    seed_must(lv_buffer_printf(&bytes, "%c{\"success\":true,\"result\":{\"%s\":\"%s\"}}", code, key,
                               lv_buffer_text(&encoded)),
              &err);
    seed_write("ca_answer", name, lv_buffer_view(&bytes));
    lv_buffer_free(&encoded);
    lv_buffer_free(&bytes);
}

static void make_answers(void)
{
    lv_error err = {.text = "ca_answer"};
    lv_buffer pem = {0};
    lv_bytes own = lv_identity_certificate_pem(fuzz_identity(1));
    seed_must(lv_buffer_append(&pem, own.data, own.len), &err);
    make_answer("certificate", '\4', "Cert", &pem);
    make_answer("root", '\5', "CAChain", fuzz_root(1));
    seed_text("ca_answer", "secret", "\4{\"success\":true,\"result\":{\"secret\":\"abc\"}}");
    seed_text("ca_answer", "refused",
              "\6{\"success\":false,\"result\":\"\",\"errors\":[{\"code\":20,\"message\":"
              "\"Authentication failure\"}],\"messages\":[]}");
    lv_buffer_free(&pem);
}

static void make_appendix(void)
{
    lv_buffer published = fuzz_file("../vectors/appendix_a.json");
    seed_write("appendix_a", "published.json", lv_buffer_view(&published));
    lv_buffer_free(&published);
    seed_text("appendix_a", "both-parts",
              "Lot_Num1\n[ Pubkey_n:2830121771\n  Pubkey_n_squared:8009589238688176441\n"
              "  Pubkey_n_plusone:2830121772\n  T1Q_args:\n  [4980725921889483287 "
              "6153175584547932505 ]\n  T2Q_args:\n  [2447649126763497706\n"
              "  5735021179952371458 ]\n]\n"
              "Lot_Num1\n[ Pubkey_n:2830121771\n  Pubkey_n_squared:8009589238688176441\n"
              "  Pubkey_n_plusone:2830121772\n  XOR_args:\n  [4980725921889483287 "
              "6153175584547932505 ]\n]\n");
    seed_text("appendix_a", "small.json",
              "{\"lot\":\"L\",\"n\":\"15\",\"n_squared\":\"225\",\"n_plusone\":\"16\","
              "\"bit_order\":\"msb-first\",\"XOR_args\":[\"1\",\"16\"]}");
    seed_text("appendix_a", "part.json",
              "{\"lot\":\"L\",\"n\":\"15\",\"n_squared\":\"225\",\"n_plusone\":\"16\","
              "\"printed\":{\"T1Q_args\":[\"2\"],\"T2Q_args\":[\"224\"]}}");
}

static void make_frames(const char *name, uint8_t limit, uint8_t piece, const char *stream,
                        size_t len)
{
    lv_buffer out = {0};
    lv_error err = {.text = "frames"};
    seed_must(lv_write_u8(&out, limit), &err);
    seed_must(lv_write_u8(&out, piece), &err);
    seed_must(lv_buffer_append(&out, stream, len), &err);
    seed_write("rpc_frames", name, lv_buffer_view(&out));
    lv_buffer_free(&out);
}

static void make_rpc(void)
{
    static const char three[] = "\0\0\0\0\5hello\0\0\0\0\0\0\0\0\0\1x";
    make_frames("whole", 1, 255, three, sizeof three - 1);
    make_frames("pieces", 1, 2, three, sizeof three - 1);
    make_frames("cut", 1, 4, three, sizeof three - 2);
    make_frames("compressed", 1, 1, "\0\0\0\0\1a\1\0\0\0\1b", 12);
    make_frames("too-long", 1, 3, "\0\0\0\0\1a\0\xff\xff\xff\xff", 11);
    seed_text("rpc_text", "message", "x100 %25 no, 25 %C2%B0C%0a%zz%");
    seed_text("rpc_text", "base64", "CAoSBGZ1bGw=");
    seed_text("rpc_text", "milliseconds", "1500m");
    seed_text("rpc_text", "longest", "99999999H");
    seed_text("rpc_text", "nanoseconds", "1n");
    seed_text("rpc_text", "number", "14");
}

void seeds_of_text(void)
{
    make_rpc();
    make_rows();
    make_numbers();
    make_yaml();
    make_json();
    make_answers();
    make_appendix();
    seed_text("router", "whole", "POST /v1/sets/a%2fb%20c/buy");
    seed_text("router", "fixed", "GET /version");
    seed_text("router", "other-method", "PUT /v1/sets/x");
    seed_text("router", "bad-escape", "GET /v1/sets/%0a%zz");
}
