"""A container that is started again is told of; the API's that is not, by the pager, as its API."""

from scenarios.drill import Drill, fault, fires, inhibited
from scenarios.judge.expectation import Allowed
from stack.faults.container_crash import ContainerCrash
from stack.faults.container_gone import ContainerGone

DRILL = Drill(
    steps=[
        fault(ContainerCrash()),
        fault(ContainerGone()),
    ],
    expects=[
        fires(
            "ContainerRestarted",
            within="4m",
            at="platform-chat",
            group={"alertname": "ContainerRestarted", "service": "container"},
            labels={"severity": "warning"},
            resolves_within="9m",
            fault="container_crash",
        ),
        fires(
            "ApiContainerGone",
            within="4m",
            at="api-pager",
            group={"service": "api"},
            labels={"severity": "critical", "name": "flash-tickets-api"},
            resolves_within="9m",
            fault="container_gone",
        ),
        fires(
            "ApiDown",
            within="4m",
            at="api-pager",
            group={"service": "api"},
            labels={"severity": "critical", "instance": "api:4000"},
            resolves_within="9m",
            fault="container_gone",
        ),
        inhibited(
            "TargetDown", by="ApiDown", labels={"instance": "api:4000"}, fault="container_gone"
        ),
    ],
    allows=[
        Allowed(
            alert="ContainerRestarted",
            at="platform-chat",
            reason="the API's container, too, is started again in the end",
        )
    ],
    largest_speed=30,
    why_slow="cAdvisor takes up to a tenth of a second to look at all containers",
)
