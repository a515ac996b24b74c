"""Attacks on three real nodes, each with its refusal (docs/threat-model.md); run by ctest for every suite."""

import concurrent.futures
import json
import pathlib
import random
import shutil
import ssl
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "harness"))

from cluster import SUITE, Cluster, Failed  # noqa: E402
from rogue import Author, Impostor, Records, open_signed, redirect, sha256  # noqa: E402
from model import compare, wire  # noqa: E402

ROWS = [(1, "LOT-01", "0.45"), (2, "LOT-02", "0.41"), (3, "LOT-03", "0.76"), (4, "LOT-04", "1.32")]
ORACLE_TRIES = 1000
PROVED = SUITE != "rlwe1024"  # does an answer stand by itself, without an auditor?


def published(cluster):
    return [s["set_id"] for s in cluster.get("b", "/v1/sets")["sets"] if s["state"] == "published"]


def unlimited(cluster, who):
    config = cluster.dir(who) / "config.yaml"
    text = config.read_text()
    lines = [line for line in text.splitlines() if not line.startswith(("limits:", "  request"))]
    config.write_text("\n".join(lines) + "\nlimits:\n  requests_per_minute: 1000000\n")


class DownstreamUnderAttack(unittest.TestCase):
    """The upstream itself attacks, with its real key; its node does not run."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        try:
            unlimited(cls.cluster, "b")
            unlimited(cls.cluster, "s")
            cls.cluster.start("b", "s")
            cls.cluster.publish(ROWS)
            cls.sets = [Records(cls.cluster, s) for s in published(cls.cluster)]
            cls.upstream = Author(cls.cluster, "a")
            cls.servicer = Author(cls.cluster, "s")
        except BaseException:
            cls.cluster.close()
            raise

    @classmethod
    def tearDownClass(cls):
        cls.cluster.close()

    def ask(self, inquiry, as_who="a"):
        return self.cluster.peer("b", "POST", "/v1/inquiries", inquiry, as_who=as_who)

    def disclosures(self):
        return self.cluster.get("b", "/v1/disclosures")["disclosures"]

    def oracle_vectors(self, rng):
        """Vectors that would give a decryption away if the downstream looked at them."""
        own, other = self.sets[0], self.sets[1]
        i, width = rng.randrange(32), own.quality["width"]
        cell = own.x[0][i]
        honest = own.combined()
        kind = rng.randrange(6)
        if kind == 0:  # Enc(x_i) in every place: a zero tells that the bit is 0
            cells = [cell] * width
        elif kind == 1:  # Enc(x_i - 1): a zero tells that the bit is 1
            cells = [own.key.less_one(cell)] * width
        elif kind == 2:  # scaled
            cells = [own.key.times(cell, rng.randrange(2, 1 << 32))] * width
        elif kind == 3:  # mixed from several bits
            cells = [own.key.minus(cell, own.y[0][j]) for j in range(width)]
        elif kind == 4:  # another set's z, under its own key
            cells = [own.key.times(c, 1) for c in other.combined()[0].cells]
        else:  # one honest entry exchanged
            cells = list(honest[0].cells)
            cells[i] = cell
        place = rng.randrange(2)
        vectors = list(honest)
        vectors[place] = honest[place].with_cells(cells)
        return vectors

    def test_1_oracle_inquiries_learn_nothing(self):
        rng = random.Random(4909)
        before = len(self.disclosures())
        answers = set()
        for number in range(ORACLE_TRIES):
            inquiry = self.sets[0].inquiry(self.upstream, self.oracle_vectors(rng),
                                           full=number % 2 == 1)
            answers.add(self.ask(inquiry))
        self.assertEqual(len(answers), 1, "refusals differ")
        status, body = answers.pop()
        self.assertEqual(status, 403)
        self.assertEqual(json.loads(body)["code"], "LV_REFUSED")
        self.assertEqual(len(self.disclosures()), before)

    def test_2_full_form_must_carry_what_the_digest_says(self):
        honest = self.sets[0].combined()
        wrong = [honest[0].with_cells([self.sets[0].x[0][0]] * 32), honest[1], honest[2]]
        for vectors, digest_of in ((wrong, honest), (honest, wrong)):
            inquiry = self.sets[0].inquiry(self.upstream, digest_of)
            right_digest = open_signed(inquiry, "Inquiry")["z_digest"]
            status, _ = self.ask(self.sets[0].inquiry(self.upstream, vectors, full=True,
                                                      z_digest=right_digest))
            self.assertEqual(status, 403)

    def bad_ciphertexts(self):
        """Honest z with one ciphertext that is none, as bytes."""
        own = self.sets[0]
        honest = b"".join(vector.encoding for vector in own.combined())
        if SUITE == "paillier":
            n, size = own.key.n, own.key.size
            bad = [number.to_bytes(size, "big")
                   for number in (0, n, own.key.square, (1 << 8 * size) - 1)]
        elif SUITE == "ristretto255":
            # the identity; twice not canonical; negative; no point
            bad = [bytes(32), bytes([0xED] + [0xFF] * 30 + [0x7F]), b"\xff" * 32,
                   b"\1" + bytes(31), bytes([2]) + bytes(31)]
        else:
            first = own.combined()[0]
            for coefficient in (1038337, (1 << 20) - 1):
                changed = first.with_cells([coefficient, *first.cells[1:]]).encoding
                yield changed + honest[len(changed):]
            return
        for cell in bad:
            yield cell + honest[len(cell):]

    def test_2_ciphertexts_that_are_none(self):
        honest = self.sets[0].combined()
        right = open_signed(self.sets[0].inquiry(self.upstream, honest), "Inquiry")["z_digest"]
        tried, answers = 0, set()
        for z in self.bad_ciphertexts():
            own = compare.z_digest(self.sets[0].set_id, 0, z, b"", b"")[1]
            for digest in (right, own):
                answers.add(self.ask(self.sets[0].inquiry(self.upstream, honest, z=z,
                                                          z_digest=digest)))
                tried += 1
        self.assertGreaterEqual(tried, 4)
        self.assertEqual({(status, json.loads(body)["code"]) for status, body in answers},
                         {(403, "LV_REFUSED")})
        self.assertEqual(len(answers), 1, "refusals differ")

    def test_3_replay_across_sets_pairs_channels_and_parties(self):
        honest = self.sets[0].combined()
        other = self.sets[1]
        for changes, statuses in (
                ({"set_id": other.set_id}, {403}),
                ({"pair": 1}, {400, 403, 404}),
                ({"channel": "xor"}, {400, 403}),
                ({"downstream": "SMSP"}, {400, 403}),
                ({"author": "BMSP"}, {400, 403}),
                ({"author": "SMSP"}, {400, 403}),
                ({"set_id": bytes(32)}, {403, 404}),
                ({"z_digest": b""}, {400, 403})):
            status, body = self.ask(self.sets[0].inquiry(self.upstream, honest, **changes))
            self.assertIn(status, statuses, (changes, body))
        # what the upstream signed, sent by another member; and what another member signed
        inquiry = self.sets[0].inquiry(self.upstream, honest)
        self.assertIn(self.ask(inquiry, as_who="s")[0], {400, 403})
        forged = self.sets[0].inquiry(self.servicer, honest)
        self.assertIn(self.ask(forged)[0], {400, 403})
        forged = self.sets[0].inquiry(self.servicer, honest, author="SMSP")
        self.assertIn(self.ask(forged, as_who="s")[0], {400, 403})
        # a purchase is no inquiry
        self.assertIn(self.ask(self.sets[0].purchase(self.upstream))[0], {400, 403})
        self.assertEqual(self.disclosures(), [])

    def test_4_tampered_messages_are_refused(self):
        inquiry = self.sets[0].inquiry(self.upstream, self.sets[0].combined())
        rng = random.Random(1)
        for _ in range(60):
            at = rng.randrange(len(inquiry))
            changed = bytearray(inquiry)
            changed[at] ^= 1 << rng.randrange(8)
            status, _ = self.ask(bytes(changed))
            self.assertIn(status, {400, 403, 413}, f"byte {at}")
        for size in (0, 1, 10, len(inquiry) // 2, len(inquiry) - 1):
            self.assertIn(self.ask(inquiry[:size])[0], {400, 403})
        self.assertIn(self.ask(inquiry + b"\0")[0], {400, 403})
        self.assertEqual(self.disclosures(), [])

    def test_5_certificates(self):
        make = Certificates(self.cluster)
        inquiry = self.sets[0].inquiry(self.upstream, self.sets[0].combined())
        for name in ("none", "self_signed", "foreign", "expired", "not_yet", "wrong_role"):
            with self.subTest(name):
                try:
                    status, body = self.cluster.peer("b", "POST", "/v1/inquiries", inquiry,
                                                     **make.arguments(name))
                except (ssl.SSLError, ConnectionError):
                    continue  # refused in the handshake
                self.assertEqual(status, 403, name)
                self.assertNotIn(b"answer", body)
        self.assertEqual(self.disclosures(), [])
        # the sibling that works, made the same way
        status, _ = self.cluster.peer("b", "GET", "/healthz", **make.arguments("good"))
        self.assertEqual(status, 200)

    def test_6_honest_inquiry_is_answered_once_and_the_same(self):
        inquiry = self.sets[0].inquiry(self.upstream, self.sets[0].combined())
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = set(pool.map(self.ask, [inquiry] * 16))
        again = self.sets[0].inquiry(self.upstream, self.sets[0].combined(), full=True)
        answers.add(self.ask(again))
        self.assertEqual(len(answers), 1)
        status, body = answers.pop()
        self.assertEqual(status, 200)
        answer = open_signed(body, "Answer")
        self.assertEqual((answer["formula"], answer["index"]), (2, 29))  # 45 -> 41
        self.assertEqual(len(self.disclosures()), 1)

    def test_7_purchases(self):
        def buy(purchase, as_who="a"):
            return self.cluster.peer("s", "POST", "/v1/purchases", purchase, as_who=as_who)
        chosen = self.sets[2]
        for changes in ({"servicer": "BMSP"}, {"author": "CMSP"}, {"author": "SMSP"},
                        {"set_id": bytes(32)}, {"set_id": b"short"}, {"time": 1}):
            status, body = buy(chosen.purchase(self.upstream, **changes))
            self.assertIn(status, {400, 403, 404}, (changes, body))
        downstream = Author(self.cluster, "b")
        self.assertIn(buy(chosen.purchase(downstream, author="BMSP"), "b")[0], {403})
        self.assertIn(buy(chosen.purchase(self.upstream), "b")[0], {400, 403})
        self.assertEqual(self.cluster.get("s", "/v1/sales")["sales"], [])
        purchase = chosen.purchase(self.upstream)
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            results = set(pool.map(buy, [purchase] * 16))
        second = buy(chosen.purchase(self.upstream))  # signed anew: the same sale
        self.assertEqual(len(results), 1)
        status, body = results.pop()
        self.assertEqual(status, 200)
        self.assertEqual(wire.unpack("Delivery", body)["xor_record"], chosen.xor_signed)
        self.assertEqual(second[0], 200)
        self.assertEqual(len(self.cluster.get("s", "/v1/sales")["sales"]), 1)


class Certificates:
    """Certificates that should not open a door, and one that should."""

    def __init__(self, cluster):
        self.cluster, self.folder = cluster, cluster.root / "bad"
        self.folder.mkdir(exist_ok=True)

    def arguments(self, name):
        if name == "none":
            return {"as_who": None}
        certificate, key = self._make(name)
        return {"certificate": certificate, "key": key}

    def _make(self, name):
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        certificate = self.folder / f"{name}.pem"
        unit = "peer" if name == "wrong_role" else "client"
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        self._openssl("req", "-new", "-key", key, "-subj", f"/O=AMSP/OU={unit}/CN=node", "-out",
                      request)
        extensions = self.folder / "extensions"
        extensions.write_text("keyUsage=critical,digitalSignature\n"
                              "extendedKeyUsage=serverAuth,clientAuth\n"
                              "subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\n")
        authority = self.cluster.authority("a"), self.cluster.dir("a") / "ca" / "ca-key.pem"
        if name in ("self_signed", "foreign"):
            authority = self._authority(name)
        if name == "self_signed":
            self._openssl("x509", "-req", "-in", request, "-signkey", key, "-days", "2",
                          "-extfile", extensions, "-out", certificate)
            return certificate, key
        now = time.time()
        span = {"expired": (now - 86400 * 9, now - 86400), "not_yet": (now + 86400,
                now + 86400 * 9)}.get(name, (now - 3600, now + 86400))
        self._issue(request, authority, extensions, span, certificate)
        return certificate, key

    def _authority(self, name):
        key, certificate = self.folder / f"{name}-ca.key", self.folder / f"{name}-ca.pem"
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
        self._openssl("req", "-x509", "-new", "-key", key, "-subj", "/O=AMSP/CN=ca.AMSP", "-days",
                      "9", "-out", certificate)
        return certificate, key

    def _issue(self, request, authority, extensions, span, out):
        """`openssl ca`, because `openssl x509` cannot set dates."""
        index = self.folder / "index.txt"
        index.write_text("")
        config = self.folder / "ca.cnf"
        config.write_text("[ca]\ndefault_ca=d\n[d]\ndatabase=%s\nnew_certs_dir=%s\nrand_serial=yes\n"
                          "default_md=sha256\npolicy=p\nunique_subject=no\n[p]\nO=supplied\n"
                          "OU=supplied\nCN=supplied\n" % (index, self.folder))
        stamp = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t)) for t in span]
        self._openssl("ca", "-batch", "-notext", "-config", config, "-in", request, "-cert",
                      authority[0], "-keyfile", authority[1], "-startdate", stamp[0], "-enddate",
                      stamp[1], "-extfile", extensions, "-out", out)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"openssl {arguments[0]}: {done.stderr}")


class LyingParties(unittest.TestCase):
    """The upstream's node runs; the servicer or the downstream that it talks to lies."""

    def setUp(self):
        self.cluster = Cluster()
        self.addCleanup(self.cluster.close)

    def state(self):
        return [s["state"] for s in self.cluster.get("a", "/v1/sets")["sets"]]

    def wait_for_state(self, wanted, seconds=30):
        end = time.monotonic() + seconds
        while wanted not in self.state():
            if time.monotonic() > end:
                raise Failed(f"states {self.state()}, not {wanted}{self.cluster.logs()}")
            time.sleep(0.05)

    def test_substituted_xor_record(self):
        self.cluster.start("b", "s")
        self.cluster.publish(ROWS[:3])
        first, second = [Records(self.cluster, s) for s in published(self.cluster)]
        servicer = Author(self.cluster, "s")

        def substitute(_path, body):
            purchase = open_signed(body, "Purchase")
            wrong = second if purchase["set_id"] == first.set_id else first
            receipt = servicer.seal("receipt", "Receipt", {
                "author": "SMSP", "buyer": "AMSP", "set_id": purchase["set_id"],
                "xor_digest": sha256(wrong.xor_signed), "purchase_digest": sha256(body),
                "time": int(time.time())})
            return wire.pack("Delivery", {"xor_record": wrong.xor_signed, "receipt": receipt})

        with Impostor(self.cluster, "s", substitute) as impostor:
            redirect(self.cluster, "a", "s")(impostor.port)
            self.cluster.start("a")
            self.wait_for_state("invalid")
            self.assertGreaterEqual(impostor.requests, 1)
            self.assertEqual(self.cluster.get("a", "/v1/verdicts")["verdicts"], [])
            self.assertEqual(self.cluster.get("b", "/v1/disclosures")["disclosures"], [])

    def play(self, change, wanted):
        """Runs the upstream against a downstream that changes its true answer and signs it again."""
        self.cluster.start("b", "s")
        self.cluster.publish(ROWS[:2])
        downstream = Author(self.cluster, "b")

        def answer(path, body):
            status, data = self.cluster.peer("b", "POST", path, body)
            assert status == 200, data
            changed = change(open_signed(data, "Answer"))
            return changed if isinstance(changed, bytes) else \
                downstream.seal("answer", "Answer", changed)

        with Impostor(self.cluster, "b", answer) as impostor:
            redirect(self.cluster, "a", "b")(impostor.port)
            self.cluster.start("a")
            self.wait_for_state(wanted)
            return self.cluster.get("a", "/v1/verdicts")["verdicts"]

    def lie(self, change):
        self.assertEqual(self.play(change, "invalid"), [])
        self.assertEqual(self.cluster.get("a", "/v1/alarms")["alarms"], [])

    def lie_about_the_values(self, change):
        """What a proof shows at once. Without proofs the lie is believed, and stays signed for the
        auditor."""
        if PROVED:
            return self.lie(change)
        self.assertEqual(len(self.play(change, "answered")), 1)

    def test_wrong_index(self):
        self.lie_about_the_values(lambda answer: {**answer, "index": answer["index"] - 1})

    def test_wrong_direction(self):
        self.lie_about_the_values(lambda answer: {**answer, "formula": 3 - answer["formula"]})

    def test_false_equal(self):
        self.lie_about_the_values(lambda answer: {**answer, "formula": 0, "index": 0})

    def test_index_that_is_none(self):
        self.lie(lambda answer: {**answer, "index": 32})

    def test_formula_that_is_none(self):
        self.lie(lambda answer: {**answer, "formula": 7})

    def test_answer_of_another_inquiry(self):
        self.lie(lambda answer: {**answer, "inquiry_digest": bytes(32)})

    def test_answer_about_another_set(self):
        self.lie(lambda answer: {**answer, "set_id": bytes(32)})

    def test_answer_about_another_pair(self):
        self.lie(lambda answer: {**answer, "pair": 1})

    def test_answer_to_another_upstream(self):
        self.lie(lambda answer: {**answer, "upstream": "SMSP"})

    @unittest.skipUnless(PROVED, "this suite has no proofs")
    def test_proof_left_out(self):
        self.lie(lambda answer: {**answer, "proof": b""})

    def test_proof_of_one(self):
        self.lie(lambda answer: {**answer, "proof": bytes(max(len(answer["proof"]), 1) - 1) + b"\1"})

    def test_answer_signed_by_another_member(self):
        servicer = Author(self.cluster, "s")
        self.lie(lambda answer: servicer.seal("answer", "Answer", answer))

    def test_true_answer_signed_again_is_believed(self):
        """The sibling that succeeds: the same road without a lie."""
        verdict, = self.play(lambda answer: answer, "answered")
        self.assertEqual((verdict["verdict"], verdict["scale"]), ("fall", 4))


