# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When running TLS channels may be interrupted: ``22:00-04:00``, ``Sat,Sun 01:00-05:30``, or several such periods.

Moments are those of a wall clock, without a time zone, as an operator reads it: an hour that the clock leaps over in spring is never
open that day, one that it shows twice in autumn is open twice.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .errors import InputError

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTES = 24 * 60
_TEXT = re.compile(r"(?:(?P<days>[A-Za-z,-]+) +)?(?P<opens>[0-9]{2}:[0-9]{2})-(?P<closes>[0-9]{2}:[0-9]{2})\Z")
_FORMS = "write it as 22:00-04:00, Sat,Sun 01:00-05:30 or Mon-Fri 22:00-24:00"


@dataclass(frozen=True)
class Period:
    """A time of day on some days of the week (0: Monday). One that closes at an earlier time than it opens ends on the day after.

    ``opens`` and ``closes`` are minutes of the day; the minute ``closes`` is outside.
    """

    opens: int
    closes: int
    days: tuple[int, ...] = tuple(range(7))

    def __post_init__(self) -> None:
        if self.opens == self.closes:
            raise InputError("it opens and closes at the same time; a whole day is 00:00-24:00")
        if not (0 <= self.opens < _MINUTES and 0 < self.closes <= _MINUTES):
            raise InputError("there is no such time of day; they go from 00:00 to 23:59, and 24:00 only ends a period")
        if not self.days or list(self.days) != sorted(set(self.days) & set(range(7))):
            raise InputError("its days are to be days of the week, each once")

    @classmethod
    def parse(cls, text: str) -> Period:
        """Raises InputError that says what is wrong, without saying where."""
        match = _TEXT.match(text.strip())
        if match is None:
            raise InputError(f"that is no period; {_FORMS}")
        opens, closes = _minutes(match["opens"]), _minutes(match["closes"])
        if opens != closes:
            closes = closes or _MINUTES  # 00:00 as an end is that of the day
        return cls(opens, closes, _days(match["days"]) if match["days"] else tuple(range(7)))

    def text(self) -> str:
        """The form that ``parse`` reads."""
        days = "" if len(self.days) == 7 else f"{','.join(DAYS[day] for day in self.days)} "
        return f"{days}{_clock(self.opens)}-{_clock(self.closes)}"

    def contains(self, moment: datetime) -> bool:
        """Whether it is open then. The hours behind midnight belong to the day on which it has opened."""
        minute, day = moment.hour * 60 + moment.minute, moment.weekday()
        if self.opens < self.closes:
            return day in self.days and self.opens <= minute < self.closes
        return (day in self.days and minute >= self.opens) or ((day - 1) % 7 in self.days and minute < self.closes)

    def next_opening(self, moment: datetime) -> datetime:
        """The first opening after ``moment``."""
        midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        openings = (midnight + timedelta(days=ahead, minutes=self.opens) for ahead in range(8))
        return next(one for one in openings if one > moment and one.weekday() in self.days)


@dataclass(frozen=True)
class RefreshWindow:
    """The periods together; without any it is always open."""

    periods: tuple[Period, ...] = ()

    @classmethod
    def parse(cls, value: Any, option: str = "refresh_window") -> RefreshWindow:
        """A text, a list of texts, or nothing (None, a blank text, an empty list). Raises InputError that names the place in ``option``."""
        single = isinstance(value, str) or value is None
        if not single and not isinstance(value, (list, tuple)):
            raise InputError(f"{option} is {value!r} and should be a text or a list of texts; {_FORMS}.")
        items = ([value] if value and value.strip() else []) if single else value
        periods = []
        for index, item in enumerate(items):
            place = option if single else f"{option}[{index}]"
            if not isinstance(item, str):
                raise InputError(f"{place} is {item!r} and should be a text; {_FORMS}.")
            try:
                periods.append(Period.parse(item))
            except InputError as error:
                raise InputError(f"{place} is {item!r}, and {error}.") from error
        return cls(tuple(periods))

    def text(self) -> str:
        """The periods as a person reads them."""
        return " and ".join(period.text() for period in self.periods)

    def contains(self, moment: datetime) -> bool:
        """Whether a refresh may be sent then."""
        return not self.periods or any(period.contains(moment) for period in self.periods)

    def next_opening(self, moment: datetime) -> datetime:
        """The first opening after ``moment``, which is outside."""
        return min(period.next_opening(moment) for period in self.periods)


def _minutes(clock: str) -> int:
    hours, minutes = (int(part) for part in clock.split(":"))
    # 24:30 and 12:75 become what no period has
    return hours * 60 + minutes if minutes < 60 else _MINUTES + 1


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _days(text: str) -> tuple[int, ...]:
    found: list[int] = []
    for item in text.split(","):
        names = [name.capitalize() for name in item.split("-")]
        if len(names) > 2 or not set(names) <= set(DAYS):
            raise InputError(f"{item!r} is no day of the week; the days are {', '.join(DAYS)}, and Mon-Fri is a range")
        first, last = DAYS.index(names[0]), DAYS.index(names[-1])
        found += [day % 7 for day in range(first, (last if last >= first else last + 7) + 1)]
    if len(found) != len(set(found)):
        raise InputError("a day stands in it twice; leave one out")
    return tuple(sorted(found))
