"""Identities of Fabric: who signs, and whether a signature is a member's, by the `cryptography` package."""

import datetime
import hashlib
import pathlib

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from fabric_protos.msp import identities_pb2

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


class Denied(Exception):
    """Not a member, or not signed by the one it claims to be."""


class Signer:
    """The identity of an MSP folder (signcerts/cert.pem, keystore/key.pem)."""

    def __init__(self, msp_id, folder):
        folder = pathlib.Path(folder)
        self.msp_id = msp_id
        self.certificate = (folder / "signcerts/cert.pem").read_bytes()
        self.key_pem = (folder / "keystore/key.pem").read_bytes()
        self.key = serialization.load_pem_private_key(self.key_pem, None)
        self.creator = identities_pb2.SerializedIdentity(mspid=msp_id, id_bytes=self.certificate).SerializeToString()

    def sign(self, octets):
        r, s = utils.decode_dss_signature(self.key.sign(octets, ec.ECDSA(hashes.SHA256())))
        return utils.encode_dss_signature(r, min(s, ORDER - s))


class Members:
    """The organisations of a channel: {MSP id: root certificate in PEM}."""

    def __init__(self, roots):
        self.pem = b"".join(roots.values())
        self.roots = {name: x509.load_pem_x509_certificate(pem) for name, pem in roots.items()}

    def check(self, creator, octets, signature, channel, units=("client", "admin")):
        """@return the MSP id of whoever signed `octets`. Raises Denied with the words of Fabric 2.5."""
        where = f"access denied: channel [{channel}] creator org"
        identity = identities_pb2.SerializedIdentity.FromString(creator)
        root = self.roots.get(identity.mspid)
        if root is None:
            raise Denied(f"{where} unknown, creator is malformed")
        try:
            certificate = x509.load_pem_x509_certificate(identity.id_bytes)
            certificate.verify_directly_issued_by(root)
            units_of = [a.value for a in certificate.subject.get_attributes_for_oid(x509.NameOID.ORGANIZATIONAL_UNIT_NAME)]
            now = datetime.datetime.now(datetime.timezone.utc)
            if not set(units_of) & set(units) or not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
                raise Denied(f"{where} [{identity.mspid}]")
            _, s = utils.decode_dss_signature(signature)
            if s > ORDER // 2:
                raise Denied(f"{where} [{identity.mspid}]")  # Fabric takes low S alone
            certificate.public_key().verify(signature, octets, ec.ECDSA(hashes.SHA256()))
        except (InvalidSignature, ValueError, TypeError):
            raise Denied(f"{where} [{identity.mspid}]") from None
        return identity.mspid


def certificate_hash(pem):
    """SHA-256 of the first certificate in DER, as `deliver` wants it bound to a connection."""
    certificate = x509.load_pem_x509_certificate(pem)
    return hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
