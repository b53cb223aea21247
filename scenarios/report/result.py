"""What came of each drill of a run, and the report files made of it."""

import json
import math
import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from scenarios.drill import Drill
from scenarios.judge.coverage_proof import Proof, proof_of
from scenarios.judge.explanation import failure_text
from scenarios.judge.latency import AlertLatency, latencies
from scenarios.judge.verdict import Judgement, judge
from scenarios.report.folder import ReportFolder
from scenarios.runner import Ran
from stack.run.stack import DrilledStack
from stack.run.up import described

FORMAT = 1
KEPT_SECONDS = 1800.0
Verdict = Literal["pass", "fail", "unknown", "error", "skipped"]


@dataclass(frozen=True)
class FirstAttempt:
    """A run of a drill that the host held up, and that was made again: it proved nothing."""

    reasons: tuple[str, ...]
    timeline: str
    wall_seconds: float


@dataclass(frozen=True)
class DrillResult:
    """The outcome of one drill; ``text`` is for people. Without a timeline no judgement.

    ``latencies`` split the way of each alert by stage, beside what the configuration predicts.
    ``alone`` says that the drill needed the host for itself; ``first_attempt`` that it got it
    because the host had held it up among the others.
    """

    drill: str
    proves: str
    verdict: Verdict
    text: str
    judgement: Judgement | None = None
    latencies: tuple[AlertLatency, ...] = ()
    alone: bool = False
    wall_seconds: float = 0.0
    started_in_seconds: float = 0.0
    waited_for_host_seconds: float = 0.0
    cpu_seconds: Mapping[str, float] = field(default_factory=dict)
    first_attempt: FirstAttempt | None = None

    @property
    def is_starved(self) -> bool:
        """Whether the host alone is to blame that the drill is unknown."""
        return self.judgement is not None and self.judgement.is_starved

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why a drill is unknown."""
        if self.judgement is None:
            return (self.text,)
        return tuple(dict.fromkeys(reason.text for reason in self.judgement.reasons))


class Results:
    """Judges each drill as it ends, saves what it leaves, and writes the run's results."""

    def __init__(self, folder: ReportFolder, speed: float, *, keep_failed_stacks: bool) -> None:
        self.folder = folder
        self.speed = speed
        self.wall_seconds = 0.0
        self._keep_failed_stacks = keep_failed_stacks
        self._lock = threading.Lock()
        self._results: dict[str, DrillResult] = {}
        self._proofs: dict[str, Proof] = {}

    def all(self) -> list[DrillResult]:
        with self._lock:
            return list(self._results.values())

    def proofs(self) -> list[Proof]:
        """What each drill proves, by the verdict that it has in the end."""
        with self._lock:
            return [
                self._proofs.get(name, Proof(name, result.verdict)).with_verdict(result.verdict)
                for name, result in self._results.items()
            ]

    def skip(self, drill: Drill, reason: str) -> None:
        self._put(DrillResult(drill.name, drill.proves, "skipped", reason))

    def finish(self, drill: Drill, ran: Ran) -> None:
        """Judge and save while the drill's stack still runs."""
        try:
            self._judge_and_save(drill, ran)
        except OSError as error:
            # Without what it was judged by it is no evidence, whatever the verdict was.
            text = f"what this drill leaves cannot be saved: {error}"
            if ran.timeline is not None:
                text += f"\n\n{failure_text(ran.timeline, judge(ran.timeline))}"
            self._put(DrillResult(drill.name, drill.proves, "error", text))

    def is_wanted_again(self, drill: Drill) -> bool:
        """Whether a drill that is over proved nothing, because the host held it up."""
        known = self._known(drill)
        return known is not None and self._is_wanted_again(known)

    def judged(self, drill: Drill, ran: Ran) -> DrillResult:
        """The result of a drill that is over."""
        known = self._known(drill)
        if known is None or (ran.error is not None and known.verdict == "pass"):
            known = DrillResult(drill.name, drill.proves, "error", ran.error or "not run")
            self._put(known)
        return known

    def write(self, wall_seconds: float) -> None:
        """Write results.json. Raises OSError."""
        self.folder.make()
        self.wall_seconds = wall_seconds
        document: dict[str, Any] = {
            "format": FORMAT,
            "speed": self.speed,
            "wall_seconds": wall_seconds,
            "drills": [asdict(result) for result in self.all()],
        }
        self.folder.results.write_text(json.dumps(plain(document), indent=1, allow_nan=False))

    def _judge_and_save(self, drill: Drill, ran: Ran) -> None:
        first = self._first_attempt(drill)
        result = replace(self._judge(drill, ran), first_attempt=first)
        # A stack that did not start has ended by itself, and its logs stand in the error.
        if ran.stack is not None and ran.stack.directory.is_dir():
            self.folder.save_load(drill.name, ran.stack.directory / "load")
            if result.verdict != "pass":
                leave_running = not ran.cancelled and not self._is_wanted_again(result)
                result = self._keep(result, ran.stack, leave_running=leave_running)
        self._put(result)

    def _judge(self, drill: Drill, ran: Ran) -> DrillResult:
        figures: dict[str, Any] = {
            "alone": drill.disturbs_host,
            "wall_seconds": ran.wall_seconds,
            "started_in_seconds": ran.started_in_seconds,
            "waited_for_host_seconds": ran.waited_for_host_seconds,
            "cpu_seconds": dict(ran.cpu_seconds),
        }
        if ran.timeline is None:
            text = ran.error or "the drill left no timeline"
            return DrillResult(drill.name, drill.proves, "error", text, **figures)
        path = self.folder.save_timeline(ran.timeline)
        judgement = judge(ran.timeline)
        proof = proof_of(ran.timeline, judgement)
        with self._lock:
            self._proofs[drill.name] = proof
        text = f"{failure_text(ran.timeline, judgement)}\n\ntimeline: {path}"
        verdict: Verdict = judgement.verdict
        if ran.disagreements:
            verdict = "fail"
            text = f"orders, payments and stock disagree:\n{ran.disagreements}\n\n{text}"
        return DrillResult(
            drill.name,
            drill.proves,
            verdict,
            text,
            judgement,
            latencies(ran.timeline),
            **figures,
        )

    def _is_wanted_again(self, result: DrillResult) -> bool:
        return result.verdict == "unknown" and result.is_starved and result.first_attempt is None

    def _first_attempt(self, drill: Drill) -> FirstAttempt | None:
        """What became of the drill before, where this is its second attempt."""
        known = self._known(drill)
        if known is None:
            return None
        timeline = self.folder.set_aside(drill.name)
        return FirstAttempt(known.reasons, str(timeline), known.wall_seconds)

    def _keep(
        self, result: DrillResult, stack: DrilledStack, *, leave_running: bool
    ) -> DrillResult:
        stack.collect_logs()
        logs = self.folder.save_logs(result.drill, stack.directory)
        text = f"{result.text}\nlogs and configuration: {logs}"
        if self._keep_failed_stacks and leave_running:
            stack.stop_process("load")
            where = described(stack)
            ends = stack.leave_running(KEPT_SECONDS)
            text += f"\n\n{where}\nIt ends in half an hour, or with: {ends}"
        return replace(result, text=text)

    def _known(self, drill: Drill) -> DrillResult | None:
        with self._lock:
            return self._results.get(drill.name)

    def _put(self, result: DrillResult) -> None:
        with self._lock:
            self._results[result.drill] = result


def plain(value: Any) -> Any:
    """The value as JSON has it: sets are lists, and what has no bound is null."""
    if isinstance(value, Mapping):
        return {name: plain(entry) for name, entry in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [plain(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
