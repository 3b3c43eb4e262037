"""Hooks around a run: checks, lock, Spark, timings."""
