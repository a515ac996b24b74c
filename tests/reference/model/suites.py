"""The suites by their names, each a module with the same names in it: WEIGHS, PublicKey, secret_key,
key_proof_holds, zero_proof_holds, one_of_holds, range_holds, bits_proof_holds."""

from . import paillier, ristretto, rlwe

SUITES = {"paillier": paillier, "ristretto255": ristretto, "rlwe1024": rlwe}
