-- Revisions that were made from others by leaving files out. `envelope` is the transformation record as it was signed, `digest` its own.
CREATE TABLE views (
  revision TEXT PRIMARY KEY REFERENCES revisions (id),
  model TEXT NOT NULL REFERENCES models (id),
  base TEXT NOT NULL REFERENCES revisions (id),
  person TEXT NOT NULL,
  authors TEXT NOT NULL,
  digest TEXT NOT NULL,
  envelope TEXT NOT NULL,
  created BIGINT NOT NULL
);
CREATE INDEX views_by_base ON views (base, created);
