"""Examples and generated schemas: what is shown to others is what the models do."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from fusionbus.contract import codec, schemas
from fusionbus.contract.alert import Alert
from fusionbus.contract.base import Message
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.records import ReceiptOutcome
from fusionbus.contract.report import ThreatReport
from fusionbus.contract.topics import HUB
from fusionbus.contract.vocabulary import Form, Kind

MESSAGES = schemas.messages()
EXAMPLES = [(name, called, text) for name in MESSAGES for called, text in schemas.examples(name).items()]
IDS = [f"{name}/{called}" for name, called, _ in EXAMPLES]


def document() -> dict[str, Any]:
    tree: dict[str, Any] = json.loads(schemas.files()[schemas.ASYNCAPI_FILE])
    return tree


def resolve(tree: dict[str, Any], reference: str) -> Any:
    here: Any = tree
    for part in reference.removeprefix("#/").split("/"):
        here = here[part]
    return here


def references(tree: Any) -> list[str]:
    if isinstance(tree, dict):
        own = [tree["$ref"]] if isinstance(tree.get("$ref"), str) else []
        return own + [found for value in tree.values() for found in references(value)]
    return [found for value in tree for found in references(value)] if isinstance(tree, list) else []


@pytest.mark.parametrize(("name", "called", "text"), EXAMPLES, ids=IDS)
def test_an_example_decodes_and_encodes_to_itself(name: str, called: str, text: str) -> None:
    got = codec.decode(MESSAGES[name], text.encode())
    assert not isinstance(got, Undecodable), f"{called}: {got}"
    assert codec.decode(MESSAGES[name], codec.encode(got)) == got
    assert json.loads(codec.encode(got)) == json.loads(text)


@pytest.mark.parametrize(("name", "called", "text"), EXAMPLES, ids=IDS)
def test_an_example_validates_against_its_generated_schema(name: str, called: str, text: str) -> None:
    validator = jsonschema.Draft202012Validator(schemas.schema_of(name, MESSAGES[name]))
    faults = [fault.message for fault in validator.iter_errors(json.loads(text))]
    assert not faults, called


@pytest.mark.parametrize("name", MESSAGES)
def test_every_message_has_an_example_and_a_schema_that_is_one(name: str) -> None:
    assert schemas.examples(name)
    schema = schemas.schema_of(name, MESSAGES[name])
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["title"]
    assert schema["description"]
    assert schema["additionalProperties"] is False


def loaded(name: str, model: type[Message]) -> list[Any]:
    return [codec.decode(model, text.encode()) for text in schemas.examples(name).values()]


def test_every_kind_form_and_outcome_has_an_example() -> None:
    assert {one.kind for one in loaded("threat-report", ThreatReport)} == set(Kind)
    assert {one.form for one in loaded("alert", Alert)} == set(Form)
    assert {one.outcome for one in loaded("receipt", MESSAGES["receipt"])} == set(ReceiptOutcome)


def test_some_examples_are_in_urdu() -> None:
    assert sum(any("\u0600" <= letter <= "\u06ff" for letter in text) for _, _, text in EXAMPLES) >= 3


def test_a_schema_demands_what_tells_messages_of_one_topic_apart() -> None:
    assert "type" in schemas.schema_of("agency", MESSAGES["agency"])["required"]
    section = schemas.schema_of("threat-report", ThreatReport)["$defs"]["IncidentSection"]
    assert "kind" in section["required"]


def test_a_schema_tells_what_the_docstring_under_a_field_tells() -> None:
    told = schemas.schema_of("threat-report", ThreatReport)["properties"]["language"]["description"]
    assert "Roman Urdu" in told


def test_the_generated_files_in_docs_are_up_to_date() -> None:
    assert schemas.main(["--check"]) == 0, "run `python -m fusionbus.contract.schemas`"


def test_the_check_names_stale_missing_and_orphaned_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main(["--out", str(tmp_path)]) == 0
    (tmp_path / "alert.json").write_text("{}", encoding="utf-8")
    (tmp_path / "link.json").unlink()
    (tmp_path / "gone.json").write_text("{}", encoding="utf-8")
    capsys.readouterr()
    assert schemas.main(["--check", "--out", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert all(name in told for name in ("alert.json", "link.json", "gone.json"))
    assert schemas.main(["--out", str(tmp_path)]) == 0
    assert schemas.main(["--check", "--out", str(tmp_path)]) == 0
    assert not (tmp_path / "gone.json").exists()


def test_asyncapi_lists_every_topic_that_carries_messages_with_the_hubs_operations() -> None:
    tree = document()
    assert tree["asyncapi"] == "3.0.0"
    carrying = [topic for topic in schemas.all_topics() if topic.message is not None]
    assert {channel["address"] for channel in tree["channels"].values()} == {topic.name for topic in carrying}
    actions = [operation["action"] for operation in tree["operations"].values()]
    assert actions.count("receive") == sum(HUB in topic.readers for topic in carrying)
    assert actions.count("send") == sum(HUB in topic.writers for topic in carrying)


def test_every_reference_in_asyncapi_leads_somewhere() -> None:
    tree = document()
    made = schemas.files()
    found = references(tree)
    assert found
    for reference in found:
        if reference.startswith("./"):
            assert reference.removeprefix("./") in made
        else:
            assert resolve(tree, reference)


def test_asyncapi_has_the_shape_that_version_3_demands() -> None:
    tree = document()
    assert {"title", "version"} <= tree["info"].keys()
    for server in tree["servers"].values():
        assert {"host", "protocol"} <= server.keys()
    for channel in tree["channels"].values():
        assert channel["messages"]
        used = {part.split("}")[0] for part in channel["address"].split("{")[1:]}
        assert used == channel.get("parameters", {}).keys()
    for operation in tree["operations"].values():
        assert operation["action"] in ("send", "receive")
        channel = resolve(tree, operation["channel"]["$ref"])
        assert {one["$ref"].rsplit("/", 1)[1] for one in operation["messages"]} == channel["messages"].keys()
    for scheme in tree["components"]["securitySchemes"].values():
        assert scheme["type"] == "scramSha512"
    for message in tree["components"]["messages"].values():
        assert {"name", "payload", "contentType"} <= message.keys()


@pytest.mark.parametrize("name", MESSAGES)
def test_no_field_is_both_required_and_nullable_because_absent_fields_are_left_out(name: str) -> None:
    schema = schemas.schema_of(name, MESSAGES[name])
    for model in (schema, *schema.get("$defs", {}).values()):
        for field in model.get("required", ()):
            assert {"type": "null"} not in model["properties"][field].get("anyOf", ()), f"{model['title']}.{field}"
