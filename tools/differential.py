#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Looks for wrong answers: random queries over random tables, each run in several ways that must agree.

    tools/differential.py [SECONDS] [SEED]           default: 60 seconds, seed 1
    tools/differential.py --round N                  that round only (its files stay in build/differential)

A round makes three tables, writes them as NDJSON, CSV and Parquet, and makes queries over them (random_query.py). Each query runs
in batch and in stream mode, in one and in several threads, with one row a batch, and strictly row by row (WAYS); each way reads
another file format. What remains of a changelog must be the same rows everywhere. Where DuckDB's and Flink's meaning coincide, or
can be made to, the rows must also be DuckDB's. Round N of a seed is always the same.

Before, Nexmark's events are read from the connector, from NDJSON and from Parquet (nexmark_formats.py).

DuckDB is that of ./dev bench (build/bench/venv); without it the ways are compared with each other only, and that is said.
Differences, crashes, hangs and errors that are no refusal go to build/differential/found, one file a query, which can be run by
`weir run`. Ends with status 1 if there are any.
"""
import argparse
import collections
import csv
import datetime
import decimal
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import time
from typing import Any, Counter, Dict, List, NamedTuple, Optional, Tuple

import nexmark_formats
import random_query

ROOT = pathlib.Path(__file__).resolve().parent.parent
WEIR = ROOT / "build" / "release" / "weir"
WORK = ROOT / "build" / "differential"
DUCK_PYTHON = ROOT / "build" / "bench" / "venv" / "bin" / "python"
ARROW_PYTHON = ROOT / ".venv" / "bin" / "python"
QUERIES_A_ROUND = 60
ROWS_MAX = 3000  # Larger answers take long and show nothing more.
TIMEOUT_SECONDS = 60
REFUSALS = re.compile(r"is not supported|not supported|are not supported|cannot be used in batch")


class Way(NamedTuple):
    name: str
    options: List[str]
    format: str


WAYS = [
    Way("batch", ["--mode", "batch", "--parallelism", "1"], "parquet"),
    Way("stream", ["--mode", "stream", "--parallelism", "1"], "json"),
    Way("stream-3", ["--mode", "stream", "--parallelism", "3"], "csv"),
    Way("batch-rows-1", ["--mode", "batch", "--parallelism", "2", "-D", "weir.batch.rows-max=1"], "csv"),
    Way("stream-rows-3", ["--mode", "stream", "--parallelism", "2", "-D", "weir.batch.rows-max=3"], "parquet"),
    Way("strict", ["--mode", "stream", "-D", "weir.strict=true"], "json"),
]

Rows = Counter[Tuple[Any, ...]]


class Answer(NamedTuple):
    rows: Optional[Rows]
    error: str


# -- tables --


def write_files(table: random_query.Table, folder: pathlib.Path) -> None:
    names = [name for name, _ in table.columns]
    with open(folder / f"{table.name}.json", "w", encoding="utf-8") as file:
        for row in table.rows:
            cells = [value if kind == "C" and value is not None else json.dumps(value, ensure_ascii=False)
                     for value, (_, kind) in zip(row, table.columns)]
            file.write("{" + ", ".join(f'"{name}": {cell}' for name, cell in zip(names, cells)) + "}\n")
    with open(folder / f"{table.name}.csv", "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in table.rows:
            writer.writerow(["NULL" if value is None else csv_text(value) for value in row])


def csv_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def write_parquet(folder: pathlib.Path) -> None:
    """Runs in the Python that has pyarrow."""
    import pyarrow  # type: ignore
    import pyarrow.parquet  # type: ignore
    types = {"I": pyarrow.int32(), "L": pyarrow.int64(), "F": pyarrow.float64(), "C": pyarrow.decimal128(10, 2),
             "S": pyarrow.string(), "B": pyarrow.bool_(), "D": pyarrow.date32(), "T": pyarrow.timestamp("ms")}
    read = {"C": decimal.Decimal, "D": datetime.date.fromisoformat, "T": datetime.datetime.fromisoformat}
    for name, columns, rows in json.loads((folder / "tables.json").read_text()):
        arrays = [pyarrow.array([None if row[i] is None else read.get(kind, lambda value: value)(row[i]) for row in rows],
                                types[kind]) for i, (_, kind) in enumerate(columns)]
        schema = pyarrow.schema([(column, types[kind]) for column, kind in columns])
        pyarrow.parquet.write_table(pyarrow.table(arrays, schema=schema), str(folder / f"{name}.parquet"), row_group_size=7)


def write_tables(tables: List[random_query.Table], folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        write_files(table, folder)
    (folder / "tables.json").write_text(json.dumps([[t.name, t.columns, t.rows] for t in tables]))
    subprocess.run([str(ARROW_PYTHON), __file__, "--write-parquet", str(folder)], check=True)


def ddl(tables: List[random_query.Table], folder: pathlib.Path, format_: str) -> str:
    made = []
    for table in tables:
        null = " NOT NULL" if table.not_null else ""
        columns = ", ".join(f"{name} {random_query.WEIR_TYPES[kind]}{null}" for name, kind in table.columns)
        watermark = f", WATERMARK FOR {table.time} AS {table.time}" if table.time else ""
        null_literal = ", 'csv.null-literal' = 'NULL'" if format_ == "csv" else ""
        made.append(f"CREATE TABLE {table.name} ({columns}{watermark}) WITH ('connector' = 'filesystem', "
                    f"'path' = '{folder / table.name}.{format_}', 'format' = '{format_}'{null_literal});\n")
    return "".join(made)


# -- DuckDB --


def duck_connection(tables: List[random_query.Table]) -> Any:
    try:
        import duckdb  # type: ignore
    except ImportError:
        return None
    connection = duckdb.connect()
    connection.execute("SET threads = 1")
    for table in tables:
        columns = ", ".join(f"{name} {random_query.DUCK_TYPES[kind]}" for name, kind in table.columns)
        connection.execute(f"CREATE TABLE {table.name} ({columns})")
        if table.rows:
            marks = ", ".join("?" for _ in table.columns)
            connection.executemany(f"INSERT INTO {table.name} VALUES ({marks})", table.rows)
    return connection


def duck_answer(connection: Any, query: random_query.Relation) -> Answer:
    if connection is None or query.duck is None:
        return Answer(None, "")
    try:
        found = connection.execute(query.duck).fetchmany(ROWS_MAX + 1)
    except Exception as error:  # pylint: disable=broad-except
        return Answer(None, f"duckdb: {error}")
    kinds = [column.type for column in query.columns]
    return Answer(collections.Counter(tuple(cell(v, k) for v, k in zip(row, kinds)) for row in found), "")


# -- Weir --


def cell(value: Any, kind: str) -> Any:
    """A value so that equal ones of DuckDB and of Weir's JSON are equal."""
    if value is None or isinstance(value, bool):
        return value
    if kind == "T":
        text = value.isoformat(" ") if isinstance(value, datetime.datetime) else str(value)
        return text.rstrip("0").rstrip(".") if "." in text else text
    if kind == "D":
        return str(value)[:10]
    if kind in "ILFC":
        number = decimal.Decimal(str(value))
        return number.normalize() if number else decimal.Decimal(0)
    return value


