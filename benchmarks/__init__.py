"""Speed of crashsim, measured side by side in one run: ``python -m benchmarks``.

A group is a module with ``ROWS``, the rows of its table, and ``measurements(short)``, what is timed for them.
"""
