"""What is typed, and one clear sentence where it is wrong."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fusionbus.consumers import words
from fusionbus.consumers.cli import commands
from fusionbus.consumers.handlers.database import DatabaseHandler
from fusionbus.contract.errors import FusionError, Misconfigured
from fusionbus.contract.vocabulary import Kind, Province, Severity

ALERT = "00000000-0000-4000-8000-000000000000"


def test_values_are_known_by_value_or_name_in_any_case() -> None:
    assert words.one_of(Severity, "--severity-min", "severe") is Severity.SEVERE
    assert words.one_of(Province, "--province", "punjab") is Province.PUNJAB
    assert words.some_of(Kind, "--kind", ["tip", "TIP", "border"]) == (Kind.TIP, Kind.BORDER)
    assert words.agency_id("ctd-kp") == "CTD-KP"


def test_a_circle_is_read_and_a_wrong_one_refused() -> None:
    near = words.circle("34.01, 71.58, 50")
    assert near is not None
    assert (near.lat, near.lon, near.radius_km) == (34.01, 71.58, 50.0)
    for wrong in ("", "1,2", "1,2,3,4", "a,b,c", "91,0,5", "0,181,5", "0,0,0", "0,0,nan", "0,0,1e9", "inf,0,5"):
        with pytest.raises(Misconfigured, match=r"is not `lat,lon,km` such as 34\.01,71\.58,50"):
            words.circle(wrong)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["alerts", "--agency", "a b"], "--agency 'a b' is not an agency's short name"),
        (
            ["alerts", "--agency", "CTD-KP", "--handler", "x"],
            "use terminal, jsonl:PATH, sqlite:PATH, database:URL, cap:DIR",
        ),
        (["alerts", "--agency", "CTD-KP", "--group", "a.b"], "--group 'a.b' is not a name"),
        (["ack", ALERT, "--agency", "CTD-KP", "--action", "binned"], "use one of received, read, used, false_alarm"),
        (["ack", ALERT, "--agency", "CTD-KP", "--action", "opinion"], "strongly-disagree, disagree, neutral"),
        (["ack", ALERT, "--agency", "CTD-KP", "--action", "used", "--opinion", "agree"], "only with it"),
        (["ack", ALERT, "--agency", "CTD-KP", "--action", "used", "--note", ""], "--note has 0 characters"),
        (["ack", "x", "--agency", "CTD-KP", "--action", "used"], "'x' is not an alert's id"),
        (["subscribe", "--agency", "CTD-KP", "--name", ""], "--name: "),
        (["subscribe", "--agency", "CTD-KP", "--name", "n", "--severity-min", "awful"], "use one of Extreme, Severe"),
        (["subscribe", "--agency", "CTD-KP", "--name", "n", "--district", "x" * 301], "--district: "),
        (["subscribe", "--agency", "CTD-KP", "--name", "n", "--sector", "RAIL"], "use one of AGRI, CHEM"),
    ],
)
def test_a_wrong_command_line_is_one_sentence(arguments: list[str], sentence: str) -> None:
    result = CliRunner().invoke(commands, arguments)
    assert isinstance(result.exception, FusionError)
    assert sentence in str(result.exception)
    assert "\n" not in str(result.exception)


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
def test_a_store_without_the_alert_is_one_sentence(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "store"
    if kind == "sqlite":
        DatabaseHandler(f"sqlite:{path}").close()
    else:
        path.write_text("", encoding="utf-8")
    arguments = ["ack", ALERT, "--agency", "CTD-KP", "--action", "used", "--store", f"{kind}:{path}"]
    assert f"There is no alert {ALERT} in" in str(CliRunner().invoke(commands, arguments).exception)
    arguments[-1] = f"{kind}:{tmp_path}/missing"
    assert re.search(
        "cannot be read|There is no threat database", str(CliRunner().invoke(commands, arguments).exception)
    )
