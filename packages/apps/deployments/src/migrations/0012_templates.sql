-- What kind of database a service is; null for every other service.
alter table deployments.services
  add column template text check (template in ('postgres', 'mysql', 'mariadb', 'valkey', 'mongodb'));
