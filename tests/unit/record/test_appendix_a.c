#include "base/file.h"
#include "base/secret.h"
#include "record/appendix_a.h"
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* Figure A1 as printed (CC BY 4.0). */
static const char FIGURE_A[] = "Lot_Num1\n"
                               "[ Pubkey_n:2830121771\n"
                               "  Pubkey_n_squared:8009589238688176441\n"
                               "  Pubkey_n_plusone:2830121772\n"
                               "  T1Q_args:\n"
                               "  [4980725921889483287 6153175584547932505 5152481051748019804\n"
                               "  5813075183914971851 3053687218029093382 7519445935057616693\n"
                               "  5554622124560261958 7416830349963219832 3731218581147927956\n"
                               "  7737816729750121605 6407087674629651145 2616497229643427468\n"
                               "  7073255490218694482 3489053961054357288 1312997492291069014\n"
                               "  7289821191676242269 1214332198022297545 4025988039903818004\n"
                               "  6064746189589985122 4802322551839231456 7424715945851842271\n"
                               "  3220673806708617670 2103533827695848779 7260652711655389472\n"
                               "  4722437745675975257 6866162819685730117 1702410146952475749\n"
                               "  3071162096418209633 4684195174004811485 863137609772694266\n"
                               "  5462066504891676597 7655984581615439345 ]\n"
                               "  T2Q_args:\n"
                               "  [2447649126763497706 5735021179952371458 2086631069180094640\n"
                               "  5721113090521884487 599323575824742571 4996588965493540626\n"
                               "  6257710524633230928 3958355396103966338 7573512328406491778\n"
                               "  703457837965909127 1842181989505388935 2744728351232161022\n"
                               "  4128917455875014382 53956562438238660 2120818422813844792\n"
                               "  2733856400927777620 2559371979199980996 3746243217245918378\n"
                               "  7072557803810737241 7232508223968543817 6909550095870789716\n"
                               "  5159912136778587406 5808041864759782390 1853212265009784753\n"
                               "  3319164070715731022 1336892394470427843 5923883745587898103\n"
                               "  1400869709299149335 4918479723931233979 5146918150838047487\n"
                               "  3740148318216792464 2854361354933483043 ]\n"
                               "]\n";

static const char FIGURE_B[] = "Lot_Num1\n"
                               "[ Pubkey_n:2830121771\n"
                               "  Pubkey_n_squared:8009589238688176441\n"
                               "  Pubkey_n_plusone:2830121772\n"
                               "  XOR_args:\n"
                               "  [583480160070342483 607114339157570618 5461098146576138368\n"
                               "  1676259776696891574 5230036970634472003 7916196753652125780\n"
                               "  4654056267859177446 4848538767933050945 1270393055511576187\n"
                               "  3737497856746955616 3487718159105781131 2338826278447765788\n"
                               "  1476089699837314077 2910208189690723267 2382146379745738126\n"
                               "  2116589399509535665 1895107401328832684 2520109880548933048\n"
                               "  6353506828654654944 909583095077380766 3151624486558981203\n"
                               "  7996395695254786788 7971087722132611181 7816078966235414548\n"
                               "  4700375503791476593 6619578153789915468 6455507538950446359\n"
                               "  1415177324329643893 5627751940736229135 39502873181829625\n"
                               "  3143128945322885899 1924370384420209838 ]\n"
                               "]\n";

static const char P[] = "47917";
static const char Q[] = "59063";

static json_t *load_vector(void)
{
    lv_buffer file = {0};
    assert_int_equal(
        lv_file_read(LOTVEIL_SOURCE_DIR "/tests/vectors/appendix_a.json", 65536, &file, NULL),
        LV_OK);
    json_t *root = json_loadb((const char *)file.data, file.len, 0, NULL);
    assert_non_null(root);
    lv_buffer_free(&file);
    return root;
}

static lv_status parse_json(const json_t *root, const char *part, lv_appendix *out, lv_error *err)
{
    const lv_appendix_options options = {.part = part};
    char *text = json_dumps(root, 0);
    assert_non_null(text);
    lv_status status = lv_appendix_parse("a.json", lv_bytes_of_text(text), &options, out, err);
    free(text);
    return status;
}

