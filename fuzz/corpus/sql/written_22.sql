CREATE TABLE t WITH ('connector' = 'filesystem')
