"""The independent model checks what three real nodes published, bought, asked and answered, from exported
JSON alone: ciphertexts, combined z, proofs, digests, signatures, certificates."""

import base64
import copy
import hashlib
import json
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harness")]

from cluster import Cluster  # noqa: E402
from model import p256, paillier, wire  # noqa: E402

WIDTH = 16
VALUES = [45, 41, 41, 76, 132, 0, (1 << WIDTH) - 1, 132]  # fall, equal, rise, rise, extremes, fall


class Untrue(AssertionError):
    pass


def require(condition, words):
    if not condition:
        raise Untrue(words)


def sha256(data):
    return hashlib.sha256(data).digest()


class Envelope:
    """A Signed of the export, checked: certificate under the organisation's root, signature, canonical form."""

    def __init__(self, export, kind, message, root, author):
        self.raw = base64.b64decode(export["signed"])
        signed = wire.unpack("Signed", self.raw)
        require(wire.pack("Signed", signed) == self.raw, f"{kind}: not canonical")
        require(signed["kind"] == kind, f"{kind}: kind is {signed['kind']}")
        certificate = p256.Certificate(signed["certificate"])
        require(root.issued(certificate), f"{kind}: certificate is not of the organisation's root")
        domain = f"lotveil/v1/{kind}".encode() + b"\0"
        require(p256.verify(certificate.point, domain + signed["body"], signed["signature"]),
                f"{kind}: signature does not hold")
        self.body = wire.unpack(message, signed["body"])
        require(wire.pack(message, self.body) == signed["body"], f"{kind}: body not canonical")
        require(self.body["author"] == author, f"{kind}: author")
        self.digest = sha256(self.raw)


class SetCheck:
    """Everything about one set."""

    def __init__(self, export, roots, exchange_export, secret, x, y):
        self.export, self.roots = export, roots
        quality = Envelope(export["quality"], "quality", "Quality", roots["b"], "BMSP")
        xor = Envelope(export["xor"], "xor", "Xor", roots["b"], "BMSP")
        self.q, self.x = quality.body, xor.body
        self.key = paillier.PublicKey(self.q["public_key"])
        self.records(xor)
        self.key_proof()
        self.ciphertexts(secret, x, y)
        self.combined()
        self.exchange(exchange_export, xor, x, y)

    def records(self, xor):
        q, x = self.q, self.x
        require(q["channel"] == "quality" and x["channel"] == "xor", "channels")
        for field in ("series", "sequence", "suite", "width", "public_key", "author"):
            require(q[field] == x[field], f"records disagree on {field}")
        require(q["xor_digest"] == xor.digest, "digest of the XOR record")
        require(x["binding"] == paillier.binding(q["public_key"], q["x"], q["y"]), "binding")
        require(self.key.set_id.hex() == self.export["set_id"], "set id")
        require(len(q["pairs"]) == x["pairs"], "number of pairs")

    def key_proof(self):
        context = {"channel": self.q["channel"], "downstream": "BMSP", "upstream": "",
                   "series": self.q["series"], "sequence": self.q["sequence"], "pair": 0}
        require(paillier.key_proof_holds(self.key, context, self.q["key_proof"]), "key proof")

    def ciphertexts(self, secret, x, y):
        width, rows = self.q["width"], len(self.q["pairs"])
        self.matrices = {name: self.key.matrix(data, rows, width) for name, data in
                         (("x", self.q["x"]), ("y", self.q["y"]), ("w", self.x["w"]))}
        require(secret.n == self.key.n, "secret key")
        first = self.matrices["x"][0][-1]
        require(secret.decrypt_as_printed(first) == secret.decrypt(first), "formulas (4) and (5)")
        for name, value in (("x", x), ("y", y), ("w", x ^ y)):
            plain = [secret.decrypt(c) for c in self.matrices[name][0]]
            require(plain == paillier.bits(value, width), f"bits of {name}")
        everything = [c for m in self.matrices.values() for c in m[0]]
        require(len(set(everything)) == len(everything), "a ciphertext stands twice")
        self.secret = secret

    def combined(self):
        x, y, w = (self.matrices[name][0] for name in "xyw")
        self.z = {f: paillier.combine(self.key.n, x, y, w, f) for f in (0, 1, 2)}
        data, self.digest = paillier.z_digest(self.key, 0, self.z[1], self.z[2], self.z[0])
        found = self.export["combined"][0]
        require(bytes.fromhex(found["encoding"]) == data, "combined vectors")
        require(bytes.fromhex(found["digest"]) == self.digest, "digest of the combined vectors")

    def exchange(self, export, xor, x, y):
        receipt = Envelope(export["receipt"], "receipt", "Receipt", self.roots["s"], "SMSP").body
        require(receipt["set_id"] == self.key.set_id and receipt["xor_digest"] == xor.digest
                and receipt["buyer"] == "AMSP", "receipt")
        found = export["exchanges"][0]
        inquiry = Envelope(found["inquiry"], "inquiry", "Inquiry", self.roots["a"], "AMSP")
        answer = Envelope(found["answer"], "answer", "Answer", self.roots["b"], "BMSP").body
        require(inquiry.body["z_digest"] == self.digest, "digest asked about")
        require(answer["inquiry_digest"] == inquiry.digest, "answer to another inquiry")
        require((answer["set_id"], answer["pair"], answer["upstream"]) ==
                (self.key.set_id, 0, "AMSP"), "answer about something else")
        formula, index = paillier.verdict(x, y, self.q["width"])
        require((answer["formula"], answer["index"]) == (formula, index), "verdict")
        plain = {f: [self.secret.decrypt(c) for c in self.z[f]] for f in self.z}
        require([(f, i) for f in plain for i, m in enumerate(plain[f]) if m == 0] ==
                [(formula, index)], "exactly one zero")
        rho = int.from_bytes(answer["proof"], "big")
        require(len(answer["proof"]) * 2 == self.key.size and 0 < rho < self.key.n, "form of rho")
        require(pow(rho, self.key.n, self.key.square) == self.z[formula][index], "rho^n = z")


