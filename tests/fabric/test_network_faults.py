"""kill -9, silence and partition on a real Fabric network in the middle of a publish of 1,000 pairs: nothing acknowledged is lost or
doubled, and the verdicts are right."""

import math
import pathlib
import re
import signal
import sys
import time

TESTS = pathlib.Path(__file__).resolve().parent.parent
for folder in ("harness", "fabric"):
    sys.path.insert(0, str(TESTS / folder))

import network  # noqa: E402
from client import until  # noqa: E402
from forwarder import Forwarder  # noqa: E402
from publishing import ASKED, WATCHED, OnNetwork  # noqa: E402

DOWN_SECONDS = 2
AWAY_SECONDS = 8
SILENT_SECONDS = 10
OVERRIDES = re.compile(r"^( *)addressOverrides:\n", re.M)  # of the orderers' addresses, in core.yaml


class Faults(OnNetwork):
    def kill(self, name):
        self.network.kill(name)
        time.sleep(DOWN_SECONDS)
        self.network.start(name)

    def kill_node(self, who):
        self.cluster.stop(who, signal.SIGKILL)
        time.sleep(DOWN_SECONDS)
        self.cluster.start(who)


class Kills(Faults):
    def test_peer_of_the_upstream(self):
        self.survives(lambda: self.kill("peer.a"))

    def test_peer_of_the_downstream(self):
        self.survives(lambda: self.kill("peer.b"))

    def test_peer_of_the_servicer(self):
        self.survives(lambda: self.kill("peer.s"))

    def test_orderer(self):
        self.survives(lambda: self.kill("orderer.1"))

    def test_chaincode_quality_of_the_upstream(self):
        self.survives(lambda: self.kill("chaincode.a.quality"))

    def test_chaincode_quality_of_the_downstream(self):
        self.survives(lambda: self.kill("chaincode.b.quality"))

    def test_chaincode_xor_of_the_downstream(self):
        self.survives(lambda: self.kill("chaincode.b.xor"))

    def test_chaincode_xor_of_the_servicer(self):
        self.survives(lambda: self.kill("chaincode.s.xor"))

    def test_node_of_the_downstream(self):
        self.survives(lambda: self.kill_node("b"))

    def test_node_of_the_servicer(self):
        self.survives(lambda: self.kill_node("s"))

    def test_node_of_the_upstream(self):
        self.survives(lambda: self.kill_node("a"))

    def test_every_node_in_a_publish_of_which_each_pair_is_asked(self):
        def each():
            for who in "bsa":
                self.kill_node(who)

        self.survives(each, bulk="moisture", pairs=ASKED)

    def test_a_node_asks_less_and_less_often_while_its_peer_is_away(self):
        """With work waiting for both channels, whose workers must not wake each other."""
        on, log = self.on, self.cluster.dir("b") / "state" / "node.log"

        def pauses():
            return log.read_text().count("publishing waits")

        before = pauses()
        self.network.kill("chaincode.a.quality")
        batches = [on.hand_in(on.fresh_file("bulk", 100), "bulk")]
        until(lambda: pauses() > before, 30, "records that wait for quality")
        self.network.kill("peer.b")
        batches.append(on.hand_in(on.fresh_file("bulk", 100), "bulk"))
        time.sleep(1)
        before = pauses()
        time.sleep(AWAY_SECONDS)
        said = pauses() - before
        for name in ("peer.b", "chaincode.a.quality"):
            self.network.start(name)
        for batch in batches:
            on.finish(batch)
        on.check(self)
        # two workers, each after 0.2 s, 0.4 s, 0.8 s ...
        self.assertLessEqual(said, 2 * math.ceil(math.log2(AWAY_SECONDS / 0.2) + 1))

    # ---- silence: what is sent to it is taken and never answered ----

    def silent(self, name):
        """Meanwhile the downstream's own door answers at once."""
        slowest = 0
        self.network.pause(name)
        try:
            end = time.monotonic() + SILENT_SECONDS
            while time.monotonic() < end:
                asked = time.monotonic()
                self.cluster.get("b", "/v1/series", timeout=10)
                slowest = max(slowest, time.monotonic() - asked)
                time.sleep(0.2)
        finally:
            self.network.resume(name)
        self.assertLess(slowest, 5, "the node's own door waited for the network")

    def test_a_silent_peer_of_the_upstream(self):
        self.survives(lambda: self.silent("peer.a"))

    def test_a_silent_peer_of_the_downstream(self):
        self.survives(lambda: self.silent("peer.b"))

    def test_a_silent_peer_of_the_servicer(self):
        self.survives(lambda: self.silent("peer.s"))

    def test_a_silent_chaincode_server(self):
        self.survives(lambda: self.silent("chaincode.a.quality"))

    # ---- what came while somebody was away ----

    def test_what_came_while_the_upstream_was_away_is_taken_up_in_order(self):
        on = self.on
        for how in (signal.SIGTERM, signal.SIGKILL):
            self.cluster.stop("a", how)
            on.finish(on.hand_in(on.fresh_file("moisture", WATCHED), "moisture"))
            self.network.kill("peer.a")  # and its peer's events begin anew as well
            self.network.start("peer.a")
            self.cluster.start("a")
            on.check(self)
            on.check_verdicts(self)


class Orderers(Faults):
    """Three of them: two are enough."""

    orderers = 3

    def test_any_of_three_may_die(self):
        for number in (1, 2, 3):
            name = f"orderer.{number}"
            with self.subTest(name):
                self.survives(lambda: self.network.kill(name))  # it stays dead until all is published
                self.network.start(name)

    def test_two_of_three_silent_and_back(self):
        def both():
            for name in ("orderer.2", "orderer.3"):
                self.network.pause(name)
            time.sleep(SILENT_SECONDS)
            for name in ("orderer.2", "orderer.3"):
                self.network.resume(name)

        self.survives(both)


class Partition(Faults):
    """The way between one peer and the orderer goes through a forwarder that cuts it."""

    def behind(self, who):
        """Has that peer come to the orderer through a forwarder from now on, also when this test is over."""
        orderer = self.network.addresses["orderer.1"]
        forwarder = Forwarder(orderer)
        self.addClassCleanup(forwarder.close)
        settings = self.network.state / "config" / "core.yaml"
        kept = settings.read_text()
        root = self.network.state / "orderer" / "msp" / "cacerts" / "ca.pem"
        entry = f"- {{from: '{orderer}', to: '{forwarder.address}', caCertsFile: '{root}'}}"
        changed, count = OVERRIDES.subn(lambda line: f"{line[0]}{line[1]}  {entry}\n", kept)
        self.assertEqual(count, 1)
        settings.write_text(changed)
        try:
            self.network.kill(f"peer.{who}")
            self.network.start(f"peer.{who}")
        finally:
            settings.write_text(kept)
        return forwarder

    def cut(self, forwarder):
        self.assertGreater(forwarder.carried, 0, "the peer comes this way")
        forwarder.cut()
        time.sleep(SILENT_SECONDS)
        forwarder.mend()

    def test_the_upstreams_peer(self):
        forwarder = self.behind("a")
        self.survives(lambda: self.cut(forwarder))

    def test_the_downstreams_peer(self):
        forwarder = self.behind("b")
        self.survives(lambda: self.cut(forwarder))

    def test_the_servicers_peer(self):
        forwarder = self.behind("s")
        self.survives(lambda: self.cut(forwarder))


if __name__ == "__main__":
    network.main(Kills, Partition, Orderers)
