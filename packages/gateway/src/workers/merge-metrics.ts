export type WorkerMetrics = { worker: number; text: string };

type Family = { comments: Set<string>; samples: string[] };

/**
 * The metrics of several workers as one page, each sample with the label of its worker, each metric under one TYPE line.
 * Prometheus text format 0.0.4: the lines of one metric have to stand together.
 */
export function mergeMetrics(pages: readonly WorkerMetrics[]): string {
  const families = new Map<string, Family>();
  for (const { worker, text } of pages) {
    let family: Family = { comments: new Set(), samples: [] };
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const comment = /^# (?:TYPE|HELP) (\S+)/.exec(line);
      if (comment === null) {
        if (!line.startsWith("#")) family.samples.push(labelled(line, worker));
        continue;
      }
      const name = comment[1] ?? "";
      family = families.get(name) ?? { comments: new Set(), samples: [] };
      families.set(name, family);
      family.comments.add(line);
    }
  }
  const lines = [...families.values()].flatMap(({ comments, samples }) => [...comments, ...samples]);
  return lines.map((line) => `${line}\n`).join("");
}

/** A sample is `name value` or `name{labels} value`; the worker comes first among the labels. */
function labelled(sample: string, worker: number): string {
  const [, name, labels, rest] = /^([^{\s]+)(?:\{(.*)\})?(\s.*)$/.exec(sample) ?? [];
  if (name === undefined || rest === undefined) return sample;
  const others = labels === undefined || labels === "" ? "" : `,${labels}`;
  return `${name}{worker="${worker}"${others}}${rest}`;
}

/** The value of a sample without labels; null when it is not there. */
export function readSample(text: string, name: string): number | null {
  const value = new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1];
  return value === undefined ? null : Number(value);
}
