#include "base/declassify.h"
#include "base/parallel.h"
#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "suite/paillier/comb.h"
#include "suite/paillier/internal.h"
#include <stdlib.h>

/* A mask is an n-th residue modulo n^2, drawn modulo p^2 and modulo q^2 on their own (comb.h) and
 * joined by the Chinese remainder theorem: uniform, unless the key was shortened. */

/* Limbs drawn beyond the size of p - 1, so that reducing modulo p - 1 is uniform to 2^-128. */
enum { EXTRA_LIMBS = 2 };

static lv_status random_exponent(const lv_side *side, mp_limb_t *e, const lv_rng *rng)
{
    if (side->exponent_bits < side->bits) { /* below 2^512 < p - 1 */
        mp_size_t limbs = (mp_size_t)side->exponent_bits / GMP_NUMB_BITS;
        mpn_zero(e, side->mont.n);
        return lv_rng_fill(rng, (uint8_t *)e, (size_t)limbs * sizeof(mp_limb_t));
    }
    mp_limb_t drawn[LV_PRIME_LIMBS_MAX + EXTRA_LIMBS];
    mp_size_t len = side->mont.n + EXTRA_LIMBS;
    lv_status status = lv_rng_fill(rng, (uint8_t *)drawn, (size_t)len * sizeof(mp_limb_t));
    if (status == LV_OK) {
        lv_reduce(e, drawn, len, side->order, side->mont.n);
    }
    lv_wipe(drawn, sizeof drawn);
    return status;
}

/* An n-th residue modulo p^2, in 2 n limbs. */
static lv_status random_residue(const lv_paillier_secret *key, int i, mp_limb_t *residue,
                                const lv_rng *rng)
{
    const lv_side *side = &key->side[i];
    mp_limb_t e[LV_PRIME_LIMBS_MAX];
    lv_status status = random_exponent(side, e, rng);
    if (status == LV_OK) {
        lv_dual power;
        lv_mont_scratch scratch;
        lv_comb_power(key->comb[i], side, &power, e, &scratch);
        lv_dual_to_limbs(&side->mont, residue, &power, &scratch);
        lv_wipe(&power, sizeof power);
        lv_wipe(&scratch, sizeof scratch);
    }
    lv_wipe(e, sizeof e);
    return status;
}

lv_status lv_paillier_mask(const lv_paillier_secret *key, mp_limb_t *mask, const lv_rng *rng)
{
    mp_limb_t residue[2][2 * LV_PRIME_LIMBS_MAX];
    lv_status status = random_residue(key, 0, residue[0], rng);
    if (status == LV_OK) {
        status = random_residue(key, 1, residue[1], rng);
    }
    if (status == LV_OK) {
        lv_crt_join(&key->squares, mask, residue[0], residue[1]);
    }
    lv_wipe(residue, sizeof residue);
    return status;
}

typedef struct {
    const lv_paillier_secret *key;
    size_t uses;
    lv_comb **combs;
} preparation;

static lv_status make_comb(void *context, size_t i)
{
    const preparation *job = context;
    return lv_comb_make(&job->key->side[i], job->uses, &job->combs[i]);
}

static lv_status make_combs(lv_paillier_secret *key, size_t masks, const lv_job *job)
{
    lv_job silent = {.threads = job != NULL ? job->threads : 1};
    preparation work = {.key = key, .uses = masks, .combs = key->comb};
    lv_status status = LV_OK;

    pthread_mutex_lock(&key->lock);
    if (key->comb[0] == NULL) {
        status = lv_parallel_for(&silent, "tables", 2, make_comb, &work);
        if (status != LV_OK) {
            lv_comb_free(key->comb[0]);
            lv_comb_free(key->comb[1]);
            key->comb[0] = NULL;
            key->comb[1] = NULL;
        }
    }
    pthread_mutex_unlock(&key->lock);
    return status;
}

