"""The page in plain words that lies in every package."""

from collections.abc import Iterable
from datetime import datetime

from fusionbus.contract.incident import Incident

_TEXT = """EVIDENCE PACKAGE

Incident {incident}, exported by {exporter} at {at} (UTC).

What is here
  incident.json        the incident as the centre holds it: which reports tell of it, why each was taken for the
                       same event, and which report goes back to which
  reports/*.rN.json    each report, byte by byte as its agency wrote it; N is its revision
  reports/*.purged     a report that had to be deleted by law or order: that it was here, and no more
  reports/*.missing    a report whose original the bus keeps no longer; its agency may have it
  audit.jsonl          what the centre decided about these reports: who got what, by which rule, and who did not
  seals.jsonl          the centre's signed seals; they hold a fingerprint of every decision at the time it was made
  keys.json            the public keys of the agencies and of the centre
  manifest.json, .sig  a fingerprint of every file, and the exporter's signature on them

How to check it
  You need Python 3.11 or later and the package `cryptography`; no network. Take verify.py from a place that you trust,
  not from this package: it has fifty lines, read them.

      python verify.py PACKAGE.zip EXPORTER_KEY_ID SEAL_KEY_ID

  It prints one line for each check and ends with code 1 if anything is wrong. Keys prove nothing by lying here: ask the
  exporter and the centre for the ids of their keys in person, or by a way that you trust, and name them.

What it proves: each signed report was written by who has its agency's key, and was not changed; each decision was in
the centre's log when it was sealed, and was not changed since; and the package is as the exporter made it.
What it does not: that a report is true; that a report without a signature was written by its agency; that the
exporter left no report or decision out; that the keys are whose they are said to be; that nobody else had a key.

Files: {count}.
"""


def readme(incident: Incident, files: Iterable[str], exporter: str, at: datetime) -> str:
    """The page."""
    return _TEXT.format(
        incident=incident.incident_id,
        exporter=exporter,
        at=f"{at:%Y-%m-%d %H:%M:%S}",
        count=", ".join(sorted(files)),
    )
