/** Rows as lines: the first column to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? (column === 0 ? 0 : 10), cell.length);
    }
  }
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
  return rows.map((row) => line(row).join(" ").trimEnd()).join("\n");
}

export const seconds = (value: number) =>
  value < 0.1 ? `${(1000 * value).toFixed(2)} ms` : `${value.toFixed(2)} s`;
export const mebibytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(0)} MiB`;
