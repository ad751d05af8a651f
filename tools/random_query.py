# SPDX-License-Identifier: Apache-2.0
# Copyright the Weir authors
"""Random tables and random queries over them, for tools/differential.py.

A query is made in two dialects at once: Flink's, and DuckDB's with Flink's meaning spelled out (integer AVG truncates, NULLs are
smallest, windows are joins with generated series). Where that is not possible DuckDB's text is None, and the query is only
compared between ways to run it in Weir.

Values avoid what no engine promises: doubles are multiples of 1/4 without -0.0, ORDER BY names every column, sums stay small.
"""
import datetime
import random
from typing import Any, List, NamedTuple, Optional, Tuple

# One letter a type: Int, Long, Float (DOUBLE), deCimal, String, Boolean, Date, Timestamp.
WEIR_TYPES = {"I": "INT", "L": "BIGINT", "F": "DOUBLE", "C": "DECIMAL(10, 2)", "S": "STRING", "B": "BOOLEAN", "D": "DATE",
              "T": "TIMESTAMP(3)"}
DUCK_TYPES = {"I": "INTEGER", "L": "BIGINT", "F": "DOUBLE", "C": "DECIMAL(10, 2)", "S": "VARCHAR", "B": "BOOLEAN", "D": "DATE",
              "T": "TIMESTAMP"}
STRINGS = ["", "a", "b", "abc", "Abc", "x y", " lead", "tail ", "éa", "ünï", "日本", "日本語", "😀z", "a%b", "q\"u", "a,b", "it's",
           "zz", "12", "-7", "back\\slash"]
FIRST_TIME = datetime.datetime(2020, 1, 1)


class Table(NamedTuple):
    name: str
    columns: List[Tuple[str, str]]  # Name, type.
    rows: List[List[Any]]
    time: Optional[str]  # Its column with a watermark; never NULL, in order.
    not_null: bool  # All its columns are.


class Text(NamedTuple):
    """One thing in both dialects."""
    weir: str
    duck: Optional[str]


class Expression(NamedTuple):
    weir: str
    duck: Optional[str]
    type: str


class Relation(NamedTuple):
    weir: str
    duck: Optional[str]
    columns: List[Expression]  # Plain columns: the same name in both dialects.


def both(template: str, *parts: Any) -> Text:
    """The template with the parts of each dialect; None for DuckDB as soon as one part has none."""
    weir = template.format(*[part if isinstance(part, (str, int)) else part.weir for part in parts])
    duck = [part if isinstance(part, (str, int)) else part.duck for part in parts]
    return Text(weir, None if any(part is None for part in duck) else template.format(*duck))


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def random_value(rng: random.Random, kind: str) -> Any:
    if kind == "I":
        return rng.choice([0, 1, 1, 1, 2, 2, 3, rng.randint(-20, 20)])
    if kind == "L":
        return rng.choice([0, 1, 7, rng.randint(-1000, 1000), rng.randint(-3, 3)])
    if kind == "F":
        return rng.choice([0.0, 1.5, rng.randint(-40, 40) / 4])
    if kind == "C":
        return rng.choice(["0.00", "1.50", f"{rng.randint(-99, 99)}.{rng.randint(0, 99):02}"])
    if kind == "S":
        return rng.choice(STRINGS[:6]) if rng.random() < 0.5 else rng.choice(STRINGS)
    if kind == "B":
        return rng.random() < 0.5
    if kind == "D":
        return (FIRST_TIME + datetime.timedelta(days=rng.choice([0, 1, 31, rng.randint(-20000, 9000)]))).date().isoformat()
    time = FIRST_TIME + datetime.timedelta(milliseconds=rng.choice([250 * rng.randint(0, 400), rng.randint(-10**11, 10**11)]))
    return time.isoformat(" ", "milliseconds")


def random_table(rng: random.Random, name: str) -> Table:
    kinds = list("ILFCSBDTIS")
    rng.shuffle(kinds)
    kinds = ["I", "S"] + kinds[: rng.randint(2, 8)]
    columns = [(f"{name}_{kind.lower()}{i}", kind) for i, kind in enumerate(kinds)]
    null_rate = rng.choice([0.0, 0.0, 0.1, 0.4])
    count = rng.choice([0, 1, 5, 12, 20, 30, 40, 40, 150])
    rows = [[None if rng.random() < null_rate else random_value(rng, kind) for kind in kinds] for _ in range(count)]
    if rng.random() < 0.5 and rows:
        rows += [list(rng.choice(rows)) for _ in range(5)]  # Duplicates.
    time = None
    if rng.random() < 0.6:
        time = f"{name}_ts"
        columns.append((time, "T"))
        at = FIRST_TIME
        for row in rows:
            at += datetime.timedelta(milliseconds=250 * rng.choice([0, 0, 1, 2, 4, 7, 13, 60]))
            row.append(at.isoformat(" ", "milliseconds"))
    return Table(name, columns, rows, time, null_rate == 0.0 and rng.random() < 0.7)


