#include "base/reader.h"
#include "base/secret.h"
#include "base/writer.h"
#include "suite/paillier/comb.h"
#include "suite/paillier/internal.h"
#include "suite/paillier/prime.h"
#include <string.h>

static const mp_limb_t SHORT_MARK = 1; /* of a key that was shortened */
static const size_t BLOCK_MAX = LV_PRIME_LIMBS_MAX * sizeof(mp_limb_t);

const lv_paillier_secret *lv_paillier_secret_of(const lv_secret_key *key)
{
    return (const lv_paillier_secret *)key;
}

/* ---- parts ---- */

void lv_paillier_parts_init(lv_paillier_parts *parts)
{
    for (int i = 0; i < 2; i++) {
        mpz_init(parts->p[i]);
        mpz_init(parts->rho[i][0]);
        mpz_init(parts->rho[i][1]);
        parts->generator[i] = 0;
    }
    parts->is_short = false;
}

void lv_paillier_parts_wipe(lv_paillier_parts *parts)
{
    for (int i = 0; i < 2; i++) {
        lv_mpz_wipe(parts->p[i]);
        lv_mpz_wipe(parts->rho[i][0]);
        lv_mpz_wipe(parts->rho[i][1]);
        parts->generator[i] = 0;
    }
}

/* ---- making a key from its parts ---- */

static void copy_limbs(mp_limb_t *out, const mpz_t x)
{
    mpn_copyi(out, mpz_limbs_read(x), (mp_size_t)mpz_size(x));
}

/* side->root = 1/n mod p - 1, as (1 + k (p - 1)) / n with k = -1/(p - 1) mod n: this way the
 * modulus of the inversion is odd, and public. False where n and p - 1 share a factor. */
static bool compute_root(lv_side *side, const mpz_t n)
{
    mp_limb_t k[LV_CRT_LIMBS_MAX];
    mp_limb_t order[LV_CRT_LIMBS_MAX] = {0};
    mp_limb_t number[LV_CRT_LIMBS_MAX + LV_PRIME_LIMBS_MAX];
    mp_limb_t quotient[LV_CRT_LIMBS_MAX + LV_PRIME_LIMBS_MAX];
    mp_limb_t gmp[6 * LV_CRT_LIMBS_MAX];
    mp_size_t n_len = (mp_size_t)mpz_size(n);
    mp_size_t p_len = side->mont.n;
    mp_size_t len = n_len + p_len;

    mpn_copyi(order, side->order, p_len);
    bool coprime = lv_invert(k, order, mpz_limbs_read(n), n_len);
    if (coprime) {
        mpn_sub_n(k, mpz_limbs_read(n), k, n_len);
        mpn_sec_mul(number, k, n_len, side->order, p_len, gmp);
        mpn_sec_add_1(number, number, len, 1, gmp);
        mpn_sec_div_qr(quotient, number, len, mpz_limbs_read(n), n_len, gmp);
        mpn_copyi(side->root, quotient, p_len);
    }
    lv_wipe(k, sizeof k);
    lv_wipe(order, sizeof order);
    lv_wipe(number, sizeof number);
    lv_wipe(quotient, sizeof quotient);
    lv_wipe(gmp, sizeof gmp);
    return coprime;
}

static bool fill_side(lv_side *side, const lv_paillier_parts *parts, int i, const mpz_t n)
{
    lv_mont_init(&side->mont, mpz_limbs_read(parts->p[i]), (mp_size_t)mpz_size(parts->p[i]));
    side->bits = mpz_sizeinbase(parts->p[i], 2);
    mpn_copyi(side->order, side->mont.p, side->mont.n);
    side->order[0] -= 1; /* p is odd */
    copy_limbs(side->rho[0], parts->rho[i][0]);
    copy_limbs(side->rho[1], parts->rho[i][1]);
    side->generator = parts->generator[i];
    side->exponent_bits = side->bits;
    return compute_root(side, n);
}

static bool fill_crt(lv_paillier_secret *key)
{
    mp_limb_t square[2][2 * LV_PRIME_LIMBS_MAX];
    mp_limb_t gmp[4 * LV_PRIME_LIMBS_MAX];
    for (int i = 0; i < 2; i++) {
        mpn_sec_sqr(square[i], key->side[i].mont.p, key->side[i].mont.n, gmp);
    }
    bool coprime = lv_crt_init(&key->primes, key->side[0].mont.p, key->side[0].mont.n,
                               key->side[1].mont.p, key->side[1].mont.n) &&
                   lv_crt_init(&key->squares, square[0], 2 * key->side[0].mont.n, square[1],
                               2 * key->side[1].mont.n);
    lv_wipe(square, sizeof square);
    lv_wipe(gmp, sizeof gmp);
    return coprime;
}

