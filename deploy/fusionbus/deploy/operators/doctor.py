"""What the doctor makes of what it saw: each fault one sentence that says what to do. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from fusionbus.contract.topics import ACCEPTED, HUB_APP, Partitions, agency_of, hub_topics
from fusionbus.deploy.operators.findings import Finding, fault, note, ok, some
from fusionbus.deploy.provision import Plan, TopicThere
from fusionbus.shell.moments import Place
from fusionbus.shell.offsets import Members

CLOCK_S_MAX: Final = 2.0
"""NTP keeps machines within milliseconds; the hub refuses reports from five minutes ahead (`admit.CLOCK_SKEW_MAX`),
and latencies below a second mean nothing on clocks further apart than this."""
STATE_VERSION: Final = "v1"
"""The folder in which the worker's engine keeps state: Faust's `app.version`, which is 1."""


def spread_of(there: Mapping[str, int]) -> Partitions:
    """The numbers of partitions this bus was made with, by its topics' own: the topic `accepted`, and the most usual
    number among agencies' topics, so that the doctor need not be told what provisioning was told.
    """
    default = Partitions()
    zones = there.get(ACCEPTED, default.zones)
    small = [count for name, count in there.items() if agency_of(name) is not None and not name.startswith("reports-")]
    agency = max(sorted(set(small)), key=small.count, default=default.agency)
    return Partitions(ingress=zones, zones=zones, agency=agency)


def brokers(up: int, known: int, copies: int, where: str) -> Finding:
    """Whether all brokers that the cluster knows are up, and enough for the copies that are wanted."""
    told = f"{up} of {known} broker{'s' if known != 1 else ''} up at {where}"
    if up < known or up < copies:
        wanted = f", and {copies} copies are wanted" if up < copies else ""
        return fault("broker", f"{told}{wanted}: start the one that is down.")
    return ok("broker", f"{told}.")


def topics(
    plan: Plan, present: Mapping[str, TopicThere], leaderless: Sequence[str], thin: Sequence[str]
) -> Iterator[Finding]:
    """Whether the topics are as declared: provisioning's own comparison, told as faults.

    `leaderless` partitions have no broker, `thin` ones fewer copies in step than they should.
    """
    faults = []
    if plan.new_topics:
        names = [one.topic.name for one in plan.new_topics]
        faults.append(f"Missing: {some(names)}. Run `fusionbus provision`.")
    if plan.config_changes:
        told = [
            f"{one.topic} ({one.key} is {one.old or 'not set'}, should be {one.new})" for one in plan.config_changes
        ]
        faults.append(f"Not set as declared: {some(told)}. Run `fusionbus provision`.")
    faults += [remark for remark in plan.remarks if remark.startswith("Number of")]
    if leaderless:
        faults.append(
            f"No broker leads {some(leaderless)}: nothing can be written or read there; "
            "start the broker that is down, then look at its log."
        )
    elif thin:
        faults.append(
            f"Fewer copies are in step than should be: {some(thin)}. A broker is down or slow; the next loss may stop "
            "writing: start it, or look at its disk."
        )
    yield from (fault("topics", sentence) for sentence in faults)
    if not faults:
        yield ok("topics", f"{len(present)} topics are as declared.")


def hidden(plan: Plan, wanted: int, user: str) -> Finding:
    """What topics that are missing mean where users have rights: without the right to see it a topic looks missing."""
    return fault(
        "topics",
        f"Of {wanted} topics {len(plan.new_topics)} are missing, or {user} may not see them: look as `operator`, "
        "and if they are missing run `fusionbus provision`.",
    )


def registry(plan: Plan, agencies: int, unreadable: int) -> Iterator[Finding]:
    """Whether the registry is there and says what the agencies file says."""
    if not agencies:
        yield fault("registry", "The registry holds no agency: run `fusionbus provision`; until then all is refused.")
        return
    if unreadable:
        yield fault(
            "registry",
            f"{unreadable} entries are of another version and count for nothing: run `fusionbus provision`, "
            "then ask the agencies to subscribe again.",
        )
    if plan.writings:
        names = [writing.entry.agency for writing in plan.writings]
        yield note("registry", f"Differs from the file for {some(dict.fromkeys(names))}: see `provision --dry-run`.")
    for remark in plan.remarks:
        if "not in the file" in remark:
            yield note("registry", remark)
    if not unreadable:
        yield ok("registry", f"{agencies} agencies are registered.")


def hub(members: Members, before: Mapping[Place, int], after: Mapping[Place, int], lag: int) -> Finding:
    """Whether the hub's group works: it has members, and where there is work its commits move on.

    `before` and `after` are what the group had committed, some seconds apart; `lag` is what waited at the first look.
    """
    waits = f"{lag:,} records wait"
    if members.count == 0:
        return fault(
            "hub", f"No worker is in the group {HUB_APP}; {waits}: start one with `fusionbus worker` or `fusionbus up`."
        )
    if members.state not in {"Stable", "PreparingRebalance", "CompletingRebalance"}:
        return fault("hub", f"The group {HUB_APP} is {members.state}: read the workers' logs.")
    if lag and before == after:
        moving = " (the group rebalances)" if members.state != "Stable" else ""
        return fault(
            "hub",
            f"{waits} and nothing was committed while the doctor looked{moving}: look again; if it stays so, "
            "restart the workers, they go on where they were.",
        )
    count = f"{members.count} worker{'s' if members.count > 1 else ''}"
    return ok("hub", f"{count}, {members.state.lower()}; {waits}.")


def clock(ahead_s: float, uncertain_s: float) -> Finding:
    """Whether this machine's clock and the broker's agree; `ahead_s` is how far the broker's is ahead."""
    if abs(ahead_s) - uncertain_s > CLOCK_S_MAX:
        which = "ahead of" if ahead_s > 0 else "behind"
        return fault(
            "clocks",
            f"The broker's clock is {abs(ahead_s):.1f} s {which} this machine's: set both by NTP, "
            "or reports are refused as from the future and latencies are wrong.",
        )
    return ok("clocks", f"The broker's clock and this machine's differ by {abs(ahead_s):.2f} s (±{uncertain_s:.2f} s).")


def leftovers(folders: Iterable[str], topics_there: Iterable[str]) -> Iterator[Finding]:
    """State of other versions: `folders` are those inside workers' homes, as `worker-1/v1`."""
    old = sorted(name for name in folders if name.rpartition("/")[2] != STATE_VERSION)
    if old:
        yield fault(
            "state", f"State of another version lies in {some(old)}: with no worker running, move it away; "
            "the changelogs rebuild what is needed."
        )  # fmt: skip
    known: set[str] = {topic.name for topic in hub_topics()}
    strangers = sorted(
        name for name in topics_there if name.startswith(f"{HUB_APP}-") and name not in known and "__" not in name
    )
    if strangers:
        yield fault(
            "state",
            f"Changelogs of no table of this version: {some(strangers)}. Make sure no worker of that version "
            "is left, then delete them with Kafka's own kafka-topics.",
        )
    if not (old or strangers):
        yield ok("state", "No state of another version is left.")
