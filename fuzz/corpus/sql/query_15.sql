select a x, t.*, 'b' as b from t where a > 1;
FROM t SELECT a;
FROM 'a.parquet' WHERE x ORDER BY y LIMIT 3;
SELECT /*+ STATE_TTL('a'='1d'), BROADCAST(t) */ 1 FROM t /*+ OPTIONS('k'='v') */ AS x;
SELECT a FROM t GROUP BY GROUPING SETS ((a, b), a, ()), ROLLUP(c), ();
SELECT a FROM t HAVING b WINDOW w AS (ORDER BY c) QUALIFY d = 1
