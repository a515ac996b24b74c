#include "suite/paillier/select.h"
#include "base/cpu.h"
#include <stdint.h>
#include <string.h>

/* Two limbs: the vector that every 64-bit processor has. */
typedef uint64_t pair __attribute__((vector_size(2 * sizeof(uint64_t))));

enum { PAIRS = LV_SELECT_BLOCK / 2 };

size_t lv_select_blocks(size_t len) { return (len + LV_SELECT_BLOCK - 1) / LV_SELECT_BLOCK; }

void lv_select_store(mp_limb_t *table, size_t entries, size_t index, const mp_limb_t *entry,
                     size_t len)
{
    for (size_t i = 0; i < len; i++) {
        size_t block = i / LV_SELECT_BLOCK;
        table[(block * entries + index) * LV_SELECT_BLOCK + i % LV_SELECT_BLOCK] = entry[i];
    }
}

/* All ones where i is the index: only then does taking one away borrow. */
static inline uint64_t mask_of(size_t i, size_t index)
{
    return (uint64_t)((int64_t)((i ^ index) - 1) >> 63);
}

void lv_select_portable(mp_limb_t *out, const mp_limb_t *table, size_t entries, size_t index,
                        size_t len)
{
    for (size_t block = 0; block < lv_select_blocks(len); block++) {
        pair gathered[PAIRS] = {{0}};
        for (size_t i = 0; i < entries; i++, table += LV_SELECT_BLOCK) {
            pair here[PAIRS];
            memcpy(here, table, sizeof here);
            for (int j = 0; j < PAIRS; j++) {
                gathered[j] |= here[j] & mask_of(i, index);
            }
        }
        memcpy(out + block * LV_SELECT_BLOCK, gathered, sizeof gathered);
    }
}

#if defined(__x86_64__) && defined(__GNUC__)

typedef uint64_t wide __attribute__((vector_size(LV_SELECT_BLOCK * sizeof(uint64_t))));

__attribute__((target("avx512f"))) static void
select_avx512(mp_limb_t *out, const mp_limb_t *table, size_t entries, size_t index, size_t len)
{
    for (size_t block = 0; block < lv_select_blocks(len); block++) {
        wide gathered = {0};
        for (size_t i = 0; i < entries; i++, table += LV_SELECT_BLOCK) {
            wide here;
            memcpy(&here, table, sizeof here);
            gathered |= here & mask_of(i, index);
        }
        memcpy(out + block * LV_SELECT_BLOCK, &gathered, sizeof gathered);
    }
}

lv_select lv_select_best(void)
{
    return __builtin_cpu_supports("avx512f") && !lv_cpu_avx2() ? select_avx512 : lv_select_portable;
}

#else

lv_select lv_select_best(void) { return lv_select_portable; }

#endif
