-- Ways to what is asked for often, for registries of 100,000 revisions. Nothing is stored that was not stored before.
CREATE INDEX releases_by_move ON releases (model, stage, moved, state, share);
CREATE INDEX releases_in_state ON releases (state, id);
DROP INDEX releases_by_state;
CREATE INDEX releases_by_change ON releases (state, changed, id);
CREATE INDEX revisions_by_time ON revisions (model, created, id);
CREATE INDEX requests_by_time ON requests (model, created, id);
CREATE INDEX requests_by_stage ON requests (model, stage, created, id);
DROP INDEX requests_of_model;
CREATE INDEX requests_for_stage ON requests (revision, stage, created, id);
DROP INDEX requests_of_revision;