static void load(const char *part, lv_appendix *out)
{
    json_t *root = load_vector();
    lv_error err = {0};
    if (parse_json(root, part, out, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    json_decref(root);
}

static lv_status parse_text(const char *text, lv_appendix *out, lv_error *err)
{
    const lv_appendix_options options = {0};
    return lv_appendix_parse("a.txt", lv_bytes_of_text(text), &options, out, err);
}

static void assert_same(const lv_appendix *a, const lv_appendix *b)
{
    assert_string_equal(a->lot, b->lot);
    assert_string_equal(a->n, b->n);
    assert_string_equal(a->n_squared, b->n_squared);
    assert_string_equal(a->n_plusone, b->n_plusone);
    assert_int_equal(a->order, b->order);
    for (size_t array = 0; array < LV_APPENDIX_ARRAYS; array++) {
        assert_int_equal(a->arrays[array].count, b->arrays[array].count);
        for (size_t i = 0; i < a->arrays[array].count; i++) {
            assert_string_equal(a->arrays[array].items[i], b->arrays[array].items[i]);
        }
    }
}

static lv_secret_key *published_key(void)
{
    lv_secret_key *key = NULL;
    lv_error err = {0};
    if (lv_appendix_key(P, Q, &key, &err) != LV_OK) {
        fail_msg("%s", err.text);
    }
    return key;
}

static void test_corrected_decrypts(void **state)
{
    (void)state;
    const uint64_t wanted[] = {11, 10, 1};
    lv_appendix appendix;
    lv_appendix_plain plain;
    lv_secret_key *key = published_key();
    load("corrected", &appendix);
    for (int order = LV_BITS_LSB_FIRST; order <= LV_BITS_MSB_FIRST; order++) {
        lv_appendix_reorder(&appendix, (lv_bit_order)order);
        assert_int_equal(lv_appendix_check(&appendix, NULL), LV_OK);
        assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, NULL), LV_OK);
        assert_int_equal(plain.misprint_count, 0);
        for (size_t a = 0; a < LV_APPENDIX_ARRAYS; a++) {
            assert_true(plain.known[a]);
            assert_true(plain.value[a] == wanted[a]);
        }
    }
    lv_appendix_free(&appendix);
    lv_appendix_free(&appendix);
    lv_appendix_free(NULL);
    lv_key_free(key);
}

/* The same numbers under a file that says they stand the other way round. */
static void test_the_order_of_bits_matters(void **state)
{
    (void)state;
    json_t *root = load_vector();
    lv_appendix appendix;
    lv_appendix_plain plain;
    lv_error err = {0};
    lv_secret_key *key = published_key();
    assert_int_equal(json_object_set_new(root, "bit_order", json_string("msb-first")), 0);
    assert_int_equal(parse_json(root, "corrected", &appendix, NULL), LV_OK);
    assert_int_equal(appendix.order, LV_BITS_MSB_FIRST);
    assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, NULL), LV_OK);
    assert_true(plain.value[LV_APPENDIX_T1Q] == 0xd0000000U);
    assert_true(plain.value[LV_APPENDIX_T2Q] == 0x50000000U);
    assert_true(plain.value[LV_APPENDIX_XOR] == 0x80000000U);
    lv_appendix_free(&appendix);
    assert_int_equal(json_object_set_new(root, "bit_order", json_string("middle-first")), 0);
    assert_int_equal(parse_json(root, "corrected", &appendix, &err), LV_E_SYNTAX);
    assert_non_null(strstr(err.text, "bit_order"));
    lv_key_free(key);
    json_decref(root);
}

