"""``--stack external``: a Prometheus, an Alertmanager and an application that run elsewhere."""
