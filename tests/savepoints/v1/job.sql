-- The job of the golden savepoint in state/: see tools/golden_savepoint_test.py.
SET 'pipeline.name' = 'golden';
SET 'execution.runtime-mode' = 'streaming';
CREATE TABLE source (n BIGINT, t AS TO_TIMESTAMP(FROM_UNIXTIME(n), 'yyyy-MM-dd HH:mm:ss'), WATERMARK FOR t AS t - INTERVAL '3' SECOND)
  WITH ('connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '0', 'fields.n.end' = '9999',
        'rows-per-second' = '${RATE}');
CREATE TABLE counts (k BIGINT, c BIGINT, s BIGINT, d BIGINT, mn BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'counts');
CREATE TABLE nested (c BIGINT, keys BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'nested');
CREATE TABLE windows (w TIMESTAMP(3), c BIGINT, s BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'windows');
CREATE TABLE hops (w TIMESTAMP(3), k BIGINT, m BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'hops');
CREATE VIEW bursts AS SELECT n, t FROM source WHERE MOD(n, 100) < 60;
CREATE TABLE sessions (b TIMESTAMP(3), c BIGINT, s BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'sessions');
CREATE TABLE pairs (a BIGINT, b BIGINT) WITH ('connector' = 'print', 'print-identifier' = 'pairs');
EXECUTE STATEMENT SET BEGIN
INSERT INTO counts SELECT n % 10, COUNT(*), SUM(n), COUNT(DISTINCT n % 70), MIN(n) FROM source GROUP BY n % 10;
INSERT INTO nested SELECT c, COUNT(*) FROM (SELECT n % 3 AS k, COUNT(*) AS c FROM source GROUP BY n % 3) GROUP BY c;
INSERT INTO windows SELECT window_start, COUNT(*), SUM(n) FROM TUMBLE(DATA => TABLE source, TIMECOL => DESCRIPTOR(t),
  SIZE => INTERVAL '5' MINUTES) GROUP BY window_start, window_end;
INSERT INTO hops SELECT window_start, n % 4, MAX(n) FROM HOP(DATA => TABLE source, TIMECOL => DESCRIPTOR(t),
  SLIDE => INTERVAL '5' MINUTES, SIZE => INTERVAL '10' MINUTES) GROUP BY window_start, window_end, n % 4;
INSERT INTO sessions SELECT window_start, COUNT(*), SUM(n) FROM SESSION(DATA => TABLE bursts, TIMECOL => DESCRIPTOR(t),
  GAP => INTERVAL '10' SECOND) GROUP BY window_start, window_end;
INSERT INTO pairs SELECT a.n, b.n FROM source a JOIN source b ON a.n + 7000 = b.n;
END;
