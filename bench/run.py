#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Measures Weir. `./dev bench` builds and calls this.

micro    Weir, in stream and in batch mode, beside DuckDB on the same files in the same run, two threads each. Best of
         several runs. Weir's CPU is that of its whole process; DuckDB's is that of the query alone, without the start of
         Python. `ratio` is DuckDB's CPU over Weir's: more than 1 means that Weir needs less.
nexmark  microseconds of CPU an event of the whole process, in stream mode, at parallelism 1 and 2, over NDJSON and Parquet,
         into a sink that drops everything; beside Flink's figures (nexmark/flink.tsv).
         With --callgrind: instructions an event instead, which do not depend on the machine's mood.
expressions  one line a family of functions: rows a second of CPU beside DuckDB (expressions.py); only when named.

Data is made once, below build/bench/data; results go to build/bench/results.json.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import Dict, List, NamedTuple, Optional

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
OUT = ROOT / "build" / "bench"
WEIR = ROOT / "build" / "release" / "weir"
THREADS = 2
DUCKDB_VERSION = "2.0.0"
BLOCK_EVENTS = 50            # Two readers get blocks of this many events in turn, so that their event times keep pace.
EVENTS_A_SECOND = 10_000     # Of event time.
CALLGRIND_EVENTS = 200_000
TIMEOUT_SECONDS = 1800


class Cost(NamedTuple):
    cpu: float   # Seconds, user and system.
    wall: float  # Seconds.


class Failure(Exception):
    """A run that did not succeed; the message says which and why."""


def fill(template: str, **values: object) -> str:
    """Replaces ${NAME}; an unknown name is an error."""
    return re.sub(r"\$\{(\w+)\}", lambda match: str(values[match.group(1)]), template)


def spawn(command: List[str]) -> Cost:
    """Runs `command` and gives the CPU of its process tree and the wall time."""
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        child = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            output.seek(0)
            text = output.read().decode(errors="replace").strip()
            raise Failure(f"exit status {child.returncode}: {text[-600:]}")
    return Cost(usage.ru_utime + usage.ru_stime, wall)


def weir_command(sql: str, name: str, mode: str, parallelism: int) -> List[str]:
    path = OUT / "sql" / f"{name}.sql"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql, encoding="utf-8")
    return [str(WEIR), "run", str(path), "--mode", mode, "--parallelism", str(parallelism), "--quiet"]


def best(runs: int, measure) -> Cost:
    """The run that took the least CPU."""
    return min((measure() for _ in range(runs)), key=lambda cost: cost.cpu)


