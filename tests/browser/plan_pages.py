"""Plans as pages that are open in a browser, which is watched for what a page must not do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from render_samples import ACCOUNT, LINEAGE, MESSAGES, NOW, PLAN, person

from intime_sync.model.change import Change, Create, FieldChange, Manual, Replace
from intime_sync.model.ledger import AccountRef
from intime_sync.model.plan import Guard, GuardRule, Plan
from intime_sync.model.problem import Origin, Problem
from intime_sync.model.resource import Address, KindName, RemoteId
from intime_sync.render.html import plan_to_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, LocatorAssertions, Page

CLINIC = replace(PLAN, changes=(*PLAN.changes, *MESSAGES.changes))

HOSTILE = (
    "<script>alert(1)</script>",
    "</noscript></script></style></details><img src=x onerror=alert(1)>",
    "<!-- --> ]]> [/b] \"' onload=alert(1) &lt;b&gt;",
    "\u202e\u2066abc\x00\x1b[31m\u0085",
    "javascript:alert(1)",
    "x" * 3_000,
    "שלום" * 40,
)

_WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => window.violations.push(event.violatedDirective));
"""


@dataclass
class Opened:
    """A page in the browser. `offences` is what it asked for, complained of or popped up."""

    page: Page
    offences: list[str] = field(default_factory=list)

    def rows(self) -> Locator:
        """The changes that are not filtered away."""
        return self.page.locator(".rows > li:visible")

    def keys(self) -> list[str]:
        """The keys of the changes that are not filtered away."""
        return self.page.locator(".rows > li:visible .key").all_text_contents()

    def row(self, key: str) -> Locator:
        """The one change of that key."""
        return self.page.locator(".rows > li").filter(has=self.page.locator(".key", has_text=key))

    def says(self, count: str) -> None:
        """Wait until it says that this is how many changes are shown."""
        self._expect("#tally").to_have_text(count)

    def opens(self, count: int) -> None:
        """Wait until this many changes are open."""
        self._expect("details[open]").to_have_count(count)

    def _expect(self, selector: str) -> LocatorAssertions:
        # Not by wait_for_function, which evaluates text: the page's policy forbids that.
        from playwright.sync_api import expect

        expect.set_options(timeout=60_000)  # milliseconds
        return expect(self.page.locator(selector))

    def drawn(self) -> None:
        """Wait until the browser has drawn the page as it is now: two frames, of which the first may have begun."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def focused(self) -> str:
        """The key of the change that has the focus, else the id of the element."""
        key: str = self.page.evaluate(
            "document.activeElement.querySelector('.key')?.textContent ?? document.activeElement.id"
        )
        return key

    def width(self) -> int:
        """How wide the page is, be it seen or scrolled to."""
        wide: int = self.page.evaluate("document.documentElement.scrollWidth")
        return wide


@contextmanager
def opened(browser: Browser, path: Path, plan: Plan | str, *, hash_: str = "", **context: Any) -> Iterator[Opened]:
    """The plan's page, or the page that is given, open; once done it must not have offended."""
    text = plan if isinstance(plan, str) else plan_to_html(plan, tool_version="1.2.3", created_at=NOW)
    path.write_text(text, encoding="utf-8")
    scripts = context.get("java_script_enabled", True)
    made = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    page = made.new_page()
    address = path.as_uri()
    watched = Opened(page)

    def dismiss(dialog: Dialog) -> None:
        watched.offences.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("request", lambda request: watched.offences.append(request.url) if request.url != address else None)
    page.on("console", lambda message: watched.offences.append(f"console {message.text}"))
    page.on("pageerror", lambda error: watched.offences.append(f"error {error}"))
    page.on("popup", lambda popup: watched.offences.append(f"popup {popup.url}"))
    page.on("dialog", dismiss)
    page.add_init_script(_WATCH)
    page.goto(f"{address}{hash_}")
    try:
        yield watched
        if scripts:
            watched.offences += page.evaluate("window.violations")
    finally:
        made.close()
    assert watched.offences == []


def hostile_plan() -> Plan:
    """Every text of it tries something."""
    changes: list[Change] = []
    for number, text in enumerate(HOSTILE):
        address = Address(KindName("contact"), f"{number} {text}")
        where = Origin(text, 1, 1)
        after = {"firstname": text, "groups": [text], "more": {text: text}}
        fields = (FieldChange("firstname", f"{text}!", text), FieldChange(text, [text], None))
        changes.append(Create(address=address, after=after, reason=text, origin=where))
        changes.append(Replace(address=address, remote_id=None, before=after, after=after, fields=fields))
        changes.append(Manual(address=address, remote_id=None, before=None, after=None, reason=text))
    guards = tuple(Guard(GuardRule.PROTECT, KindName("contact"), True, text, remedy=text) for text in HOSTILE)
    problems = tuple(Problem(text, text, Origin(text, 1, 1)) for text in HOSTILE)
    return Plan(AccountRef(*HOSTILE[:3]), LINEAGE, 3, tuple(changes), 0, guards, problems)


def large_plan(size: int) -> Plan:
    """Contacts alone: every tenth is replaced, the others are new."""
    return Plan(ACCOUNT, LINEAGE, 3, tuple(_contact(number) for number in range(size)), 0)


def _contact(number: int) -> Change:
    address = Address(KindName("contact"), f"user.{number:05}")
    after = person("Åsa", f"Nr {number:05}", f"+467017406{number % 95 + 5:02}", "Personal")
    if number % 10:
        return Create(address=address, after=after)
    return Replace(
        address=address,
        remote_id=RemoteId(number),
        before={**after, "lastname": "Öberg"},
        after=after,
        fields=(FieldChange("lastname", "Öberg", str(after["lastname"])),),
    )
