// Bytes, hex and text.

export const hex = (bytes) => `0x${bare(bytes)}`;
export const bare = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
export const utf8 = (text) => new TextEncoder().encode(text);
export const text = (bytes) => new TextDecoder("utf-8", { fatal: true }).decode(bytes);

export function bytes(written) {
  const digits = written.startsWith("0x") ? written.slice(2) : written;
  if (digits.length % 2 || /[^0-9a-f]/i.test(digits))
    throw new Error(`"${written.slice(0, 20)}" is not hexadecimal.`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

export function joined(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export const same = (a, b) => bare(a) === bare(b);
export const number = (big) => BigInt(hex(big));

export function word(value, size = 32) {
  return bytes(
    BigInt(value)
      .toString(16)
      .padStart(2 * size, "0"),
  );
}
