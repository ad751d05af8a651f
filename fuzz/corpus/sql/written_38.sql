DESCRIBE catalog;
DESCRIBE CONNECTOR upsert-kafka
