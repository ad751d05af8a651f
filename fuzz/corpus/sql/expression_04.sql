SELECT `current_date`;
SELECT größe$1;
SELECT a+b * 2;
SELECT (a+b)*2;
SELECT a - (b - c) - d;
SELECT - -a
