USE MODULES `a`, `b`;
SET;
SET 'a.b-c' = 'it''s';
RESET
