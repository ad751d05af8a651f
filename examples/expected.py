#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Computes the answers of the examples from their data in plain Python, without Weir, and writes each example's
expected.txt in the form of `weir run examples/NAME/job.sql --output csv`.

    .venv/bin/python examples/expected.py
"""
import csv
import datetime
import decimal
import json
import pathlib
from collections import defaultdict
from decimal import Decimal

import pyarrow.parquet as pq

EXAMPLES = pathlib.Path(__file__).resolve().parent
DATA = EXAMPLES / "data"


def round_half_up(value: Decimal, digits: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-digits), rounding=decimal.ROUND_HALF_UP)


def write(example: str, columns: list, rows: list) -> None:
    with open(EXAMPLES / example / "expected.txt", "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def flight_delays() -> None:
    with open(DATA / "airports.csv", newline="", encoding="utf-8") as lines:
        airports = {row["iata"]: row for row in csv.DictReader(lines)}
    delays = defaultdict(list)
    flights = pq.read_table(DATA / "flights-2001-01.parquet", columns=["origin", "delay"]).to_pydict()
    for origin, delay in zip(flights["origin"], flights["delay"]):
        delays[origin].append(delay)
    rows = []
    for origin, values in delays.items():
        if origin not in airports or len(values) < 5000:
            continue
        average = float(round_half_up(Decimal(sum(values) / len(values)), 1))
        late = sum(value > 15 for value in values)
        rows.append([airports[origin]["city"], airports[origin]["state"], origin, len(values), average, max(values),
                     100 * late // len(values)])
    rows.sort(key=lambda row: (-row[4], row[2]))
    write("flight-delays",
          ["city", "state", "airport", "flights", "average_delay", "worst_delay", "percent_late"], rows[:10])


def earthquakes() -> None:
    day = datetime.timedelta(days=1)
    tick = datetime.timedelta(milliseconds=1)
    delay = datetime.timedelta(days=3)
    watermark = datetime.datetime.min
    windows = defaultdict(list)
    late = 0
    for line in open(DATA / "earthquakes.ndjson", encoding="utf-8"):
        report = json.loads(line)
        occurred = datetime.datetime.strptime(report["occurred"], "%Y-%m-%d %H:%M:%S.%f")
        start = datetime.datetime(occurred.year, occurred.month, occurred.day)
        if report["type"] == "earthquake":
            if start + day - tick <= watermark:  # The window has fired: the row is late.
                late += 1
            else:
                windows[start].append(report)
        watermark = max(watermark, occurred - delay)
    rows = []
    for start, reports in sorted(windows.items()):
        felt = [report["felt"] for report in reports if report["felt"] is not None]
        rows.append([f"{start:%Y-%m-%d %H:%M:%S}.000", f"{start + day:%Y-%m-%d %H:%M:%S}.000", len(reports),
                     sum(report["magnitude"] >= 4.5 for report in reports),
                     float(max(report["magnitude"] for report in reports)),
                     float(max(report["location"]["depth_km"] for report in reports)),
                     sum(felt) if felt else ""])
    write("earthquakes",
          ["window_start", "window_end", "quakes", "strong_quakes", "strongest", "deepest_km", "felt_reports"], rows)
    print(f"earthquakes: {sum(map(len, windows.values()))} in time, {late} late")


def city_weather() -> None:
    groups = defaultdict(list)
    with open(DATA / "weather.csv", newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            groups[row["#location"], datetime.date.fromisoformat(row["date"]).month].append(row)

    def average(values: list) -> Decimal:  # AVG of DECIMAL(4, 1) is a DECIMAL(38, 6); the cast rounds again.
        return round_half_up(round_half_up(sum(values) / len(values), 6), 1)

    rows = []
    for (location, month), days in sorted(groups.items()):
        precipitation, high, low = ([Decimal(day[name]).quantize(Decimal("0.1")) for day in days]
                                    for name in ("precipitation", "temp_max", "temp_min"))
        rows.append([location, month, len(days), sum(value > 0 for value in precipitation), sum(precipitation),
                     average(high), average(low), max(high), min(low), len({day["weather"] for day in days})])
    write("city-weather", ["location", "month", "days", "wet_days", "precipitation_mm", "average_high", "average_low",
                           "warmest", "coldest", "kinds_of_weather"], rows)


if __name__ == "__main__":
    flight_delays()
    earthquakes()
    city_weather()