lv_status lv_paillier_masks_ready(const lv_secret_key *key, size_t masks, const lv_job *job,
                                  lv_error *err)
{
    /* The key is const to callers: what it means does not change, and the lock keeps other threads
     * out. */
    lv_paillier_secret *mine = (lv_paillier_secret *)(uintptr_t)key;
    bool known = (mine->side[0].generator != 0) & (mine->side[1].generator != 0);
    lv_declassify(&known, sizeof known); /* whoever holds a key may know whether it encrypts */
    if (!known) {
        return lv_fail(err, LV_E_ARGUMENT,
                       "this paillier key decrypts only: it was made from bare primes");
    }
    return make_combs(mine, masks, job);
}

/* ---- masks made ahead ---- */

/* Encoding: u32 count, the encoded public key, then the masks, each as long as a ciphertext. */

typedef struct {
    lv_masks base;
    lv_paillier_public *public_key;
    const lv_paillier_secret *key; /* while they are made */
    const lv_rng *rng;
    mp_size_t limbs; /* of a mask */
    mp_limb_t *cells;
} paillier_masks;

static paillier_masks *masks_of(const lv_masks *masks)
{
    return (paillier_masks *)(uintptr_t)masks;
}

static lv_status masks_new(const mpz_t n, size_t count, paillier_masks **out)
{
    *out = NULL;
    paillier_masks *masks = calloc(1, sizeof *masks);
    if (masks == NULL) {
        return LV_E_MEMORY;
    }
    lv_status status = lv_paillier_public_new(n, &masks->public_key);
    if (status == LV_OK) {
        masks->limbs = masks->public_key->limbs;
        masks->cells = lv_secret_alloc(count * (size_t)masks->limbs * sizeof(mp_limb_t));
        masks->base = (lv_masks){
            .suite = &lv_suite_paillier, .public_key = &masks->public_key->base, .count = count};
        status = masks->cells != NULL ? LV_OK : LV_E_MEMORY;
    }
    if (status != LV_OK) {
        lv_paillier_masks_free(&masks->base);
        return status;
    }
    *out = masks;
    return LV_OK;
}

void lv_paillier_masks_free(lv_masks *masks)
{
    paillier_masks *mine = masks_of(masks);
    lv_secret_free(mine->cells);
    if (mine->public_key != NULL) {
        lv_paillier_public_free(&mine->public_key->base);
    }
    free(mine);
}

static lv_status make_mask(void *context, size_t i)
{
    const paillier_masks *masks = context;
    mp_limb_t mask[LV_CIPHER_LIMBS_MAX]; /* p^2 and q^2 may take a limb more than n^2 */
    lv_status status = lv_paillier_mask(masks->key, mask, masks->rng);
    if (status == LV_OK) {
        mpn_copyi(masks->cells + i * (size_t)masks->limbs, mask, masks->limbs);
    }
    lv_wipe(mask, sizeof mask);
    return status;
}

lv_status lv_paillier_masks_make(const lv_secret_key *key, size_t count, const lv_job *job,
                                 lv_masks **out, lv_error *err)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    paillier_masks *masks = NULL;
    lv_status status = lv_paillier_masks_ready(key, count, job, err);
    if (status == LV_E_ARGUMENT) {
        return status;
    }
    if (status == LV_OK) {
        status = masks_new(mine->public_key->n, count, &masks);
    }
    if (status == LV_OK) {
        masks->key = mine;
        masks->rng = job != NULL ? job->rng : NULL;
        status = lv_parallel_for(job, "masks", count, make_mask, masks);
        masks->key = NULL;
    }
    if (status != LV_OK) {
        if (masks != NULL) {
            lv_paillier_masks_free(&masks->base);
        }
        return lv_fail(err, status, "cannot make masks: %s",
                       status == LV_E_RANDOM ? "the random generator failed" : "out of memory");
    }
    *out = &masks->base;
    return LV_OK;
}

mp_limb_t *lv_paillier_masks_take(lv_masks *masks, size_t count)
{
    const paillier_masks *mine = masks_of(masks);
    mp_limb_t *cells = mine->cells + masks->used * (size_t)mine->limbs;
    masks->used += count;
    return cells;
}

/* ---- encoding ---- */

