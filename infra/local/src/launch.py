"""Runs the emulator and leaves with the twin: when standard input closes, the whole process group ends.

The twin holds the other end of standard input. However it ends, even killed, its end closes and neither the emulator nor
the function processes it has started stay behind.
"""

import os
import signal
import sys
import threading
import time


def leave_with_the_twin():
    sys.stdin.buffer.read()
    os.killpg(0, signal.SIGTERM)
    time.sleep(3)
    os.killpg(0, signal.SIGKILL)


threading.Thread(target=leave_with_the_twin, daemon=True).start()

from ministack.app import main  # noqa: E402

main()
