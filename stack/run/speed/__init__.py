"""Runs the same alerting configuration faster: every duration divided by one number, nothing else.

All of it is pure but ``read_production``. What is divided is listed in ``prometheus_config``,
``alertmanager_config`` and ``rules``; what does not survive division is named by ``lint``.
"""

from stack.run.speed.alertmanager_config import alertmanager_flags, compress_alertmanager
from stack.run.speed.analysis import (
    ExpressionAnalysis,
    ExpressionDuration,
    SelectorPath,
    analyse,
)
from stack.run.speed.durations import (
    Speed,
    divide,
    exact_speed,
    format_duration,
    parse_duration,
    read_speed,
)
from stack.run.speed.errors import Place, SpeedError
from stack.run.speed.forms import (
    ExpressionForm,
    GaugeForm,
    GeneralForm,
    QuantileForm,
    RateForm,
    RateRatioForm,
    UpForm,
)
from stack.run.speed.issues import Cause
from stack.run.speed.labels import ResultLabels
from stack.run.speed.lexer import Role
from stack.run.speed.lint import SCALES_ANNOTATION, Finding, lint_rule_files, lint_rules
from stack.run.speed.production import (
    Compressed,
    Production,
    check_production,
    compress_production,
    lint_production,
    read_production,
)
from stack.run.speed.prometheus_config import (
    compress_prometheus,
    prometheus_flags,
    scrape_intervals_ms,
)
from stack.run.speed.real_durations import (
    ALERTMANAGER_SHORTEST_ATTEMPT,
    RealDuration,
    lint_real_durations,
)
from stack.run.speed.rounding import PlacedDuration, check_rounding
from stack.run.speed.rules import compress_rules, read_rules
from stack.run.speed.scrapes import lint_scrapes
from stack.run.speed.settings import Source

__all__ = [
    "ALERTMANAGER_SHORTEST_ATTEMPT",
    "SCALES_ANNOTATION",
    "Cause",
    "Compressed",
    "ExpressionAnalysis",
    "ExpressionDuration",
    "ExpressionForm",
    "Finding",
    "GaugeForm",
    "GeneralForm",
    "Place",
    "PlacedDuration",
    "Production",
    "QuantileForm",
    "RateForm",
    "RateRatioForm",
    "RealDuration",
    "ResultLabels",
    "Role",
    "SelectorPath",
    "Source",
    "Speed",
    "SpeedError",
    "UpForm",
    "alertmanager_flags",
    "analyse",
    "check_production",
    "check_rounding",
    "compress_alertmanager",
    "compress_production",
    "compress_prometheus",
    "compress_rules",
    "divide",
    "exact_speed",
    "format_duration",
    "lint_production",
    "lint_real_durations",
    "lint_rule_files",
    "lint_rules",
    "lint_scrapes",
    "parse_duration",
    "prometheus_flags",
    "read_production",
    "read_rules",
    "read_speed",
    "scrape_intervals_ms",
]
