#include "suite/ristretto/point.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const lv_curve *best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void choose(void)
{
    const char *wanted = getenv("LOTVEIL_CPU");
    bool portable = wanted != NULL && strcmp(wanted, "portable") == 0;
    best = portable ? NULL : lv_curve_ifma();
    best = best != NULL ? best : &lv_curve_portable;
}

const lv_curve *lv_curve_best(void)
{
    pthread_once(&once, choose);
    return best;
}
