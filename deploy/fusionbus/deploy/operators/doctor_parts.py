"""What the doctor makes of rights, disks and versions. Pure."""

from collections.abc import Iterator, Mapping
from typing import Final

from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.deploy.broker_jars import KAFKA_VERSION
from fusionbus.deploy.operators.findings import Finding, fault, note, ok, some
from fusionbus.deploy.rights import RightsPlan

FREE_SHARE_MIN: Final = 0.10
FREE_BYTES_MIN: Final = 2 * 2**30
"""Two of Kafka's segments of 1 GiB: below it a broker may not be able to roll its log."""
BROKER_OLDEST: Final = (4, 0)
"""Kafka 4 knows no ZooKeeper and dropped the oldest requests; nothing here was ever run against an older one."""


def open_broker(bootstrap: str) -> Finding:
    """What it means that nobody has to sign in."""
    return note("rights", f"The broker at {bootstrap} asks for no password and checks no rights: not for real reports.")


def rights(todo: RightsPlan) -> Iterator[Finding]:
    """Whether users and rights are as declared: provisioning's own comparison, told as faults."""
    faults = []
    if todo.new_users:
        faults.append(f"Users are missing: {some(todo.new_users)}. Run `fusionbus provision`.")
    if todo.new_acls:
        told = some([f"{acl.principal}: {acl}" for acl in todo.new_acls])
        faults.append(f"Rights are missing: {told}. Run `fusionbus provision`.")
    if todo.ended_users or todo.ended_acls:
        names = dict.fromkeys((*todo.ended_users, *(acl.principal for acl in todo.ended_acls)))
        faults.append(f"Agencies that have ended can still sign in or act: {some(names)}. Run `fusionbus provision`.")
    faults += todo.remarks
    yield from (fault("rights", sentence) for sentence in faults)
    if not faults:
        yield ok("rights", "Users and rights are as declared, and there are no others.")


def disk(what: str, free: int, total: int) -> Finding:
    """Whether a disk has room."""
    told = f"{what}: {free / 2**30:.1f} of {total / 2**30:.1f} GB are free"
    if total and (free < FREE_BYTES_MIN or free / total < FREE_SHARE_MIN):
        return fault("disk", f"{told}: make room before it is full, a broker or worker without disk stops.")
    return ok("disk", f"{told}.")


def unwritable(folder: str) -> Finding:
    """A folder of ours that is not ours."""
    return fault("disk", f"{folder} cannot be written by this user: give it to the user that runs fusionbus.")


def versions(ours: Mapping[str, str], needed: Mapping[str, str], pins: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the installed parts go together.

    `ours` are packages of this bus, `needed` those that decide how it behaves, `pins` the versions it was tested with.
    """
    if len(set(ours.values())) > 1:
        told = ", ".join(f"{name} {version}" for name, version in sorted(ours.items()))
        yield fault("versions", f"Parts of different versions are installed: {told}. Install all from one release.")
    apart = [
        f"{name} {there} (tested with {pins[name]})" for name, there in needed.items() if pins.get(name, there) != there
    ]
    if apart:
        yield fault(
            "versions",
            f"Other versions than those tested are installed: {some(apart)}. The hub works around faults of these very "
            "versions: install with `--constraint constraints.txt`.",
        )
    else:
        yield ok(
            "versions", ", ".join(f"{name} {version}" for name, version in (*sorted(ours.items()), *needed.items()))
        )


def broker_version(told: tuple[int, ...]) -> Finding:
    """Whether the broker is one that this bus knows; `told` is what its requests show: major and minor."""
    version, tested = ".".join(map(str, told)), KAFKA_VERSION
    if told < BROKER_OLDEST:
        oldest = ".".join(map(str, BROKER_OLDEST))
        return fault(
            "versions", f"The broker is Kafka {version}, and {oldest} is the oldest that is supported: update it."
        )
    if told[:2] != tuple(map(int, tested.split(".")[:2])):
        return note("versions", f"The broker is Kafka {version}; tests run with {tested}.")
    return ok("versions", f"The broker is Kafka {version}, as in the tests.")


def wire(newest: Mapping[str, tuple[int, int]]) -> Iterator[Finding]:
    """Whether the newest records are of a version that this software reads; `newest` is the version by place."""
    ours = tuple(map(int, SCHEMA_VERSION.split(".")))
    told = {place: ".".join(map(str, version)) for place, version in newest.items()}
    strange = [f"{told[place]} in {place}" for place, version in newest.items() if version[0] != ours[0]]
    newer = [f"{told[place]} in {place}" for place, version in newest.items() if version > ours]
    if strange:
        yield fault(
            "versions",
            f"This software reads wire {SCHEMA_VERSION} and finds {some(strange)}: hub and tools are of different "
            "releases; bring all to one.",
        )
    elif newer:
        yield note(
            "versions", f"This software knows wire {SCHEMA_VERSION} and finds {some(newer)}: update this machine."
        )
    elif newest:
        yield ok("versions", f"The newest records are of wire {', '.join(sorted(set(told.values())))}.")
