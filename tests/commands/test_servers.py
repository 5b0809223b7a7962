"""The servers that a command starts end when it is asked to end."""

import ctypes
import os
import signal
import subprocess
import sys
import threading

import pytest

from customer_segmentation.commands.servers import wait


def test_ctrl_c_ends_the_wait_where_a_library_has_taken_the_signal():
    before = signal.getsignal(signal.SIGINT)
    server = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(20)"], start_new_session=True)
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        ctypes.CDLL(None).signal(int(signal.SIGINT), ctypes.c_void_p(1))  # SIG_IGN, of which Python knows nothing
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            wait(server)
    finally:
        server.kill()
        server.wait()
        signal.signal(signal.SIGINT, before)
