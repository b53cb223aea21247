"""Timelines as JSON files, written and read back so that they can be judged again."""

import json
from pathlib import Path

import cattrs
from cattrs.preconf.json import make_converter

from scenarios.judge.timeline import FORMAT, Timeline

CONVERTER = make_converter(forbid_extra_keys=True)


class TimelineError(Exception):
    """A file does not hold a timeline; the text says which and why."""


def write_timeline(timeline: Timeline, path: Path) -> None:
    path.write_text(json.dumps(CONVERTER.unstructure(timeline), indent=1))


def read_timeline(path: Path) -> Timeline:
    """A saved timeline. Raises TimelineError."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TimelineError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise TimelineError(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict) or "declaration" not in document:
        raise TimelineError(f"{path} is not a timeline: it has no declaration")
    if document.get("format") != FORMAT:
        raise TimelineError(
            f"{path} has format {document.get('format')}; this judge reads {FORMAT}"
        )
    try:
        return CONVERTER.structure(document, Timeline)
    except (cattrs.BaseValidationError, ValueError, TypeError, KeyError) as error:
        faults = cattrs.transform_error(error)
        raise TimelineError(f"{path} is not a timeline: {'; '.join(faults[:5])}") from error
