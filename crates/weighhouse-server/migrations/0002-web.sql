-- Sessions of browsers. The secret in the cookie is kept as its digest only. A session lives no longer than the token it began with.
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  digest TEXT NOT NULL UNIQUE,
  token TEXT NOT NULL REFERENCES tokens (id),
  person TEXT NOT NULL,
  began BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  ended BIGINT
);

-- What pages ask: who asked for a revision, what somebody asked for, how much stands where.
CREATE INDEX requests_of_revision ON requests (revision);
CREATE INDEX requests_of_person ON requests (person, created);
CREATE INDEX releases_by_stage ON releases (stage, state);
