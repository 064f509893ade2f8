"""The board's HTML: numbers name their source, nothing known is said so, what others wrote is text."""

import re

from fusionbus.consumers.operations.figures import figures
from fusionbus.consumers.operations.seen import Behind, Source
from fusionbus.consumers.web.pages import operations_view as view
from operations import NOW_S, a_worker, behind, sample, seen

DAY_S = 86_400.0


def test_an_empty_system_is_told_in_sentences() -> None:
    told = figures(seen(behind=None), DAY_S)
    shown = view.agencies(told, NOW_S) + view.lag(told, ()) + view.latency(told) + view.outcomes(told)
    for sentence in ("Nothing has come from any agency yet.", "has not told yet who is behind", "No worker was heard"):
        assert sentence in shown
    assert not re.search(r"<dd[^>]*>0", view.summary(told, None))


def test_what_waits_is_not_known_where_no_worker_was_heard() -> None:
    known, unknown = figures(seen(*a_worker()), DAY_S), figures(seen(heard={"FIA": None}), DAY_S)
    assert ">?<" not in view.agencies(known, NOW_S)
    assert view.agencies(unknown, NOW_S).count(">?<") == 1 + 4


def test_every_number_of_the_board_names_where_it_comes_from() -> None:
    letters = sample("dead_letters_total", 3, reason="bad_signature")
    told = figures(seen(*a_worker(letters), behind=Behind((behind("accepted"),))), DAY_S)
    panels = (view.agencies(told, NOW_S), view.lag(told, ()), view.outcomes(told), view.dead_letters(told))
    for html in panels:
        numbers = re.findall(r'<td class="number">(.*?)</td>', html)
        assert numbers
        assert all(cell.startswith('<span title="') for cell in numbers)
    figure = re.findall(r"<div([^>]*)><dt>", view.summary(told, None))
    assert figure
    assert all('title="' in attributes for attributes in figure)


def test_a_source_out_of_reach_is_told_with_since_when_and_of_when_the_figures_are() -> None:
    ill = Source("http://a/metrics", NOW_S - 100).failed("Nothing answers at <a>.", NOW_S - 60)
    ill = ill.failed("Nothing answers at <a>.", NOW_S)
    html = view.faults([ill, Source("b", NOW_S)], NOW_S)
    assert "Nothing answers at &lt;a&gt;." in html
    assert f"Since {view._clock(NOW_S - 60)}; what is shown of it is old, as of {view._clock(NOW_S - 100)}." in html  # noqa: SLF001
    assert "nothing of it was ever seen" in view.faults([Source("c").failed("It is out.", NOW_S)], NOW_S)
    assert view.faults([ill.answered(NOW_S, 0.1)], NOW_S) == ""


def test_old_figures_are_headed_as_old() -> None:
    told = figures(seen(*a_worker()), DAY_S)
    assert ">Now<" in view.summary(told, None)
    assert ">Now<" not in view.summary(told, NOW_S - 100)


def test_what_an_agency_calls_itself_or_its_topics_stays_text() -> None:
    planted = "<script>alert(1)</script>"
    worker = a_worker(
        sample("agency_last_seen_seconds", NOW_S, agency=planted), sample("dead_letters_total", 1, reason=planted)
    )
    told = figures(seen(*worker, behind=Behind((behind(planted),), {planted: 1})), DAY_S)
    shown = view.agencies(told, NOW_S) + view.lag(told, ()) + view.dead_letters(told)
    assert planted not in shown
    assert "&lt;script&gt;" in shown


def test_the_curve_is_as_high_as_the_greatest_lag_and_told_in_words_too() -> None:
    html = view.curve([(0.0, 0.0), (60.0, 4.0), (120.0, 1.0)])
    assert "M0.00,39.00L50.00,2.00L100.00,29.75" in html
    assert "at most 4.0, now 1.0" in html
    assert view.curve([(0.0, 1.0)]) == ""
