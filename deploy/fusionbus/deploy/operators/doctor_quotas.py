"""What the doctor says of agencies' quotas."""

from fusionbus.deploy.agencies import Federation
from fusionbus.deploy.operators.findings import Finding, note, ok, some
from fusionbus.deploy.quotas import plan_quotas
from fusionbus.deploy.quotas_kafka import KafkaQuotas
from fusionbus.shell.settings import BrokerSettings


def look(settings: BrokerSettings, federation: Federation) -> Finding:
    """Whether every agency has its quota. Raises: FusionError."""
    with KafkaQuotas(settings) as broker:
        there = broker.present()
    changes = plan_quotas(federation, there)
    if not changes:
        return ok("quotas", f"{len(there)} agencies have their quotas.")
    told = some(f"{change.principal}: {change}" for change in changes)
    return note("quotas", f"Not as the agencies file says: {told}. Run `fusionbus provision`.")
