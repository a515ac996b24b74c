/** Which of the twins of a computation to run: the environment's LOTVEIL_CPU may ask for less than
 *  this processor has. */
#ifndef LV_BASE_CPU_H
#define LV_BASE_CPU_H

#include <stdbool.h>

/** LOTVEIL_CPU=portable: only portable code? */
bool lv_cpu_portable(void);

/** LOTVEIL_CPU=avx2, or portable: nothing that needs AVX-512? */
bool lv_cpu_avx2(void);

#endif
