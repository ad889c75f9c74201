// Prometheus's answers as Grafana's data frames, with a panel's field configuration applied.
import { DataFrame, Field, FieldType, getDisplayProcessor, GrafanaTheme2, MutableDataFrame, toDataFrame } from '@grafana/data';

export interface Series { metric: Record<string, string>; values?: Array<[number, string]>; value?: [number, string] }
export interface Answer { refId: string; legend: string; series: Series[] }

function name(legend: string, metric: Record<string, string>): string {
  if (legend === '__auto') { return Object.values(metric).join(' ') || 'value'; }
  return legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? '');
}

function set(config: any, path: string, value: unknown) {
  const parts = path.split('.');
  let at = config;
  for (const part of parts.slice(0, -1)) { at = at[part] ??= {}; }
  at[parts[parts.length - 1]] = value ?? undefined;
}

function configured(panel: any, field: Field, index: number, theme: GrafanaTheme2): Field {
  const config = structuredClone(panel.fieldConfig.defaults);
  for (const { matcher, properties } of panel.fieldConfig.overrides) {
    const fits = matcher.id === 'byName'
      ? matcher.options === field.name
      : new RegExp(matcher.options.slice(1, -1)).test(field.name);
    if (fits) { for (const { id, value } of properties) { set(config, id, value); } }
  }
  config.displayName = field.name;
  if (config.thresholds) { config.thresholds.steps[0].value = -Infinity; }
  const numbers = field.type === FieldType.number ? field.values.filter(Number.isFinite) : [];
  const min = Math.min(0, ...numbers), max = Math.max(...numbers, min + 1e-9);
  const range = { min, max, delta: max - min };
  const made: Field = { ...field, config, state: { displayName: field.name, seriesIndex: index, range } };
  made.display = getDisplayProcessor({ field: made, theme });
  return made;
}

/** One frame a series, for lines, bars and single values. */
export function frames(panel: any, answers: Answer[], theme: GrafanaTheme2): DataFrame[] {
  let index = 0;
  return answers.flatMap(({ refId, legend, series }) => series.map((one) => {
    const points = one.values ?? [one.value!];
    const own = name(legend, one.metric);
    const frame = toDataFrame({
      refId, name: own,
      fields: [
        { name: 'Time', type: FieldType.time, values: points.map(([at]) => at * 1000) },
        { name: own, type: FieldType.number, values: points.map(([, text]) => Number(text)), labels: one.metric },
      ],
    });
    frame.fields[1] = configured(panel, frame.fields[1], index++, theme);
    return frame;
  }));
}

/** One row for the same labels, as the panel's merge and organize would have it. */
export function table(panel: any, answers: Answer[], theme: GrafanaTheme2): DataFrame {
  const rows = new Map<string, Record<string, string | number>>();
  for (const { refId, series } of answers) {
    for (const { metric, value } of series) {
      const key = JSON.stringify(Object.entries(metric).filter(([label]) => label !== '__name__').sort());
      const row = rows.get(key) ?? { ...metric };
      row[answers.length > 1 ? `Value #${refId}` : 'Value'] = Number(value![1]);
      rows.set(key, row);
    }
  }
  const renamed: Record<string, string> = panel.transformations[1].options.renameByName;
  const all = [...rows.values()];
  const frame = new MutableDataFrame({ fields: Object.entries(renamed).map(([from, to]) => ({
    name: to,
    type: from.startsWith('Value') ? FieldType.number : FieldType.string,
    values: all.map((row) => row[from] ?? null),
  })) });
  const fields = frame.fields.map((field, index) => configured(panel, field as unknown as Field, index, theme));
  return { ...toDataFrame({ fields: [] }), fields, length: all.length };
}
