SET execution.runtime-mode = batch;
SET a.ttl = 5 min
