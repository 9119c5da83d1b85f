-- Roots of full subtrees of the log's tree, 256 at a time: what tiles above the lowest level hold. Computed from the records when they are
-- first asked for; no state.
CREATE TABLE log_nodes (
  level BIGINT NOT NULL,
  place BIGINT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (level, place)
);

-- The latest checkpoint that witnesses have cosigned, with their signatures. No state: it can be asked for again.
CREATE TABLE log_cosigned (
  id BIGINT PRIMARY KEY,
  size BIGINT NOT NULL,
  checkpoint TEXT NOT NULL,
  at BIGINT NOT NULL
);
-- How each witness stands: what it has cosigned last, and what it refused.
CREATE TABLE witnesses (
  key TEXT PRIMARY KEY,
  size BIGINT NOT NULL,
  cosigned BIGINT,
  tried BIGINT NOT NULL,
  fault TEXT
);

-- Release bundles that were given out.
CREATE TABLE bundles (
  id TEXT PRIMARY KEY,
  release TEXT NOT NULL REFERENCES releases (id),
  revision TEXT NOT NULL REFERENCES revisions (id),
  stage TEXT NOT NULL,
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  issued BIGINT NOT NULL,
  expires BIGINT NOT NULL
);
CREATE INDEX bundles_of_revision ON bundles (revision, expires);
