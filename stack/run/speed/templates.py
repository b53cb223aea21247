"""Finds queries in the Go templates of a rule's annotations and labels."""

import re

_ACTION = re.compile(r"\{\{(?P<code>(?:\"(?:\\.|[^\"\\])*\"|`[^`]*`|[^\"`])*?)\}\}")
_STRING_OR_COMMENT = re.compile(r"\"(?:\\.|[^\"\\])*\"|`[^`]*`|/\*.*?\*/", re.DOTALL)
_QUERY = re.compile(r"(?<![\w.$])query(?!\w)")


def query_offsets(template: str) -> list[int]:
    """Where a template calls ``query``: offsets of the word; strings and fields do not count."""
    found = []
    for action in _ACTION.finditer(template):
        code = _STRING_OR_COMMENT.sub(
            lambda skipped: " " * len(skipped.group()), action.group("code")
        )
        found += [action.start("code") + match.start() for match in _QUERY.finditer(code)]
    return found