static void test_printed_reports_its_misprints(void **state)
{
    (void)state;
    lv_appendix appendix;
    lv_appendix_plain plain;
    lv_secret_key *key = published_key();
    json_t *root = load_vector();
    load("printed", &appendix);
    assert_int_equal(lv_appendix_check(&appendix, NULL), LV_OK);
    assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, NULL), LV_OK);

    size_t seen = 0;
    for (int a = 0; a < (int)LV_APPENDIX_ARRAYS; a++) {
        const json_t *listed = json_object_get(json_object_get(root, "misprints"),
                                               lv_appendix_array_name((lv_appendix_array)a));
        for (size_t i = 0; i < json_array_size(listed); i++, seen++) {
            assert_true(seen < plain.misprint_count);
            assert_int_equal(plain.misprints[seen].array, a);
            assert_int_equal(plain.misprints[seen].index,
                             json_integer_value(json_array_get(listed, i)));
        }
        assert_int_equal(plain.known[a], json_array_size(listed) == 0);
    }
    assert_int_equal(seen, 5);
    assert_int_equal(plain.misprint_count, 5);
    assert_true(plain.value[LV_APPENDIX_T1Q] == 0 && plain.value[LV_APPENDIX_T2Q] == 0);
    assert_true(plain.value[LV_APPENDIX_XOR] == 1);

    /* Turned round, the places are those of the new print. */
    lv_appendix_reorder(&appendix, LV_BITS_MSB_FIRST);
    assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, NULL), LV_OK);
    assert_int_equal(plain.misprint_count, 5);
    assert_int_equal(plain.misprints[0].index, 31 - 24);
    json_decref(root);
    lv_appendix_free(&appendix);
    lv_key_free(key);
}

static void test_the_figure_is_read_and_written_again(void **state)
{
    (void)state;
    const size_t lens[] = {strlen(FIGURE_A), strlen(FIGURE_B)};
    const char *const figures[] = {FIGURE_A, FIGURE_B};
    lv_appendix appendix;
    lv_buffer text = {0};
    lv_error err = {0};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(parse_text(figures[i], &appendix, &err), LV_OK);
        assert_int_equal(lv_appendix_write_text(&appendix, &text, &err), LV_OK);
        lv_appendix_free(&appendix);
    }
    assert_int_equal(text.len, lens[0] + lens[1]);
    assert_memory_equal(text.data, FIGURE_A, lens[0]);
    assert_memory_equal(text.data + lens[0], FIGURE_B, lens[1]);

    /* Both parts in one file are the "printed" arrays of the vector. */
    lv_appendix both;
    lv_appendix vector;
    lv_buffer again = {0};
    load("printed", &vector);
    assert_int_equal(parse_text(lv_buffer_text(&text), &both, &err), LV_OK);
    assert_same(&both, &vector);
    assert_int_equal(lv_appendix_write_text(&vector, &again, &err), LV_OK);
    assert_string_equal(lv_buffer_text(&again), lv_buffer_text(&text));
    lv_appendix_free(&both);
    lv_appendix_free(&vector);
    lv_buffer_free(&again);
    lv_buffer_free(&text);
}

static void test_json_is_read_and_written_again(void **state)
{
    (void)state;
    lv_appendix vector;
    lv_appendix again;
    const lv_appendix_options options = {.order = LV_BITS_LSB_FIRST};
    load("corrected", &vector);
    for (int order = LV_BITS_LSB_FIRST; order <= LV_BITS_MSB_FIRST; order++) {
        lv_buffer json = {0};
        lv_buffer json_again = {0};
        lv_appendix_reorder(&vector, (lv_bit_order)order);
        assert_int_equal(lv_appendix_write_json(&vector, &json, NULL), LV_OK);
        assert_int_equal(lv_appendix_parse("a.json", lv_buffer_view(&json), &options, &again, NULL),
                         LV_OK);
        assert_same(&vector, &again);
        assert_int_equal(lv_appendix_write_json(&again, &json_again, NULL), LV_OK);
        assert_string_equal(lv_buffer_text(&json), lv_buffer_text(&json_again));
        lv_appendix_free(&again);
        lv_buffer_free(&json);
        lv_buffer_free(&json_again);
    }
    lv_appendix_free(&vector);
}

static void test_parts(void **state)
{
    (void)state;
    lv_appendix appendix;
    lv_error err = {0};
    json_t *root = load_vector();
    assert_int_equal(parse_json(root, NULL, &appendix, &err), LV_NOT_FOUND);
    assert_string_equal(err.text, "a.json: the arrays stand under a name of their own; name the "
                                  "part: \"printed\", \"corrected\"");
    assert_int_equal(parse_json(root, "misprint", &appendix, &err), LV_NOT_FOUND);
    assert_int_equal(parse_json(root, "plaintext", &appendix, &err), LV_NOT_FOUND);
    assert_null(appendix.n);
    json_decref(root);
    const lv_appendix_options options = {.part = "printed"};
    assert_int_equal(
        lv_appendix_parse("a.txt", lv_bytes_of_text(FIGURE_B), &options, &appendix, &err),
        LV_NOT_FOUND);
}

