"""What makes judging impossible: a drill that declares nothing, a configuration nobody can read."""


class JudgeError(Exception):
    """The judge cannot work on what it was given; the text says what, where and what to do."""


class DeclarationError(JudgeError):
    """A drill is declared so that no verdict is possible."""


class ConfigurationError(JudgeError):
    """A configuration that the judge was given cannot be read."""
