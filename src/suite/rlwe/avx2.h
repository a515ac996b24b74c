/** Eight 32-bit lanes (contract: ops.h). */
#ifndef LV_RLWE_AVX2_H
#define LV_RLWE_AVX2_H

#include "suite/rlwe/ops.h"

extern const lv_rlwe_ops lv_rlwe_avx2;

#endif
