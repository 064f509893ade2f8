"""Technical traces of a report as STIX cyber observables; what does not fit one stays in words."""

from collections.abc import Sequence
from typing import Any, Final

import stix2
from stix2.exceptions import STIXError

from fusionbus.consumers.formats.stix_parts import stix_id
from fusionbus.consumers.handlers.plain_text import line
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import CyberSection, Indicator

_HASHES: Final = {"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256"}
_PLAIN: Final = {
    "ipv4": stix2.IPv4Address,
    "ipv6": stix2.IPv6Address,
    "domain": stix2.DomainName,
    "url": stix2.URL,
    "email": stix2.EmailAddress,
}


def observables(alert: Alert, marks: Sequence[str]) -> tuple[list[Any], list[str]]:
    """Objects, and lines of words for whatever has no object: entities with a released value, traces that are none."""
    if not alert.form.is_open:
        return [], []
    left = [f"{one.type} ({one.role}): {line(one.released_value)}" for one in alert.body.entities if one.released_value]
    section = alert.body.section
    if not isinstance(section, CyberSection):
        return [], left
    seen: list[Any] = []
    found: list[Any] = []
    for indicator in section.indicators:
        made = _observable(indicator, alert, marks)
        if made is None:
            left.append(f"{indicator.type}: {line(indicator.value)}")
        elif indicator.type == "cve":
            found.append(made)
        elif made.id not in [one.id for one in seen]:
            seen.append(made)
    return [*found, *seen, *([_observed(alert, seen, marks)] if seen else [])], left


def _observable(indicator: Indicator, alert: Alert, marks: Sequence[str]) -> Any:
    """The object, or None where the value is none of its kind."""
    marked = {"object_marking_refs": list(marks)}
    try:
        match indicator.type:
            case "md5" | "sha1" | "sha256":
                return stix2.File(hashes={_HASHES[indicator.type]: indicator.value}, **marked)
            case "filename":
                return stix2.File(name=indicator.value, **marked)
            case "account":
                return stix2.UserAccount(user_id=indicator.value, **marked)
            case "cve":
                return stix2.Vulnerability(
                    id=stix_id("vulnerability", alert.alert_id, indicator.value),
                    created=alert.issued_at,
                    modified=alert.issued_at,
                    name=indicator.value,
                    **marked,
                )
            case _:
                return _PLAIN[indicator.type](value=indicator.value, **marked)
    except STIXError:
        return None


def _observed(alert: Alert, seen: Sequence[Any], marks: Sequence[str]) -> Any:
    span = alert.body.occurred
    return stix2.ObservedData(
        id=stix_id("observed-data", alert.alert_id),
        created=alert.issued_at,
        modified=alert.issued_at,
        first_observed=span.start if span else alert.body.reported_at,
        last_observed=span.end if span else alert.body.reported_at,
        number_observed=1,
        object_refs=[one.id for one in seen],
        object_marking_refs=list(marks),
    )
