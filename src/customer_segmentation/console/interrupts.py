"""How a command is stopped from outside: by Ctrl-C or SIGTERM, whatever Python is doing at that moment."""

from __future__ import annotations

import _thread
import signal
import sys
import threading


def stop_when_asked() -> None:
    """Let SIGTERM end the command as Ctrl-C does, so that runs are closed and servers are not left behind."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.unraisablehook = interrupt_again


def interrupt_again(unraisable: sys.UnraisableHookArgs) -> None:
    """Stop the command a moment later where Python has dropped the interrupt: one that came while it was cleaning up.

    Parameters
    ----------
    unraisable : what was raised where nothing can be raised
    """
    if unraisable.exc_type is KeyboardInterrupt:
        threading.Timer(0.05, _thread.interrupt_main, [signal.SIGTERM]).start()  # a shell may let Ctrl-C be ignored
    else:
        sys.__unraisablehook__(unraisable)
