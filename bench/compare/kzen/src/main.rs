//! The published comparison with kzen-paillier, encrypting as the holder of the key, which its API
//! makes faster. It has no subtraction; an inverse takes its place, which is faster than its
//! multiplication by n - 1. Prints what compare.py wants to know, once for a key of so many bits.
use cpu_time::ProcessTime;
use curv::arithmetic::traits::{Modulo, One, Zero};
use kzen_paillier::*;

const WIDTH: usize = 32;

fn bit(value: u32, column: usize) -> BigInt {
    BigInt::from(value >> (WIDTH - 1 - column) & 1)
}

/// Formulas (1) and (2).
fn combine(ek: &EncryptionKey, x: &[BigInt], y: &[BigInt], w: &[BigInt]) -> Vec<BigInt> {
    let add = |a: &BigInt, b: &BigInt| -> BigInt {
        let (a, b) = (RawCiphertext::from(a.clone()), RawCiphertext::from(b.clone()));
        Paillier::add(ek, a, b).into()
    };
    let one = &ek.n + BigInt::one();
    let minus_one = BigInt::mod_inv(&one, &ek.nn).expect("invertible");
    let mut sum = BigInt::one();
    let mut rise = Vec::new();
    let mut fall = Vec::new();
    for i in 0..WIDTH {
        let minus_y = BigInt::mod_inv(&y[i], &ek.nn).expect("invertible");
        let z = add(&add(&x[i], &minus_y), &sum);
        rise.push(add(&z, &one));
        fall.push(add(&z, &minus_one));
        let three = RawPlaintext::from(BigInt::from(3));
        let w3: BigInt = Paillier::mul(ek, RawCiphertext::from(w[i].clone()), three).into();
        sum = add(&sum, &w3);
    }
    rise.extend(fall);
    rise
}

fn main() {
    let bits = std::env::args().nth(1).and_then(|b| b.parse().ok()).expect("bits of n");
    let (x, y) = (0x1234_5678u32, 0x1234_9678u32);
    let mut at = ProcessTime::now();
    let mut phases = Vec::new();
    let mut lap = |name: &str| {
        phases.push(format!("\"{name}\": {}", at.elapsed().as_secs_f64()));
        at = ProcessTime::now();
    };
    let (ek, dk) = Paillier::keypair_with_modulus_size(bits).keys();
    lap("keygen");
    let cells: Vec<BigInt> = [x, y, x ^ y]
        .iter()
        .flat_map(|v| (0..WIDTH).map(move |i| bit(*v, i)))
        .map(|m| Paillier::encrypt(&dk, RawPlaintext::from(m)).into())
        .collect();
    lap("encrypt");
    let z = combine(&ek, &cells[..WIDTH], &cells[WIDTH..2 * WIDTH], &cells[2 * WIDTH..]);
    lap("combine");
    let plain: Vec<BigInt> = z
        .iter()
        .map(|c| Paillier::decrypt(&dk, RawCiphertext::from(c.clone())).into())
        .collect();
    lap("zero_test");
    let place = (x ^ y).leading_zeros() as usize + if x < y { 0 } else { WIDTH };
    assert!(plain.iter().enumerate().all(|(i, m)| (*m == BigInt::zero()) == (i == place)));
    println!("{{\"rounds\": 1, \"pairs\": 1, \"phases\": {{{}}}}}", phases.join(", "));
}
