/** The JSON that a page carries in an element; undefined where there is none. */
export function jsonOf<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}
