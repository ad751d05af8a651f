#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""State that a job cannot go on from, as users come by it: a savepoint that is missing, foreign, newer or damaged, a
directory that cannot be written, a changed query, an input that changes. Each must be a named error with exit status 1,
and nothing may be lost: the undamaged state goes on afterwards.

    tools/bad_state_test.py [--keep]

Prints `ok NAME` or `FAILED NAME: why` a check; exits 1 if any has failed.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import Dict, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / os.environ.get("WEIR_PRESET", "release") / "weir"
TIMEOUT_SECONDS = 120
ROWS = 30_000
FAILED = 1

TABLES = """
SET 'execution.runtime-mode' = 'STREAMING';
SET 'pipeline.name' = 'counts';
CREATE TABLE orders (k {key}, v BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'csv');
CREATE TABLE counts (k {key}, n BIGINT) WITH ('connector' = 'print');
"""
COUNTS = "INSERT INTO counts SELECT k, COUNT(*) FROM orders GROUP BY k;"


class Place:
    """A folder with an input and a job that was killed in the middle, so that its checkpoints hold state."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        (folder / "in").mkdir(parents=True)
        self.input = folder / "in" / "orders.csv"
        self.input.write_text("".join(f"{i % 7},{i}\n" for i in range(ROWS)), encoding="ascii")
        self.state = folder / "state"
        self.take_checkpoint()
        self.job = self.state / "counts"
        self.good = folder / "good"
        shutil.copytree(self.state, self.good)

    def run(self, statement: str, *arguments: object, key: str = "BIGINT", state: object = None) -> Tuple[int, str]:
        script = self.folder / "job.sql"
        script.write_text(TABLES.format(folder=self.folder, key=key) + statement, encoding="ascii")
        command: List[str] = [str(PROGRAM), "run", str(script), "--parallelism", "2", "-D",
                              f"execution.checkpointing.dir={state or self.state}", *map(str, arguments)]
        done = subprocess.run(command, cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=TIMEOUT_SECONDS)
        return done.returncode, done.stdout

    def take_checkpoint(self) -> None:
        """Bad data stops the job half-way; its newest epoch holds what came before."""
        with open(self.input, "a", encoding="ascii") as file:
            file.write("not a number,1\n")
        self.run("SET 'restart-strategy.type' = 'none';" + COUNTS, "-D", "weir.deterministic=true", "-D",
                 "weir.checkpoint.every-polls=2", "-D", "weir.batch.rows-max=1000")
        text = self.input.read_text(encoding="ascii").replace("not a number,1\n", "0,300000000000\n")
        stamp = self.input.stat()
        self.input.write_text(text, encoding="ascii")
        os.utime(self.input, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))

    def restore_state(self) -> None:
        shutil.rmtree(self.state)
        shutil.copytree(self.good, self.state)

    def newest(self, kind: str) -> pathlib.Path:
        return max((self.job / kind).iterdir())


def expect(place: Place, answer: Tuple[int, str], *words: str) -> None:
    status, text = answer
    assert status == FAILED, f"exit status {status}, not {FAILED}: {text[-400:]}"
    for word in words:
        assert word in text, f"'{word}' is not said: {text[-600:]}"


def check_missing(place: Place) -> None:
    expect(place, place.run(COUNTS, "--from-savepoint", "/nowhere", state=place.folder / "s1"),
           "savepoint '/nowhere'", "neither a savepoint nor a checkpoint")


def check_foreign(place: Place) -> None:
    expect(place, place.run(COUNTS, "--from-savepoint", place.folder / "in", state=place.folder / "s2"),
           "neither a savepoint nor a checkpoint")


def check_newer_manifest(place: Place) -> None:
    manifest = place.newest("manifests")
    manifest.write_text(manifest.read_text("ascii").replace('"version":1', '"version":999'), encoding="ascii")
    expect(place, place.run(COUNTS, "--resume"), "has format version 999", "is not supported")


def check_damage_is_named_with_its_place(place: Place) -> None:
    for kind in ("epochs", "manifests", "data"):
        place.restore_state()
        damaged = place.newest(kind)
        damaged.write_bytes(damaged.read_bytes()[:-3] + b"xyz")
        expect(place, place.run(COUNTS, "--resume"), "is damaged", f"{place.state}/counts", damaged.name)


def check_missing_parts(place: Place) -> None:
    for kind in ("manifests", "data"):
        place.restore_state()
        place.newest(kind).unlink()
        expect(place, place.run(COUNTS, "--resume"), "cannot be read", "there is no such file")


def check_directory_that_cannot_be(place: Place) -> None:
    expect(place, place.run(COUNTS, "--resume", state=place.input / "sub"), f"'{place.input}' is a file")
    expect(place, place.run(COUNTS, "--resume", state="/proc/weir"), "cannot create the directory '/proc/weir")
    expect(place, place.run(COUNTS, "--resume", state="gopher://a/b"), "'gopher://' is not supported yet", "s3://bucket/prefix")


def check_full_disk(place: Place) -> None:
    """A limit of file sizes stands for a full disk."""
    command = f"ulimit -f 1; trap '' XFSZ; exec {PROGRAM} run {place.folder / 'job.sql'} -D execution.checkpointing.dir={place.folder / 's3'} " \
              "-D restart-strategy.type=none -D weir.deterministic=true -D weir.checkpoint.every-polls=2"
    wide = "INSERT INTO counts SELECT v, COUNT(*) FROM orders GROUP BY v;"  # Some hundred kilobytes of state.
    (place.folder / "job.sql").write_text(TABLES.format(folder=place.folder, key="BIGINT") + wide, encoding="ascii")
    done = subprocess.run(["bash", "-c", command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=TIMEOUT_SECONDS)
    expect(place, (done.returncode, done.stdout), "checkpoint failed", str(place.folder / "s3"))


def check_changed_query(place: Place) -> None:
    expect(place, place.run("INSERT INTO counts SELECT k, SUM(v) FROM orders GROUP BY k;", "--resume"),
           "holds the state of", "which the query has not", "ignore-unclaimed-state")


def check_changed_key_type(place: Place) -> None:
    expect(place, place.run(COUNTS, "--resume", key="STRING"), "was saved as BIGINT", "needs 'k0' of type STRING")


def check_changed_input(place: Place) -> None:
    stamp = place.input.stat()
    text = place.input.read_text(encoding="ascii")
    try:
        place.input.write_text(text[:100], encoding="ascii")
        expect(place, place.run(COUNTS, "--resume", "-D", "restart-strategy.type=none"), f"'{place.input}' became shorter",
               "must stay as it is")
    finally:
        place.input.write_text(text, encoding="ascii")
        os.utime(place.input, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def check_too_many_subtasks(place: Place) -> None:
    status, text = place.run("SET 'parallelism.default' = '5000';" + COUNTS, "--resume")
    assert status != 0 and "between 1 and 1024" in text, text[-400:]


def check_a_typing_error_is_noted(place: Place) -> None:
    _, text = place.run("SELECT 1;", "-D", "execution.checkpointing.intervall=1s")
    assert "did you mean 'execution.checkpointing.interval'?" in text, text[-400:]


def check_upgrade_is_explained(place: Place) -> None:
    epochs = place.folder / "state" / "counts"
    status, text = place.run(f"EXPLAIN UPGRADE FROM '{epochs}' FOR INSERT INTO counts SELECT k, SUM(v) FROM orders GROUP BY k;")
    assert status == 0 and "kept" in text and "new" in text and "dropped" in text, text[-600:]


def check_nothing_is_lost(place: Place) -> None:
    """After all that: the state as it was goes on to the right end."""
    status, text = place.run(COUNTS, "--resume")
    assert status == 0, text[-400:]
    last: Dict[str, str] = {}
    for line in text.splitlines():
        if "+I[" in line or "+U[" in line:
            key, count = line[line.index("[") + 1:line.index("]")].split(", ")
            last[key] = count
    # Keys of which nothing came after the checkpoint are not printed again.
    expected = {str(k): str(len(range(k, ROWS, 7)) + (k == 0)) for k in range(7)}
    wrong = {key: count for key, count in last.items() if expected[key] != count}
    assert last and not wrong, f"{wrong} is not as in {expected}"


CHECKS = [check_missing, check_foreign, check_newer_manifest, check_damage_is_named_with_its_place, check_missing_parts,
          check_directory_that_cannot_be, check_full_disk, check_changed_query, check_changed_key_type, check_changed_input,
          check_too_many_subtasks, check_a_typing_error_is_noted, check_upgrade_is_explained, check_nothing_is_lost]


def check_all(keep: bool = False) -> Tuple[int, int]:
    """Passed and failed."""
    passed = failed = 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-bad-state-"))
    try:
        place = Place(folder / "place")
        for check in CHECKS:
            name = check.__name__.removeprefix("check_").replace("_", "-")
            place.restore_state()
            try:
                check(place)
                passed += 1
                print(f"ok {name}", flush=True)
            except (AssertionError, OSError, ValueError, subprocess.TimeoutExpired) as error:
                failed += 1
                print(f"FAILED {name}: {error}", flush=True)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return passed, failed


def main() -> None:
    parser = argparse.ArgumentParser(description="State that a job cannot go on from.")
    parser.add_argument("--keep", action="store_true", help="leave the folder behind")
    passed, failed = check_all(parser.parse_args().keep)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
