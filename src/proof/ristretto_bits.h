/** The bit proofs of suite `ristretto255` (docs/protocol.md section 7): that each of N cells
 *  (C1_i, C2_i) of one row encrypts u b_i with b_i in {0, 1}, which is C2_i = s C1_i + u b_i G for
 *  the s with P = s G. One argument for all cells: a vector commitment to the bits (Pedersen's, in
 *  the form of Bootle, Cerulli, Chaidos, Ghadafi, Groth, Petit, ESORICS 2015), the products
 *  b_i (1 - b_i) taken together by powers of y (Groth and Kohlweiss, EUROCRYPT 2015; Buenz, Bootle,
 *  Boneh, Poelstra, Wuille, Maxwell, S&P 2018), and the ciphertexts by random weights.
 *  G, H_0, H_1 .. are those of lv_generators. Claim E4 of docs/soundness.md says why it holds.
 *
 *      statement          cells                                            u
 *      LV_BITS_VALUES     the row of x, then the row of y: N = 2 k         1
 *      LV_BITS_XOR        the row of w: N = k                              1
 *      LV_BITS_BOTH       x_i + y_i - w_i, point by point: N = k           2
 *      LV_BITS_DISTANCE   the row of d: N = k                              1
 *
 *      h0 = SHA-256(seed || u32be u || u32be N || the encoded rows of x, y, w, d that the
 *                   statement speaks of, in this order)
 *      B = beta H_0 + sum b_i H_i      A = alpha H_0 + sum a_i H_i
 *      h1 = SHA-256(h0 || B || A)
 *      h01 = SHA-256(h1 of VALUES || h1 of XOR), h23 = SHA-256(h1 of BOTH || h1 of DISTANCE),
 *      where h1 is 32 zero bytes for what is not proved beside it; root = SHA-256(h01 || h23)
 *      y = 48 bytes mod L from SHAKE256(h1 || u32be 1)
 *      sigma_1 .. sigma_k, rho = 16 bytes each, one after another from SHAKE256(root || u32be 1)
 *      sigma_(k + i) = rho sigma_i     i = 1 .. k, where N = 2 k
 *      U = sum sigma_i C1_i            V = sum sigma_i C2_i
 *      t1 = sum y^i a_i (1 - 2 b_i)    t0 = - sum y^i a_i^2                i = 1 .. N
 *      T1 = t1 G + tau1 H_0            T0 = t0 G + tau0 H_0
 *      AG = k G                        AV = k U + u (sum sigma_i a_i) G
 *      h2 = SHA-256(h1 || root || T1 || T0 || AG || AV)
 *      e = 48 bytes mod L from SHAKE256(h2 || u32be 1)
 *      f_i = a_i + e b_i   zB = alpha + e beta   tau = tau0 + e tau1   z = k + e s
 *
 *  seed is that of transcript.h under a domain of the statement's own, with the number of the row
 *  as `pair`. A row's part is B, A, T1, T0, AG, AV, f_1 .. f_N, zB, tau, z, and the path from h1 to
 *  the root (the other h1 of its pair, then the other of h01 and h23): 32 (11 + N) bytes;
 *  points canonical and not the identity, numbers little endian and below L; the proof is the parts
 *  of all rows. It holds where
 *
 *      e B + A   = sum f_i H_i + zB H_0
 *      e T1 + T0 = (sum y^i f_i (e - f_i)) G + tau H_0
 *      e P + AG  = z G
 *      e V + AV  = z U + u (sum sigma_i f_i) G
 *
 *  Statements about one pair share sigma, and so the sums over the rows of x, y and w that make U
 *  and V: who checks several takes each sum once, and that of x + y - w follows from them. */
#ifndef LV_PROOF_RISTRETTO_BITS_H
#define LV_PROOF_RISTRETTO_BITS_H

#include "proof/proofs.h"
#include "proof/transcript.h"
#include "suite/ristretto/ristretto.h"

enum {
    LV_BITS_MATRICES = 3,             /* that one statement speaks of, at most */
    LV_BITS_CELLS = 2 * LV_WIDTH_MAX, /* of one row, at most */
    LV_BITS_POINTS = 6,               /* of a row's part, first of all */
    LV_BITS_NUMBERS = 3,              /* after f_1 .. f_N */
    LV_BITS_STATEMENTS = 4,
    LV_BITS_PATH = 2,        /* digests from h1 to the root */
    LV_BITS_WEIGHT_LEN = 16, /* bytes of a random weight */
};

