"""The independent model checks what three real nodes published, bought, asked and answered, from exported
JSON alone: ciphertexts, combined z of every question, proofs, digests, signatures, certificates; and notices
every change to them. Run by ctest for every suite."""

import base64
import copy
import json
import pathlib
import random
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "harness")]

from audit import Records, Series, Untrue  # noqa: E402
from cluster import KEY_BITS, SUITE, Cluster  # noqa: E402
from model import compare, p256, paillier, questions, ristretto, rlwe, wire  # noqa: E402
from model.suites import SUITES  # noqa: E402
from rogue import Author  # noqa: E402

WIDTH = 10
OFFSET = -50  # measured from -5.0 in tenths
VALUES = [45, 51, 132, 132, 5, 1023]  # rise by 6, by 81, equal, fall by 127, rise by nearly all
PAIRS = list(zip(VALUES, VALUES[1:]))
LIMITS = [51, 200, 0, 1023, 1022]  # of the later value of each pair: at, below, above, below, above
PAIRS_PER_SET = 2
SERIES = Series("wear", SUITE, WIDTH, {"decimals": 1, "offset": OFFSET})
RECORD_MESSAGES = {"quality": "Quality", "xor": "Xor"}


def measured(value):
    return f"{(value + OFFSET) / 10:.1f}"


def play(cluster, policy):
    """Publishes the values, waits for the index of all, and asks every question that the policy allows.
    -> set ids in their order"""
    path = cluster.dir("b") / "series" / "wear.yaml"
    text = path.read_text().replace('offset: "0"', f'offset: "{measured(0)}"')
    path.write_text(text + policy)
    cluster.start()
    cluster.publish([(i + 1, f"LOT-{i + 1}", measured(v)) for i, v in enumerate(VALUES)])
    cluster.verdicts(len(PAIRS))
    return [s["set_id"] for s in cluster.get("b", "/v1/sets")["sets"]]


