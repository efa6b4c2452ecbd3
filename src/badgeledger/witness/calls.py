"""Lines become calls: the same record twice, halves paired, one clock a call, one outcome a row (RULEBOOK 2 and 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .definitions import Definition, md5
from .halves import KIND_OF_CALL, ROWS_OF_NO_CALL, Answer, CallLine, Element, Request, Response, match
from .times import DAY, SECOND


@dataclass
class Call:
    """One call: a request with the response known for it, or a lone response. Clocks are filled in by `date_call`."""

    endpoint: str | None
    badge: str
    request_id: str
    request: Request | None
    response: Response | None
    logged_at: int | None
    request_key: str
    ordinal: int
    source: tuple[str, int]
    lines: list[CallLine] = field(default_factory=list)
    processed_at: int | None = None

    @property
    def lone(self) -> bool:
        """A response that found no request."""
        return self.request is None

    @property
    def content(self) -> str:
        """What orders two calls that are alike in time and request id."""
        return f"{self.request_key}/{self.ordinal}"

    @property
    def of_no_call(self) -> bool:
        """An event or an own flat row."""
        return self.endpoint in ROWS_OF_NO_CALL

    @property
    def first_position(self) -> int:
        """The position of an own flat row; all others begin at 0."""
        return 0 if self.request is None else self.request.position

    @property
    def order(self) -> tuple[int, str, int, str]:
        """The place in processing order."""
        assert self.processed_at is not None
        return (self.processed_at, self.request_id, self.first_position, self.content)


@dataclass
class Row:
    """One customer in one call. `brought_expiry` is an import's own, `reported_at` the answered one; `version` and what
    follows are filled in by the ledger.
    """

    call: Call
    position: int
    badge: str
    customer: str
    kind: str
    outcome: str
    code: str
    row_id: str | None
    processed_at: int
    event_at: int
    brought_expiry: int | None = None
    reported_at: int | None = None
    answered: bool = True
    conflict: bool = False
    version: Definition | None = None
    counted: bool = False
    rule: str = ""
    expires_at: int | None = None
    revoked_at: int | None = None
    state: str = "ACTIVE"

    @property
    def imported(self) -> bool:
        """A row of an import, which brings its own expiry."""
        return self.call.endpoint == "import"

    def revoked_by(self, instant: int) -> bool:
        """It was revoked at or before the instant."""
        return self.revoked_at is not None and self.revoked_at <= instant

    @property
    def key(self) -> str:
        """`row_key`: 16 hex digits that stay when an answer arrives late."""
        return md5(f"{self.call.content}/{self.position}")[:16]

    @property
    def issuance_id(self) -> str:
        """The platform's row id of an accepted row, else `REQUEST_ID/POSITION`."""
        if self.outcome == "ACCEPTED" and self.row_id is not None:
            return self.row_id
        return f"{self.call.request_id}/{self.position}"

    @property
    def accepted(self) -> bool:
        """Accepted in the sense of the rules: answered so, or not answered at all."""
        return self.outcome in ("ACCEPTED", "ASSUMED")

    @property
    def order(self) -> tuple[int, str, int, str, int]:
        """The place in processing order."""
        return (*self.call.order, self.position)


def id_time(row_id: str | None) -> int | None:
    """The creation time in an id of 24 hex digits: its first 8 are epoch seconds."""
    if row_id is None or len(row_id) != 24 or any(digit not in "0123456789abcdefABCDEF" for digit in row_id):
        return None
    return int(row_id[:8], 16) * SECOND


def latest_id_time(answers: Sequence[Answer], event_at: int | None) -> int | None:
    """The latest creation time in the ids of answers without error; one over 24 h before the event dates nothing."""
    times = []
    for answer in answers:
        created = None if answer.refused else id_time(answer.row_id)
        if created is not None and (event_at is None or created >= event_at - DAY):
            times.append(created)
    return max(times, default=None)


@dataclass
class Sorted:
    """Call lines told apart: which are records, which repeat one."""

    exchanges: dict[tuple[str, str], list[CallLine]]
    requests: dict[str, list[CallLine]]
    responses: dict[tuple[str | None, int | None, str], list[CallLine]]
    duplicates: list[CallLine]


def sort_lines(lines: Sequence[CallLine]) -> Sorted:
    """Finds the lines that carry the same values; of equal ones the first in reading order is the record."""
    exchanges: dict[tuple[str, str], list[CallLine]] = {}
    requests: dict[str, list[CallLine]] = {}
    responses: dict[tuple[str | None, int | None, str], list[CallLine]] = {}
    duplicates: list[CallLine] = []
    for line in lines:
        if line.request is not None and line.response is not None:
            exchanges.setdefault((md5(line.request_text()), md5(line.response.text())), []).append(line)
        elif line.request is not None:
            requests.setdefault(md5(line.request_text()), []).append(line)
        elif line.response is not None:
            responses.setdefault((line.endpoint, line.logged_at, md5(line.response.text())), []).append(line)
    for group in (*exchanges.values(), *requests.values(), *responses.values()):
        duplicates.extend(group[1:])
    _drop_known_requests(exchanges, requests, duplicates)
    _drop_known_responses(exchanges, responses, duplicates)
    return Sorted(exchanges, requests, responses, duplicates)


