#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Restores every savepoint that is kept in the tree: what an earlier version has written, a later one goes on from.

    tools/golden_savepoint_test.py [VERSION]       tests/savepoints/v1 ...
    tools/golden_savepoint_test.py --make VERSION  writes tests/savepoints/VERSION/state; never over one that is there

The job counts a sequence of numbers in six ways. The savepoint was taken in the middle; the rest of the run must end
with the answers that this program computes by itself. Restored at parallelism 1, 2 and 3.
"""
import argparse
import collections
import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Dict, List, Set, Tuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / os.environ.get("WEIR_PRESET", "release") / "weir"
SAVEPOINTS = ROOT / "tests" / "savepoints"
ROWS = 10_000
START = datetime.datetime(1970, 1, 1)
LINE = re.compile(r"(\w+)(?::\d+)?> ([+-][IUD])\[(.*)\]")


def script(version: pathlib.Path, rate: int, folder: pathlib.Path) -> pathlib.Path:
    path = folder / "job.sql"
    path.write_text((version / "job.sql").read_text().replace("${RATE}", str(rate)))
    return path


def stamp(second: int) -> str:
    text = (START + datetime.timedelta(seconds=second)).isoformat()
    return text[:-3] if text.endswith(":00") else text


def expected() -> Dict[str, Set[Tuple[str, ...]]]:
    """The final rows of each sink."""
    rows: Dict[str, Set[Tuple[str, ...]]] = collections.defaultdict(set)
    for k in range(10):
        numbers = range(k, ROWS, 10)
        rows["counts"].add((str(k), str(len(numbers)), str(sum(numbers)), str(len({n % 70 for n in numbers})), str(k)))
    sizes = collections.Counter(len(range(k, ROWS, 3)) for k in range(3))
    rows["nested"] = {(str(size), str(count)) for size, count in sizes.items()}
    for begin in range(0, ROWS, 300):
        numbers = range(begin, min(begin + 300, ROWS))
        rows["windows"].add((stamp(begin), str(len(numbers)), str(sum(numbers))))
    for begin in range(0, ROWS, 300):
        for k in range(4):
            numbers = [n for n in range(begin, min(begin + 600, ROWS)) if n % 4 == k]
            if numbers:
                rows["hops"].add((stamp(begin), str(k), str(max(numbers))))
    for begin in range(0, ROWS, 100):
        numbers = range(begin, begin + 60)
        rows["sessions"].add((stamp(begin), str(len(numbers)), str(sum(numbers))))
    rows["pairs"] = {(str(n), str(n + 7000)) for n in range(ROWS - 7000)}
    return rows


def check(version: pathlib.Path, parallelism: int) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        job = script(version, 1_000_000, pathlib.Path(temporary))
        run = subprocess.run([PROGRAM, "run", job, "--from-savepoint", version / "state", "--parallelism", str(parallelism)],
                             text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert run.returncode == 0, run.stderr
    added: Dict[str, List[Tuple[str, ...]]] = collections.defaultdict(list)
    last: Dict[Tuple[str, str], Tuple[str, ...]] = {}
    removed: collections.Counter = collections.Counter()
    for line in run.stdout.splitlines():
        match = LINE.fullmatch(line)
        assert match, f"no row of a sink: {line}"
        sink, kind, row = match[1], match[2], tuple(match[3].split(", "))
        if kind in ("+I", "+U"):
            added[sink].append(row)
            last[sink, row[0]] = row
        else:
            removed[sink, row] += 1
    answers = expected()
    # Every key of the grouped sinks changes after the savepoint: its last row is the final one.
    for row in answers["counts"]:
        assert last.get(("counts", row[0])) == row, f"counts: {last.get(('counts', row[0]))}, not {row}"
    for row in answers["nested"]:
        assert last.get(("nested", row[0])) == row, f"nested: {last.get(('nested', row[0]))}, not {row}"
    for sink in ("windows", "hops", "sessions", "pairs"):
        rows = added[sink]
        assert len(rows) == len(set(rows)), f"{sink}: rows came twice"
        wrong = set(rows) - answers[sink]
        assert not wrong, f"{sink}: wrong rows, such as {sorted(wrong)[0]}"
        # What was out before the savepoint does not come again, all else does.
        order = sorted(answers[sink], key=lambda row: (len(row[0]), row[0]) if sink == "pairs" else (row[0],))
        first = min(order.index(row) for row in rows)
        slack = 8 if sink in ("pairs", "hops") else 0  # Neighbours may be on both sides of the savepoint.
        missing = set(order[first + slack:]) - set(rows)
        assert not missing, f"{sink}: rows are missing, such as {sorted(missing)[0]}"
        assert 0 < first < len(order), f"{sink}: the savepoint was not taken in the middle"


def make(version: pathlib.Path) -> None:
    state = version / "state"
    if state.exists():
        raise SystemExit(f"{state} exists; a savepoint that is kept is never replaced")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        server = subprocess.Popen([PROGRAM, "serve", "--state-dir", folder / "server", "--port", "0", "-D",
                                   "parallelism.default=2"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while not (folder / "server" / "server.json").exists():
            time.sleep(0.05)

        def job(*arguments: object) -> str:
            return subprocess.run([PROGRAM, "job", *map(str, arguments), "--state-dir", folder / "server"], text=True,
                                  stdout=subprocess.PIPE, check=True).stdout.strip()
        job("submit", script(version, 4000, folder))
        time.sleep(2.0)  # Some 8,000 of 10,000 numbers: pairs have begun, sessions and windows are open.
        savepoint = job("stop", "golden")
        server.terminate()
        server.wait()
        shutil.copytree(savepoint, state)
    print(f"made {state}")


def check_all() -> Tuple[int, int]:
    """(passed, failed)"""
    passed = failed = 0
    for version in sorted(SAVEPOINTS.iterdir()):
        for parallelism in (1, 2, 3):
            try:
                check(version, parallelism)
                passed += 1
            except (AssertionError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED {version.name} at parallelism {parallelism}: {error}", flush=True)
    return passed, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", metavar="VERSION")
    arguments = parser.parse_args()
    if arguments.make:
        make(SAVEPOINTS / arguments.make)
        return
    passed, failed = check_all()
    print(f"{passed} ok, {failed} not ok")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
