"""The metrics of one process: fetched over HTTP, read from Prometheus's text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import httpx
from prometheus_client.parser import text_string_to_metric_families

from fusionbus.contract.errors import RetryLater

BYTES_MAX: Final = 4_000_000
"""A worker's text has about 60 kB with 40 agencies."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a process."""

    name: str
    labels: Mapping[str, str]
    value: float

    def label(self, name: str) -> str:
        """The label's value, empty where it has none."""
        return self.labels.get(name, "")


def parse(text: str) -> Iterator[Sample]:
    """The samples of this bus in the text; those of Python and the process are left out. Raises: ValueError."""
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name.startswith("fusion_") and not sample.name.endswith("_created"):
                yield Sample(sample.name, sample.labels, float(sample.value))


def fetch(client: httpx.Client, url: str) -> tuple[Sample, ...]:
    """What the process tells now. Raises: RetryLater, one sentence."""
    try:
        with client.stream("GET", url) as answer:
            if not answer.is_success:
                raise RetryLater(f"{url} answers {answer.status_code}.")
            text = bytearray()
            for part in answer.iter_bytes():
                text += part
                if len(text) > BYTES_MAX:
                    raise RetryLater(f"{url} answers with more than {BYTES_MAX:,} bytes: it is no metrics page.")
        return tuple(parse(text.decode("utf-8", "replace")))
    except httpx.TimeoutException as exc:
        raise RetryLater(f"{url} does not answer in time.") from exc
    except httpx.HTTPError as exc:
        raise RetryLater(f"Nothing answers at {url}: start the process, or set FUSION_METRICS_URLS.") from exc
    except ValueError as exc:
        raise RetryLater(f"{url} answers with something that is no metrics page.") from exc
