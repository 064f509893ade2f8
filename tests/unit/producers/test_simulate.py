"""The simulator: the same seed tells the same, sources differ as real ones do, and the truth fits what is told."""

import csv
import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import combinations, islice
from pathlib import Path
from random import Random

import pytest
from typer.testing import CliRunner

from fusionbus.contract import codec
from fusionbus.contract.clk import dice, read_clk
from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.report import Person, Place, ThreatReport
from fusionbus.contract.vocabulary import Kind, MsgType, Status
from fusionbus.producers.simulate import events, names, world
from fusionbus.producers.simulate.command import commands, parse_span, parse_start
from fusionbus.producers.simulate.stream import Traffic
from fusionbus.producers.simulate.truth import Line, Told, write
from fusionbus.producers.simulate.world import BA, KP

START = datetime(2024, 1, 1, tzinfo=UTC)
SPAN = timedelta(days=60)
SAMPLE = 6_000


def chance(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - chance that can be repeated


@cache
def sample() -> tuple[Line, ...]:
    return tuple(Traffic(7, START, SPAN).lines(SAMPLE))


@cache
def retellings() -> tuple[tuple[ThreatReport, ThreatReport], ...]:
    """Every pair of independent first tellings of one attack."""
    told: dict[str, list[ThreatReport]] = defaultdict(list)
    for line in sample():
        if line.told in {Told.ORIGINAL, Told.INDEPENDENT} and line.facts.kind == Kind.INCIDENT:
            told[line.facts.event].append(line.report)
    return tuple(pair for reports in told.values() for pair in combinations(reports, 2))


def share_that_differs(of: Callable[[ThreatReport], object | None]) -> float:
    pairs = [(of(one), of(other)) for one, other in retellings()]
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    assert len(known) > 500
    return sum(one != other for one, other in known) / len(known)


def toll(report: ThreatReport) -> int | None:
    return report.casualties[0].low if report.casualties else None


def day(report: ThreatReport) -> object | None:
    return report.occurred.start.date() if report.occurred else None


def place_name(report: ThreatReport) -> str | None:
    return report.place.name if report.place else None


def distance_km(one: Place, other: Place) -> float:
    assert one.lat is not None
    assert one.lon is not None
    assert other.lat is not None
    assert other.lon is not None
    north = math.radians(other.lat - one.lat)
    east = math.radians(other.lon - one.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return 6371 * math.hypot(north, east)


def test_the_same_seed_tells_the_same_and_another_seed_another() -> None:
    one, again, other = (Traffic(seed, START, SPAN).lines(200) for seed in (3, 3, 4))
    assert one == again
    assert [line.report for line in one] != [line.report for line in other]


def test_exactly_as_many_reports_come_as_were_asked_for_oldest_first() -> None:
    lines = sample()
    assert len(lines) == SAMPLE
    moments = [line.report.reported_at for line in lines]
    assert moments == sorted(moments)
    assert moments[-1] <= START + SPAN + timedelta(seconds=1)


def test_every_report_passes_the_contract_as_bytes() -> None:
    for line in sample()[:2_000]:
        assert codec.decode_report(codec.encode(line.report)) == line.report


def test_tolls_differ_in_48_percent_of_pairs() -> None:
    assert share_that_differs(toll) == pytest.approx(0.48, abs=0.05)


def test_dates_differ_in_4_to_6_percent_of_pairs() -> None:
    assert share_that_differs(day) == pytest.approx(0.05, abs=0.02)


def test_place_names_differ_in_18_percent_of_pairs() -> None:
    assert share_that_differs(place_name) == pytest.approx(0.18, abs=0.04)


def test_spelled_names_differ_in_28_percent_of_pairs() -> None:
    rng = chance(1)
    persons = [names.person(rng) for _ in range(4_000)]
    differ = sum(person.spelled(rng) != person.spelled(rng) for person in persons) / len(persons)
    assert differ == pytest.approx(0.28, abs=0.04)


def test_a_name_is_known_again_however_it_is_spelled() -> None:
    """By its tokens most often, else by its filter; a name of which neither is left would not be found."""
    held: dict[str, list[Person]] = defaultdict(list)
    for line in sample():
        held[line.facts.event] += line.report.persons
    pairs = [pair for persons in held.values() for pair in combinations(persons, 2)]
    by_token = sum(one.name_tokens == other.name_tokens for one, other in pairs) / len(pairs)
    assert 0.75 < by_token < 0.97
    assert sum(spelled_alike(one, other) for one, other in pairs) / len(pairs) > 0.98


def spelled_alike(one: Person, other: Person) -> bool:
    assert one.name_clk is not None
    assert other.name_clk is not None
    ours, theirs = read_clk(one.name_clk), read_clk(other.name_clk)
    assert ours is not None
    assert theirs is not None
    return dice(ours[1], theirs[1]) >= 0.8


def test_points_of_two_sources_lie_31_km_apart_in_the_median_and_106_km_at_95_percent() -> None:
    places = [(one.place, other.place) for one, other in retellings()]
    known = [(a, b) for a, b in places if a and b and a.lat is not None and b.lat is not None]
    distances = sorted(distance_km(a, b) for a, b in known)
    assert distances[len(distances) // 2] == pytest.approx(31, abs=4)
    assert distances[int(len(distances) * 0.95)] == pytest.approx(106, abs=18)


def test_two_independent_sources_never_use_the_same_words() -> None:
    texts = [(one.narrative, other.narrative) for one, other in retellings() if one.narrative]
    assert sum(one == other for one, other in texts) == 0


def test_attacks_and_deaths_fall_on_the_provinces_as_in_2024() -> None:
    made = islice(events.invent(chance(3), START, timedelta(days=366)), 6_000)
    attacks = [event for event in made if event.kind is Kind.INCIDENT]
    west = [event for event in attacks if event.district.province in {KP, BA}]
    killed, killed_west = sum(e.killed for e in attacks), sum(e.killed for e in west)
    assert len(west) / len(attacks) == pytest.approx(0.86, abs=0.03)
    assert killed_west / killed == pytest.approx(0.92, abs=0.04)
    assert killed / len(attacks) == pytest.approx(1_081 / 1_099, abs=0.25)
    actors = Counter(event.actor for event in attacks)
    assert {name for name, _ in actors.most_common(2)} == {"TTP", "BLA"}
    assert max(event.killed for event in attacks) > 20


def test_coordinated_attacks_are_separate_events_of_one_day_in_several_districts() -> None:
    series: dict[str, list[events.Event]] = defaultdict(list)
    for event in islice(events.invent(chance(5), START, SPAN), 4_000):
        if event.series is not None:
            series[event.series].append(event)
    assert series
    for held in series.values():
        assert len({event.event_id for event in held}) == len(held)
        assert len({event.district.name for event in held}) == len(held)
        assert max(e.at for e in held) - min(e.at for e in held) < timedelta(hours=3)


def test_every_kind_of_report_and_every_relation_occurs() -> None:
    assert {line.report.kind for line in sample()} == set(Kind) - {Kind.ASSESSMENT}, "that is the hub's own word"
    assert {line.told for line in sample()} == set(Told)


def test_the_truth_fits_the_reports() -> None:
    seen: dict[str, Line] = {}
    for line in sample():
        report, before = line.report, seen.get(line.report.report_id)
        match line.told:
            case Told.ORIGINAL | Told.INDEPENDENT:
                assert line.origin == report.report_id
                assert report.status is Status.ACTUAL
            case Told.RELAY:
                assert line.origin in seen
                assert seen[line.origin].facts.event == line.facts.event
            case Told.UPDATE | Told.CANCEL:
                assert before is not None
                assert report.revision == before.report.revision + 1
                assert report.msg_type is (MsgType.UPDATE if line.told is Told.UPDATE else MsgType.CANCEL)
            case Told.REPEAT:
                assert before is not None
                assert report == before.report
            case Told.EXERCISE:
                assert report.status is Status.EXERCISE
        seen[report.report_id] = line


def test_one_agency_tells_of_an_event_once_and_at_most_six_do() -> None:
    told: dict[str, list[str]] = defaultdict(list)
    for line in sample():
        if line.report.revision == 1 and line.told is not Told.REPEAT:
            told[line.facts.event].append(line.report.agency)
    assert max(len(agencies) for agencies in told.values()) == 6
    assert all(len(set(agencies)) == len(agencies) for agencies in told.values())


def test_an_exercise_resembles_a_real_attack_in_place_and_time() -> None:
    real = {line.facts.event: line for line in sample() if line.told is Told.ORIGINAL}
    rehearsed = [line for line in sample() if line.told is Told.EXERCISE and line.facts.event.replace("X", "E") in real]
    assert rehearsed
    for line in rehearsed:
        assert line.facts.district == real[line.facts.event.replace("X", "E")].facts.district
        assert (line.report.narrative or "EXERCISE").startswith("EXERCISE")


def test_relays_show_in_three_ways() -> None:
    reports = {line.report.report_id: line.report for line in sample() if line.report.revision == 1}
    ways: Counter[str] = Counter()
    for line in sample():
        if line.told is Told.RELAY:
            source = line.report.source
            same_source = source.source_token and source.source_token == reports[line.origin].source.source_token
            ways["derived" if source.derived_from else "source" if same_source else "copied"] += 1
    assert min(ways[way] for way in ("derived", "source", "copied")) > 20


def test_the_table_of_districts_is_sound() -> None:
    held = world.districts()
    assert len({district.name for district in held}) == len(held) > 80
    assert {district.province for district in held} == set(world.ATTACK_SHARE)
    assert sum(world.ATTACK_SHARE.values()) == pytest.approx(1)
    for district in held:
        assert all(23 < spot.lat < 37.5 and 60 < spot.lon < 78 for spot in district.spots)


def test_files_hold_one_truth_row_for_each_report(tmp_path: Path) -> None:
    reports, truth = tmp_path / "reports.jsonl", tmp_path / "truth.jsonl"
    options = ["--reports", "120", "--seed", "5", "--out", str(reports), "--truth", str(truth)]
    done = CliRunner().invoke(commands, ["simulate", *options])
    assert done.exit_code == 0, done.output
    assert len(reports.read_text(encoding="utf-8").splitlines()) == 120
    assert len(truth.read_text(encoding="utf-8").splitlines()) == 120
    again = tmp_path / "again.jsonl"
    write(Traffic(5, parse_start("2024-01-01T00:00:00Z"), timedelta(days=3)).lines(120), again, None)
    assert again.read_bytes() == reports.read_bytes()


def test_now_ends_the_traffic_at_the_present(tmp_path: Path) -> None:
    reports = tmp_path / "reports.jsonl"
    CliRunner().invoke(commands, ["simulate", "--reports", "60", "--now", "--span", "6h", "--out", str(reports)])
    read = [codec.decode_report(line) for line in reports.read_bytes().splitlines()]
    newest = max(report.reported_at for report in read if isinstance(report, ThreatReport))
    assert timedelta(0) < datetime.now(UTC) - newest < timedelta(hours=6)


@pytest.mark.parametrize("wrong", ["", "3", "3x", "-1d", "0h", "nanh", "1e99d"])
def test_a_wrong_span_is_one_sentence(wrong: str) -> None:
    with pytest.raises(Misconfigured, match="write 90m, 12h or 3d"):
        parse_span(wrong)


def test_a_wrong_start_is_one_sentence() -> None:
    with pytest.raises(Misconfigured, match="is no moment"):
        parse_start("yesterday")


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    done = CliRunner().invoke(commands, ["simulate", "--reports", "5", "--out", str(tmp_path)])
    assert isinstance(done.exception, Misconfigured)


def test_the_table_has_the_columns_that_are_read() -> None:
    table = Path(world.__file__).with_name("districts.csv")
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert set(rows[0]) == {"province", "district", "urdu", "other_names", "lat", "lon", "weight", "spots"}