def changed(export, *path):
    """A copy in which one hexadecimal digit or one base64 letter in the middle of a value differs."""
    copied = copy.deepcopy(export)
    at = copied
    for step in path[:-1]:
        at = at[step]
    text = at[path[-1]]
    middle = len(text) // 2
    at[path[-1]] = text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1:]
    return copied


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Cluster(width=WIDTH, decimals=0, series="wear") as cluster:
            cluster.start()
            cluster.publish([(i + 1, f"LOT-{i + 1}", v) for i, v in enumerate(VALUES)])
            cluster.verdicts(len(VALUES) - 1)
            cls.roots = {who: p256.Certificate(p256.pem(cluster.authority(who).read_text()))
                         for who in "abs"}
            ids = [s["set_id"] for s in cluster.get("b", "/v1/sets")["sets"]]
            cls.own = [cluster.json("b", "export", i, "--secret-key") for i in ids]
            cls.bought = [cluster.json("a", "export", i) for i in ids]

    def secret(self, export):
        data = base64.b64decode(export["secret_key"])
        primes, at = [], 0
        for _ in range(2):
            size = int.from_bytes(data[at:at + 4], "big")
            primes.append(int.from_bytes(data[at + 4:at + 4 + size], "big"))
            at += 4 + size
        return paillier.SecretKey(*primes)

    def check(self, i, own=None, bought=None):
        own = own or self.own[i]
        return SetCheck(own, self.roots, bought or self.bought[i], self.secret(self.own[i]),
                        VALUES[i], VALUES[i + 1])

    def test_every_set(self):
        for i in range(len(VALUES) - 1):
            with self.subTest(values=VALUES[i:i + 2]):
                self.check(i)

    def test_upstream_and_downstream_hold_the_same(self):
        for own, bought in zip(self.own, self.bought):
            for key in ("quality", "xor", "combined", "set_id"):
                self.assertEqual(own[key], bought[key])
            self.assertNotIn("secret_key", bought)

    def test_masks_and_primes(self):
        """Each key is fresh, and of the form that docs/soundness.md claims."""
        moduli = [self.secret(export).n for export in self.own]
        self.assertEqual(len(set(moduli)), len(moduli))
        for export in self.own:
            secret = self.secret(export)
            self.assertEqual(secret.p.bit_length(), secret.q.bit_length())
            self.assertEqual(secret.n.bit_length(), 2048)
            self.assertTrue(paillier.is_prime(secret.p) and paillier.is_prime(secret.q))

    def test_the_model_notices_changes(self):
        paths = [("quality", "signed"), ("xor", "signed"), ("combined", 0, "encoding"),
                 ("combined", 0, "digest"), ("set_id",)]
        for path in paths:
            with self.subTest(path), self.assertRaises((Untrue, ValueError)):
                self.check(0, own=changed(self.own[0], *path))
        for path in [("receipt", "signed"), ("exchanges", 0, "inquiry", "signed"),
                     ("exchanges", 0, "answer", "signed")]:
            with self.subTest(path), self.assertRaises((Untrue, ValueError)):
                self.check(0, bought=changed(self.bought[0], *path))
        with self.assertRaises(Untrue):  # another set's exchange
            self.check(0, bought=self.bought[1])
        with self.assertRaises(Untrue):  # other values than those encrypted
            SetCheck(self.own[0], self.roots, self.bought[0], self.secret(self.own[0]), 45, 40)


class PublishedExample(unittest.TestCase):
    """Appendix A of the paper, by the model alone."""

    def test_corrected_example_decrypts(self):
        vector = json.loads((HERE.parent / "vectors" / "appendix_a.json").read_text())
        secret = paillier.SecretKey(int(vector["p"]), int(vector["q"]))
        self.assertEqual(secret.n, int(vector["n"]))
        def number(name):
            bits = [secret.decrypt(int(c)) for c in vector["corrected"][name]]
            self.assertLessEqual(set(bits), {0, 1})
            return sum(bit << i for i, bit in enumerate(bits))
        self.assertEqual([number(n) for n in ("T1Q_args", "T2Q_args", "XOR_args")], [11, 10, 1])
        for name, places in vector["misprints"].items():
            for i in range(32):
                plain = secret.decrypt(int(vector["printed"][name][i]))
                self.assertEqual(plain not in (0, 1), i in places)


class Model(unittest.TestCase):
    def test_proposition_1_for_all_pairs_of_six_bits(self):
        for x in range(64):
            for y in range(64):
                bx, by = paillier.bits(x, 6), paillier.bits(y, 6)
                bw = [a ^ b for a, b in zip(bx, by)]
                zeros = [(f, i) for f, c in ((1, 1), (2, -1)) for i in range(6)
                         if bx[i] - by[i] + c + 3 * sum(bw[:i]) == 0]
                zeros += [(0, 0)] if sum(bw) == 0 else []
                self.assertEqual(zeros, [paillier.verdict(x, y, 6)])

    def test_sign_and_verify(self):
        rng = random.Random(3)
        for _ in range(5):
            key = rng.randrange(1, p256.N)
            point = p256.multiply(key, p256.G)
            signature = p256.sign(key, b"lot")
            self.assertTrue(p256.verify(point, b"lot", signature))
            self.assertFalse(p256.verify(point, b"lots", signature))
            self.assertFalse(p256.verify(point, b"lot", p256.sign(key, b"lot", low=False)))


if __name__ == "__main__":
    unittest.main(verbosity=2)
