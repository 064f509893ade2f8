"""An agency's receipts: what the hub told it of its own reports."""

from datetime import datetime

from sqlalchemy import func, select

from fusionbus.consumers.threats.database import ThreatDatabase
from fusionbus.consumers.threats.found import ReceiptsFound
from fusionbus.consumers.threats.query import PER_PAGE_MAX, REACH_MAX
from fusionbus.consumers.threats.tables_hub import receipts
from fusionbus.consumers.threats.viewer import Viewer
from fusionbus.contract import codec
from fusionbus.contract.codec import Undecodable
from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.records import Receipt


def receipts_of(
    database: ThreatDatabase,
    viewer: Viewer,
    *,
    report_id: str | None = None,
    since: datetime | None = None,
    page: int = 1,
    per_page: int = 50,
) -> ReceiptsFound:
    """One page of the viewer's receipts, newest first. Raises: NotAllowed, FixTheReport, RetryLater, Misconfigured."""
    viewer.must_read()
    if not (1 <= per_page <= PER_PAGE_MAX and page >= 1 and page * per_page <= REACH_MAX):
        raise FixTheReport(f"per_page is 1 to {PER_PAGE_MAX}, and pages reach {REACH_MAX:,} receipts far.")
    wanted = [receipts.c.agency == viewer.agency]
    if report_id is not None:
        wanted.append(receipts.c.report_id == report_id)
    if since is not None:
        wanted.append(receipts.c.at >= since)
    newest = (receipts.c.at.desc(), receipts.c.receipt_id)
    some = select(receipts.c.json).where(*wanted).order_by(*newest).limit(per_page).offset((page - 1) * per_page)
    counted = select(receipts.c.receipt_id).where(*wanted).limit(REACH_MAX + 1).subquery()
    with database.reading() as db:
        total = db.scalar(select(func.count()).select_from(counted)) or 0
        read = [codec.decode(Receipt, text.encode()) for text in db.scalars(some)]
    return ReceiptsFound(
        receipts=tuple(one for one in read if not isinstance(one, Undecodable)),
        total=min(total, REACH_MAX),
        total_is_capped=total > REACH_MAX,
        page=page,
        per_page=per_page,
    )