/* ---- tampered ---- */

static void expect_json_refused(json_t *root, lv_status status, const char *words)
{
    lv_appendix appendix;
    lv_error err = {0};
    lv_status got = parse_json(root, "corrected", &appendix, &err);
    if (got == LV_OK) {
        err = (lv_error){0};
        got = lv_appendix_check(&appendix, &err);
    } else {
        assert_null(appendix.n);
        assert_null(appendix.arrays[0].items);
    }
    if (got != status || strstr(err.text, words) == NULL) {
        fail_msg("%s \"%s\" instead of %s \"%s\"", lv_status_name(got), err.text,
                 lv_status_name(status), words);
    }
    /* What does not hold is not decrypted either. */
    if (appendix.n != NULL) {
        lv_appendix_plain plain;
        lv_appendix_matrices matrices;
        lv_secret_key *key = published_key();
        assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, NULL), LV_INVALID);
        assert_false(plain.known[0] || plain.known[1] || plain.known[2]);
        assert_int_equal(lv_appendix_to_matrices(&appendix, &matrices, NULL), LV_INVALID);
        assert_null(matrices.public_key.data);
        lv_key_free(key);
    }
    lv_appendix_free(&appendix);
    json_decref(root);
}

static json_t *with(const char *key, const char *value)
{
    json_t *root = load_vector();
    assert_int_equal(json_object_set_new(root, key, json_string(value)), 0);
    return root;
}

static json_t *with_entry(const char *array, size_t i, json_t *value)
{
    json_t *root = load_vector();
    json_t *list = json_object_get(json_object_get(root, "corrected"), array);
    assert_int_equal(json_array_set_new(list, i, value), 0);
    return root;
}

static json_t *without(const char *part, const char *key)
{
    json_t *root = load_vector();
    json_t *from = part == NULL ? root : json_object_get(root, part);
    assert_int_equal(json_object_del(from, key), 0);
    return root;
}

static void test_tampered_keys(void **state)
{
    (void)state;
    expect_json_refused(with("n_squared", "8009589238688176440"), LV_INVALID, "n_squared");
    expect_json_refused(with("n_plusone", "2830121773"), LV_INVALID, "n_plusone");
    expect_json_refused(with("n", "2830121773"), LV_INVALID, "n_squared");
    expect_json_refused(with("n", "2830121770"), LV_INVALID, "n is no public key");
    expect_json_refused(with("n", "0"), LV_INVALID, "n is no public key");
    expect_json_refused(with("n", "-2830121771"), LV_E_SYNTAX, "\"n\"");
    expect_json_refused(with("n", "02830121771"), LV_E_SYNTAX, "\"n\"");
    expect_json_refused(with("n", "283012177l"), LV_E_SYNTAX, "character 10 is no digit");
    expect_json_refused(with("n", ""), LV_E_SYNTAX, "\"n\"");
    expect_json_refused(with("lot", ""), LV_E_SYNTAX, "lot");
    expect_json_refused(with("lot", "a\nb"), LV_E_SYNTAX, "lot");
    expect_json_refused(without(NULL, "n"), LV_E_SYNTAX, "\"n\" is missing");
    expect_json_refused(without(NULL, "n_squared"), LV_E_SYNTAX, "\"n_squared\" is missing");
    expect_json_refused(without(NULL, "n_plusone"), LV_E_SYNTAX, "\"n_plusone\" is missing");
    expect_json_refused(without(NULL, "lot"), LV_E_SYNTAX, "\"lot\" is missing");
    json_t *root = load_vector();
    assert_int_equal(json_object_set_new(root, "n", json_integer(2830121771)), 0);
    expect_json_refused(root, LV_E_SYNTAX, "\"n\" must be a string");
}

