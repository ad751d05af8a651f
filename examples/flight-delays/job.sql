-- Which big airports of the USA sent their flights off to the longest delays in January 2001?
-- 508,239 flights (Parquet) joined with 3,376 airports (CSV); every source is bounded, so this runs as a batch.
CREATE TABLE flights (
  departure   TIMESTAMP(3),
  origin      STRING,
  destination STRING,
  distance    INT,
  delay       INT
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/flights-2001-01.parquet',
  'format' = 'parquet'
);

CREATE TABLE airports (
  iata      STRING,
  name      STRING,
  city      STRING,
  state     STRING,
  country   STRING,
  latitude  STRING,
  longitude STRING
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/airports.csv',
  'format' = 'csv'
);

SELECT
  a.city,
  a.state,
  f.origin                                                    AS airport,
  COUNT(*)                                                    AS flights,
  ROUND(AVG(CAST(f.delay AS DOUBLE)), 1)                      AS average_delay,
  MAX(f.delay)                                                AS worst_delay,
  100 * COUNT(*) FILTER (WHERE f.delay > 15) / COUNT(*)       AS percent_late
FROM flights AS f
JOIN airports AS a ON a.iata = f.origin
GROUP BY a.city, a.state, f.origin
HAVING COUNT(*) >= 5000
ORDER BY average_delay DESC, airport
LIMIT 10;
