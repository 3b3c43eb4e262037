"""What runs in Spark's Python processes."""
