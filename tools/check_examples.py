#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Runs each examples/*/job.sql with Weir and compares the rows with expected.txt next to it.

    tools/check_examples.py [NAME...]
"""
import difflib
import os
import pathlib
import re
import subprocess
import sys
from typing import List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
WEIR = ROOT / "build" / PRESET / "weir"
TIMEOUT_SECONDS = 120 if PRESET == "release" else 1200  # Sanitizers are slow.


class Outcome(NamedTuple):
    name: str
    problem: str  # Empty when the answer is the expected one.


def is_ordered(sql: str) -> bool:
    """Whether the last statement has an ORDER BY outside of parentheses."""
    sql = re.sub(r"--[^\n]*", "", sql)
    sql = re.sub(r"'(?:[^']|'')*'", "''", sql)
    last = [statement for statement in sql.split(";") if statement.strip()][-1]
    while "(" in last:
        shorter = re.sub(r"\([^()]*\)", " ", last)
        if shorter == last:
            break
        last = shorter
    return re.search(r"\bORDER\s+BY\b", last, re.IGNORECASE) is not None


def compare(expected: List[str], actual: List[str], ordered: bool) -> str:
    """Says how `actual` differs from `expected`; the first line is the header. Empty when they agree."""
    if not ordered:
        expected, actual = (lines[:1] + sorted(lines[1:]) for lines in (expected, actual))
    return "\n".join(difflib.unified_diff(expected, actual, "expected", "actual", lineterm="", n=0))


def check(job: pathlib.Path) -> Outcome:
    name = job.parent.name
    expected = (job.parent / "expected.txt").read_text(encoding="utf-8").splitlines()
    command = [str(WEIR), "run", str(job.relative_to(ROOT)), "--output", "csv"]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Outcome(name, str(error))
    if done.returncode != 0:
        return Outcome(name, f"exit status {done.returncode}: {done.stderr.strip()[:2000]}")
    return Outcome(name, compare(expected, done.stdout.splitlines(), is_ordered(job.read_text(encoding="utf-8"))))


def check_all(names: List[str]) -> List[Outcome]:
    jobs = sorted(ROOT.glob("examples/*/job.sql"))
    return [check(job) for job in jobs if not names or job.parent.name in names]


def main() -> int:
    outcomes = check_all(sys.argv[1:])
    for outcome in outcomes:
        print(f"{outcome.name}: {outcome.problem or 'as expected'}")
    return 1 if any(outcome.problem for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
