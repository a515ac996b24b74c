#include "base/cpu.h"
#include <stdlib.h>
#include <string.h>

static bool wants(const char *word)
{
    const char *wanted = getenv("LOTVEIL_CPU");
    return wanted != NULL && strcmp(wanted, word) == 0;
}

bool lv_cpu_portable(void) { return wants("portable"); }

bool lv_cpu_avx2(void) { return wants("avx2") || wants("portable"); }
