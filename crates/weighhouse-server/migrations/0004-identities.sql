-- Who people are in the directory of the company.
CREATE TABLE identities (
  id TEXT PRIMARY KEY,
  issuer TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL UNIQUE REFERENCES people (name),
  created BIGINT NOT NULL,
  confirmed BIGINT NOT NULL
);
