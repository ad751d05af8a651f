#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Reads what the file sink has written with pyarrow, which shares no code with the sink's commit: rolled, merged and partitioned
files of jobs with checkpoints, killed and continued ones too. Each row must be there once, no hidden file may be left.

    tools/sink_files_test.py [NAME...]
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from typing import Dict, List

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
WEIR = ROOT / "build" / PRESET / "weir"
ROWS = 20_000
FILES = 4
PARTITIONS = 3
SLOWER = 1 if PRESET == "release" else 10  # Sanitizers.


def write_input(folder: pathlib.Path, first_file: int = 0, files: int = FILES) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(first_file, first_file + files):
        begin = number * ROWS
        hidden = folder / f".{number}.json"
        hidden.write_text("".join(f'{{"a":{row},"b":"größe {row}","p":"p{row % PARTITIONS}"}}\n'
                                  for row in range(begin, begin + ROWS)))
        hidden.rename(folder / f"{number}.json")


def job(folder: pathlib.Path, file_format: str, sink: Dict[str, str], source: Dict[str, str]) -> List[str]:
    def table(options: Dict[str, str]) -> str:
        return ", ".join(f"'{key}' = '{value}'" for key, value in options.items())

    script = folder / "job.sql"
    script.write_text(f"""
SET 'execution.runtime-mode' = 'streaming';
SET 'execution.checkpointing.interval' = '30 ms';
SET 'execution.checkpointing.dir' = '{folder}/checkpoints';
SET 'parallelism.default' = '2';
CREATE TABLE input (a BIGINT, b STRING, p STRING) WITH (
  {table({'connector': 'filesystem', 'path': f'{folder}/in', 'format': 'json', **source})});
CREATE TABLE output (a BIGINT, b STRING, p STRING) PARTITIONED BY (p) WITH (
  {table({'connector': 'filesystem', 'path': f'{folder}/out', 'format': file_format,
          'sink.partition-commit.policy.kind': 'success-file', **sink})});
INSERT INTO output SELECT a, b, p FROM input;
""")
    return [str(WEIR), "run", str(script), "--quiet", "--resume"]


def run_to_end(command: List[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 * SLOWER)
    return "" if done.returncode == 0 else f"exit status {done.returncode}: {done.stdout}{done.stderr}"


def problem_of(folder: pathlib.Path, file_format: str, files: int = FILES) -> str:
    import pyarrow.dataset as dataset
    out = folder / "out"
    hidden = [str(path) for path in out.rglob(".*")]
    if hidden:
        return f"left behind: {' '.join(hidden[:5])}"
    missing = [p for p in range(PARTITIONS) if not (out / f"p=p{p}" / "_SUCCESS").exists()]
    if missing:
        return f"partitions without a success file: {missing}"
    rows = dataset.dataset(str(out), format=file_format, partitioning="hive").to_table().select(["a", "b", "p"])
    found = sorted(zip(*(column.to_pylist() for column in rows.columns)))
    expected = [(row, f"größe {row}", f"p{row % PARTITIONS}") for row in range(files * ROWS)]
    if found == expected:
        return ""
    return f"{len(found)} rows, {len(set(found))} of them different; expected {len(expected)}"


def whole_job(file_format: str, sink: Dict[str, str], files_max: int = 0) -> str:
    with tempfile.TemporaryDirectory(prefix="weir-sink-") as name:
        folder = pathlib.Path(name)
        write_input(folder / "in")
        problem = run_to_end(job(folder, file_format, sink, {})) or problem_of(folder, file_format)
        parts = len(list((folder / "out").rglob("part-*")))
        if not problem and 0 < files_max < parts:
            return f"{parts} files, expected at most {files_max}"
        return problem


def killed_job(file_format: str, sink: Dict[str, str], sink_after: Dict[str, str]) -> str:
    """A watching job is killed, goes on with other options, and ends as a job over the files that are there."""
    with tempfile.TemporaryDirectory(prefix="weir-sink-") as name:
        folder = pathlib.Path(name)
        for turn in range(2):
            write_input(folder / "in", 2 * turn, 2)
            process = subprocess.Popen(job(folder, file_format, sink, {"source.monitor-interval": "100 ms"}),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(2.5 * SLOWER)
            if process.poll() is not None:
                return f"the watching job ended by itself, exit status {process.returncode}"
            process.kill()
            process.wait()
        return run_to_end(job(folder, file_format, sink_after, {})) or problem_of(folder, file_format)


COMPACT = {"auto-compaction": "true", "sink.partition-commit.delay": "1 h"}
CASES = {
    "parquet": lambda: whole_job("parquet", {}),
    "json, rolled": lambda: whole_job("json", {"sink.rolling-policy.file-size": "200 kb"}),
    "csv with header": lambda: whole_job("csv", {"csv.header": "true"}),
    "parquet, merged": lambda: whole_job("parquet", COMPACT, PARTITIONS),
    "csv, merged": lambda: whole_job("csv", {**COMPACT, "csv.header": "true"}, PARTITIONS),
    "json, merged to a size": lambda: whole_job("json", {**COMPACT, "compaction.file-size": "500 kb"}),
    "json, killed": lambda: killed_job("json", {"sink.partition-commit.delay": "1 h"}, {}),
    "parquet, killed, then not merged": lambda: killed_job("parquet", COMPACT, {}),
}


def failures(names: List[str]) -> Dict[str, str]:
    """What is wrong with each case; empty: nothing."""
    outcomes = {}
    for name, case in CASES.items():
        if names and name not in names:
            continue
        try:
            outcomes[name] = case()
        except (OSError, subprocess.SubprocessError) as error:
            outcomes[name] = str(error)
    return outcomes


def main() -> int:
    outcomes = failures(sys.argv[1:])
    for name, problem in outcomes.items():
        print(f"{name}: {problem or 'ok'}")
    bad = sum(1 for problem in outcomes.values() if problem)
    print(f"{len(outcomes) - bad} passed, {bad} failed")
    return 1 if bad or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
