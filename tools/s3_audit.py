#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Runs `weir-audit s3` against real S3 servers on this machine: versitygw and MinIO.

    tools/s3_audit.py [--ledger FILE] [--commit ID] [SERVER...]

A server that is not in .cache/s3 is built there from its Go module (some minutes, needs Go and a network). Each runs with
keys of its own on a free port of 127.0.0.1, with its data in a temporary folder. They are for tests only: nothing of them
is part of Weir.
"""
import argparse
import datetime
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from typing import Dict, List, NamedTuple

ROOT = pathlib.Path(__file__).resolve().parent.parent
PRESET = os.environ.get("WEIR_PRESET", "release")
PROGRAM = pathlib.Path(os.environ.get("WEIR_AUDIT_PROGRAM", ROOT / "build" / PRESET / "weir-audit"))
CACHE = ROOT / ".cache" / "s3"
KEY, SECRET, BUCKET = "weir", "weirsecret", "weir-audit"
START_SECONDS = 20


class Server(NamedTuple):
    name: str
    module: str  # For `go install`.
    arguments: List[str]  # {port} and {data} are filled in.
    environment: Dict[str, str]


SERVERS = [
    Server("versitygw", "github.com/versity/versitygw/cmd/versitygw@v1.8.0",
           ["--port", "127.0.0.1:{port}", "--quiet", "posix", "{data}"],
           {"ROOT_ACCESS_KEY": KEY, "ROOT_SECRET_KEY": SECRET}),
    Server("minio", "github.com/minio/minio@latest", ["server", "--address", "127.0.0.1:{port}", "{data}"],
           {"MINIO_ROOT_USER": KEY, "MINIO_ROOT_PASSWORD": SECRET, "MINIO_BROWSER": "off"}),
]


def program_of(server: Server) -> pathlib.Path:
    program = CACHE / server.name
    if not program.exists():
        go = shutil.which("go")
        if go is None:
            raise SystemExit(f"s3: {server.name} is not in {CACHE}, and there is no Go to build it")
        print(f"s3: building {server.name} from {server.module}", flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([go, "install", server.module], check=True, env={**os.environ, "GOBIN": str(CACHE)})
    return program


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port: int) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1)
            return True
        except urllib.error.HTTPError:
            return True  # It answers; that it refuses us is right.
        except OSError:
            time.sleep(0.1)
    return False


def audit(server: Server, arguments: argparse.Namespace, report: pathlib.Path) -> int:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix=f"weir-{server.name}-") as data:
        (pathlib.Path(data) / BUCKET).mkdir()  # Both take a folder for a bucket.
        command = [str(program_of(server)), *(word.format(port=port, data=data) for word in server.arguments)]
        process = subprocess.Popen(command, env={**os.environ, **server.environment}, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            if not wait_for(port):
                print(f"{server.name}: does not answer on port {port}")
                return 1
            environment = {**os.environ, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": KEY,
                           "AWS_SECRET_ACCESS_KEY": SECRET, "WEIR_S3_BUCKET": BUCKET}
            done = subprocess.run([str(PROGRAM), "s3", "--every", str(arguments.every), "--ledger", str(report), "--commit",
                                   arguments.commit], cwd=ROOT, env=environment, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
            print(f"{server.name}: {done.stdout.strip()}", flush=True)
            return done.returncode
        finally:
            process.terminate()
            process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description="The S3 client and jobs against real servers.")
    parser.add_argument("servers", nargs="*", help=f"{' '.join(server.name for server in SERVERS)} (default: all)")
    parser.add_argument("--every", type=int, default=4, help="only every n-th crash")
    parser.add_argument("--ledger", default="", help="append a line of JSON for each server to this file")
    parser.add_argument("--commit", default="unknown")
    arguments = parser.parse_args()
    chosen = [server for server in SERVERS if not arguments.servers or server.name in arguments.servers]
    if not chosen:
        parser.error("there is no such server")
    failed = 0
    for server in chosen:
        with tempfile.TemporaryDirectory() as folder:
            report = pathlib.Path(folder) / "report.jsonl"
            failed += audit(server, arguments, report) != 0
            if arguments.ledger and report.exists():
                line = json.loads(report.read_text().splitlines()[-1])
                line.pop("shard", None)
                line = {**line, "date": datetime.date.today().isoformat(), "server": server.name}
                with open(arguments.ledger, "a", encoding="utf-8") as ledger:
                    ledger.write(json.dumps(line, separators=(",", ":")) + "\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
