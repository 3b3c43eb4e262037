"""A bare Spark session, its settings untouched, and one small query."""

from pyspark.sql import SparkSession

if __name__ == "__main__":
    spark = SparkSession.builder.master("local[*]").getOrCreate()
    spark.range(1000).selectExpr("sum(id)").collect()
