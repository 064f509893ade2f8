"""`fusionbus evidence`: one incident as a sealed package, and its check."""

import math
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import TypeAdapter, ValidationError

from fusionbus.contract.base import Id
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.signing import key_id_of
from fusionbus.deploy.evidence.collecting import collect
from fusionbus.deploy.evidence.package import package
from fusionbus.deploy.operators import words
from fusionbus.deploy.operators.bus import Bus
from fusionbus.deploy.operators.cli_seals import PublicKeys, trusted_keys
from fusionbus.deploy.operators.settings import OperatorSettings
from fusionbus.shell.settings import load

SCRIPT: Final = "verify.py"
_PACKAGED: Final = Path(__file__).with_name(SCRIPT)
_IN_CHECKOUT: Final = Path(__file__).resolve().parents[4] / "docs" / "evidence" / SCRIPT
CHECK_S_MAX: Final = 600
_ID: Final[TypeAdapter[str]] = TypeAdapter(Id)

evidence_commands = typer.Typer(no_args_is_help=True, help="Seal one incident for a court, and check such a package.")


@evidence_commands.command()
def export(
    incident: Annotated[str, typer.Argument(help="The incident's id.")],
    *,
    out: Annotated[Path, typer.Option(help="The package to write; one that is there is not written over.")],
    agency: Annotated[
        str, typer.Option(help="Who exports: an agency of the hub's desk (`reviews`).", envvar="FUSION_AGENCY")
    ],
    key: Annotated[
        Path, typer.Option(help="The exporter's private key: Ed25519 in PEM.", envvar="FUSION_SIGNING_KEY_FILE")
    ],
    public_key: PublicKeys = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Write one incident as a package that anybody can check offline: reports, decisions, seals, signatures.

    Of a purged report it holds that it was here, and no more. Signed by --key; `docs/evidence.md` says what it proves.
    Example: fusionbus evidence export 1b4e28ba-2fa1-51d2-883f-0016d3cca427 --agency NACTA --key desk.pem --out case.zip
    """
    name, exporter = _incident_id(incident), words.agency_id(agency)
    signer = _signer(key)
    settings = load(OperatorSettings, bootstrap=bootstrap).model_copy(update={"scan_s_max": math.inf})
    keys = trusted_keys(public_key, settings)
    with Bus(settings) as bus:
        collected = collect(bus, name, exporter, keys)
    raw, files = package(collected, exporter, signer, datetime.now(UTC), script().read_bytes())
    try:
        with out.open("xb") as file:
            file.write(raw)
    except OSError as exc:
        raise Misconfigured(
            f"{out} cannot be written ({exc.strerror}): name a new file in a folder that exists."
        ) from exc
    signed = sum(one.report.signature is not None for one in collected.originals)
    typer.echo(
        f"{out}: {files} files; {len(collected.originals)} originals, {signed} of them signed, of "
        f"{len(collected.incident.members)} reports; {len(collected.audit)} decisions, {len(collected.seals)} seals."
    )
    typer.echo(
        f"Signed with key {key_id_of(signer.public_key().public_bytes_raw())}: tell that id to who will check it."
    )


@evidence_commands.command()
def verify(
    package: Annotated[Path, typer.Argument(help="The package.")],
    *,
    exporter: Annotated[str, typer.Option(help="The id of the exporter's key, learnt by a way that you trust.")] = "",
    seals: Annotated[str, typer.Option(help="The id of the key of the hub's seals, as --exporter.")] = "",
) -> None:
    """Check a package as a stranger would: by the script of fifty lines, in an interpreter of its own. Code 1: faults.

    Example: fusionbus evidence verify case.zip --exporter 56475aa75463474c
    """
    if not package.is_file():
        raise Misconfigured(f"There is no package at {package}.")
    line = (sys.executable, "-I", str(script()), str(package), exporter, seals)
    done = subprocess.run(line, timeout=CHECK_S_MAX, check=False)  # noqa: S603 - our own script, in this interpreter
    raise typer.Exit(done.returncode)


def script() -> Path:
    """The script that checks a package: packaged in a wheel, or the checkout's `docs/evidence/verify.py`."""
    return _PACKAGED if _PACKAGED.is_file() else _IN_CHECKOUT


def _incident_id(word: str) -> str:
    try:
        return _ID.validate_python(word.lower())
    except ValidationError as exc:
        raise Misconfigured(f"{word[:60]!r} is no incident's id: copy it from an alert.") from exc


def _signer(path: Path) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as exc:
        raise Misconfigured(f"The key {path} cannot be read ({exc.strerror}).") from exc
    except (ValueError, TypeError) as exc:
        raise Misconfigured(f"{path} is no private key in PEM without a password.") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} is no Ed25519 key: make one with `openssl genpkey -algorithm ed25519`.")
    return key