static void test_tampered_arrays(void **state)
{
    (void)state;
    expect_json_refused(with_entry("T1Q_args", 3, json_string("58130751839149718S1")), LV_E_SYNTAX,
                        "T1Q_args[3]: this is no decimal integer (character 18");
    expect_json_refused(with_entry("T1Q_args", 3, json_integer(5)), LV_E_SYNTAX, "T1Q_args[3]");
    expect_json_refused(with_entry("T2Q_args", 31, json_string("0")), LV_INVALID,
                        "T2Q_args[31] is no ciphertext");
    expect_json_refused(with_entry("XOR_args", 0, json_string("8009589238688176441")), LV_INVALID,
                        "XOR_args[0] is no ciphertext: it must be 1 to n^2 - 1");
    expect_json_refused(with_entry("XOR_args", 0, json_string("8009589238688176442")), LV_INVALID,
                        "XOR_args[0] is no ciphertext");
    expect_json_refused(with_entry("XOR_args", 9, json_string("2830121771")), LV_INVALID,
                        "XOR_args[9] is no ciphertext: it shares a factor");
    expect_json_refused(with_entry("XOR_args", 9, json_string("47917")), LV_INVALID,
                        "XOR_args[9] is no ciphertext: it shares a factor");
    expect_json_refused(without("corrected", "T1Q_args"), LV_E_SYNTAX, "T1Q_args is missing");
    expect_json_refused(without("corrected", "T2Q_args"), LV_E_SYNTAX, "T2Q_args is missing");

    json_t *root = load_vector();
    json_t *part = json_object_get(root, "corrected");
    assert_int_equal(json_array_remove(json_object_get(part, "T2Q_args"), 31), 0);
    expect_json_refused(root, LV_INVALID, "T2Q_args has 31 ciphertexts, but another array has 32");
    root = load_vector();
    part = json_object_get(root, "corrected");
    assert_int_equal(json_array_append_new(json_object_get(part, "XOR_args"), json_string("1")), 0);
    expect_json_refused(root, LV_INVALID, "XOR_args has 33 ciphertexts");
    root = load_vector();
    part = json_object_get(root, "corrected");
    assert_int_equal(json_array_clear(json_object_get(part, "T1Q_args")), 0);
    expect_json_refused(root, LV_E_SYNTAX, "\"T1Q_args\" is empty");
    root = load_vector();
    part = json_object_get(root, "corrected");
    assert_int_equal(json_object_set_new(part, "XOR_args", json_string("1")), 0);
    expect_json_refused(root, LV_E_SYNTAX, "\"XOR_args\" must be an array");
    root = load_vector();
    part = json_object_get(root, "corrected");
    for (size_t i = 32; i <= LV_WIDTH_MAX; i++) {
        assert_int_equal(json_array_append_new(json_object_get(part, "T1Q_args"), json_string("1")),
                         0);
    }
    expect_json_refused(root, LV_E_LIMIT, "T1Q_args[62]: over 62 ciphertexts");
}

static void test_numbers_have_a_limit(void **state)
{
    (void)state;
    char *digits = malloc(LV_APPENDIX_DIGITS_MAX + 2);
    assert_non_null(digits);
    memset(digits, '7', LV_APPENDIX_DIGITS_MAX + 1);
    digits[LV_APPENDIX_DIGITS_MAX + 1] = '\0';
    expect_json_refused(with("n_squared", digits), LV_E_LIMIT, "over 5000 digits");
    digits[LV_APPENDIX_DIGITS_MAX] = '\0';
    expect_json_refused(with("n_squared", digits), LV_INVALID, "n_squared");
    free(digits);
}

static void test_what_is_no_json_is_refused_without_quoting_it(void **state)
{
    (void)state;
    const char *bad[] = {"{",
                         "{\"p\": 47917",
                         "{\"lot\": \"a\", \"lot\": \"b\"}",
                         "{\"p\": \"47917\" \"q\": 1}",
                         "{} x",
                         "{}"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lv_appendix appendix;
        lv_error err = {0};
        assert_int_equal(parse_text(bad[i], &appendix, &err), LV_E_SYNTAX);
        assert_ptr_equal(strstr(err.text, "a.txt: "), err.text);
        assert_null(strstr(err.text, "47917"));
    }
}

static void expect_text_refused(const char *text, const char *words)
{
    lv_appendix appendix;
    lv_error err = {0};
    lv_status status = parse_text(text, &appendix, &err);
    if (status != LV_E_SYNTAX || strstr(err.text, words) == NULL) {
        fail_msg("%s \"%s\" instead of \"%s\"", lv_status_name(status), err.text, words);
    }
    assert_null(appendix.n);
}

