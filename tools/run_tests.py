#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Runs every test of a build and ends with one line, `N passed, N failed`. Called by `./dev test`.

    tools/run_tests.py [PART...]      parts: unit sql plan examples input crash server savepoints conformance tidy

The variable WEIR_PRESET names the build (default: release); its test preset in CMakePresets.json gives the environment.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as xml
from typing import Callable, Dict, List, NamedTuple, Tuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
BUILD = ROOT / "build" / PRESET
TIMEOUT_SECONDS = 1800
TOTALS = re.compile(r"^(\d+) passed, (\d+) failed(?:, \d+ [a-z]+)*$", re.MULTILINE)


class Part(NamedTuple):
    passed: int
    failed: int
    details: str  # What to show of failures.


def run(command: List[str], **environment: str) -> Tuple[int, str]:
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              errors="replace", timeout=TIMEOUT_SECONDS, env={**os.environ, **environment})
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as expired:
        output = expired.stdout or b""
        return 1, (output if isinstance(output, str) else output.decode(errors="replace")) + "\ntimed out"
    except OSError as error:
        return 1, str(error)


def tail(text: str, lines: int = 60) -> str:
    return "\n".join(text.splitlines()[-lines:])


def unit() -> Part:
    """The GoogleTest programs, through ctest; counts their cases."""
    reports = BUILD / "test-reports"
    shutil.rmtree(reports, ignore_errors=True)
    status, output = run(["ctest", "--test-dir", str(BUILD), "--output-on-failure", "-j", str(os.cpu_count() or 1)],
                         GTEST_OUTPUT=f"xml:{reports}/", GTEST_COLOR="no")
    passed = failed = 0
    for report in sorted(reports.glob("*.xml")):
        suites = xml.parse(report).getroot()
        bad = int(suites.get("failures", 0)) + int(suites.get("errors", 0))
        passed += int(suites.get("tests", 0)) - int(suites.get("disabled", 0)) - bad
        failed += bad
    if status != 0 and failed == 0:
        failed = max(1, len(re.findall(r"^\s*\d+ - \S+ \(", output, re.MULTILINE)))  # A program crashed or is missing.
    if passed + failed == 0:
        return Part(0, 1, "no unit test was found\n" + tail(output))
    shown = [line for line in output.splitlines() if not re.match(r"^(\d+: )?\[( RUN|       OK|------|======)", line)]
    return Part(passed, failed, tail("\n".join(shown), 120) if failed else "")


def slt(folder: str) -> Part:
    program = BUILD / "weir-slt"
    status, output = run([str(program), folder])
    totals = TOTALS.findall(output)
    if totals:
        passed, failed = map(int, totals[-1])
        if status != 0 and failed == 0:
            failed = 1
    else:
        passed, failed = (0, 1)
    return Part(passed, failed, tail(TOTALS.sub("", output).rstrip(), 120) if failed else "")


def sql() -> Part:
    """SQL files with expected rows, each in batch and stream mode, at parallelism 3 and at batch size 1."""
    return slt("tests/sql")


def plan() -> Part:
    """SQL files with expected plans."""
    return slt("tests/plan")


def examples() -> Part:
    """The jobs in examples/ on their real data, compared with answers computed without Weir."""
    sys.path.insert(0, str(ROOT / "tools"))
    import check_examples
    outcomes = check_examples.check_all([])
    bad = [outcome for outcome in outcomes if outcome.problem]
    return Part(len(outcomes) - len(bad), len(bad) or int(not outcomes),
                "\n".join(f"{outcome.name}: {outcome.problem}" for outcome in bad))


def bad_input() -> Part:
    """Broken files, huge and deep SQL, a full disk: an error, never a crash, nothing half-written."""
    sys.path.insert(0, str(ROOT / "tools"))
    import bad_input_test
    outcomes = bad_input_test.failures([])
    bad = {name: problem for name, problem in outcomes.items() if problem}
    return Part(len(outcomes) - len(bad), len(bad), "\n".join(f"{name}: {problem}" for name, problem in bad.items()))


def sink_files() -> Part:
    """Files that jobs with checkpoints wrote, killed ones too, read by pyarrow."""
    python = ROOT / ".venv" / "bin" / "python"
    status, output = run([str(python if python.exists() else sys.executable), "tools/sink_files_test.py"])
    totals = TOTALS.findall(output)
    passed, failed = map(int, totals[-1]) if totals else (0, 1)
    return Part(passed, failed or int(status != 0), tail(output) if failed or status else "")


def crash() -> Part:
    """Reference jobs on simulated machines that die, fail and are restored, and kill -9 of the real program (tools/audit.py)."""
    sys.path.insert(0, str(ROOT / "tools"))
    import audit
    return Part(*audit.check_all(True, audit.parts_of(True), False))


def server() -> Part:
    """The job server: kill -9, savepoints, tokens (tools/server_test.py)."""
    sys.path.insert(0, str(ROOT / "tools"))
    import server_test
    passed, failed = server_test.check_all()
    return Part(passed, failed, "")


def savepoints() -> Part:
    """Savepoints of earlier versions are restored (tools/golden_savepoint_test.py), bad ones refused (tools/bad_state_test.py)."""
    sys.path.insert(0, str(ROOT / "tools"))
    import bad_state_test
    import golden_savepoint_test
    passed, failed = golden_savepoint_test.check_all()
    refused, wrong = bad_state_test.check_all()
    return Part(passed + refused, failed + wrong, "")


def conformance() -> Part:
    """Recorded answers of Flink: not part of this repository."""
    cases = ROOT.parent / "shared" / "conformance"
    if not cases.is_dir():
        print(f"    SKIPPED: the cases are not here ({cases} does not exist); ./dev conformance DIR runs them from elsewhere")
    else:
        print("    SKIPPED here: ./dev conformance runs them and reports each; the known misses are in docs/compat")
    return Part(0, 0, "")


def tidy() -> Part:
    """Style and layers of all files, and the tests of that checker."""
    passed = failed = 0
    details = []
    for command in ("tools/tidy", "tools/tidy_test.py"):
        status, output = run([sys.executable, command])
        passed += status == 0
        failed += status != 0
        if status != 0:
            details.append(tail(output))
    return Part(passed, failed, "\n".join(details))


PARTS: Dict[str, Callable[[], Part]] = {"unit": unit, "sql": sql, "plan": plan, "examples": examples,
                                      "input": bad_input, "files": sink_files, "crash": crash, "server": server, "savepoints": savepoints,
                                      "conformance": conformance, "tidy": tidy}


def preset_environment() -> Dict[str, str]:
    """What the sanitizers of this build are told."""
    presets = json.loads((ROOT / "CMakePresets.json").read_text(encoding="utf-8"))["testPresets"]
    return next((preset.get("environment", {}) for preset in presets if preset["name"] == PRESET), {})


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the tests of a build.")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{' '.join(PARTS)} (default: all)")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.parts if name not in PARTS]
    if unknown:
        parser.error(f"there is no part {unknown[0]} (parts: {' '.join(PARTS)})")
    os.environ.update(preset_environment())
    passed = failed = 0
    for name in arguments.parts or PARTS:
        print(f"==> {name}: {(PARTS[name].__doc__ or '').strip()}", flush=True)
        start = time.monotonic()
        part = PARTS[name]()
        if part.details:
            print(part.details)
        print(f"    {name}: {part.passed} ok, {part.failed} not ok, {time.monotonic() - start:.1f} s", flush=True)
        passed += part.passed
        failed += part.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
