#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Kills the real program with SIGKILL at random moments, with real files, until its job is done; then counts rows.

    tools/kill_test.py [--kills 100] [--seed 1] [--jobs REGEX] [--ledger FILE] [--keep]

Each job is started as `weir run JOB.sql --resume -D execution.checkpointing.interval=... -D execution.checkpointing.dir=...`
again and again until it ends with exit status 0. What its sinks hold is then compared with an answer that this program
computes by itself; a file that begins with '.' or '_' must not be left. Jobs are repeated until the number of kills is
reached. A failure prints the command that repeats it and keeps the files.
"""
import argparse
import collections
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from typing import Callable, Counter, Dict, List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
PROGRAM = ROOT / "build" / PRESET / "weir"
START = datetime.datetime(2024, 1, 1)
ROWS = 150_000
FILES = 3
STARTS_MAX = 400  # Of one job: more means that it makes no progress.


class Bid(NamedTuple):
    key: str
    value: int
    second: int  # Since START.


class Job(NamedTuple):
    name: str
    sql: str
    expected: Callable[[List[Bid]], Dict[str, Counter]]  # Folder of a sink to its lines.

def make_bids(rows: int, seed: int) -> List[Bid]:
    chance = random.Random(seed)
    return [Bid(f"k{chance.randrange(50)}", chance.randrange(1000), i * 600 // rows) for i in range(rows)]


def time_text(second: int) -> str:
    return (START + datetime.timedelta(seconds=second)).strftime("%Y-%m-%d %H:%M:%S")


def write_inputs(folder: pathlib.Path, bids: List[Bid]) -> None:
    """All rows in order over a few files for jobs without time, and in one file for those with."""
    for name, files in (("many", FILES), ("one", 1)):
        (folder / name).mkdir(parents=True)
        share = (len(bids) + files - 1) // files
        for i in range(files):
            lines = (f"{bid.key},{bid.value},{time_text(bid.second)}\n" for bid in bids[i * share:(i + 1) * share])
            (folder / name / f"part-{i}.csv").write_text("".join(lines))


def source(name: str, watermark: bool = False) -> str:
    columns = "k STRING, v INT, ts TIMESTAMP(3)" + (", WATERMARK FOR ts AS ts" if watermark else "")
    return f"CREATE TABLE bids ({columns}) WITH ('connector' = 'filesystem', 'path' = 'in/{name}', 'format' = 'csv');\n"


def sink(name: str, columns: str, form: str = "csv", more: str = "", partition: str = "") -> str:
    partitioned = f"PARTITIONED BY ({partition}) " if partition else ""
    return (f"CREATE TABLE {name} ({columns}) {partitioned}WITH ('connector' = 'filesystem', 'path' = 'out/{name}', "
            f"'format' = '{form}'{more});\n")


def expect_filter(bids: List[Bid]) -> Dict[str, Counter]:
    return {"result_rows": collections.Counter(f"{b.key},{b.value * 2}" for b in bids if b.value >= 500)}


def expect_partitions(bids: List[Bid]) -> Dict[str, Counter]:
    return {"result_rows": collections.Counter(f"g={b.value % 4}/{b.key},{b.value}" for b in bids)}


def expect_tumble(bids: List[Bid]) -> Dict[str, Counter]:
    windows: Dict[tuple, List[int]] = collections.defaultdict(list)
    for bid in bids:
        windows[(bid.key, bid.second // 10 * 10)].append(bid.value)
    return {"result_rows": collections.Counter(
        json.dumps({"k": key, "b": time_text(second), "n": len(values), "total": sum(values), "ds": len(set(values))},
                   separators=(",", ":"))
        for (key, second), values in windows.items())}


def expect_set(bids: List[Bid]) -> Dict[str, Counter]:
    return {"high": collections.Counter(f"{b.key},{b.value}" for b in bids if b.value >= 700),
            "low": collections.Counter(f"{b.key},{b.value}" for b in bids if b.value < 200)}


def expect_join(bids: List[Bid]) -> Dict[str, Counter]:
    names = {f"k{i}": f"name {i}" for i in range(50)}
    return {"result_rows": collections.Counter(f"\"{names[b.key]}\",{b.value}" for b in bids if b.value % 3 == 0)}


JOBS = [
    Job("filter", source("many") + sink("result_rows", "k STRING, w INT") +
        "INSERT INTO result_rows SELECT k, v * 2 FROM bids WHERE v >= 500;\n", expect_filter),
    Job("partitions", source("many") + sink("result_rows", "k STRING, v INT, g INT", partition="g") +
        "INSERT INTO result_rows SELECT k, v, MOD(v, 4) FROM bids;\n", expect_partitions),
    Job("tumble", source("one", watermark=True) +
        sink("result_rows", "k STRING, b TIMESTAMP(0), n BIGINT, total BIGINT, ds BIGINT", "json") +
        "INSERT INTO result_rows SELECT k, CAST(window_start AS TIMESTAMP(0)), COUNT(*), SUM(CAST(v AS BIGINT)), COUNT(DISTINCT v) "
        "FROM TABLE(TUMBLE(TABLE bids, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY k, window_start, window_end;\n",
        expect_tumble),
    Job("statement-set", source("many") + sink("high", "k STRING, v INT") + sink("low", "k STRING, v INT", more=", 'sink.rolling-policy.file-size' = '16 kb'") +
        "EXECUTE STATEMENT SET BEGIN\nINSERT INTO high SELECT k, v FROM bids WHERE v >= 700;\n"
        "INSERT INTO low SELECT k, v FROM bids WHERE v < 200;\nEND;\n", expect_set),
    Job("join", source("many") +
        "CREATE TABLE names (k STRING, name STRING) WITH ('connector' = 'filesystem', 'path' = 'in/names', 'format' = 'csv');\n" +
        sink("result_rows", "name STRING, v INT") +
        "INSERT INTO result_rows SELECT n.name, b.v FROM bids b JOIN names n ON b.k = n.k WHERE MOD(b.v, 3) = 0;\n", expect_join),
]


def lines_of(folder: pathlib.Path) -> Counter:
    lines: Counter = collections.Counter()
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == "_SUCCESS":
            continue
        inside = path.relative_to(folder).parent.as_posix()
        prefix = "" if inside == "." else inside + "/"
        text = path.read_text()
        if text and not text.endswith("\n"):
            lines[f"(an unfinished line in {path.name})"] += 1
        lines.update(prefix + line for line in text.splitlines())
    return lines


def leftovers(folder: pathlib.Path) -> List[str]:
    return [str(path) for path in folder.rglob("*") if path.is_file() and path.name[0] in "._" and path.name != "_SUCCESS"]


def problem_of(job: Job, folder: pathlib.Path, expected: Dict[str, Counter]) -> str:
    for name, wanted in expected.items():
        if not (folder / "out" / name).is_dir():
            return f"{name}: there is no output"
        got = lines_of(folder / "out" / name)
        missing, extra = wanted - got, got - wanted
        if missing or extra:
            return (f"{name}: {sum(missing.values())} rows lost (first {next(iter(missing), '-')}), "
                    f"{sum(extra.values())} too many (first {next(iter(extra), '-')})")
    left = leftovers(folder / "out")
    return f"left over: {left[:3]} ({len(left)})" if left else ""


class Killer:
    """Runs jobs and counts."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.chance = random.Random(arguments.seed)
        self.kills = self.finished = 0

    def command(self, job: Job, folder: pathlib.Path) -> List[str]:
        parallelism = self.chance.choice((1, 2, 3))
        options = {"execution.checkpointing.interval": f"{self.chance.choice((5, 20, 50))} ms",
                   "execution.checkpointing.dir": str(folder / "checkpoints"), "execution.runtime-mode": "STREAMING",
                   "weir.checkpoint.rows-per-step": str(self.chance.choice((1, 50, 8192))),
                   "parallelism.default": str(parallelism), "weir.batch.rows-max": str(self.arguments.batch_rows),
                   "pipeline.name": job.name, "restart-strategy.type": "none"}
        command = [str(self.arguments.program), "run", "job.sql", "--resume"]
        for key, value in options.items():
            command += ["-D", f"{key}={value}"]
        return command

    def run_until_done(self, job: Job, folder: pathlib.Path) -> str:
        """Starts and kills the job until it ends by itself; what is wrong, or ''."""
        (folder / "job.sql").write_text(job.sql)
        longest = self.arguments.longest
        for start in range(STARTS_MAX):
            command = self.command(job, folder)
            with open(folder / "log.txt", "ab") as log:
                process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                           start_new_session=True)
                try:
                    # A job that dies early again and again gets a little longer each time.
                    status = process.wait(self.chance.uniform(0, longest * (1 + start / 50)))
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    self.kills += 1
                    continue
            if status == 0:
                return ""
            tail = (folder / "log.txt").read_text(errors="replace").splitlines()[-5:]
            return f"exit status {status} after {start} kills: " + " / ".join(tail)
        return f"not done after {STARTS_MAX} starts"

    def run_one(self, job: Job, number: int, work: pathlib.Path, inputs: pathlib.Path, expected: Dict[str, Counter]) -> str:
        folder = work / f"{number}-{job.name}"
        folder.mkdir()
        (folder / "in").symlink_to(inputs)
        problem = self.run_until_done(job, folder) or problem_of(job, folder, expected)
        if not problem:
            self.finished += 1
            if not self.arguments.keep:
                shutil.rmtree(folder)
            return ""
        return (f"{job.name}: {problem}\n    files: {folder}\n    repeat: tools/kill_test.py --seed {self.arguments.seed} "
                f"--kills {self.arguments.kills} --jobs '{self.arguments.jobs}'")

    def run(self, jobs: List[Job]) -> List[str]:
        work = pathlib.Path(tempfile.mkdtemp(prefix="weir-kill-"))
        inputs = work / "in"
        bids = make_bids(self.arguments.rows, self.arguments.seed)
        write_inputs(inputs, bids)
        (inputs / "names").mkdir()
        (inputs / "names" / "n.csv").write_text("".join(f"k{i},name {i}\n" for i in range(50)))
        answers = {job.name: job.expected(bids) for job in jobs}
        problems: List[str] = []
        number = 0
        while not problems and (self.kills < self.arguments.kills or number < len(jobs)):
            job = jobs[number % len(jobs)]
            problem = self.run_one(job, number, work, inputs, answers[job.name])
            if problem:
                problems.append(problem)
            number += 1
        if not problems and not self.arguments.keep:
            shutil.rmtree(work)
        return problems