#define HEAD "L\n[ Pubkey_n:15\n Pubkey_n_squared:225\n Pubkey_n_plusone:16\n"

static void test_what_is_no_figure_is_refused(void **state)
{
    (void)state;
    lv_appendix appendix;
    assert_int_equal(parse_text(HEAD "XOR_args:[2 4]\n]", &appendix, NULL), LV_OK);
    lv_appendix_free(&appendix);
    expect_text_refused("", "empty");
    expect_text_refused(" \n", "line 2: the lot");
    expect_text_refused("L", "line 1: there is no '['");
    expect_text_refused("L\n[", "line 2: the last ']' is missing");
    expect_text_refused("L\n[ ]", "line 2: Pubkey_n is missing");
    expect_text_refused(HEAD "]", "neither T1Q_args with T2Q_args nor XOR_args");
    expect_text_refused(HEAD "XOR_args:[2 4]", "line 5: the last ']' is missing");
    expect_text_refused(HEAD "XOR_args:[2 4", "line 5: XOR_args has no ']'");
    expect_text_refused(HEAD "XOR_args:[]]", "line 5: XOR_args is empty");
    expect_text_refused(HEAD "XOR_args:[2 :4]]", "line 5: XOR_args[1]: this is no decimal");
    expect_text_refused(HEAD "XOR_args:[2\n\n4O]]", "line 7: XOR_args[1]: this is no decimal");
    expect_text_refused(HEAD "XOR_args:2]", "line 5: there is no '['");
    expect_text_refused(HEAD "XOR_args [2]]", "line 5: there is no ':'");
    expect_text_refused(HEAD "X:[2]]", "line 5: no such field");
    expect_text_refused(HEAD "Pubkey_n:15]", "line 5: Pubkey_n stands twice");
    expect_text_refused(HEAD "XOR_args:[2]\nXOR_args:[2]]", "line 6: XOR_args stands twice");
    expect_text_refused(HEAD "T1Q_args:[2]]", "T2Q_args is missing");
    expect_text_refused(HEAD "XOR_args:[2]]\n" HEAD "XOR_args:[2]]", "XOR_args stands twice");
    expect_text_refused(HEAD "XOR_args:[2]]\nM\n[", "line 6: the lot differs");
    expect_text_refused(HEAD "XOR_args:[2]]\nL\n[ Pubkey_n:17\n Pubkey_n_squared:225\n "
                             "Pubkey_n_plusone:16 T1Q_args:[2] T2Q_args:[2]]",
                        "Pubkey_n differs");
    const lv_appendix_options options = {0};
    const uint8_t nul[] = {'L', '\n', '[', 0, ']'};
    assert_int_equal(lv_appendix_parse("a.txt", (lv_bytes){.data = nul, .len = sizeof nul},
                                       &options, &appendix, NULL),
                     LV_E_SYNTAX);
}

static void test_every_truncation_of_the_figure(void **state)
{
    (void)state;
    for (size_t len = 0; len + 2 < sizeof FIGURE_B; len += 3) {
        const lv_appendix_options options = {0};
        lv_appendix appendix;
        uint8_t *copy =
            malloc(len + 1); /* of just that size, so that a read past its end is seen */
        assert_non_null(copy);
        memcpy(copy, FIGURE_B, len);
        assert_int_equal(lv_appendix_parse("a.txt", (lv_bytes){.data = copy, .len = len}, &options,
                                           &appendix, NULL),
                         LV_E_SYNTAX);
        free(copy);
    }
}

