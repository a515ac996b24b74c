#include "base/reader.h"
#include "base/writer.h"
#include "suite/paillier/internal.h"
#include <stdlib.h>

const lv_paillier_public *lv_paillier_public_of(const lv_public_key *key)
{
    return (const lv_paillier_public *)key;
}

mpz_srcptr lv_paillier_n(const lv_public_key *key) { return lv_paillier_public_of(key)->n; }

mpz_srcptr lv_paillier_n2(const lv_public_key *key) { return lv_paillier_public_of(key)->n2; }

size_t lv_paillier_bytes(const lv_public_key *key) { return lv_paillier_public_of(key)->bytes; }

lv_status lv_paillier_public_new(const mpz_t n, lv_paillier_public **out)
{
    *out = NULL;
    lv_paillier_public *key = calloc(1, sizeof *key);
    if (key == NULL) {
        return LV_E_MEMORY;
    }
    size_t bits = mpz_sizeinbase(n, 2);
    key->base = (lv_public_key){.suite = &lv_suite_paillier, .key_bits = (unsigned)bits};
    mpz_init_set(key->n, n);
    mpz_init(key->n2);
    mpz_mul(key->n2, n, n);
    key->bytes = (bits + 7) / 8;
    key->limbs = (mp_size_t)mpz_size(key->n2);
    *out = key;
    return LV_OK;
}

void lv_paillier_public_free(lv_public_key *key)
{
    lv_paillier_public *mine = (lv_paillier_public *)key;
    mpz_clear(mine->n);
    mpz_clear(mine->n2);
    free(mine);
}

void lv_paillier_read(mpz_t x, lv_bytes bytes) { mpz_import(x, bytes.len, 1, 1, 1, 0, bytes.data); }

lv_status lv_paillier_write(lv_buffer *out, const mpz_t x, size_t len)
{
    uint8_t *place = NULL;
    lv_status status = lv_buffer_extend(out, len, &place);
    if (status != LV_OK) {
        return status;
    }
    size_t used = mpz_sgn(x) == 0 ? 0 : (mpz_sizeinbase(x, 2) + 7) / 8;
    if (used > len) {
        out->len -= len;
        return LV_E_ARGUMENT;
    }
    mpz_export(place + (len - used), NULL, 1, 1, 1, 0, x);
    return LV_OK;
}

lv_status lv_paillier_public_encode(const lv_public_key *key, lv_buffer *out)
{
    const lv_paillier_public *mine = lv_paillier_public_of(key);
    lv_status status = lv_write_u32(out, mine->base.key_bits);
    return status != LV_OK ? status : lv_paillier_write(out, mine->n, mine->bytes);
}

/* What n cannot be, whatever its key proof says. */
static lv_status check_modulus(const mpz_t n, lv_error *err)
{
    const char *wrong = NULL;
    if (mpz_even_p(n)) {
        wrong = "even";
    } else if (mpz_perfect_power_p(n) != 0) {
        wrong = "a perfect power";
    } else if (mpz_probab_prime_p(n, 1) != 0) {
        wrong = "a prime";
    }
    return wrong == NULL ? LV_OK : lv_fail(err, LV_INVALID, "paillier public key: n is %s", wrong);
}

lv_status lv_paillier_public_decode_sized(lv_bytes bytes, unsigned bits_min, lv_public_key **out,
                                          lv_error *err)
{
    *out = NULL;
    lv_reader reader = lv_reader_of(bytes);
    uint32_t bits = lv_read_u32(&reader);
    if (!reader.failed && (bits < bits_min || bits > LV_PAILLIER_BITS_MAX)) {
        return lv_fail(err, LV_INVALID, "paillier public key: n has %u bits; %u to %u are allowed",
                       (unsigned)bits, bits_min, LV_PAILLIER_BITS_MAX);
    }
    lv_bytes digits = lv_read_bytes(&reader, ((size_t)bits + 7) / 8);
    if (lv_reader_end(&reader) != LV_OK) {
        return lv_fail(err, LV_INVALID, "paillier public key: %zu bytes do not hold an n",
                       bytes.len);
    }
    mpz_t n;
    mpz_init(n);
    lv_paillier_read(n, digits);
    lv_status status = LV_OK;
    if (mpz_sgn(n) == 0 || mpz_sizeinbase(n, 2) != bits) {
        status = lv_fail(err, LV_INVALID, "paillier public key: n has not the %u bits it announces",
                         (unsigned)bits);
    } else {
        status = check_modulus(n, err);
    }
    if (status == LV_OK) {
        lv_paillier_public *key = NULL;
        status = lv_paillier_public_new(n, &key);
        *out = key != NULL ? &key->base : NULL;
    }
    mpz_clear(n);
    return status;
}

lv_status lv_paillier_public_decode(lv_bytes bytes, lv_public_key **out, lv_error *err)
{
    return lv_paillier_public_decode_sized(bytes, LV_PAILLIER_BITS_MIN, out, err);
}
