-- Lists of releases in the order of time, and how many there are of each kind and since when, without reading the rows themselves.
CREATE INDEX releases_in_time ON releases (changed, id);
CREATE INDEX releases_by_stage_and_change ON releases (stage, state, changed);
-- The beginnings of others.
DROP INDEX releases_by_stage;
DROP INDEX releases_in_state;