static void test_wrong_primes(void **state)
{
    (void)state;
    lv_appendix appendix;
    lv_appendix_plain plain;
    lv_secret_key *key = NULL;
    lv_error err = {0};
    load("corrected", &appendix);
    assert_int_equal(lv_appendix_key("47917", "59069", &key, &err), LV_OK);
    assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, &err), LV_INVALID);
    assert_non_null(strstr(err.text, "p times q is not n"));
    assert_false(plain.known[0]);
    lv_key_free(key);
    assert_int_equal(lv_appendix_key(Q, P, &key, &err), LV_OK);
    assert_int_equal(lv_appendix_decrypt(&appendix, key, &plain, &err), LV_OK);
    assert_true(plain.value[LV_APPENDIX_T1Q] == 11);
    lv_key_free(key);
    lv_appendix_free(&appendix);

    const char *bad[] = {"", "4791x", "-47917", " 47917", "0x1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(lv_appendix_key(bad[i], Q, &key, &err), LV_E_SYNTAX);
        assert_null(key);
        assert_null(strstr(err.text, "4791"));
    }
    assert_int_equal(lv_appendix_key("47915", Q, &key, &err), LV_INVALID);
    assert_int_equal(lv_appendix_key(P, P, &key, &err), LV_INVALID);
    assert_int_equal(lv_appendix_key("0", Q, &key, &err), LV_INVALID);
    assert_null(key);
}

/* ---- records ---- */

/* Both records of the vector's pair, as pair 1 of a set whose pair 0 has x and y exchanged. */
static void records_of(const lv_appendix_matrices *matrices, lv_quality *quality, lv_xor *sold)
{
    const lv_buffer *rows = matrices->rows;
    *quality = (lv_quality){.suite = "paillier", .width = matrices->width, .pair_count = 2};
    *sold = (lv_xor){.suite = "paillier", .width = matrices->width, .pairs = 2};
    quality->pairs = calloc(2, sizeof *quality->pairs);
    assert_non_null(quality->pairs);
    strcpy(quality->pairs[1].later_lot, "Lot_Num1");
    const struct {
        lv_buffer *out;
        const lv_buffer *in;
    } copies[] = {
        {&quality->public_key, &matrices->public_key},
        {&sold->public_key, &matrices->public_key},
        {&quality->x, &rows[LV_APPENDIX_T2Q]},
        {&quality->x, &rows[LV_APPENDIX_T1Q]},
        {&quality->y, &rows[LV_APPENDIX_T1Q]},
        {&quality->y, &rows[LV_APPENDIX_T2Q]},
        {&sold->w, &rows[LV_APPENDIX_XOR]},
        {&sold->w, &rows[LV_APPENDIX_XOR]},
    };
    for (size_t i = 0; i < sizeof copies / sizeof copies[0]; i++) {
        assert_int_equal(lv_buffer_append(copies[i].out, copies[i].in->data, copies[i].in->len),
                         LV_OK);
    }
}

static void free_records(lv_quality *quality, lv_xor *sold)
{
    free(quality->pairs);
    lv_buffer_free(&quality->public_key);
    lv_buffer_free(&quality->x);
    lv_buffer_free(&quality->y);
    lv_buffer_free(&sold->public_key);
    lv_buffer_free(&sold->w);
}

static void test_records_there_and_back(void **state)
{
    (void)state;
    lv_appendix vector;
    lv_appendix back;
    lv_appendix_matrices matrices;
    lv_quality quality;
    lv_xor sold;
    load("corrected", &vector);
    assert_int_equal(lv_appendix_to_matrices(&vector, &matrices, NULL), LV_OK);
    assert_int_equal(matrices.width, 32);
    assert_int_equal(matrices.public_key.len, 4 + 4);
    for (size_t a = 0; a < LV_APPENDIX_ARRAYS; a++) {
        assert_int_equal(matrices.rows[a].len, 32 * 8);
    }
    records_of(&matrices, &quality, &sold);

    assert_int_equal(
        lv_appendix_from_records(&quality, &sold, 1, NULL, LV_BITS_LSB_FIRST, &back, NULL), LV_OK);
    assert_same(&back, &vector);
    lv_appendix_free(&back);
    assert_int_equal(
        lv_appendix_from_records(&quality, NULL, 1, NULL, LV_BITS_LSB_FIRST, &back, NULL), LV_OK);
    assert_int_equal(back.arrays[LV_APPENDIX_XOR].count, 0);
    assert_int_equal(lv_appendix_check(&back, NULL), LV_OK);
    lv_appendix_free(&back);
    assert_int_equal(lv_appendix_from_records(NULL, &sold, 0, "M", LV_BITS_MSB_FIRST, &back, NULL),
                     LV_OK);
    assert_string_equal(back.lot, "M");
    assert_int_equal(back.arrays[LV_APPENDIX_T1Q].count, 0);
    lv_appendix_reorder(&vector, LV_BITS_MSB_FIRST);
    assert_string_equal(back.arrays[LV_APPENDIX_XOR].items[0],
                        vector.arrays[LV_APPENDIX_XOR].items[0]);
    lv_appendix_free(&back);
    /* Pair 0 is another pair. */
    assert_int_equal(
        lv_appendix_from_records(&quality, &sold, 0, "M", LV_BITS_MSB_FIRST, &back, NULL), LV_OK);
    assert_string_equal(back.arrays[LV_APPENDIX_T1Q].items[0],
                        vector.arrays[LV_APPENDIX_T2Q].items[0]);
    lv_appendix_free(&back);

    free_records(&quality, &sold);
    lv_appendix_matrices_free(&matrices);
    lv_appendix_matrices_free(NULL);
    lv_appendix_free(&vector);
}

