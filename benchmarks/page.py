"""Size of the pages that commands have written, and the time until a browser has them ready.

    python -m benchmarks.page runs/*/

Without Chromium only sizes are printed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

PAGE = "report.html"
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')  # which would not let the stopwatch run
WATCH = "<script>addEventListener('load', () => setTimeout(() => { const t = performance.getEntriesByType('navigation')[0]; " \
        "document.title = `ready ${t.domContentLoadedEventEnd} ${t.loadEventEnd}`; }))</script>"  # fmt: skip
READY = re.compile(r"<title>ready ([\d.]+) ([\d.]+)</title>")


def browser() -> str | None:
    """The Chromium of this machine, if it has one."""
    return next(
        (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
    )


def loading(page: Path, chromium: str, rounds: int) -> float:
    """Milliseconds from the start of navigation to the end of loading, median of the rounds."""
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / PAGE
        copy.write_text(
            POLICY.sub("", page.read_text(encoding="utf-8")).replace("</body>", f"{WATCH}</body>"), encoding="utf-8"
        )
        return statistics.median(_once(copy, chromium) for _ in range(rounds))


def _once(page: Path, chromium: str) -> float:
    command = [
        chromium,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--window-size=390,844",
        "--timeout=20000",
        "--dump-dom",
        page.as_uri(),
    ]
    found = READY.search(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    if found is None:
        raise SystemExit(f"{page}: the browser did not finish loading")
    return float(found[2])


def main() -> None:
    """Print a line for each page."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.page", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER", help=f"with a {PAGE}")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    chromium = browser()
    print("| page | kB | figures | rows of tables | loaded [ms] |\n|---|---:|---:|---:|---:|")
    for folder in options.folders:
        page = folder / PAGE
        text = page.read_text(encoding="utf-8")
        shown = f"{loading(page, chromium, options.rounds):.0f}" if chromium else "-"
        print(
            f"| {folder.name} | {page.stat().st_size / 1e3:,.0f} | {text.count('<svg ')} | {text.count('<tr>')} | {shown} |"
        )


if __name__ == "__main__":
    main()