def ask_everything(cluster, ids):
    for i, limit in enumerate(LIMITS):
        for asked in (["direction"], ["band"], ["equality"],
                      ["threshold", "--limit", measured(limit)]):
            cluster.json("a", "inquire", ids[i // PAIRS_PER_SET], "--pair",
                         str(i % PAIRS_PER_SET), "--ask", *asked)


def values_of(number):
    """The pairs of a set."""
    return PAIRS[number * PAIRS_PER_SET:][:PAIRS_PER_SET]


def replaced(export, value, *path):
    copied = copy.deepcopy(export)
    at = copied
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value(at[path[-1]])
    return copied


def changed(export, *path):
    """A copy in which one hexadecimal digit or one base64 letter in the middle of a value differs."""
    def change(text):
        middle = len(text) // 2
        return text[:middle] + ("1" if text[middle] != "1" else "2") + text[middle + 1:]
    return replaced(export, change, *path)


def other_values(field, value):
    """What a liar could put in place of a field's value."""
    if isinstance(value, bytes):
        if not value:
            return [b"\0", bytes(64)]
        flipped = [value[:at] + bytes([value[at] ^ 1]) + value[at + 1:]
                   for at in {0, len(value) // 2, len(value) - 1}]
        return [*flipped, b"", value[:-1], value + b"\0"]
    if field == "question":
        return [q for q in range(7) if q != value]
    if field == "formula":
        return [f for f in range(5) if f != value]
    if field == "scale":
        return [None, *({**value, name: value[name] + 1} for name in value)]
    if field == "pairs" and isinstance(value, list):
        return [value[:-1], [*value, value[0]]]
    return [value + 1, 0 if value else 2] if isinstance(value, int) else ["", value + "x"]


def body_of(export):
    """-> kind, fields"""
    signed = wire.unpack("Signed", base64.b64decode(export["signed"]))
    kind = signed["kind"]
    return kind, wire.unpack(kind.capitalize(), signed["body"])


class Liar:
    """Signs changed messages with the keys of the organisations, so that no signature gives it away."""

    def __init__(self, cluster):
        self.authors = {who: Author(cluster, who) for who in "ab"}

    def seal(self, who, kind, fields):
        sealed = self.authors[who].seal(kind, kind.capitalize(), fields)
        return {"signed": base64.b64encode(sealed).decode()}, compare.sha256(sealed)

    def records(self, export, record, change):
        """A changed record, and the other one fitted to it."""
        fields = {kind: body_of(export[kind])[1] for kind in RECORD_MESSAGES}
        fields[record].update(change)
        out = dict(export)
        out["xor"], digest = self.seal("b", "xor", fields["xor"])
        if "xor_digest" not in change:
            fields["quality"]["xor_digest"] = digest
        out["quality"], _ = self.seal("b", "quality", fields["quality"])
        return out

    def exchange(self, export, inquiry=None, answer=None):
        """A changed inquiry or answer; the answer speaks of that inquiry."""
        asked, told = (body_of(export[kind])[1] for kind in ("inquiry", "answer"))
        out = {}
        out["inquiry"], digest = self.seal("a", "inquiry", {**asked, **(inquiry or {})})
        out["answer"], _ = self.seal("b", "answer",
                                     {**told, "inquiry_digest": digest, **(answer or {})})
        return out


class Reference(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with Cluster(width=WIDTH, decimals=1, series="wear", pairs_per_set=PAIRS_PER_SET) as cluster:
            ids = play(cluster, "disclose: [{to: AMSP, allow: [index, band, threshold, equality]}]\n")
            ask_everything(cluster, ids)
            cls.roots = {who: p256.Certificate(p256.pem(cluster.authority(who).read_text()))
                         for who in "abs"}
            cls.own = [cluster.json("b", "export", i, "--secret-key") for i in ids]
            cls.bought = [cluster.json("a", "export", i) for i in ids]
            cls.liar = Liar(cluster)
        cls.secrets = [SUITES[SUITE].secret_key(base64.b64decode(export["secret_key"]))
                       for export in cls.own]
        cls.records = [cls.open(i, cls.own[i]) for i in range(len(ids))]

    @classmethod
    def open(cls, number, export, series=SERIES):
        return Records(export, cls.roots, series, cls.secrets[number], values_of(number))

    def exchange(self, number, question, pair=0):
        for found in self.bought[number]["exchanges"]:
            fields = body_of(found["inquiry"])[1]
            if (fields["question"], fields["pair"]) == (question, pair):
                return found, fields["limit"], body_of(found["answer"])[1]
        raise AssertionError(f"set {number}, pair {pair} was not asked about question {question}")

    def notices(self, check, *arguments, words=""):
        with self.subTest(words), self.assertRaises((Untrue, ValueError)):
            check(*arguments)

    # ---- what is true ----

    def test_every_exchange_of_every_set(self):
        seen = []
        for records, bought in zip(self.records, self.bought):
            records.check_receipt(bought["receipt"])
            asked = [records.check_exchange(found) for found in bought["exchanges"]]
            # the index of all pairs, and whatever else was asked
            self.assertEqual(sorted(map(records.check_export, bought["combined"])), sorted(asked))
            seen += [(question, body_of(found["answer"])[1]["formula"])
                     for (_, question, _), found in zip(asked, bought["exchanges"])]
        self.assertEqual(len(seen), 5 * len(PAIRS))
        wanted = {(q, f) for q in (1, 2, 3, 4) for f in (0, 1, 2)} | {(5, 0), (5, 3)}
        self.assertEqual(set(seen), wanted)  # every answer that there is

    def test_upstream_and_downstream_hold_the_same(self):
        for own, bought in zip(self.own, self.bought):
            for key in ("quality", "xor", "set_id"):
                self.assertEqual(own[key], bought[key])
            for entry in own["combined"]:
                self.assertIn(entry, bought["combined"])
            self.assertNotIn("secret_key", bought)

    def test_keys(self):
        """Each key is fresh, and of the form that docs/soundness.md claims."""
        self.assertEqual(len({key.public for key in self.secrets}), len(self.secrets))
        for key in self.secrets[:1] if SUITE == "paillier" else []:
            self.assertEqual(key.p.bit_length(), key.q.bit_length())
            self.assertEqual(key.n.bit_length(), KEY_BITS[SUITE])
            for prime, (first, second, generator) in key.factors.items():
                self.assertTrue(all(map(paillier.is_prime, (prime, first, second))))
                self.assertEqual((prime - 1) % (2 * first * second), 0)
                for factor in (2, first, second):
                    self.assertNotEqual(pow(generator, (prime - 1) // factor, prime), 1)

    def test_which_proofs_there_are(self):
        """Of ristretto255 all, of paillier those of a zero, of rlwe1024 none; each of its length."""
        bits = {"bit_proof": 11 + 2 * WIDTH, "w_proof": 11 + WIDTH, "both_proof": 11 + WIDTH,
                "d_proof": 11 + WIDTH}
        for number, export in enumerate(self.own):
            fields = {**body_of(export["quality"])[1], **body_of(export["xor"])[1]}
            for name, numbers in bits.items():
                wanted = 32 * numbers * len(values_of(number)) if SUITE == "ristretto255" else 0
                self.assertEqual(len(fields[name]), wanted, name)
        zero = {"ristretto255": 64, "paillier": KEY_BITS[SUITE] // 8, "rlwe1024": 0}[SUITE]
        hidden = 64 * WIDTH if SUITE == "ristretto255" else 0
        for bought in self.bought:
            for found in bought["exchanges"]:
                told = body_of(found["answer"])[1]
                question, wanted = told["question"], hidden
                if told["formula"] == 0 or question == questions.INDEX:
                    wanted = zero
                elif question == questions.BAND:
                    wanted = 2 * (4 + zero) if zero else 0
                self.assertEqual(len(told["proof"]), wanted, question)

    # ---- what is not ----

    def test_changed_bytes_are_noticed(self):
        for path in [("quality", "signed"), ("xor", "signed"), ("set_id",)]:
            self.notices(self.open, 2, changed(self.own[2], *path), words=path)
        records, bought = self.records[0], self.bought[0]
        self.notices(records.check_receipt, changed(bought["receipt"], "signed"))
        self.notices(records.check_receipt, self.bought[1]["receipt"])
        for found in bought["exchanges"]:
            for path in [("inquiry", "signed"), ("answer", "signed")]:
                self.notices(records.check_exchange, changed(found, *path), words=path)
        for entry in bought["combined"]:
            for name, value in entry.items():
                if isinstance(value, str) and name != "question":
                    self.notices(records.check_export, changed(entry, name), words=name)
            for name, change in (("limit", lambda n: n + 1), ("pair", lambda n: 1 - n),
                                 ("question", lambda q: "band" if q != "band" else "index")):
                self.notices(records.check_export, replaced(entry, change, name), words=name)

    def test_other_values_or_another_policy(self):
        secret = self.secrets[2]
        x, y = values_of(2)[0]
        for values in ([(x, y - 1)], [(x + 1, y)], [(y, x)]):
            self.notices(Records, self.own[2], self.roots, SERIES, secret, values, words=values)
        self.notices(Records, self.own[2], self.roots, SERIES, self.secrets[1], values_of(2))
        self.notices(self.open, 2, {**self.own[2], "xor": self.own[1]["xor"]})
        for change in ({"band": False}, {"threshold": False}):
            self.notices(self.open, 2, self.own[2],
                         Series("wear", SUITE, WIDTH, SERIES.scale, **change), words=change)

    def test_a_lying_author_of_records_is_noticed(self):
        """Any field but those that say nothing of the values: when, of what, which lots, in which unit."""
        self.open(2, self.liar.records(self.own[2], "xor", {}))  # what changes nothing is no lie
        free = {"time", "unit", "corrects", "pairs"}
        for record in RECORD_MESSAGES:
            fields = body_of(self.own[2][record])[1]
            for field, value in fields.items():
                if field in free and not (record == "xor" and field == "pairs"):
                    continue
                for other in other_values(field, value):
                    if isinstance(value, int) and other == value:
                        continue
                    lie = self.liar.records(self.own[2], record, {field: other})
                    self.notices(self.open, 2, lie, words=f"{record}.{field}")
        pairs = body_of(self.own[2]["quality"])[1]["pairs"]
        for other in other_values("pairs", pairs):
            self.notices(self.open, 2, self.liar.records(self.own[2], "quality", {"pairs": other}))

    def test_records_swapped_within_the_set_are_noticed(self):
        """Matrices, and proofs, in one another's place."""
        fields = body_of(self.own[0]["xor"])[1]
        half = len(fields["w_proof"]) // 2
        lies = [{"w": fields["d"], "d": fields["w"]}]
        if SUITE == "ristretto255":
            lies += [{"w_proof": fields["d_proof"]}, {"both_proof": fields["w_proof"]},
                     {"d_proof": fields["w_proof"]},
                     {"w_proof": fields["w_proof"][half:] + fields["w_proof"][:half]}]
        for lie in lies:
            self.notices(self.open, 0, self.liar.records(self.own[0], "xor", lie),
                         words=list(lie))

    def test_a_lying_answer_is_noticed(self):
        for question in questions.NAMES:
            found, _, told = self.exchange(0, question)
            self.records[0].check_exchange(self.liar.exchange(found))
            for field, value in told.items():
                for other in other_values(field, value) if field != "time" else []:
                    self.notices(self.records[0].check_exchange,
                                 self.liar.exchange(found, answer={field: other}),
                                 words=f"{question}: {field}")

    def test_a_lying_inquiry_is_noticed(self):
        """Though the answer speaks of it and repeats what it asks."""
        for question in questions.NAMES:
            found, _, told = self.exchange(0, question)
            asked = body_of(found["inquiry"])[1]
            for field, value in asked.items():
                for other in other_values(field, value) if field != "time" else []:
                    answer = {field: other} if field in told and field != "author" else {}
                    self.notices(self.records[0].check_exchange,
                                 self.liar.exchange(found, {field: other}, answer),
                                 words=f"{question}: {field}")

    def test_an_exchange_stands_for_its_set_pair_and_question_alone(self):
        for question in questions.NAMES:
            self.notices(self.records[0].check_exchange, self.exchange(2, question)[0])
            this, other = (self.exchange(0, question, pair)[0] for pair in (0, 1))
            for kind in ("inquiry", "answer"):
                self.notices(self.records[0].check_exchange, {**this, kind: other[kind]})
            self.notices(self.records[0].check_exchange,
                         {**this, "answer": self.exchange(0, question % 5 + 1)[0]["answer"]})

    def test_proofs_show_nothing_else(self):
        """Not in another context, not of another pair, question, limit or answer."""
        if SUITE == "rlwe1024":
            self.skipTest("it has no proofs of answers")
        for number, question in [(0, q) for q in questions.NAMES] + [(1, q) for q in (3, 4, 5)]:
            _, limit, told = self.exchange(number, question)
            proof, answer = told["proof"], (told["formula"], told["index"])
            records = self.records[number]
            if not proof:
                continue

            def holds(at=(0, question, limit), says=answer, shown=proof, **context):
                return records.proof_holds(at, says, shown, context)
            self.assertTrue(holds())
            with self.subTest(number=number, question=question):
                self.no_other_answer(holds, question, answer)
                self.assertFalse(holds(at=(1, question, limit)))
                if question == questions.THRESHOLD:
                    for other in {limit - 1, limit ^ 1} & set(range(1 << WIDTH)):
                        self.assertFalse(holds(at=(0, question, other)), other)
                for other in other_values("proof", proof):
                    self.assertFalse(holds(shown=other))
                # a root of a ciphertext says the same of it wherever it stands
                for change in ({"upstream": "SMSP"}, {"pair": 1}, {"series": "war"},
                               {"sequence": 9}, {"downstream": "AMSP"}, {"channel": "xor"}):
                    self.assertEqual(holds(**change), SUITE == "paillier", change)

    def no_other_answer(self, holds, question, answer):
        formula, index = answer
        others = [(f, index) for f in ((0, 3) if question == questions.EQUALITY else (0, 1, 2))
                  if f != formula]
        if question in (questions.INDEX, questions.BAND) and formula != 0:
            others += [(formula, i) for i in (0, index - 1, index + 1, WIDTH - 1)
                       if i != index and 0 <= i < WIDTH]
        for other in others:
            self.assertFalse(holds(says=other), other)


class WithoutPolicy(unittest.TestCase):
    def test_records_of_a_series_that_lets_nobody_ask_more(self):
        """No D, no scale: and the model wants neither."""
        with Cluster(width=WIDTH, decimals=1, series="wear", pairs_per_set=PAIRS_PER_SET) as cluster:
            ids = play(cluster, "")
            roots = {who: p256.Certificate(p256.pem(cluster.authority(who).read_text()))
                     for who in "abs"}
            own, bought = cluster.json("b", "export", ids[2], "--secret-key"),                 cluster.json("a", "export", ids[2])
        secret = SUITES[SUITE].secret_key(base64.b64decode(own["secret_key"]))
        plain = Series("wear", SUITE, WIDTH, SERIES.scale, band=False, threshold=False)
        records = Records(own, roots, plain, secret, values_of(2))
        self.assertEqual([records.check_exchange(e) for e in bought["exchanges"]], [(0, 2, 0)])
        with self.assertRaises(Untrue):
            Records(own, roots, SERIES, secret, values_of(2))


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

    @staticmethod
    def seed(name):
        """A seed of the fuzzers: the proof, after three bytes of its own."""
        folder = HERE.parent / "fuzz" / "corpus" / "proof"
        return (folder / f"ristretto255-{name}").read_bytes()[3:]

    @staticmethod
    def seeded_row():
        """-> secret key, public key, and the row of the bits 0 and 1 that the seeds speak of"""
        folder = HERE.parent / "fuzz" / "keys"
        secret = ristretto.SecretKey((folder / "ristretto255.key").read_bytes())
        key = ristretto.PublicKey(secret.public)
        row, = key.matrix((folder / "ristretto255.bits").read_bytes(), 1, 2)
        return secret, key, row

    def test_proofs_that_hide_which(self):
        secret, key, row = self.seeded_row()
        self.assertTrue(secret.row_is([row], 0, [0, 1]))
        self.assertFalse(secret.row_is([row], 0, [1, 1]))
        ones = [row[1], row[1]]
        self.holds_and_nothing_else_does(self.seed("zero"), lambda p, c: ristretto.zero_proof_holds(
            key, c, ristretto.Vector(row), 0, p))
        self.holds_and_nothing_else_does(self.seed("one-of"), lambda p, c: ristretto.one_of_holds(
            key, c, row, p))
        self.assertFalse(ristretto.one_of_holds(key, self.CONTEXT, ones, self.seed("one-of")))
        self.holds_and_nothing_else_does(self.seed("range"), lambda p, c: ristretto.range_holds(
            key, c, row[1], 1, 2, p))
        self.assertFalse(ristretto.range_holds(key, self.CONTEXT, row[0], 1, 2, self.seed("range")))

    def test_bit_proofs(self):
        """Of x = y = d = (0, 1) and w = (0, 0)."""
        _, key, row = self.seeded_row()
        w = [row[0], row[0]]
        subjects = {"values": [row, row], "xor": [w], "both": [row, row, w], "distance": [row]}
        for name, rows in subjects.items():
            with self.subTest(name):
                proof = self.seed(f"bits-{name}")
                self.holds_and_nothing_else_does(proof, lambda p, c: ristretto.bits_hold(
                    key, c, name, rows, p))
                # of other ciphertexts: one that encrypts a bit as well, and one that does not
                for cell in (row[1], ristretto.plus(row[1], row[1])):
                    changed = [[cell, *rows[0][1:]], *rows[1:]]
                    self.assertFalse(ristretto.bits_hold(key, self.CONTEXT, name, changed, proof))
                for other in set(subjects) - {name}:
                    self.assertFalse(ristretto.bits_hold(key, self.CONTEXT, name, rows,
                                                         self.seed(f"bits-{other}")))

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
        for width, pairs in ((32, 34), (62, 17)):
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