static void test_records_that_do_not_fit(void **state)
{
    (void)state;
    lv_appendix vector;
    lv_appendix back;
    lv_appendix_matrices matrices;
    lv_quality quality;
    lv_xor sold;
    lv_error err = {0};
    load("corrected", &vector);
    assert_int_equal(lv_appendix_to_matrices(&vector, &matrices, NULL), LV_OK);
    records_of(&matrices, &quality, &sold);

#define EXPORT(quality, sold, pair, lot)                                                           \
    lv_appendix_from_records(quality, sold, pair, lot, LV_BITS_LSB_FIRST, &back, &err)
    assert_int_equal(EXPORT(&quality, &sold, 2, NULL), LV_E_RANGE);
    assert_int_equal(EXPORT(NULL, NULL, 0, "L"), LV_E_ARGUMENT);
    assert_int_equal(EXPORT(NULL, &sold, 0, NULL), LV_E_ARGUMENT);
    assert_int_equal(EXPORT(&quality, &sold, 0, NULL), LV_E_SYNTAX); /* pair 0 has no lot */
    sold.public_key.data[5] ^= 1;
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_INVALID);
    sold.public_key.data[5] ^= 1;
    sold.width = 31;
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_INVALID);
    sold.width = 32;
    memset(quality.x.data, 0xff, 8);
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_INVALID);
    memset(quality.x.data, 0, 8);
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_INVALID);
    quality.x.len--;
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_E_SYNTAX);
    quality.x.len++;
    strcpy(quality.suite, "rlwe1024");
    assert_int_equal(EXPORT(&quality, &sold, 1, NULL), LV_E_ARGUMENT);
    assert_non_null(strstr(err.text, "rlwe1024"));
    assert_null(back.n);
#undef EXPORT

    free_records(&quality, &sold);
    lv_appendix_matrices_free(&matrices);
    lv_appendix_free(&vector);
}

static void test_a_lot_that_looks_like_json_is_not_written_as_text(void **state)
{
    (void)state;
    lv_appendix vector;
    lv_buffer text = {0};
    load("corrected", &vector);
    strcpy(vector.lot, "{1}");
    assert_int_equal(lv_appendix_write_text(&vector, &text, NULL), LV_E_SYNTAX);
    assert_int_equal(text.len, 0);
    assert_int_equal(lv_appendix_write_json(&vector, &text, NULL), LV_OK);
    lv_buffer_free(&text);
    lv_appendix_free(&vector);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corrected_decrypts),
        cmocka_unit_test(test_the_order_of_bits_matters),
        cmocka_unit_test(test_printed_reports_its_misprints),
        cmocka_unit_test(test_the_figure_is_read_and_written_again),
        cmocka_unit_test(test_json_is_read_and_written_again),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_tampered_keys),
        cmocka_unit_test(test_tampered_arrays),
        cmocka_unit_test(test_numbers_have_a_limit),
        cmocka_unit_test(test_what_is_no_json_is_refused_without_quoting_it),
        cmocka_unit_test(test_what_is_no_figure_is_refused),
        cmocka_unit_test(test_every_truncation_of_the_figure),
        cmocka_unit_test(test_wrong_primes),
        cmocka_unit_test(test_records_there_and_back),
        cmocka_unit_test(test_records_that_do_not_fit),
        cmocka_unit_test(test_a_lot_that_looks_like_json_is_not_written_as_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
