// The structure of a CSV file, as far as a page can check it: its columns and how many rows it has. What its cells
// hold the panel checks; `assay commission open --dry-run` says beforehand what it would find.
import { say } from "./market.js";

const PIECE = 1 << 20;

// Cells of the first row, and the number of rows, of a Blob in a CSV dialect.
async function counted(blob, { separator, quote, encoding }) {
  const decoder = new TextDecoder(encoding, { fatal: true });
  let head = null;
  let [row, cell, quoted, rows, filled] = [[], "", false, 0, false];
  const end = () => {
    if (filled || cell || row.length) {
      if (!head) head = [...row, cell];
      rows++;
    }
    [row, cell, filled] = [[], "", false];
  };
  for (let at = 0; at < blob.size || at === 0; at += PIECE) {
    const last = at + PIECE >= blob.size;
    for (const sign of decoder.decode(await blob.slice(at, at + PIECE).arrayBuffer(), { stream: !last })) {
      if (sign === quote) quoted = !quoted;
      else if (quoted) cell += head ? "" : sign;
      else if (sign === separator) {
        if (!head) row.push(cell);
        filled = true;
        cell = "";
      } else if (sign === "\n") end();
      else if (sign !== "\r") {
        filled = true;
        if (!head) cell += sign;
      }
    }
    if (last) break;
  }
  end();
  return { head: (head || []).map((one, i) => (i ? one : one.replace(/^\uFEFF/, "")).trim()), rows };
}

export async function checkedTable(file, { format, csv, columns, rows }) {
  if (!file || !file.size) throw new Error(await say("order.empty"));
  if (format !== "csv") return;
  const found = await counted(file, csv).catch(async () => {
    throw new Error(await say("order.encoding", { encoding: csv.encoding }));
  });
  const header = csv.header ? 1 : 0;
  const names = csv.header ? found.head : found.head.map((_, i) => String(i + 1));
  const missing = columns.filter((one) => !names.includes(one));
  if (missing.length) throw new Error(await say("order.column", { name: missing[0] }));
  if (found.rows - header !== rows) throw new Error(await say("order.rows", { found: found.rows - header, rows }));
}
