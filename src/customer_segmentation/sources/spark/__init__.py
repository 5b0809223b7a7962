"""Tables that Spark reads, by Spark Connect: the only place that imports pyspark."""
