-- Logins by device (RFC 8628) that are under way. No state: who loses one begins again. What comes of them is a token.
CREATE TABLE devices (
  user_code TEXT PRIMARY KEY,
  device TEXT NOT NULL UNIQUE,
  token TEXT NOT NULL,
  expires BIGINT NOT NULL,
  answer TEXT
);
