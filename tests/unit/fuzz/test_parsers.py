"""Every parser on bytes that nobody meant to send: for seconds; `make fuzz` runs the same targets for long."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz.seeds import FOUND, found, seeds
from fuzz.targets import TARGETS

CPU_S_MAX = 1.0
"""Of one input: for what grows with the square of its length, or worse."""
LENGTH_MAX = 20_000


def run(name: str, raw: bytes) -> None:
    """Fails by what the target raises, or by the time it takes; its own, whatever else the machine does."""
    began = time.thread_time()
    TARGETS[name](raw)
    assert time.thread_time() - began < CPU_S_MAX, f"{name} took too long over {len(raw)} bytes"


@st.composite
def inputs(draw: st.DrawFn, name: str) -> bytes:
    """A seed with a stretch of it replaced, repeated or cut, or any bytes."""
    raw = draw(st.one_of(st.sampled_from([*seeds(name), b""]), st.binary(max_size=200)))
    begin = draw(st.integers(0, len(raw)))
    end = draw(st.integers(begin, len(raw)))
    return raw[:begin] + draw(st.one_of(st.binary(max_size=12), st.just(raw[begin:end] * 2))) + raw[end:]


@pytest.mark.parametrize("name", TARGETS)
def test_good_input_and_what_broke_it_once_is_taken_in_time(name: str) -> None:
    for raw in seeds(name):
        run(name, raw)


@pytest.mark.parametrize("name", TARGETS)
def test_any_input_is_taken_or_refused_in_words(name: str) -> None:
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
    @given(inputs(name))
    def tried(raw: bytes) -> None:
        run(name, raw)

    tried()


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize(
    "piece", [b"[", b'{"a":', b'"', b"0", b"9", b",", b"\n", b" ", b"\xd9\x88 ", b"&x;", b"killed "]
)
def test_the_same_piece_many_times_takes_no_longer_than_its_length(name: str, piece: bytes) -> None:
    run(name, piece * (LENGTH_MAX // len(piece)))


def test_whatever_was_found_belongs_to_a_target() -> None:
    assert {path.name for path in FOUND.iterdir() if path.is_dir()} <= TARGETS.keys()
    assert all(found(path.name) for path in FOUND.iterdir() if path.is_dir())
    assert Path(FOUND).is_dir()
