"""Every metric of every process, in one file: name, kind, unit, labels, and what to do when it moves.

No label ever holds a person, a place or a report id: agencies, kinds, reasons and rules only.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from fusionbus.shell import serving

METRICS: Final = CollectorRegistry()

_LATENCY_S: Final = (0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
AGES: Final = (("up to 5 min", 300.0), ("up to 1 h", 3_600.0), ("up to 24 h", 86_400.0), ("older", float("inf")))
"""Age bands of unacknowledged alerts: name and upper bound in seconds."""

# -- producers: one process an agency --------------------------------------------------------------------------
PUBLISHED = Counter("fusion_published_total", "Reports the broker acknowledged.", ["agency"], registry=METRICS)
PUBLISH_FAILED = Counter(
    "fusion_publish_failed_total",
    "Reports not sent, by cause. Rising: read the producer's log.",
    ["agency", "cause"],
    registry=METRICS,
)
OUTBOX_WAITING = Gauge(
    "fusion_outbox_waiting",
    "Reports in the outbox. Rising: the broker is out of reach of this agency.",
    ["agency"],
    registry=METRICS,
)
TIPS_TAKEN = Counter("fusion_tips_taken_total", "Tips kept, by the way they came.", ["kind"], registry=METRICS)
TIPS_TURNED_AWAY = Counter(
    "fusion_tips_turned_away_total",
    "Tips not taken: `address` and `everybody` are the bounds, `size` too long, `trap` the field that only programs "
    "fill in. Rising: a flood; `docs/tips.md` says which bound to move.",
    ["reason"],
    registry=METRICS,
)
TIPS_DECIDED = Counter("fusion_tips_decided_total", "What the tip desk decided.", ["action"], registry=METRICS)
TIPS_WAITING = Gauge(
    "fusion_tips_waiting", "Tips that wait for triage, by age. Old ones: wake the tip desk.", ["age"], registry=METRICS
)
TIPS_OLDEST = Gauge(
    "fusion_tips_oldest_seconds",
    "Age of the oldest tip that waits for triage, `urgent` or `other`; 0 if none does. Growing: nobody is at the desk.",
    ["kind"],
    registry=METRICS,
)

# -- the hub ---------------------------------------------------------------------------------------------------
REPORTS_IN = Counter(
    "fusion_reports_in_total",
    "Messages read from an agency's topic. Still: the agency is silent.",
    ["agency"],
    registry=METRICS,
)
LAST_SEEN = Gauge(
    "fusion_agency_last_seen_seconds",
    "Unix time of an agency's newest message. Old: call the agency.",
    ["agency"],
    registry=METRICS,
)
REJECTED = Counter(
    "fusion_rejected_total",
    "Messages made dead letters. Rising: read `dead-letters`, call the agency; `bad_signature`, `wrong_agency` and "
    "`not_yours` may be somebody breaking in.",
    ["agency", "reason"],
    registry=METRICS,
)
DEAD_LETTERS = Counter("fusion_dead_letters_total", "Dead letters written.", ["reason"], registry=METRICS)
DUPLICATES = Counter(
    "fusion_duplicates_total", "Exact repeats. Rising: a producer sends twice.", ["agency"], registry=METRICS
)
RELAYS = Counter("fusion_relays_total", "Reports that echo another.", ["agency"], registry=METRICS)
CORROBORATIONS = Counter("fusion_corroborations_total", "Reports from a further origin.", ["agency"], registry=METRICS)
UPDATES = Counter("fusion_updates_total", "Revisions of reports.", ["agency"], registry=METRICS)
CANCELLATIONS = Counter("fusion_cancellations_total", "Withdrawn reports.", ["agency"], registry=METRICS)
NEW_INCIDENTS = Counter("fusion_new_incidents_total", "Incidents opened.", ["agency"], registry=METRICS)
PURGED = Counter(
    "fusion_purged_total",
    "Reports purged: by order, or because their retention ended.",
    ["agency", "cause"],
    registry=METRICS,
)
HOLDS = Counter("fusion_holds_total", "Legal holds, set and released.", ["agency", "action"], registry=METRICS)
REVIEWS_DUE = Counter(
    "fusion_reviews_due_total", "Reports whose originator was told to review them.", ["agency"], registry=METRICS
)
CROSSED = Counter(
    "fusion_crossed_total",
    "What zones told each other: `probe` reports shown, `met` incidents found to be one, `handed_over` incidents, "
    "`passed_on` reports, what `coincided` with a planned operation. Many `passed_on`: events lie on a border of two "
    "zones.",
    ["action"],
    registry=METRICS,
)
LET_GO = Counter("fusion_let_go_total", "Incidents too old to be remembered, deleted.", registry=METRICS)
SWEEP_FAILED = Counter(
    "fusion_sweep_failed_total",
    "Rows of state that could not be judged. Rising: a report may be kept too long; tell the developers.",
    registry=METRICS,
)
INCIDENTS_OPEN = Gauge("fusion_incidents_open", "Incidents open in this worker's zones.", registry=METRICS)
ALERTS_OUT = Counter("fusion_alerts_total", "Alerts sent.", ["agency", "rule"], registry=METRICS)
WITHHELD = Counter("fusion_withheld_total", "Decisions not to send.", ["rule"], registry=METRICS)
UNACKNOWLEDGED = Gauge(
    "fusion_unacknowledged_alerts",
    "Alerts without acknowledgement. Old ones: call the agency's desk.",
    ["agency", "age"],
    registry=METRICS,
)
ESCALATED = Counter(
    "fusion_escalated_total",
    "Deadlines passed without acknowledgement. Rising: call the agency, its receiver may be down.",
    ["agency"],
    registry=METRICS,
)
SHARING = Counter(
    "fusion_sharing_total",
    "Questions about originator control, and their answers.",
    ["agency", "action"],
    registry=METRICS,
)
ACKNOWLEDGED = Counter("fusion_acknowledgements_total", "Acknowledgements.", ["agency", "action"], registry=METRICS)
FINDINGS = Counter(
    "fusion_findings_total",
    "What the centre found and told, by what was told of it: open, changed, over, withdrawn, purged. Many of one kind: "
    "its thresholds do not suit this federation.",
    ["kind", "phase"],
    registry=METRICS,
)
FINDINGS_WITHHELD = Counter(
    "fusion_findings_withheld_total",
    "Findings that nobody may be told of, for the sake of what they rest on. Rising: `fusionbus audit show` says by "
    "which rules.",
    ["kind"],
    registry=METRICS,
)
SEARCH_FAILED = Counter(
    "fusion_search_failed_total",
    "Searches for patterns that broke on what they were shown. Rising: that kind is not found; tell the developers.",
    ["search"],
    registry=METRICS,
)
OBSERVATIONS = Gauge("fusion_observations", "Reports that this worker searches for patterns.", registry=METRICS)
FINDINGS_OPEN = Gauge("fusion_findings_open", "Findings that hold now, in this worker.", registry=METRICS)
HUB_LATENCY = Histogram(
    "fusion_publish_to_route_seconds",
    "From the broker's time stamp on a report to the decision on its alerts.",
    buckets=_LATENCY_S,
    registry=METRICS,
)
LAG = Gauge("fusion_lag_records", "Records not yet processed.", ["topic"], registry=METRICS)
LAG_AGE = Gauge(
    "fusion_lag_seconds",
    "Age of the oldest record not yet processed, 0 if none waits. Growing: `fusionbus lag`, then `doctor`.",
    ["topic"],
    registry=METRICS,
)
SEALED = Counter(
    "fusion_audit_sealed_total", "Audit records sealed. Still while reports come: restart the worker.", registry=METRICS
)
BATCH = Histogram(
    "fusion_batch_records",
    "Records in a batch. At the limit: the worker does not keep up; add one.",
    ["step"],
    buckets=(1, 2, 5, 10, 25, 50, 100, 250, 500, 1000),
    registry=METRICS,
)
EPOCHS = Gauge("fusion_epochs", "Rebalances and seeks since start. Rising: workers come and go.", registry=METRICS)
STARTED = Gauge(
    "fusion_worker_started_seconds",
    "Unix time of this worker's start. Changing: it ends itself again and again; read its last line.",
    registry=METRICS,
)
READY = Gauge(
    "fusion_ready",
    "1 if partitions are assigned, recovered and flowing, 0 if not. At 0 for minutes: ask /ready why.",
    registry=METRICS,
)
HOME_FREE = Gauge(
    "fusion_home_free_ratio",
    "Free share of the disk of FUSION_HOME. Near 0: make room, a worker without disk stops.",
    registry=METRICS,
)

# -- operators -------------------------------------------------------------------------------------------------
DENIED = Counter(
    "fusion_denied_total",
    "What the broker refused, by principal and cause (rights, password, tls). Rising: `fusionbus denials`.",
    ["agency", "cause"],
    registry=METRICS,
)
AUDIT_FAULTS = Gauge(
    "fusion_audit_faults",
    "Faults that the last `audit verify` found. Above 0: the audit is not what the hub sealed.",
    registry=METRICS,
)
AUDIT_VERIFIED = Gauge(
    "fusion_audit_verified_seconds",
    "Unix time of the last whole `audit verify`. Old: nobody watches the audit.",
    registry=METRICS,
)
REVIEWS_OVERDUE = Gauge(
    "fusion_reviews_overdue",
    "Reports past their review date, neither revised nor purged. Above 0: their originator has to look at them.",
    ["agency"],
    registry=METRICS,
)
RETENTION_BREACHES = Gauge(
    "fusion_retention_breaches",
    "Reports that in the last day were kept past their retention. Above 0: the hub does not purge as it must.",
    ["agency"],
    registry=METRICS,
)
REDRESS_OVERDUE = Gauge(
    "fusion_redress_overdue",
    "Requests to correct or purge a person's data whose deadline passed unanswered. Above 0: call the originator.",
    ["agency"],
    registry=METRICS,
)
OVERSIGHT_LOOKED = Gauge(
    "fusion_oversight_looked_seconds",
    "Unix time at which `oversight keep` last counted. Old: nobody counts.",
    registry=METRICS,
)

# -- consumers -------------------------------------------------------------------------------------------------
ALERTS_RECEIVED = Counter("fusion_alerts_received_total", "Alerts read by this receiver.", ["agency"], registry=METRICS)
ALERTS_REPEATED = Counter(
    "fusion_alerts_repeated_total",
    "Alerts that were here already, left out by their id.",
    ["agency"],
    registry=METRICS,
)
HANDLER_FAILED = Counter(
    "fusion_handler_failed_total",
    "Alerts a handler could not take. Rising: mend the handler's target.",
    ["agency", "handler"],
    registry=METRICS,
)
DELIVERY_OVERDUE = Gauge(
    "fusion_delivery_overdue_seconds",
    "How long the oldest delivery to a contact is overdue. Rising: its server is out; read the service's log.",
    ["agency", "contact"],
    registry=METRICS,
)
DELIVERY_GIVEN_UP = Counter(
    "fusion_delivery_given_up_total",
    "Deliveries that a contact will never get. Rising: `fusionbus alert-services waiting` says why; tell it by hand.",
    ["agency", "contact"],
    registry=METRICS,
)
ALERT_LATENCY = Histogram(
    "fusion_publish_to_alert_seconds",
    "From the broker's time stamp on a report to its alert at the handler, or in the threat database.",
    ["agency"],
    buckets=_LATENCY_S,
    registry=METRICS,
)
KEPT = Counter(
    "fusion_kept_total",
    "Records that the threat database has taken, by kind. Still while alerts go out: read the keeper's log.",
    ["kind"],
    registry=METRICS,
)
NOT_KEPT = Counter(
    "fusion_not_kept_total",
    "Records that the threat database could not read; they lie in its file of dead letters. Rising: update it.",
    registry=METRICS,
)
KEEPER_LAG = Gauge(
    "fusion_keeper_lag_records",
    "Records that the threat database has not taken yet. Rising: its database or disk is slow.",
    ["topic"],
    registry=METRICS,
)


def serve(port: int | None, host: str = serving.LOOPBACK, probes: Mapping[str, serving.Probe] | None = None) -> None:
    """Serves the metrics and probes of this process over HTTP; no port, no server. Raises: Misconfigured."""
    if port is not None:
        serving.serve(port, host, METRICS, probes or {})
