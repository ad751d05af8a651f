#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""One line a family of expressions: rows a second of CPU, Weir beside DuckDB, on the same Parquet file with one thread.

The cost of an expression is that of a query with it less that of the same query with the bare columns, so that reading
the file does not hide it. Each query computes several variants of the expression and reduces each to one number, so that
both sides do the whole work and print nothing. Families of numbers get more rows and more variants: they are cheap, and
a difference of two short runs says little. Every query runs several times; the quickest counts.

Called by `./dev bench expressions`; the floor is FLOOR times DuckDB's rows a second.
"""
import pathlib
import re
import sys
from typing import Dict, List, NamedTuple

import run

FLOOR = 0.7
SMALLEST_SECONDS = 0.02  # Below this a difference of two runs says nothing.
NUMBER_ROWS = 8          # Times as many rows where only numbers are read: those are cheap.
NUMBER_COPIES = 12       # And as many more variants.
TEXT_COPIES = 4


class Family(NamedTuple):
    name: str
    weir: str    # {k} is 1 .. the number of variants.
    duckdb: str
    kind: str    # What reduces it: "number", "flag" or "text".

    @property
    def is_cheap(self) -> bool:
        """Whether it reads numbers and gives numbers."""
        return self.kind != "text" and not any(word in self.weir for word in ("text", "name", "digits", "json"))

    @property
    def copies(self) -> int:
        return NUMBER_COPIES if self.is_cheap else TEXT_COPIES


def same(name: str, expression: str, kind: str) -> Family:
    """Both write it alike."""
    return Family(name, expression, expression, kind)


FAMILIES = [
    same("arithmetic", "(key + {k}) * 3 - price", "number"),
    same("division", "value / (price + {k})", "number"),
    Family("division, whole", "price / (key + {k})", "price // (key + {k})", "number"),
    same("modulo", "price % (key + {k})", "number"),
    Family("DECIMAL", "cents * CAST(1.0{k} AS DECIMAL(3, 2)) + cents", "cents * 1.0{k}::DECIMAL(3, 2) + cents", "number"),
    same("comparison", "price > {k}00000 AND key <> price", "flag"),
    same("CASE", "CASE WHEN price < {k}00000 THEN 1 WHEN price < {k}50000 THEN key ELSE price END", "number"),
    same("COALESCE", "COALESCE(NULLIF(price % 7, {k}), key)", "number"),
    same("ROUND", "ROUND(value + {k}, 1)", "number"),
    same("SQRT", "SQRT(value + {k})", "number"),
    Family("EXTRACT", "EXTRACT(MINUTE FROM ts + INTERVAL '{k}' HOUR)", "extract(minute FROM ts + INTERVAL '{k}' HOUR)", "number"),
    Family("EXTRACT year", "EXTRACT(YEAR FROM ts + INTERVAL '{k}' HOUR)", "extract(year FROM ts + INTERVAL '{k}' HOUR)", "number"),
    Family("CAST to double", "CAST(key + {k} AS DOUBLE)", "(key + {k})::DOUBLE", "number"),
    Family("CAST to int", "CAST(value + {k} AS INT)", "trunc(value + {k})::INTEGER", "number"),
    Family("LIKE prefix", "text LIKE 'https://example.org/item/{k}%'", "text LIKE 'https://example.org/item/{k}%'", "flag"),
    same("LIKE middle", "text LIKE '%item/{k}%7'", "flag"),
    Family("SUBSTRING", "SUBSTRING(text, {k}, 20)", "substring(text, {k}, 20)", "text"),
    Family("UPPER", "UPPER(SUBSTRING(text, {k}))", "upper(substring(text, {k}))", "text"),
    Family("TRIM", "BTRIM(text, 'htp{k}')", "trim(text, 'htp{k}')", "text"),
    Family("REPLACE", "REPLACE(text, 'item/{k}', 'x')", "replace(text, 'item/{k}', 'x')", "text"),
    Family("POSITION", "POSITION('{k}' IN text)", "position('{k}' IN text)", "number"),
    Family("CONCAT", "CONCAT(name, '-{k}-', text)", "concat(name, '-{k}-', text)", "text"),
    Family("SPLIT_INDEX", "SPLIT_INDEX(text, '/', {k})", "split_part(text, '/', {k} + 1)", "text"),
    Family("MD5", "MD5(CONCAT(name, '{k}'))", "md5(concat(name, '{k}'))", "text"),
    Family("REGEXP_EXTRACT", "REGEXP_EXTRACT(text, 'item/({k}[0-9]+)', 1)", "regexp_extract(text, 'item/({k}[0-9]+)', 1)",
           "text"),
    Family("REGEXP", "REGEXP(text, 'm/[0-9]*{k}[02468]')", "regexp_matches(text, 'm/[0-9]*{k}[02468]')", "flag"),
    Family("DATE_FORMAT", "DATE_FORMAT(ts + INTERVAL '{k}' DAY, 'yyyy-MM-dd HH:mm')",
           "strftime(ts + INTERVAL '{k}' DAY, '%Y-%m-%d %H:%M')", "text"),
    Family("CAST to text", "CAST(key + {k} AS STRING)", "(key + {k})::VARCHAR", "text"),
    Family("CAST time to text", "CAST(ts + INTERVAL '{k}' DAY AS STRING)", "(ts + INTERVAL '{k}' DAY)::VARCHAR", "text"),
    Family("CAST from text", "CAST(digits AS BIGINT) + {k}", "digits::BIGINT + {k}", "number"),
    Family("JSON_VALUE", "JSON_VALUE(json, '$.f{k}')", "json_extract_string(json, '$.f{k}')", "text"),
    Family("JSON_VALUE deep", "JSON_VALUE(json, '$.o.g{k}')", "json_extract_string(json, '$.o.g{k}')", "text"),
]

# What a query without the expression reads: the same columns, reduced the same way.
REDUCE = {"weir": {"number": "SUM({e})", "flag": "COUNT(*) FILTER (WHERE {e})", "text": "SUM(OCTET_LENGTH({e}))"},
          "duckdb": {"number": "sum({e})", "flag": "count(*) FILTER (WHERE {e})", "text": "sum(strlen({e}))"}}
COLUMNS = {"key": "number", "price": "number", "value": "number", "cents": "number", "ts": "time", "name": "text",
           "text": "text", "digits": "text", "json": "text"}


def bare(family: Family, engine: str) -> str:
    """A query over the columns of `family` alone."""
    reduces = REDUCE[engine]
    terms = []
    for column, kind in COLUMNS.items():
        if column in re.findall(r"\w+", family.weir):
            quoted = f"`{column}`" if engine == "weir" else f'"{column}"'
            expression = f"MAX({quoted})" if kind == "time" else reduces[kind].format(e=quoted)
            terms.append(expression)
    return ", ".join(terms)


def full(family: Family, engine: str) -> str:
    template = family.weir if engine == "weir" else family.duckdb
    if engine == "weir":
        template = re.sub(r"\b(key|value)\b", r"`\1`", template)
    return ", ".join(REDUCE[engine][family.kind].format(e=template.format(k=k)) for k in range(1, family.copies + 1))


NUMBERS = """(hash(range) % 1000000)::BIGINT AS key, (hash(range + 2) % 1000000)::BIGINT AS price,
                   (hash(range + 3) % 1000000)::DOUBLE / 1000 AS value,
                   ((hash(range + 8) % 10000000)::DECIMAL(9, 2) / 100)::DECIMAL(9, 2) AS cents,
                   (TIMESTAMP '2026-01-01 00:00:00' + to_milliseconds(range * 1237))::TIMESTAMP_MS AS ts"""
TEXTS = """'channel-' || (hash(range) % 100000)::VARCHAR AS name,
                   'https://example.org/item/' || hash(range + 4)::VARCHAR AS text,
                   (hash(range + 5) % 10000000000)::VARCHAR AS digits,
                   '{"f1": ' || (hash(range + 6) % 1000)::VARCHAR || ', "f2": "x' || (hash(range + 7) % 100000)::VARCHAR
                       || '", "f3": true, "l": [1, 2], "f4": 1.5, "o": {"g1": "a", "g2": ' || (hash(range) % 10)::VARCHAR
                       || ', "g3": null, "g4": "last"}}' AS json"""


def make_data(rows: int, columns: str, name: str) -> pathlib.Path:
    def make(folder: pathlib.Path) -> None:
        print(f"making {rows:,} rows for the expression benchmarks", flush=True)
        source = f"SELECT {columns} FROM range({rows})"
        run.duckdb(["SET enable_progress_bar = false", f"COPY ({source}) TO '{folder}/rows.parquet' (FORMAT parquet, COMPRESSION snappy)"])

    return run.finished(run.OUT / "data" / f"expressions-{name}-{rows}", make)


WEIR_NUMBERS = "`key` BIGINT, price BIGINT, `value` DOUBLE, cents DECIMAL(9, 2), ts TIMESTAMP(3)"
WEIR_TEXTS = ", name STRING, text STRING, digits STRING, json STRING"
WEIR_TABLE = "CREATE TABLE `rows` ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = 'parquet');\n"


def weir_seconds(select: str, name: str, data: pathlib.Path, columns: str, runs: int) -> float:
    sql = WEIR_TABLE.format(path=data, columns=columns) + f"SELECT {select} FROM `rows`;"
    command = run.weir_command(sql, name, "batch", 1)
    return run.best(runs, lambda: run.spawn(command)).cpu


def duckdb_seconds(selects: List[str], data: pathlib.Path, runs: int) -> List[float]:
    prepare = ["SET threads = 1", "SET enable_progress_bar = false", f"CREATE VIEW rows AS SELECT * FROM read_parquet('{data}/*')"]
    return [min(cost[0] for cost in run.duckdb(prepare, f"SELECT {select} FROM rows", runs)["costs"]) for select in selects]


def run_expressions(rows: int, runs: int, only: List[str]) -> List[Dict]:
    """`rows` of texts; NUMBER_ROWS times as many of numbers."""
    results, lines = [], []
    for number, family in enumerate(FAMILIES):
        if only and family.name not in only:
            continue
        family_rows = rows * NUMBER_ROWS if family.is_cheap else rows
        data = make_data(family_rows, NUMBERS if family.is_cheap else NUMBERS + ", " + TEXTS, "numbers" if family.is_cheap else "texts")
        columns = WEIR_NUMBERS + ("" if family.is_cheap else WEIR_TEXTS)
        weir_all = weir_seconds(full(family, "weir"), f"expression-{number}", data, columns, runs)
        weir_bare = weir_seconds(bare(family, "weir"), f"expression-{number}-bare", data, columns, runs)
        duck_all, duck_bare = duckdb_seconds([full(family, "duckdb"), bare(family, "duckdb")], data, runs)
        weir = max(weir_all - weir_bare, SMALLEST_SECONDS)
        duck = max(duck_all - duck_bare, SMALLEST_SECONDS)
        computed = family_rows * family.copies
        results.append({"benchmark": family.name, "weir_rows_per_cpu_second": computed / weir,
                        "duckdb_rows_per_cpu_second": computed / duck, "ratio": duck / weir})
        lines.append([family.name, f"{computed / 1e6:.0f}", f"{computed / weir / 1e6:.1f}", f"{computed / duck / 1e6:.1f}",
                      f"{duck / weir:.2f}x", "" if duck / weir >= FLOOR else "below the floor"])
        print(f"{family.name}: {weir:.2f} s beside {duck:.2f} s", file=sys.stderr)
    print(f"\none thread, best of {runs}; million rows a second of CPU, reading taken off")
    run.table(["", "million rows", "Weir", "DuckDB", "ratio", ""], lines)
    return results
