"""What all tests share."""

import os

# Python processes that tests start must import the installed package, as this one does, and not
# the unbuilt folder of the clone that they are started in.
os.environ.setdefault("PYTHONSAFEPATH", "1")
