"""What the README's performance figures come from: one script a figure, run as `uv run python -m benchmarks.NAME`.

Each prints a table of medians of several runs, with the ratio to an alternative measured in the same run, and says what
the machine itself sets as the limit. Compare ratios, not milliseconds of two machines; run them on a machine that does
nothing else.
"""
