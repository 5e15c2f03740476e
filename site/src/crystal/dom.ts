/** Elements of a page. Text from files is always set as text, never as HTML. */

type Child = Node | string | undefined | false;
type Attributes = Record<string, string | number | boolean | undefined>;

/** An element with attributes and children; those that are undefined or false are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K, attributes: Attributes = {}, ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== undefined && value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children.filter((one): one is Node | string => one !== undefined && one !== false));
  return made;
}

/** A section with a heading that names it. */
export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  return element("section", { "aria-labelledby": id }, element("h2", { id }, title), ...children);
}

/** A table that scrolls sideways on a small screen; `left`: columns of texts among those of numbers. */
export function table(label: string, head: Child[], rows: Child[][], kind = "", left: number[] = []): HTMLElement {
  const side = (column: number): Attributes => (left.includes(column) ? { class: "text" } : {});
  const cell = (content: Child, column: number): HTMLElement =>
    column === 0 ? element("th", { scope: "row" }, content) : element("td", side(column), content);
  return element(
    "div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
    element(
      "table", { class: kind },
      element("thead", {}, element("tr", {}, ...head.map((one, i) => element("th", { scope: "col", ...side(i) }, one)))),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map(cell)))),
    ),
  );
}

/** A list of texts; nothing where there are none. */
export function list(kind: string, texts: string[]): HTMLElement | undefined {
  return texts.length ? element("ul", { class: kind }, ...texts.map((one) => element("li", {}, one))) : undefined;
}

/** A control below its label. */
export function labelled(text: string, control: HTMLElement, ...more: Child[]): HTMLElement {
  return element("label", {}, element("span", {}, text), control, ...more);
}

/** HTML that the server makes of its own tables, never of a file. */
export function ownHtml(html: string): HTMLElement {
  const made = element("span");
  made.innerHTML = html;
  return made;
}
