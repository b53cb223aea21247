"""Readers of Prometheus and Alertmanager."""