def _drop_known_requests(
    exchanges: dict[tuple[str, str], list[CallLine]], requests: dict[str, list[CallLine]], duplicates: list[CallLine]
) -> None:
    """Request halves that an exchange, or a half that tells its log time, already tells."""
    hosts: dict[str, list[CallLine]] = {}
    for (request_key, _), group in sorted(exchanges.items()):
        hosts.setdefault(request_key, group)
    untimed: dict[str, list[CallLine]] = {}
    if any(group[0].logged_at is None for group in requests.values()):
        for _, group in (*sorted(exchanges.items()), *sorted(requests.items())):
            if group[0].logged_at is not None:
                untimed.setdefault(group[0].request_text(with_log_time=False), group)
    for key in list(requests):
        half = requests[key][0]
        host = hosts.get(key)
        if host is None and half.logged_at is None:
            host = untimed.get(half.request_text(with_log_time=False))
        if host is not None:
            duplicates.append(half)
            # The half is one more delivery of that request: its place in a file may be the smallest.
            host.extend(requests.pop(key))


def _drop_known_responses(
    exchanges: dict[tuple[str, str], list[CallLine]],
    responses: dict[tuple[str | None, int | None, str], list[CallLine]],
    duplicates: list[CallLine],
) -> None:
    """Lone responses that equal the response in an exchange."""
    hosts: dict[str, list[CallLine]] = {}
    for (_, response_key), group in exchanges.items():
        hosts.setdefault(response_key, []).append(group[0])
    for key in list(responses):
        endpoint, logged_at, response_key = key
        for host in hosts.get(response_key, ()):
            if endpoint in (None, host.endpoint) and logged_at in (None, host.logged_at):
                duplicates.append(responses.pop(key)[0])
                break


def build_calls(found: Sorted) -> list[Call]:
    """Every call, in no order: exchanges, requests with or without a response that pairs, lone responses."""
    calls = []
    ordinals: dict[str, int] = {}
    for (request_key, _), group in sorted(found.exchanges.items(), key=lambda item: item[0]):
        ordinal = ordinals.get(request_key, 0)
        ordinals[request_key] = ordinal + 1
        calls.append(_call_of_request(group, group[0].response, group[0].logged_at, request_key, ordinal))
    answers, lone = pair(list(found.requests.values()), list(found.responses.values()))
    for request_key, group in found.requests.items():
        response_group = answers.get(id(group))
        if response_group is None:
            calls.append(_call_of_request(group, None, group[0].logged_at, request_key, 0))
            continue
        half = response_group[0]
        logged_at = half.logged_at if group[0].logged_at is None else group[0].logged_at
        call = _call_of_request(group, half.response, logged_at, request_key, 0)
        call.lines = group + response_group
        calls.append(call)
    return calls + _lone_calls(lone)


def _call_of_request(
    group: list[CallLine], response: Response | None, logged_at: int | None, request_key: str, ordinal: int
) -> Call:
    request = group[0].request
    assert request is not None
    source = min(line.source for line in group)
    return Call(
        group[0].endpoint,
        request.badge or "",
        request.request_id or "",
        request,
        response,
        logged_at,
        request_key,
        ordinal,
        source,
        list(group),
    )


def _lone_calls(lone: list[tuple[list[CallLine], str]]) -> list[Call]:
    calls = []
    ordinals: dict[str, int] = {}
    lone.sort(key=lambda item: (item[0][0].endpoint or "", _own_clock(item[0][0])))
    for group, badge in lone:
        half = group[0]
        assert half.response is not None
        key = md5(half.response.text())
        ordinal = ordinals.get(key, 0)
        ordinals[key] = ordinal + 1
        source = min(line.source for line in group)
        request_id = half.response.request_id or ""
        calls.append(
            Call(half.endpoint, badge, request_id, None, half.response, half.logged_at, key, ordinal, source, group)
        )
    return calls


def _own_clock(half: CallLine) -> tuple[int, int]:
    """A half's own clock for pairing; a half without one comes first."""
    clock = half.logged_at
    if clock is None and half.request is not None:
        clock = half.request.event_at
    if clock is None and half.response is not None and half.request is None:
        clock = latest_id_time(half.response.answers, None)
    return (0, 0) if clock is None else (1, clock)


