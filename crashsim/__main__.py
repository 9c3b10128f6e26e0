"""``python -m crashsim``: the same as the command ``crashsim``."""

from crashsim.cli import main

main()
