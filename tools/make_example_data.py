#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Makes examples/data from the npm package vega-datasets 3.2.1. What it makes is kept in the repository; run it only
to repeat or change that:

    npm pack vega-datasets@3.2.1
    .venv/bin/python tools/make_example_data.py vega-datasets-3.2.1.tgz
"""
import datetime
import io
import json
import pathlib
import sys
import tarfile

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DATA = pathlib.Path(__file__).resolve().parent.parent / "examples" / "data"


def make_flights(content: bytes) -> None:
    """January 2001 of three million flights, in order of departure."""
    flights = pq.read_table(io.BytesIO(content))
    flights = flights.filter(pc.equal(pc.month(flights["date"]), 1))
    flights = flights.take(pc.sort_indices(flights, [("date", "ascending")]))
    flights = pa.table({
        "departure": pc.cast(flights["date"], pa.timestamp("ms")),
        "origin": pc.cast(flights["origin"], pa.string()),
        "destination": pc.cast(flights["destination"], pa.string()),
        "distance": pc.cast(flights["distance"], pa.int32()),
        "delay": pc.cast(flights["delay"], pa.int32()),
    })
    pq.write_table(flights, DATA / "flights-2001-01.parquet", compression="zstd", compression_level=15,
                   row_group_size=131072)


def utc(milliseconds: int) -> str:
    time = datetime.datetime.fromtimestamp(milliseconds // 1000, datetime.timezone.utc)
    return f"{time:%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03d}"


def make_earthquakes(content: bytes) -> None:
    """One line a report, in the order in which the reports were published (`updated`), not in which the earth shook."""
    reports = []
    for feature in json.loads(content)["features"]:
        properties = feature["properties"]
        longitude, latitude, depth = feature["geometry"]["coordinates"]
        reports.append((properties["updated"], feature["id"], {
            "id": feature["id"],
            "occurred": utc(properties["time"]),
            "updated": utc(properties["updated"]),
            "type": properties["type"],
            "magnitude": properties["mag"],
            "felt": properties["felt"],
            "place": properties["place"],
            "network": properties["net"],
            "status": properties["status"],
            "location": {"longitude": longitude, "latitude": latitude, "depth_km": depth},
        }))
    reports.sort(key=lambda report: report[:2])
    with open(DATA / "earthquakes.ndjson", "w", encoding="utf-8") as out:
        for _, _, report in reports:
            out.write(json.dumps(report, ensure_ascii=False, separators=(",", ":")) + "\n")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with tarfile.open(sys.argv[1]) as package:
        def content(name: str) -> bytes:
            return package.extractfile(f"package/data/{name}").read()

        DATA.mkdir(parents=True, exist_ok=True)
        make_flights(content("flights-3m.parquet"))
        make_earthquakes(content("earthquakes.json"))
        (DATA / "airports.csv").write_bytes(content("airports.csv"))
        # Flink's csv format knows no header line, but it does know comments.
        (DATA / "weather.csv").write_bytes(b"#" + content("weather.csv"))


if __name__ == "__main__":
    main()
