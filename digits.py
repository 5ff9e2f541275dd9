"""The command of an installed package: digits serves, digits read reads folders, digits train trains a network.

The same as python -m app and python -m train, which do not know each other; this module alone knows both.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the program that the command line names, and exit with its code."""
    if sys.argv[1:2] != ["train"]:
        from app.__main__ import main as serve_or_read

        sys.exit(serve_or_read(sys.argv[1:]))
    if find_spec("keras") is None:
        sys.exit("Training needs TensorFlow and Keras, which are not installed: pip install 'digits[train]'")
    from train.__main__ import main as train

    sys.exit(train(sys.argv[2:]))


if __name__ == "__main__":
    main()
