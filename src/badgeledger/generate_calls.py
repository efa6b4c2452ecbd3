"""Calls of the synthetic platform: what is asked, drawn a block at a time, and what is answered, as log lines."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from badgeledger.generate_badges import DAY_US, ORG_ID, OWNERS, SECOND_US, Badge, epoch, expires_us, iso

Ints = NDArray[np.int64]

LARGEST_REQUEST = 2_000
REQUESTS_PER_BLOCK = 4_096
REMEMBERED_ISSUES = 65_536
FIRST_CUSTOMER, CUSTOMERS = 10_000_000, 89_999_999
PATHS = ("/v1/badges/badgeMeta/customer/issueBulk", "/v1/badges/customer/earn", "/v1/badges/customer/earnBulk")
ISSUE, EARN, EARN_BULK = 0, 1, 2
REFUSALS = {
    809: "Request with the same requestId is not allowed",
    816: "Event date is not in duration of badge meta. Pass the issue event date.",
}
HELD = '{"code":1040,"message":"An active issue for the badge already exists.","reference":null}'
# Sixteenths of the calls by endpoint, for a badge of each earn type.
ENDPOINTS = {"ISSUE_EARN": (ISSUE,) * 7 + (EARN,) * 6 + (EARN_BULK,) * 3, "EARN": (EARN,) * 10 + (EARN_BULK,) * 6}
# Customers of a bulk request as (share of 1,024, least, most): most are small, a few are campaigns.
BULK_SIZES = ((797, 1, 8), (200, 9, 60), (21, 61, 400), (4, 401, 1_999), (2, LARGEST_REQUEST, LARGEST_REQUEST))
# From this size on a request is a campaign: a run of different customers instead of drawn ones.
CAMPAIGN = 61
# Share of a day's calls by hour, of 240: quiet nights, busy evenings.
HOURS = (3, 2, 1, 1, 2, 4, 7, 9, 11, 12, 13, 14, 15, 13, 12, 12, 13, 15, 18, 19, 17, 13, 9, 5)


class Draws:
    """Integers from the raw PCG64 stream, which NumPy keeps stable. The remainder's bias is below 1e-5 of a share."""

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def below(self, limit: int, count: int) -> Ints:
        """`count` integers of 0 to `limit` − 1."""
        raw = self._bits.random_raw(count)
        return (raw % np.uint64(limit)).astype(np.int64)

    def skewed(self, cumulative: Ints, count: int) -> Ints:
        """`count` ranks drawn by cumulative integer weights."""
        return np.searchsorted(cumulative, self.below(int(cumulative[-1]), count), side="right").astype(np.int64)


