"""python -m tests.bench: measure, print, and keep in docs/bench/ what came of it.

servers in turns under load -> starts and memory -> steps of a request -> instructions -> floor -> last.json, report

The main figure is the processor time that a server's workers spend on a request: what else the machine does moves it
less than rates. Everything takes about five minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from .instructions import measure_instructions
from .load import compare, require_wrk
from .machine import describe_machine
from .posts import Post, many_pictures, one_photo, one_picture
from .report import LAST, NAMES, Results, describe_loads, write_report
from .servers import ROOT, Server, serve
from .startup import measure_starts

AT_ONCE = 8  # connections
BULK = (1, 8, 32, 128, 1024)  # pictures a request
BULK_CONNECTIONS = 2
OF_BARE = 1.0  # of the bare server's rate, by processor time: the goal; docs/bench says how far it is
OF_CLASSIC = 60  # times the classic app's rate, likewise


def main() -> None:
    """Measure everything and write the report, or only check what is promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the speed of the server.")
    parser.add_argument("--check", action="store_true", help="measure only what README promises; fail if it is not so")
    parser.add_argument("--seconds", type=int, default=2, help="of each turn of each server (default 2)")
    parser.add_argument("--turns", type=int, default=3, help="of each server, A B A B ... (default 3)")
    parser.add_argument(
        "--eight-bits", action="store_true", help="measure also what weights of eight bits cost and gain"
    )
    arguments = parser.parse_args()
    require_wrk()
    if arguments.check:
        sys.exit(check(arguments.seconds, arguments.turns))
    results = {
        "machine": describe_machine(),
        **measure_loads(arguments.seconds, arguments.turns),
        "starts": measure_starts(),
        "steps": run_alone("tests.bench.steps"),
        "instructions": measure_instructions(),
        "floor": run_alone("tests.bench.floor"),
    }
    if arguments.eight_bits:
        results["quantised"] = run_alone("tests.bench.quantised")
    LAST.parent.mkdir(parents=True, exist_ok=True)
    LAST.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(write_report(results))


def measure_loads(seconds: int, turns: int) -> Results:
    """Measure the servers side by side with each post and number of connections, and Digits with many pictures."""
    with ExitStack() as running:
        digits, bare, constant, classic = [running.enter_context(serve(name)) for name in NAMES]
        peers, everyone = (digits, bare, constant), (digits, bare, constant, classic)
        loads = [
            measure_load(everyone, one_picture(), AT_ONCE, seconds, turns),
            *(measure_load(peers, one_picture(), count, seconds, turns) for count in (1, 64)),
            *(measure_load(peers, one_picture(mode), AT_ONCE, seconds, turns) for mode in ("RGB", "RGBA")),
            measure_load((digits, constant, classic), many_pictures(32), AT_ONCE, seconds, turns),
            measure_load(everyone, one_photo(), AT_ONCE, seconds, turns),
        ]
        bulk = {count: measure_load((digits,), many_pictures(count), BULK_CONNECTIONS, seconds, 1) for count in BULK}
    digits_per_second = {
        count: count * load["servers"]["Digits"]["requests_per_second"] for count, load in bulk.items()
    }
    return {"loads": loads, "bulk": digits_per_second}


def measure_load(servers: Sequence[Server], post: Post, connections: int, seconds: int, turns: int) -> Results:
    """Measure servers side by side and print that it is done: it takes minutes."""
    measured = compare(servers, post, connections, seconds, turns)
    load = {
        "post": post.name,
        "connections": connections,
        "servers": {name: asdict(load) for name, load in measured.items()},
    }
    rates = ", ".join(f"{name} {one.microseconds:,.0f} us" for name, one in measured.items())
    print(f"{post.name}, {connections} connections: {rates}", flush=True)
    return load


def check(seconds: int, turns: int) -> int:
    """Return 0 if one picture is answered as fast as README promises, compared in one run."""
    with ExitStack() as running:
        servers = [running.enter_context(serve(name)) for name in NAMES]
        load = measure_load(servers, one_picture(), AT_ONCE, seconds, turns)
    spent = {name: one["microseconds"] for name, one in load["servers"].items()}
    of_bare, of_classic = spent["bare"] / spent["Digits"], spent["classic"] / spent["Digits"]
    print(describe_loads([load]))
    print(f"{of_bare:.2f} of the bare server: {OF_BARE} is the goal")
    print(f"{of_classic:.0f} times the classic app: {OF_CLASSIC} is the goal")
    return int(of_bare < OF_BARE or of_classic < OF_CLASSIC)


def run_alone(module: str) -> Any:
    """Run a module in a process of its own, with one thread for matrices, and return the JSON of its last line."""
    # OpenBLAS finds the fastest kernel where nothing tells it another
    free = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    environment = {**free, "OPENBLAS_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
