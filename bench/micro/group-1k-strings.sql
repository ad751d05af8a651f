-- title: group by 1 K strings
-- format: parquet
-- [duckdb]
SELECT name, count(*) AS n, sum(price) AS total, max("value") AS largest FROM rows GROUP BY name
-- [weir]
CREATE TABLE sink (name STRING, n BIGINT, total BIGINT, largest DOUBLE) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT name, COUNT(*), SUM(price), MAX(`value`) FROM `rows` GROUP BY name;
