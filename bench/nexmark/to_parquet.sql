-- Rewrites NDJSON events (${FROM}) as Parquet (${TO}).
CREATE TABLE events (
  event_type INT,
  person ROW<id BIGINT, name STRING, emailAddress STRING, creditCard STRING, city STRING, state STRING,
             `dateTime` TIMESTAMP(3), extra STRING>,
  auction ROW<id BIGINT, itemName STRING, description STRING, initialBid BIGINT, reserve BIGINT,
              `dateTime` TIMESTAMP(3), expires TIMESTAMP(3), seller BIGINT, category BIGINT, extra STRING>,
  bid ROW<auction BIGINT, bidder BIGINT, price BIGINT, channel STRING, url STRING,
          `dateTime` TIMESTAMP(3), extra STRING>
) WITH ('connector' = 'filesystem', 'path' = '${FROM}', 'format' = 'json');

CREATE TABLE files WITH ('connector' = 'filesystem', 'path' = '${TO}', 'format' = 'parquet')
LIKE events (EXCLUDING OPTIONS);

INSERT INTO files SELECT * FROM events;
