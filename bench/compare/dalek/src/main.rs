//! Lifted ElGamal on ristretto255 by curve25519-dalek, as the holder of the key best does it: both
//! points of a ciphertext from the table of the base point, made as halves and encoded as doubles
//! in one batch. Prints what compare.py wants to know, seconds being the least of all rounds.
use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_POINT as G, RISTRETTO_BASEPOINT_TABLE as TABLE};
use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::Identity;
use curve25519_dalek::{RistrettoPoint, Scalar};
use cpu_time::ProcessTime;
use std::time::{Duration, Instant};

const WIDTH: usize = 32;
const PHASES: [&str; 5] = ["keygen", "encrypt", "read", "combine", "zero_test"];

type Pair = (RistrettoPoint, RistrettoPoint);

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0u8; N];
    getrandom::fill(&mut bytes).expect("the random generator failed");
    bytes
}

fn bit(value: u32, column: usize) -> u64 {
    u64::from(value >> (WIDTH - 1 - column) & 1)
}

/// Encodings of C1 and C2 of the bits of x, y and w.
fn encrypt(secret: &Scalar, half: &Scalar, values: [u32; 3]) -> Vec<CompressedRistretto> {
    let mut halves = Vec::with_capacity(6 * WIDTH);
    for value in values {
        for column in 0..WIDTH {
            let r = Scalar::from_bytes_mod_order_wide(&random());
            halves.push(TABLE * &r);
            halves.push(TABLE * &(r * secret + Scalar::from(bit(value, column)) * half));
        }
    }
    RistrettoPoint::double_and_compress_batch(&halves)
}

fn read(encoded: &[CompressedRistretto]) -> Vec<Pair> {
    encoded
        .chunks(2)
        .map(|c| (c[0].decompress().expect("a point"), c[1].decompress().expect("a point")))
        .collect()
}

/// Formulas (1) and (2), which differ in a constant.
fn combine(cells: &[Pair]) -> Vec<Pair> {
    let (x, rest) = cells.split_at(WIDTH);
    let (y, w) = rest.split_at(WIDTH);
    let mut sum = (RistrettoPoint::identity(), RistrettoPoint::identity());
    let mut rise = Vec::with_capacity(2 * WIDTH);
    let mut fall = Vec::with_capacity(WIDTH);
    for i in 0..WIDTH {
        let z = (x[i].0 - y[i].0 + sum.0, x[i].1 - y[i].1 + sum.1);
        rise.push((z.0, z.1 + G));
        fall.push((z.0, z.1 - G));
        sum = (sum.0 + (w[i].0 + (w[i].0 + w[i].0)), sum.1 + (w[i].1 + (w[i].1 + w[i].1)));
    }
    rise.extend(fall);
    rise
}

fn zero_tests(secret: &Scalar, z: &[Pair]) -> Vec<bool> {
    z.iter().map(|c| secret * c.0 == c.1).collect()
}

fn round(least: &mut [Duration; 5], half: &Scalar) {
    let x = u32::from_le_bytes(random());
    let y = u32::from_le_bytes(random());
    let mut at = ProcessTime::now();
    let mut phase = 0;
    let mut lap = || {
        least[phase] = least[phase].min(at.elapsed());
        phase += 1;
        at = ProcessTime::now();
    };
    let secret = Scalar::from_bytes_mod_order_wide(&random());
    let public = (TABLE * &secret).compress();
    lap();
    let encoded = encrypt(&secret, half, [x, y, x ^ y]);
    lap();
    let cells = read(&encoded);
    lap();
    let z = combine(&cells);
    lap();
    let zeros = zero_tests(&secret, &z);
    lap();
    let place = (x ^ y).leading_zeros() as usize + if x < y { 0 } else { WIDTH };
    assert!(public.decompress().is_some());
    assert!(zeros.iter().enumerate().all(|(i, zero)| *zero == (x != y && i == place)));
}

fn main() {
    let half = Scalar::from(2u64).invert();
    let mut least = [Duration::MAX; 5];
    let mut rounds = 0;
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        round(&mut least, &half);
        rounds += 1;
    }
    let phases: Vec<String> = PHASES
        .iter()
        .zip(least)
        .map(|(name, seconds)| format!("\"{name}\": {}", seconds.as_secs_f64()))
        .collect();
    println!("{{\"rounds\": {rounds}, \"pairs\": 1, \"phases\": {{{}}}}}", phases.join(", "));
}
