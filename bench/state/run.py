#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""What state costs. `./dev bench state` builds and calls this.

rmw         keyed read-modify-write in memory: nanoseconds of CPU an update, Weir's table beside RocksDB in one process
checkpoint  a table of 4 M keys: bytes and milliseconds of an epoch as the share of changed keys falls
throughput  a keyed count with and without a checkpoint a second, in turn; what the checkpoints cost of CPU and of time
recovery    a job with about 1 GiB of state is killed with SIGKILL; from the start of the next process to its first row
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Callable, Dict, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEIR = ROOT / "build" / "release" / "weir"
BENCH = ROOT / "build" / "release" / "weir-state-bench"
OUT = ROOT / "build" / "bench" / "state"

COUNT_SQL = """
SET 'execution.runtime-mode' = 'streaming';
CREATE TABLE source (k BIGINT, v BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '%(rows)d',
  'rows-per-second' = '1000000000', 'fields.k.min' = '0', 'fields.k.max' = '100000');
CREATE TABLE sink (k BIGINT, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT k, COUNT(*) FROM source GROUP BY k;
"""

RECOVERY_SQL = """
SET 'execution.runtime-mode' = 'streaming';
SET 'pipeline.name' = 'recovery';
CREATE TABLE source (k BIGINT, payload STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '1000000000',
  'fields.k.kind' = 'random', 'fields.k.min' = '0', 'fields.k.max' = '%(keys)d', 'fields.payload.length' = '100');
CREATE TABLE sink (k BIGINT, payload STRING) WITH ('connector' = '%(sink)s');
INSERT INTO sink SELECT k, MAX(payload) FROM source GROUP BY k;
"""


def run_job(sql: str, *options: str) -> Tuple[float, float]:
    """CPU and wall seconds of one run."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(sql)
        script.flush()
        start = time.monotonic()
        child = subprocess.Popen([WEIR, "run", script.name, *options], cwd=ROOT)
        _, status, usage = os.wait4(child.pid, 0)
        if status != 0:
            raise SystemExit(f"bench: the job ended with status {status}")
        return usage.ru_utime + usage.ru_stime, time.monotonic() - start


def lines(*arguments: str) -> List[Dict]:
    output = subprocess.run([BENCH, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    return [json.loads(line) for line in output.splitlines()]


def rmw() -> None:
    print("keyed read-modify-write, nanoseconds of CPU an update")
    for keys, count in (("integers", "4 M"), ("strings", "1 M")):
        result = lines("rmw", keys, str(OUT / "rocksdb"))[0]
        print(f"  {count} {keys:9} weir {result['weir_ns']:7.1f}   rocksdb {result['rocksdb_ns']:8.1f}"
              f"   ratio {result['ratio']:6.1f}   floor 50, aim 100")


def checkpoint() -> None:
    print("epochs of a table with 4 M keys")
    for result in lines("checkpoint", str(OUT / "epochs")):
        print(f"  dirty {result['dirty']:14} {result['bytes']:12,} bytes   {result['millis']:9.1f} ms"
              f"   names noted in {result['stop_millis']:6.1f} ms"
              f"   longest step of copying {result['step_millis']:6.2f} ms")


def throughput(rows: int, runs: int) -> None:
    print(f"keyed count of {rows:,} rows, {runs} runs each in turn, medians")
    plain: List[Tuple[float, float]] = []
    saved: List[Tuple[float, float]] = []
    for _ in range(runs):
        plain.append(run_job(COUNT_SQL % {"rows": rows}))
        directory = OUT / "throughput"
        shutil.rmtree(directory, ignore_errors=True)
        saved.append(run_job(COUNT_SQL % {"rows": rows}, "-D", "execution.checkpointing.interval=1s",
                             "-D", f"execution.checkpointing.dir={directory}"))
    for index, name in ((0, "CPU"), (1, "wall")):
        without = statistics.median(run[index] for run in plain)
        with_them = statistics.median(run[index] for run in saved)
        print(f"  {name:4} seconds   without {without:7.2f}   with {with_them:7.2f}"
              f"   lost {100 * (with_them / without - 1):5.1f} %   floor 3 %")


def data_bytes(directory: pathlib.Path) -> int:
    return sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise SystemExit("bench: the state did not grow as it should")
        time.sleep(0.05)


def recovery(keys: int) -> None:
    directory = OUT / "recovery"
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    options = ["-D", "execution.checkpointing.interval=2s", "-D", f"execution.checkpointing.dir={directory}", "--resume"]
    script = OUT / "recovery.sql"
    script.write_text(RECOVERY_SQL % {"keys": keys, "sink": "blackhole"})
    child = subprocess.Popen([WEIR, "run", script, *options], cwd=ROOT)
    # Until nearly all keys are there: the state no longer grows.
    sizes = [0]

    def is_full() -> bool:
        sizes.append(data_bytes(directory))
        return len(sizes) > 400 or time.monotonic() - start > 60

    start = time.monotonic()
    wait_for(is_full, 120)
    child.send_signal(signal.SIGKILL)
    child.wait()
    size = data_bytes(directory)
    script.write_text(RECOVERY_SQL % {"keys": keys, "sink": "print"})
    start = time.monotonic()
    child = subprocess.Popen([WEIR, "run", script, *options], cwd=ROOT, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    seconds = time.monotonic() - start
    child.kill()
    child.wait()
    print(f"kill -9 to the first row: {seconds:.2f} s with {size / 2**30:.2f} GiB of checkpoint   floor 1 s")
    shutil.rmtree(directory, ignore_errors=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev bench state", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("only", nargs="*", help="rmw, checkpoint, throughput, recovery (default: all)")
    parser.add_argument("--rows", type=int, default=60_000_000, help="rows of the keyed count")
    parser.add_argument("--keys", type=int, default=8_000_000, help="keys of 100 bytes in the recovery")
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    parts = {"rmw": rmw, "checkpoint": checkpoint, "throughput": lambda: throughput(arguments.rows, arguments.runs),
             "recovery": lambda: recovery(arguments.keys)}
    for name in arguments.only or parts:
        if name not in parts:
            parser.error(f"there is no part '{name}': {', '.join(parts)}")
    OUT.mkdir(parents=True, exist_ok=True)
    for name in arguments.only or parts:
        parts[name]()
        sys.stdout.flush()


if __name__ == "__main__":
    main()
