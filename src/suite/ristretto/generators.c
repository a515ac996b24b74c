#include "suite/ristretto/point.h"
#include <pthread.h>
#include <sodium.h>
#include <string.h>

static const char DOMAIN[] = "lotveil/v1/ristretto255/generator"; /* hashed with its NUL */

static lv_generator_table table __attribute__((aligned(64)));
static lv_comb_table mask_comb __attribute__((aligned(64)));
static pthread_once_t once = PTHREAD_ONCE_INIT;
static lv_wide_table wide[LV_GENERATORS] __attribute__((aligned(64)));
static pthread_once_t wide_once = PTHREAD_ONCE_INIT;

static void hash_to_point(lv_point *out, uint32_t index)
{
    const uint8_t number[] = {(uint8_t)(index >> 24), (uint8_t)(index >> 16), (uint8_t)(index >> 8),
                              (uint8_t)index};
    crypto_hash_sha512_state hash;
    uint8_t drawn[crypto_core_ristretto255_HASHBYTES];
    uint8_t encoded[LV_POINT_LEN];
    bool good = false;
    crypto_hash_sha512_init(&hash);
    crypto_hash_sha512_update(&hash, (const uint8_t *)DOMAIN, sizeof DOMAIN);
    crypto_hash_sha512_update(&hash, number, sizeof number);
    crypto_hash_sha512_final(&hash, drawn);
    /* Always a point, and for these inputs never the identity: nothing can fail. */
    (void)crypto_core_ristretto255_from_hash(encoded, drawn);
    lv_curve_portable.decode(out, &good, encoded, 1);
}

static void make(void)
{
    table.point[LV_GENERATOR_BASE] = lv_point_base;
    for (uint32_t i = 0; i < LV_GENERATORS - LV_GENERATOR_MASK; i++) {
        hash_to_point(&table.point[LV_GENERATOR_MASK + i], i);
    }
    for (size_t g = 0; g < LV_GENERATORS; g++) {
        lv_comb_entries(table.limb[g], &table.point[g]);
    }
    lv_comb_fill(&mask_comb, &table.point[LV_GENERATOR_MASK]);
}

const lv_generator_table *lv_generators(void)
{
    pthread_once(&once, make);
    return &table;
}

const lv_comb_table *lv_mask_comb(void)
{
    pthread_once(&once, make);
    return &mask_comb;
}

static void make_wide(void)
{
    const lv_generator_table *all = lv_generators();
    for (size_t g = 0; g < LV_GENERATORS; g++) {
        lv_wide_fill(&wide[g], &all->point[g]);
    }
}

const lv_wide_table *lv_generators_wide(void)
{
    pthread_once(&wide_once, make_wide);
    return wide;
}
