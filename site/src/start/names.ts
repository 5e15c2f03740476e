/** Search for settings by any of their names, made alike as `basis_store/groups/name_text.py` does. */

/** Group, choice, short, full and Hall symbol, and whether it is the standard setting. */
export type SettingRow = [number, string, string, string, string, 0 | 1];

/** What `sgbasis/explorer/names_index.py` writes. */
export interface NamesData {
  /** By Hall number, from 1 on. */
  settings: SettingRow[];
  /** By normalised name the Hall numbers that have it, the usual one first. */
  names: Record<string, number[]>;
}

/** A symbol without what people write differently. */
export function normalised(name: string): string {
  return name
    .normalize("NFKC")
    .replace(/[\u2212\u2013]/g, "-")
    .replace(/\$?\\(?:bar|overline)\{?([0-9])\}?\$?/g, "-$1")
    .replace(/\$/g, "")
    .replace(/<\/?su[bp]>/g, "")
    .replace(/([0-9])[\u0304\u0305]/g, "-$1")
    .replace(/[\s_(){}]/g, "")
    .toLowerCase();
}

/** Hall numbers of the settings that a text names, or whose names begin with it; the best ones first. */
export function findSettings(data: NamesData, text: string): number[] {
  // The number behind a symbol, (No. 62), #62 or (62), says nothing new; but P2(1) is P2_1.
  const symbol = text.replace(/(\S)\s*(?:\(?\s*(?:\bno\b\.?|#)\s*\d+\s*\)?|\(\s*\d\d+\s*\))\s*$/i, "$1");
  const key = normalised(symbol).replace(/^no\.?(?=\d)|^#/, "");
  if (!key) return [];
  const exact = data.names[key] ?? [];
  // A Hall symbol needs no prefix. A bare number is that of a group, unless there is none: then a Hall number.
  const hall = /^\d+$/.test(key) && Number(key) <= 230 ? [] : (data.names[`hall:${key}`] ?? []);
  const begun = begunNames(data, key);
  // Hall symbols that differ in spaces only, P 32 and P 3 2, have one key.
  const spaced = symbol.replace(/^\s*hall:/i, "").trim().split(/\s+/).join(" ");
  const asWritten = [...exact, ...hall].filter((one) => data.settings[one - 1][4] === spaced);
  const first = key.startsWith("hall:") ? [...asWritten, ...exact] : [...exact, ...asWritten, ...hall];
  const found = [...new Set([...first, ...begun])];
  return found.length ? found : begunNames(data, `hall:${key}`);
}

/** Settings with longer names that begin with a key, those of short names first. */
function begunNames(data: NamesData, key: string): number[] {
  return Object.keys(data.names)
    .filter((name) => name.startsWith(key) && name !== key)
    .sort((one, other) => one.length - other.length || (one < other ? -1 : 1))
    .flatMap((name) => data.names[name]);
}
