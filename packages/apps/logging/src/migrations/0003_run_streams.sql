-- Logs of one-off commands.
alter table logging.streams drop constraint streams_id_check;
alter table logging.streams add constraint streams_id_check check (id ~ '^(build|runtime|run)\.[0-9a-f-]{36}$');
