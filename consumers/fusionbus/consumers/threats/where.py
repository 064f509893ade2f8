"""Which database is meant: `sqlite:PATH`, or a URL; shown without its password."""

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.settings import default_home

FORMS = "sqlite:PATH or postgresql://USER@HOST/NAME"


def default_url() -> str:
    """The database where none is named: a file in this user's data folder."""
    return f"sqlite:{default_home() / 'threats.db'}"


def read_url(text: str) -> URL:
    """The database that the text names. Raises: Misconfigured, which never repeats it: it may hold a password."""
    kind, _, rest = text.partition(":")
    if kind == "sqlite" and rest and not rest.startswith("//"):
        return URL.create("sqlite", database=rest)
    try:
        url = make_url(text)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError) as exc:
        raise Misconfigured(f"The database is not named in a form that is known: use {FORMS}.") from exc
    if backend == "sqlite" and url.database not in {None, "", ":memory:"}:
        return URL.create("sqlite", database=url.database)
    if backend in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    raise Misconfigured(f"A database of kind {backend!r} is not known: use {FORMS}.")


def path_of(url: URL) -> Path | None:
    """The file of an SQLite database."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def shown(url: URL) -> str:
    """The database in words for logs and sentences, without user, password and options."""
    path = path_of(url)
    if path is not None:
        return str(path)
    host = url.host or url.query.get("host") or "the local socket"
    return f"{url.database} at {host}{f':{url.port}' if url.port else ''}"
