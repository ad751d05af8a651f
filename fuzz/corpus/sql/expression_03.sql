SELECT INTERVAL 5 DAY;
SELECT value + day;
SELECT timestamp;
SELECT t.order;
SELECT LEFT(a, 2);
SELECT current_date
