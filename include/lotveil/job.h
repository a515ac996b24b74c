/** What a long computation is given besides its inputs: randomness, processors, progress. */
#ifndef LOTVEIL_JOB_H
#define LOTVEIL_JOB_H

#include <lotveil/status.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** A source of random bytes. The system's is lv_rng_system(); another is injected only in tests.
 *  `fill` must be safe to call from several threads at once. */
typedef struct {
    lv_status (*fill)(void *context, uint8_t *out, size_t len); /* LV_OK or LV_E_RANDOM */
    void *context;
} lv_rng;

/** The operating system's generator (getrandom). Never NULL. */
const lv_rng *lv_rng_system(void);

/** Fills `out`; on LV_E_RANDOM `out` is zeroed. */
LV_MUST_CHECK lv_status lv_rng_fill(const lv_rng *rng, uint8_t *out, size_t len);

/** How to do a long computation. `{0}` means: the system's randomness, one thread, no progress. */
typedef struct {
    const lv_rng *rng; /* NULL: the system's */
    unsigned threads;  /* 0 counts as 1 */
    void (*progress)(void *context, const char *phase, size_t done, size_t total); /* or NULL */
    void *progress_context; /* calls are serialised, but may come from another thread */
} lv_job;

#ifdef __cplusplus
}
#endif

#endif
