"""Speed of crashsim, measured side by side in one run: ``python -m benchmarks``."""