def pair(
    requests: list[list[CallLine]], responses: list[list[CallLine]]
) -> tuple[dict[int, list[CallLine]], list[tuple[list[CallLine], str]]]:
    """The response of each open request (by the identity of its group); responses left over, with their badge."""
    waiting: dict[tuple[str | None, str, str], list[list[CallLine]]] = {}
    badges: dict[tuple[str | None, str], set[str]] = {}
    for group in requests:
        asked = group[0].request
        if asked is not None and asked.request_id:
            waiting.setdefault((group[0].endpoint, asked.badge or "", asked.request_id), []).append(group)
            badges.setdefault((group[0].endpoint, asked.request_id), set()).add(asked.badge or "")
    arrived: dict[tuple[str | None, str, str], list[list[CallLine]]] = {}
    lone: list[tuple[list[CallLine], str]] = []
    for group in responses:
        half = group[0]
        assert half.response is not None
        badge, request_id = half.response.badge, half.response.request_id or ""
        if badge is None and len(badges.get((half.endpoint, request_id), ())) == 1:
            badge = next(iter(badges[(half.endpoint, request_id)]))
        key = (half.endpoint, badge or "", request_id)
        if half.endpoint is not None and request_id and key in waiting:
            arrived.setdefault(key, []).append(group)
        else:
            lone.append((group, badge or ""))
    answers: dict[int, list[CallLine]] = {}
    for key, groups in arrived.items():
        asked_in_order = sorted(waiting[key], key=lambda group: (_own_clock(group[0]), md5(group[0].request_text())))
        answered_in_order = sorted(groups, key=lambda group: (_own_clock(group[0]), _response_key(group[0])))
        for asked_group, answer_group in zip(asked_in_order, answered_in_order, strict=False):
            answers[id(asked_group)] = answer_group
        lone.extend((group, key[1]) for group in answered_in_order[len(asked_in_order) :])
    return answers, lone


def _response_key(half: CallLine) -> str:
    assert half.response is not None
    return md5(half.response.text())


def date_call(call: Call) -> None:
    """`processed_at`: the log time, else the latest creation time in the ids, else the event date (RULEBOOK 2)."""
    event_at = None if call.request is None else call.request.latest_event
    call.processed_at = call.logged_at
    if call.processed_at is None and call.response is not None:
        call.processed_at = latest_id_time(call.response.answers, event_at)
    if call.processed_at is None:
        call.processed_at = event_at


def rows_of(call: Call) -> list[Row]:
    """The rows of a call: the k-th mention of a customer takes the k-th answer for it, spare answers follow."""
    if call.endpoint is None:
        return []
    asked = call.request.customers if call.request is not None else []
    found, spare = match(asked, call.response.answers if call.response is not None else [])
    mentions = [*zip(asked, found, strict=True), *((answer.customer, answer) for answer in spare)]
    own = [*call.request.elements] if call.request is not None else []
    own += [answer.element for answer in spare]
    rows = []
    for place, (customer, answer) in enumerate(mentions):
        row = _row(call, call.first_position + place, customer, answer)
        if row.imported:
            _bring(row, own[place], answer)
        rows.append(row)
    return rows


def _row(call: Call, position: int, customer: str, answer: Answer | None) -> Row:
    assert call.processed_at is not None and call.endpoint is not None
    event_at = call.request.event_at if call.request is not None else None
    row = Row(
        call=call,
        position=position,
        badge=call.badge,
        customer=customer,
        kind=KIND_OF_CALL[call.endpoint],
        outcome="ASSUMED",
        code="",
        row_id=None,
        processed_at=call.processed_at,
        event_at=call.processed_at if event_at is None else event_at,
    )
    if call.response is None:
        return row
    row.reported_at = call.response.expires_at
    if answer is None:
        row.outcome, row.code = "REJECTED", call.response.code or ""
        row.answered = call.response.failed
    elif answer.refused:
        row.outcome, row.code = "REJECTED", answer.code or call.response.code or ""
    else:
        row.outcome, row.row_id = "ACCEPTED", answer.row_id
    return row


def _bring(row: Row, own: Element, answer: Answer | None) -> None:
    """Fills in what an import tells of this row alone."""
    row.badge, row.brought_expiry = own.badge, own.expires_at
    row.event_at = row.processed_at if own.event_at is None else own.event_at
    row.reported_at = None if answer is None else answer.expires_at


def mark_repeats(rows: Sequence[Row]) -> None:
    """`REPEAT` and id conflicts among rows in processing order (RULEBOOK 3, Outcome of a row)."""
    given: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        if row.outcome != "ACCEPTED" or row.row_id is None:
            continue
        owner = (row.badge, row.customer, row.kind)
        earlier = given.setdefault(row.row_id, [])
        if owner in earlier:
            row.outcome = "REPEAT"
        elif earlier:
            row.conflict = True
        earlier.append(owner)
