import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A Python package that needs no network to be installed. `program` becomes a command that calls its function of that name. */
export const wheelOf = async (
  name: string,
  source: string,
  program?: string,
): Promise<{ name: string; bytes: Uint8Array }> => {
  const info = `${name}-1.0.dist-info`;
  const files: Record<string, string> = {
    [`${name}.py`]: source,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    ...(program === undefined
      ? {}
      : { [`${info}/entry_points.txt`]: `[console_scripts]\n${program} = ${name}:${program}\n` }),
  };
  files[`${info}/RECORD`] = `${Object.keys(files)
    .map((path) => `${path},,\n`)
    .join("")}${info}/RECORD,,\n`;
  const file = `${name}-1.0-py3-none-any.whl`;
  const dir = await mkdtemp(join(tmpdir(), "homeport-wheel-"));
  try {
    for (const [path, text] of Object.entries(files)) await Bun.write(join(dir, path), text);
    // a wheel is a zip archive, and Python has a writer of those
    const zip = Bun.spawn(
      [
        "python3",
        "-m",
        "zipfile",
        "-c",
        file,
        ...new Set(Object.keys(files).map((path) => path.split("/")[0] ?? path)),
      ],
      { cwd: dir },
    );
    if ((await zip.exited) !== 0) throw new Error("python3 could not write a wheel");
    return { name: file, bytes: await readFile(join(dir, file)) };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
};
