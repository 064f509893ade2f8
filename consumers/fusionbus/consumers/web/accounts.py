"""Accounts of people: made by the one who keeps the server, with a password that is changed at the first sign-in."""

import re
import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import RowMapping, delete, select, update

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.store import insert_into
from fusionbus.consumers.threats.tables_people import accounts, sessions
from fusionbus.consumers.threats.viewer import Role
from fusionbus.consumers.web import passwords
from fusionbus.consumers.web.people import Account
from fusionbus.contract.errors import Misconfigured

NAME: Final = re.compile(r"[a-z0-9]([a-z0-9._-]{0,38}[a-z0-9])?")
"""A desk's or service name such as watch-2; it is told to the hub, so no person's name need be one."""


class Accounts:
    """The accounts in the database; each belongs to one agency and has one role."""

    def __init__(self, database: ThreatDatabase, log2_n: int) -> None:
        self._database, self._log2_n = database, log2_n
        self._nobodys = passwords.hashed(passwords.one_time(), log2_n)

    def add(self, agency: str, name: str, role: Role) -> str:
        """Makes an account; its one-time password. Raises: Misconfigured where the name is taken or no name."""
        if NAME.fullmatch(name) is None:
            raise Misconfigured(
                f"--name {name[:60]!r} is no account's name: 1 to 40 of a-z, 0-9, dot and hyphen, such as watch-2."
            )
        password = passwords.one_time()
        row = {
            "account_id": str(uuid.uuid4()),
            "agency": agency,
            "name": name,
            "role": role.value,
            "password": passwords.hashed(password, self._log2_n),
            "must_change": True,
            "active": True,
            "created_at": datetime.now(UTC),
        }
        with self._database.writing() as connection:
            made = insert_into(connection, accounts).on_conflict_do_nothing().returning(accounts.c.account_id)
            if connection.scalar(made, row) is None:
                raise Misconfigured(f"{agency} has an account {name} already: take another name.")
        return password

    def all(self, agency: str | None = None) -> list[Account]:
        """The accounts of an agency, or of all, by agency and name."""
        asked = select(accounts).order_by(accounts.c.agency, accounts.c.name)
        if agency is not None:
            asked = asked.where(accounts.c.agency == agency)
        with self._database.reading() as connection:
            return [_account(row) for row in connection.execute(asked).mappings()]

    def switch(self, agency: str, name: str, *, active: bool) -> None:
        """Lets an account in or not; its sessions end. Raises: Misconfigured where there is none."""
        self._change(agency, name, {"active": active})

    def renew(self, agency: str, name: str) -> str:
        """A new one-time password; sessions end. Raises: Misconfigured where there is no such account."""
        password = passwords.one_time()
        self._change(agency, name, {"password": passwords.hashed(password, self._log2_n), "must_change": True})
        return password

    def known(self, agency: str, name: str, password: str) -> Account | None:
        """The active account with this password; it takes as long where there is no such account."""
        asked = select(accounts).where(accounts.c.agency == agency, accounts.c.name == name)
        with self._database.reading() as connection:
            row = connection.execute(asked).mappings().one_or_none()
        right = passwords.matches(password, self._nobodys if row is None else row["password"])
        return _account(row) if row is not None and right and row["active"] else None

    def choose(self, account: Account, password: str) -> Account:
        """The account with a password of one's own choice; all its sessions end. Raises: Misconfigured, where weak."""
        fit = passwords.judged(password, account.agency, account.name)
        values = {"password": passwords.hashed(fit, self._log2_n), "must_change": False}
        self._change(account.agency, account.name, values)
        return replace(account, must_change=False)

    def _change(self, agency: str, name: str, values: Mapping[str, Any]) -> None:
        its = (accounts.c.agency == agency) & (accounts.c.name == name)
        with self._database.writing() as connection:
            if connection.execute(update(accounts).where(its).values(values)).rowcount == 0:
                raise Misconfigured(f"{agency} has no account {name[:60]}: see `fusionbus accounts list`.")
            ids = select(accounts.c.account_id).where(its)
            connection.execute(delete(sessions).where(sessions.c.account_id.in_(ids)))


def _account(row: RowMapping) -> Account:
    return Account(
        row["account_id"],
        row["agency"],
        row["name"],
        Role(row["role"]),
        row["active"],
        row["must_change"],
        row["created_at"],
        row["signed_in_at"],
    )
