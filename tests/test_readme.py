"""What the documents say is so: blocks made from the code, links, the commands of both READMEs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from . import documents
from .conftest import ROOT

MAX_LINES = 180  # of README: it starts a newcomer; what has to be shown stands in docs/
READMES = ("README.md", "README.zh.md")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```\w*\n.*?^```$", re.MULTILINE | re.DOTALL)
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("train/*.md"))
)


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_short(name: str) -> None:
    assert len((ROOT / name).read_text().splitlines()) <= MAX_LINES


@pytest.mark.parametrize(("name", "block"), documents.BLOCKS)
def test_what_is_written_from_the_code_is_up_to_date(name: str, block: str) -> None:
    text = (ROOT / name).read_text()
    assert documents.replace_block(text, block, documents.BLOCKS[name, block]()) == text, "run: make documents"


def test_the_page_about_speed_shows_the_last_run() -> None:
    from .bench.report import LAST, PAGE, describe_summary

    text = PAGE.read_text()
    assert documents.replace_block(text, "bench", describe_summary(json.loads(LAST.read_text()))) == text


def test_a_document_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="'tree' once, found them 0 times"):
        documents.replace_block("no marks", "tree", "")


def test_every_setting_and_module_is_described() -> None:
    table = documents.describe_settings().splitlines()[2:]
    assert all(re.fullmatch(r"\| `DIGITS_[A-Z_]+` \| (`\S+` )?\| .{6,} \|", line) for line in table), table
    tree = documents.describe_tree().splitlines()[1:-1]
    assert [line for line in tree if len(line.split()) < 2 and not line.strip().endswith("/")] == []


def test_both_readmes_name_the_same_commands_figures_and_links() -> None:
    english, chinese = ((ROOT / name).read_text() for name in READMES)
    assert CODE.findall(english) == CODE.findall(chinese)
    shares = [re.findall(r"[\d.]+ %(?= \|)", text) for text in (english, chinese)]
    assert len(shares[0]) > 3
    assert shares[0] == shares[1]
    paths = [
        {link for link in LINK.findall(text) if not link.startswith(("#", "README"))} for text in (english, chinese)
    ]
    assert paths[0] == paths[1]
    assert english.count("\n## ") == chinese.count("\n## ")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(name: str) -> None:
    text = (ROOT / name).read_text()
    for link in LINK.findall(CODE.sub("", text)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, heading = link.partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), link
        if heading:
            assert heading in _anchors(target), link


def test_every_test_that_is_named_exists() -> None:
    named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", (ROOT / "docs" / "reliability.md").read_text())
    assert len(named) > 40
    texts = {path.name: path.read_text() for path in (ROOT / "tests").rglob("test_*.py")}
    assert [(file, test) for file, test in named if f"def {test}(" not in texts.get(file, "")] == []


def test_every_target_of_make_that_readme_names_exists() -> None:
    named = set(
        re.findall(r"(?:`|^)make ([a-z-]+)", "".join((ROOT / name).read_text() for name in DOCUMENTS), re.MULTILINE)
    )
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    offered = {line.split()[0] for line in done.stdout.splitlines()} | {"lint"}
    assert {"run", "test", "train", "bench"} <= named
    assert named - offered == set()


def _anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", CODE.sub("", path.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
