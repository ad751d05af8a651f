-- title: NDJSON scan, filter
-- format: json
-- [duckdb]
SELECT id, price, name FROM rows WHERE price < 300000
-- [weir]
CREATE TABLE sink (id BIGINT, price BIGINT, name STRING) WITH ('connector' = 'blackhole');
INSERT INTO sink SELECT id, price, name FROM `rows` WHERE price < 300000;
