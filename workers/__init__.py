"""The engine room: jobs, their results in Redis, and the processes that work on them."""

__version__ = "0.1.0"
