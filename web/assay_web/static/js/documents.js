// JSON documents: read from files that people choose, and compared with what a server made of them.
import { canonical } from "./canonical.js";
import { say } from "./market.js";

const MOST = 1 << 20;

// The text of a JSON document in a file.
export async function documentIn(file, most = MOST) {
  const name = String(file?.name || "").slice(0, 80);
  try {
    if (!file.size || file.size > most) throw new Error();
    const text = await file.text();
    JSON.parse(text);
    return text;
  } catch {
    throw new Error(await say("document.unreadable", { name }));
  }
}

// Whether all that `part` says is said by `whole`.
export function holds(whole, part) {
  if (part === null || typeof part !== "object") return (whole ?? null) === part;
  if (Array.isArray(part))
    return Array.isArray(whole) && whole.length === part.length && part.every((one, i) => holds(whole[i], one));
  return Object.entries(part).every(([name, one]) => holds(whole?.[name], one));
}

export const alike = (one, other) => canonical(one ?? null) === canonical(other ?? null);

// The digest that somebody has written.
export async function writtenDigest(text) {
  const found = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(String(text || "").trim());
  if (!found) throw new Error(await say("document.no_digest"));
  return `0x${found[1].toLowerCase()}`;
}
