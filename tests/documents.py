"""python -m tests.documents: write what the documents say of the code: the tree, the settings and the speed.

Each block stands between two marks, <!-- NAME:begin --> and <!-- NAME:end -->. What a benchmark or a training measured
is written by these; README's sentences of speed come from the last benchmark's figures.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path

from app.settings import PREFIX, Settings

ROOT = Path(__file__).parents[1]
WIDTH = 32  # characters of a name in the tree, with what it is indented by
PACKAGES = ("app", "train", "static")
OTHERS = {
    "templates/": "the HTML of the pages",
    "models/NAME/": "model.json, model.h5, model.tflite, prototypes.npz, card.json, report/; by train/ or an import",
    "tests/": "mirrors app/ and train/; also browser/ for the page, bench/ for speed, fuzz/ for damaged bytes",
    "deploy/": "nginx, Docker Compose, Kubernetes and KServe",
    "docs/": "what README links to",
    "digits.py": "the command of an installed package: digits, digits read, digits train",
}


def replace_block(text: str, name: str, content: str) -> str:
    """Return a document with other content between the marks of a block.

    Raises:
        ValueError: it has no such marks.
    """
    found = re.compile(rf"(<!-- {name}:begin -->\n).*?(<!-- {name}:end -->)", re.DOTALL)
    text, count = found.subn(lambda marks: f"{marks[1]}{content}\n{marks[2]}", text)
    if count != 1:
        raise ValueError(f"Expected the marks of {name!r} once, found them {count} times.")
    return text


def describe_tree() -> str:
    """Return the tree with a line for every file: the first sentence that the file says of itself."""
    lines = [line for package in PACKAGES for line in _describe_folder(ROOT / package, 0)]
    lines += [f"{name:<{WIDTH}}{text}" for name, text in OTHERS.items()]
    return "\n".join(("```", *lines, "```"))


def describe_settings() -> str:
    """Return the settings as a table: names and defaults from the class, meanings from its comments."""
    source = (ROOT / "app" / "settings.py").read_text(encoding="utf-8")
    comments = dict(re.findall(r"^    (\w+): \S+ = .*?  # (.+)$", source, re.MULTILINE))
    lines = ["| setting | default | what it sets |", "|---|---|---|"]
    for field in fields(Settings):
        default = "models" if field.name == "models" else field.default
        shown = f"`{int(default) if isinstance(default, bool) else default}`" if default != "" else ""
        lines.append(f"| `{PREFIX}{field.name.upper()}` | {shown} | {comments[field.name]} |".replace("|  |", "| |"))
    return "\n".join(lines)


def _describe_folder(folder: Path, depth: int) -> Iterator[str]:
    own = folder / "__init__.py"
    yield _make_line(f"{folder.name}/", depth, _read_docstring(own) if own.exists() else "")
    entries = [path for path in folder.iterdir() if path.name[0] not in "._" or path.name == "__main__.py"]
    for path in sorted((each for each in entries if each.suffix in (".py", ".js")), key=lambda path: path.name):
        yield _make_line(path.name, depth + 1, _read_docstring(path) if path.suffix == ".py" else _read_comment(path))
    for path in sorted(each for each in entries if each.is_dir()):
        if any(path.rglob("*.py")) or any(path.rglob("*.js")):
            yield from _describe_folder(path, depth + 1)


def _make_line(name: str, depth: int, text: str) -> str:
    return f"{'  ' * depth + name:<{WIDTH}}{text}".rstrip()


def _read_docstring(path: Path) -> str:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0].removesuffix(".")


def _read_comment(path: Path) -> str:
    comment = re.match(r"/\*\*[\s*]*(.*?)\s*\*/", path.read_text(encoding="utf-8"), re.DOTALL)
    text = re.sub(r"\s*\n \*\s*", " ", comment[1]) if comment else ""
    return re.split(r"(?<=[^.])\.(?:\s|$)", text)[0]


SENTENCES = {  # of README's speed, by its language
    "README.md": (
        "- **{rate:,.0f} pictures a second** on {name} (280x280 PNG, 8 connections; p50 {p50:.0f}, p99 {p99:.0f} ms).",
        "- **{times:.0f} times** the rate of the classic app, which calls `model.predict` for each request.",
        "- **{memory:.0f} MB a worker**, ready after {seconds:.1f} s: TensorFlow is not loaded.",
        "",
        "| 280x280 PNG, 8 connections, measured in one run | processor time a request | requests/s |",
        "|---|---:|---:|",
        "| **Digits**: ink found, framed, read, doubted, counted, logged | {Digits} |",
        "| bare FastAPI and LiteRT with the same network: a resize, nothing else | {bare} |",
        "| the same server as Digits, answering a constant | {constant} |",
        "| the classic Flask app: `model.predict` for each request | {classic} |",
    ),
    "README.zh.md": (
        "- **每秒 {rate:,.0f} 张图片**，测于 {name}（280x280 PNG，8 个连接；p50 {p50:.0f} ms，p99 {p99:.0f} ms）。",  # noqa: RUF001
        "- 是经典写法（每个请求调用一次 `model.predict`）的 **{times:.0f} 倍**。",  # noqa: RUF001
        "- **每个工作进程 {memory:.0f} MB**，{seconds:.1f} 秒后就绪：无需加载 TensorFlow。",  # noqa: RUF001
        "",
        "| 280x280 PNG，8 个连接，同一次测量 | 每个请求的处理器时间 | 请求/秒 |",  # noqa: RUF001
        "|---|---:|---:|",
        "| **Digits**：提取笔迹、定框、识别、判断可信度、计数、日志 | {Digits} |",  # noqa: RUF001
        "| 仅缩放图片的 FastAPI + LiteRT，同一网络 | {bare} |",  # noqa: RUF001
        "| 与 Digits 相同的服务器，只返回常量 | {constant} |",  # noqa: RUF001
        "| 经典 Flask 应用：每个请求调用一次 `model.predict` | {classic} |",  # noqa: RUF001
    ),
}


def describe_speed(name: str) -> str:
    """Return README's sentences of the last benchmark."""
    results = json.loads((ROOT / "docs" / "bench" / "last.json").read_text(encoding="utf-8"))
    load = next(one for one in results["loads"] if (one["post"], one["connections"]) == ("280x280 PNG, L", 8))
    digits, classic = load["servers"]["Digits"], load["servers"]["classic"]
    costs = {
        server: f"{one['microseconds']:,.0f} µs | {one['requests_per_second']:,.0f}"
        for server, one in load["servers"].items()
    }
    rate, start = digits["requests_per_second"], results["starts"]["Digits"]
    figures = {
        "rate": rate,
        "times": rate / classic["requests_per_second"],
        "memory": start["resident"],
        "seconds": start["seconds"],
        "name": results["machine"]["name"],
    }
    return "\n".join(sentence.format(**digits, **figures, **costs) for sentence in SENTENCES[name])


BLOCKS: Mapping[tuple[str, str], Callable[[], str]] = {
    ("docs/architecture.md", "tree"): describe_tree,
    ("docs/settings.md", "settings"): describe_settings,
    **{(name, "speed"): partial(describe_speed, name) for name in SENTENCES},
}


def main() -> None:
    """Write every block."""
    for (name, block), describe in BLOCKS.items():
        path = ROOT / name
        path.write_text(replace_block(path.read_text(encoding="utf-8"), block, describe()), encoding="utf-8")


if __name__ == "__main__":
    main()
