-- What tells a process that starts whether it has the APP_SECRET of this database. With a key file the data keys do not.
-- Apps have no right here.
create table platform.root_secret (
  only_one boolean not null default true,
  -- Derived from the secret, which cannot be had from it.
  proof bytea not null,
  constraint root_secret_pkey primary key (only_one),
  constraint root_secret_only_one_check check (only_one),
  constraint root_secret_proof_check check (octet_length(proof) = 32)
);
