"""The report laid out by a real browser: nothing sticks out at either width."""

import json
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

from slurm_energy.simulate.page.report import report
from slurm_energy.simulate.study import with_presets
from tests.simulate.studies import two_sites

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser")

WIDTHS = {1280: "wide", 480: "narrow"}
FRAME = '<iframe style="border:0;width:{width}px;height:900px" srcdoc="{page}"></iframe>'
SCRIPT = """<pre id="told"></pre><script>
const told = (page) => {
  const outside = [], clashes = [];
  for (const svg of page.querySelectorAll("svg")) {
    const edge = svg.getBoundingClientRect();
    if (!edge.width) continue;
    const boxes = [...svg.querySelectorAll("text")].map(
      one => [one.textContent, one.getBoundingClientRect()]);
    for (const [said, box] of boxes)
      if (box.left < edge.left - 1 || box.right > edge.right + 1
          || box.top < edge.top - 1 || box.bottom > edge.bottom + 1) outside.push(said);
    boxes.forEach(([said, one], index) => boxes.slice(index + 1).forEach(([other, two]) => {
      if (one.left < two.right - 1 && two.left < one.right - 1
          && one.top < two.bottom - 4 && two.top < one.bottom - 4) clashes.push([said, other]);
    }));
  }
  return {
    beyond: page.documentElement.scrollWidth - page.documentElement.clientWidth, outside, clashes,
    shown: [...page.querySelectorAll("svg")].filter(one => one.getBoundingClientRect().width)
      .map(one => one.getAttribute("class")),
  };
};
window.onload = () => {
  document.getElementById("told").textContent = JSON.stringify(
    [...document.querySelectorAll("iframe")].map(one => told(one.contentDocument)));
};
</script>"""


def test_nothing_sticks_out_or_lies_on_something_else(tmp_path: Path) -> None:
    assert BROWSER is not None, "no chromium: bin/setup installs it"
    found = two_sites(tmp_path)
    page = escape(report(found, with_presets(found, lambda _: None)))
    frames = "".join(FRAME.format(width=width, page=page) for width in WIDTHS)
    both = tmp_path / "both.html"
    both.write_text(f'<!DOCTYPE html><html><body style="margin:0">{frames}{SCRIPT}</body></html>')
    assert laid_out(both) == [
        {"beyond": 0, "outside": [], "clashes": [], "shown": [kind] * 5} for kind in WIDTHS.values()
    ]


def laid_out(frame: Path) -> object:
    """What the frame's script wrote once everything was loaded."""
    said = subprocess.run(
        [
            *(str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu"),
            *("--virtual-time-budget=5000", "--window-size=1400,1000", "--dump-dom"),
            frame.as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    match = re.search(r'<pre id="told">(.*?)</pre>', said.stdout, re.DOTALL)
    assert match is not None
    return json.loads(unescape(match[1]))
