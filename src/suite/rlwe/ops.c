#include "suite/rlwe/ops.h"
#include "base/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include "suite/rlwe/avx2.h"
#include "suite/rlwe/avx512.h"

static bool runs_avx2(void) { return __builtin_cpu_supports("avx2") != 0; }

static bool runs_avx512(void)
{
    return runs_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

/* The slowest first; who runs one runs those before it. */
static const struct {
    const lv_rlwe_ops *ops;
    bool (*runs)(void);
} VECTORS[] = {{&lv_rlwe_avx2, runs_avx2}, {&lv_rlwe_avx512, runs_avx512}};

const lv_rlwe_ops *lv_rlwe_ops_at(size_t i)
{
    if (i == 0) {
        return &lv_rlwe_portable;
    }
    return i <= sizeof VECTORS / sizeof VECTORS[0] && VECTORS[i - 1].runs() ? VECTORS[i - 1].ops
                                                                            : NULL;
}

#else

const lv_rlwe_ops *lv_rlwe_ops_at(size_t i) { return i == 0 ? &lv_rlwe_portable : NULL; }

#endif

const lv_rlwe_ops *lv_rlwe_ops_best(void)
{
    const lv_rlwe_ops *best = lv_rlwe_ops_at(0);
    const lv_rlwe_ops *next = NULL;
    const size_t avx2 = 1;
    size_t last = lv_cpu_avx2() ? avx2 : SIZE_MAX;
    last = lv_cpu_portable() ? 0 : last;
    for (size_t i = 1; i <= last && (next = lv_rlwe_ops_at(i)) != NULL; i++) {
        best = next;
    }
    return best;
}
