"""Work in parallel, on processes or a Dask cluster, and work that resumes after it was killed."""
