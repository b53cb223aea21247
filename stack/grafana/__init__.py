"""What Grafana is provisioned with: one data source and three dashboards.

The dashboards in ``dashboards/`` are made by ``python -m stack.grafana`` of what the modules here
say and of the alerting rules: thresholds, colours, runbooks and what an alert means stand in the
rules alone. Grafana reads ``provisioning/`` and ``dashboards/``, and nothing else of these.
"""
