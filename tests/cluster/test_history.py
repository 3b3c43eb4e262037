from cluster import history


def test_server_reads_what_runs_write_by_their_settings() -> None:
    settings = {
        "spark.eventLog.dir": "s3a://bucket/logs",
        "spark.hadoop.fs.s3a.endpoint": "http://127.0.0.1:9",
        "spark.hadoop.fs.s3a.path.style.access": True,
        "spark.hadoop.fs.s3a.endpoint.region": None,
        "spark.executor.memory": "2g",
    }
    command = history.command(settings, 12345)
    options = {argument for argument in command if argument.startswith("-D")}
    assert options == {
        "-Dspark.hadoop.fs.s3a.endpoint=http://127.0.0.1:9",
        "-Dspark.hadoop.fs.s3a.path.style.access=true",
        "-Dspark.history.fs.logDirectory=s3a://bucket/logs",
        "-Dspark.history.fs.update.interval=5s",
        "-Dspark.history.ui.port=12345",
    }
