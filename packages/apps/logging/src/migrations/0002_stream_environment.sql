-- The environment that a log is of: who has a role in that one only reads it. Null is not known, and then nobody such does.
alter table logging.streams add column environment_id uuid;
