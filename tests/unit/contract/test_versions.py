"""Old and new software on one bus: what 1.0 wrote is read, and who reads as 1.0 reads what is written now.

`wire-1.0.json` has the examples of 1.0 and its schemas of what agencies read, as they were; it never changes.
"""

import json
from pathlib import Path
from typing import Any, Final

import jsonschema
import pytest

from builders import a_report
from fusionbus.contract import codec, schemas
from fusionbus.contract.base import SCHEMA_VERSION
from fusionbus.contract.codec import Undecodable
from fusionbus.streams.admit import digest_of

OLD: Final[dict[str, Any]] = json.loads(Path(__file__).with_name("wire-1.0.json").read_text(encoding="utf-8"))
WRITTEN: Final = [(name, called) for name, examples in OLD["examples"].items() for called in examples]
READ: Final = [
    (name, called)
    for name in OLD["schemas"]
    for called, text in schemas.examples(name).items()
    if '"kind": "assessment"' not in text
]
"""An assessment goes to agencies alone that have the kind among those they may receive: nobody has it by 1.0."""
GROWN: Final = {
    "AlertKind": {"escalation", "sharing_request"},
    "Kind": {"assessment"},
    "Rule": {"deconfliction", "granted", "notice"},
    "ReceiptOutcome": {
        *("escalated", "moved", "purged", "redress_answered", "redress_asked", "review_due", "sharing_answered")
    },
    "RejectReason": {"expired", "legal_hold", "no_predicate", "purged", "settled", "unknown_request"},
}
"""Values that came with 1.1, of the lists that may grow: whoever reads as 1.0 does not know them."""
PAGE: Final = Path(__file__).parents[3] / "docs" / "wire-format.md"


def grown(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema of 1.0 that knows the values of today: as a reader does that passes over those it does not know."""
    lists = {name: known | {"enum": [*known["enum"], *sorted(GROWN.get(name, ()))]} for name, known in enums(schema)}
    return schema | {"$defs": schema["$defs"] | lists}


def enums(schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(name, known) for name, known in schema["$defs"].items() if "enum" in known]


@pytest.mark.parametrize(("name", "called"), WRITTEN, ids=[f"{name}/{called}" for name, called in WRITTEN])
def test_whatever_1_0_wrote_is_read(name: str, called: str) -> None:
    tree = OLD["examples"][name][called]
    got = codec.decode(schemas.messages()[name], json.dumps(tree).encode())
    assert not isinstance(got, Undecodable), got.sentence
    assert getattr(got, "schema_version", "1.0") == "1.0", "it stays what its writer said"


@pytest.mark.parametrize(("name", "called"), READ, ids=[f"{name}/{called}" for name, called in READ])
def test_who_reads_as_1_0_and_leaves_what_it_does_not_know_reads_what_is_written_now(name: str, called: str) -> None:
    tree = json.loads(schemas.examples(name)[called])
    validator = jsonschema.Draft202012Validator(grown(OLD["schemas"][name]))
    assert not [fault.message for fault in validator.iter_errors(tree)]


def test_only_the_lists_that_may_grow_have_grown_and_the_page_names_them() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, old in OLD["schemas"].items():
        now = dict(enums(schemas.schema_of(name, schemas.messages()[name])))
        more = {each: set(now[each]["enum"]) - set(known["enum"]) for each, known in enums(old)}
        assert {each: values for each, values in more.items() if values} == {
            each: GROWN[each] for each in more if each in GROWN
        }
        assert all(set(known["enum"]) <= set(now[each]["enum"]) for each, known in enums(old)), "nothing goes"
    assert all(f"`{value}`" in page for values in GROWN.values() for value in values)


@pytest.mark.parametrize("name", OLD["schemas"])
def test_nothing_that_was_optional_is_asked_for_and_nothing_went(name: str) -> None:
    def parts(schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {"": schema, **schema["$defs"]}

    old, now = parts(OLD["schemas"][name]), parts(schemas.schema_of(name, schemas.messages()[name]))
    for called, part in old.items():
        assert set(now[called].get("required", ())) <= set(part.get("required", ())), called
        assert set(part.get("properties", ())) <= set(now[called].get("properties", ())), called


def test_the_same_content_in_another_minor_version_is_the_same_content() -> None:
    now = codec.encode(a_report())
    before = now.replace(f'"{SCHEMA_VERSION}"'.encode(), b'"1.0"', 1)
    assert before != now
    assert digest_of(before) == digest_of(now)
    assert digest_of(before.replace(b"Blast", b"Shots")) != digest_of(now)