class Sales(unittest.TestCase):
    def test_no_sale_without_grant(self):
        with Cluster(grants="[]") as cluster:
            cluster.start("b", "s")
            cluster.publish(ROWS[:2])
            records = Records(cluster, published(cluster)[0])
            purchase = records.purchase(Author(cluster, "a"))
            status, body = cluster.peer("s", "POST", "/v1/purchases", purchase)
            self.assertEqual((status, json.loads(body)["code"]), (403, "LV_REFUSED"))
            # granted, the same purchase is served; revoked, the next set is not
            cluster.command("b", "grant", "--to", "AMSP", "--servicer", "SMSP", "--series",
                            "moisture")
            self.assertEqual(cluster.peer("s", "POST", "/v1/purchases", purchase)[0], 200)
            cluster.command("b", "grant", "--to", "AMSP", "--servicer", "SMSP", "--series",
                            "moisture", "--revoke")
            cluster.publish(ROWS[2:3], name="more.csv")
            later = Records(cluster, published(cluster)[1]).purchase(Author(cluster, "a"))
            self.assertEqual(cluster.peer("s", "POST", "/v1/purchases", later)[0], 403)
            self.assertEqual(len(cluster.get("s", "/v1/sales")["sales"]), 1)

    def test_quota(self):
        with Cluster(grants="[{buyer: AMSP, servicer: SMSP, quota: 2}]") as cluster:
            cluster.start("b", "s")
            cluster.publish(ROWS)
            upstream = Author(cluster, "a")
            purchases = [Records(cluster, s).purchase(upstream) for s in published(cluster)]
            with concurrent.futures.ThreadPoolExecutor(6) as pool:
                codes = list(pool.map(
                    lambda p: cluster.peer("s", "POST", "/v1/purchases", p)[0], purchases * 2))
            self.assertEqual(codes.count(200), 4, codes)  # two sets, each asked for twice
            self.assertEqual(codes.count(403), 2, codes)
            self.assertEqual(len(cluster.get("s", "/v1/sales")["sales"]), 2)


