"""The API is gone: its team is paged, and the platform team is not told the same again."""

from scenarios.drill import Drill, fault, fires, inhibited
from stack.faults.app_down import AppDown

DRILL = Drill(
    steps=[fault(AppDown())],
    expects=[
        fires(
            "ApiDown",
            within="3m",
            at="api-pager",
            group={"service": "api"},
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="8m",
        ),
        inhibited("TargetDown", by="ApiDown", labels={"instance": "api:4000"}),
    ],
)
