-- Writes ${EVENTS} events as NDJSON files below ${FILES}, in order of time, ${RATE} a second of event time.
CREATE TABLE generator (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
             `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
          `dateTime` TIMESTAMP(3), extra STRING>
) WITH (
  'connector' = 'nexmark',
  'events.num' = '${EVENTS}',
  'first-event.rate' = '${RATE}',
  'next-event.rate' = '${RATE}',
  'seed' = '1'
);

CREATE TABLE files WITH ('connector' = 'filesystem', 'path' = '${FILES}', 'format' = 'json')
LIKE generator (EXCLUDING OPTIONS);

INSERT INTO files SELECT * FROM generator;
