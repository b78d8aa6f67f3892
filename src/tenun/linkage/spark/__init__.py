"""The linkage on a Spark cluster: Spark distributes, DuckDB computes.

Spark splits, shuffles, counts groups and joins on equal keys. Whatever looks into a value (standardising, keys,
comparing, weighing) is our own SQL, run by DuckDB inside Spark's tasks: translated SQL was measured to be silently
wrong on Spark in four ways. What decides runs in one DuckDB at the driver, with the code of every other run.

    session   finding Java and pyspark, opening and closing a session, what its errors are called
    tasks     what runs on the executors; knows DuckDB and Arrow, and nothing of this package
    engine    the pipeline's heavy steps
    machines  the cluster as what a run over files works on
"""
