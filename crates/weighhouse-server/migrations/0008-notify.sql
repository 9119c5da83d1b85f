-- Who is told what. Events are written in the transaction of the change that they tell of, whose record in the audit log names them (`seq`).
-- How far each telling came is no state: a job does it, at least once, and what was given up stays to be seen.
CREATE TABLE events (
  id TEXT PRIMARY KEY,
  seq BIGINT,
  at BIGINT NOT NULL,
  kind TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX events_by_time ON events (at, id);
CREATE TABLE deliveries (
  id TEXT PRIMARY KEY,
  event TEXT NOT NULL REFERENCES events (id),
  channel TEXT NOT NULL,
  target TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  tried BIGINT,
  fault TEXT,
  created BIGINT NOT NULL,
  UNIQUE (event, channel, target)
);
CREATE INDEX deliveries_by_state ON deliveries (state, created);

-- Addresses of programs that are told. Address and key are sealed: both may be all that somebody needs to speak in our name.
CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  label TEXT NOT NULL,
  host TEXT NOT NULL,
  kinds TEXT NOT NULL,
  sealed TEXT NOT NULL,
  created BIGINT NOT NULL,
  removed BIGINT
);
-- Addresses of people. The log knows a digest of the row; the salt keeps anybody from guessing the address from it.
CREATE TABLE contacts (
  person TEXT PRIMARY KEY REFERENCES people (name),
  mail TEXT NOT NULL,
  salt TEXT NOT NULL
);