def fold(lines: List[str], kinds: List[str]) -> Answer:
    rows: Rows = collections.Counter()
    for line in lines:
        try:
            pairs = json.loads(line, object_pairs_hook=list, parse_float=decimal.Decimal)
        except ValueError:
            return Answer(None, f"not JSON: {line[:200]}")
        sign = 1
        if pairs and pairs[0][0] == "op":
            sign = -1 if pairs[0][1] in ("-U", "-D") else 1
            pairs = pairs[1:]
        if len(pairs) != len(kinds):
            return Answer(None, f"{len(pairs)} columns, not {len(kinds)}: {line[:200]}")
        row = tuple(cell(value, kind) for (_, value), kind in zip(pairs, kinds))
        rows[row] += sign
        if rows[row] == 0:
            del rows[row]
        elif rows[row] < 0 and sign < 0:
            return Answer(None, f"deletes what is not there: {line[:200]}")
    return Answer(rows, "")


def run_weir(way: Way, sql: str, folder: pathlib.Path) -> Tuple[List[List[str]], str]:
    """The lines of each finished query, and how it ended if not well."""
    file = folder / f"{way.name}.sql"
    file.write_text(sql, encoding="utf-8")
    command = [str(WORK / f"weir-{os.getpid()}"), "run", str(file), "-q", "--output", "json", *way.options]
    ended = ""
    try:
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT_SECONDS)
        out = done.stdout
        if done.returncode < 0 or done.returncode > 1:
            ended = f"ended with status {done.returncode}: {done.stderr.decode(errors='replace')[-600:]}"
        elif done.returncode == 1:
            ended = done.stderr.decode(errors="replace").strip()[:600] or "failed silently"
    except subprocess.TimeoutExpired as expired:
        out, ended = expired.stdout or b"", f"does not end in {TIMEOUT_SECONDS} s"
    parts: List[List[str]] = [[]]
    for line in out.decode(errors="replace").splitlines():
        if line.startswith('{"end_of_query":'):
            parts.append([])
        else:
            parts[-1].append(line)
    return parts[:-1], ended


