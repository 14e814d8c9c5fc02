"""What all tests share."""

import os
import signal

# Python processes that tests start must import the installed package, as this one does, and not
# the unbuilt folder of the clone that they are started in.
os.environ.setdefault("PYTHONSAFEPATH", "1")

# A run started in the background (`pytest &` in a script) inherits an ignored SIGINT, and hands it
# on to the processes that tests start; Ctrl-C is among what is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
