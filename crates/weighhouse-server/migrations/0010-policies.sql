-- Policies that were in force or proposed. `texts` is what was written, as JSON; `based` the digest of those in force when it was proposed.
CREATE TABLE policies (
  id TEXT PRIMARY KEY,
  number BIGINT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  extend BIGINT NOT NULL,
  texts TEXT NOT NULL,
  digest TEXT NOT NULL,
  based TEXT,
  reason TEXT NOT NULL,
  proposer TEXT,
  created BIGINT NOT NULL,
  state TEXT NOT NULL,
  enacted_by TEXT,
  since BIGINT,
  until BIGINT
);
CREATE INDEX policies_by_state ON policies (state, number);

-- Consent to a proposed policy, bound to its digest.
CREATE TABLE policy_approvals (
  id TEXT PRIMARY KEY,
  policy TEXT NOT NULL REFERENCES policies (id),
  person TEXT NOT NULL,
  digest TEXT NOT NULL,
  comment TEXT NOT NULL,
  at BIGINT NOT NULL,
  UNIQUE (policy, person)
);

-- A dry run goes through all releases, state by state.
CREATE INDEX releases_by_state_and_id ON releases (state, id);
