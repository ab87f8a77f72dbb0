-- Tickets live for half a minute and are signed, not stored; a row here is one that was used.
create table auth.used_gate_tickets (
  id uuid primary key,
  used_at timestamptz not null
);
