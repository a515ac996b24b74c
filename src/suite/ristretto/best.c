#include "base/cpu.h"
#include "suite/ristretto/point.h"
#include <pthread.h>

static const lv_curve *best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    best = lv_cpu_avx2() ? NULL : lv_curve_ifma();
    best = best != NULL || lv_cpu_portable() ? best : lv_curve_avx2();
    best = best != NULL ? best : &lv_curve_portable;
}

const lv_curve *lv_curve_best(void)
{
    pthread_once(&once, choose);
    return best;
}
