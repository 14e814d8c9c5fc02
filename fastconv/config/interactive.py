"""Whether progress and messages of callbacks are printed or go to the log."""

_state = {"interactive": True}


def enable_interactive_logging() -> None:
    """Print progress bars and messages to standard output (the default)."""
    _state["interactive"] = True


def disable_interactive_logging() -> None:
    """Send progress bars and messages to the logger "fastconv" (level INFO) instead."""
    _state["interactive"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress bars and messages are printed."""
    return _state["interactive"]
