-- How many earthquakes were there each day, as known three days later, and how strong was the strongest?
-- A stream in order of publication: 1,707 reports, some published days after the earth shook. The watermark lets a day
-- stay open for three days more; what is reported even later is late and dropped, as it would be in Flink.
SET 'execution.runtime-mode' = 'streaming';

CREATE TABLE reports (
  id        STRING,
  occurred  TIMESTAMP(3),
  updated   TIMESTAMP(3),
  `type`    STRING,
  magnitude DOUBLE,
  felt      INT,
  place     STRING,
  network   STRING,
  status    STRING,
  location  ROW<longitude DOUBLE, latitude DOUBLE, depth_km DOUBLE>,
  WATERMARK FOR occurred AS occurred - INTERVAL '3' DAY
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/earthquakes.ndjson',
  'format' = 'json'
);

SELECT
  window_start,
  window_end,
  COUNT(*)                                     AS quakes,
  COUNT(*) FILTER (WHERE magnitude >= 4.5)     AS strong_quakes,
  MAX(magnitude)                               AS strongest,
  MAX(location.depth_km)                       AS deepest_km,
  SUM(felt)                                    AS felt_reports
FROM TABLE(TUMBLE(TABLE reports, DESCRIPTOR(occurred), INTERVAL '1' DAY))
WHERE `type` = 'earthquake'
GROUP BY window_start, window_end;
