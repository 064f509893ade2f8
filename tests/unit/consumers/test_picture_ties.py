"""Reasons, origins, the review queue and the colours of the picture."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysts import the_blast
from fusionbus.consumers.web.pages import incident_ties, picture_rows, review
from fusionbus.contract.incident import Reason
from pictured import a_decision, joined_incident, waiting_pair

STATIC = Path(picture_rows.__file__).parents[1] / "static"


# -- reasons and origins -------------------------------------------------------------------------------------------
def test_the_waterfall_ends_at_the_sum_and_at_the_probability_given() -> None:
    (member,) = [each for each in joined_incident().members if each.agency == "IB"]
    html = incident_ties.waterfall(member.reasons, member.probability)
    total = sum(reason.bits for reason in member.reasons)
    assert f'<td class="number">{total:+.1f}</td>' in html
    assert html.count("<rect") == len(member.reasons)
    assert member.probability is not None
    assert incident_ties.probability_of(member.reasons) == pytest.approx(member.probability, abs=1e-3)


@given(st.floats(0, 1))
def test_no_probability_claims_to_be_certain(probability: float) -> None:
    assert incident_ties.percent(probability) not in {"0%", "100%"}


@given(st.lists(st.builds(Reason, field=st.just("time"), bits=st.floats(-50, 50), said=st.just("x")), max_size=12))
def test_any_reasons_can_be_drawn(reasons: list[Reason]) -> None:
    html = incident_ties.waterfall(reasons)
    assert "nan" not in html
    assert all(-0.1 <= float(x) <= 100.1 for x in re.findall(r'<rect x="([-\d.]+)"', html))


def test_an_echo_stands_at_its_origin_and_adds_none() -> None:
    origins = incident_ties.origins_of(joined_incident())
    assert {(origin.name, origin.echoes) for origin in origins} == {("CTD-KP", ("POLICE-KP",)), ("IB", ())}
    assert "2 independent origins, 1 echo" in incident_ties.graph(origins)
    assert len(origins) == joined_incident().independent_origins


def test_a_masked_source_is_not_named_in_the_graph() -> None:
    held = joined_incident()
    masked = tuple(member.model_copy(update={"masked": True}) for member in held.members)
    html = incident_ties.graph(incident_ties.origins_of(held.model_copy(update={"members": masked})))
    assert "masked source" in html
    assert "CTD-KP" not in html


def test_the_graph_is_told_in_words_too() -> None:
    html = incident_ties.graph([incident_ties.Origin("CTD-KP", ("IB", "POLICE-KP", "CTD-PB"))])
    assert "CTD-KP, echoed by IB, POLICE-KP, CTD-PB" in html
    assert 'role="img" aria-label="1 independent origin, 3 echoes"' in html


# -- review --------------------------------------------------------------------------------------------------------
def test_the_queue_has_what_is_open_likeliest_first() -> None:
    html = review.queue_html([waiting_pair(-2), waiting_pair(3), waiting_pair(1, a_decision("same", 1))])
    assert "2 pairs wait" in html
    assert html.index("89% likely") < html.index("20% likely")


def test_an_empty_queue_says_so() -> None:
    assert "No pair of incidents waits" in review.queue_html([])


def test_both_answers_to_a_pair_ask_for_a_reason() -> None:
    html = review.pair_html(waiting_pair(1))
    assert html.count('name="reason"') == 2
    assert 'name="act" value="merge"' in html
    assert 'name="act" value="undo"' in html


def test_a_report_that_may_not_belong_is_taken_out_or_left() -> None:
    pair = waiting_pair(1)
    link = pair.link.model_copy(update={"type": "possible_split", "report_id": the_blast().report_id})
    html = review.pair_html(replace(pair, link=link))
    assert f'name="report" value="{the_blast().report_id}"' in html
    assert 'name="act" value="split"' in html


# -- colours -------------------------------------------------------------------------------------------------------
def colours(file: str, theme: str) -> dict[str, str]:
    """The custom properties of a style sheet, light or dark."""
    text = (STATIC / file).read_text(encoding="utf-8")
    selector = r':root\[data-theme="dark"\]' if theme == "dark" else r":root"
    blocks = re.findall(selector + r" \{(.*?)\}", text, re.DOTALL)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", " ".join(blocks)))


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("rank", range(5))
def test_every_severity_stands_out_from_every_ground_it_lies_on(theme: str, rank: int) -> None:
    mine, frame = colours("picture.css", theme), colours("frame.css", theme)
    for ground in (frame["panel"], mine["map-sea"], frame["ground"]):
        assert contrast(mine[f"sev-{rank}"], ground) >= 4.5
    assert contrast(mine["on-sev"], mine[f"sev-{rank}"]) >= 4.5, "the number on a mark"