class BudgetUnderAttack(unittest.TestCase):
    """The upstream wants to know more than the downstream lets out."""

    def start(self, policy, *whom, width=32):
        cluster = Cluster(width=width)
        self.addCleanup(cluster.close)
        path = cluster.dir("b") / "series" / "moisture.yaml"
        path.write_text(path.read_text() + f"disclose: [{policy}]\n")
        unlimited(cluster, "b")
        cluster.start(*whom)
        cluster.publish(ROWS)
        return cluster

    def ask(self, cluster, inquiry):
        return cluster.peer("b", "POST", "/v1/inquiries", inquiry)

    def test_inquiries_at_once_do_not_overrun_the_budget(self):
        # two answers of log2 65 = 6.023 bits
        cluster = self.start("{to: AMSP, allow: [index], budget: 13}", "b")
        upstream = Author(cluster, "a")
        sets = [Records(cluster, s) for s in published(cluster)]
        inquiries = [s.inquiry(upstream, s.combined()) for s in sets]
        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            results = list(pool.map(lambda inquiry: self.ask(cluster, inquiry), inquiries * 4))
        self.assertEqual({code for code, _ in results}, {200, 403})
        answers = {body for code, body in results if code == 200}
        self.assertEqual(len(answers), 2)
        known = cluster.json("b", "disclosures")
        self.assertEqual(len(known["disclosures"]), 2)
        self.assertEqual([(b["spent"], b["left"]) for b in known["budgets"]], [("12.046", "0.954")])
        # what was told is told again, also signed anew; what was not is not
        again = [self.ask(cluster, i) for i in inquiries]
        self.assertEqual(sorted(code for code, _ in again), [200, 200, 403])
        self.assertEqual({body for code, body in again if code == 200}, answers)

    def test_refusals_come_before_the_records_are_looked_at(self):
        """Policy first: what the vectors are makes no difference to who may not ask."""
        cluster = self.start("{to: AMSP, allow: [threshold], budget: 5}", "b")
        upstream = Author(cluster, "a")
        first, second = [Records(cluster, s) for s in published(cluster)[:2]]
        for question, name in ((1, "direction"), (2, "index"), (3, "band"), (5, "equality")):
            answers = {self.ask(cluster, first.inquiry(upstream, vectors, full=full,
                                                       question=question))
                       for vectors in (first.combined(), second.combined())
                       for full in (False, True)}
            self.assertEqual(len(answers), 1, "refusals differ")
            status, body = answers.pop()
            self.assertEqual((status, json.loads(body)["code"]), (403, "LV_REFUSED"))
            self.assertIn(f"does not answer {name}", json.loads(body)["error"])
        for question in (0, 6, 34, 1 << 31):
            status, _ = self.ask(cluster, first.inquiry(upstream, first.combined(),
                                                        question=question))
            self.assertIn(status, {400, 403}, question)
        # a limit where none belongs, one that is too wide, and one whose digest is another's
        for question, limit in ((1, 5), (4, 1 << 32), (4, (1 << 64) - 1), (4, 7)):
            status, _ = self.ask(cluster, first.inquiry(upstream, first.combined(),
                                                        question=question, limit=limit))
            self.assertIn(status, {400, 403}, (question, limit))
        self.assertEqual(cluster.get("b", "/v1/disclosures")["disclosures"], [])

    def test_bisection_by_thresholds_is_stopped_by_the_budget(self):
        cluster = self.start("{to: AMSP, allow: [threshold], budget: 10}", "a", "b", width=16)
        set_id = published(cluster)[0]
        end = time.monotonic() + 30
        while set_id not in [s["set_id"] for s in cluster.get("a", "/v1/sets")["sets"]]:
            self.assertLess(time.monotonic(), end)
            time.sleep(0.05)
        low, high, asked = 0, 1 << 16, 0  # low <= value < high, in hundredths
        while True:
            middle = (low + high) // 2
            done = cluster.command("a", "inquire", set_id, "--ask", "threshold", "--limit",
                                   f"{middle / 100:.2f}", "--json", check=False)
            if done.returncode != 0:
                break
            asked += 1
            below = json.loads(done.stdout)["verdict"] == "below"
            low, high = (low, middle) if below else (middle, high)
        self.assertEqual(done.returncode, 1)
        self.assertIn("9.51 of 10 bits", done.stderr)
        self.assertEqual(asked, 6)
        self.assertEqual(high - low, 1 << 10, "1024 values are left")
        self.assertTrue(low <= 41 < high)
        # about another set of the series neither
        other = published(cluster)[1]
        done = cluster.command("a", "inquire", other, "--ask", "threshold", "--limit", "0.50",
                               check=False)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(cluster.get("b", "/v1/disclosures")["disclosures"]), 6)


