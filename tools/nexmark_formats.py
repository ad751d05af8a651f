# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""The same Nexmark events from the connector, from NDJSON and from Parquet, and queries that must not see a difference.

Used by tools/differential.py.
"""
import pathlib
from typing import Dict, List

EVENTS = 3000
COLUMNS = """(
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
             `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
          `dateTime` TIMESTAMP(3), extra STRING>"""
TIME = """,
  ts AS CASE WHEN event_type = 0 THEN person.`dateTime` WHEN event_type = 1 THEN auction.`dateTime` ELSE bid.`dateTime` END,
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND"""
VIEWS = """
CREATE VIEW bid AS SELECT bid.auction, bid.bidder, bid.price, bid.channel, bid.url, ts, bid.extra FROM events WHERE event_type = 2;
CREATE VIEW auction AS SELECT auction.id, auction.itemName, auction.initialBid, auction.reserve, auction.expires, ts,
  auction.seller, auction.category FROM events WHERE event_type = 1;
CREATE VIEW person AS SELECT person.id, person.name, person.city, person.state, ts FROM events WHERE event_type = 0;
"""
QUERIES = [
    "SELECT * FROM bid",
    "SELECT * FROM auction",
    "SELECT * FROM person WHERE state = 'OR' OR city = 'Phoenix'",
    "SELECT person, auction, bid FROM events",
    "SELECT event_type, COUNT(*), COUNT(person), COUNT(bid.price), MIN(ts), MAX(ts) FROM events GROUP BY event_type",
    "SELECT auction, COUNT(*), MAX(price), MIN(url), AVG(price), COUNT(DISTINCT bidder) FROM bid GROUP BY auction",
    "SELECT channel, SUM(price) FILTER (WHERE price > 1000), COUNT(DISTINCT auction) FROM bid GROUP BY CUBE (channel)",
    "SELECT window_start, auction, COUNT(*) FROM TABLE(HOP(TABLE bid, DESCRIPTOR(ts), INTERVAL '2' SECOND, "
    "INTERVAL '6' SECOND)) GROUP BY window_start, window_end, auction",
    "SELECT window_start, MAX(price), COUNT(DISTINCT bidder) FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(ts), INTERVAL '1' SECOND)) "
    "GROUP BY window_start, window_end",
    "SELECT a.category, COUNT(*), MAX(b.price), SUM(b.price - a.initialBid) FROM auction a JOIN bid b ON a.id = b.auction "
    "WHERE b.ts BETWEEN a.ts AND a.expires GROUP BY a.category",
    "SELECT p.name, p.city, a.id, a.itemName FROM person p LEFT JOIN auction a ON a.seller = p.id AND a.category = 10",
    "SELECT auction, price FROM bid ORDER BY price DESC, auction, bidder, ts LIMIT 20",
    "SELECT REGEXP_EXTRACT(url, '(&|^)channel_id=([^&]*)', 2), CHAR_LENGTH(extra), UPPER(channel) FROM bid",
    "SELECT city, state FROM person INTERSECT SELECT city, state FROM person WHERE id > 1005",
]


def generate_sql(folder: pathlib.Path) -> str:
    """Writes the events to files of each format."""
    sql = f"CREATE TABLE events {COLUMNS}) WITH ({options('nexmark', folder)});\n"
    for format_ in ("json", "parquet"):
        sql += f"CREATE TABLE {format_}_files {COLUMNS}) WITH ({options(format_, folder)});\n"
        sql += f"INSERT INTO {format_}_files SELECT * FROM events;\n"
    return sql


def options(source: str, folder: pathlib.Path) -> str:
    if source == "nexmark":
        return (f"'connector' = 'nexmark', 'events.num' = '{EVENTS}', 'first-event.rate' = '100', 'next-event.rate' = '100', "
                "'seed' = '7'")
    return f"'connector' = 'filesystem', 'path' = '{folder / source}', 'format' = '{source}'"


def ddl(source: str, folder: pathlib.Path) -> str:
    return f"CREATE TABLE events {COLUMNS}{TIME}) WITH ({options(source, folder)});\n{VIEWS}"


def rows(lines: List[str]) -> Dict[str, int]:
    """What remains of a changelog of texts: a row's text without its kind, and how often."""
    found: Dict[str, int] = {}
    for line in lines:
        sign = -1 if line.startswith(('{"op":"-U"', '{"op":"-D"')) else 1
        text = "{" + line[len('{"op":"+I",'):] if line.startswith('{"op":') else line
        found[text] = found.get(text, 0) + sign
    return {text: count for text, count in found.items() if count != 0}
