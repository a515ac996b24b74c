#include "base/cpu.h"
#include <stdlib.h>
#include <string.h>

bool lv_cpu_portable(void)
{
    const char *wanted = getenv("LOTVEIL_CPU");
    return wanted != NULL && strcmp(wanted, "portable") == 0;
}