class LedgerUnderAttack(unittest.TestCase):
    def test_ledger_founded_by_an_impostor_is_refused(self):
        """An outsider names itself BMSP and founds a ledger in place of the true one."""
        with Cluster() as cluster, Cluster() as other:
            shutil.rmtree(cluster.root / "ledger")
            # its genesis names the true AMSP and SMSP and the false BMSP
            for who in "as":
                msp = {"a": "AMSP", "s": "SMSP"}[who]
                (other.dir("b") / "members" / f"{msp}.pem").write_bytes(
                    cluster.authority(who).read_bytes())
            shutil.rmtree(other.root / "ledger")
            other.command("b", "ledger", "create", "--channel", "all")
            shutil.copytree(other.root / "ledger", cluster.root / "ledger")
            for who in "as":
                cluster.start(who, wait=False)
                self.assertNotEqual(cluster.processes[who].wait(30), 0)
                self.assertIn("root certificate of BMSP", cluster.logs())

    def test_rolled_back_or_damaged_ledger_is_noticed(self):
        with Cluster() as cluster:
            cluster.start("b", "s")
            cluster.publish(ROWS[:2])
            for who in "bs":
                self.assertEqual(cluster.stop(who), 0)
            early = cluster.root / "early"
            shutil.copytree(cluster.root / "ledger", early)
            cluster.start("b", "s")
            cluster.publish(ROWS[2:], name="more.csv")
            records = Records(cluster, published(cluster)[0])
            for who in "bs":
                cluster.stop(who)
            self.assertEqual(cluster.command("b", "ledger", "verify").returncode, 0)

            late = cluster.root / "late"
            shutil.copytree(cluster.root / "ledger", late)
            shutil.rmtree(cluster.root / "ledger")
            shutil.copytree(early, cluster.root / "ledger")
            self.assertNotEqual(cluster.command("b", "ledger", "verify", check=False).returncode,
                                0, "rolled back")
            cluster.start("b", wait=False)
            self.assertNotEqual(cluster.processes["b"].wait(30), 0)
            self.assertIn("was shortened", cluster.logs())

            # one bit within the ciphertexts of a record, in each channel's file
            for channel, ciphertexts in (("quality", records.quality["x"]),
                                         ("xor", records.xor["w"])):
                shutil.rmtree(cluster.root / "ledger")
                shutil.copytree(late, cluster.root / "ledger")
                self.assertEqual(cluster.command("b", "ledger", "verify").returncode, 0)
                path = cluster.root / "ledger" / f"{channel}.ledger"
                data = bytearray(path.read_bytes())
                at = data.find(ciphertexts[-64:])
                self.assertGreater(at, 0, channel)
                data[at] ^= 1
                path.write_bytes(data)
                done = cluster.command("b", "ledger", "verify", check=False)
                self.assertNotEqual(done.returncode, 0, channel)


if __name__ == "__main__":
    unittest.main(verbosity=2)
