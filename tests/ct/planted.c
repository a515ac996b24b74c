/* Leaks put here on purpose: the check that finds nothing elsewhere must find these.
 *   planted branch   branches on a secret byte
 *   planted index    reads a table at a place that a secret byte tells
 *   planted power    branches on a power whose exponent is a marked key's: the mark must
 *                    stay through the arithmetic of the library
 *   planted none     uses the secret as one should */
#include "ct/poison.h"
#include "suite/paillier/internal.h"
#include <stdio.h>
#include <string.h>

static volatile unsigned sink;

static void branch(const uint8_t *secret)
{
    if (secret[0] > 100) {
        sink = 1;
    }
}

static void look_up(const uint8_t *secret)
{
    static volatile uint8_t table[256] = {1, 2, 3};
    sink = table[secret[0]];
}

static void select(const uint8_t *secret)
{
    unsigned mask = 0U - (secret[0] & 1U);
    unsigned chosen = (mask & 7U) | (~mask & 9U);
    ct_clear(&chosen, sizeof chosen);
    sink = chosen;
}

/* A power of a public number by the key's order. */
static void power(void)
{
    lv_secret_key *key = NULL;
    if (ct_key_make(lv_suite_find("paillier"), LV_PAILLIER_BITS_MIN, &key) != LV_OK) {
        return;
    }
    const lv_side *side = &lv_paillier_secret_of(key)->side[0];
    lv_mont_scratch scratch;
    lv_dual r = {.low = {2}};
    lv_dual_pow(&side->mont, &r, &r, side->order, (mp_size_t)side->bits, &scratch);
    branch((const uint8_t *)r.low);
    lv_key_free(key);
}

int main(int argc, char **argv)
{
    uint8_t secret[1] = {0};
    const char *kind = argc == 2 ? argv[1] : "";
    if (ct_rng.fill(ct_rng.context, secret, sizeof secret) != LV_OK) {
        return 1;
    }
    if (strcmp(kind, "branch") == 0) {
        branch(secret);
    } else if (strcmp(kind, "index") == 0) {
        look_up(secret);
    } else if (strcmp(kind, "power") == 0) {
        power();
    } else if (strcmp(kind, "none") == 0) {
        select(secret);
    } else {
        (void)fputs("usage: planted branch|index|power|none\n", stderr);
        return 2;
    }
    return 0;
}
