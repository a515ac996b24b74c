#include "fault/faults.h"
#include <gmp.h>
#include <malloc.h>
#include <sanitizer/common_interface_defs.h>
#include <stdlib.h>
#include <string.h>

enum { SECRETS_MAX = 8 };

typedef struct {
    const void *bytes;
    size_t len;
} watched;

static size_t countdown;        /* allocations that still succeed, and the one that does not */
static size_t random_countdown; /* fillings, likewise */
static bool struck;
static watched secrets[SECRETS_MAX];
static size_t secret_count;
static size_t unwiped;

void faults_fail_allocation(size_t n)
{
    countdown = n;
    struck = false;
}

void faults_fail_random(size_t n)
{
    random_countdown = n;
    struck = false;
}

bool faults_struck(void) { return struck; }

static bool strike(size_t *left)
{
    if (*left == 0) {
        return false;
    }
    *left -= 1;
    if (*left > 0) {
        return false;
    }
    struck = true;
    if (getenv("FAULTS_TRACE") != NULL) {
        __sanitizer_print_stack_trace(); /* where a test that fails has to look */
    }
    return true;
}

/* ---- random numbers ---- */

static lv_status fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    return strike(&random_countdown) ? LV_E_RANDOM : lv_rng_fill(NULL, out, len);
}

const lv_rng *faults_rng(void)
{
    static const lv_rng rng = {.fill = fill, .context = NULL};
    return &rng;
}

/* ---- secrets ---- */

void faults_watch(const void *secret, size_t len)
{
    if (secret_count < SECRETS_MAX) {
        secrets[secret_count++] = (watched){.bytes = secret, .len = len};
    }
}

void faults_forget(void)
{
    secret_count = 0;
    unwiped = 0;
}

size_t faults_unwiped(void) { return unwiped; }

static void search(void *memory)
{
    if (memory == NULL) {
        return;
    }
    size_t len = malloc_usable_size(memory);
    for (size_t i = 0; i < secret_count; i++) {
        bool itself = memory == secrets[i].bytes;
        unwiped += !itself && memmem(memory, len, secrets[i].bytes, secrets[i].len) != NULL;
    }
}

/* ---- what the linker puts in place of the functions of these names ---- */

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp): the linker's names */
void *__real_malloc(size_t len);
void *__real_calloc(size_t count, size_t len);
void *__real_realloc(void *memory, size_t len);
void __real_free(void *memory);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__real_sodium_malloc(size_t len);

void *__wrap_malloc(size_t len);
void *__wrap_calloc(size_t count, size_t len);
void *__wrap_realloc(void *memory, size_t len);
void __wrap_free(void *memory);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);
void *__wrap_sodium_malloc(size_t len);

void *__wrap_malloc(size_t len) { return strike(&countdown) ? NULL : __real_malloc(len); }

void *__wrap_calloc(size_t count, size_t len)
{
    return strike(&countdown) ? NULL : __real_calloc(count, len);
}

void *__wrap_realloc(void *memory, size_t len)
{
    if (strike(&countdown)) {
        return NULL;
    }
    search(memory); /* it may move, and leave what it held behind */
    return __real_realloc(memory, len);
}

void __wrap_free(void *memory)
{
    search(memory);
    __real_free(memory);
}

char *__wrap_strdup(const char *text) { return strike(&countdown) ? NULL : __real_strdup(text); }

char *__wrap_strndup(const char *text, size_t len)
{
    return strike(&countdown) ? NULL : __real_strndup(text, len);
}

void *__wrap_sodium_malloc(size_t len)
{
    return strike(&countdown) ? NULL : __real_sodium_malloc(len);
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* ---- GMP ---- */

static void *gmp_malloc(size_t len) { return __real_malloc(len); }

static void *gmp_realloc(void *memory, size_t old, size_t len)
{
    (void)old;
    search(memory);
    return __real_realloc(memory, len);
}

static void gmp_free(void *memory, size_t len)
{
    (void)len;
    search(memory);
    __real_free(memory);
}

void faults_follow_gmp(void) { mp_set_memory_functions(gmp_malloc, gmp_realloc, gmp_free); }
