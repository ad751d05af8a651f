#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""The job server as a user meets it: submit, kill -9 of the server, go on, savepoint, stop, start from the savepoint.

    tools/server_test.py [--keep]

A job watches a folder and copies its rows. The server is killed while files arrive; in the end every row must have been
written once. Prints `ok NAME` or `FAILED NAME: why` a check; exits 1 if any has failed.
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Callable, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "build" / os.environ.get("WEIR_PRESET", "release") / "weir"
FILES = 12
ROWS_A_FILE = 2_000
PATIENCE_SECONDS = 60.0

JOB = """
SET 'pipeline.name' = 'copy';
SET 'execution.checkpointing.interval' = '50 ms';
CREATE TABLE source (n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/in', 'format' = 'json',
  'source.monitor-interval' = '20 ms');
CREATE TABLE sink (n BIGINT) WITH ('connector' = 'filesystem', 'path' = '{folder}/out', 'format' = 'json');
INSERT INTO sink SELECT n FROM source;
"""


class Server:
    """A running `weir serve`."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.state = folder / "state"
        self.log = open(folder / "server.log", "ab")
        address = self.state / "server.json"
        if address.exists():
            address.unlink()
        self.process = subprocess.Popen([PROGRAM, "serve", "--state-dir", self.state, "--port", "0"], stderr=self.log)
        wait_for("the server", address.exists)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def call(self, *arguments: object) -> Tuple[int, str]:
        done = subprocess.run([PROGRAM, "job", *map(str, arguments), "--state-dir", self.state], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_SECONDS)
        return done.returncode, done.stdout.strip()

    def job(self) -> dict:
        return json.loads(self.call("show", "copy")[1])


def wait_for(what: str, reached: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not reached():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come within {PATIENCE_SECONDS:.0f} s")
        time.sleep(0.02)


def add_file(folder: pathlib.Path, number: int) -> None:
    first = number * ROWS_A_FILE
    hidden = folder / "in" / f".{number}"
    hidden.write_text("".join(f'{{"n": {n}}}\n' for n in range(first, first + ROWS_A_FILE)))
    hidden.rename(folder / "in" / f"{number}.json")


def written(folder: pathlib.Path) -> List[int]:
    rows = []
    for path in (folder / "out").glob("[!._]*"):
        rows += [json.loads(line)["n"] for line in path.read_text().splitlines()]
    return sorted(rows)


def check_jobs_survive_kills(folder: pathlib.Path) -> None:
    (folder / "in").mkdir()
    script = folder / "job.sql"
    script.write_text(JOB.format(folder=folder))
    server = Server(folder)
    status, identity = server.call("submit", script)
    assert status == 0, identity
    for number in range(FILES):
        add_file(folder, number)
        time.sleep(0.05)
        if number % 3 == 1:
            server.kill()
            server = Server(folder)
            assert server.job()["state"] == "RUNNING", "the job does not go on with the next server"
    # A savepoint and the end; what is not out yet comes out of the run that starts from it.
    epoch = server.job().get("lastCheckpoint", {}).get("epoch", 0)
    wait_for("a checkpoint", lambda: server.job().get("lastCheckpoint", {}).get("epoch", 0) > epoch)
    status, savepoint = server.call("stop", "copy")
    assert status == 0 and pathlib.Path(savepoint, "manifest.json").exists(), savepoint
    wait_for("the job's end", lambda: server.job()["state"] == "FINISHED")
    add_file(folder, FILES)
    all_rows = list(range((FILES + 1) * ROWS_A_FILE))
    status, text = server.call("submit", script, "--from-savepoint", savepoint)
    assert status == 0, text

    def all_read() -> bool:
        # In any file: those in progress get their rows with each checkpoint, and come out with the end.
        try:
            lines = sum(path.read_bytes().count(b"\n") for path in (folder / "out").iterdir())
        except FileNotFoundError:  # Renamed meanwhile.
            return False
        return lines >= len(all_rows)

    # Draining looks for no more files: the first job's last ones and the new one have to be met before.
    wait_for("the last files", all_read)
    status, text = server.call("stop", "copy", "--drain")
    assert status == 0, text
    wait_for("the job's end", lambda: server.job()["state"] == "FINISHED")
    assert server.stop() == 0, "the server did not end well"
    rows = written(folder)
    assert rows == all_rows, f"{len(rows)} rows were written, {len(set(rows))} different ones, of {len(all_rows)}"
    hidden = [path.name for path in (folder / "out").iterdir() if path.name[0] in "._"]
    assert not hidden, f"left behind: {hidden}"


def check_one_server_a_directory(folder: pathlib.Path) -> None:
    server = Server(folder)
    second = subprocess.run([PROGRAM, "serve", "--state-dir", server.state, "--port", "0"], text=True,
                            stderr=subprocess.PIPE, timeout=PATIENCE_SECONDS)
    assert second.returncode == 1 and "another server has the state directory" in second.stderr, second.stderr
    assert server.stop() == 0


def check_no_token_no_answer(folder: pathlib.Path) -> None:
    server = Server(folder)
    address = json.loads((server.state / "server.json").read_text())
    base = f"http://127.0.0.1:{address['port']}"
    token = (server.state / "token").read_text().strip()
    assert (server.state / "token").stat().st_mode & 0o077 == 0 or server.state.stat().st_mode & 0o077 == 0
    for path, header, expected in (("/v1/jobs", "", 401), ("/metrics", "Bearer nonsense", 401), ("/health", "", 200),
                                   ("/v1/jobs", f"Bearer {token}", 200), ("/v1/jobs/..%2f..", f"Bearer {token}", 400)):
        request = urllib.request.Request(base + path, headers={"Authorization": header})
        try:
            status = urllib.request.urlopen(request, timeout=10).status
        except urllib.error.HTTPError as error:
            status = error.code
        assert status == expected, f"{path} answers {status}, not {expected}"
    assert server.stop() == 0


def check_wrong_use_is_named(folder: pathlib.Path) -> None:
    script = folder / "query.sql"
    script.write_text("SELECT 1;")
    nobody = subprocess.run([PROGRAM, "job", "list", "--state-dir", folder / "nothing"], text=True, stderr=subprocess.PIPE)
    assert nobody.returncode == 1 and "no server has run" in nobody.stderr, nobody.stderr
    server = Server(folder)
    for arguments, expected in ((("submit", script), "SET, CREATE, USE and INSERT only"),
                                (("show", "nobody"), "there is no job 'nobody'"),
                                (("dispose", "/tmp"), "no job of this server has made")):
        status, text = server.call(*arguments)
        assert status == 1 and expected in text, text
    assert server.stop() == 0
    status, text = server.call("list")
    assert status == 1 and "no answer from the server" in text, text
    for arguments, expected in ((("savepoint", "one", "two"), "hint: weir job savepoint --help"),
                                (("stop",), "hint: weir job stop --help")):
        status, text = server.call(*arguments)
        assert status == 2 and expected in text, text
    status, text = server.call("submit", "--help")
    assert status == 0 and "--from-savepoint DIR" in text, text


CHECKS = [check_jobs_survive_kills, check_one_server_a_directory, check_no_token_no_answer, check_wrong_use_is_named]


def check_all(keep: bool = False) -> Tuple[int, int]:
    """(passed, failed)"""
    failed = 0
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-server-"))
        try:
            check(folder)
            print(f"ok {name}", flush=True)
        except (AssertionError, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
            failed += 1
            print(f"FAILED {name}: {error}", flush=True)
            log = folder / "server.log"
            print("".join(log.read_text().splitlines(True)[-10:]) if log.exists() else "", flush=True)
        finally:
            subprocess.run(["pkill", "-KILL", "-f", f"serve --state-dir {folder}"], check=False)
            if keep:
                print(f"files: {folder}")
            else:
                shutil.rmtree(folder, ignore_errors=True)
    return len(CHECKS) - failed, failed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", action="store_true", help="keep the files")
    sys.exit(1 if check_all(parser.parse_args().keep)[1] else 0)


if __name__ == "__main__":
    main()
