"""`fusionbus tips`: the tip line's server, and its queue from a terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from fusionbus.contract.errors import FixTheReport, Misconfigured
from fusionbus.producers.cli_publish import tell
from fusionbus.producers.tokens import federation_key
from fusionbus.shell.metrics import serve as serve_metrics
from fusionbus.shell.plain import neutral
from fusionbus.shell.settings import load

if TYPE_CHECKING:
    from fusionbus.producers.tips.queue import TipQueue
    from fusionbus.producers.tips.tip import Tip

tip_commands = typer.Typer(no_args_is_help=True, help="The tip line: what the public tells, and the desk that decides.")

Number = Annotated[int, typer.Argument(metavar="TIP", help="The tip's number, as `tips list` shows it.")]
By = Annotated[str, typer.Option(envvar="FUSION_TIPS_DESK", help="The desk that decides; not a person's name.")]
SNIPPET_MAX: Final = 70


@tip_commands.command("serve")
def serve(
    *,
    form_port: Annotated[int, typer.Option(min=0, max=65_535, help="The public form and the SMS gateway.")] = 8420,
    desk_port: Annotated[int, typer.Option(min=0, max=65_535, help="The desk; always on the loopback.")] = 8421,
    mail_port: Annotated[int | None, typer.Option(min=0, max=65_535, help="Take mail here; without it none.")] = None,
    host: Annotated[str, typer.Option(help="Where the public form listens.")] = "127.0.0.1",
    metrics_port: Annotated[int | None, typer.Option(help="Serve Prometheus metrics here.")] = None,
    send: Annotated[bool, typer.Option("--send/--no-send", help="Send accepted tips from the outbox.")] = True,
) -> None:
    """Serve the tip form, the desk and the gateways; accepted tips go to the hub by the outbox.

    Example: fusionbus tips serve --form-port 8420 --desk-port 8421 --mail-port 8425
    """
    try:
        from fusionbus.producers.tips import serving  # noqa: PLC0415 - the extra `tips`, and half a second
        from fusionbus.producers.tips.line import TipLine  # noqa: PLC0415 - as above
    except ImportError as exc:
        raise Misconfigured("The tip line is not installed: `pip install fusionbus-producers[tips]`.") from exc
    with _queue() as queue:
        line = TipLine(queue, federation_key(queue.settings))
        serve_metrics(metrics_port)
        serving.run(line, serving.Ports(form_port, desk_port, mail_port, host), tell, send=send)


@tip_commands.command("token")
def token(
    name: Annotated[str, typer.Argument(help="A desk or a gateway, such as `Call desk 2`; not a person.")],
    role: Annotated[str, typer.Option(help="triage, call-taker, or gateway (an SMS provider).")] = "triage",
    end: Annotated[bool, typer.Option("--end", help="End the token instead.")] = False,
) -> None:
    """Print the token with which a desk signs in, once; a new one ends the one before.

    Example: fusionbus tips token "Call desk 2" --role call-taker
    """
    from fusionbus.producers.tips.people import ROLES, People  # noqa: PLC0415 - only here

    known = next((one for one in ROLES if one == role), None)
    if known is None:
        raise FixTheReport(f"{role[:40]!r} is no role: use one of {', '.join(ROLES)}.")
    with _queue() as queue:
        if end:
            typer.echo("The token is ended." if People(queue).end(name, _now()) else "Nobody has this name.")
        else:
            typer.echo(People(queue).add(name, known, _now()))


@tip_commands.command("list")
def list_tips(
    state: Annotated[str, typer.Option(help="open, accepted or refused.")] = "open",
) -> None:
    """Show the queue: imminent danger first, then the oldest first.

    Example: fusionbus tips list
    """
    with _queue() as queue:
        if state == "open":
            found = queue.open_tips()
        elif state in {"accepted", "refused"}:
            found = queue.decided("accepted" if state == "accepted" else "refused")
        else:
            raise FixTheReport(f"{state[:40]!r} is no state: use open, accepted or refused.")
        for tip in found:
            typer.echo(_line(tip))
        typer.echo(f"{len(found)} {'tip' if len(found) == 1 else 'tips'}.")


@tip_commands.command("show")
def show(tip_id: Number, by: By = "terminal") -> None:
    """Show one tip, what tells much the same, and what was done with it.

    Example: fusionbus tips show 17
    """
    with _queue() as queue:
        from fusionbus.producers.tips.decisions import Decisions  # noqa: PLC0415 - only here

        tip = _found(queue, tip_id)
        Decisions(queue).look(tip.tip_id, by, _now())
        typer.echo(_line(tip))
        for said in (tip.text, *(text for _, text in tip.additions)):
            for text in said.split("\n"):
                typer.echo(f"  {neutral(text)}")
        facts = {"where": tip.place, "when": tip.happens, "asked": tip.question, "reason": tip.reason}
        for name, value in (facts | {"report": tip.report_id}).items():
            if value:
                typer.echo(f"{name}: {neutral(value)}")
        for near in queue.alike(tip, _now()):
            typer.echo(f"much the same ({100 * near.share:.0f} % of the words): {_line(_found(queue, near.tip_id))}")
        for act in queue.acts(tip_id):
            note = f": {neutral(act.note)}" if act.note else ""
            typer.echo(f"{act.at:%Y-%m-%d %H:%M} {neutral(act.by)} {act.action}{note}")


@tip_commands.command("accept")
def accept(
    tip_id: Number,
    *,
    by: By,
    province: Annotated[str, typer.Option(help="ISO 3166-2, such as PK-KP.")] = "",
    district: Annotated[str, typer.Option(help="The district.")] = "",
    category: Annotated[str, typer.Option(help="The contract's category, such as bombing.")] = "",
    tip_class: Annotated[str, typer.Option(help="NIEM's code, such as EXPL.")] = "",
    headline: Annotated[str, typer.Option(help="A line; without one the tip's first words.")] = "",
) -> None:
    """Accept a tip: it becomes a report in the outbox.

    Example: fusionbus tips accept 17 --by "Tip desk, night" --province PK-KP --district Peshawar --category bombing
    """
    from fusionbus.producers.tips.decisions import Decisions  # noqa: PLC0415 - only here
    from fusionbus.producers.tips.judging import judged_in  # noqa: PLC0415 - as above
    from fusionbus.producers.tips.reporting import accept as accepted  # noqa: PLC0415 - as above

    given = {"province": province, "district": district, "category": category}
    judged = judged_in(given | {"tip_class": tip_class, "headline": headline})
    with _queue() as queue:
        tip, key = _found(queue, tip_id), federation_key(queue.settings)
        report = accepted(Decisions(queue), tip, judged, by=by, now=_now(), key=key)
        typer.echo(f"Tip {tip_id} is report {report.report_id}, in the outbox of {report.agency}.")


@tip_commands.command("refuse")
def refuse(tip_id: Number, by: By, reason: Annotated[str, typer.Option(help="Why; it stays in the audit.")]) -> None:
    """Refuse a tip; it is deleted when its time is over.

    Example: fusionbus tips refuse 17 --by "Tip desk, night" --reason "A shop's advertisement."
    """
    from fusionbus.producers.tips.decisions import Decisions  # noqa: PLC0415 - only here

    with _queue() as queue:
        Decisions(queue).refuse(_found(queue, tip_id).tip_id, reason, by, _now())
        typer.echo(f"Tip {tip_id} is refused; it is deleted after {queue.settings.tips_refused_days} days.")


@tip_commands.command("ask")
def ask(
    tip_id: Number, by: By, question: Annotated[str, typer.Option(help="The teller reads it with his code.")]
) -> None:
    """Ask the teller for more; who has the code can answer.

    Example: fusionbus tips ask 17 --by "Tip desk, night" --question "Which side of the bridge?"
    """
    from fusionbus.producers.tips.decisions import Decisions  # noqa: PLC0415 - only here

    with _queue() as queue:
        Decisions(queue).ask(_found(queue, tip_id).tip_id, question, by, _now())
        typer.echo(f"Tip {tip_id} waits for its teller.")


@contextmanager
def _queue() -> "Iterator[TipQueue]":
    from fusionbus.producers.tips.queue import TipQueue  # noqa: PLC0415 - `--help` waits for what is imported above
    from fusionbus.producers.tips.settings import TipSettings  # noqa: PLC0415 - as above

    queue = TipQueue(load(TipSettings))
    try:
        yield queue
    finally:
        queue.close()


def _found(queue: "TipQueue", tip_id: int) -> "Tip":
    tip = queue.get(tip_id) if abs(tip_id) < 2**63 else None
    if tip is None:
        raise FixTheReport(f"There is no tip {str(tip_id)[:20]}: it may be deleted.")
    return tip


def _line(tip: "Tip") -> str:
    text = " ".join(tip.text.split())
    shown = text if len(text) <= SNIPPET_MAX else f"{text[: SNIPPET_MAX - 1]}…"
    danger = " DANGER" if tip.urgent else ""
    return f"{tip.tip_id}  {tip.received_at:%Y-%m-%d %H:%M} UTC  {tip.channel}  {tip.state}{danger}  {neutral(shown)}"


def _now() -> datetime:
    return datetime.now(UTC)
