"""Runs the emulator and leaves with the twin: when standard input closes, the whole process group ends.

The twin holds the other end of standard input. However it ends, even killed, its end closes and neither the emulator nor
the function processes it has started stay behind.
"""

import os
import signal
import sys
import threading
import time

GRACE_SECONDS = 3


def leave_with_the_twin():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(2 * GRACE_SECONDS)
    os.killpg(0, signal.SIGKILL)


def take_the_functions_along():
    """Ends the function processes and waits for them: nobody else would take their exit."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    os.killpg(0, signal.SIGTERM)
    end = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < end:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            time.sleep(0.02)


threading.Thread(target=leave_with_the_twin, daemon=True).start()

from ministack.app import main  # noqa: E402

try:
    main()
finally:
    take_the_functions_along()
