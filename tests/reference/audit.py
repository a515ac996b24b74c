"""What an auditor with nothing but an export, the organisations' roots and, for what is encrypted, the opened key
can say about a set and what was asked about it: docs/protocol.md section 12 in integers. Whatever is not as it
should be raises Untrue, or ValueError where it cannot be read."""

import base64

from model import compare, p256, paillier, questions, rlwe, wire
from model.compare import sha256
from model.suites import SUITES


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


class Series:
    """What the auditor knows of a series: its form, and whether its policy lets somebody ask for band or
    threshold, which is what D and the scale stand in the records for."""

    def __init__(self, name, suite, width, scale, band=True, threshold=True):
        self.name, self.suite, self.width, self.scale = name, suite, width, scale
        self.band, self.threshold = band, threshold


class Records:
    """Both records of a set, of which the auditor holds the key."""

    def __init__(self, export, roots, series, secret, values):
        """values: (earlier, later) of each pair."""
        self.export, self.roots, self.series, self.values = export, roots, series, values
        quality = Envelope(export["quality"], "quality", "Quality", roots["b"], "BMSP")
        xor = Envelope(export["xor"], "xor", "Xor", roots["b"], "BMSP")
        self.q, self.x, self.xor_digest = quality.body, xor.body, xor.digest
        self.suite = SUITES[series.suite]
        self._fields()
        self.key = self.suite.PublicKey(self.q["public_key"])
        require(self.key.set_id.hex() == export["set_id"], "set id")
        require(secret.public == self.key.encoded, "secret key")
        self.secret = secret
        self.found = {}
        self._matrices()
        self._plaintexts()
        self._bit_proofs()
        require(self.suite.key_proof_holds(self.key, self.context("quality"), self.q["key_proof"]),
                "key proof")

    def _fields(self):
        q, x, series = self.q, self.x, self.series
        require(q["channel"] == "quality" and x["channel"] == "xor", "channels")
        for field, wanted in (("series", series.name), ("suite", series.suite),
                              ("width", series.width)):
            require(q[field] == wanted, f"field {field}")
        for field in ("series", "sequence", "suite", "width", "public_key", "author"):
            require(q[field] == x[field], f"records disagree on {field}")
        require(q["xor_digest"] == self.xor_digest, "digest of the XOR record")
        require(x["binding"] == compare.binding(q["public_key"], q["x"], q["y"]), "binding")
        require(len(q["pairs"]) == x["pairs"] == len(self.values), "number of pairs")
        require(q["scale"] == (series.scale if series.threshold else None), "scale")
        require(series.band == bool(x["d"]), "D is there, or not, against the policy")
        require(q["distance"] == int(series.band), "the quality record tells of D what is not so")

    def context(self, channel, pair=0, upstream=""):
        """What a proof is bound to: in records the channel in which it stands and no upstream."""
        return {"channel": channel, "downstream": "BMSP", "upstream": upstream,
                "series": self.q["series"], "sequence": self.q["sequence"], "pair": pair}

    def _matrices(self):
        rows = len(self.values)
        encoded = {"x": self.q["x"], "y": self.q["y"], "w": self.x["w"]}
        if self.series.band:
            encoded["d"] = self.x["d"]
        self.matrices = {name: self.key.matrix(data, rows, self.series.width)
                         for name, data in encoded.items()}
        masks = [m.nonce for m in self.matrices.values()] if self.suite is rlwe else \
            [cell for m in self.matrices.values() for row in m for cell in row]
        require(len(set(masks)) == len(masks), "a ciphertext stands twice")

    def _bit_proofs(self):
        """Suites that have none leave them empty."""
        proofs = [("values", "quality", self.q["bit_proof"], "xy"),
                  ("xor", "xor", self.x["w_proof"], "w"),
                  ("both", "xor", self.x["both_proof"], "xyw")]
        if self.series.band:
            proofs.append(("distance", "xor", self.x["d_proof"], "d"))
        else:
            require(self.x["d_proof"] == b"", "a proof of bits that are not there")
        for statement, channel, proof, names in proofs:
            require(self.suite.bits_proof_holds(self.key, self.context(channel), statement,
                                                [self.matrices[name] for name in names], proof),
                    f"bit proof of {statement}")

    def _plaintexts(self):
        numbers = {"x": [x for x, _ in self.values], "y": [y for _, y in self.values],
                   "w": [x ^ y for x, y in self.values], "d": [abs(x - y) for x, y in self.values]}
        for name, matrix in self.matrices.items():
            rows = [compare.bits(value, self.series.width) for value in numbers[name]]
            for pair, bits in enumerate(rows):
                require(self.secret.row_is(matrix, pair, bits), f"bits of {name}, pair {pair}")
            if self.suite is rlwe:  # the seed leaves nothing open
                require(self.secret.encrypt(matrix.nonce, rows, self.series.width) == matrix.b,
                        f"{name} is not what its key and nonce make")
        if self.suite is paillier:
            first = self.matrices["x"][0][-1]
            require(self.secret.decrypt_as_printed(first) == self.secret.decrypt(first) ==
                    self.values[0][0] % 2, "formulas (4) and (5)")

    def combined(self, pair, question, limit):
        """-> {name: Enc(z)}, their encodings joined, digest; each decrypts to what section 3 says."""
        asked = pair, question, limit
        if asked not in self.found:
            require(0 <= pair < len(self.values) and question in questions.NAMES and
                    0 <= limit < 1 << self.series.width, "nothing that can be asked")
            vectors = questions.vectors(self.suite, self.key, self.matrices, *asked)
            plain = questions.plain_vectors(self.suite, *self.values[pair], self.series.width,
                                            question, limit)
            require(list(vectors) == list(plain), "vectors of the question")
            for name, vector in vectors.items():
                require(self.secret.vector_is(vector, plain[name]), f"vector {name} in clear")
            data, digest = compare.z_digest(self.key.set_id, pair,
                                            *(v.encoding for v in vectors.values()),
                                            question=question, limit=limit)
            self.found[asked] = vectors, data, digest
        return self.found[asked]

    def check_export(self, entry):
        """One of the export's combined vectors."""
        question = {name: q for q, name in questions.NAMES.items()}[entry["question"]]
        vectors, data, digest = self.combined(entry["pair"], question, entry["limit"])
        require(bytes.fromhex(entry["encoding"]) == data, "combined vectors")
        require(bytes.fromhex(entry["digest"]) == digest, "digest of the combined vectors")
        for name in ("equal", "rise", "fall", "size", "distance_rise", "distance_fall"):
            wanted = vectors[name].encoding.hex() if name in vectors else None
            require(entry.get(name) == wanted, f"vector {name}")
        return entry["pair"], question, entry["limit"]

    def check_receipt(self, export):
        receipt = Envelope(export, "receipt", "Receipt", self.roots["s"], "SMSP").body
        require(receipt["set_id"] == self.key.set_id and
                receipt["xor_digest"] == self.xor_digest and receipt["buyer"] == "AMSP", "receipt")

    def check_exchange(self, export):
        """An inquiry and its answer. -> what was asked: pair, question, limit."""
        inquiry = Envelope(export["inquiry"], "inquiry", "Inquiry", self.roots["a"], "AMSP")
        asked = inquiry.body
        answer = Envelope(export["answer"], "answer", "Answer", self.roots["b"], "BMSP").body
        pair, question, limit = asked["pair"], asked["question"], asked["limit"]
        require((asked["downstream"], asked["channel"], asked["set_id"]) ==
                ("BMSP", "quality", self.key.set_id), "inquiry about something else")
        require(question == questions.THRESHOLD or limit == 0, "a limit that nothing asks for")
        _, data, digest = self.combined(pair, question, limit)
        require(asked["z_digest"] == digest, "digest asked about")
        require(asked["z"] in (b"", data), "vectors sent along")
        require(answer["inquiry_digest"] == inquiry.digest, "answer to another inquiry")
        for field, wanted in (("upstream", "AMSP"), ("set_id", self.key.set_id), ("pair", pair),
                              ("question", question), ("limit", limit)):
            require(answer[field] == wanted, f"answer: field {field}")
        told = answer["formula"], answer["index"]
        require(told == questions.answer(*self.values[pair], self.series.width, question, limit),
                "the answer is not true")
        require(self.proof_holds((pair, question, limit), told, answer["proof"], {}),
                "proof of the answer")
        return pair, question, limit

    def proof_holds(self, asked, told, proof, changes):
        """Does it show that what was asked (pair, question, limit) has the answer `told`, formula and index?
        `changes` are to what it is bound to."""
        context = {**self.context("quality", asked[0], "AMSP"), **changes}
        shown = questions.claims(self.suite, asked[1], *told)
        return questions.proof_holds(self.suite, self.key, context, shown, self.combined(*asked)[0],
                                     self.series.width, proof)
