/** Counters and gauges in Prometheus' text format (version 0.0.4), for `GET /metrics`. */

type Labels = Readonly<Record<string, string>>;
type Series = { help: string; type: "counter" | "gauge"; values: Map<string, number> };

/** More label combinations than this are counted together, so that no input can grow the process. */
const MAX_SERIES = 500;

export type Metrics = {
  count(name: string, help: string, labels?: Labels, by?: number): void;
  gauge(name: string, help: string, value: number, labels?: Labels): void;
  render(): string;
};

export const createMetrics = (): Metrics => {
  const all = new Map<string, Series>();
  const seriesOf = (name: string, help: string, type: Series["type"]): Series => {
    const known = all.get(name) ?? { help, type, values: new Map<string, number>() };
    all.set(name, known);
    return known;
  };
  const keyOf = (series: Series, labels: Labels): string => {
    const key = Object.entries(labels)
      .map(([label, value]) => `${label}=${JSON.stringify(value)}`)
      .join(",");
    return series.values.has(key) || series.values.size < MAX_SERIES ? key : 'overflow="true"';
  };
  return {
    count(name, help, labels = {}, by = 1) {
      const series = seriesOf(name, help, "counter");
      const key = keyOf(series, labels);
      series.values.set(key, (series.values.get(key) ?? 0) + by);
    },
    gauge(name, help, value, labels = {}) {
      const series = seriesOf(name, help, "gauge");
      series.values.set(keyOf(series, labels), value);
    },
    render() {
      const lines: string[] = [];
      for (const [name, series] of all) {
        lines.push(`# HELP ${name} ${series.help}`, `# TYPE ${name} ${series.type}`);
        for (const [labels, value] of series.values)
          lines.push(`${name}${labels === "" ? "" : `{${labels}}`} ${value}`);
      }
      return `${lines.join("\n")}\n`;
    },
  };
};
