/** Name of the superuser and of the database that a local server is made with. */
export const OWNER = "homeport";

/** Only needs to be right: nothing listens on TCP, the number is part of the socket's name. */
export const PORT = 5432;

/**
 * postgresql.conf of a local server, written anew at each start. Sized for one small machine: the whole platform is to
 * stay within 256 MiB, of which Postgres with its sessions has about 70.
 */
export function postgresConf(options: { socketDir: string; durable: boolean }): string {
  const settings: Record<string, string> = {
    listen_addresses: "''",
    unix_socket_directories: quote(options.socketDir),
    unix_socket_permissions: "0700",
    port: String(PORT),
    max_connections: "90", // 14 apps with up to 4 each, their LISTEN sessions, migrations, an operator's psql
    password_encryption: "scram-sha-256",
    shared_buffers: "'32MB'",
    work_mem: "'4MB'",
    maintenance_work_mem: "'32MB'",
    jit: "off", // compiling costs more memory and time than queries this small can win back
    io_method: "sync", // the default starts three helper processes
    max_worker_processes: "4",
    max_parallel_workers_per_gather: "0",
    autovacuum_max_workers: "2",
    autovacuum_naptime: "'3min'", // each look is a process that starts, in every database
    max_logical_replication_workers: "0", // nothing is replicated; their launcher would be one more process
    wal_level: "replica", // backups need it
    wal_writer_delay: "'1s'", // commits do not wait for it; by default it wakes five times a second
    max_wal_senders: "2",
    max_replication_slots: "2",
    min_wal_size: "'32MB'",
    max_wal_size: "'256MB'",
    checkpoint_timeout: "'15min'",
    log_checkpoints: "off",
    timezone: "'UTC'",
    log_timezone: "'UTC'",
    log_line_prefix: "'%m [%p] %q%u@%d '",
    // Tests throw their server away; nothing else may set this.
    ...(options.durable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  return ["# Written by Homeport at each start; changes here are lost.", ...lines, ""].join("\n");
}

/** Passwords for everybody, on the socket too: other users of the machine get nothing for free. */
export const HBA = [
  "# Written by Homeport at each start; changes here are lost.",
  "local all all scram-sha-256",
  "",
].join("\n");

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
