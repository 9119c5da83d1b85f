-- Revisions whose contents are kept once more, for servers that read only what is released. No state: it follows from releases, and is looked at again
-- whenever one of them moves. The row is there before the first content is, and after the last; `since` says that all are.
CREATE TABLE published (
  revision TEXT PRIMARY KEY REFERENCES revisions (id),
  since BIGINT
);
-- Contents that such a server did not find as they should be: since when, and when somebody looked after it.
CREATE TABLE doubted (
  sha256 TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  looked BIGINT
);