def append_ledger(path: str, commit: str, killer: Killer, problems: List[str], seconds: float) -> None:
    line = {"date": datetime.date.today().isoformat(), "commit": commit, "audit": "kill", "seeds": str(killer.arguments.seed),
            "kills": killer.kills, "jobs_finished": killer.finished, "failed": len(problems), "seconds": round(seconds)}
    with open(path, "a", encoding="utf-8") as ledger:
        ledger.write(json.dumps(line, separators=(",", ":")) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description="Kills weir at random moments until its jobs are done, and counts rows.")
    parser.add_argument("--kills", type=int, default=100, help="at least so many")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", default=".*", help="regular expression of the jobs' names")
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--batch-rows", type=int, default=16, help="small batches make a short job long enough to be killed")
    parser.add_argument("--longest", type=float, default=0.4, help="seconds until a kill, at most")
    parser.add_argument("--program", default=str(PROGRAM))
    parser.add_argument("--ledger", default="", help="append a line of JSON to this file")
    parser.add_argument("--commit", default="unknown")
    parser.add_argument("--keep", action="store_true", help="leave all files")
    arguments = parser.parse_args()
    jobs = [job for job in JOBS if re.fullmatch(arguments.jobs, job.name)]
    if not jobs:
        parser.error(f"no job matches '{arguments.jobs}' (jobs: {' '.join(job.name for job in JOBS)})")
    begin = time.monotonic()
    killer = Killer(arguments)
    problems = killer.run(jobs)
    for problem in problems:
        print("FAILED", problem)
    seconds = time.monotonic() - begin
    if arguments.ledger:
        append_ledger(arguments.ledger, arguments.commit, killer, problems, seconds)
    print(f"kill: {killer.kills} kills, {killer.finished} jobs finished, {seconds:.1f} s")
    print(f"{killer.kills - len(problems)} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