def skew(count: int, head: int) -> Ints:
    """Cumulative integer weights of a Zipf-Mandelbrot law: rank k weighs 1 / (k + head)."""
    return np.cumsum(np.int64(1 << 36) // (np.arange(count, dtype=np.int64) + head))


@dataclass(slots=True)
class Call:
    """One request: instants in microseconds, customers in order, a draw below 10,000 for it and for each customer."""

    number: int
    badge: Badge
    endpoint: int
    processed_us: int
    event_us: int
    customers: list[int]
    draws: list[int]
    draw: int
    again: bool


class Calls:
    """Draws calls in processing order until they hold exactly `issuances` customers."""

    def __init__(
        self, draws: Draws, badges: list[Badge], customers: int, issuances: int, first_us: int, days: int
    ) -> None:
        self.issuances, self.first_us, self.step_ns = issuances, first_us, days * DAY_US * 1_000 // issuances
        self.badge_weights, self.customer_weights = skew(len(badges), 3), skew(customers, customers // 200 + 5)
        self._draws, self._badges, self._customers = draws, badges, customers
        self._endpoints = np.array([ENDPOINTS[badge.earn_type] for badge in badges], dtype=np.int64)
        sizes = [(least, most) for share, least, most in BULK_SIZES for _ in range(share)]
        self._sizes = np.array(sizes, dtype=np.int64)
        hours = np.repeat(np.arange(24), HOURS)
        self._share = np.array(HOURS, dtype=np.int64)[hours]
        part = np.concatenate([np.arange(share) for share in HOURS])
        self._slot_us = (hours * 3_600 + part * 3_600 // self._share) * SECOND_US
        self._made = 0
        self._number = 0

    def __iter__(self) -> Iterator[list[Call]]:
        while self._made < self.issuances:
            yield self._block()

    def _block(self) -> list[Call]:
        count, draws = REQUESTS_PER_BLOCK, self._draws
        badge, draw = draws.skewed(self.badge_weights, count), draws.below(10_000, count)
        endpoint = self._endpoints[badge, draws.below(16, count)]
        # Now and then a badge that nobody is enrolled for is issued all the same (801).
        endpoint[draw % 200 == 33] = ISSUE
        least, most = self._sizes[draws.below(len(self._sizes), count)].T
        size = least + draws.below(1 << 30, count) % (most - least + 1)
        size = np.where(endpoint == EARN, 1, np.minimum(size, max(1, min(LARGEST_REQUEST, self.issuances // 10))))
        # A request sent again repeats the one before it and is always written whole, as is that one.
        again = draws.below(150, count) == 0
        again[0] = False
        again[1:] &= ~again[:-1]
        whole = again | np.append(again[1:], False)
        draw = np.where(whole, 1_000 + draw % 9_000, draw)
        badge, endpoint, size = (np.where(again, np.roll(column, 1), column) for column in (badge, endpoint, size))
        ends = np.cumsum(size)
        before = self._made + ends - size
        left = self.issuances - self._made
        kept = int(np.searchsorted(ends, left)) + 1
        if kept <= count:
            size[kept - 1] -= ends[kept - 1] - left
            again[kept - 1] &= size[kept - 1] == size[kept - 2]
        processed_us = self._processed_us(before, again)
        event_us = self._event_us(processed_us, draw)
        event_us = np.where(again, np.roll(event_us, 1), event_us)
        columns = (badge, endpoint, processed_us, event_us, draw, again)
        return self._calls(size[:kept], *(column[:kept].tolist() for column in columns))

    def _processed_us(self, before: Ints, again: NDArray[np.bool_]) -> Ints:
        """Instants that rise with the rows before; a day's even flow is bent to the shares of its hours."""
        day, within_us = np.divmod(before * self.step_ns // 1_000, DAY_US)
        slot = within_us * 240 // DAY_US
        slot_us = (within_us - slot * (DAY_US // 240)) * 10 // self._share[slot]
        instants: Ints = self.first_us + day * DAY_US + self._slot_us[slot] + slot_us
        # Different requests sometimes share an instant: the platform answers several at once.
        tied = (self._draws.below(50, len(instants)) == 0) & ~again & ~np.roll(again, 1)
        tied[0] = False
        instants[tied] = np.roll(instants, 1)[tied]
        return instants

    def _event_us(self, processed_us: Ints, draw: Ints) -> Ints:
        """Whole seconds, mostly just before; 12 of 100 up to three days late, 3 up to twenty; some are not given."""
        count = len(processed_us)
        lateness, delay_us = self._draws.below(100, count), self._draws.below(DAY_US, count)
        late_us = np.where(
            lateness < 85, delay_us % (5 * SECOND_US), np.where(lateness < 97, delay_us * 3, delay_us * 20)
        )
        given_us = (processed_us - late_us) // SECOND_US * SECOND_US
        return np.where((draw % 4 == 3) & (lateness < 85), processed_us, given_us)

    def _calls(self, size: Ints, *columns: list[int]) -> list[Call]:
        rows = int(size.sum())
        starts = np.cumsum(size) - size
        ranks = self._draws.skewed(self.customer_weights, rows)
        first = np.repeat(self._draws.below(self._customers, len(size)) - starts, size)
        campaign = np.repeat(size >= CAMPAIGN, size)
        ranks = np.where(campaign, (first + np.arange(rows)) % self._customers, ranks)
        # Factor and range have no common divisor: every rank has a customer of its own, and neighbors lie apart.
        customers = (FIRST_CUSTOMER + ranks * 37_139_213 % CUSTOMERS).tolist()
        row_draws = self._draws.below(10_000, rows).tolist()
        calls: list[Call] = []
        for start, width, badge, endpoint, processed_us, event_us, draw, again in zip(
            starts.tolist(), size.tolist(), *columns, strict=True
        ):
            people = calls[-1].customers if again else customers[start : start + width]
            owner, coins = self._badges[badge], row_draws[start : start + width]
            calls.append(Call(self._number, owner, endpoint, processed_us, event_us, people, coins, draw, bool(again)))
            self._number += 1
        self._made += rows
        return calls


class Platform:
    """Answers calls as the platform does. Its memory of earlier issues is bounded, so some overlaps pass."""

    def __init__(self, seed: int) -> None:
        self._process = f"{seed & 0xFFFFFFFF:08x}3c"
        self._serial = 0
        self._body, self._request_id, self._answered = "", "", False
        self._held: dict[tuple[str, int], tuple[int, str]] = {}
        self._held_before: dict[tuple[str, int], tuple[int, str]] = {}

    def lines(self, call: Call) -> tuple[str, str | None]:
        """The line to write now and one that turns up later: another half, or the same line delivered again."""
        head = f'{{"loggedAt":"{iso(call.processed_us)}","endpoint":"{PATHS[call.endpoint]}","orgId":{ORG_ID}'
        body, draw = self._request(call), call.draw
        if draw < 60:
            return f'{head},"request":{body}}}', None
        refused = self._refusal(call)
        if refused:
            errors = f'[{{"code":{refused},"message":"{REFUSALS[refused]}","reference":null}}]'
            answer = f'{{"data":null,"errors":{errors},"warnings":[]}}'
        else:
            answer = (self._issue_bulk, self._earn, self._earn_bulk)[call.endpoint](call)
        self._answered = not refused
        # Halves that stand apart have a requestId on both sides, and a bare request has an event date.
        apart = call.endpoint != EARN_BULK and not refused
        if apart and draw < 140 and draw % 4 != 3:
            return body, answer
        if apart and draw < 180:
            return f'{head},"request":{body}}}', f'{head},"response":{answer}}}'
        whole = f'{head},"request":{body},"response":{answer}}}'
        return whole, whole if draw < 220 else None

    def _refusal(self, call: Call) -> int:
        """One in twenty repeated requests passes all the same, and one in fifty events outside the badge's period."""
        if call.again and self._answered and call.draw % 20 != 3:
            return 809
        inside = call.badge.start_us <= call.event_us < call.badge.end_us
        return 0 if inside or call.draw % 50 == 7 else 816

    def _request(self, call: Call) -> str:
        if call.again:
            return self._body
        number, draw, event_us = call.number, call.draw, call.event_us
        self._request_id = str(number + 20_000) if call.endpoint == ISSUE else f"{number * 2_654_435_761 % 2**32:08x}"
        request_id = f'"{self._request_id}"'
        if draw % 97 == 0:
            request_id = self._request_id = str(number + 20_000)
        name = "issue" if call.endpoint == ISSUE else "earn"
        event = f',"{name}EventDate":{event_us // SECOND_US}'
        if draw % 4 == 0:
            event = f',"{name}EventDate":{epoch(event_us)},"{name}EventDateISO":"{iso(event_us)}"'
        elif draw % 4 == 1:
            event += f',"{name}EventDateISO":"{iso(event_us + 19_800 * SECOND_US)[:19]}+05:30"'
        elif draw % 4 == 3 and event_us == call.processed_us:
            event = ""
        owners = call.badge.owners or OWNERS
        owner = "Goodwill_Module" if draw % 100 == 11 else owners[draw % len(owners)]
        trigger = (
            f',"triggeredBy":{{"ownerType":"{owner}","referenceId":"{draw % 900 + 100}"}}' if draw % 50 != 13 else ""
        )
        people = ",".join(map(str, call.customers))
        asked = (f'"customers":[{people}]', f'"customerId":{people}', f'"customerIds":[{people}]')[call.endpoint]
        self._body = f'{{"badgeMetaId":"{call.badge.badge_id}",{asked},"requestId":{request_id}{event}{trigger}}}'
        return self._body

    def _row_ids(self, call: Call) -> list[str]:
        """24 hex digits a row: the second of creation, the process, and a counter."""
        prefix, first = f"{call.processed_us // SECOND_US:08x}{self._process}", self._serial
        self._serial += len(call.customers)
        return [f"{prefix}{serial & 0xFFFFFF:06x}" for serial in range(first, self._serial)]

    def _expires(self, call: Call, base_us: int) -> str:
        """The expiry, which the platform gets wrong by an hour once in four hundred calls."""
        instant_us = expires_us(call.badge.rule, base_us) + (3_600 * SECOND_US if call.draw % 400 == 21 else 0)
        return f'"expiresOn":{epoch(instant_us)},"expiresOnISO":"{iso(instant_us)}"'

    def _issue_bulk(self, call: Call) -> str:
        until_us, badge_id, rows = expires_us(call.badge.rule, call.event_us), call.badge.badge_id, []
        for customer, draw, row_id in zip(call.customers, call.draws, self._row_ids(call), strict=True):
            if draw % 1_000 == 1:
                continue
            key, error = (badge_id, customer), "null"
            held_until_us, held_id = self._held.get(key) or self._held_before.get(key) or (0, "")
            if held_until_us > call.event_us and draw < 9_700:
                row_id, error = held_id, HELD if draw < 9_000 else "null"
            else:
                self._held[key] = (until_us, row_id)
            rows.append(f'{{"customerId":{customer},"issuedId":"{row_id}","error":{error},"status":"ACTIVE"}}')
        if len(self._held) > REMEMBERED_ISSUES:
            self._held, self._held_before = {}, self._held
        return (
            f'{{"data":{{"badgeMetaId":"{badge_id}",{self._expires(call, call.event_us)},'
            f'"issuedBadges":[{",".join(rows)}],"requestId":"{self._request_id}"}},"errors":[],"warnings":[]}}'
        )

    def _earn(self, call: Call) -> str:
        badge_id, customer = call.badge.badge_id, call.customers[0]
        held = self._held.get((badge_id, customer))
        issued = f'"{held[1]}"' if held else "null"
        return (
            f'{{"data":{{"badgeMetaId":"{badge_id}","customerId":{customer},"earnedBadgeId":"{self._row_ids(call)[0]}",'
            f'"issuedId":{issued},{self._expires(call, call.processed_us)},"requestId":"{self._request_id}"}},'
            f'"errors":[],"warnings":[]}}'
        )

    def _earn_bulk(self, call: Call) -> str:
        """About 6 customers in 1,000 are refused, and 1 in 2,000 is not mentioned at all."""
        earned, failed = [], []
        for customer, draw, row_id in zip(call.customers, call.draws, self._row_ids(call), strict=True):
            if draw >= 60:
                earned.append(f'{{"customerId":{customer},"earnedBadgeId":"{row_id}"}}')
            elif draw >= 5:
                failed.append(f'{{"customerId":{customer},"errorCode":801}}')
        lists = f'"earnedBadgesList":[{",".join(earned)}],"failedEarnBadgeErrorList":[{",".join(failed)}]'
        return f'{{"data":{{{lists}}},"errors":[],"warnings":[]}}'
