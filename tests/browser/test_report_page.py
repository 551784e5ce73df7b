# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in headless Chromium: fleets of 2, 50 and 1,000 queue managers, by hand, on a phone, on paper, in the dark.

Every test fails for whatever stands in the console at its end.
"""

from __future__ import annotations

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Fleet, bank, pair, thousand

WIDE = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
MILLISECONDS = """
const at = (name) => performance.getEntriesByName(name)[0].startTime;
return {script: performance.getEntriesByName("report")[0].duration, painted: at("report-painted")}
"""
# Words of the tables that stand in two lines; sentences may have some, where nothing else helps.
BROKEN_WORDS = r"""
  const broken = [];
  for (const cell of document.querySelectorAll("td:not(.as-sentence)")) {
    const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      for (const word of texts.currentNode.data.matchAll(/[^\s-]+/g)) {
        const range = document.createRange();
        range.setStart(texts.currentNode, word.index);
        range.setEnd(texts.currentNode, word.index + word[0].length);
        if (new Set([...range.getClientRects()].map((one) => one.top)).size > 1) broken.push(word[0]);
      }
    }
  }
  return broken;
"""


@pytest.mark.parametrize(("fleet", "nodes", "lines"), [(pair, 2, 2), (bank, 50, 102)], ids=["2", "50"])
def test_a_fleet_that_one_picture_holds(opened, fleet, nodes, lines):
    page = opened(fleet)
    assert len(page.texts("#topology .node")) == nodes
    assert len(page.texts("#topology .link .line")) - 5 == lines  # five stand in the legend
    assert page.texts("#verdict") == [f"{'✓ ok' if nodes == 2 else '✖ error'} {page.data['summary']['text']}"]
    print(f"\n{nodes} queue managers: {page.run(MILLISECONDS)}")
    page.picture(f"{nodes}")


def test_a_thousand_queue_managers_in_under_two_seconds(opened):
    # The best of three, since other work on the machine is no property of the page.
    taken = []
    for _time in range(3):
        page = opened(thousand)
        taken.append(page.run(MILLISECONDS))
    print(f"\n1,000 queue managers, 10,000 links, milliseconds from navigation to paint, three times: {taken}")
    assert len(page.data["links"]) == 10_000
    assert min(one["painted"] for one in taken) < 2000
    assert page.texts("#topology .node") == []
    assert page.run("return document.querySelector('#topology canvas').width") >= 1000
    page.picture("1000")
    page.run("document.querySelector('#topology').scrollIntoView()")
    page.picture("1000-matrix")


def test_in_a_large_fleet_the_picture_is_that_of_one_and_its_partners(opened):
    page = opened(thousand)
    field = page.browser.find_element(By.CSS_SELECTOR, "#topology input[type=search]")
    field.send_keys("QM0040", Keys.ENTER)
    page.run("[...document.querySelectorAll('#topology .controls button')].find((one) => one.textContent === 'Picture').click()")
    partners = {name for link in page.data["links"] for name in (link["from"], link["to"]) if "QM0040" in (link["from"], link["to"])}
    assert len(page.texts("#topology .node")) == len(partners)
    assert page.run("return document.querySelector('.node.chosen .label').textContent") == "QM0040"
    assert page.texts("#chosen strong") == ["QM0040"]
    page.run("document.querySelector('#topology').scrollIntoView()")
    page.picture("1000-picture")


def test_the_matrix_says_what_it_shows_and_chooses(opened):
    page = opened(bank)
    page.run("[...document.querySelectorAll('#topology .controls button')].find((one) => one.textContent === 'Matrix').click()")
    names = sorted(row["queue_manager"] for row in page.data["queue_managers"])
    at = """
      const canvas = document.querySelector("#topology canvas"), [row, column, count, kind] = arguments;
      const box = canvas.getBoundingClientRect(), step = (box.width - arguments[4] - 1) / count;
      const place = (index) => arguments[4] + (index + 0.5) * step;
      canvas.dispatchEvent(new MouseEvent(kind, {clientX: box.left + place(column), clientY: box.top + place(row), bubbles: true}));
      return document.querySelector(".reading").textContent"""
    margin = 5 * 7.5 // 1 + 1 + 8
    place = (names.index("LDN1"), names.index("FRA1"), len(names))
    assert page.run(at, *place, "mousemove", margin) == (
        "LDN1 to FRA1, LDN1.TO.FRA1, two-way, failed: RETRYING at LDN1; mqfleet.tls.verify says why from both error logs"
    )
    assert page.run(at, names.index("BR01"), names.index("BR02"), len(names), "mousemove", margin) == "BR01 to BR02: no link"
    page.run("document.querySelector('#topology').scrollIntoView()")
    page.picture("50-matrix")
    page.run(at, *place, "click", margin)
    assert page.texts("#chosen strong") == ["LDN1"]


def test_only_those_with_trouble(opened):
    page = opened(bank)
    page.browser.find_element(By.CSS_SELECTOR, "#topology input[type=checkbox]").click()
    assert len(page.texts("#topology .node")) < 15
    assert {"LDN1", "FRA1", "BR05", "BR07", "BR01"} <= set(page.texts("#topology .node .label"))


def test_two_way_and_one_way_differ_without_colour(opened):
    page = opened(bank)
    dashes = """const line = (name) => [...document.querySelectorAll("#topology .picture .link")].find((one) => one.textContent.startsWith(name));
      const style = (name, part) => getComputedStyle(line(name).querySelector(part));
      return arguments[0].map((name) => [style(name, ".line").strokeDasharray, style(name, ".head").fill])"""
    (one_dash, one_fill), (two_dash, two_fill) = page.run(dashes, ["ATM1 to LDN2", "LDN2 to FRA2"])
    assert (one_dash, two_dash) == ("6px, 4px", "none")
    assert (one_fill, two_fill != "none") == ("none", True)


def test_a_click_chooses_a_queue_manager_everywhere_and_enter_takes_it_back(opened):
    page = opened(bank)
    page.run("document.querySelector('#topology .node[aria-label^=BR02]').dispatchEvent(new MouseEvent('click'))")
    assert set(page.column("links", "From")) | set(page.column("links", "To")) == {"BR02", "LDN2"}
    assert set(page.column("certificates", "Queue manager")) == {"BR02"}
    assert set(page.column("channels", "Queue manager")) == {"BR02"}
    assert "certificate: 9 days left" in page.texts("#chosen")[0]
    page.picture("50-chosen")
    page.run("document.querySelector('#topology .node[aria-label^=BR02]').focus()")
    page.browser.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.texts("#chosen") == [""]
    assert len(page.column("links", "From")) == 50


def test_certificates_stand_by_days_left_and_say_what_they_are(opened):
    page = opened(bank)
    assert page.column("certificates", "Days left")[:3] == ["✖ ended 3 days ago", "! 9 days", "✓ 40 days"]


def test_tables_sort_by_keyboard_and_back(opened):
    page = opened(bank)
    head = page.browser.find_element(By.XPATH, "//section[@id='queue_managers']//th/button[text()='Queue manager']")
    head.send_keys(Keys.ENTER)
    ascending = page.column("queue_managers", "Queue manager")
    assert ascending == sorted(ascending)
    assert head.find_element(By.XPATH, "..").get_attribute("aria-sort") == "ascending"
    head.send_keys(Keys.SPACE)
    assert page.column("queue_managers", "Queue manager") == ascending[::-1]
    assert head.find_element(By.XPATH, "..").get_attribute("aria-sort") == "descending"


def test_numbers_sort_as_numbers_and_states_by_how_bad_they_are(opened):
    page = opened(bank)
    page.browser.find_element(By.XPATH, "//section[@id='queue_managers']//th/button[text()='Links']").click()
    numbers = [int(text) for text in page.column("queue_managers", "Links")]
    assert numbers == sorted(numbers)
    assert len(set(map(len, map(str, numbers)))) == 2
    page.browser.find_element(By.XPATH, "//section[@id='links']//th/button[text()='State']").click()
    assert page.column("links", "State")[:6] == ["✖ failed", "✖ failed", "? unknown", "? unknown", "○ not running", "✓ ok"]


def test_search_and_state_choose_rows(opened):
    page = opened(bank)
    search = page.browser.find_element(By.CSS_SELECTOR, "#links input[type=search]")
    search.send_keys("fra1 RETRYING")
    assert page.column("links", "Channel") == ["LDN1.TO.FRA1"]
    search.clear()
    search.send_keys("nothing like it")
    assert page.column("links", "Channel") == []
    assert page.texts("#links .more") == ["0 of 102"]
    search.clear()
    search.send_keys(Keys.SPACE)
    page.run(
        "const one = document.querySelector('#links .controls select:not(.sort)'); one.value = 'failed'; one.dispatchEvent(new Event('change'))"
    )
    assert page.column("links", "Channel") == [link["channel"] for link in page.data["links"] if link["state"] == "failed"]


def test_a_long_table_grows_on_demand(opened):
    page = opened(thousand)
    assert len(page.column("channels", "Channel")) == 50
    page.browser.find_element(By.CSS_SELECTOR, "#channels .more button").click()
    assert len(page.column("channels", "Channel")) == 550


HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\"'><b>QM</b>",
    "<!--",
    "Zürich \u202e\u2028 🔒",
    "&lt;i&gt;",
    "${alert(1)}",
    "__proto__",
]


def test_hostile_names_are_text(opened):
    names = [f"{name}{number}" for number, name in enumerate(HOSTILE)]
    page = opened(lambda: Fleet(names, list(zip(names, names[1:]))))
    assert set(page.column("queue_managers", "Queue manager")) == set(names)
    assert set(page.column("certificates", "Label")) == {*names, "fleet ca"}
    assert len(page.texts("#topology .node")) == len(names)
    assert page.run("return document.querySelectorAll('main img, main b, main i, main script').length") == 0
    for name in names:
        page.run("choose(arguments[0])", name)
        assert page.texts("#chosen strong") == [name]
    page.picture("hostile")


def test_nothing_is_asked_for_and_the_policy_forbids_it(opened):
    page = opened(bank)
    asked = [url for url in page.requests() if not url.startswith("data:")]
    assert [url.rsplit("/", 1)[1] for url in asked] == ["report.html"]
    assert asked[0].startswith("file://")
    assert page.run("return performance.getEntriesByType('resource').filter((one) => !one.name.startsWith('data:')).length") == 0
    refused = """
      const done = arguments[0];
      const kinds = [];
      document.addEventListener("securitypolicyviolation", (event) => kinds.push(event.effectiveDirective));
      const script = document.createElement("script"); script.textContent = "window.broken = true"; document.body.append(script);
      const image = document.createElement("img"); image.src = "http://192.0.2.1/x.png"; document.body.append(image);
      fetch("http://192.0.2.1/").catch(() => setTimeout(() => done([kinds, window.broken === undefined]), 50));"""
    kinds, unbroken = page.browser.execute_async_script(refused)
    assert unbroken
    assert set(kinds) == {"script-src-elem", "img-src", "connect-src"}
    assert page.log()  # the refusals


def test_light_and_dark(opened):
    page = opened(bank)
    colours = "const style = getComputedStyle(document.body); return [style.backgroundColor, style.color]"
    page.media(prefers_color_scheme="light")
    assert page.run(colours)[0] == "rgb(255, 255, 255)"
    page.media(prefers_color_scheme="dark")
    assert page.run(colours)[0] == "rgb(17, 22, 28)"
    page.picture("50-dark")
    page.run("document.querySelector('#topology').scrollIntoView()")
    page.picture("50-dark-picture")


@pytest.mark.parametrize(("fleet", "name"), [(pair, "2"), (bank, "50"), (thousand, "1000")], ids=["2", "50", "1000"])
def test_a_phone_scrolls_in_one_direction(opened, fleet, name):
    page = opened(fleet, width=360, mobile=True)
    assert page.run(WIDE) == 0
    page.picture(f"{name}-phone")
    for part in ("topology", "links"):
        page.run("document.getElementById(arguments[0]).scrollIntoView()", part)
        page.picture(f"{name}-phone-{part}")


def test_the_widths_between_phone_and_screen(opened):
    page = opened(bank)
    for width in (320, 600, 801, 1024):
        page.size(width, 900)
        assert page.run(WIDE) == 0, f"at {width} pixels"


@pytest.mark.parametrize("width", [1024, 1280])
def test_long_names_break_behind_their_points_and_commas(opened, width):
    names = ["FRANKFURT_PAYMENTS1", "AMSTERDAM_CLEARING2", "LDN.CARDS.AUTHORISE", "NYC.SETTLEMENT.EOD1"]
    fleet = Fleet(names, [(one, other) for one in names for other in names if one != other])
    fleet.status("FRANKFURT_PAYMENTS1.TO.AMSTERDAM_CLEARING2", "RETRYING")
    page = opened(lambda: fleet)
    page.size(width, 900)
    assert page.run(WIDE) == 0
    page.run("document.querySelector('#links').scrollIntoView()")
    page.picture(f"long-names-{width}")
    assert page.run(BROKEN_WORDS) == []


def test_paper_has_the_tables_and_no_controls(opened):
    page = opened(bank)
    page.media(media="print", prefers_color_scheme="dark")
    page.size(794, 1123)
    assert page.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.run("return [...document.querySelectorAll('.controls')].every((one) => getComputedStyle(one).display === 'none')")
    assert page.run("return getComputedStyle(document.querySelector('#links .scroll')).maxHeight") == "none"
    assert page.run(WIDE) == 0
    page.picture("50-paper")
    page.run("document.querySelector('#topology').scrollIntoView()")
    page.picture("50-paper-picture")