static bool prime_is_usable(const mpz_t p)
{
    return mpz_odd_p(p) && mpz_cmp_ui(p, 3) >= 0 && mpz_size(p) <= LV_PRIME_LIMBS_MAX;
}

static void shorten(lv_paillier_secret *key)
{
    key->is_short = true;
    for (int i = 0; i < 2; i++) {
        if (key->side[i].bits > LV_SHORT_EXPONENT_BITS) {
            key->side[i].exponent_bits = LV_SHORT_EXPONENT_BITS;
        }
    }
}

lv_status lv_paillier_key_shorten(lv_secret_key *key, lv_error *err)
{
    lv_paillier_secret *mine = (lv_paillier_secret *)key;
    pthread_mutex_lock(&mine->lock);
    bool fresh = mine->comb[0] == NULL;
    if (fresh) {
        shorten(mine);
    }
    pthread_mutex_unlock(&mine->lock);
    return fresh ? LV_OK
                 : lv_fail(err, LV_E_ARGUMENT,
                           "a paillier key that has encrypted cannot be shortened any more");
}

bool lv_paillier_key_is_short(const lv_secret_key *key)
{
    return lv_paillier_secret_of(key)->is_short;
}

lv_status lv_paillier_key_new(const lv_paillier_parts *parts, lv_secret_key **out, lv_error *err)
{
    *out = NULL;
    if (!prime_is_usable(parts->p[0]) || !prime_is_usable(parts->p[1])) {
        return lv_fail(err, LV_INVALID, "paillier secret key: p or q is no odd prime in range");
    }
    lv_paillier_secret *key = lv_secret_alloc(sizeof *key);
    if (key == NULL) {
        return LV_E_MEMORY;
    }
    pthread_mutex_init(&key->lock, NULL);
    key->base.suite = &lv_suite_paillier;

    mpz_t n;
    mpz_init(n);
    mpz_mul(n, parts->p[0], parts->p[1]);
    lv_status status = lv_paillier_public_new(n, &key->public_key);
    if (status == LV_OK) {
        key->base.public_key = &key->public_key->base;
        if (!fill_side(&key->side[0], parts, 0, n) || !fill_side(&key->side[1], parts, 1, n) ||
            !fill_crt(key)) {
            status = lv_fail(err, LV_INVALID,
                             "paillier secret key: n and (p - 1)(q - 1) share a factor");
        }
        if (parts->is_short) {
            shorten(key);
        }
    }
    mpz_clear(n);
    if (status != LV_OK) {
        lv_paillier_key_free(&key->base);
        return status;
    }
    *out = &key->base;
    return LV_OK;
}

void lv_paillier_key_free(lv_secret_key *key)
{
    lv_paillier_secret *mine = (lv_paillier_secret *)key;
    lv_comb_free(mine->comb[0]);
    lv_comb_free(mine->comb[1]);
    if (mine->public_key != NULL) {
        lv_paillier_public_free(&mine->public_key->base);
    }
    pthread_mutex_destroy(&mine->lock);
    lv_secret_free(mine);
}

lv_status lv_paillier_key_from_primes(lv_bytes p, lv_bytes q, lv_secret_key **out, lv_error *err)
{
    *out = NULL;
    if (p.len > BLOCK_MAX || q.len > BLOCK_MAX) {
        return lv_fail(err, LV_E_LIMIT, "paillier primes have at most %zu bytes", BLOCK_MAX);
    }
    lv_paillier_parts parts;
    lv_paillier_parts_init(&parts);
    lv_paillier_read(parts.p[0], p);
    lv_paillier_read(parts.p[1], q);

    lv_status status = LV_OK;
    for (int i = 0; i < 2; i++) {
        if (mpz_probab_prime_p(parts.p[i], 64) == 0) {
            status = lv_fail(err, LV_INVALID, "paillier secret key: p or q is no prime");
            break;
        }
        /* p - 1 = 2 u * 1 * 1 can be factored where it is small */
        mpz_set_ui(parts.rho[i][0], 1);
        mpz_set_ui(parts.rho[i][1], 1);
        parts.generator[i] = lv_prime_generator(parts.p[i], parts.rho[i]);
        if (parts.generator[i] == 0) {
            mpz_set_ui(parts.rho[i][0], 0);
            mpz_set_ui(parts.rho[i][1], 0);
        }
    }
    if (status == LV_OK) {
        status = lv_paillier_key_new(&parts, out, err);
    }
    lv_paillier_parts_wipe(&parts);
    return status;
}

/* ---- encoding ---- */

static lv_status write_number(lv_buffer *out, const mp_limb_t *x, mp_size_t len)
{
    mpz_t view;
    mpz_roinit_n(view, x, len);
    size_t bytes = mpz_sgn(view) == 0 ? 0 : (mpz_sizeinbase(view, 2) + 7) / 8;
    lv_status status = lv_write_u32(out, (uint32_t)bytes);
    return status != LV_OK ? status : lv_paillier_write(out, view, bytes);
}

