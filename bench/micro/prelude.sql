-- The rows of the micro benchmarks: two files in order of time, for two readers. ${FILES} and ${FORMAT} are filled in.
CREATE TABLE `rows` (
  id      BIGINT,
  ts      TIMESTAMP(3),
  name    STRING,
  `key`   BIGINT,
  price   BIGINT,
  `value` DOUBLE,
  text    STRING,
  WATERMARK FOR ts AS ts - INTERVAL '4' SECOND
) WITH (
  'connector' = 'filesystem',
  'path' = '${FILES}',
  'format' = '${FORMAT}'
);
