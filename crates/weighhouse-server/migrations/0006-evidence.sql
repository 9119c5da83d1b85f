-- Permission despite findings, for a time: given by somebody who may, owned by somebody who answers for it.
CREATE TABLE waivers (
  id TEXT PRIMARY KEY,
  model TEXT NOT NULL REFERENCES models (id),
  -- The model digest of the only bytes it is for; without one, every revision.
  digest TEXT,
  -- The only stage it is for; without one, all.
  stage TEXT,
  rules TEXT NOT NULL,
  findings TEXT NOT NULL,
  owner TEXT NOT NULL,
  reason TEXT NOT NULL,
  giver TEXT NOT NULL,
  given BIGINT NOT NULL,
  begins BIGINT NOT NULL,
  expires BIGINT NOT NULL,
  withdrawn BIGINT
);
CREATE INDEX waivers_of_model ON waivers (model, expires);
CREATE INDEX waivers_by_expiry ON waivers (expires, id);

-- Statements of others about the bytes of a revision, as they came: DSSE envelopes. `digest` is that of the envelope.
CREATE TABLE attestations (
  id TEXT PRIMARY KEY,
  revision TEXT NOT NULL REFERENCES revisions (id),
  digest TEXT NOT NULL,
  kind TEXT NOT NULL,
  result TEXT NOT NULL,
  signer TEXT NOT NULL,
  person TEXT NOT NULL,
  at BIGINT NOT NULL,
  withdrawn BIGINT,
  envelope TEXT NOT NULL,
  UNIQUE (revision, digest)
);
