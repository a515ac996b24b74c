#include "base/secret.h"
#include <errno.h>
#include <lotveil/job.h>
#include <sys/random.h>

static lv_status system_fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    while (len > 0) {
        ssize_t got = getrandom(out, len, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return LV_E_RANDOM;
        }
        out += got;
        len -= (size_t)got;
    }
    return LV_OK;
}

const lv_rng *lv_rng_system(void)
{
    static const lv_rng system_rng = {.fill = system_fill, .context = NULL};
    return &system_rng;
}

lv_status lv_rng_fill(const lv_rng *rng, uint8_t *out, size_t len)
{
    const lv_rng *source = rng != NULL ? rng : lv_rng_system();
    lv_status status = source->fill(source->context, out, len);
    if (status != LV_OK) {
        lv_wipe(out, len);
    }
    return status;
}