/* Limbs, least significant first, as `len` bytes, big endian: all of them, whatever their value. */
static lv_status write_mask(lv_buffer *out, const mp_limb_t *mask, mp_size_t limbs, size_t len)
{
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, len, &place);
    for (size_t i = 0; i < len && status == LV_OK; i++) {
        size_t limb = i / sizeof *mask;
        mp_limb_t value = limb < (size_t)limbs ? mask[limb] : 0;
        place[len - 1 - i] = (uint8_t)(value >> (8 * (i % sizeof *mask)));
    }
    return status;
}

static void read_mask(mp_limb_t *mask, mp_size_t limbs, lv_bytes bytes)
{
    for (size_t i = 0; i < bytes.len && i / sizeof *mask < (size_t)limbs; i++) {
        mask[i / sizeof *mask] |= (mp_limb_t)bytes.data[bytes.len - 1 - i]
                                  << (8 * (i % sizeof *mask));
    }
}

lv_status lv_paillier_masks_encode(const lv_masks *masks, lv_buffer *secret)
{
    const paillier_masks *mine = masks_of(masks);
    size_t bytes = mine->public_key->bytes;
    size_t start = secret->len;
    lv_status status = lv_write_u32(secret, (uint32_t)lv_masks_left(masks));
    if (status == LV_OK) {
        status = lv_paillier_public_encode(&mine->public_key->base, secret);
    }
    for (size_t i = masks->used; i < masks->count && status == LV_OK; i++) {
        status = write_mask(secret, mine->cells + i * (size_t)mine->limbs, mine->limbs, 2 * bytes);
    }
    if (status != LV_OK && secret->data != NULL) {
        lv_wipe(secret->data + start, secret->len - start);
        secret->len = start;
    }
    return status;
}

/* 1 where all masks are below n^2 */
static mp_limb_t in_range(const paillier_masks *masks, const mpz_t n2)
{
    mp_limb_t below = 1;
    mp_limb_t rest[LV_CIPHER_LIMBS_MAX];
    for (size_t i = 0; i < masks->base.count; i++) {
        below &= mpn_sub_n(rest, masks->cells + i * (size_t)masks->limbs, mpz_limbs_read(n2),
                           masks->limbs);
    }
    lv_wipe(rest, sizeof rest);
    return below;
}

/* The n of a public key that was written here. */
static lv_status read_owner(lv_reader *reader, mpz_t n)
{
    uint32_t bits = lv_read_u32(reader);
    lv_bytes digits = lv_read_bytes(reader, ((size_t)bits + 7) / 8);
    lv_paillier_read(n, digits);
    bool good = !reader->failed && bits <= LV_PAILLIER_BITS_MAX && mpz_odd_p(n) != 0 &&
                mpz_sizeinbase(n, 2) == bits;
    return good ? LV_OK : LV_E_SYNTAX;
}

static lv_status read_masks(lv_reader *reader, size_t count, paillier_masks *masks)
{
    for (size_t i = 0; i < count; i++) {
        read_mask(masks->cells + i * (size_t)masks->limbs, masks->limbs,
                  lv_read_bytes(reader, 2 * masks->public_key->bytes));
    }
    mp_limb_t below = in_range(masks, masks->public_key->n2);
    lv_declassify(&below, sizeof below); /* those that were made here are: else refused aloud */
    return below != 0 ? LV_OK : LV_INVALID;
}

lv_status lv_paillier_masks_decode(lv_bytes secret, lv_masks **out, lv_error *err)
{
    lv_reader reader = lv_reader_of(secret);
    paillier_masks *masks = NULL;
    mpz_t n;
    mpz_init(n);
    size_t count = lv_read_u32(&reader);
    lv_status status = count <= LV_MASKS_MAX ? read_owner(&reader, n) : LV_E_SYNTAX;
    if (status == LV_OK && reader.left != count * 2 * ((mpz_sizeinbase(n, 2) + 7) / 8)) {
        status = LV_E_SYNTAX;
    }
    if (status == LV_OK) {
        status = masks_new(n, count, &masks);
    }
    if (status == LV_OK) {
        status = read_masks(&reader, count, masks);
    }
    mpz_clear(n);
    if (status != LV_OK) {
        if (masks != NULL) {
            lv_paillier_masks_free(&masks->base);
        }
        return lv_fail(err, status, "paillier masks: %zu bytes do not hold any", secret.len);
    }
    *out = &masks->base;
    return LV_OK;
}
