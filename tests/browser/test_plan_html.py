"""The page of a plan in a real browser: filters, keys, themes, printing, phones, and that no text in it can act."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from plan_pages import CLINIC, HOSTILE, hostile_plan, large_plan, opened
from render_samples import EMPTY, NOW

from intime_sync.render.html.several import results_to_html
from intime_sync.render.several import DirectoryResult

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_RENDERED = "item => item.checkVisibility({contentVisibilityAuto: true})"
_COUNT_RENDERED = f"[...document.querySelectorAll('.rows > li')].filter({_RENDERED}).length"
_COUNT_TOUCHED = """
window.touched = 0;
new MutationObserver((changes) => (window.touched += changes.length)).observe(
  document.querySelector("main"), {subtree: true, childList: true, attributes: true, characterData: true});
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "plan.html"


def test_the_counts_filter_by_action(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        seen.says("19 changes")
        seen.page.get_by_role("button", name=re.compile("^1 adopt")).click()
        seen.says("1 of 19 changes")
        assert seen.keys() == ["Personal"]
        seen.page.get_by_role("button", name=re.compile("^2 held")).click()
        seen.says("3 of 19 changes")
        assert seen.keys() == ["Personal", "per.lund", "pask"]
        assert seen.page.locator(".kind:visible h2").count() == 3
        seen.page.get_by_role("button", name="Clear filters").first.click()
        seen.says("19 changes")
        assert seen.rows().count() == 19


def test_the_filters_of_a_page_over_several_plans_are_about_all(browser: Browser, file: Path) -> None:
    results = [
        DirectoryResult("sites/north", 0, plan=CLINIC),
        DirectoryResult("sites/south", 0, plan=EMPTY),
        DirectoryResult("sites/west", 0, plan=CLINIC),
        DirectoryResult("sites/east", 0, plan=hostile_plan()),
        *(DirectoryResult(text, 3, error=text) for text in HOSTILE),
    ]
    others = len(hostile_plan().changes)
    page = results_to_html(results, "plan", mask=True, tool_version="1.2.3", created_at=NOW)
    with opened(browser, file, page) as seen:
        seen.says(f"{38 + others} changes")
        seen.page.get_by_role("button", name=re.compile("^1 adopt")).first.click()
        seen.says(f"2 of {38 + others} changes")
        assert seen.keys() == ["Personal", "Personal"]
        seen.page.get_by_role("link", name="sites/west").click()
        top = "document.getElementById('directory-3').getBoundingClientRect().top"
        seen.page.wait_for_function(f"0 <= {top} && {top} < innerHeight")


def test_kinds_and_words_filter_together(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        chip = seen.page.get_by_role("button", name="Appointment reminders 3")
        chip.click()
        seen.says("3 of 19 changes")
        assert chip.get_attribute("aria-pressed") == "true"
        assert seen.rows().count() == 3
        seen.page.locator("#search").fill("ÅSA evertsson")
        seen.says("1 of 19 changes")
        assert seen.keys() == ["2026-12-02-oberg"]
        seen.page.locator("#search").fill("åsa nobody")
        seen.page.get_by_text("No change matches these filters.").wait_for()
        seen.says("0 of 19 changes")
        seen.page.locator("#nothing button").click()
        seen.says("19 changes")


def test_the_search_finds_text_in_closed_rows_and_none_in_markup(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        for words, found in (("ledningsgrupp", "1 of 19"), ("thead", "0 of 19"), ("before", "0 of 19")):
            seen.page.locator("#search").fill(words)
            seen.says(f"{found} changes")
        assert seen.page.locator("table").count() == 0


def test_a_link_carries_the_filters(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC, hash_="#action=delete,replace,x&kind=contact&q=berg+example") as seen:
        assert seen.keys() == []
        seen.page.locator("#search").fill("olle")
        seen.says("1 of 19 changes")
        seen.page.wait_for_url("**/plan.html#action=delete%2Creplace&kind=contact&q=olle")
        assert seen.keys() == ["olle.berg"]
        seen.page.evaluate("location.hash = '#kind=group'")
        seen.says("3 of 19 changes")
        assert seen.page.locator("#search").input_value() == ""


def test_the_page_can_be_used_with_the_keyboard(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        press = seen.page.keyboard.press
        press("/")
        assert seen.focused() == "search"
        seen.page.keyboard.type("j/k", delay=0)
        assert seen.page.locator("#search").input_value() == "j/k"
        press("Escape")
        seen.says("19 changes")
        assert seen.page.locator("#search").input_value() == ""
        press("ArrowDown")
        assert seen.focused() == "Gamla listan"
        press("j")
        press("ArrowDown")
        assert seen.focused() == "Personal"
        press("k")
        assert seen.focused() == "Jour"
        press("ArrowUp")
        press("ArrowUp")
        assert seen.focused() == "Gamla listan", "the first has none before it"
        press("Enter")
        seen.row("Gamla listan").get_by_role("table").wait_for()
        press("Enter")
        seen.row("Gamla listan").get_by_role("table").wait_for(state="hidden")


def test_tab_reaches_everything_and_shows_where_it_is(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        reached = []
        for _ in range(seen.page.locator("button:visible:enabled, summary, input").count()):
            seen.page.keyboard.press("Tab")
            reached.append(
                seen.page.evaluate(
                    "[document.activeElement.localName, getComputedStyle(document.activeElement).outlineStyle]"
                )
            )
        assert sum(name == "summary" for name, _ in reached) == 19
        assert {name for name, _ in reached} >= {"button", "input", "summary"}
        assert {outline for _, outline in reached} == {"solid"}


def test_a_row_that_has_the_focus_is_not_behind_the_filters(browser: Browser, file: Path) -> None:
    with opened(browser, file, large_plan(400)) as seen:
        for key in ["j"] * 30 + ["k"] * 25:
            seen.page.keyboard.press(key)
        top, below = seen.page.evaluate(
            "[document.activeElement.getBoundingClientRect().top,"
            " document.querySelector('.bar').getBoundingClientRect().bottom]"
        )
        assert seen.focused() == "user.00004"
        assert top >= below


def test_a_row_opens_to_both_sides(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        row = seen.row("john.svensson")
        row.locator("summary").click()
        assert row.get_by_role("columnheader").all_text_contents() == ["Field", "Before", "After"]
        changed = row.locator("tr.changed").filter(has_text="lastname").locator("td")
        before, after = changed.all_text_contents()
        assert (before, after) == ("Svensson", "Svensson Ek")
        boxes = [changed.nth(side).bounding_box() for side in (0, 1)]
        assert boxes[0] is not None
        assert boxes[1] is not None
        assert boxes[0]["y"] == boxes[1]["y"]
        assert boxes[0]["x"] < boxes[1]["x"]


def test_all_can_be_opened_and_closed(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        seen.page.get_by_role("button", name="Open all").click()
        assert seen.page.locator("details[open] .body:visible").count() == 19
        seen.page.get_by_role("button", name="Close all").click()
        assert seen.page.locator("details[open]").count() == 0


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_hostile_text_is_inert(browser: Browser, file: Path, java_script_enabled: bool) -> None:
    with opened(browser, file, hostile_plan(), java_script_enabled=java_script_enabled) as seen:
        for summary in seen.page.locator("summary").all():
            summary.click()
        assert seen.page.locator(".body:visible").count() == 3 * len(HOSTILE)
        assert seen.page.locator("img, iframe, a, object, form, svg").count() == 0
        assert seen.page.locator("script").count() == 1
        assert HOSTILE[0] in (seen.page.locator("td").first.text_content() or "")
        assert seen.width() == 1280


def test_hostile_text_in_the_address_and_the_search_is_inert(browser: Browser, file: Path) -> None:
    with opened(
        browser, file, CLINIC, hash_="#q=%3Cimg%20src=x%20onerror=alert(1)%3E&kind=__proto__&action="
    ) as seen:
        seen.says("0 of 19 changes")
        assert seen.page.locator("img").count() == 0


def test_the_theme_follows_the_system_until_one_is_chosen(browser: Browser, file: Path) -> None:
    shade = "getComputedStyle(document.body).backgroundColor"
    with opened(browser, file, CLINIC, color_scheme="dark") as seen:
        dark = seen.page.evaluate(shade)
        seen.page.get_by_role("button", name="Light theme").click()
        light = seen.page.evaluate(shade)
        assert (dark, light) == ("rgb(22, 22, 21)", "rgb(246, 245, 242)")
        seen.page.get_by_role("button", name="Dark theme").click()
        assert seen.page.evaluate(shade) == dark
        seen.page.emulate_media(color_scheme="light")
        assert seen.page.evaluate(shade) == dark
    with opened(browser, file, CLINIC, color_scheme="light") as seen:
        assert seen.page.evaluate(shade) == light


def test_the_theme_can_be_chosen_where_storage_is_forbidden(browser: Browser, file: Path) -> None:
    with opened(browser, file, EMPTY) as seen:
        seen.page.add_init_script(
            "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('', 'SecurityError'); }})"
        )
        seen.page.reload()
        seen.page.get_by_role("button", name="Dark theme").click()
        assert seen.page.locator("html").get_attribute("data-theme") == "dark"


@pytest.mark.parametrize("width", [360, 390])
def test_the_page_fits_the_width_of_a_phone(browser: Browser, file: Path, width: int) -> None:
    for plan in (CLINIC, hostile_plan()):
        with opened(browser, file, plan, viewport={"width": width, "height": 740}) as seen:
            seen.page.get_by_role("button", name="Open all").click()
            assert seen.width() == width


def test_printing_shows_every_row_open_and_no_controls(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC, color_scheme="dark") as seen:
        seen.row("john.svensson").locator("summary").click()
        seen.page.emulate_media(media="print")
        seen.opens(19)
        assert seen.page.locator(".body:visible").count() == 19
        assert seen.page.locator("button:not(.tile):visible, input:visible, .keys:visible").count() == 0
        colours = seen.page.evaluate(
            "(style => [style.color, style.backgroundColor])(getComputedStyle(document.body))"
        )
        assert colours == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        seen.page.emulate_media(media="screen")
        seen.opens(1)
        assert seen.page.pdf().startswith(b"%PDF")
        seen.opens(1)


def test_printing_says_how_many_changes_are_filtered_out(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC, hash_="#kind=group") as seen:
        seen.page.emulate_media(media="print")
        assert seen.page.get_by_text("3 of 19 changes").is_visible()


def test_without_scripts_every_change_is_there(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC, java_script_enabled=False) as seen:
        assert seen.rows().count() == 19
        assert seen.page.locator("button:visible, input:visible").count() == 0
        seen.row("john.svensson").locator("summary").click()
        assert seen.row("john.svensson").locator("tr.changed:visible").count() == 4
        seen.page.emulate_media(media="print")
        assert seen.page.locator(".body:visible").count() == 19


def test_a_digest_can_be_copied(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.page.locator("header .copy button").last.click()
        seen.page.get_by_role("button", name="Copied").wait_for()
        copied = seen.page.evaluate("navigator.clipboard.readText()")
        assert copied == f"intime-sync apply --expect-digest {CLINIC.digest()}"


def test_without_a_clipboard_the_text_is_selected(browser: Browser, file: Path) -> None:
    with opened(browser, file, CLINIC) as seen:
        seen.page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject(new Error('no')))")
        seen.page.locator("header .copy button").first.click()
        seen.page.get_by_role("button", name="Selected").wait_for()
        assert seen.page.evaluate("String(getSelection())") == CLINIC.digest()


def test_of_ten_thousand_changes_the_browser_draws_only_those_in_view(browser: Browser, file: Path) -> None:
    with opened(browser, file, large_plan(10_000)) as seen:
        seen.says("10 000 changes")
        seen.drawn()
        assert seen.page.evaluate(_COUNT_RENDERED) <= 150
        assert seen.page.locator("table").count() == 0, "what is closed has no elements"
        seen.page.locator("#search").fill("user.0999")
        seen.says("10 of 10 000 changes")
        assert seen.page.locator(".rows > li:not([hidden])").count() == 10
        seen.page.evaluate(_COUNT_TOUCHED)
        seen.page.locator("#search").fill("user.09999")
        seen.says("1 of 10 000 changes")
        assert seen.page.evaluate("window.touched") < 40, (
            "nine rows go, and the counts change; nothing else is touched"
        )
        seen.page.locator(".rows > li:not([hidden]) summary").click()
        assert seen.page.locator("table").count() == 1
        seen.page.keyboard.press("Escape")
        seen.says("10 000 changes")
        seen.drawn()
        assert seen.page.evaluate(_COUNT_RENDERED) <= 150


def test_the_last_of_ten_thousand_is_reached(browser: Browser, file: Path) -> None:
    with opened(browser, file, replace(large_plan(10_000), unchanged=3)) as seen:
        seen.page.get_by_role("button", name=re.compile("replace$")).click()
        seen.says("1 000 of 10 000 changes")
        last = seen.page.locator(".rows > li:not([hidden])").last
        last.locator("summary").click()
        assert last.locator("ins").text_content() == "Nr 09990"
