"""The report's page in a browser: no error, no request, and pictures of it to be looked at."""

import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from submission.checks.reports.html_page import SHORT_WORD
from submission.cli import main

pytest.importorskip("matplotlib", reason="matplotlib comes with `make more`")

CHROMIUM = shutil.which("chromium")
QUIET = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--enable-logging=stderr",
    "--v=0",
)
# what the browser asks for by itself, whatever the page
OWN = re.compile(r"(google|googleapis|gstatic|gvt1)\.com[:/]")
# four widths of a page, from a phone to a desk, and the desk in the dark
VIEWS = {
    "360": ("--window-size=360,3600",),
    "768": ("--window-size=768,2600",),
    "1280": ("--window-size=1280,2000",),
    "1920": ("--window-size=1920,1600",),
    "1280-dark": ("--window-size=1280,2000", "--force-dark-mode"),
}

FIT = (360, 1280, 1920)
# what a phone shows before anybody scrolls: verdict, model, what to do first
SCREEN = 740
# how wide the page is, which tables are wider than their place, and which short words are broken,
# in what is folded as well; which of the first lines a phone's screen does not show
MEASURING = """<script>
document.querySelector("main > .facts").querySelectorAll("dt").forEach((each) => {
  const bottom = each.nextElementSibling.getBoundingClientRect().bottom;
  if (/by the rules|model|first/i.test(each.textContent) && innerWidth < 400)
    console.error(`${bottom > SCREEN ? "below" : "within"} the screen: ${each.textContent}`);
});
document.querySelectorAll("details").forEach((each) => { each.open = true; });
console.error(`${document.documentElement.scrollWidth} wide`);
document.querySelectorAll(".scroll").forEach((each) => {
  if (each.scrollWidth > each.clientWidth + 1)
    console.error(`too wide at ${innerWidth}: ${each.getAttribute("aria-label")}`);
});
const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
for (let text; (text = texts.nextNode()); )
  for (const word of text.data.matchAll(/\\S+[-/_@]\\S+/g)) {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    const tops = new Set([...range.getClientRects()].map((each) => Math.round(each.top)));
    if (tops.size > 1 && word[0].length <= SHORT)
      console.error(`broken at ${innerWidth}: ${word[0]}`);
  }
</script>""".replace("SHORT", str(SHORT_WORD)).replace("SCREEN", str(SCREEN))

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


class Proxy:
    """Takes every connection of the browser, notes its first line, and answers nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                line = connection.recv(4096).split(b"\r\n")[0].decode("utf-8", "replace")
                self.asked.append(line)

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    with closing(Proxy()) as running:
        yield running


def browse(page: Path, picture: Path, proxy: Proxy, profile: Path, *options: str) -> list[str]:
    """Open the page, take its picture; what it wrote to the console."""
    done = subprocess.run(
        [
            str(CHROMIUM),
            *QUIET,
            *options,
            f"--proxy-server={proxy.address}",
            f"--user-data-dir={profile}",
            f"--screenshot={picture}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def test_the_browser_would_report_errors_and_requests(proxy: Proxy, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text(
        '<img src="http://page.example/x.png"><script>console.error("seen")</script>',
        encoding="utf-8",
    )
    said = browse(page, tmp_path / "bad.png", proxy, tmp_path / "profile")
    assert any("seen" in line for line in said)
    assert any("page.example" in line for line in proxy.asked)


Written = Callable[..., Path]


@pytest.fixture
def written(repo: Path, tmp_path: Path) -> Written:
    """The page of a tree, or of two."""

    def write(*words: str) -> Path:
        page = tmp_path / "report.html"
        outputs = ["--html", str(page), "--markdown", str(tmp_path / "report.md")]
        assert main(["report", *words, "--manifests", str(repo / "models"), *outputs]) == 0
        return page

    return write


def assert_good(page: Path, name: str, proxy: Proxy, repo: Path, tmp_path: Path) -> None:
    """No error, no request, nothing wider than a phone; pictures of all widths are kept."""
    pictures = repo / "build" / "report"
    pictures.mkdir(parents=True, exist_ok=True)
    for view, options in VIEWS.items():
        picture = pictures / f"{name}-{view}.png"
        picture.unlink(missing_ok=True)
        assert browse(page, picture, proxy, tmp_path / view, *options) == []
        assert picture.stat().st_size > 10_000
    # a connection that was opened and closed asked for nothing
    assert [line for line in proxy.asked if line and not OWN.search(line)] == []
    assert len({(pictures / f"{name}-{view}.png").read_bytes() for view in VIEWS}) == len(VIEWS)
    said = assert_fits(page, proxy, tmp_path)
    assert any('"within the screen: ' in line for line in said)
    assert not [line for line in said if '"below the screen: ' in line]


def assert_fits(page: Path, proxy: Proxy, tmp_path: Path) -> list[str]:
    """Nothing is wider than a phone, and no table wider than its place at a desk.

    In frames, since no window is as narrow as a phone.
    """
    framed, outer = tmp_path / "framed.html", tmp_path / "outer.html"
    framed.write_text(page.read_text(encoding="utf-8") + MEASURING, encoding="utf-8")
    frames = [f'<iframe width="{width}" height="800" src="framed.html"></iframe>' for width in FIT]
    outer.write_text(f"<style>iframe{{border:0}}</style>{''.join(frames)}", encoding="utf-8")
    said = browse(outer, tmp_path / "wide.png", proxy, tmp_path / "wide")
    found = sorted(found[1] for line in said if (found := re.search('"(.* wide)"', line)))
    assert found == sorted(f"{width} wide" for width in FIT)
    assert not [line for line in said if re.search('"too wide at (1280|1920)', line)]
    assert not [line for line in said if '"broken at ' in line]
    return said


def test_the_page_asks_for_nothing_and_has_no_error(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    written: Written,
    proxy: Proxy,
    tmp_path: Path,
    repo: Path,
) -> None:
    assert_good(written(str(finished[0] / "submission")), "demo", proxy, repo, tmp_path)


def test_two_trees_compared_are_a_page_as_good(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    written: Written,
    proxy: Proxy,
    tmp_path: Path,
    repo: Path,
) -> None:
    tree = str(finished[0] / "submission")
    assert_good(written("--compare", tree, tree), "compare", proxy, repo, tmp_path)


@pytest.fixture
def published(repo: Path) -> Path:
    archive = repo.parent / "shared" / "published" / "v3.0_open_Intel.tar.xz"
    if not archive.is_file():
        pytest.skip(f"the published tree is not there: {archive}")
    return archive


def test_the_page_of_a_published_tree_is_as_good(
    published: Path, written: Written, proxy: Proxy, tmp_path: Path, repo: Path
) -> None:
    assert_good(written(str(published)), "published", proxy, repo, tmp_path)


def test_long_reasons_beside_names_of_systems_fit_the_page(
    finished: tuple[Path, subprocess.CompletedProcess[str]],
    published: Path,
    written: Written,
    proxy: Proxy,
    tmp_path: Path,
) -> None:
    page = written(str(finished[0] / "submission"), str(published))
    assert "invalid: Offline ACC016, " in page.read_text(encoding="utf-8")
    assert_fits(page, proxy, tmp_path)
