"""What stands around a run: checks, lock, Spark, facts."""