/** Places of points in a row's part. */
enum { LV_BITS_B, LV_BITS_A, LV_BITS_T1, LV_BITS_T0, LV_BITS_AG, LV_BITS_AV };

/** What is to be shown, for all rows. Borrows all. */
typedef struct {
    lv_bits_statement statement;
    const char *domain;
    const char *words; /* what it speaks of, for a person */
    const lv_matrix *matrix[LV_BITS_MATRICES];
    unsigned place[LV_BITS_MATRICES]; /* of each among x, y, w, d */
    size_t matrices;
    bool joined; /* cells are x + y - w, of which u = 2 */
    const lv_public_key *key;
    const lv_proof_context *context;
    size_t rows;
    unsigned width; /* k */
    size_t cells;   /* N */
    size_t
        sums; /* of k cells each, of which U and V are made: N / k; the second counts rho times */
    size_t part_len; /* bytes of a row's part */
} lv_bits_task;

lv_bits_task lv_bits_task_of(const lv_public_key *key, lv_bits_statement statement,
                             const lv_bits_matrices *of, const lv_proof_context *context);

/** C1_1, C2_1, C1_2 .. of a row of the i-th matrix of a task: 2 k points. */
const lv_point *lv_bits_cells(const lv_bits_task *task, size_t i, size_t row);

/** h0 */
LV_MUST_CHECK lv_status lv_bits_row_digest(const lv_bits_task *task, size_t row,
                                           uint8_t digest[LV_SEED_LEN]);

/** h1, y and its powers. */
typedef struct {
    uint8_t digest[LV_SEED_LEN];
    lv_scalar_factor power[LV_BITS_CELLS]; /* y^(i + 1) */
} lv_bits_first;

/** @param h0      of the row.
 *  @param points  encodings of B and A. */
LV_MUST_CHECK lv_status lv_bits_challenge_first(const lv_bits_task *task,
                                                const uint8_t h0[LV_SEED_LEN],
                                                const uint8_t *points, lv_bits_first *out);

/** What statements about one pair have in common. */
typedef struct {
    uint8_t root[LV_SEED_LEN];
    unsigned width;                /* k */
    lv_scalar sigma[LV_WIDTH_MAX]; /* each below 2^128 */
    lv_scalar rho;                 /* as well */
} lv_bits_weights;

/** The place of a statement's h1 among all. */
size_t lv_bits_leaf(lv_bits_statement statement);

/** The root over h1 of all statements, and the path of each to it. */
LV_MUST_CHECK lv_status lv_bits_tree(uint8_t h1[LV_BITS_STATEMENTS][LV_SEED_LEN],
                                     uint8_t path[LV_BITS_STATEMENTS][LV_BITS_PATH][LV_SEED_LEN],
                                     uint8_t root[LV_SEED_LEN]);

/** The root that a path leads to. @param path  LV_BITS_PATH digests. */
LV_MUST_CHECK lv_status lv_bits_root(const lv_bits_task *task, const uint8_t h1[LV_SEED_LEN],
                                     const uint8_t *path, uint8_t root[LV_SEED_LEN]);

/** Reads a weight, little endian: any number below 2^128. */
void lv_bits_weight(lv_scalar *out, const uint8_t bytes[LV_BITS_WEIGHT_LEN]);

/** Draws sigma and rho. */
LV_MUST_CHECK lv_status lv_bits_weights_of(const uint8_t root[LV_SEED_LEN], unsigned width,
                                           lv_bits_weights *out);

/** sum sigma_i a_i over the N cells of a task, u times. Constant time in `a`. */
void lv_bits_weigh(const lv_bits_task *task, const lv_bits_weights *weights, const lv_scalar *a,
                   lv_scalar *out);

/** h2 and e. @param points  encodings of T1, T0, AG and AV. */
LV_MUST_CHECK lv_status lv_bits_challenge_second(const lv_bits_first *first,
                                                 const uint8_t root[LV_SEED_LEN],
                                                 const uint8_t *points, uint8_t digest[LV_SEED_LEN],
                                                 lv_scalar *e);

#endif
