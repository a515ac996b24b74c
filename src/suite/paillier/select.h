/** Reading one entry of a table without telling which. */
#ifndef LV_PAILLIER_SELECT_H
#define LV_PAILLIER_SELECT_H

#include <gmp.h>
#include <stddef.h>

/** A table lies in memory block by block: the first LV_SELECT_BLOCK limbs of every entry one after
 *  the other, then the next LV_SELECT_BLOCK limbs of every entry, and so on. So reading runs
 *  through memory in one direction and keeps what it gathers in registers. */
enum { LV_SELECT_BLOCK = 8 };

/** Blocks that an entry of `len` limbs takes. */
size_t lv_select_blocks(size_t len);

/** Writes an entry of `len` limbs into a table of `entries`; not secret which. */
void lv_select_store(mp_limb_t *table, size_t entries, size_t index, const mp_limb_t *entry,
                     size_t len);

/** Copies entry `index` of a table of `entries`, looking at all of them alike.
 * @param out  lv_select_blocks(len) * LV_SELECT_BLOCK limbs. */
typedef void (*lv_select)(mp_limb_t *out, const mp_limb_t *table, size_t entries, size_t index,
                          size_t len);

/** The portable one. */
void lv_select_portable(mp_limb_t *out, const mp_limb_t *table, size_t entries, size_t index,
                        size_t len);

/** The fastest that runs on this processor: a block at a time where its vectors are as wide, unless
 *  LOTVEIL_CPU=portable or avx2. */
lv_select lv_select_best(void);

#endif
