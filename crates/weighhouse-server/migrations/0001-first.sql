-- The tables of the gate, in the SQL that SQLite and PostgreSQL share. Times are seconds since 1970, truth values 0 or 1, digests
-- lower-case hexadecimal digits, lists and documents JSON. What may change is changed only together with a record of the audit log.

-- The audit log: one row, whose lock puts changes in order; its tree; its records.
CREATE TABLE log_head (
  id BIGINT PRIMARY KEY,
  size BIGINT NOT NULL,
  frontier TEXT NOT NULL,
  checkpoint TEXT NOT NULL
);
CREATE TABLE log_records (
  seq BIGINT PRIMARY KEY,
  entry TEXT NOT NULL,
  leaf TEXT NOT NULL
);

CREATE TABLE people (
  name TEXT PRIMARY KEY,
  roles TEXT NOT NULL,
  salt TEXT NOT NULL,
  created BIGINT NOT NULL,
  disabled BIGINT NOT NULL DEFAULT 0
);
CREATE TABLE tokens (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  person TEXT NOT NULL REFERENCES people (name),
  label TEXT NOT NULL,
  stage TEXT,
  created BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  used BIGINT,
  revoked BIGINT
);
CREATE INDEX tokens_of_person ON tokens (person);

-- A model, a data set: by kind and by name without regard to letter case.
CREATE TABLE models (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  created BIGINT NOT NULL,
  UNIQUE (kind, folded)
);
CREATE TABLE revisions (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL REFERENCES models (id),
  commit_id TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  fault TEXT,
  digest TEXT,
  listing TEXT,
  files BIGINT NOT NULL DEFAULT 0,
  bytes BIGINT NOT NULL DEFAULT 0,
  created BIGINT NOT NULL,
  inspection TEXT,
  UNIQUE (model, commit_id)
);
CREATE TABLE files (
  revision TEXT NOT NULL REFERENCES revisions (id),
  path TEXT NOT NULL,
  size BIGINT NOT NULL,
  sha256 TEXT NOT NULL,
  git_oid TEXT NOT NULL,
  large BIGINT NOT NULL,
  PRIMARY KEY (revision, path)
);
CREATE INDEX files_by_content ON files (sha256);

-- What was found in a revision: the facts that policies read, and the report.
CREATE TABLE inspections (
  id TEXT PRIMARY KEY,
  revision TEXT NOT NULL REFERENCES revisions (id),
  at BIGINT NOT NULL,
  ruleset TEXT NOT NULL,
  facts TEXT NOT NULL,
  report TEXT NOT NULL
);
CREATE INDEX inspections_of_revision ON inspections (revision, at);

-- Somebody asked for a model in a stage. `commit_id` is known once the source was asked.
CREATE TABLE requests (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL REFERENCES models (id),
  wanted TEXT NOT NULL,
  stage TEXT NOT NULL,
  person TEXT NOT NULL,
  reason TEXT NOT NULL,
  created BIGINT NOT NULL,
  revision TEXT REFERENCES revisions (id),
  fault TEXT
);
CREATE INDEX requests_of_model ON requests (model);

CREATE TABLE releases (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL REFERENCES models (id),
  stage TEXT NOT NULL,
  revision TEXT NOT NULL REFERENCES revisions (id),
  state TEXT NOT NULL,
  share BIGINT,
  requester TEXT NOT NULL,
  decision TEXT NOT NULL,
  decided BIGINT NOT NULL,
  served BIGINT,
  created BIGINT NOT NULL,
  changed BIGINT NOT NULL,
  moved BIGINT NOT NULL,
  UNIQUE (revision, stage)
);
CREATE INDEX releases_of_model ON releases (model, stage, state);
CREATE INDEX releases_by_state ON releases (state, changed);

-- Consent of a person, bound to bytes and evidence: it lapses when either changes.
CREATE TABLE approvals (
  id TEXT PRIMARY KEY,
  release TEXT NOT NULL REFERENCES releases (id),
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  evidence TEXT NOT NULL,
  comment TEXT NOT NULL,
  at BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  withdrawn BIGINT
);
CREATE INDEX approvals_of_release ON approvals (release);

-- Who has which bytes: the list of those to be told when a revision is withdrawn.
CREATE TABLE pulls (
  revision TEXT NOT NULL,
  person TEXT NOT NULL,
  first BIGINT NOT NULL,
  latest BIGINT NOT NULL,
  PRIMARY KEY (revision, person)
);

-- Work to be done by one worker at a time. A job whose lease is over is free again.
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  attempt BIGINT NOT NULL DEFAULT 0,
  due BIGINT NOT NULL,
  owner TEXT,
  lease BIGINT,
  fault TEXT,
  created BIGINT NOT NULL,
  UNIQUE (kind, subject)
);
CREATE INDEX jobs_due ON jobs (due);

INSERT INTO log_head (id, size, frontier, checkpoint) VALUES (1, 0, '', '');
