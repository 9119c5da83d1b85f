-- Which record is about what: the history of a model is asked for often. `verify` compares it with the record itself.
ALTER TABLE log_records ADD COLUMN subject TEXT;
CREATE INDEX log_records_by_subject ON log_records (subject, seq);

-- What lists count of inspections, whose facts are long texts. Derived from them, and compared with them by `verify`.
CREATE TABLE summaries (
  inspection TEXT PRIMARY KEY,
  at BIGINT NOT NULL,
  gaps BIGINT NOT NULL,
  findings BIGINT NOT NULL,
  waived BIGINT NOT NULL
);
CREATE TABLE bases (
  inspection TEXT NOT NULL,
  base TEXT NOT NULL,
  PRIMARY KEY (inspection, base)
);
CREATE INDEX bases_by_name ON bases (base);

-- Lists of releases, the latest move first; what waits to come in; who has what.
CREATE INDEX releases_by_last_move ON releases (moved);
CREATE INDEX releases_by_state_and_move ON releases (state, moved);
CREATE INDEX releases_by_stage_and_move ON releases (stage, state, moved);
CREATE INDEX revisions_by_state ON revisions (state, created);
CREATE INDEX revisions_by_inspection ON revisions (inspection);
CREATE INDEX pulls_by_time ON pulls (latest);
CREATE INDEX pulls_by_person ON pulls (person, latest);
