/** Constants of RFC 9496, section 4.1, in limbs of 51 bits; what formulas.h wants by these names.
 */
#ifndef LV_RISTRETTO_CONSTANTS_H
#define LV_RISTRETTO_CONSTANTS_H

#include "suite/ristretto/point.h"

static const lv_fe FE_ZERO = {{0}};
static const lv_fe FE_ONE = {{1}};
static const lv_fe FE_TWO = {{2}};
static const lv_fe FE_D = {
    {0x34dca135978a3, 0x1a8283b156ebd, 0x5e7a26001c029, 0x739c663a03cbb, 0x52036cee2b6ff}};
static const lv_fe FE_TWO_D = {
    {0x69b9426b2f159, 0x35050762add7a, 0x3cf44c0038052, 0x6738cc7407977, 0x2406d9dc56dff}};
static const lv_fe FE_ROOT_OF_MINUS_ONE = {
    {0x61b274a0ea0b0, 0xd5a5fc8f189d, 0x7ef5e9cbd0c60, 0x78595a6804c9e, 0x2b8324804fc1d}};
static const lv_fe FE_INVERSE_ROOT_OF_A_MINUS_D = {
    {0xfdaa805d40ea, 0x2eb482e57d339, 0x7610274bc58, 0x6510b613dc8ff, 0x786c8905cfaff}};

#endif
