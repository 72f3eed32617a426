"""Write the docs site, one page that opens from disk: what `make docs` runs.

    python scripts/docs_site.py [--vars YAML] …

Options are those of `dbt docs generate`. dbt's page is made to be served: opened from
disk it reports errors, looks for a picture that is not there, names the folder it was
made in, and could be told to report its readers. That is mended here.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from given_vars import vars_fault, vars_in
from publish import PROJECT

PAGE = "static_index.html"
# colours that can be read, descriptions in full, and no menu beside a page of a phone
STYLE = """
.menu .filename-normal, .menu .filename-ellip, .app-menu .switch span, small,
.text-light, dt, th, .text-muted { color: #4d5663 !important }
.app-content a:not(.btn), .app-content a:not(.btn) * { color: #00686f !important }
.app-content p a { text-decoration: underline }
.column-row td { white-space: normal !important; max-width: none !important }
.column-row td:nth-child(3) { min-width: 20em }
.table-responsive th:nth-child(4), .column-row td:nth-child(4) { display: none }
.detail-body { white-space: normal !important }
.detail-body, .table-responsive { overflow: visible !important }
@media (max-width: 800px) {
  html, body, .app { min-width: 0 !important }
  .column-row td:nth-child(3) { min-width: 0 }
  .app-menu { display: none !important }
  .app-content .app-pad { padding: 12px !important }
}
@media (prefers-color-scheme: dark) {
  html { background: #1b1b1b; filter: invert(0.9) hue-rotate(180deg) }
  .app-content a:not(.btn), .app-content a:not(.btn) * { color: #005158 !important }
}
"""
# dbt's menu is made of links without an address, which the Tab key passes by
SCRIPT = """
new MutationObserver(() => {
  for (const link of document.querySelectorAll('a[ng-click]:not([href], [role])')) {
    link.tabIndex = 0;
    link.setAttribute('role', 'button');
    if (link.matches('.btn-icon')) link.setAttribute('aria-label', 'Lineage graph');
  }
}).observe(document, {childList: true, subtree: true});
document.addEventListener('keydown', pressed => {
  const on_link = pressed.target.matches('a[role=button]');
  if (on_link && ['Enter', ' '].includes(pressed.key)) {
    pressed.preventDefault();
    pressed.target.click();
  }
});
"""
# what dbt's page says, and what it says here; each must be there
CHANGES = {
    # a browser asks for the template's text before Angular has filled it in
    '<use xlink:href="{{ getIcon(': '<use ng-attr-href="{{ getIcon(',
    "turn_on_tracking:function(){": "turn_on_tracking:function(){return;",
    '<link rel="canonical" href="/overview/"/>': "",
    # the picture of the tab was left out of the page
    "${require('./assets/favicons/favicon.ico')}": "data:,",
    # people may zoom
    "width=device-width,minimum-scale=1,maximum-scale=1,initial-scale=1": (
        "width=device-width,initial-scale=1"
    ),
    "<title>dbt Docs</title>": (
        f"<title>Tributary</title><style>{STYLE}</style><script>{SCRIPT}</script>"
    ),
}


def main(options: list[str]) -> int:
    """Generate the page and mend it; the exit code says whether that worked."""
    if fault := vars_fault(vars_in(options)):
        print(f"The docs site was not written: {fault}")
        return 1
    os.environ.setdefault("DO_NOT_TRACK", "1")
    outcome = dbtRunner().invoke(["--quiet", "docs", "generate", "--static", *options])
    DuckDBConnectionManager.close_all_connections()
    if not outcome.success:
        print(f"The docs site was not written: {outcome.exception or 'see above'}.")
        return 1
    folder = (
        Path(options[options.index("--target-path") + 1])
        if ("--target-path" in options)
        else PROJECT / "target"
    )
    page = folder / PAGE
    page.write_text(mended(page.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"Open {page}")
    return 0


def mended(page: str) -> str:
    """Make dbt's page one that opens from disk.

    Raises:
        ValueError: dbt has changed its page, and CHANGES must follow.
    """
    for before, after in CHANGES.items():
        if before not in page:
            raise ValueError(f"dbt's docs page no longer has {before!r}.")
        page = page.replace(before, after)
    return page.replace(str(PROJECT), ".")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