class QueryMaker:
    """Makes one query. Every column gets a name that no other column of the query has."""

    def __init__(self, rng: random.Random, tables: List[Table]):
        self.rng = rng
        self.tables = tables
        self.names = 0
        self.shared: List[Tuple[str, Relation]] = []  # WITH.

    def name(self, prefix: str = "c") -> str:
        self.names += 1
        return f"{prefix}{self.names}"

    # -- expressions --

    def literal(self, kind: str) -> Expression:
        if self.rng.random() < 0.05:
            null = f"CAST(NULL AS {DUCK_TYPES[kind]})"
            return Expression(null, null, kind)
        value = random_value(self.rng, kind)
        if kind == "I":
            return Expression(f"{value}" if value >= 0 else f"({value})", f"{value}" if value >= 0 else f"({value})", kind)
        if kind in "LFC":
            types = {"L": "BIGINT", "F": "DOUBLE", "C": "DECIMAL(10, 2)"}
            return Expression(f"CAST({value} AS {types[kind]})", f"CAST({value} AS {types[kind]})", kind)
        if kind == "S":
            return Expression(quoted(value), quoted(value), kind)
        if kind == "B":
            return Expression(str(value).upper(), str(value).upper(), kind)
        word = "DATE" if kind == "D" else "TIMESTAMP"
        return Expression(f"{word} '{value}'", f"{word} '{value}'", kind)

    def column(self, kind: str, columns: List[Expression]) -> Optional[Expression]:
        fit = [column for column in columns if column.type == kind]
        return self.rng.choice(fit) if fit else None

    def expression(self, kind: str, columns: List[Expression], depth: int) -> Expression:
        rng = self.rng
        column = self.column(kind, columns)
        if depth <= 0 or rng.random() < 0.35:
            return column if column and rng.random() < 0.85 else self.literal(kind)

        def sub(of: str) -> Expression:
            return self.expression(of, columns, depth - 1)

        if rng.random() < 0.3:
            text = self.conditional(kind, sub)
        else:
            maker = {"I": self.integer, "L": self.long, "F": self.double, "C": self.decimal, "S": self.string,
                     "B": self.predicate, "D": self.date, "T": self.timestamp}[kind]
            text = maker(sub)
        return Expression(text.weir, text.duck, kind)

    def conditional(self, kind: str, sub: Any) -> Text:
        shape = self.rng.randrange(6)
        if shape == 0:
            return both("CASE WHEN {} THEN {} ELSE {} END", sub("B"), sub(kind), sub(kind))
        if shape == 1:
            return both("CASE WHEN {} THEN {} WHEN {} THEN {} END", sub("B"), sub(kind), sub("B"), sub(kind))
        if shape == 2:
            return both("COALESCE({}, {})", sub(kind), sub(kind))
        if shape == 3:
            return both("NULLIF({}, {})", sub(kind), sub(kind))
        if shape == 4:
            return both("CASE {} WHEN {} THEN {} ELSE {} END", sub("I"), self.literal("I"), sub(kind), sub(kind))
        condition, yes, no = sub("B"), sub(kind), sub(kind)
        return Text(f"IF({condition.weir}, {yes.weir}, {no.weir})", both("CASE WHEN {} THEN {} ELSE {} END", condition, yes, no).duck)

    def integer(self, sub: Any) -> Text:
        rng = self.rng
        shape = rng.randrange(11)
        if shape == 9:
            return both("TRY_CAST({} AS INT)", sub("S"))
        if shape == 10:
            return self.extreme(sub("I"), sub("I"))
        if shape == 0:
            return both("({} {} {})", sub("I"), rng.choice("+-"), sub("I"))
        if shape == 1:
            return both("({} * {})", sub("I"), rng.choice([-1, 2, 3]))
        if shape == 2:
            left, right = sub("I"), sub("I")
            return Text(f"({left.weir} / NULLIF({right.weir}, 0))", both("({} // NULLIF({}, 0))", left, right).duck)
        if shape == 3:
            return both("MOD({}, NULLIF({}, 0))", sub("I"), sub("I"))
        if shape == 4:
            return both("CHAR_LENGTH({})", sub("S"))
        if shape == 5:
            return both("CAST(EXTRACT({} FROM {}) AS INT)", rng.choice(["YEAR", "MONTH", "DAY"]), sub("D"))
        if shape == 6:
            return both("POSITION({} IN {})", self.literal("S"), sub("S"))
        if shape == 7:
            value = sub("F")
            return Text(f"CAST({value.weir} AS INT)", both("CAST(TRUNC({}) AS INT)", value).duck)
        return both("ABS({})", sub("I"))

    def extreme(self, left: Expression, right: Expression) -> Text:
        """GREATEST or LEAST: NULL if one of the two is, unlike DuckDB's."""
        name = self.rng.choice(["GREATEST", "LEAST"])
        duck = both("CASE WHEN {0} IS NOT NULL AND {1} IS NOT NULL THEN {2}({0}, {1}) END", left, right, name).duck
        return Text(f"{name}({left.weir}, {right.weir})", duck)

    def long(self, sub: Any) -> Text:
        shape = self.rng.randrange(5)
        if shape == 0:
            return both("({} {} {})", sub("L"), self.rng.choice("+-"), sub("I"))
        if shape == 1:
            return both("({} - {})", sub("I"), sub("L"))
        if shape == 2:
            return both("CAST({} AS BIGINT)", sub("I"))
        if shape == 3:
            return both("({} * {})", sub("L"), self.rng.choice([-1, 2, 5]))
        return both("(-{})", sub("L"))

    def double(self, sub: Any) -> Text:
        shape = self.rng.randrange(5)
        if shape == 0:
            return both("({} {} {})", sub("F"), self.rng.choice("+-"), sub("F"))
        if shape == 1:
            return both("({} + {})", sub("F"), sub(self.rng.choice("IL")))
        if shape == 2:
            return both("FLOOR({})", sub("F"))
        if shape == 3:
            return both("CAST({} AS DOUBLE)", sub(self.rng.choice("IL")))
        return both("ABS({})", sub("F"))

    def decimal(self, sub: Any) -> Text:
        shape = self.rng.randrange(6)
        if shape == 4:
            return both("ROUND({}, 1)", sub("C"))
        if shape == 5:
            return self.extreme(sub("C"), sub("C"))
        if shape == 0:
            return both("({} {} {})", sub("C"), self.rng.choice("+-"), sub("C"))
        if shape == 1:
            return both("({} + {})", sub("C"), sub("I"))
        if shape == 2:
            return both("ABS({})", sub("C"))
        return both("CAST({} AS DECIMAL(20, 3))", sub(self.rng.choice("IC")))

    def string(self, sub: Any) -> Text:
        rng = self.rng
        shape = rng.randrange(13)
        if shape < 3:
            return both("{}({})", ["UPPER", "LOWER", "REVERSE"][shape], sub("S"))
        if shape == 3:
            return both("({} || {})", sub("S"), sub("S"))
        if shape == 4:
            return both("SUBSTRING({} FROM {} FOR {})", sub("S"), rng.randint(1, 4), rng.randint(0, 3))
        if shape == 5:
            return both("TRIM({})", sub("S"))
        if shape == 6:
            return both("REPLACE({}, {}, {})", sub("S"), quoted(rng.choice(["a", "b", "日", "x y", "zz"])), self.literal("S"))
        if shape == 7:
            return both("{}({}, {})", rng.choice(["LEFT", "RIGHT"]), sub("S"), rng.randint(0, 3))
        if shape == 8:
            return both("CAST({} AS VARCHAR)", sub(rng.choice("ILDC")))
        if shape == 9:
            return both("LPAD({}, {}, {})", sub("S"), rng.randint(0, 6), quoted(rng.choice(["x", "日y", "ab"])))
        if shape == 10:
            value = sub("B")
            return Text(f"CAST({value.weir} AS STRING)", both("UPPER(CAST({} AS VARCHAR))", value).duck)
        if shape == 11:
            left, right = sub("S"), sub("S")
            return Text(f"CONCAT({left.weir}, {right.weir})", both("({} || {})", left, right).duck)
        value = sub("T")
        return Text(f"DATE_FORMAT({value.weir}, 'yyyy-MM-dd HH:mm')", both("STRFTIME({}, '%Y-%m-%d %H:%M')", value).duck)

    def predicate(self, sub: Any) -> Text:
        rng = self.rng
        shape = rng.randrange(11)
        kind = rng.choice("ILFCSDTIS")
        if shape < 3:
            return both("({} {} {})", sub(kind), rng.choice(["=", "<>", "<", "<=", ">", ">="]), sub(kind))
        if shape == 3:
            return both("({} IS {}NULL)", sub(rng.choice("ILFCSBDT")), rng.choice(["", "NOT "]))
        if shape == 4:
            return both("({} {} {})", sub("B"), rng.choice(["AND", "OR"]), sub("B"))
        if shape == 5:
            return both("(NOT {})", sub("B"))
        if shape == 6:
            items = ", ".join(self.literal(kind).weir for _ in range(rng.choice([1, 2, 3, 6])))
            return both("({} {}IN ({}))", sub(kind), rng.choice(["", "NOT "]), items)
        if shape == 7:
            return both("({} {}BETWEEN {} AND {})", sub(kind), rng.choice(["", "NOT "]), sub(kind), sub(kind))
        if shape == 8:
            return both("({} LIKE {})", sub("S"), quoted(rng.choice(["a%", "%b%", "_", "日%", "%", "", "a_c", "%y"])))
        if shape == 9:
            return both("({} IS {}DISTINCT FROM {})", sub(kind), rng.choice(["", "NOT "]), sub(kind))
        return both("({} IS {}{})", sub("B"), rng.choice(["", "NOT "]), rng.choice(["TRUE", "FALSE"]))

    def date(self, sub: Any) -> Text:
        if self.rng.random() < 0.5:
            return both("CAST({} AS DATE)", sub("T"))
        value, unit, count = sub("D"), self.rng.choice(["DAY", "MONTH", "YEAR"]), self.rng.randint(1, 40)
        return both("CAST({} + INTERVAL '{}' {} AS DATE)", value, count, unit)

    def timestamp(self, sub: Any) -> Text:
        shape = self.rng.randrange(3)
        unit = self.rng.choice(["SECOND", "MINUTE", "HOUR", "DAY", "MONTH"])
        if shape == 0:
            value = sub("T")
            return Text(f"FLOOR({value.weir} TO {unit})", both("CAST(DATE_TRUNC('{}', {}) AS TIMESTAMP)", unit, value).duck)
        if shape == 1:
            return both("({} {} INTERVAL '{}' {})", sub("T"), self.rng.choice("+-"), self.rng.randint(1, 30), unit)
        return both("CAST({} AS TIMESTAMP)", sub("D"))

    # -- relations --

    def relation(self, depth: int) -> Relation:
        if depth <= 0:
            return self.scan()
        makers = [self.project, self.project, self.group, self.group, self.grouping_sets, self.distinct, self.set_operation,
                  self.set_operation, self.join, self.join, self.join, self.limit, self.limit, self.unnest, self.unnest,
                  self.window, self.window, self.with_query]
        if self.rng.random() < 0.03:
            return self.rng.choice([self.top, self.semi_join])(depth)
        return self.rng.choice(makers)(depth)

    def scan(self) -> Relation:
        if self.shared and self.rng.random() < 0.4:
            name, relation = self.rng.choice(self.shared)
            old = relation.columns
        else:
            table = self.rng.choice(self.tables)
            name = table.name
            old = [Expression(column, column, kind) for column, kind in table.columns]
        columns = [Expression(c, c, e.type) for c, e in ((self.name(), e) for e in old)]
        items = ", ".join(f"{e.weir} AS {c.weir}" for e, c in zip(old, columns))
        duck = None if any(shared == name and relation.duck is None for shared, relation in self.shared) else \
            f"SELECT {items} FROM {name}"
        return Relation(f"SELECT {items} FROM {name}", duck, columns)

    def select(self, items: List[Expression], rest: Text, distinct: str = "") -> Relation:
        columns = [Expression(c, c, e.type) for c, e in ((self.name(), e) for e in items)]
        weir = ", ".join(f"{e.weir} AS {c.weir}" for e, c in zip(items, columns))
        duck = None
        if rest.duck is not None and all(e.duck is not None for e in items):
            duck = f"SELECT {distinct}" + ", ".join(f"{e.duck} AS {c.duck}" for e, c in zip(items, columns)) + f" {rest.duck}"
        return Relation(f"SELECT {distinct}{weir} {rest.weir}", duck, columns)

    def from_(self, relation: Relation, alias: Optional[str] = None) -> Text:
        return both("FROM ({}) AS {}", relation, alias or self.name("q"))

    def where(self, columns: List[Expression], chance: float = 0.5) -> Text:
        if self.rng.random() > chance:
            return Text("", "")
        return both(" WHERE {}", self.expression("B", columns, 2))

    def items(self, columns: List[Expression], depth: int = 2) -> List[Expression]:
        made = self.rng.sample(columns, min(len(columns), self.rng.randint(1, 4)))
        for _ in range(self.rng.randint(0, 3)):
            made.append(self.expression(self.rng.choice("ILFCSBDTIS"), columns, depth))
        return made

    def project(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        return self.select(self.items(below.columns, 3), both("{}{}", self.from_(below), self.where(below.columns, 0.7)))

    def distinct(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        return self.select(self.items(below.columns), both("{}{}", self.from_(below), self.where(below.columns)), "DISTINCT ")

    def aggregate(self, columns: List[Expression]) -> Expression:
        rng = self.rng
        shape = rng.randrange(7)
        filter_ = both(" FILTER (WHERE {})", self.expression("B", columns, 1)) if rng.random() < 0.25 else Text("", "")
        if shape == 0:
            return Expression(*both("COUNT(*){}", filter_), "L")
        kind = rng.choice("ILFC") if shape in (3, 4) else rng.choice("ILFCSDTIS" + ("B" if shape < 3 else ""))
        argument = self.expression(kind, columns, rng.choice([0, 0, 1]))
        if shape == 1:
            return Expression(*both("COUNT({}){}", argument, filter_), "L")
        if shape == 2:
            return Expression(*both("COUNT(DISTINCT {}){}", argument, filter_), "L")
        distinct = "DISTINCT " if rng.random() < 0.15 else ""
        if shape == 3:
            duck = both("CAST(SUM({}{}){} AS BIGINT)" if kind in "IL" else "SUM({}{}){}", distinct, argument, filter_).duck
            return Expression(both("SUM({}{}){}", distinct, argument, filter_).weir, duck, kind)
        if shape == 4:
            weir = both("AVG({}{}){}", distinct, argument, filter_).weir
            total, count = both("SUM({}{}){}", distinct, argument, filter_), both("COUNT({}{}){}", distinct, argument, filter_)
            duck = {"I": "CAST(CAST({0} AS BIGINT) // NULLIF({1}, 0) AS BIGINT)",
                    "L": "CAST(CAST({0} AS BIGINT) // NULLIF({1}, 0) AS BIGINT)",
                    "F": "({0} / NULLIF({1}, 0))",
                    "C": "CAST(ROUND(CAST({0} AS DOUBLE) / NULLIF({1}, 0), 6) AS DECIMAL(38, 6))"}[kind]
            # Scaled twice, a decimal average is rounded elsewhere: such a query is for Weir alone.
            return Expression(weir, both(duck, total, count).duck, kind)
        name = "MIN" if shape == 5 else "MAX"
        return Expression(*both("{}({}){}", name, argument, filter_), kind)

    def group(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        keys = self.rng.sample(below.columns, min(len(below.columns), self.rng.choice([0, 1, 1, 1, 2, 2, 3])))
        if self.rng.random() < 0.3:
            keys.append(self.expression(self.rng.choice("ISB"), below.columns, 2))
            if keys[-1] not in below.columns and not any(column.weir in keys[-1].weir for column in below.columns):
                keys.pop()  # A constant; an integer would be taken for a position.
        aggregates = [self.aggregate(below.columns) for _ in range(self.rng.randint(1, 4))]
        text = both("{}{}", self.from_(below), self.where(below.columns, 0.4))
        if keys:
            text = both("{} GROUP BY {}", text, Text(", ".join(key.weir for key in keys), self.duck_list(keys)))
        else:  # Where there is no input, batch has a row and stream has none, as in Flink.
            text = both("{} HAVING COUNT(*) > 0", text)
        if self.rng.random() < 0.3:
            of = aggregates + [self.aggregate(below.columns)]
            text = both("{} {} {}", text, "HAVING" if keys else "AND", self.expression("B", of + keys, 1))
        shown = self.rng.sample(keys, self.rng.randint(0, len(keys))) if self.rng.random() < 0.2 else keys
        return self.select(list(shown) + aggregates, text)

    def duck_list(self, keys: List[Expression]) -> Optional[str]:
        return None if any(key.duck is None for key in keys) else ", ".join(str(key.duck) for key in keys)

    def grouping_sets(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        keys = self.rng.sample(below.columns, min(len(below.columns), self.rng.choice([1, 2, 2, 3])))
        names = [key.weir for key in keys]
        shape = self.rng.randrange(3)
        if shape < 2:
            grouping = f"{['ROLLUP', 'CUBE'][shape]} ({', '.join(names)})"
        else:
            sets = [self.rng.sample(names, self.rng.randint(0, len(names))) for _ in range(self.rng.randint(1, 3))]
            sets.append(names)
            unique = {tuple(sorted(one)): one for one in sets}  # Flink keeps equal sets apart in its own way.
            grouping = "GROUPING SETS (" + ", ".join(f"({', '.join(one)})" for one in unique.values()) + ")"
        aggregates = [self.aggregate(below.columns) for _ in range(self.rng.randint(1, 3))]
        if self.rng.random() < 0.5:
            word = f"GROUPING({names[0]})"
            aggregates.append(Expression(word, word, "L"))
        text = both("{}{} GROUP BY {}", self.from_(below), self.where(below.columns, 0.3), grouping)
        if text.duck is not None:  # Flink has no row for () where there is no input.
            text = Text(text.weir, text.duck + " HAVING COUNT(*) > 0")
        return self.select(keys + aggregates, text)

    def set_operation(self, depth: int) -> Relation:
        kinds = [self.rng.choice("ILFCSBDTISIS") for _ in range(self.rng.randint(1, 3))]
        sides = []
        for _ in range(self.rng.choice([2, 2, 2, 3])):
            below = self.relation(depth - 1)
            items = [self.column(kind, below.columns) or self.expression(kind, below.columns, 1) for kind in kinds]
            sides.append(self.select(items, both("{}{}", self.from_(below), self.where(below.columns, 0.3))))
        text: Text = both("({})", sides[0])
        for side in sides[1:]:
            word = self.rng.choice(["UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "INTERSECT ALL", "EXCEPT ALL"])
            text = both("({} {} ({}))", text, word, side)
        items = list(sides[0].columns)
        return self.select(items, both("FROM {} AS {}", text, self.name("q")))

    def join(self, depth: int) -> Relation:
        sides = [self.relation(depth - 1) for _ in range(self.rng.choice([2, 2, 2, 3]))]
        columns = list(sides[0].columns)
        text = self.from_(sides[0])
        for side in sides[1:]:
            condition = self.join_condition(columns, side.columns)
            word = self.rng.choice(["INNER", "INNER", "LEFT", "RIGHT", "FULL"])
            text = both("{} {} JOIN ({}) AS {} ON {}", text, word, side, self.name("q"), condition)
            columns += side.columns
        return self.select(self.items(columns, 1) + self.rng.sample(columns, 1), both("{}{}", text, self.where(columns, 0.4)))

    def join_condition(self, left: List[Expression], right: List[Expression]) -> Text:
        kinds = [kind for kind in "ISLBDFCT" if self.column(kind, left) and self.column(kind, right)]
        if not kinds:
            return both("({} = {})", self.expression("I", left, 1), self.expression("I", right, 1))
        made = []
        for _ in range(self.rng.choice([1, 1, 2])):
            kind = self.rng.choice(kinds[:3])
            if self.rng.random() < 0.15:
                made.append(both("({} = {})", self.expression(kind, left, 1), self.expression(kind, right, 1)))
            else:
                made.append(both("({} = {})", self.column(kind, left), self.column(kind, right)))
        if self.rng.random() < 0.3:
            made.append(self.expression("B", left + right, 1))
        text = made[0]
        for part in made[1:]:
            text = both("{} AND {}", text, part)
        return Text(text.weir, text.duck)

    def order(self, columns: List[Expression]) -> str:
        return ", ".join(f"{column.weir} {self.rng.choice(['ASC NULLS FIRST', 'DESC NULLS LAST'])}"
                         for column in self.rng.sample(columns, len(columns)))

    def limit(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        offset = f" OFFSET {self.rng.randint(0, 4)}" if self.rng.random() < 0.3 else ""
        order = self.order(below.columns)
        return Relation(*both("SELECT * FROM ({}) AS {} ORDER BY {} LIMIT {}{}", below, self.name("q"), order,
                              self.rng.choice([0, 1, 3, 8, 20]), offset), below.columns)

    def top(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        keys = self.rng.sample(below.columns, min(len(below.columns), self.rng.choice([0, 1, 1, 2])))
        partition = f"PARTITION BY {', '.join(key.weir for key in keys)} " if keys else ""
        number = self.name("n")
        inner = both("SELECT *, ROW_NUMBER() OVER ({}ORDER BY {}) AS {} {}", partition, self.order(below.columns), number,
                     self.from_(below))
        columns = list(below.columns)
        if self.rng.random() < 0.5:
            columns.append(Expression(number, number, "L"))
        return self.select(columns, both("FROM ({}) AS {} WHERE {} <= {}", inner, self.name("q"), number, self.rng.randint(1, 4)))

    def unnest(self, depth: int) -> Relation:
        below = self.relation(depth - 1)
        kind = self.rng.choice([column.type for column in below.columns])
        parts = [self.column(kind, below.columns)] + [self.expression(kind, below.columns, 1)
                                                      for _ in range(self.rng.randint(0, 2))]
        element, alias = self.name(), self.name("u")
        weir = f"ARRAY[{', '.join(part.weir for part in parts)}]"
        duck = self.duck_list(parts)
        array = Text(weir, None if duck is None else f"[{duck}]")
        word = self.rng.choice(["CROSS JOIN UNNEST({}) AS {} ({})", "CROSS JOIN UNNEST({}) AS {} ({})",
                                "LEFT JOIN UNNEST({}) AS {} ({}) ON TRUE"])
        text = both("{} " + word, self.from_(below), array, alias, element)
        columns = list(below.columns) + [Expression(element, element, kind)]
        return self.select(self.items(columns, 1) + [columns[-1]], both("{}{}", text, self.where(columns, 0.3)))

    def semi_join(self, depth: int) -> Relation:
        left, right = self.relation(depth - 1), self.relation(depth - 1)
        kinds = [kind for kind in "ISLBD" if self.column(kind, left.columns) and self.column(kind, right.columns)]
        if not kinds:
            return self.project(depth)
        kind = self.rng.choice(kinds)
        mine, theirs = self.column(kind, left.columns), self.column(kind, right.columns)
        not_ = self.rng.choice(["", "", "NOT "])
        if self.rng.random() < 0.5:
            condition = both("{} {}IN (SELECT {} {}{})", mine, not_, theirs, self.from_(right), self.where(right.columns, 0.3))
        else:
            condition = both("{}EXISTS (SELECT 1 {} WHERE {} = {})", not_, self.from_(right), theirs, mine)
        return self.select(list(left.columns), both("{} WHERE {}", self.from_(left), condition))

    def with_query(self, depth: int) -> Relation:
        if len(self.shared) >= 2:
            return self.join(depth)
        relation = self.relation(depth - 1)
        self.shared.append((self.name("w"), relation))
        self.tables = list(self.tables)
        return self.join(depth) if self.rng.random() < 0.5 else self.set_operation(depth)

    # -- windows --

    def window(self, depth: int) -> Relation:
        timed = [table for table in self.tables if table.time]
        if not timed:
            return self.group(depth)
        table = self.rng.choice(timed)
        columns = [Expression(c, c, kind) for c, kind in table.columns]
        shape = self.rng.randrange(5)
        seconds = self.rng.choice([1, 2, 5, 10])
        if shape == 4:
            return self.window_join(timed, seconds)
        time = table.time
        if shape == 0:
            call = f"TUMBLE(TABLE {table.name}, DESCRIPTOR({time}), INTERVAL '{seconds}' SECOND)"
            starts = [(f"{time}", seconds, seconds)]
        elif shape == 1:
            times = self.rng.choice([2, 3, 5])
            call = (f"HOP(TABLE {table.name}, DESCRIPTOR({time}), INTERVAL '{seconds}' SECOND, "
                    f"INTERVAL '{seconds * times}' SECOND)")
            starts = [(f"{time} - INTERVAL {seconds * i} SECOND", seconds, seconds * times) for i in range(times)]
        elif shape == 2:
            return self.session(table, columns, seconds)
        else:
            return self.cumulate(table, columns, seconds, self.rng.choice([2, 3, 4]))
        parts = [self.duck_window(table, at, f"INTERVAL {step} SECOND", f"INTERVAL {size} SECOND") for at, step, size in starts]
        return self.windowed(call, " UNION ALL ".join(parts), columns)

    def duck_window(self, table: Table, at: str, step: str, size: str) -> str:
        start = f"TIME_BUCKET({step}, {at}, TIMESTAMP '2000-01-01')"
        return f"SELECT *, {start} AS window_start, {start} + {size} AS window_end FROM {table.name}"

    def window_join(self, timed: List[Table], seconds: int) -> Relation:
        texts, sides = [], []
        for _ in range(2):
            table = self.rng.choice(timed)
            alias = self.name("q")
            call = f"TABLE(TUMBLE(TABLE {table.name}, DESCRIPTOR({table.time}), INTERVAL '{seconds}' SECOND))"
            duck = self.duck_window(table, str(table.time), f"INTERVAL {seconds} SECOND", f"INTERVAL {seconds} SECOND")
            columns = [(column, self.name(), kind) for column, kind in table.columns]
            # Here the window columns keep their names: Weir must see where they come from.
            items = ", ".join(f"{old} AS {new}" for old, new, _ in columns) + ", window_start, window_end"
            texts.append(both("({}) AS {}", Text(f"SELECT {items} FROM {call}", f"SELECT {items} FROM ({duck})"), alias))
            sides.append((alias, [Expression(new, new, kind) for _, new, kind in columns]))
        (left, left_columns), (right, right_columns) = sides
        condition = both("{} AND {}", self.join_condition(left_columns, right_columns),
                         f"{left}.window_start = {right}.window_start AND {left}.window_end = {right}.window_end")
        word = self.rng.choice(["INNER", "LEFT", "RIGHT", "FULL"])
        columns = left_columns + right_columns
        starts = [f"{left}.window_start", f"{right}.window_end"]
        items = self.items(columns, 1) + [Expression(start, start, "T") for start in starts]
        return self.select(items, both("FROM {} {} JOIN {} ON {}", texts[0], word, texts[1], condition))

    def cumulate(self, table: Table, columns: List[Expression], seconds: int, times: int) -> Relation:
        call = (f"CUMULATE(TABLE {table.name}, DESCRIPTOR({table.time}), INTERVAL '{seconds}' SECOND, "
                f"INTERVAL '{seconds * times}' SECOND)")
        start = f"TIME_BUCKET(INTERVAL {seconds * times} SECOND, {table.time}, TIMESTAMP '2000-01-01')"
        parts = [f"SELECT *, {start} AS window_start, {start} + INTERVAL {seconds * i} SECOND AS window_end FROM {table.name} "
                 f"WHERE {start} + INTERVAL {seconds * i} SECOND > {table.time}" for i in range(1, times + 1)]
        return self.windowed(call, " UNION ALL ".join(parts), columns)

    def session(self, table: Table, columns: List[Expression], seconds: int) -> Relation:
        key = self.rng.choice([column for column in columns if column.type in "IS"])
        partition = f"PARTITION BY {key.weir}" if self.rng.random() < 0.6 else ""
        # The eighth keeps rows from being a gap apart exactly: whether they meet then depends on when watermarks come.
        gap = f"{seconds}.125"
        call = f"SESSION(TABLE {table.name} {partition}, DESCRIPTOR({table.time}), INTERVAL '{gap}' SECOND)"
        added = f"INTERVAL {seconds * 1000 + 125} MILLISECOND"
        order = f"({partition} ORDER BY {table.time})"
        opened = (f"SELECT *, CASE WHEN {table.time} <= LAG({table.time}) OVER {order} + {added} THEN 0 ELSE 1 "
                  f"END AS opens FROM {table.name}")
        numbered = f"SELECT *, SUM(opens) OVER {order} AS session FROM ({opened})"
        of = f"({partition}{', ' if partition else 'PARTITION BY '}session)"
        duck = (f"SELECT *, MIN({table.time}) OVER {of} AS window_start, MAX({table.time}) OVER {of} + {added} "
                f"AS window_end FROM ({numbered})")
        return self.windowed(call, duck, columns, [key] if partition else [])

    def windowed(self, call: str, duck: str, columns: List[Expression], must: Optional[List[Expression]] = None) -> Relation:
        keys = list(must or [])
        if not must and self.rng.random() < 0.5:
            keys = self.rng.sample(columns, 1)
        bounds = [Expression("window_start", "window_start", "T"), Expression("window_end", "window_end", "T")]
        text = both("FROM {}{}", Text(f"TABLE({call})", f"({duck})"), self.where(columns, 0.3))
        if self.rng.random() < 0.15:
            return self.select(bounds + self.items(columns, 1), text)
        aggregates = [self.aggregate(columns) for _ in range(self.rng.randint(1, 3))]
        names = ", ".join(key.weir for key in keys + bounds)
        return self.select(keys + bounds + aggregates, both("{} GROUP BY {}", text, names))

    # -- the query --

    def query(self) -> Relation:
        made = self.relation(self.rng.choice([1, 1, 2, 2, 2, 3, 3]))
        if not self.shared:
            return made
        names = [Text(name, name) for name, _ in self.shared]
        head = both(", ".join(["{} AS ({})"] * len(names)), *[part for pair in zip(names, (r for _, r in self.shared)) for part in pair])
        return Relation(*both("WITH {} {}", head, made), made.columns)


def random_query(rng: random.Random, tables: List[Table]) -> Relation:
    return QueryMaker(rng, tables).query()
