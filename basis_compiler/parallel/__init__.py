"""Work spread over processes or a Dask cluster, and work that resumes after a kill."""
