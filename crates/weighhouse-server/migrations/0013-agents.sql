-- Tokens that were made for an agent, which acts for the person with less than their rights.
ALTER TABLE tokens ADD COLUMN agent BIGINT NOT NULL DEFAULT 0;
