"""The end of a run in the terminal: a table of every expectation, and what it adds up to."""

from collections.abc import Iterator, Mapping, Sequence

from scenarios.judge.verdict import Row
from scenarios.report.result import DrillResult, Results

HEADINGS = ("drill", "alert", "verdict", "notified s", "window s", "receiver", "group")
NOTHING = "-"
# Silences of a whole drill are counted in one line: a table of what did not happen hides the rest.
COUNTED = "silent"


def summary_lines(results: Results) -> Iterator[tuple[str, list[str]]]:
    """Sections of the terminal summary: title and lines."""
    done = results.all()
    yield (
        f"alerts at the receiver (speed {results.speed:g}, report: {results.folder.path})",
        table(done),
    )
    unknown = [result for result in done if result.verdict == "unknown"]
    if unknown:
        yield (
            "unknown: these drills prove nothing either way",
            [f"{result.drill}: {reason}" for result in unknown for reason in result.reasons],
        )
    again = [(r.drill, r.first_attempt) for r in done if r.first_attempt is not None]
    if again:
        yield (
            "held up by the host: these drills ran again, alone; the verdict is the second run's",
            [f"{drill}: {reason}" for drill, first in again for reason in first.reasons],
        )
    yield "drills", figures(results)


def table(done: Sequence[DrillResult]) -> list[str]:
    """A line for each expectation, in columns as wide as they must be."""
    return aligned([HEADINGS, *(cells for result in done for cells in rows_of(result))])


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows of as many cells each as lines, in columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def rows_of(result: DrillResult) -> Iterator[tuple[str, ...]]:
    """The table's cells of one drill."""
    if result.judgement is None:
        yield (result.drill, NOTHING, result.verdict, *[NOTHING] * 4)
        return
    silent = [row for row in result.judgement.rows if row.kind == COUNTED]
    for row in result.judgement.rows:
        if row.kind != COUNTED:
            yield cells(row)
    for verdict in dict.fromkeys(row.verdict for row in silent):
        names = [row.alert for row in silent if row.verdict == verdict]
        what = f"{len(names)} alerts silent" if len(names) > 1 else f"{names[0]} silent"
        yield (result.drill, what, verdict, *[NOTHING] * 4)


def cells(row: Row) -> tuple[str, ...]:
    """One expectation in the table."""
    notified = NOTHING if row.notified_seconds is None else f"{row.notified_seconds:.2f}"
    window = NOTHING
    if row.window_seconds is not None:
        earliest, latest = row.window_seconds
        window = f"{max(0.0, earliest):.2f} to {'…' if latest is None else f'{latest:.2f}'}"
    alert = row.alert if row.kind == "fires" else f"{row.alert} ({row.kind})"
    return (
        row.drill,
        alert,
        row.verdict,
        notified,
        window,
        row.receiver or NOTHING,
        labels(row.group),
    )


def labels(group: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(group.items())) or NOTHING


def figures(results: Results) -> list[str]:
    """How many drills came to which verdict, and where the time went."""
    done = results.all()
    counts = {
        verdict: sum(result.verdict == verdict for result in done)
        for verdict in ("pass", "fail", "unknown", "error", "skipped")
    }
    summed = sum(result.wall_seconds for result in done)
    alone = sum(result.wall_seconds for result in done if result.alone)
    chain = alone + max((r.wall_seconds for r in done if not r.alone), default=0.0)
    lines = [
        ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count),
        f"wall {results.wall_seconds:.1f} s; the drills one after another {summed:.1f} s; at "
        f"least, those that need the host alone and the longest other: {chain:.1f} s",
    ]
    allowed = sum(r.judgement.allowed for r in done if r.judgement is not None)
    duplicates = sum(r.judgement.duplicates for r in done if r.judgement is not None)
    lines.append(f"allowed notifications {allowed}, duplicates {duplicates}")
    lines += [f"skipped: {r.drill}: {r.text}" for r in done if r.verdict == "skipped"]
    return lines
