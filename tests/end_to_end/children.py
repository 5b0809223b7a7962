"""Processes that a test starts."""

import signal


def obey_ctrl_c() -> None:
    """For a child: heed SIGINT, which a job in the background inherits as ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
