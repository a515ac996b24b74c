#include "base/hex.h"
#include "ledger/embedded/merkle.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
/* cmocka wants those before it */
#include <cmocka.h>

/* The entries and roots of the reference implementation of RFC 6962
 * (google/certificate-transparency, merkletree tests). */
static const char *const ENTRIES[] = {"",
                                      "00",
                                      "10",
                                      "2021",
                                      "3031",
                                      "40414243",
                                      "5051525354555657",
                                      "606162636465666768696a6b6c6d6e6f"};

static const char *const ROOTS[] = {
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};

enum { COUNT = 8 };

static void make_leaves(lv_digest leaves[COUNT])
{
    for (size_t i = 0; i < COUNT; i++) {
        uint8_t entry[16];
        size_t len = strlen(ENTRIES[i]) / 2;
        assert_int_equal(lv_hex_decode(ENTRIES[i], entry, len), LV_OK);
        assert_int_equal(lv_merkle_leaf((lv_bytes){.data = entry, .len = len}, &leaves[i]), LV_OK);
    }
}

static void test_published_roots(void **state)
{
    (void)state;
    lv_digest leaves[COUNT];
    make_leaves(leaves);
    for (size_t count = 1; count <= COUNT; count++) {
        lv_digest root;
        char text[2 * LV_DIGEST_LEN + 1];
        assert_int_equal(lv_merkle_root(leaves, count, &root), LV_OK);
        lv_digest_hex(&root, text);
        assert_string_equal(text, ROOTS[count - 1]);
    }
}

static void test_the_root_of_nothing(void **state)
{
    (void)state;
    lv_digest root;
    char text[2 * LV_DIGEST_LEN + 1];
    assert_int_equal(lv_merkle_root(NULL, 0, &root), LV_OK);
    lv_digest_hex(&root, text);
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* A naive model: level by level, an odd one out goes up as it is, which gives the same tree. */
static void model_root(const lv_digest *leaves, size_t count, lv_digest *root)
{
    static lv_digest level[300];
    memcpy(level, leaves, count * sizeof *leaves);
    while (count > 1) {
        size_t above = 0;
        for (size_t i = 0; i + 1 < count; i += 2) {
            uint8_t node[1 + 2 * LV_DIGEST_LEN] = {1};
            memcpy(node + 1, level[i].bytes, LV_DIGEST_LEN);
            memcpy(node + 1 + LV_DIGEST_LEN, level[i + 1].bytes, LV_DIGEST_LEN);
            assert_int_equal(lv_digest_of((lv_bytes){node, sizeof node}, &level[above++]), LV_OK);
        }
        if (count % 2 != 0) {
            level[above++] = level[count - 1];
        }
        count = above;
    }
    *root = level[0];
}

static void test_agrees_with_a_naive_model(void **state)
{
    (void)state;
    static lv_digest leaves[300];
    for (size_t i = 0; i < 300; i++) {
        uint8_t entry[2] = {(uint8_t)(i / 256), (uint8_t)(i % 256)};
        assert_int_equal(lv_merkle_leaf((lv_bytes){entry, 2}, &leaves[i]), LV_OK);
    }
    for (size_t count = 1; count <= 300; count++) {
        lv_digest root;
        lv_digest expected;
        assert_int_equal(lv_merkle_root(leaves, count, &root), LV_OK);
        model_root(leaves, count, &expected);
        assert_true(lv_digest_equal(&root, &expected));
    }
}

static void test_every_change_gives_another_root(void **state)
{
    (void)state;
    lv_digest leaves[COUNT];
    lv_digest root;
    make_leaves(leaves);
    assert_int_equal(lv_merkle_root(leaves, COUNT, &root), LV_OK);
    for (size_t i = 0; i < COUNT; i++) {
        lv_digest other;
        leaves[i].bytes[i] ^= 1;
        assert_int_equal(lv_merkle_root(leaves, COUNT, &other), LV_OK);
        assert_false(lv_digest_equal(&root, &other));
        leaves[i].bytes[i] ^= 1;
        lv_digest kept = leaves[i]; /* the neighbours change places */
        leaves[i] = leaves[(i + 1) % COUNT];
        leaves[(i + 1) % COUNT] = kept;
        assert_int_equal(lv_merkle_root(leaves, COUNT, &other), LV_OK);
        assert_false(lv_digest_equal(&root, &other));
        make_leaves(leaves);
    }
}

static void test_a_node_is_no_leaf(void **state)
{
    (void)state;
    lv_digest leaves[COUNT];
    lv_digest root;
    lv_digest leaf;
    uint8_t entry[2 * LV_DIGEST_LEN];
    make_leaves(leaves);
    memcpy(entry, leaves[0].bytes, LV_DIGEST_LEN);
    memcpy(entry + LV_DIGEST_LEN, leaves[1].bytes, LV_DIGEST_LEN);
    assert_int_equal(lv_merkle_root(leaves, 2, &root), LV_OK);
    assert_int_equal(lv_merkle_leaf((lv_bytes){entry, sizeof entry}, &leaf), LV_OK);
    assert_false(lv_digest_equal(&root, &leaf));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_roots),
        cmocka_unit_test(test_the_root_of_nothing),
        cmocka_unit_test(test_agrees_with_a_naive_model),
        cmocka_unit_test(test_every_change_gives_another_root),
        cmocka_unit_test(test_a_node_is_no_leaf),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
