"""Tell what a run of the benchmark measured: tables for people, in Markdown, and a picture."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from tests.documents import replace_block

from .servers import ROOT

FOLDER = ROOT / "docs" / "bench"
LAST = FOLDER / "last.json"
BEFORE = FOLDER / "before.json"  # the steps before anything was made faster, measured on the same machine
PICTURE = FOLDER / "bench.png"
TABLES = FOLDER / "last.md"
PAGE = FOLDER / "README.md"
COLOURS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377")  # Source: Paul Tol, "bright"

NAMES = ("Digits", "bare", "constant", "classic")  # servers
ONE, CONNECTIONS = "280x280 PNG, L", 8  # the post that stands for all

Results = dict[str, Any]


def write_report(results: Results) -> str:
    """Write tables and picture, put the first tables into the page about speed, and return all tables."""
    draw_picture(results)
    summary = describe_summary(results)
    tables = "\n\n".join((summary, describe_steps(results["steps"]), describe_floor(results), describe_rest(results)))
    TABLES.write_text(f"# The last run\n\n{tables}\n", encoding="utf-8")
    PAGE.write_text(replace_block(PAGE.read_text(encoding="utf-8"), "bench", summary), encoding="utf-8")
    return tables


def describe_summary(results: Results) -> str:
    """Return where it was measured, the rates under load, and starts and memory."""
    machine = results["machine"]
    where = (
        f"Measured on {machine['date']} in one run, in turns: {machine['name']}; {machine['versions']}; load by wrk on "
        "the same cores. The first columns are the processor time that the server's workers spend on a request. "
        "Times and rates differ by a factor of two from run to run here, their ratios do not."
    )
    loads = results["loads"]
    counted = describe_instructions(results["instructions"])
    return "\n\n".join(
        (where, describe_loads(loads), describe_together(loads), counted, describe_starts(results["starts"]))
    )


def describe_loads(loads: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of what a request costs each server, and of how many are answered."""
    rows = []
    for load in loads:
        servers = load["servers"]
        digits = servers["Digits"]
        rows.append(
            (
                load["post"],
                load["connections"],
                *(f"{servers[name]['microseconds']:,.0f}" if name in servers else "" for name in NAMES),
                _show_ratio(servers, "bare"),
                _show_ratio(servers, "classic", ".0f"),
                *(f"{servers[name]['requests_per_second']:,.0f}" if name in servers else "" for name in NAMES),
                f"{digits['p50']:,.1f} / {digits['p99']:,.1f}",
            )
        )
    costs = [f"{name}, us" for name in NAMES]
    rates = [f"{name}, requests/s" for name in NAMES]
    head = ("posted", "connections", *costs, "of bare's rate", "times classic's", *rates, "p50 / p99 ms")
    return make_table(head, rows)


def _show_ratio(servers: Mapping[str, Mapping[str, float]], other: str, digits: str = ".2f") -> str:
    """Return how many times as many requests Digits answers for the same processor time as another server."""
    if other not in servers:
        return ""
    return f"**{servers[other]['microseconds'] / servers['Digits']['microseconds']:{digits}}**"


def describe_together(loads: Sequence[Mapping[str, Any]]) -> str:
    """Compare many pictures in one request with as many requests to the bare server."""
    one = next(load for load in loads if (load["post"], load["connections"]) == (ONE, CONNECTIONS))
    many = next(load for load in loads if load["post"].endswith("PNG in a form"))
    count = int(many["post"].split()[0])
    each = many["servers"]["Digits"]["microseconds"] / count
    bare = one["servers"]["bare"]["microseconds"]
    return (
        f"Of {count} pictures in one request each takes {each:,.0f} microseconds of a core: "
        f"**{bare / each:.2f}** of the bare server's rate for as many requests."
    )


