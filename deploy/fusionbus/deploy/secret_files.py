"""The folder of secrets: passwords, signing keys, certificates; nothing that others can read."""

import contextlib
import os
import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fusionbus.contract.errors import Misconfigured

PASSWORD_BYTES: Final = 32
"""256 random bits: no guessing, so SCRAM's 4,096 rounds need not be more."""
PRINCIPAL: Final = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
"""An agency's id or a role: it becomes a file name and a user name of Kafka."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What lies where; every file is the owner's alone (0600), the folder too (0700)."""

    root: Path

    @property
    def ca_file(self) -> Path:
        """The certificate that every client trusts; the one file here that is no secret."""
        return self.root / "ca.pem"

    @property
    def ca_key(self) -> Path:
        """What makes new certificates; only the broker's start reads it."""
        return self.root / "ca.key"

    @property
    def node_file(self) -> Path:
        """The broker's key and certificate, in one file as Kafka wants it."""
        return self.root / "broker.pem"

    def password_file(self, principal: str) -> Path:
        """Where the password of this principal lies. Raises: Misconfigured for a name that is none."""
        return self._file(principal, "password")

    def signing_file(self, agency: str) -> Path:
        """Where the key lies with which this agency signs its reports. Raises: Misconfigured, as above."""
        return self._file(agency, "signing.pem")

    def password(self, principal: str) -> str | None:
        """The password, or None where none was made or it was taken away. Raises: Misconfigured."""
        path = self.password_file(principal)
        try:
            found = path.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise Misconfigured(f"The password file {path} cannot be read ({exc.strerror}).") from exc
        if not found:
            raise Misconfigured(f"The password file {path} is empty: remove it, and a new password is made.")
        return found

    def made_password(self, principal: str) -> str:
        """The password, made now if there was none; of two who make it at once, one wins."""
        path = self.password_file(principal)
        found = self.password(principal)
        if found is not None:
            return found
        with (
            _unfinished(path, secrets.token_urlsafe(PASSWORD_BYTES) + "\n") as whole,
            contextlib.suppress(FileExistsError),
        ):
            os.link(whole, path)
        return self.password(principal) or ""

    def renewed_password(self, principal: str) -> str:
        """A new password in the place of the old one."""
        write_private(self.password_file(principal), secrets.token_urlsafe(PASSWORD_BYTES) + "\n")
        return self.made_password(principal)

    def _file(self, principal: str, kind: str) -> Path:
        if not PRINCIPAL.fullmatch(principal):
            raise Misconfigured(f"{principal!r} is no name of an agency or a role: use letters, digits and hyphens.")
        return self.root / f"{principal}.{kind}"


def write_private(path: Path, text: str) -> None:
    """Writes the file whole or not at all, for its owner alone. Raises: Misconfigured where the folder refuses."""
    with _unfinished(path, text) as whole:
        whole.replace(path)


@contextmanager
def _unfinished(path: Path, text: str) -> Iterator[Path]:
    """The text in a file (0600) beside `path`, on the disk; gone afterwards."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    except OSError as exc:
        raise Misconfigured(
            f"The folder {path.parent} cannot be written ({exc.strerror}): make it writable or set FUSION_HOME."
        ) from exc
    whole = Path(name)
    try:
        with os.fdopen(number, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield whole
    finally:
        whole.unlink(missing_ok=True)
