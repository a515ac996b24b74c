/** The key proof of suite `paillier` (docs/protocol.md section 6): gcd(n, phi(n)) = 1, so that
 *  n-th powers are one to one and every ciphertext decrypts to one number.
 *
 *  Goldberg, Reyzin, Sagga, Baldimtsi, Efficient Noninteractive Certification of RSA Moduli and
 *  Beyond, ASIACRYPT 2019, the protocol for Paillier keys: alpha = 2^16, m = 128 / 16 = 8.
 * Challenges rho_0 .. rho_7 are drawn by hashing; the proof is their n-th roots sigma_i modulo n.
 * The verifier checks sigma_i^n = rho_i mod n and that n has no prime factor below alpha. If gcd(n,
 * phi(n)) > 1, its least prime factor is a factor of n, so at least alpha, and at most one rho in
 * alpha has a root: the error is below alpha^-8 = 2^-128.
 *
 *  rho_i = int_be(lv_transcript_expand(seed, i), bytes of n + 16 bytes) mod n, with the domain
 *  "lotveil/v1/proof/paillier-key". Proof: sigma_0 .. sigma_7, each as long as n. */
#include "base/parallel.h"
#include "proof/proofs.h"
#include "proof/transcript.h"
#include "suite/paillier/paillier.h"
#include <stdlib.h>

enum { CHALLENGES = 8, ALPHA = 1 << 16, EXTRA = 16 /* bytes: reducing is uniform to 2^-128 */ };

static const char DOMAIN[] = "lotveil/v1/proof/paillier-key";

/* Sets rho[0 .. CHALLENGES - 1], initialised by the caller. */
static lv_status draw_challenges(const lv_public_key *key, const lv_proof_context *context,
                                 mpz_t *rho)
{
    uint8_t seed[LV_SEED_LEN];
    size_t len = lv_paillier_bytes(key) + EXTRA;
    uint8_t *bytes = malloc(len);
    lv_status status = bytes != NULL ? lv_transcript_seed(DOMAIN, context, key, seed) : LV_E_MEMORY;
    for (uint32_t i = 0; i < CHALLENGES && status == LV_OK; i++) {
        status = lv_transcript_expand(seed, i, bytes, len);
        if (status == LV_OK) {
            lv_paillier_read(rho[i], (lv_bytes){.data = bytes, .len = len});
            mpz_fdiv_r(rho[i], rho[i], lv_paillier_n(key));
        }
    }
    free(bytes);
    return status;
}

static void init_all(mpz_t *numbers)
{
    for (int i = 0; i < CHALLENGES; i++) {
        mpz_init(numbers[i]);
    }
}

static void clear_all(mpz_t *numbers)
{
    for (int i = 0; i < CHALLENGES; i++) {
        lv_mpz_wipe(numbers[i]); /* roots that did not check are secret */
    }
}

/* A fault while computing one root would give p away (gcd(sigma^n - rho, n)). One exponentiation
 * over the products sees it: (prod sigma)^n = prod rho. */
static bool roots_are_sound(const lv_public_key *key, mpz_t *sigma, mpz_t *rho)
{
    mpz_t left;
    mpz_t right;
    mpz_init_set_ui(left, 1);
    mpz_init_set_ui(right, 1);
    for (int i = 0; i < CHALLENGES; i++) {
        mpz_mul(left, left, sigma[i]);
        mpz_fdiv_r(left, left, lv_paillier_n(key));
        mpz_mul(right, right, rho[i]);
        mpz_fdiv_r(right, right, lv_paillier_n(key));
    }
    bool sound = lv_paillier_is_power(key, left, right, false);
    mpz_clear(left);
    mpz_clear(right);
    return sound;
}

typedef struct {
    const lv_secret_key *key;
    mpz_t *rho;
    mpz_t *sigma;
} proving;

static lv_status take_root(void *context, size_t i)
{
    const proving *work = context;
    return lv_paillier_root(work->key, work->sigma[i], work->rho[i]);
}

lv_status lv_paillier_key_prove(const lv_secret_key *key, const lv_proof_context *context,
                                const lv_job *job, lv_buffer *proof, lv_error *err)
{
    const lv_public_key *public_key = lv_key_public(key);
    mpz_t rho[CHALLENGES];
    mpz_t sigma[CHALLENGES];
    proving work = {.key = key, .rho = rho, .sigma = sigma};
    size_t start = proof->len;
    init_all(rho);
    init_all(sigma);

    lv_status status = draw_challenges(public_key, context, rho);
    if (status == LV_OK) {
        status = lv_parallel_for(job, "key proof", CHALLENGES, take_root, &work);
    }
    if (status == LV_OK && !roots_are_sound(public_key, sigma, rho)) {
        status = LV_E_CRYPTO;
    }
    for (int i = 0; i < CHALLENGES && status == LV_OK; i++) {
        status = lv_paillier_write(proof, sigma[i], lv_paillier_bytes(public_key));
    }
    clear_all(rho);
    clear_all(sigma);
    if (status != LV_OK) {
        proof->len = start;
        return lv_fail(err, status, "the key proof could not be made%s",
                       status == LV_E_CRYPTO ? ": its roots do not check" : "");
    }
    return LV_OK;
}

static bool has_small_factor(mpz_srcptr n)
{
    mpz_t product;
    mpz_init(product);
    mpz_primorial_ui(product, ALPHA);
    mpz_gcd(product, product, n);
    bool has = mpz_cmp_ui(product, 1) != 0;
    mpz_clear(product);
    return has;
}

static lv_status check_roots(const lv_public_key *key, mpz_t *rho, lv_bytes proof, lv_error *err)
{
    size_t len = lv_paillier_bytes(key);
    lv_status status = LV_OK;
    mpz_t sigma;
    mpz_init(sigma);
    for (size_t i = 0; i < CHALLENGES && status == LV_OK; i++) {
        lv_paillier_read(sigma, (lv_bytes){.data = proof.data + i * len, .len = len});
        if (mpz_sgn(sigma) == 0 || mpz_cmp(sigma, lv_paillier_n(key)) >= 0) {
            status = lv_fail(err, LV_INVALID, "key proof: root %zu is outside 1 .. n - 1", i);
        } else if (!lv_paillier_is_power(key, sigma, rho[i], false)) {
            status =
                lv_fail(err, LV_INVALID,
                        "key proof: root %zu is not that of its challenge; the proof belongs to "
                        "another key or record, or the key is bad",
                        i);
        }
    }
    mpz_clear(sigma);
    return status;
}

lv_status lv_paillier_key_verify(const lv_public_key *key, const lv_proof_context *context,
                                 lv_bytes proof, lv_error *err)
{
    if (proof.len != CHALLENGES * lv_paillier_bytes(key)) {
        return lv_fail(err, LV_INVALID, "key proof: %zu bytes instead of %zu", proof.len,
                       CHALLENGES * lv_paillier_bytes(key));
    }
    /* That n is odd, composite and no perfect power was checked when it was decoded. */
    if (has_small_factor(lv_paillier_n(key))) {
        return lv_fail(err, LV_INVALID, "key proof: n has a prime factor below 2^16");
    }
    mpz_t rho[CHALLENGES];
    init_all(rho);
    lv_status status = draw_challenges(key, context, rho);
    if (status == LV_OK) {
        status = check_roots(key, rho, proof, err);
    }
    clear_all(rho);
    return status;
}
