#include "ct/poison.h"
#include "suite/paillier/internal.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/memcheck.h>

void ct_poison(void *secret, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(secret, len); }

void ct_clear(void *value, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(value, len); }

bool ct_is_secret(const void *value, size_t len)
{
    bool secret = false;
    for (size_t i = 0; i < len; i++) {
        uint8_t marks = 0;
        (void)VALGRIND_GET_VBITS((const uint8_t *)value + i, &marks, 1);
        ct_clear(&marks, sizeof marks);
        secret = secret || marks != 0;
    }
    return secret;
}

static lv_status fill(void *context, uint8_t *out, size_t len)
{
    (void)context;
    lv_status status = lv_rng_fill(NULL, out, len);
    ct_poison(out, len);
    return status;
}

const lv_rng ct_rng = {.fill = fill, .context = NULL};

static void poison_crt(lv_crt *crt)
{
    ct_poison(crt->a, (size_t)crt->a_len * sizeof crt->a[0]);
    ct_poison(crt->b, (size_t)crt->b_len * sizeof crt->b[0]);
    ct_poison(crt->a_inverse, (size_t)crt->b_len * sizeof crt->a_inverse[0]);
}

static void poison_dual(lv_dual *x, size_t n)
{
    ct_poison(x->low, n * sizeof x->low[0]);
    ct_poison(x->high, n * sizeof x->high[0]);
}

/* All but lengths, which follow from the size of the key, and n. */
static void paillier_key_poison(lv_secret_key *key)
{
    lv_paillier_secret *mine = (lv_paillier_secret *)key;
    for (int i = 0; i < 2; i++) {
        lv_side *side = &mine->side[i];
        size_t n = (size_t)side->mont.n;
        size_t len = n * sizeof(mp_limb_t);
        ct_poison(&side->mont.inverse, sizeof side->mont.inverse);
        ct_poison(side->mont.p, len);
        poison_dual(&side->mont.r2, n);
        poison_dual(&side->mont.one, n);
        ct_poison(side->order, len);
        ct_poison(side->root, len);
        ct_poison(side->rho, sizeof side->rho);
        ct_poison(&side->generator, sizeof side->generator);
    }
    poison_crt(&mine->primes);
    poison_crt(&mine->squares);
}

/* The suites whose key generation claims no constant time. */
static const struct {
    const char *suite;
    void (*poison)(lv_secret_key *key);
} SEARCHED[] = {{"paillier", paillier_key_poison}};

lv_status ct_key_make(const lv_suite *suite, unsigned key_bits, lv_secret_key **out)
{
    void (*poison)(lv_secret_key *key) = NULL;
    for (size_t i = 0; i < sizeof SEARCHED / sizeof SEARCHED[0]; i++) {
        if (strcmp(SEARCHED[i].suite, lv_suite_name(suite)) == 0) {
            poison = SEARCHED[i].poison;
        }
    }
    const lv_job job = {.rng = poison == NULL ? &ct_rng : NULL};
    lv_status status = lv_key_generate(suite, key_bits, &job, out, NULL);
    if (status == LV_OK && poison != NULL) {
        poison(*out);
    }
    return status;
}

unsigned ct_errors(void)
{
    if (!RUNNING_ON_VALGRIND) {
        (void)fputs("this must run under valgrind\n", stderr);
        exit(EXIT_FAILURE);
    }
    return VALGRIND_COUNT_ERRORS;
}