def weir_answers(way: Way, tables: List[random_query.Table], queries: List[random_query.Relation],
                 folder: pathlib.Path) -> List[Answer]:
    head = ddl(tables, folder, way.format)
    answers: List[Answer] = []
    while len(answers) < len(queries):
        rest = queries[len(answers):]
        sql = head + "".join(f"{query.weir};\nSELECT {i} AS end_of_query;\n" for i, query in enumerate(rest))
        parts, ended = run_weir(way, sql, folder)
        for query, lines in zip(rest, parts):
            answers.append(fold(lines, [column.type for column in query.columns]))
        if len(parts) < len(rest):
            answers.append(Answer(None, ended or "ended too early"))
    return answers


# -- comparing --


def difference(left: Rows, right: Rows) -> str:
    only_left, only_right = left - right, right - left
    show = [f"  - {row} x{count}" for row, count in list(only_left.items())[:4]]
    show += [f"  + {row} x{count}" for row, count in list(only_right.items())[:4]]
    return "\n".join(show)


def judge(duck: Answer, answers: Dict[str, Answer]) -> str:
    """What is wrong with these answers to one query; nothing if all is well."""
    bad = [f"{name}: {answer.error}" for name, answer in answers.items() if answer.error and not REFUSALS.search(answer.error)]
    if bad:
        return "\n".join(bad)
    known = [(name, answer.rows) for name, answer in answers.items() if answer.rows is not None]
    for name, rows in known[1:]:
        if rows != known[0][1]:
            return f"- {known[0][0]} + {name}\n{difference(known[0][1], rows)}"
    if duck.rows is not None and known and duck.rows != known[0][1]:
        return f"- duckdb + {known[0][0]}\n{difference(duck.rows, known[0][1])}"
    return ""


class Totals:
    def __init__(self) -> None:
        self.queries = 0
        self.compared_with_duckdb = 0
        self.duckdb_errors: Counter[str] = collections.Counter()
        self.refused: Counter[str] = collections.Counter()
        self.found = 0


def report(seed: int, number: int, index: int, what: str, query: random_query.Relation, tables: List[random_query.Table],
           folder: pathlib.Path) -> None:
    found = WORK / "found"
    found.mkdir(parents=True, exist_ok=True)
    words = "".join(f"-- {line}\n" for line in what.splitlines())
    duck = f"-- DuckDB: {query.duck}\n" if query.duck else ""
    file = found / f"seed{seed}-round{number}-query{index}.sql"
    file.write_text(f"{words}{duck}{ddl(tables, folder, 'json')}{query.weir};\n", encoding="utf-8")
    print(f"FOUND {file.relative_to(ROOT)} ({len(query.weir)} characters)\n{what}", flush=True)


def run_round(seed: int, number: int, totals: Totals, keep: bool) -> None:
    rng = random.Random(f"{seed}/{number}")
    tables = [random_query.random_table(rng, name) for name in ("t0", "t1", "t2")]
    folder = WORK / f"seed{seed}-round{number}"
    write_tables(tables, folder)
    queries = [random_query.random_query(random.Random(f"{seed}/{number}/{i}"), tables) for i in range(QUERIES_A_ROUND)]
    connection = duck_connection(tables)
    expected = [duck_answer(connection, query) for query in queries]
    small = [i for i, answer in enumerate(expected) if answer.rows is None or sum(answer.rows.values()) <= ROWS_MAX]
    queries, expected = [queries[i] for i in small], [expected[i] for i in small]
    answers = {way.name: weir_answers(way, tables, queries, folder) for way in WAYS}
    found = 0
    for i, query in enumerate(queries):
        totals.queries += 1
        of = {way.name: answers[way.name][i] for way in WAYS}
        totals.compared_with_duckdb += expected[i].rows is not None
        if expected[i].error:
            totals.duckdb_errors[re.sub(r"[0-9]+", "N", expected[i].error.splitlines()[0])[:110]] += 1
        for answer in of.values():
            if answer.error and REFUSALS.search(answer.error):
                totals.refused[re.sub(r"^\S+ |c?[0-9]+", "", answer.error.splitlines()[0])[:140]] += 1
        what = judge(expected[i], of)
        if what:
            found += 1
            report(seed, number, small[i], what, query, tables, folder)
    totals.found += found
    if not found and not keep:
        for file in folder.iterdir():
            file.unlink()
        folder.rmdir()


