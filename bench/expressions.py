#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""One line a family of expressions: rows a second of CPU, Weir beside DuckDB, on the same Parquet file with one thread.

The cost of an expression is that of a query with it less that of the same query with the bare columns, so that reading
the file does not hide it. Each query computes COPIES different variants of the expression and reduces each to one
number, so that both sides do the whole work and print nothing. Every query runs several times; the quickest counts.

Called by `./dev bench expressions`; the floor is FLOOR times DuckDB's rows a second.
"""
import pathlib
import sys
from typing import Dict, List, NamedTuple

import run

FLOOR = 0.7
COPIES = 4
SMALLEST_SECONDS = 0.01  # Below this a difference of two runs says nothing.


class Family(NamedTuple):
    name: str
    weir: str    # {k} is 1 .. COPIES.
    duckdb: str
    kind: str    # What reduces it: "number", "flag" or "text".


FAMILIES = [
    Family("arithmetic", "(key + {k}) * 3 - price", "(key + {k}) * 3 - price", "number"),
    Family("division", "value / (price + {k})", "value / (price + {k})", "number"),
    Family("comparison", "price > {k}00000 AND key <> price", "price > {k}00000 AND key <> price", "flag"),
    Family("CASE", "CASE WHEN price < {k}00000 THEN 1 WHEN price < {k}50000 THEN key ELSE price END",
           "CASE WHEN price < {k}00000 THEN 1 WHEN price < {k}50000 THEN key ELSE price END", "number"),
    Family("LIKE prefix", "text LIKE 'https://example.org/item/{k}%'", "text LIKE 'https://example.org/item/{k}%'", "flag"),
    Family("LIKE middle", "text LIKE '%item/{k}%7'", "text LIKE '%item/{k}%7'", "flag"),
    Family("SUBSTRING", "SUBSTRING(text, {k}, 20)", "substring(text, {k}, 20)", "text"),
    Family("UPPER", "UPPER(SUBSTRING(text, {k}))", "upper(substring(text, {k}))", "text"),
    Family("CONCAT", "CONCAT(name, '-{k}-', text)", "concat(name, '-{k}-', text)", "text"),
    Family("REGEXP_EXTRACT", "REGEXP_EXTRACT(text, 'item/({k}[0-9]+)', 1)", "regexp_extract(text, 'item/({k}[0-9]+)', 1)",
           "text"),
    Family("EXTRACT", "EXTRACT(MINUTE FROM ts + INTERVAL '{k}' HOUR)", "extract(minute FROM ts + INTERVAL '{k}' HOUR)", "number"),
    Family("DATE_FORMAT", "DATE_FORMAT(ts + INTERVAL '{k}' DAY, 'yyyy-MM-dd HH:mm')",
           "strftime(ts + INTERVAL '{k}' DAY, '%Y-%m-%d %H:%M')", "text"),
    Family("CAST to text", "CAST(key + {k} AS STRING)", "(key + {k})::VARCHAR", "text"),
    Family("CAST from text", "CAST(digits AS BIGINT) + {k}", "digits::BIGINT + {k}", "number"),
    Family("CAST to double", "CAST(key + {k} AS DOUBLE)", "(key + {k})::DOUBLE", "number"),
    Family("JSON_VALUE", "JSON_VALUE(json, '$.f{k}')", "json_extract_string(json, '$.f{k}')", "text"),
]

# What a query without the expression reads: the same columns, reduced the same way.
REDUCE = {"weir": {"number": "SUM({e})", "flag": "COUNT(*) FILTER (WHERE {e})", "text": "SUM(OCTET_LENGTH({e}))"},
          "duckdb": {"number": "sum({e})", "flag": "count(*) FILTER (WHERE {e})", "text": "sum(strlen({e}))"}}
COLUMNS = {"key": "number", "price": "number", "value": "number", "ts": "time", "name": "text", "text": "text",
           "digits": "text", "json": "text"}


def bare(family: Family, engine: str) -> str:
    """A query over the columns of `family` alone."""
    reduces = REDUCE[engine]
    terms = []
    for column, kind in COLUMNS.items():
        if column in family.weir.replace("'", " ").replace("(", " ").replace(",", " ").replace(")", " ").split():
            quoted = f"`{column}`" if engine == "weir" else f'"{column}"'
            expression = f"MAX({quoted})" if kind == "time" else reduces[kind].format(e=quoted)
            terms.append(expression)
    return ", ".join(terms)


def full(family: Family, engine: str) -> str:
    template = family.weir if engine == "weir" else family.duckdb
    if engine == "weir":
        template = template.replace("value /", "`value` /").replace("key", "`key`")
    return ", ".join(REDUCE[engine][family.kind].format(e=template.format(k=k)) for k in range(1, COPIES + 1))


def make_data(rows: int) -> pathlib.Path:
    def make(folder: pathlib.Path) -> None:
        print(f"making {rows:,} rows for the expression benchmarks", flush=True)
        source = f"""
            SELECT (hash(range) % 1000000)::BIGINT AS key, (hash(range + 2) % 1000000)::BIGINT AS price,
                   (hash(range + 3) % 1000000)::DOUBLE / 1000 AS value,
                   (TIMESTAMP '2026-01-01 00:00:00' + to_milliseconds(range * 1237))::TIMESTAMP_MS AS ts,
                   'channel-' || (hash(range) % 100000)::VARCHAR AS name,
                   'https://example.org/item/' || hash(range + 4)::VARCHAR AS text,
                   (hash(range + 5) % 10000000000)::VARCHAR AS digits,
                   '{{"f1": ' || (hash(range + 6) % 1000)::VARCHAR || ', "f2": "x' || (hash(range + 7) % 100000)::VARCHAR
                       || '", "f3": true, "l": [1, 2], "f4": 1.5}}' AS json
            FROM range({rows})"""
        run.duckdb(["SET enable_progress_bar = false", f"COPY ({source}) TO '{folder}/rows.parquet' (FORMAT parquet, COMPRESSION snappy)"])

    return run.finished(run.OUT / "data" / f"expressions-{rows}", make)


WEIR_TABLE = """CREATE TABLE `rows` (`key` BIGINT, price BIGINT, `value` DOUBLE, ts TIMESTAMP(3), name STRING, text STRING,
  digits STRING, json STRING) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'parquet');
