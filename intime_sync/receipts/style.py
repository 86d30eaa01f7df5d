"""How the page looks: one style sheet, light and dark, from a phone's width up. Plain text, no logic."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root {
  color-scheme: light dark;
  --paper: #f6f5f2; --card: #ffffff; --ink: #1c1b19; --soft: #5c5952; --line: #dedbd3; --link: #1a4f8b;
  --yes: #1b6b3a; --no: #a3231f; --open: #7a5200;
  --yes-bg: #e4f3e9; --no-bg: #fbe7e5; --open-bg: #fbf0d9;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161615; --card: #201f1e; --ink: #eeece7; --soft: #a8a49b; --line: #383632; --link: #8fbdf2;
    --yes: #7fd6a0; --no: #ff9d96; --open: #f0c36a;
    --yes-bg: #16301f; --no-bg: #3c1b1a; --open-bg: #352a12;
  }
}
* { box-sizing: border-box; margin: 0; padding: 0; }
html { -webkit-text-size-adjust: 100%; }
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.5rem; line-height: 1.2; letter-spacing: -0.01em; }
h2 { font-size: 1.05rem; margin: 1.75rem 0 0.6rem; }
h3 { font-size: 1rem; line-height: 1.35; overflow-wrap: anywhere; }
header p { color: var(--soft); font-size: 0.875rem; margin-top: 0.35rem; }
time, dd, code { font-variant-numeric: tabular-nums; }
time { white-space: nowrap; }
code { font: 0.9em ui-monospace, monospace; overflow-wrap: anywhere; }
a { color: var(--link); }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 3px; border-radius: 3px; }
ol, ul { list-style: none; }
.yes { --tone: var(--yes); --wash: var(--yes-bg); }
.no { --tone: var(--no); --wash: var(--no-bg); }
.open { --tone: var(--open); --wash: var(--open-bg); }
.sign { display: inline-block; flex: none; width: 1.25em; font-weight: 700; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.counts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.6rem; margin-top: 1.25rem; }
.counts div { display: flex; flex-direction: column; justify-content: space-between; padding: 0.65rem 0.7rem;
  background: var(--wash); color: var(--tone); border-radius: 10px; }
.counts dt { display: flex; font-size: 0.85rem; font-weight: 600; line-height: 1.3; }
.counts dd { color: var(--ink); font-size: 1.6rem; font-weight: 650; line-height: 1.3; }
.note { margin-top: 1rem; padding: 0.6rem 0.9rem; border-left: 4px solid var(--open); background: var(--open-bg); }

.list { background: var(--card); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.list > li { padding: 0.75rem 1rem; box-shadow: inset 4px 0 var(--tone); }
.list > li + li { border-top: 1px solid var(--line); }
.to { display: block; color: var(--soft); font-weight: 400; }
.state { padding-top: 0.2rem; }
.state strong { color: var(--tone); font-weight: 650; }
.state span:not(.sign), .when, details { color: var(--soft); font-size: 0.875rem; }
.state span:not(.sign) { display: block; padding-left: 1.25rem; line-height: 1.35; }
.when { padding: 0.15rem 0 0.1rem 1.25rem; }
summary { cursor: pointer; width: fit-content; padding: 0.15rem 0; color: var(--link); }
details ol { margin: 0.25rem 0 0.4rem; }
details ol li { padding: 0.2rem 0 0.2rem 0.75rem; border-left: 2px solid var(--line); color: var(--ink); }
details time { color: var(--soft); margin-right: 0.5rem; }
.level { color: var(--soft); }

nav { display: grid; grid-template-columns: 1fr auto 1fr; gap: 1rem; margin-top: 1.25rem; align-items: center; }
nav > :last-child { text-align: right; }
nav a { padding: 0.5rem 0; text-decoration: none; font-weight: 600; }
nav a:hover { text-decoration: underline; }
.empty { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 0 1.1rem 1.1rem;
  margin-top: 1.25rem; }
.empty h2 { margin-top: 1rem; }
.empty ol { list-style: decimal; padding-left: 1.4rem; margin: 0.6rem 0; }
.empty li { padding: 0.2rem 0; }

@media (min-width: 44rem) {
  main { padding-top: 2.5rem; }
  .list > li { display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr) auto; column-gap: 1.5rem; }
  .counts { gap: 0.75rem; }
  .counts div { padding: 0.7rem 0.9rem; }
  .state { padding: 0; }
  .when { text-align: right; padding: 0.1rem 0 0; }
  details { grid-column: 1 / -1; }
}
@media print { body { background: none; } .list { border: 0; } nav, summary { display: none; } }
"""
