SELECT CAST(a AS character varying(10));
SELECT CAST(a AS dec(10, 2) not null);
SELECT CAST(a AS double precision);
SELECT CAST(a AS TIMESTAMP(3) WITH LOCAL TIME ZONE)
