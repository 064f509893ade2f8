"""The audit's seals: whatever is done to audit, seals or checkpoints afterwards is found, with its place."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from fusionbus.contract.codec import decode, encode
from fusionbus.contract.seals import GENESIS, Checkpoint, Seal, next_link, record_hash, signed_bytes
from fusionbus.contract.topics import AUDIT, AUDIT_SEALS
from sealed_audit import KEY, OTHER_KEY, SealedAudit, a_checkpoint

sizes = st.lists(st.integers(1, 8), min_size=1, max_size=3)
cuts = st.lists(st.integers(1, 5), max_size=6)


@st.composite
def audits(draw: st.DrawFn) -> SealedAudit:
    """An audit sealed in any portions, with workers killed at any moment."""
    portions = draw(cuts)
    killed = draw(st.frozensets(st.integers(0, max(0, len(portions) - 1)), max_size=2)) if portions else frozenset()
    return SealedAudit.of(draw(sizes), portions, lost_marks=killed)


@st.composite
def places(draw: st.DrawFn, audit: SealedAudit) -> tuple[int, int]:
    """A record."""
    partition = draw(st.integers(0, len(audit.values) - 1))
    return partition, draw(st.integers(0, len(audit.values[partition]) - 1))


def found_at(audit: SealedAudit, partition: int, offset: int, word: str) -> bool:
    """Whether a fault of this kind names the place."""
    return any(
        fault.topic == AUDIT
        and fault.partition == partition
        and fault.first <= offset <= fault.last
        and word in fault.sentence
        for fault in audit.verdict().faults
    )


# -- nothing was done -------------------------------------------------------------------------------------------------
@given(audits())
def test_an_untouched_audit_is_whole_however_it_was_sealed_and_whoever_was_killed(audit: SealedAudit) -> None:
    verdict = audit.verdict(audit.heads())
    assert verdict.faults == []
    assert verdict.records == sum(map(len, audit.values))
    assert verdict.waiting == 0


@given(sizes, cuts, cuts)
def test_a_records_link_does_not_depend_on_the_portions_it_was_sealed_in(
    counts: list[int], some: list[int], other: list[int]
) -> None:
    one, two = SealedAudit.of(counts, some), SealedAudit.of(counts, other)
    ends = [{(c.partition, c.chain) for c in map(a_checkpoint, audit.heads())} for audit in (one, two)]
    chains = [{n: chain.digests for n, chain in audit.verdict().chains.items()} for audit in (one, two)]
    assert chains[0] == chains[1]
    last = {
        number: max(c.end_offset for c in map(a_checkpoint, one.heads()) if c.partition == number)
        for number in chains[0]
    }
    assert last == dict(enumerate(counts))
    assert {n for n, _ in ends[0] & ends[1]} == set(chains[0])


def test_what_is_read_again_after_a_crash_is_not_sealed_twice() -> None:
    audit = SealedAudit.of([3])
    before = list(audit.seals)
    audit.seal_again(audit.events(0))
    assert audit.seals == before


def test_new_records_wait_for_a_seal_and_old_ones_without_one_are_a_fault() -> None:
    audit = SealedAudit.of([2])
    audit.values[0].append(b"new")
    assert audit.verdict().waiting == 1
    assert audit.verdict().faults == []
    (late,) = audit.verdict(now=NOW + timedelta(minutes=6)).faults
    assert (late.topic, late.first) == (AUDIT, 2)
    assert "for a seal" in late.sentence


# -- records ----------------------------------------------------------------------------------------------------------
@given(st.data())
def test_an_altered_record_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    partition, offset = data.draw(places(audit))
    audit.values[partition][offset] = b"something else"
    assert found_at(audit, partition, offset, "altered")


@given(st.data())
def test_a_dropped_record_is_found_whether_or_not_the_others_move_up(data: st.DataObject) -> None:
    audit = data.draw(audits())
    partition, offset = data.draw(places(audit))
    if data.draw(st.booleans()):
        audit.values[partition][offset] = None
    else:
        del audit.values[partition][offset]
    assert found_at(audit, partition, offset, "dropped")


@given(st.data())
def test_an_inserted_record_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    partition, offset = data.draw(places(audit))
    audit.values[partition].insert(offset, b"made up")
    assert found_at(audit, partition, offset, "inserted")


@given(st.data())
def test_records_in_another_order_are_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    one, other = data.draw(places(audit)), data.draw(places(audit))
    values = audit.values
    values[one[0]][one[1]], values[other[0]][other[1]] = values[other[0]][other[1]], values[one[0]][one[1]]
    assert found_at(audit, *one, "moved") is (one != other)
    assert found_at(audit, *other, "moved") is (one != other)


@given(st.data())
def test_a_copy_of_another_record_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    one, other = data.draw(places(audit)), data.draw(places(audit))
    audit.values[one[0]][one[1]] = audit.values[other[0]][other[1]]
    assert bool(audit.faults()) is (one != other)


@given(st.data())
def test_any_number_of_changes_at_once_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    before = [list(values) for values in audit.values]
    for _ in range(data.draw(st.integers(1, 5))):
        partition, offset = data.draw(places(audit))
        match data.draw(st.integers(0, 3)):
            case 0:
                audit.values[partition][offset] = data.draw(st.sampled_from([b"x", b"y", None]))
            case 1:
                audit.values[partition].insert(offset, data.draw(st.sampled_from([b"x", before[0][0]])))
            case 2 if len(audit.values[partition]) > 1:
                del audit.values[partition][offset]
            case _:
                audit.values[partition].reverse()
    after = [values[: len(old)] for values, old in zip(audit.values, before, strict=True)]
    assert bool(audit.faults(audit.heads())) is (after != before)  # what follows is new, and waits for a seal


def test_a_record_with_another_key_or_time_is_another_record() -> None:
    plain = record_hash(b"k", b"v", 1)
    assert plain not in {record_hash(b"v", b"k", 1), record_hash(b"kv", b"", 1), record_hash(b"k", b"v", 2)}
    assert len({record_hash(key, b"", 1) for key in (None, b"")} | {record_hash(b"", None, 1)}) == 3


def test_neighbours_to_which_the_same_was_done_are_told_in_one_line() -> None:
    audit = SealedAudit.of([9])
    del audit.values[0][2]
    assert audit.faults() == [
        "audit, partition 0, offset 2: dropped: the record that was sealed is gone",
        "audit, partition 0, offset 2 to 7: moved: what is here was sealed at partition 0, offset 3",
    ]


# -- seals ------------------------------------------------------------------------------------------------------------
@given(st.data())
def test_a_seal_with_anything_altered_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    number = data.draw(st.integers(0, len(audit.seals) - 1))
    raw = audit.seals[number]
    at = data.draw(st.integers(0, len(raw) - 1))
    audit.seals[number] = raw[:at] + bytes([data.draw(st.integers(0, 255))]) + raw[at + 1 :]
    same = told(audit.seals[number]) == told(raw)
    faults = audit.verdict().faults
    assert bool(faults) is not same
    assert same or (AUDIT_SEALS, number) in {(fault.topic, fault.first) for fault in faults}


def told(raw: bytes) -> object:
    """What a seal says, but for the version of its form."""
    seal = decode(Seal, raw)
    return seal.model_copy(update={"schema_version": "1.0"}) if isinstance(seal, Seal) else raw


@given(st.data())
def test_a_dropped_seal_is_found_the_last_ones_by_a_checkpoint(data: st.DataObject) -> None:
    audit = SealedAudit.of(data.draw(sizes), data.draw(cuts))
    kept = audit.heads()
    gone = decode(Seal, audit.seals.pop(data.draw(st.integers(0, len(audit.seals) - 1))))
    assert isinstance(gone, Seal)
    assert any(f"artition {gone.head.partition}" in fault or "seals" in fault for fault in audit.faults(kept))
    last = not any(a_checkpoint(head).end_offset > gone.head.end_offset for head in kept if of(head, gone))
    assert last or audit.faults()


def of(head: bytes, seal: Seal) -> bool:
    return a_checkpoint(head).partition == seal.head.partition


@given(st.permutations(range(6)))
def test_seals_may_lie_in_any_order(order: list[int]) -> None:
    audit = SealedAudit.of([6], [1] * 5)
    audit.seals = [audit.seals[at] for at in order]
    assert audit.faults() == []


def test_a_chain_that_begins_anew_is_told() -> None:
    audit = SealedAudit.of([2])
    audit.values[0].append(b"later")
    audit.table.rows.clear()
    audit.seal_again(audit.events(0)[2:])
    (fault,) = audit.faults()
    assert "begins anew at audit offset 2" in fault


def test_two_signed_histories_are_told() -> None:
    audit = SealedAudit.of([3])
    other = SealedAudit([[b"record 0 of 0", b"forged", b"record 2 of 0"]])
    other.seal_again(other.events(0))
    audit.seals += other.seals
    assert any("otherwise of audit offset 1" in fault for fault in audit.faults())


def test_a_seal_that_does_not_lead_to_its_own_head_is_told() -> None:
    seal = decode(Seal, SealedAudit.of([2]).seals[0])
    assert isinstance(seal, Seal)
    assert seal.links()[-1] == seal.head.chain == next_link(seal.links()[0], 0, 1, seal.records[1])
    audit = SealedAudit.of([2])
    audit.seals = [encode(seal.model_copy(update={"records": (seal.records[1], seal.records[0])}))]
    assert any("do not lead" in fault for fault in audit.faults())


# -- both topics, and checkpoints -------------------------------------------------------------------------------------
@given(st.data())
def test_who_rewrites_both_topics_without_the_key_is_found(data: st.DataObject) -> None:
    audit = data.draw(audits())
    partition, offset = data.draw(places(audit))
    audit.values[partition][offset] = b"rewritten"
    assert any("not among the public keys" in fault for fault in audit.resealed(OTHER_KEY).faults())


@given(st.data())
def test_who_rewrites_both_topics_with_the_key_is_found_by_a_checkpoint_kept_elsewhere(data: st.DataObject) -> None:
    audit = data.draw(audits())
    kept = audit.heads()
    partition, offset = data.draw(places(audit))
    audit.values[partition][offset] = b"rewritten"
    forged = audit.resealed(KEY)
    assert forged.faults() == []
    assert any(f"audit, partition {partition}" in fault for fault in forged.faults(kept))


def test_who_cuts_the_end_off_both_topics_is_found_by_a_checkpoint_kept_elsewhere() -> None:
    audit = SealedAudit.of([6], [2, 2])
    kept = audit.heads()
    audit.seals.pop()
    del audit.values[0][4:]
    assert audit.faults() == []
    assert audit.faults(kept) == [
        "audit, partition 0, offset 4 to 5: it vouches for offsets before 6, and seals are there only up to 4: cut off"
    ]


@given(st.data())
def test_a_forged_or_altered_checkpoint_is_found(data: st.DataObject) -> None:
    audit = SealedAudit.of([3, 3])
    head = a_checkpoint(audit.heads()[0])
    forged = head.model_copy(update={"chain": GENESIS})
    signed = signed_bytes(forged.partition, forged.end_offset, forged.chain, forged.at)
    lines = [
        encode(forged),
        encode(forged.model_copy(update={"signature": OTHER_KEY.sign(signed)})),
        encode(forged.model_copy(update={"signature": OTHER_KEY.sign(signed), "key_id": OTHER_KEY.key_id})),
        encode(head.model_copy(update={"at": head.at + timedelta(seconds=1)})),
        encode(head.model_copy(update={"partition": 1})),
        data.draw(st.binary(max_size=80)),
    ]
    line = data.draw(st.sampled_from(lines))
    (fault,) = audit.verdict([*audit.heads(), line]).faults
    assert (fault.topic, fault.first) == ("checkpoints", 3)


def test_a_checkpoint_is_not_a_signature_for_anything_else() -> None:
    head: Checkpoint = a_checkpoint(SealedAudit.of([1]).heads()[0])
    assert signed_bytes(head.partition, head.end_offset, head.chain, head.at).startswith(b"fusionbus audit checkpoint")