"""


def weir_seconds(select: str, name: str, data: pathlib.Path, runs: int) -> float:
    sql = WEIR_TABLE.format(path=data) + f"SELECT {select} FROM `rows`;"
    command = run.weir_command(sql, name, "batch", 1)
    return run.best(runs, lambda: run.spawn(command)).cpu


def duckdb_seconds(selects: List[str], data: pathlib.Path, runs: int) -> List[float]:
    prepare = ["SET threads = 1", "SET enable_progress_bar = false", f"CREATE VIEW rows AS SELECT * FROM read_parquet('{data}/*')"]
    return [min(cost[0] for cost in run.duckdb(prepare, f"SELECT {select} FROM rows", runs)["costs"]) for select in selects]


def run_expressions(rows: int, runs: int, only: List[str]) -> List[Dict]:
    data = make_data(rows)
    results, lines = [], []
    for number, family in enumerate(FAMILIES):
        if only and family.name not in only:
            continue
        weir_all = weir_seconds(full(family, "weir"), f"expression-{number}", data, runs)
        weir_bare = weir_seconds(bare(family, "weir"), f"expression-{number}-bare", data, runs)
        duck_all, duck_bare = duckdb_seconds([full(family, "duckdb"), bare(family, "duckdb")], data, runs)
        weir = max(weir_all - weir_bare, SMALLEST_SECONDS)
        duck = max(duck_all - duck_bare, SMALLEST_SECONDS)
        computed = rows * COPIES
        results.append({"benchmark": family.name, "weir_rows_per_cpu_second": computed / weir,
                        "duckdb_rows_per_cpu_second": computed / duck, "ratio": duck / weir})
        lines.append([family.name, f"{computed / weir / 1e6:.1f}", f"{computed / duck / 1e6:.1f}", f"{duck / weir:.2f}x",
                      "" if duck / weir >= FLOOR else "below the floor"])
        print(f"{family.name} done", file=sys.stderr)
    print(f"\n{rows:,} rows, {COPIES} variants each, one thread, best of {runs}; million rows a second of CPU, reading taken off")
    run.table(["", "Weir", "DuckDB", "ratio", ""], lines)
    return results

