"""``python -m fastconv``: the same as the console script ``fastconv``."""

from fastconv.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
