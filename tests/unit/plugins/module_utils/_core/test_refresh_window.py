# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a refresh may be sent: what is read, what is refused, which moments are inside, when it opens next."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._core.refresh_window import DAYS, Period, RefreshWindow
from hypothesis import given
from hypothesis import strategies as st
from strategies import refresh_periods

FORMS = "write it as 22:00-04:00, Sat,Sun 01:00-05:30 or Mon-Fri 22:00-24:00"
SAME = "and it opens and closes at the same time; a whole day is 00:00-24:00."
NO_TIME = "and there is no such time of day; they go from 00:00 to 23:59, and 24:00 only ends a period."
NO_DAY = "is no day of the week; the days are Mon, Tue, Wed, Thu, Fri, Sat, Sun, and Mon-Fri is a range."


def at(text: str) -> datetime:
    """A moment of the week that begins on Monday, 2 November 2026: "Sat 01:00"."""
    day, clock = text.split()
    return datetime(2026, 11, 2 + DAYS.index(day), *(int(part) for part in clock.split(":")))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("22:00-04:00", "22:00-04:00"),
        ("Sat,Sun 01:00-05:30", "Sat,Sun 01:00-05:30"),
        ("sun,SAT  01:00-05:30 ", "Sat,Sun 01:00-05:30"),
        ("Mon-Fri 22:00-24:00", "Mon,Tue,Wed,Thu,Fri 22:00-24:00"),
        ("Fri-Mon 22:00-00:00", "Mon,Fri,Sat,Sun 22:00-24:00"),
        ("Mon-Sun 00:00-24:00", "00:00-24:00"),
        (["22:00-04:00", "Sun 06:00-08:00"], "22:00-04:00 and Sun 06:00-08:00"),
        ("", ""),
        (None, ""),
        ([], ""),
    ],
)
def test_read(value: object, text: str) -> None:
    assert RefreshWindow.parse(value).text() == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("at night", f"refresh_window is 'at night', and that is no period; {FORMS}."),
        ("22:00", f"refresh_window is '22:00', and that is no period; {FORMS}."),
        ("2:00-4:00", f"refresh_window is '2:00-4:00', and that is no period; {FORMS}."),
        ("22:00-04:00\n23:00-24:00", f"refresh_window is '22:00-04:00\\n23:00-24:00', and that is no period; {FORMS}."),
        ("22:00-22:00", f"refresh_window is '22:00-22:00', {SAME}"),
        ("00:00-00:00", f"refresh_window is '00:00-00:00', {SAME}"),
        ("24:00-04:00", f"refresh_window is '24:00-04:00', {NO_TIME}"),
        ("22:00-24:30", f"refresh_window is '22:00-24:30', {NO_TIME}"),
        ("22:75-23:00", f"refresh_window is '22:75-23:00', {NO_TIME}"),
        ("Caturday 22:00-04:00", f"refresh_window is 'Caturday 22:00-04:00', and 'Caturday' {NO_DAY}"),
        ("Mon-Tue-Wed 22:00-04:00", f"refresh_window is 'Mon-Tue-Wed 22:00-04:00', and 'Mon-Tue-Wed' {NO_DAY}"),
        ("Sat, 22:00-04:00", f"refresh_window is 'Sat, 22:00-04:00', and '' {NO_DAY}"),
        ("Fri-Sun,Sat 22:00-04:00", "refresh_window is 'Fri-Sun,Sat 22:00-04:00', and a day stands in it twice; leave one out."),
        (["22:00-04:00", "nightly"], f"refresh_window[1] is 'nightly', and that is no period; {FORMS}."),
        (["22:00-04:00", 2200], f"refresh_window[1] is 2200 and should be a text; {FORMS}."),
        ([""], f"refresh_window[0] is '', and that is no period; {FORMS}."),
        (2200, f"refresh_window is 2200 and should be a text or a list of texts; {FORMS}."),
        (False, f"refresh_window is False and should be a text or a list of texts; {FORMS}."),
        ({"from": "22:00"}, f"refresh_window is {{'from': '22:00'}} and should be a text or a list of texts; {FORMS}."),
    ],
)
def test_refused(value: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        RefreshWindow.parse(value)
    assert str(error.value) == message


@pytest.mark.parametrize("days", [(), (6, 5), (0, 0), (7,)])
def test_a_period_has_days_of_the_week(days: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="^its days are to be days of the week, each once$"):
        Period(0, 60, days)


@pytest.mark.parametrize(
    ("window", "moment", "inside", "opens"),
    [
        ("22:00-04:00", "Mon 21:59", False, "Mon 22:00"),
        ("22:00-04:00", "Mon 22:00", True, None),
        ("22:00-04:00", "Tue 00:00", True, None),
        ("22:00-04:00", "Tue 03:59", True, None),
        ("22:00-04:00", "Tue 04:00", False, "Tue 22:00"),
        ("09:00-17:00", "Tue 08:59", False, "Tue 09:00"),
        ("09:00-17:00", "Tue 16:59", True, None),
        ("09:00-17:00", "Tue 17:00", False, "Wed 09:00"),
        ("22:00-24:00", "Tue 23:59", True, None),
        ("22:00-24:00", "Wed 00:00", False, "Wed 22:00"),
        ("00:00-24:00", "Wed 00:00", True, None),
        ("Sat,Sun 01:00-05:30", "Mon 01:00", False, "Sat 01:00"),
        ("Sat,Sun 01:00-05:30", "Sat 05:29", True, None),
        ("Sat,Sun 01:00-05:30", "Sat 05:30", False, "Sun 01:00"),
        # behind midnight it is still the day before's: neither Saturday's early morning nor Sunday's late evening
        ("Sat 22:00-04:00", "Sat 03:00", False, "Sat 22:00"),
        ("Sat 22:00-04:00", "Sun 03:00", True, None),
        ("Sat 22:00-04:00", "Sun 23:00", False, None),
        ("Sun 22:00-04:00", "Mon 03:00", True, None),
        (["Sat 22:00-04:00", "Wed 12:00-13:00"], "Mon 09:00", False, "Wed 12:00"),
        (["Sat 22:00-04:00", "Wed 12:00-13:00"], "Wed 12:30", True, None),
        ("", "Mon 12:00", True, None),
    ],
)
def test_which_moments_are_inside(window: object, moment: str, inside: bool, opens: str | None) -> None:
    parsed = RefreshWindow.parse(window)
    assert parsed.contains(at(moment)) is inside
    if opens:
        assert parsed.next_opening(at(moment)) == at(opens)


def test_a_period_of_one_day_opens_a_week_later() -> None:
    window = RefreshWindow.parse("Sat 22:00-04:00")
    assert window.next_opening(at("Sun 23:00")) == at("Sat 22:00") + timedelta(days=7)
    assert window.next_opening(at("Sat 22:00")) == at("Sat 22:00") + timedelta(days=7)


@given(st.lists(refresh_periods(), max_size=3))
def test_what_is_written_is_read_again(drawn: list) -> None:
    window = RefreshWindow(tuple(Period(*values) for values in drawn))
    assert RefreshWindow.parse([period.text() for period in window.periods]) == window


@given(refresh_periods(), st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1)))
def test_it_is_closed_until_it_opens(drawn: tuple, moment: datetime) -> None:
    period = Period(*drawn)
    opens = period.next_opening(moment)
    assert moment < opens <= moment + timedelta(days=7)
    assert period.contains(opens)
    if not period.contains(moment):
        assert not period.contains(opens - timedelta(minutes=1))
