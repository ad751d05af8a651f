-- title: Parquet scan, filter, project
-- format: parquet
-- [duckdb]
SELECT id, price * 2 + 1 AS doubled, "value" * 0.5 AS half, name FROM rows WHERE price < 300000 AND "value" > 0.5
-- [weir]
CREATE TABLE sink (id BIGINT, doubled BIGINT, half DOUBLE, name STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT id, price * 2 + 1, `value` * CAST(0.5 AS DOUBLE), name FROM `rows` WHERE price < 300000 AND `value` > 0.5;
