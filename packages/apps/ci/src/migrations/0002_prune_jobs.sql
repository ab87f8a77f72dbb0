create index jobs_finished_at_idx on jobs (finished_at, id) where finished_at is not null;
