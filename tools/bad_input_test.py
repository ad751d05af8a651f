#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Gives the built binary what users do by accident: broken files, huge and deep SQL, a full disk. Each case must end within
its time, with the expected exit status and words, never by a signal, and leave nothing half-written behind.

    tools/bad_input_test.py [NAME...]
"""
import gzip
import os
import pathlib
import subprocess
import sys
import tempfile
from typing import Callable, Dict, List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
WEIR = ROOT / "build" / PRESET / "weir"
PARQUET = ROOT / "examples" / "data" / "flights-2001-01.parquet"
TIMEOUT_SECONDS = 60 if PRESET == "release" else 600  # Sanitizers are slow.
FAILED = 1  # Exit status of a statement that failed.


class Answer(NamedTuple):
    status: int
    text: str  # Rows and errors.


class Case(NamedTuple):
    sql: str
    expect: str  # Must be in what is printed.
    status: int = FAILED


def weir(sql: str, folder: pathlib.Path) -> Answer:
    script = folder / "job.sql"
    script.write_bytes(sql.encode("utf-8", "surrogateescape"))
    done = subprocess.run([str(WEIR), "run", str(script), "--quiet", "--output", "csv"], cwd=folder, capture_output=True,
                          timeout=TIMEOUT_SECONDS)
    script.unlink()
    return Answer(done.returncode, (done.stdout + done.stderr).decode(errors="replace"))


def table(columns: str, path: str, format_name: str, more: str = "") -> str:
    return (f"CREATE TABLE t ({columns}) WITH ('connector' = 'filesystem', 'path' = '{path}', 'format' = '{format_name}'"
            f"{more}); SELECT * FROM t;")


def make_files(folder: pathlib.Path) -> None:
    files: Dict[str, bytes] = {
        "cut.ndjson": b'{"a":1}\n{"a":\n{"a":3}\n',
        "text.ndjson": b'{"a":1}\n{"a":"x"}\n',
        "huge.ndjson": b'{"a":1180591620717411303424}\n',
        "deep.ndjson": b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"\n",
        "utf8.ndjson": b'{"a":"\xff\xfe"}\n',
        "late.ndjson": b'{"a":"999999-01-01 00:00:00"}\n',
        "long.csv": b"a\n" + b"x" * (20 << 20) + b"\ny\n",
        "bomb.csv.gz": gzip.compress(b"a\n" + bytes(60 << 20), 1),
        "empty.ndjson": b"", "empty.csv": b"", "empty.parquet": b"", "empty.csv.gz": b"",
        "header.csv": b"a,b\n",
        "ragged.csv": b"a,b\n1,2\n3\n4,5,6\n",
        "open.csv": b'a,b\n1,"x\ny"\n2,"not closed\n',
        "utf8.csv": b"a\n\xff\xfe\n",
        "words.csv": b"a\n1\nxyz\n",
        "cut.parquet": PARQUET.read_bytes()[:5000],
        "beheaded.parquet": PARQUET.read_bytes()[200_000:],
        "text.parquet": b"this is not PAR1",
        "cut.csv.gz": gzip.compress(b"".join(b"%d,%d\n" % (i, i * 7919) for i in range(20_000)))[:20_000],
        "members.csv.gz": gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n"),
        "plain.csv.gz": b"a,b\n1,2\n",
        "plain.csv.zst": b"a,b\n1,2\n",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    (folder / "folder.csv").mkdir()


def file_cases() -> Dict[str, Case]:
    return {
        "json record cut off": Case(table("a INT", "cut.ndjson", "json"), "'cut.ndjson', byte 14:"),
        "json record cut off, skipped": Case(table("a INT", "cut.ndjson", "json", ", 'json.on-bad-record' = 'skip'"),
                                             "a\n1\n3\n", 0),
        "json of a wrong type": Case(table("a INT", "text.ndjson", "json"), '"x" is not a value of type INT'),
        "json number too large": Case(table("a BIGINT", "huge.ndjson", "json"), "is not a value of type BIGINT"),
        "json nested deep": Case("SELECT * FROM 'deep.ndjson'", "nested deeper than 1000 levels"),
        "json not UTF-8": Case(table("a STRING", "utf8.ndjson", "json"), "'utf8.ndjson', byte 0: invalid UTF-8"),
        "absurd timestamp": Case(table("a TIMESTAMP(3)", "late.ndjson", "json"), "is not a value of type TIMESTAMP(3)"),
        "empty json": Case(table("a INT", "empty.ndjson", "json"), "", 0),
        "empty json, no columns declared": Case("SELECT * FROM 'empty.ndjson'", "the file is empty"),
        "empty csv": Case(table("a INT", "empty.csv", "csv"), "", 0),
        "empty gz": Case(table("a INT", "empty.csv.gz", "csv"), "", 0),
        "empty parquet": Case(table("a INT", "empty.parquet", "parquet"), "'empty.parquet' cannot be read as Parquet"),
        "csv with only a header": Case("SELECT COUNT(*) FROM 'header.csv'", "\n0\n", 0),
        "csv with too few fields": Case("SELECT * FROM 'ragged.csv'", "'ragged.csv', byte 8"),
        "csv with an open quote": Case("SELECT * FROM 'open.csv'", "a quoted field is not closed"),
        "a record of 20 MiB": Case("SELECT COUNT(*) FROM 'long.csv'", "the record is longer than 16777216 bytes"),
        "a compressed bomb": Case("SELECT COUNT(*) FROM 'bomb.csv.gz'", "the record is longer than 16777216 bytes"),
        "csv not UTF-8": Case("SELECT * FROM 'utf8.csv'", "'utf8.csv', byte 2: invalid UTF-8"),
        "parquet cut off": Case("SELECT * FROM 'cut.parquet'", "'cut.parquet' cannot be read as Parquet"),
        "parquet without its head": Case("SELECT COUNT(origin) FROM 'beheaded.parquet'", "cannot be read as Parquet"),
        "text as parquet": Case("SELECT * FROM 'text.parquet'", "'text.parquet' cannot be read as Parquet"),
        "gz cut off": Case("SELECT * FROM 'cut.csv.gz'", "'cut.csv.gz' is cut off"),
        "gz of two members": Case("SELECT SUM(a) FROM 'members.csv.gz'", "\n4\n", 0),
        "text as gz": Case("SELECT * FROM 'plain.csv.gz'", "'plain.csv.gz' cannot be decompressed at byte 0"),
        "text as zst": Case("SELECT * FROM 'plain.csv.zst'", "'plain.csv.zst' cannot be decompressed at byte 0"),
        "a folder as a file": Case("SELECT * FROM 'folder.csv'", "the directory 'folder.csv' holds no file"),
        "a file as a folder": Case("CREATE TABLE o (a INT) WITH ('connector' = 'filesystem', 'path' = 'header.csv', 'format' = "
                                   "'csv'); INSERT INTO o VALUES (1)", "'header.csv' is a file"),
    }


def sql_cases() -> Dict[str, Case]:
    too_deep = "nested deeper than 1000 levels"
    many = range(20_000)
    return {
        "10,000 parentheses": Case("SELECT " + "(" * 10_000 + "1" + ")" * 10_000, too_deep),
        "10,000 calls": Case("SELECT " + "ABS(" * 10_000 + "1" + ")" * 10_000, too_deep),
        "10,000 subqueries": Case("SELECT * FROM " + "(SELECT * FROM " * 10_000 + "t" + ")" * 10_000, too_deep),
        "10,000 cases": Case("SELECT " + "CASE WHEN TRUE THEN " * 10_000 + "1" + " END" * 10_000, too_deep),
        "10,000 arrays of arrays": Case("SELECT CAST(NULL AS " + "ARRAY<" * 10_000 + "INT" + ">" * 10_000 + ")", too_deep),
        "100,000 additions": Case("SELECT 1" + " + 1" * 100_000, too_deep),
        "900 calls": Case("SELECT " + "ABS(" * 900 + "1" + ")" * 900, "\n1\n", 0),
        "20,000 concatenations": Case("SELECT CHAR_LENGTH('a'" + " || 'a'" * 20_000 + ")", "\n20001\n", 0),
        "more than 1 MiB of SQL": Case("SELECT '" + "x" * (1 << 20) + "'", "at most 1048576 are allowed"),
        "nearly 1 MiB of SQL": Case("SELECT CHAR_LENGTH('" + "x" * 1_000_000 + "')", "\n1000000\n", 0),
        "IN of 100,000": Case("SELECT COUNT(*) FROM (VALUES (1), (99999), (100001)) AS t(a) WHERE a IN ("
                              + ",".join(map(str, range(100_000))) + ")", "\n2\n", 0),
        "20,000 ORs": Case("SELECT COUNT(*) FROM (VALUES (1), (19999), (20001)) AS t(a) WHERE "
                           + " OR ".join(f"a = {i}" for i in many), "\n2\n", 0),
        "20,000 ORs of ANDs": Case("SELECT COUNT(*) FROM (VALUES (1, 9), (2, 0)) AS t(a, b) WHERE "
                                   + " OR ".join(f"a = {i} AND b > 5" for i in many), "\n1\n", 0),
        "10,000 columns": Case("SELECT " + ", ".join(f"a + {i} AS c{i}" for i in range(10_000)) + " FROM (VALUES (1)) AS t(a)",
                               ",10000\n", 0),
        "1,000 UNION ALL": Case("SELECT COUNT(*) FROM (" + " UNION ALL ".join(f"SELECT {i} AS a" for i in range(1000)) + ")",
                                "\n1000\n", 0),
        "40 doublings": Case("WITH t0 AS (SELECT 1 AS a)" + "".join(
            f", t{i} AS (SELECT x.a FROM t{i - 1} x, t{i - 1} y)" for i in range(1, 40)) + " SELECT COUNT(*) FROM t39", "\n1\n", 0),
        "invalid UTF-8": Case(b"SELECT '\xff\xfe'".decode("utf-8", "surrogateescape"), "not valid UTF-8: byte 0xFF at offset 8"),
        "a NUL byte": Case("SELECT 1\0", "unexpected byte 0x00"),
        "an open string": Case("SELECT 'abc", "the string that starts here is not closed"),
    }


def check_case(case: Case) -> Callable[[pathlib.Path], str]:
    def check(folder: pathlib.Path) -> str:
        answer = weir(case.sql, folder)
        if answer.status != case.status:
            return f"exit status {answer.status}, not {case.status}: {answer.text[:400]}"
        return "" if case.expect in answer.text else f"{case.expect!r} is not in: {answer.text[:400]}"
    return check


def check_failed_insert(folder: pathlib.Path) -> str:
    """What was there stays, nothing of the failed job is seen, no temporary file is left."""
    out = folder / "kept"
    create = "CREATE TABLE o (a BIGINT) WITH ('connector' = 'filesystem', 'path' = 'kept', 'format' = 'csv');"
    bad = "SELECT CAST(a AS BIGINT) FROM (VALUES ('3'), ('x')) AS t(a)"
    first = weir(f"{create} INSERT INTO o VALUES (1)", folder)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    for verb in ("INTO", "OVERWRITE"):
        answer = weir(f"{create} INSERT {verb} o {bad}", folder)
        after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
        if first.status != 0 or answer.status != FAILED or before != after:
            return f"INSERT {verb}: {answer.text[:200]} {sorted(map(str, after))}"
    return ""


def check_full_disk(folder: pathlib.Path) -> str:
    """Standard output on a full device: an error, not a signal and not silence."""
    if not pathlib.Path("/dev/full").exists():
        return ""
    with open("/dev/full", "wb") as full:
        done = subprocess.run([str(WEIR), "-c", "SELECT 1"], cwd=folder, stdout=full, stderr=subprocess.PIPE,
                              timeout=TIMEOUT_SECONDS)
    return "" if done.returncode == FAILED and b"No space left" in done.stderr else f"{done.returncode} {done.stderr!r}"


def check_file_limit(folder: pathlib.Path) -> str:
    """A file that may not grow further, as on a full disk: the job fails and leaves nothing."""
    sql = ("CREATE TABLE o (a BIGINT, s STRING) WITH ('connector' = 'filesystem', 'path' = 'limited', 'format' = 'json');"
           "CREATE TABLE g (a BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '5000', "
           "'rows-per-second' = '1000000', 'fields.s.length' = '200'); INSERT INTO o SELECT * FROM g")
    done = subprocess.run(["bash", "-c", 'ulimit -f 100; trap "" XFSZ; exec "$0" -q -c "$1"', str(WEIR), sql], cwd=folder,
                          capture_output=True, timeout=TIMEOUT_SECONDS)
    left = [path.name for path in (folder / "limited").rglob("*") if path.is_file()] if (folder / "limited").exists() else []
    return "" if done.returncode == FAILED and b"cannot write" in done.stderr and not left else \
        f"{done.returncode} {done.stderr!r} {left}"


def all_checks() -> Dict[str, Callable[[pathlib.Path], str]]:
    checks = {name: check_case(case) for name, case in {**file_cases(), **sql_cases()}.items()}
    return {**checks, "a failed INSERT": check_failed_insert, "full standard output": check_full_disk,
            "a full disk": check_file_limit}


def failures(names: List[str]) -> Dict[str, str]:
    """Every check, with what is wrong; empty when nothing is."""
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="weir-bad-input-") as name:
        folder = pathlib.Path(name)
        make_files(folder)
        for title, check in all_checks().items():
            if names and title not in names:
                continue
            try:
                outcomes[title] = check(folder)
            except (OSError, subprocess.SubprocessError) as error:
                outcomes[title] = str(error)[:400]
    return outcomes


def main() -> int:
    outcomes = failures(sys.argv[1:])
    bad = {title: problem for title, problem in outcomes.items() if problem}
    for title, problem in bad.items():
        print(f"{title}: {problem}")
    print(f"{len(outcomes) - len(bad)} passed, {len(bad)} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
