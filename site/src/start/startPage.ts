/** The start page: the wall, its filters, and the search. Filters and search stand in the address as well. */
import type { FunctionData } from "../functions/waveSum";
import { jsonOf } from "../page/pageData";
import { findSettings, type NamesData } from "./names";
import { symbolElement } from "./symbolElement";
import { Wall } from "./wall";

const LISTED = 24;
const FILTERS = ["system", "class", "centring"] as const;

export function startPage(): void {
  const data = jsonOf<Record<string, FunctionData>>("wall-data");
  const names = jsonOf<NamesData>("names-data");
  const wall = document.getElementById("wall");
  if (!data || !names || !wall) return;
  new Finder(names, [...wall.querySelectorAll("li")]);
  try {
    new Wall(data).watch([...wall.querySelectorAll("canvas")]);
  } catch {
    document.body.classList.add("flat");
    document.getElementById("no-webgl")!.hidden = false;
  }
}

class Finder {
  private readonly search = document.querySelector<HTMLInputElement>("#search")!;
  private readonly results = document.getElementById("results")!;
  private readonly count = document.getElementById("count")!;

  constructor(private readonly names: NamesData, private readonly tiles: HTMLLIElement[]) {
    const given = new URLSearchParams(location.hash.slice(1));
    this.search.value = given.get("q") ?? "";
    for (const name of FILTERS) {
      const select = this.filter(name);
      const wanted = given.get(name) ?? "";
      if ([...select.options].some((option) => option.value === wanted)) select.value = wanted;
      select.addEventListener("change", () => this.update());
    }
    this.search.addEventListener("input", () => this.update());
    // Enter opens the first setting; there is nothing to send.
    this.search.form!.addEventListener("submit", (event) => {
      event.preventDefault();
      this.results.querySelector("a")?.click();
    });
    addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.target !== document.body) return;
      event.preventDefault();
      this.search.focus();
    });
    this.update();
  }

  private update(): void {
    const text = this.search.value.trim();
    const found = findSettings(this.names, text);
    const groups = new Set(found.map((hall) => this.names.settings[hall - 1][0]));
    let shown = 0;
    for (const tile of this.tiles) {
      const fits = FILTERS.every((name) => [undefined, "", tile.dataset[name]].includes(this.filter(name).value));
      tile.hidden = !fits || (text !== "" && !groups.has(Number(tile.dataset.number)));
      shown += Number(!tile.hidden);
    }
    this.results.replaceChildren(...found.slice(0, LISTED).map((hall) => this.result(hall)));
    const first = found.length > LISTED ? `, the first ${LISTED} of them listed` : "";
    const settings = text ? `${found.length} ${found.length === 1 ? "setting" : "settings"}${first}; ` : "";
    this.count.textContent = text && !found.length
      ? `No setting has a name that begins with “${text}”. Try 227, Fd-3m, P21/c, P 1 21/n 1 or hall:525.`
      : `${settings}${shown} of ${this.tiles.length} groups`;
    this.write(text);
  }

  private result(hall: number): HTMLLIElement {
    const [number, choice, short, full] = this.names.settings[hall - 1];
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `settings/hall-${hall}.html`;
    const label = document.createElement("small");
    label.textContent = choice ? `${number}:${choice}` : String(number);
    // Short symbols of monoclinic groups do not say which axis is unique.
    link.append(label, symbolElement(number >= 3 && number <= 15 ? full : short));
    item.append(link);
    return item;
  }

  private write(text: string): void {
    const parts = new URLSearchParams();
    if (text) parts.set("q", text);
    for (const name of FILTERS) if (this.filter(name).value) parts.set(name, this.filter(name).value);
    const hash = parts.toString();
    if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  }

  private filter(name: (typeof FILTERS)[number]): HTMLSelectElement {
    return document.querySelector<HTMLSelectElement>(`#filter-${name}`)!;
  }
}
