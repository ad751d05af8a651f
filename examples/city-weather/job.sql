-- What is the climate of Seattle and New York, month by month?
-- Four years of daily weather (CSV), with exact decimals.
CREATE TABLE weather (
  location      STRING,
  `date`        DATE,
  precipitation DECIMAL(5, 1),
  temp_max      DECIMAL(4, 1),
  temp_min      DECIMAL(4, 1),
  wind          DECIMAL(4, 1),
  weather       STRING
) WITH (
  'connector' = 'filesystem',
  'path' = 'examples/data/weather.csv',
  'format' = 'csv',
  'csv.allow-comments' = 'true'
);

SELECT
  location,
  EXTRACT(MONTH FROM `date`)                       AS `month`,
  COUNT(*)                                         AS days,
  COUNT(*) FILTER (WHERE precipitation > 0)        AS wet_days,
  SUM(precipitation)                               AS precipitation_mm,
  CAST(AVG(temp_max) AS DECIMAL(4, 1))             AS average_high,
  CAST(AVG(temp_min) AS DECIMAL(4, 1))             AS average_low,
  MAX(temp_max)                                    AS warmest,
  MIN(temp_min)                                    AS coldest,
  COUNT(DISTINCT weather)                          AS kinds_of_weather
FROM weather
GROUP BY location, EXTRACT(MONTH FROM `date`)
ORDER BY location, `month`;
