-- What revisions say of themselves (`README.md`, `config.json`), as clients ask for it. No state: made from contents, and made again if it is not there.
CREATE TABLE cards (
  revision TEXT PRIMARY KEY REFERENCES revisions (id),
  card TEXT NOT NULL
);
-- The tags among it, in the order of the names of models, which never change.
CREATE TABLE tags (
  tag TEXT NOT NULL,
  kind TEXT NOT NULL,
  folded TEXT NOT NULL,
  revision TEXT NOT NULL REFERENCES revisions (id),
  PRIMARY KEY (tag, kind, folded, revision)
);
CREATE INDEX tags_of_revision ON tags (revision, tag);
-- Lists in the order of time.
CREATE INDEX revisions_by_age ON revisions (created, id);
