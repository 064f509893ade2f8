"""What `audit watch` lets Prometheus know."""

import time

from fusionbus.deploy.operators.cli_audit_watch import note
from fusionbus.shell import metrics
from sealed_audit import SealedAudit


def value(name: str) -> float:
    return metrics.METRICS.get_sample_value(name) or 0.0


def test_faults_are_counted_anew_with_each_look() -> None:
    audit = SealedAudit.of([3])
    audit.values[0][1] = b"something else"
    note(audit.verdict())
    assert value("fusion_audit_faults") >= 1
    note(SealedAudit.of([3]).verdict())
    assert value("fusion_audit_faults") == 0
    assert time.time() - value("fusion_audit_verified_seconds") < 60
