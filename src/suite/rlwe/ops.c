#include "suite/rlwe/ops.h"
#include <stdlib.h>
#include <string.h>

const lv_rlwe_ops *lv_rlwe_ops_at(size_t i) { return i == 0 ? &lv_rlwe_portable : NULL; }

const lv_rlwe_ops *lv_rlwe_ops_best(void)
{
    const char *wanted = getenv("LOTVEIL_CPU");
    const lv_rlwe_ops *best = lv_rlwe_ops_at(0);
    const lv_rlwe_ops *next = NULL;
    bool portable = wanted != NULL && strcmp(wanted, "portable") == 0;
    for (size_t i = 1; !portable && (next = lv_rlwe_ops_at(i)) != NULL; i++) {
        best = next;
    }
    return best;
}