def run_nexmark(totals: Totals) -> None:
    """The same events from the connector and from files of each format."""
    folder = WORK / "nexmark"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    _, ended = run_weir(Way("generate", ["--parallelism", "1"], ""), nexmark_formats.generate_sql(folder), folder)
    sql = "".join(f"{query};\nSELECT {i} AS end_of_query;\n" for i, query in enumerate(nexmark_formats.QUERIES))
    expected: Optional[List[Dict[str, int]]] = None
    for source in ("nexmark", "json", "parquet"):
        for way in WAYS[:-1]:
            if source == "nexmark" and "3" in way.name:  # Several generators: the times of the rows differ.
                continue
            if not ended:
                parts, ended = run_weir(way, nexmark_formats.ddl(source, folder) + sql, folder)
            if ended:
                print(f"FOUND nexmark, {source}, {way.name}: {ended}", flush=True)
                totals.found += 1
                ended = ""
                continue
            found = [nexmark_formats.rows(lines) for lines in parts]
            expected = expected or found
            for query, ours, theirs in zip(nexmark_formats.QUERIES, found, expected):
                totals.queries += 1
                if ours != theirs:
                    totals.found += 1
                    odd = sorted(set(ours.items()) ^ set(theirs.items()))[:3]
                    print(f"FOUND nexmark, {source}, {way.name}: {query}\n  {odd}", flush=True)


def use_python_with_duckdb() -> None:
    try:
        import duckdb  # type: ignore  # pylint: disable=unused-import
    except ImportError:
        if DUCK_PYTHON.exists() and pathlib.Path(sys.executable) != DUCK_PYTHON:
            os.execv(str(DUCK_PYTHON), [str(DUCK_PYTHON), *sys.argv])
        print("DUCKDB IS NOT THERE (./dev bench installs it): ways to run are compared with each other only", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Random queries, run in several ways that must agree.")
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    parser.add_argument("seed", nargs="?", type=int, default=1)
    parser.add_argument("--round", type=int, help="run this round only, and keep its files")
    parser.add_argument("--write-parquet", metavar="FOLDER", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write_parquet:
        write_parquet(pathlib.Path(arguments.write_parquet))
        return 0
    use_python_with_duckdb()
    if not WEIR.exists():
        print(f"{WEIR} is not there; run ./dev build", file=sys.stderr)
        return 2
    # A copy: others may build meanwhile.
    WORK.mkdir(parents=True, exist_ok=True)
    shutil.copy(WEIR, WORK / f"weir-{os.getpid()}")
    try:
        return run_rounds(arguments)
    finally:
        (WORK / f"weir-{os.getpid()}").unlink()


def run_rounds(arguments: argparse.Namespace) -> int:
    totals, end, number = Totals(), time.monotonic() + arguments.seconds, 0
    if arguments.round is not None:
        run_round(arguments.seed, arguments.round, totals, keep=True)
    else:
        run_nexmark(totals)
    while arguments.round is None and time.monotonic() < end:
        run_round(arguments.seed, number, totals, keep=False)
        number += 1
    for text, count in totals.refused.most_common(25):
        print(f"refused {count} times: {text}")
    for text, count in totals.duckdb_errors.most_common(12):
        print(f"{count} times {text}")
    print(f"{totals.queries} queries, each in {len(WAYS)} ways; {totals.compared_with_duckdb} compared with DuckDB; "
          f"{totals.found} found")
    return 1 if totals.found else 0


if __name__ == "__main__":
    sys.exit(main())
