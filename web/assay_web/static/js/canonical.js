// Canonical JSON (RFC 8785): of the values that manifests hold, JavaScript's own spelling is the canonical one.
import { utf8 } from "./bytes.js";

export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value && typeof value === "object")
    return `{${Object.keys(value)
      .sort()
      .map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`)
      .join(",")}}`;
  return JSON.stringify(value);
}

export const block = (value) => utf8(canonical(value));
