"""`fusionbus keys`: whose signatures the hub takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer

from fusionbus.contract.errors import Misconfigured
from fusionbus.deploy import signing_keys
from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.operators import showing, words
from fusionbus.deploy.provision_kafka import ProvisionSettings
from fusionbus.deploy.secret_files import Secrets
from fusionbus.deploy.signing_keys import PublicKeys
from fusionbus.shell.settings import load

OVERLAP_DAYS: Final = 7
"""Long enough for a weekend and for what waits in an outbox."""
NEXT: Final = "Make it known to the hub: `fusionbus provision`."

keys_commands = typer.Typer(no_args_is_help=True, help="Keys that sign reports: whose signatures the hub takes.")
Name = Annotated[str, typer.Argument(help="Whose key, such as CTD-KP.")]
Public = Annotated[
    Path | None, typer.Option(help="The agency's public key in PEM; without it a pair is made on this machine.")
]


@keys_commands.command("new")
def new(agency: Name, public: Public = None) -> None:
    """List one more key of an agency; it counts at once, beside those that are there.

    Example: fusionbus keys new CTD-KP
    """
    kept, secrets = _places()
    keys, now = kept.of(agency), datetime.now(UTC)
    if public is None and secrets.signing_file(agency).exists():
        raise Misconfigured(
            f"{secrets.signing_file(agency)} is there already: `keys rotate` puts another in its place."
        )
    path = kept.keep(agency, signing_keys.added(keys, _public(agency, public, secrets), now))
    typer.echo(f"{agency} has one more key, listed in {path}. {NEXT}")


@keys_commands.command("rotate")
def rotate(
    agency: Name,
    public: Public = None,
    overlap_days: Annotated[float, typer.Option(min=0, max=400, help="How long the older keys are still taken.")] = (
        OVERLAP_DAYS
    ),
) -> None:
    """Put a new key in the place of those that count; for a while both are taken.

    Example: fusionbus keys rotate CTD-KP --overlap-days 7
    """
    kept, secrets = _places()
    keys, now, overlap = kept.of(agency), datetime.now(UTC), timedelta(days=overlap_days)
    path = kept.keep(agency, signing_keys.rotated(keys, _public(agency, public, secrets), now, overlap))
    typer.echo(f"{agency} has a new key, listed in {path}; older ones end within {overlap_days:g} days. {NEXT}")


@keys_commands.command("revoke")
def revoke(
    agency: Name,
    key_id: Annotated[str, typer.Argument(help="Which key: see `fusionbus keys list`.")],
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="From when on. Default: now.")
    ] = None,
) -> None:
    """Take no more of what is signed with a key: it was stolen, or may have been.

    Example: fusionbus keys revoke CTD-KP 9f86d081884c7d65 --since 2026-11-20T09:00:00Z
    """
    kept, _ = _places()
    at = (since or datetime.now(UTC)).astimezone(UTC)
    path = kept.keep(agency, signing_keys.revoked(kept.of(agency), key_id, at))
    typer.echo(f"Key {key_id} of {agency} is revoked from {at:%Y-%m-%d %H:%M} UTC on ({path}). {NEXT}")


@keys_commands.command("list")
def show(as_json: words.AsJson = False) -> None:
    """Show all keys that are listed on this machine.

    Example: fusionbus keys list
    """
    kept, _ = _places()
    rows = [(agency, key) for agency in kept.agencies() for key in kept.of(agency)]
    if as_json:
        showing.show_json([{"agency": agency} | key.model_dump(mode="json") for agency, key in rows])
        return
    headings = ("agency", "key", "counts from", "until", "revoked")
    showing.show_table(
        headings,
        ((agency, key.key_id, _at(key.valid_from), _at(key.valid_until), _at(key.revoked_at)) for agency, key in rows),
    )


def bring(federation: Federation, settings: ProvisionSettings) -> Federation:
    """The federation with a signing key for each active agency that had none: the pair is made here, as its password.

    The secured local profile does so; on a real cluster agencies make their own and hand over the public half.
    """
    kept, secrets = _places(settings)
    for agency in federation.agencies:
        name = agency.agency
        if agency.active and not agency.keys and not kept.of(name):
            public = signing_keys.public_of(secrets.signing_file(name))
            kept.keep(name, signing_keys.added((), public, datetime.now(UTC)))
    return kept.joined_to(federation)


def _public(agency: str, public: Path | None, secrets: Secrets) -> bytes:
    if public is not None:
        return signing_keys.read_public(public)
    return signing_keys.make_pair(secrets.signing_file(agency))


def _places(settings: ProvisionSettings | None = None) -> tuple[PublicKeys, Secrets]:
    home = (settings or load(ProvisionSettings)).home
    return PublicKeys.under(home), Secrets((home.expanduser() / "secrets").absolute())


def _at(at: datetime | None) -> str:
    return "" if at is None else f"{at:%Y-%m-%d %H:%M}"
