-- title: tumbling window count (10 s, 1 K strings)
-- format: parquet
-- [duckdb]
SELECT time_bucket(INTERVAL 10 SECONDS, ts) AS window_start, name, count(*) AS n FROM rows GROUP BY ALL
-- [weir]
CREATE TABLE sink (window_start TIMESTAMP(3), name STRING, n BIGINT) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT window_start, name, COUNT(*)
FROM TABLE(TUMBLE(TABLE `rows`, DESCRIPTOR(ts), INTERVAL '10' SECOND))
GROUP BY window_start, window_end, name;
