/** Results go to stdout, progress to stderr: `homeport … --json | jq` sees one JSON document and nothing else. */
export const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

export const note = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Columns of text, as wide as their widest cell. */
export const table = (head: string[], rows: string[][]): string => {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join("  ")
      .trimEnd();
  return [line(head.map((title) => title.toUpperCase())), ...rows.map(line)].join("\n");
};

/** A list as a table, or as a JSON array; `none` is told on stderr when there is nothing to show. */
export const printList = <T>(
  items: readonly T[],
  isJson: boolean | undefined,
  { head, row, none }: { head: string[]; row: (item: T) => string[]; none: string },
): void => {
  if (isJson === true) printJson(items);
  else if (items.length === 0) note(none);
  else print(table(head, items.map(row)));
};

/** One answer: the sentence for people, or the whole of it as JSON. */
export const printOne = (value: unknown, isJson: boolean | undefined, sentence: string): void => {
  if (isJson === true) printJson(value);
  else print(sentence);
};

/** Waits until it is taken, so that a slow reader slows the writer. */
export const printBytes = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (err) => (err ? reject(err) : resolve()));
  });

const UNITS: [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
];

/** `3m ago`, from an ISO instant. */
export const ago = (iso: string, now = Date.now()): string => {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  const [size, unit] = UNITS.find(([each]) => seconds >= each) ?? [1, "s"];
  return `${Math.floor(seconds / size)}${unit} ago`;
};

/** `1 change`, `2 changes`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** The day of an ISO instant; `never` for none. */
export const day = (iso: string | null): string => iso?.slice(0, 10) ?? "never";
