"""The independent model checks what three real nodes published, bought, asked and answered, from exported
JSON alone: ciphertexts, combined z, proofs, digests, signatures, certificates. Run by ctest for every suite."""

import base64
import copy
import json
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harness")]

from cluster import KEY_BITS, SUITE, Cluster  # noqa: E402
from model import compare, p256, paillier, ristretto, rlwe, wire  # noqa: E402
from model.compare import sha256  # noqa: E402
from model.suites import SUITES  # noqa: E402

WIDTH = 16
VALUES = [45, 41, 41, 76, 132, 0, (1 << WIDTH) - 1, 132]  # fall, equal, rise, rise, extremes, fall


class Untrue(AssertionError):
    pass


def require(condition, words):
    if not condition:
        raise Untrue(words)


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
        self.export, self.roots, self.secret = export, roots, secret
        quality = Envelope(export["quality"], "quality", "Quality", roots["b"], "BMSP")
        xor = Envelope(export["xor"], "xor", "Xor", roots["b"], "BMSP")
        self.q, self.x = quality.body, xor.body
        self.suite = SUITES[self.q["suite"]]
        self.key = self.suite.PublicKey(self.q["public_key"])
        self.records(xor)
        require(self.suite.key_proof_holds(self.key, self.context(""), self.q["key_proof"]),
                "key proof")
        self.ciphertexts(x, y)
        self.bit_proofs()
        self.combined(x, y)
        self.exchange(exchange_export, xor, x, y)

    def records(self, xor):
        q, x = self.q, self.x
        require(q["channel"] == "quality" and x["channel"] == "xor", "channels")
        for field in ("series", "sequence", "suite", "width", "public_key", "author"):
            require(q[field] == x[field], f"records disagree on {field}")
        require(q["xor_digest"] == xor.digest, "digest of the XOR record")
        require(x["binding"] == compare.binding(q["public_key"], q["x"], q["y"]), "binding")
        require(self.key.set_id.hex() == self.export["set_id"], "set id")
        require(len(q["pairs"]) == x["pairs"], "number of pairs")

    def context(self, upstream):
        """What proofs about pair 0 are bound to."""
        return {"channel": self.q["channel"], "downstream": "BMSP", "upstream": upstream,
                "series": self.q["series"], "sequence": self.q["sequence"], "pair": 0}

    def ciphertexts(self, x, y):
        width, rows = self.q["width"], len(self.q["pairs"])
        encoded = {"x": self.q["x"], "y": self.q["y"], "w": self.x["w"]}
        self.matrices = {name: self.key.matrix(data, rows, width)
                         for name, data in encoded.items()}
        require(self.secret.public == self.key.encoded, "secret key")
        for name, value in (("x", x), ("y", y), ("w", x ^ y)):
            bits = compare.bits(value, width)
            matrix = self.matrices[name]
            require(self.secret.plain_row(matrix, 0) == bits, f"bits of {name}")
            if self.suite is rlwe:  # the seed leaves nothing open
                require(self.secret.encrypt(matrix.nonce, [bits], width) == matrix.b,
                        f"{name} is not what its key and nonce make")
        if self.suite is paillier:
            first = self.matrices["x"][0][-1]
            require(self.secret.decrypt_as_printed(first) == self.secret.decrypt(first),
                    "formulas (4) and (5)")
        masks = [m.nonce for m in self.matrices.values()] if self.suite is rlwe else \
            [cell for m in self.matrices.values() for cell in m[0]]
        require(len(set(masks)) == len(masks), "a ciphertext stands twice")

    def bit_proofs(self):
        """Those that the records have; another suite has none."""
        x, y, w = (self.matrices[name] for name in "xyw")
        proofs = {"values": (self.q["bit_proof"], [x, y]), "xor": (self.x["w_proof"], [w]),
                  "both": (self.x["both_proof"], [x, y, w])}
        for statement, (proof, matrices) in proofs.items():
            require(not proof or self.suite is ristretto, f"a bit proof of {statement}")
            require(not proof or ristretto.bits_hold(self.key, self.context(""), statement,
                                                     [m[0] for m in matrices], proof),
                    f"bit proof of {statement}")

    def combined(self, x, y):
        x_bits, y_bits = (compare.bits(value, self.q["width"]) for value in (x, y))
        matrices = [self.matrices[name] for name in "xyw"]
        self.z = {f: self.key.combine(*matrices, 0, f) for f in (0, 1, 2)}
        self.plain = {f: self.secret.plain_vector(vector) for f, vector in self.z.items()}
        for formula, plain in self.plain.items():
            require(plain == compare.plain_z(x_bits, y_bits, formula), f"formula ({formula})")
        data, self.digest = compare.z_digest(self.key.set_id, 0,
                                             *(self.z[f].encoding for f in (1, 2, 0)))
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
        formula, index = compare.verdict(x, y, self.q["width"])
        require((answer["formula"], answer["index"]) == (formula, index), "verdict")
        zeros = [(f, i) for f, plain in self.plain.items() for i, z in enumerate(plain) if z == 0]
        require(zeros == [(formula, index)], "exactly one zero")
        self.proof(answer["proof"], formula, index)

    def proof(self, proof, formula, index):
        def holds(key, context, vector, place):
            return self.suite.zero_proof_holds(key, context, vector, place, proof)
        context, vector = self.context("AMSP"), self.z[formula]
        require(holds(self.key, context, vector, index), "zero proof")
        if self.suite is rlwe:
            return
        other = self.z[1 if formula == 2 else 2]
        require(not holds(self.key, context, other, index), "the proof shows too much")
        if self.suite is ristretto:
            for change in ({"upstream": "SMSP"}, {"pair": 1}, {"series": "war"},
                           {"sequence": self.q["sequence"] + 1}, {"downstream": "AMSP"},
                           {"channel": "xor"}):
                require(not holds(self.key, {**context, **change}, vector, index),
                        f"the proof is not bound to {list(change)}")


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
        return SUITES[SUITE].secret_key(base64.b64decode(export["secret_key"]))

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

    def test_keys(self):
        """Each key is fresh, and of the form that docs/soundness.md claims."""
        keys = [self.secret(export) for export in self.own]
        self.assertEqual(len({key.public for key in keys}), len(keys))
        for key in keys if SUITE == "paillier" else []:
            self.assertEqual(key.p.bit_length(), key.q.bit_length())
            self.assertEqual(key.n.bit_length(), KEY_BITS[SUITE])
            for prime, (first, second, generator) in key.factors.items():
                self.assertTrue(all(map(paillier.is_prime, (prime, first, second))))
                self.assertEqual((prime - 1) % (2 * first * second), 0)
                for factor in (2, first, second):
                    self.assertNotEqual(pow(generator, (prime - 1) // factor, prime), 1)

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


@unittest.skipUnless(SUITE == "paillier", "it is of Paillier")
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
                bx, by = compare.bits(x, 6), compare.bits(y, 6)
                zeros = [(f, i) for f in (0, 1, 2)
                         for i, z in enumerate(compare.plain_z(bx, by, f)) if z == 0]
                self.assertEqual(zeros, [compare.verdict(x, y, 6)])

    def test_sign_and_verify(self):
        rng = random.Random(3)
        for _ in range(5):
            key = rng.randrange(1, p256.N)
            point = p256.multiply(key, p256.G)
            signature = p256.sign(key, b"lot")
            self.assertTrue(p256.verify(point, b"lot", signature))
            self.assertFalse(p256.verify(point, b"lots", signature))
            self.assertFalse(p256.verify(point, b"lot", p256.sign(key, b"lot", low=False)))

    def test_multiples_of_the_generator(self):
        """RFC 9496, appendix A.1: the first and the last of the list; A.2: some that are no points."""
        self.assertEqual(ristretto.encode(ristretto.IDENTITY), bytes(32))
        self.assertEqual(
            ristretto.encode(ristretto.multiply(2, ristretto.BASE)).hex(),
            "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919")
        self.assertEqual(
            ristretto.encode(ristretto.multiply(15, ristretto.BASE)).hex(),
            "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e")
        self.assertEqual(ristretto.encode(ristretto.multiply(ristretto.L - 1, ristretto.BASE)),
                         ristretto.encode(ristretto.negate(ristretto.BASE)))
        for bad in ("00" + "ff" * 31, "ff" * 31 + "7f", "ed" + "ff" * 30 + "7f", "01" + "00" * 31,
                    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371"):
            with self.subTest(bad), self.assertRaises(ValueError):
                ristretto.decode(bytes.fromhex(bad))

    def test_one_way_map(self):
        """RFC 9496, appendix A.3: the first of the list."""
        data = bytes.fromhex("5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c1"
                             "4d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6")
        self.assertEqual(ristretto.encode(ristretto.one_way_map(data)).hex(),
                         "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46")

    CONTEXT = {"channel": "quality", "downstream": "BMSP", "upstream": "", "series": "moisture",
               "sequence": 7, "pair": 0}

    def holds_and_nothing_else_does(self, proof, holds):
        """holds(proof, context); the proof itself does, and no change of it or of its context."""
        self.assertTrue(holds(proof, self.CONTEXT))
        rng = random.Random(5)
        for at in {0, 31, 32, len(proof) - 1, *rng.sample(range(len(proof)), 4)}:
            changed = bytearray(proof)
            changed[at] ^= 1
            self.assertFalse(holds(bytes(changed), self.CONTEXT), f"byte {at}")
        for changed in (b"", proof[:-32], proof + bytes(32), bytes(len(proof))):
            self.assertFalse(holds(changed, self.CONTEXT))
        for change in ({"pair": 1}, {"series": "wear"}, {"upstream": "AMSP"}, {"sequence": 8}):
            self.assertFalse(holds(proof, {**self.CONTEXT, **change}), change)

    def test_proofs_that_were_made_elsewhere(self):
        """The seeds of the fuzzers: of the bits 0 and 1, each proof after three bytes of its own."""
        folder = HERE.parent / "fuzz"
        secret = ristretto.SecretKey((folder / "keys" / "ristretto255.key").read_bytes())
        key = ristretto.PublicKey(secret.public)
        row, = key.matrix((folder / "keys" / "ristretto255.bits").read_bytes(), 1, 2)
        self.assertEqual([secret.plain(cell) for cell in row], [0, 1])
        ones = [row[1], row[1]]

        def proof(name):
            return (folder / "corpus" / "proof" / f"ristretto255-{name}").read_bytes()[3:]
        self.holds_and_nothing_else_does(proof("zero"), lambda p, c: ristretto.zero_proof_holds(
            key, c, ristretto.Vector(row), 0, p))
        self.holds_and_nothing_else_does(proof("one-of"), lambda p, c: ristretto.one_of_holds(
            key, c, row, p))
        self.assertFalse(ristretto.one_of_holds(key, self.CONTEXT, ones, proof("one-of")))
        self.holds_and_nothing_else_does(proof("range"), lambda p, c: ristretto.range_holds(
            key, c, row[1], 1, 2, p))
        self.assertFalse(ristretto.range_holds(key, self.CONTEXT, row[0], 1, 2, proof("range")))

    def test_bit_proofs(self):
        """Of x = 101, y = 110, their xor, and a distance of 011, made by the suite."""
        vector = json.loads((HERE.parent / "vectors" / "ristretto255_bits.json").read_text())
        data = {name: bytes.fromhex(value) for name, value in vector.items()}
        key = ristretto.PublicKey(data["public_key"])
        x, y, w = (key.matrix(data[name], 1, 3)[0] for name in "xyw")
        subjects = {"values": [x, y], "xor": [w], "both": [x, y, w], "distance": [w]}
        for name, rows in subjects.items():
            with self.subTest(name):
                self.holds_and_nothing_else_does(data[name], lambda p, c: ristretto.bits_hold(
                    key, c, name, rows, p))
                # of other ciphertexts: one that encrypts a bit as well, and one that does not
                for cell in (y[2], ristretto.plus(x[0], x[0])):
                    changed = [[cell, *rows[0][1:]], *rows[1:]]
                    self.assertFalse(ristretto.bits_hold(key, self.CONTEXT, name, changed,
                                                         data[name]))
        self.assertFalse(ristretto.bits_hold(key, self.CONTEXT, "distance", [w], data["xor"]))

    def test_chacha20(self):
        """The stream of zeros, from the author's test vectors."""
        self.assertEqual(rlwe.stream_bytes(bytes(32), 0, 16).hex(),
                         "76b8e0ada0f13d90405d6ae55386bd28")

    def test_ring(self):
        """Values by definition; and the product by the schoolbook, T^1024 being -1."""
        rng = random.Random(7)
        a, s = ([rng.randrange(rlwe.Q) for _ in range(rlwe.N)] for _ in range(2))
        values = rlwe.to_values(a)
        for j in (0, 1, 6, 1023):
            point = pow(rlwe.PSI, 2 * rlwe.reverse(j) + 1, rlwe.Q)
            self.assertEqual(values[j], sum(c * pow(point, i, rlwe.Q)
                                            for i, c in enumerate(a)) % rlwe.Q)
        product = rlwe.to_coefficients(
            [u * v % rlwe.Q for u, v in zip(values, rlwe.to_values(s))])
        for place in (0, 1, 500, 1023):
            wanted = sum(a[i] * s[place - i] * (1 if i <= place else -1) for i in range(rlwe.N))
            self.assertEqual(product[place], wanted % rlwe.Q)

    def test_rlwe_pairs_of_every_block(self):
        """All places of a ciphertext, and those of the next."""
        rng = random.Random(11)
        for width, pairs in ((32, 18), (62, 9)):
            secret = rlwe.SecretKey(bytes(range(32)))
            values = [[rng.randrange(1 << width) for _ in range(pairs)] for _ in range(2)]
            values.append([a ^ b for a, b in zip(*values)])
            matrices = []
            for number, column in enumerate(values):
                nonce, rows = bytes([number]) * 32, [compare.bits(v, width) for v in column]
                packed = rlwe.pack(secret.encrypt(nonce, rows, width))
                matrices.append(rlwe.Matrix(nonce + packed, pairs, width))
            key = rlwe.PublicKey(secret.public)
            for pair in range(pairs):
                bits = [compare.bits(column[pair], width) for column in values]
                self.assertEqual([secret.plain_row(m, pair) for m in matrices], bits)
                for formula in (0, 1, 2):
                    vector = key.combine(*matrices, pair, formula)
                    self.assertEqual(secret.plain_vector(vector),
                                     compare.plain_z(bits[0], bits[1], formula))


if __name__ == "__main__":
    unittest.main(verbosity=2)
