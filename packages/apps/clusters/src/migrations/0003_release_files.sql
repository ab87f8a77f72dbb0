-- The files of a release, sealed like its variables; null when it has none.
alter table clusters.releases add column sealed_files bytea;