lv_status lv_paillier_key_encode(const lv_secret_key *key, lv_buffer *secret)
{
    const lv_paillier_secret *mine = lv_paillier_secret_of(key);
    size_t start = secret->len;
    lv_status status = LV_OK;
    for (int i = 0; i < 2 && status == LV_OK; i++) {
        status = write_number(secret, mine->side[i].mont.p, mine->side[i].mont.n);
    }
    for (int i = 0; i < 2 && status == LV_OK; i++) {
        const lv_side *side = &mine->side[i];
        mp_limb_t generator = side->generator;
        for (int j = 0; j < 2 && status == LV_OK; j++) {
            status = write_number(secret, side->rho[j], side->mont.n);
        }
        if (status == LV_OK) {
            status = write_number(secret, &generator, 1);
        }
    }
    if (status == LV_OK && mine->is_short) {
        const mp_limb_t mark = SHORT_MARK;
        status = write_number(secret, &mark, 1);
    }
    if (status != LV_OK && secret->data != NULL) {
        lv_wipe(secret->data + start, secret->len - start);
        secret->len = start;
    }
    return status;
}

static bool read_number(lv_reader *reader, mpz_t x)
{
    lv_bytes bytes = lv_read_block(reader, BLOCK_MAX);
    if (bytes.len > 0 && bytes.data[0] == 0) {
        return false;
    }
    lv_paillier_read(x, bytes);
    return true;
}

static bool read_limb(lv_reader *reader, uint64_t *value)
{
    mpz_t x;
    mpz_init(x);
    bool good = read_number(reader, x) && mpz_size(x) <= 1;
    *value = good ? mpz_get_ui(x) : 0;
    mpz_clear(x);
    return good;
}

/* Either all three are known and p - 1 is a multiple of 2 rho1 rho2, or none is. */
static bool factors_agree(const lv_paillier_parts *parts, int i)
{
    const mpz_t *rho = parts->rho[i];
    if (parts->generator[i] == 0) {
        return mpz_sgn(rho[0]) == 0 && mpz_sgn(rho[1]) == 0;
    }
    mpz_t product;
    mpz_t order;
    mpz_init(product);
    mpz_init(order);
    mpz_mul(product, rho[0], rho[1]);
    mpz_sub_ui(order, parts->p[i], 1);
    bool agree = mpz_sgn(product) != 0 && mpz_divisible_p(order, product) != 0 &&
                 mpz_cmp_ui(parts->p[i], parts->generator[i]) > 0;
    lv_mpz_wipe(product);
    lv_mpz_wipe(order);
    return agree;
}

static lv_status read_parts(lv_bytes secret, lv_paillier_parts *parts)
{
    lv_reader reader = lv_reader_of(secret);
    bool good = read_number(&reader, parts->p[0]) && read_number(&reader, parts->p[1]);
    for (int i = 0; i < 2 && good; i++) {
        good = read_number(&reader, parts->rho[i][0]) && read_number(&reader, parts->rho[i][1]) &&
               read_limb(&reader, &parts->generator[i]);
    }
    if (good && reader.left > 0) {
        uint64_t mark = 0;
        good = read_limb(&reader, &mark) && mark == SHORT_MARK;
        parts->is_short = good;
    }
    good = good && lv_reader_end(&reader) == LV_OK && factors_agree(parts, 0) &&
           factors_agree(parts, 1);
    return good ? LV_OK : LV_E_SYNTAX;
}

lv_status lv_paillier_key_decode_sized(lv_bytes secret, unsigned bits_min, lv_secret_key **out,
                                       lv_error *err)
{
    *out = NULL;
    lv_paillier_parts parts;
    lv_paillier_parts_init(&parts);
    lv_status status = read_parts(secret, &parts);
    if (status != LV_OK) {
        lv_fail(err, status, "paillier secret key: %zu bytes do not hold one", secret.len);
    } else {
        status = lv_paillier_key_new(&parts, out, err);
    }
    if (status == LV_OK) {
        unsigned bits = lv_key_public(*out)->key_bits;
        if (bits < bits_min || bits > LV_PAILLIER_BITS_MAX) {
            status =
                lv_fail(err, LV_INVALID, "paillier secret key: n has %u bits; %u to %u are allowed",
                        bits, bits_min, LV_PAILLIER_BITS_MAX);
            lv_paillier_key_free(*out);
            *out = NULL;
        }
    }
    lv_paillier_parts_wipe(&parts);
    return status;
}

lv_status lv_paillier_key_decode(lv_bytes secret, lv_secret_key **out, lv_error *err)
{
    return lv_paillier_key_decode_sized(secret, LV_PAILLIER_BITS_MIN, out, err);
}
