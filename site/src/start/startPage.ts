/** The start page: the wall, its filters, and the search. Filters and search stand in the address as well. */
import type { FunctionData } from "../functions/waveSum";
import { jsonOf } from "../page/pageData";
import { findSettings, normalised, type NamesData } from "./names";
import { printedSymbol, settingLabel, Tile } from "./tile";
import { Wall } from "./wall";

const LISTED = 24;
const FILTERS = ["system", "class", "centring"] as const;

export function startPage(): void {
  const data = jsonOf<Record<string, FunctionData>>("wall-data");
  const names = jsonOf<NamesData>("names-data");
  const wall = document.getElementById("wall");
  if (!data || !names || !wall) return;
  let pictures: Wall | undefined;
  try {
    pictures = new Wall(data);
  } catch {
    document.body.classList.add("flat");
    document.getElementById("no-webgl")!.hidden = false;
  }
  const tiles = [...wall.querySelectorAll("li")].map((item) => new Tile(item, names));
  new Finder(names, wall, tiles, (tile) => pictures?.drawAgain(tile.canvas));
  pictures?.watch(tiles.map((tile) => tile.canvas));
  // On small screens a system shows some of its groups until it is asked for all.
  for (const button of wall.querySelectorAll<HTMLButtonElement>(".more")) {
    button.addEventListener("click", () => {
      const whole = button.parentElement!.classList.toggle("whole");
      button.setAttribute("aria-expanded", String(whole));
    });
  }
}

class Finder {
  private readonly search = document.querySelector<HTMLInputElement>("#search")!;
  private readonly results = document.getElementById("results")!;
  private readonly count = document.getElementById("count")!;

  constructor(
    private readonly names: NamesData,
    private readonly wall: HTMLElement,
    private readonly tiles: Tile[],
    private readonly changed: (tile: Tile) => void,
  ) {
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
    // Of each group the setting that fits best.
    const best = new Map<number, number>();
    for (const hall of found.toReversed()) best.set(this.names.settings[hall - 1][0], hall);
    let shown = 0;
    for (const tile of this.tiles) {
      const { item } = tile;
      const fits = FILTERS.every((name) => ["", item.dataset[name]].includes(this.filter(name).value));
      item.hidden = !fits || (text !== "" && !best.has(tile.number));
      shown += Number(!item.hidden);
      if (tile.show(best.get(tile.number))) this.changed(tile);
    }
    for (const system of this.wall.querySelectorAll<HTMLElement>(".system")) {
      system.hidden = !system.querySelector("li:not([hidden])");
    }
    this.wall.classList.toggle("searched", text !== "");
    this.wall.classList.toggle("chosen", shown < this.tiles.length);
    const key = normalised(text).replace(/^hall:/, "");
    const isHall = !Object.keys(this.names.names).some((name) => name.startsWith(key));
    this.results.replaceChildren(...found.slice(0, LISTED).map((hall) => this.result(hall, isHall)));
    const first = found.length > LISTED ? `, the first ${LISTED} of them listed` : "";
    const settings = text ? `${found.length} ${found.length === 1 ? "setting" : "settings"}${first}; ` : "";
    this.count.textContent = text && !found.length
      ? `No setting has a name that begins with “${text}”. Try 227, Fd-3m, P21/c, P 1 21/n 1 or hall:525.`
      : `${settings}${shown} of ${this.tiles.length} groups`;
    this.write(text);
  }

  /** A link to a setting; with its Hall symbol where that was asked for. */
  private result(hall: number, isHall: boolean): HTMLLIElement {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `settings/hall-${hall}.html`;
    const label = document.createElement("small");
    label.textContent = settingLabel(this.names, hall);
    link.append(label, printedSymbol(this.names, hall));
    if (isHall) {
      const code = document.createElement("code");
      code.textContent = this.names.settings[hall - 1][4];
      link.append(code);
    }
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
