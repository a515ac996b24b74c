/** Marks where a secret turns into a value that anybody may see.
 *
 *  A build with LOTVEIL_CT runs under valgrind (tests/ct), which follows every secret and reports
 *  each branch and each address that depends on one; from here on the bytes count as public. In
 *  every other build this is nothing. Each call has a comment beside it that says why the value may
 *  become public. */
#ifndef LV_BASE_DECLASSIFY_H
#define LV_BASE_DECLASSIFY_H

#include <stddef.h>

#ifdef LOTVEIL_CT
#include <valgrind/memcheck.h>
#endif

static inline void lv_declassify(const void *value, size_t len)
{
#ifdef LOTVEIL_CT
    (void)VALGRIND_MAKE_MEM_DEFINED(value, len);
#else
    (void)value;
    (void)len;
#endif
}

#endif
