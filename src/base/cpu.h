/** Which of the twins of a computation to run. */
#ifndef LV_BASE_CPU_H
#define LV_BASE_CPU_H

#include <stdbool.h>

/** Does the environment ask for portable code (LOTVEIL_CPU=portable) in place of the fastest that
 *  this processor runs? */
bool lv_cpu_portable(void);

#endif
