"""Laws of reading that hold for any text."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from fusionbus.streams.reading import find_places, read_text, resolve, zone_of
from fusionbus.streams.reading.gazetteer import PROVINCE_CODES

_SAMPLE = (
    "Quetta killed, four 12 kills injured. at least including and soldiers on Monday 12/03/2025 March may blast the "
    "Tank ، ہلاک زخمی چار افراد ۲۸ toll to between 9999999999 1,000 -- TTP school \u0130 \u0661 ² ½ year old İstanbul"
)
_WORDS = st.sampled_from(_SAMPLE.split())
TEXTS = st.one_of(st.text(max_size=300), st.lists(_WORDS, max_size=40).map(" ".join))
_PUBLISHED = st.one_of(
    st.none(),
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds are naive
)


@given(TEXTS, _PUBLISHED)
def test_any_text_is_read_and_its_evidence_lies_in_it(text: str, published_at: datetime | None) -> None:
    reading = read_text(text, published_at=published_at)
    for said in reading.evidence:
        assert 0 <= said.start < said.end <= len(text)
        assert text[said.start : said.end] == said.words
    for low, high in ((reading.killed_min, reading.killed_max), (reading.injured_min, reading.injured_max)):
        assert low is None or low >= 0
        assert low is None or high is None or low <= high
    if reading.occurred is not None:
        earliest, latest = reading.occurred
        assert earliest < latest
        assert published_at is None or latest <= published_at
    assert (reading.place is None) == (not reading.places)


@given(TEXTS)
def test_places_lie_in_the_text_in_order(text: str) -> None:
    last = 0
    for hit in find_places(text):
        assert last <= hit.start < hit.end <= len(text)
        assert text[hit.start : hit.end] == hit.matched_text
        last = hit.end


@given(TEXTS)
def test_reading_twice_says_the_same(text: str) -> None:
    assert read_text(text) == read_text(text)


@given(st.one_of(st.none(), st.text(max_size=40)), st.one_of(st.none(), st.text(max_size=40)))
def test_any_names_resolve_or_not_and_have_a_zone(province: str | None, district: str | None) -> None:
    found = resolve(province, district, district)
    assert found is None or found.province in PROVINCE_CODES
    assert zone_of(province, district) in {*PROVINCE_CODES, "PK"}


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_any_coordinates_resolve_to_themselves_or_nothing(lat: float, lon: float) -> None:
    found = resolve(lat=lat, lon=lon)
    assert found is None or (found.lat, found.lon) == (lat, lon)