def describe_instructions(counted: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table of the instructions of one picture, where valgrind could count them."""
    if not counted:
        return "Instructions were not counted: valgrind is missing."
    posts = list(counted["Digits"])
    rows = [
        (name, *(f"{posted[post]:,.0f}" if post in posted else "" for post in posts))
        for name, posted in counted.items()
    ]
    said = (
        "Thousands of instructions of one picture, from its bytes to the answer, without sockets; counted by "
        "callgrind, which shows programs a processor without AVX-512, so that noise does not move them:\n\n"
    )
    return said + make_table(("server", *posts), rows)


def describe_starts(starts: Mapping[str, Any]) -> str:
    """Return a table of the seconds until a server is ready and of a worker's memory."""
    rows = [
        (
            name,
            f"{start['seconds']:.2f} s",
            f"{start['resident']:.0f} MB",
            f"{start['own']:.0f} MB",
            "yes" if start["tensorflow"] else "no",
        )
        for name, start in starts.items()
    ]
    return make_table(("server", "ready after", "a worker's memory", "one more worker", "TensorFlow loaded"), rows)


def describe_steps(steps: Mapping[str, Mapping[str, float]]) -> str:
    """Return a table of the microseconds of each step of a request."""
    names = list(next(iter(steps.values())))
    rows = [
        (post, *(f"{spent[name]:,.0f}" for name in names), f"{sum(spent.values()):,.0f}")
        for post, spent in steps.items()
    ]
    return "Processor time of one request in microseconds:\n\n" + make_table(("posted", *names, "all"), rows)


def describe_floor(results: Results) -> str:
    """Return a table of what the networks need and how near to the core's peak they are computed."""
    peak = results["floor"]["peak"]
    rows = [
        (
            name,
            f"{model['multiply_adds'] / 1e6:,.2f} M",
            f"{1e6 * model['seconds']:,.0f}",
            f"{model['multiply_adds'] / model['seconds'] / 1e9:,.0f} G/s",
            f"{model['multiply_adds'] / model['seconds'] / peak:.0%}",
        )
        for name, model in results["floor"]["models"].items()
    ]
    head = ("model", "multiply-adds a digit", "microseconds", "multiply-adds", "of the peak")
    return (
        f"A large matrix product of floats on one core: {peak / 1e9:.0f} G multiply-adds a second. "
        "Weights of eight bits (robust) may pass it.\n\n" + make_table(head, rows)
    )


def describe_rest(results: Results) -> str:
    """Return tables of bulk, and of eight bits where they were measured."""
    bulk = [(count, f"{rate:,.0f}") for count, rate in results["bulk"].items()]
    batches = [(count, f"{rate:,.0f}") for count, rate in results["floor"]["batches"].items()]
    tables = [
        "Pictures read by POST, two connections:\n\n" + make_table(("pictures a request", "pictures/s"), bulk),
        "Digits read by the default model alone, one thread:\n\n" + make_table(("digits a batch", "digits/s"), batches),
    ]
    rows = [
        (
            model,
            kind,
            f"{1e6 * one['seconds']:.0f}",
            *(f"{share:.2%}" for share in one["accuracy"].values()),
            f"{one['farthest']:.3f}",
        )
        for model, kinds in results.get("quantised", {}).items()
        for kind, one in kinds.items()
    ]
    if rows:
        sets = next(iter(next(iter(results["quantised"].values())).values()))["accuracy"]
        tables.append(make_table(("model", "numbers", "microseconds", *sets, "probabilities move by up to"), rows))
    return "\n\n".join(tables)


def make_table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """Return a table in Markdown: the first column to the left, numbers to the right."""
    align = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(map(str, cells)) + " |" for cells in (head, align, *rows))


def draw_picture(results: Results) -> None:
    """Draw the rates as shares of the constant's, the steps before and after, and bulk."""
    figure, (rates, steps, bulk) = plt.subplots(1, 3, figsize=(15, 4.2), layout="constrained")
    _draw_rates(rates, results["loads"])
    before = json.loads(BEFORE.read_text(encoding="utf-8")) if BEFORE.exists() else {}
    _draw_steps(steps, {"before": before.get("steps", {}), "now": results["steps"]})
    _draw_bulk(bulk, results)
    figure.savefig(PICTURE, dpi=80)
    plt.close(figure)


def _draw_rates(axes: Axes, loads: Sequence[Mapping[str, Any]]) -> None:
    names = [f"{load['post']}, {load['connections']} conn." for load in loads]
    for place, (server, colour) in enumerate(zip(("Digits", "bare"), COLOURS, strict=False)):
        shares = [
            one["servers"].get(server, {}).get("requests_per_second", 0)
            / one["servers"]["constant"]["requests_per_second"]
            for one in loads
        ]
        places = [row + 0.4 * place for row in range(len(loads))]
        axes.barh(places, shares, 0.38, color=colour, label=server)
    axes.set_yticks([row + 0.2 for row in range(len(loads))], names, fontsize=8)
    axes.invert_yaxis()
    axes.set_title("requests a second, of the same server answering a constant")
    axes.legend()


def _draw_steps(axes: Axes, runs: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    bars = [
        (f"{post.removeprefix('280x280 ')}, {run}", spent)
        for post in runs["now"]
        if "PNG" in post
        for run, steps in runs.items()
        for spent in [steps.get(post)]
        if spent
    ]
    left = [0.0] * len(bars)
    for name, colour in zip(bars[0][1], COLOURS, strict=True):
        widths = [spent[name] for _, spent in bars]
        axes.barh(range(len(bars)), widths, left=left, color=colour, label=name)
        left = [start + width for start, width in zip(left, widths, strict=True)]
    axes.set_yticks(range(len(bars)), [name for name, _ in bars], fontsize=8)
    axes.invert_yaxis()
    axes.set_title("microseconds of one request, 280x280")
    axes.legend(fontsize=8)


def _draw_bulk(axes: Axes, results: Results) -> None:
    for name, rates in (("classifier alone", results["floor"]["batches"]), ("POST of pictures", results["bulk"])):
        axes.plot([int(count) for count in rates], list(rates.values()), marker="o", label=name)
    axes.set_xscale("log", base=2)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("digits a batch, pictures a request")
    axes.set_title("digits a second")
    axes.legend()
