"""What a run needs of a cluster and of S3; knows boto3, no Spark."""
