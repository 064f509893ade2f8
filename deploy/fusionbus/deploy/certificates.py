"""The local broker's certificates: a private authority, made once, and a node certificate, renewed at the start."""

import ipaddress
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy.secret_files import Secrets, write_private

NODE: Final = "broker"
"""The broker's own principal: the name in its certificate."""
CA_LIFE: Final = timedelta(days=3_650)
"""Clients hold a copy, so a new one has to be carried to all of them."""
NODE_LIFE: Final = timedelta(days=397)
"""The longest that browsers took of a public server until 2026 (CA/Browser Forum); a private one needs no longer."""
RENEW_BEFORE: Final = timedelta(days=30)
CLOCK_SKEW: Final = timedelta(hours=1)
"""A client whose clock is slow must not find the certificate not yet valid."""


def ensure(files: Secrets, now: datetime | None = None) -> bool:
    """Whether a certificate was made: the authority where there is none, the node's where it is missing or ends soon.

    Raises: Misconfigured where a file is no certificate or the authority has ended.
    """
    now = now or datetime.now(UTC)
    if not (files.ca_file.exists() and files.ca_key.exists()):
        _make_authority(files, now)
    authority, key = _authority(files)
    if authority.not_valid_after_utc <= now + RENEW_BEFORE:
        raise Misconfigured(
            f"The certificate authority {files.ca_file} ends on {authority.not_valid_after_utc:%Y-%m-%d}: move it and "
            f"{files.ca_key.name} away, start again, and give the new ca.pem to every client."
        )
    if _node_is_good(files, authority, now):
        return False
    _make_node(files, authority, key, now)
    return True


def _make_authority(files: Secrets, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fusionbus private authority")])
    made = (
        _begun(name, name, key.public_key(), now, now + CA_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    write_private(files.ca_key, _pem(key))
    write_private(files.ca_file, made.public_bytes(Encoding.PEM).decode())


def _make_node(
    files: Secrets, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey, now: datetime
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NODE)])
    end = min(now + NODE_LIFE, authority.not_valid_after_utc)
    loopback: list[x509.GeneralName] = [x509.DNSName("localhost")]
    loopback += [x509.IPAddress(ipaddress.ip_address(address)) for address in ("127.0.0.1", "::1")]
    both_ways = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    made = (
        _begun(name, authority.subject, key.public_key(), now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.SubjectAlternativeName(loopback), critical=False)
        .add_extension(both_ways, critical=False)  # the node is a client of its own controller
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    write_private(files.node_file, _pem(key) + made.public_bytes(Encoding.PEM).decode())


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(end)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _authority(files: Secrets) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    try:
        key = load_pem_private_key(files.ca_key.read_bytes(), password=None)
        authority = x509.load_pem_x509_certificate(files.ca_file.read_bytes())
    except (OSError, ValueError) as exc:
        raise Misconfigured(f"The certificate authority in {files.root} cannot be read ({exc}).") from exc
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != authority.public_key():
        raise Misconfigured(f"{files.ca_key} is not the key of {files.ca_file}: restore both from one backup.")
    return authority, key


def _node_is_good(files: Secrets, authority: x509.Certificate, now: datetime) -> bool:
    try:
        node = x509.load_pem_x509_certificate(files.node_file.read_bytes())
        node.verify_directly_issued_by(authority)
    except (OSError, ValueError, TypeError, InvalidSignature):
        return False
    return node.not_valid_after_utc > now + RENEW_BEFORE


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
