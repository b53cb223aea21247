-- Makes the role with which postgres-exporter reads PostgreSQL's statistics: it can change nothing.
-- Run once, when the database is made: stack/compose.yaml mounts this where the image looks for it.
\set password `cat /run/secrets/monitoring_password`
CREATE ROLE monitoring LOGIN PASSWORD :'password';
GRANT pg_monitor TO monitoring;
