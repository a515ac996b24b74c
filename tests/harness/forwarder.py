"""A TCP connection between two that a test can cut: whoever comes to `address` speaks with `target`, until cut() and again from
mend() on."""

import socket
import threading

PIECE = 1 << 16


class Forwarder:
    def __init__(self, target):
        host, _, port = target.rpartition(":")
        self.target = host, int(port)
        self.lock, self.open, self.whole, self.carried = threading.Lock(), set(), True, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        """Ends every connection; who comes anew is hung up on."""
        with self.lock:
            self.whole = False
            for one in self.open:
                self._end(one)

    def mend(self):
        with self.lock:
            self.whole = True

    def close(self):
        self.cut()
        self._end(self.listener)
        self.listener.close()

    @staticmethod
    def _end(one):
        try:
            one.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it is over already

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self._join(near)

    def _join(self, near):
        with self.lock:
            if not self.whole:
                near.close()
                return
            try:
                far = socket.create_connection(self.target, timeout=5)
            except OSError:
                near.close()
                return
            far.settimeout(None)
            self.open |= {near, far}
        for source, drain in ((near, far), (far, near)):
            threading.Thread(target=self._carry, args=(source, drain), daemon=True).start()

    def _carry(self, source, drain):
        try:
            while piece := source.recv(PIECE):
                drain.sendall(piece)
                self.carried += len(piece)
        except OSError:
            pass
        self._end(source)
        self._end(drain)
        with self.lock:
            self.open.discard(source)
        source.close()
