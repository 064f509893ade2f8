"""Carries out what was chosen in a page: asks the rights anew, tells the hub, and shows its answer when it comes."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from anyio import to_thread

from fusionbus.consumers.threats.picture import hub_said
from fusionbus.consumers.web.actions import Done
from fusionbus.consumers.web.pages import acts
from fusionbus.consumers.web.pages.desk import Desk
from fusionbus.consumers.web.pages.live import Live, Pairs
from fusionbus.consumers.web.people import Person
from fusionbus.contract.errors import FixTheReport, FusionError
from fusionbus.contract.vocabulary import AckAction, Opinion

ANSWER_S_MAX: Final = 20.0
"""The hub answers in well under a second, after a restart in a few."""
POLL_S: Final = 0.3


class Doing:
    """Acts of one open page; `place` is where the page says what became of them."""

    def __init__(self, desk: Desk, place: Live) -> None:
        self._desk, self._place = desk, place

    async def form(self, fields: Pairs) -> bool:
        """Sends what a form asks for; whether the hub did it, or, where it answers others, has it."""
        told = dict(fields)
        reports = [value for name, value in fields if name == "report"]
        self._place.put(acts.said("Sending …"))
        try:
            done = await to_thread.run_sync(self._act, told, reports)
        except FusionError as exc:
            self._place.put(acts.said(str(exc), "bad"))
            return False
        self._place.put(acts.said(done.sentence, "" if done.answers else "good"))
        return await self._answer(done) if done.answers else True

    def _act(self, told: dict[str, str], reports: list[str]) -> Done:
        known: dict[str, Callable[[Person], Done]] = {
            "answer": lambda person: self._answer_alert(person, told),
            "merge": lambda person: self._decide(person, told, "same"),
            "undo": lambda person: self._decide(person, told, "not_same"),
            "split": lambda person: self._desk.actions.split(
                person, told.get("incident", ""), reports, told.get("reason", ""), self._desk.address
            ),
        }
        act = known.get(told.get("act", ""))
        if act is None:
            raise FixTheReport("That is nothing that can be done here: load the page anew.")
        return act(self._desk.now())

    def _answer_alert(self, person: Person, told: dict[str, str]) -> Done:
        action, opinion = told.get("action", ""), told.get("opinion")
        if action not in tuple(AckAction) or (opinion is not None and opinion not in tuple(Opinion)):
            raise FixTheReport("That is no answer to an alert: load the page anew.")
        return self._desk.actions.acknowledge(
            person,
            told.get("alert", ""),
            AckAction(action),
            opinion=Opinion(opinion) if opinion else None,
            note=told.get("note"),
            address=self._desk.address,
        )

    def _decide(self, person: Person, told: dict[str, str], decision: str) -> Done:
        pair = (told.get("incident", "").strip().lower(), told.get("other", "").strip().lower())
        said = "same" if decision == "same" else "not_same"
        return self._desk.actions.decide(person, pair, said, told.get("reason", ""), self._desk.address)  # type: ignore[arg-type]

    async def _answer(self, done: Done) -> bool:
        until = time.monotonic() + ANSWER_S_MAX
        while time.monotonic() < until:
            try:
                said = await to_thread.run_sync(hub_said, self._desk.threats, self._desk.viewer, done.answers)
            except FusionError as exc:
                self._place.put(acts.said(f"It is with the hub, whose answer cannot be read: {exc}", "warn"))
                return False
            if said is not None:
                did, sentence = said
                self._place.put(
                    acts.said(f"The hub {'says' if did else 'refused'}: {sentence}", "good" if did else "bad")
                )
                return did
            await asyncio.sleep(POLL_S)
        late = f"no answer of the hub came in {ANSWER_S_MAX:g} s: it takes effect when the hub runs."
        self._place.put(acts.said(f"It is with the broker, but {late}", "warn"))
        return False
