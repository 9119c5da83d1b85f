-- The span that asked for a job (W3C Trace Context), if requests were traced then: the job goes on with its trace.
ALTER TABLE jobs ADD COLUMN trace TEXT;