def table(header: List[str], rows: List[List[str]]) -> None:
    widths = [max(len(line[i]) for line in [header] + rows) for i in range(len(header))]
    for line in [header] + rows:
        print("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                        for i, (cell, width) in enumerate(zip(line, widths))).rstrip(), flush=True)


# --- DuckDB ---

def duckdb_python() -> pathlib.Path:
    """A private environment with DuckDB and, to fetch results as batches, pyarrow."""
    python = OUT / "venv" / "bin" / "python"
    probe = [str(python), "-c", "import duckdb, pyarrow"]
    if not python.exists() or subprocess.run(probe, capture_output=True).returncode != 0:
        print("installing DuckDB into build/bench/venv", flush=True)
        subprocess.run([sys.executable, "-m", "venv", str(OUT / "venv")], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run(pip + [f"duckdb=={DUCKDB_VERSION}", "pyarrow"]).returncode != 0:
            print(f"DuckDB {DUCKDB_VERSION} is not to be had here; taking the newest", flush=True)
            subprocess.run(pip + ["duckdb", "pyarrow"], check=True)
    return python


DUCKDB_PROGRAM = """
import json, resource, sys, time
import duckdb
job = json.load(sys.stdin)
connection = duckdb.connect(config={"threads": job["threads"]})
connection.execute("SET enable_progress_bar = false")  # It would be printed before the answer.
for statement in job["prepare"]:
    connection.execute(statement)
def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
costs = []
for _ in range(job["runs"]):
    cpu_before, wall_before, rows = cpu(), time.monotonic(), 0
    if job["query"]:
        for batch in connection.execute(job["query"]).to_arrow_reader(100000):
            rows += batch.num_rows
    costs.append([cpu() - cpu_before, time.monotonic() - wall_before, rows])
print(json.dumps({"version": duckdb.__version__, "costs": costs}))
"""


def duckdb(prepare: List[str], query: str = "", runs: int = 1) -> Dict:
    job = {"threads": THREADS, "prepare": prepare, "query": query, "runs": runs}
    done = subprocess.run([str(duckdb_python()), "-c", DUCKDB_PROGRAM], input=json.dumps(job), capture_output=True,
                          text=True, timeout=TIMEOUT_SECONDS)
    if done.returncode != 0:
        raise Failure(f"DuckDB: {done.stderr.strip()[-600:]}")
    return json.loads(done.stdout)


# --- Data ---

def finished(folder: pathlib.Path, make) -> pathlib.Path:
    """Calls make(temporary folder) unless `folder` exists; a broken attempt leaves nothing behind."""
    if not folder.exists():
        unfinished = folder.with_name(folder.name + ".unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        make(unfinished)
        unfinished.rename(folder)
    return folder


def micro_data(rows: int) -> pathlib.Path:
    """Two Parquet and two NDJSON files with the same rows; the same on every machine."""
    def make(folder: pathlib.Path) -> None:
        print(f"making {rows:,} rows for the micro benchmarks", flush=True)
        hashed = "hash(range::BIGINT)"
        select = f"""
            SELECT range::BIGINT AS id,
                   (TIMESTAMP '2026-01-01 00:00:00' + to_milliseconds(range // {EVENTS_A_SECOND // 1000}))::TIMESTAMP_MS AS ts,
                   'channel-' || ({hashed} % 1000)::VARCHAR AS name,
                   (hash(range::BIGINT + 1) % 1000000)::BIGINT AS key,
                   (hash(range::BIGINT + 2) % 1000000)::BIGINT AS price,
                   (hash(range::BIGINT + 3) % 1000000)::DOUBLE / 1000000 AS value,
                   'https://example.org/item/' || hash(range::BIGINT + 4)::VARCHAR AS text
            FROM range({rows})"""
        statements = []
        for part in range(2):
            rows_of_part = f"{select} WHERE (range // {BLOCK_EVENTS}) % 2 = {part} ORDER BY range"
            for kind, options in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("json", "FORMAT json")):
                (folder / kind).mkdir(exist_ok=True)
                statements.append(f"COPY ({rows_of_part}) TO '{folder}/{kind}/part-{part}.{kind}' ({options})")
        duckdb(statements)

    return finished(OUT / "data" / f"micro-{rows}", make)


def nexmark_data(events: int) -> pathlib.Path:
    """Two NDJSON and two Parquet files, with blocks of events in turn."""
    def make(folder: pathlib.Path) -> None:
        print(f"making {events:,} Nexmark events", flush=True)
        generate = fill((BENCH / "nexmark" / "generate.sql").read_text(), EVENTS=events, RATE=EVENTS_A_SECOND,
                        FILES=folder / "raw")
        spawn(weir_command(generate, "generate", "batch", 1))
        (folder / "json").mkdir()
        with open(folder / "json" / "part-0.json", "wb") as even, open(folder / "json" / "part-1.json", "wb") as odd:
            number = 0
            for raw in sorted(path for path in (folder / "raw").rglob("*") if path.is_file()):
                with open(raw, "rb") as lines:
                    for line in lines:
                        (odd if number // BLOCK_EVENTS % 2 else even).write(line)
                        number += 1
        if number != events:
            raise Failure(f"the nexmark connector wrote {number:,} events, not {events:,}")
        shutil.rmtree(folder / "raw")
        (folder / "parquet").mkdir()
        for part in range(2):
            rewrite = fill((BENCH / "nexmark" / "to_parquet.sql").read_text(),
                           FROM=folder / "json" / f"part-{part}.json", TO=folder / f"raw-{part}")
            spawn(weir_command(rewrite, "to_parquet", "batch", 1))
            written = [path for path in (folder / f"raw-{part}").rglob("*") if path.is_file()]
            for number, path in enumerate(sorted(written)):
                path.rename(folder / "parquet" / f"part-{part}-{number}.parquet")
            shutil.rmtree(folder / f"raw-{part}")

    return finished(OUT / "data" / f"nexmark-{events}", make)


# --- Benchmarks ---

class Micro(NamedTuple):
    name: str
    title: str
    format: str
    duckdb: str
    weir: str


def read_micro(path: pathlib.Path) -> Micro:
    text = path.read_text(encoding="utf-8")
    head, rest = text.split("-- [duckdb]\n", 1)
    duckdb_sql, weir_sql = rest.split("-- [weir]\n", 1)
    facts = dict(re.findall(r"^-- (\w+): (.*)$", head, re.MULTILINE))
    return Micro(path.stem, facts["title"], facts["format"], duckdb_sql.strip(), weir_sql)


def run_micro(names: List[str], arguments: argparse.Namespace) -> List[Dict]:
    micros = [read_micro(path) for path in sorted((BENCH / "micro").glob("*.sql")) if path.stem != "prelude"]
    micros = [micro for micro in micros if not names or micro.name in names]
    if not micros:
        return []
    data = micro_data(arguments.events)
    results, rows = [], []
    version = ""
    for micro in micros:
        files = data / micro.format
        read = "read_parquet" if micro.format == "parquet" else "read_json_auto"
        peer = duckdb([f"CREATE VIEW rows AS SELECT * FROM {read}('{files}/*')"], micro.duckdb, arguments.runs)
        version = peer["version"]
        duck = min((Cost(*cost[:2]) for cost in peer["costs"]), key=lambda cost: cost.cpu)
        prelude = fill((BENCH / "micro" / "prelude.sql").read_text(), FILES=files, FORMAT=micro.format)
        result = {"benchmark": micro.name, "rows": arguments.events, "duckdb": duck._asdict()}
        row = [micro.title, f"{duck.cpu:.2f}", f"{duck.wall:.2f}"]
        for mode in ("batch", "stream"):
            command = weir_command(prelude + micro.weir, f"{micro.name}-{mode}", mode, THREADS)
            try:
                cost = best(arguments.runs, lambda: spawn(command))
            except Failure as failure:
                result[mode] = {"error": str(failure)}
                row += ["failed", "", ""]
                print(f"{micro.title}, {mode}: {failure}", file=sys.stderr)
                continue
            result[mode] = {**cost._asdict(), "ratio": duck.cpu / cost.cpu}
            row += [f"{cost.cpu:.2f}", f"{cost.wall:.2f}", f"{duck.cpu / cost.cpu:.2f}x"]
        results.append(result)
        rows.append(row)
    print(f"\n{arguments.events:,} rows, {THREADS} threads, best of {arguments.runs}; seconds of CPU and wall; "
          f"ratio = CPU of DuckDB {version} / CPU of Weir")
    table(["", "DuckDB cpu", "wall", "batch cpu", "wall", "ratio", "stream cpu", "wall", "ratio"], rows)
    return results


def callgrind_instructions(command: List[str]) -> int:
    counts = OUT / "callgrind.out"
    done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={counts}"] + command, cwd=ROOT,
                          capture_output=True, text=True, timeout=TIMEOUT_SECONDS)
    match = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    if done.returncode != 0 or not match:
        raise Failure(f"valgrind: {done.stderr.strip()[-600:]}")
    return int(match.group(1))


def nexmark_names() -> List[str]:
    return sorted((path.stem for path in (BENCH / "nexmark").glob("q*.sql")), key=lambda name: int(name[1:]))


def flink_figures() -> Dict[str, Dict[str, str]]:
    lines = [line for line in (BENCH / "nexmark" / "flink.tsv").read_text().splitlines() if not line.startswith("#")]
    names = lines[0].split("\t")
    return {line.split("\t")[0]: dict(zip(names, line.split("\t"))) for line in lines[1:]}


def run_nexmark(names: List[str], arguments: argparse.Namespace) -> List[Dict]:
    queries = [name for name in nexmark_names() if not names or name in names]
    if not queries:
        return []
    events = min(arguments.events, CALLGRIND_EVENTS) if arguments.callgrind else arguments.events
    data = nexmark_data(events)
    flink = flink_figures()
    unit = "instructions an event (callgrind)" if arguments.callgrind else "microseconds of CPU an event (wall seconds)"
    results, rows = [], []
    for query in queries:
        sql = (BENCH / "nexmark" / f"{query}.sql").read_text(encoding="utf-8")
        row = [query]
        for file_format in ("json", "parquet"):
            prelude = fill((BENCH / "nexmark" / "prelude.sql").read_text(), FILES=data / file_format, FORMAT=file_format)
            for parallelism in (1,) if arguments.callgrind else (1, 2):
                name = f"{query}-{file_format}-{parallelism}"
                command = weir_command(prelude + sql, name, "stream", parallelism)
                result = {"benchmark": query, "format": file_format, "parallelism": parallelism, "events": events}
                try:
                    if arguments.callgrind:
                        result["instructions_per_event"] = callgrind_instructions(command) / events
                        row.append(f"{result['instructions_per_event']:,.0f}")
                    else:
                        cost = best(arguments.runs, lambda: spawn(command))
                        result.update(cost._asdict(), cpu_us_per_event=cost.cpu / events * 1e6)
                        row.append(f"{result['cpu_us_per_event']:.3f} ({cost.wall:.1f})")
                except Failure as failure:
                    result["error"] = str(failure)
                    row.append("failed")
                    print(f"{name}: {failure}", file=sys.stderr)
                results.append(result)
            if not arguments.callgrind:
                figure = "ndjson" if file_format == "json" else "parquet"
                row += [flink.get(query, {}).get(f"bar_{figure}") or "-", flink.get(query, {}).get(f"flink_{figure}") or "-"]
        rows.append(row)
        print(f"{query} done", file=sys.stderr)
    print(f"\nNexmark, {events:,} events, stream mode, {unit}")
    if arguments.callgrind:
        table(["", "NDJSON", "Parquet"], rows)
    else:
        table(["", "NDJSON p=1", "p=2", "bar", "Flink", "Parquet p=1", "p=2", "bar", "Flink"], rows)
    return results


def main() -> int:
    micro_names = sorted(path.stem for path in (BENCH / "micro").glob("*.sql") if path.stem != "prelude")
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"names: expressions; micro {' '.join(micro_names)}; nexmark {' '.join(nexmark_names())}")
    parser.add_argument("names", nargs="*", metavar="NAME", help="micro, nexmark, expressions, or single benchmarks (default: all)")
    parser.add_argument("--events", type=int, default=6_000_000, help="rows and events (default: 6,000,000)")
    parser.add_argument("--runs", type=int, default=3, help="runs of each; the best counts (default: 3)")
    parser.add_argument("--callgrind", action="store_true",
                        help=f"Nexmark: count instructions over {CALLGRIND_EVENTS:,} events (needs valgrind)")
    arguments = parser.parse_args()
    names = set(arguments.names)
    unknown = names - set(micro_names) - set(nexmark_names()) - {"micro", "nexmark", "expressions"}
    if unknown:
        parser.error(f"there is no benchmark {sorted(unknown)[0]}")
    if arguments.events <= 0 or arguments.runs <= 0:
        parser.error("--events and --runs must be greater than 0")
    if not WEIR.exists():
        print("build/release/weir is missing: ./dev build release weir", file=sys.stderr)
        return 1
    if "expressions" in names:
        import expressions  # Needs this module.
        try:
            expressions.run_expressions(min(arguments.events, 1_000_000), arguments.runs, [])
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 1
        names.discard("expressions")
        if not names:
            return 0
    wanted_micro = micro_names if not names or "micro" in names else sorted(names & set(micro_names))
    wanted_nexmark = nexmark_names() if not names or "nexmark" in names else sorted(names & set(nexmark_names()))
    results = []
    try:
        if wanted_micro and not arguments.callgrind:
            results += run_micro(wanted_micro, arguments)
        if wanted_nexmark:
            results += run_nexmark(wanted_nexmark, arguments)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    return 1 if any("error" in str(result) for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
