-- title: group by 1 M integers
-- format: parquet
-- [duckdb]
SELECT key, count(*) AS n, sum(price) AS total FROM rows GROUP BY key
-- [weir]
CREATE TABLE sink (`key` BIGINT, n BIGINT, total BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT `key`, COUNT(*), SUM(price) FROM `rows` GROUP BY `key`;
