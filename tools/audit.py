#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""The exactly-once audit: misfortunes tried on the reference jobs, and kill -9 of the real program.

    tools/audit.py [--test] [--no-ledger] [PART...]     parts: crash store-crash disk store rescale stop damage kill s3

Each part runs in as many processes as there are cores. What was run is appended to docs/audit-ledger.jsonl, one line a
part; a number without a line there is not claimed. `--test`: the short form, part of ./dev test; it writes no line.
"""
import argparse
import functools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Dict, List, NamedTuple, Tuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
PROGRAM = pathlib.Path(os.environ.get("WEIR_AUDIT_PROGRAM", ROOT / "build" / PRESET / "weir-audit"))
LEDGER = ROOT / "docs" / "audit-ledger.jsonl"
GUIDE = ROOT / "docs" / "guide" / "exactly-once.md"
TABLE_BEGIN = "<!-- ledger: written by tools/audit.py --table -->\n"
TABLE_END = "<!-- end of ledger -->\n"
MEANINGS = {"crash": "crash at a call, then resumed", "store-crash": "the same, checkpoints in an object store",
            "disk": "a call of the disk fails", "store": "a call of the object store fails",
            "rescale": "killed, resumed at another parallelism", "stop": "savepoint after a record, stop or drain",
            "damage": "a file of state damaged", "kill": "kill -9 of the real program", "s3": "real S3 server"}
TIMEOUT_SECONDS = 3 * 3600
SANITIZED = PRESET in ("dev", "tsan", "fuzz")  # Some ten times slower.


class Plan(NamedTuple):
    """Arguments of weir-audit: of the short form and of the whole audit."""
    test: List[str]
    audit: List[str]


# `--every` has no factor in common with the number of variants of a case (3, 6, 24, 36), or some would never be run.
PLANS: Dict[str, Plan] = {
    "crash": Plan(["--seeds", "1..2", "--every", "8"], ["--seeds", "1..4"]),
    "store-crash": Plan(["--seeds", "1..2", "--every", "50"], ["--seeds", "1..2"]),
    "disk": Plan(["--seeds", "1", "--every", "79"], ["--seeds", "1", "--every", "5"]),
    "store": Plan(["--seeds", "1", "--every", "119"], ["--seeds", "1", "--every", "5"]),
    "rescale": Plan(["--seeds", "1", "--every", "3"], ["--seeds", "1..3"]),
    "stop": Plan(["--seeds", "1..2", "--every", "7"], ["--seeds", "1..2"]),
    "damage": Plan(["--seeds", "1", "--every", "17"], ["--seeds", "1..2"]),
}
KILLS = {"test": 100, "audit": 2000}


class Outcome(NamedTuple):
    passed: int
    failed: int
    seconds: float
    text: str  # What to show.


@functools.lru_cache(maxsize=None)
def commit() -> str:
    """Of the sources when the audit began."""
    done = subprocess.run(["git", "rev-parse", "--short=12", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    changed = subprocess.run(["git", "status", "--porcelain", "--untracked-files=no"], cwd=ROOT, capture_output=True, text=True)
    return (done.stdout.strip() or "unknown") + ("+changes" if changed.stdout.strip() else "")


def merged(lines: List[dict]) -> dict:
    """One line of the ledger of those of all shards."""
    line = dict(lines[0])
    line.pop("shard", None)
    for other in lines[1:]:
        for key in ("runs", "not_reached", "failed"):
            line[key] += other[key]
        line["seconds"] = max(line["seconds"], other["seconds"])
        for kind, count in other["kinds"].items():
            line["kinds"][kind] = line["kinds"].get(kind, 0) + count
    return line


def append(line: dict) -> None:
    with open(LEDGER, "a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(line, separators=(",", ":")) + "\n")


def run_simulated(name: str, arguments: List[str], ledger: bool) -> Outcome:
    begin = time.monotonic()
    shards = os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.jsonl"
        processes = [subprocess.Popen([str(PROGRAM), name, *arguments, "--shard", f"{i}/{shards}", "--ledger", str(report),
                                       "--commit", commit()], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, errors="replace") for i in range(shards)]
        texts, failed = [], 0
        for process in processes:
            try:
                text, _ = process.communicate(timeout=TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                text = process.communicate()[0] + "\ntimed out"
            if process.returncode != 0:
                texts.append("\n".join(text.splitlines()[-60:]))
            if process.returncode not in (0, 1):
                failed += 1
                texts.append(f"{name}: weir-audit ended with status {process.returncode}")
        lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    if not lines:
        return Outcome(0, max(failed, 1), time.monotonic() - begin, "\n".join(texts))
    line = merged(lines)
    if ledger and failed == 0:
        append(line)
    failed += line["failed"]
    return Outcome(max(line["runs"] - line["failed"], 0), failed, time.monotonic() - begin, "\n".join(texts))


def run_kill(kills: int, ledger: bool) -> Outcome:
    begin = time.monotonic()
    command = [sys.executable, "tools/kill_test.py", "--kills", str(kills), "--commit", commit()]
    if ledger:
        command += ["--ledger", str(LEDGER)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    failed = int(done.returncode != 0)
    return Outcome(kills - failed, failed, time.monotonic() - begin, done.stdout.strip() if failed else "")


def run_s3() -> Outcome:
    begin = time.monotonic()
    done = subprocess.run([sys.executable, "tools/s3_audit.py", "--commit", commit(), "--ledger", str(LEDGER)], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    failed = int(done.returncode != 0)
    return Outcome(1 - failed, failed, time.monotonic() - begin, done.stdout.strip())


def write_table() -> None:
    """The newest line of each audit, as a table in the guide."""
    newest: Dict[str, dict] = {}
    for text in LEDGER.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        newest[line["audit"] + (f" ({line['server']})" if "server" in line else "")] = line
    rows = ["| audit | what | runs | failed | seeds | commit | date |", "|---|---|---|---|---|---|---|"]
    for name, line in newest.items():
        runs = f"{line['runs']:,}" if "runs" in line else f"{line['kills']:,} kills, {line['jobs_finished']:,} jobs"
        first, _, last = line["seeds"].partition("..")
        seeds = first if last in ("", first) else line["seeds"]
        every = f", 1 case of {line['every']}" if line.get("every", 1) > 1 else ""
        rows.append(f"| {name} | {MEANINGS.get(line['audit'], '')} | {runs} | {line['failed']} | {seeds}{every} | "
                    f"{line['commit']} | {line['date']} |")
    text = GUIDE.read_text(encoding="utf-8")
    begin, end = text.index(TABLE_BEGIN) + len(TABLE_BEGIN), text.index(TABLE_END)
    GUIDE.write_text(text[:begin] + "\n" + "\n".join(rows) + "\n\n" + text[end:], encoding="utf-8")


def run_part(name: str, is_test: bool, ledger: bool) -> Outcome:
    if name == "kill":
        return run_kill(KILLS["test" if is_test else "audit"] // (10 if SANITIZED else 1), ledger)
    if name == "s3":
        return run_s3()
    arguments = list(PLANS[name].test if is_test else PLANS[name].audit)
    if SANITIZED and is_test:
        arguments += ["--runs-max", "60"]
    return run_simulated(name, arguments, ledger)


def parts_of(is_test: bool) -> List[str]:
    return [*PLANS, "kill"] if is_test else [*PLANS, "kill", "s3"]


def check_all(is_test: bool, names: List[str], ledger: bool) -> Tuple[int, int, str]:
    passed = failed = 0
    texts = []
    for name in names:
        outcome = run_part(name, is_test, ledger)
        print(f"    {name}: {outcome.passed} ok, {outcome.failed} not ok, {outcome.seconds:.1f} s", flush=True)
        passed += outcome.passed
        failed += outcome.failed
        if outcome.text:
            texts.append(outcome.text)
    return passed, failed, "\n".join(texts)


def main() -> int:
    parser = argparse.ArgumentParser(description="The exactly-once audit.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{' '.join(parts_of(False))} (default: all)")
    parser.add_argument("--test", action="store_true", help="the short form")
    parser.add_argument("--no-ledger", action="store_true", help="write no line to docs/audit-ledger.jsonl")
    parser.add_argument("--table", action="store_true", help="only write the ledger's table into the guide")
    arguments = parser.parse_args()
    if arguments.table:
        write_table()
        return 0
    unknown = [name for name in arguments.parts if name not in parts_of(False)]
    if unknown:
        parser.error(f"there is no part {unknown[0]} (parts: {' '.join(parts_of(False))})")
    passed, failed, text = check_all(arguments.test, arguments.parts or parts_of(arguments.test),
                                     not arguments.test and not arguments.no_ledger)
    if LEDGER.exists() and not arguments.test and not arguments.no_ledger:
        write_table()
    if text:
        print(text)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
