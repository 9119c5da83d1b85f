-- What people upload. A model with a row here is one of this house: it is uploaded to, and never fetched from elsewhere. `pulls` counts its
-- pull requests; `closed` is when it was deleted.
CREATE TABLE repositories (
  model TEXT PRIMARY KEY REFERENCES models (id),
  owner TEXT NOT NULL,
  created BIGINT NOT NULL,
  pulls BIGINT NOT NULL DEFAULT 0,
  closed BIGINT
);
-- Where the next upload begins: `main`, a stage, or `refs/pr/1`.
CREATE TABLE branches (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL REFERENCES models (id),
  name TEXT NOT NULL,
  head TEXT REFERENCES revisions (id)
);
-- How a revision was uploaded. `authors` are all who uploaded something it rests on; `seq` is a number of the audit log, which puts them in order.
CREATE TABLE commits (
  revision TEXT PRIMARY KEY REFERENCES revisions (id),
  model TEXT NOT NULL REFERENCES models (id),
  branch TEXT NOT NULL,
  parent TEXT,
  title TEXT NOT NULL,
  message TEXT NOT NULL,
  person TEXT NOT NULL,
  authors TEXT NOT NULL,
  seq BIGINT NOT NULL,
  created BIGINT NOT NULL
);
