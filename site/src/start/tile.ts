/** A tile of the wall: a group in its standard setting, or in the setting of it that the search found. */
import type { NamesData } from "./names";
import { symbolElement } from "./symbolElement";

export class Tile {
  private readonly standard: number;
  readonly canvas: HTMLCanvasElement;

  constructor(readonly item: HTMLLIElement, private readonly names: NamesData) {
    this.standard = Number(item.dataset.hall);
    this.canvas = item.querySelector("canvas")!;
  }

  get number(): number {
    return Number(this.item.dataset.number);
  }

  /** Show a setting of the group, without one the standard setting; whether another one was shown before. */
  show(hall = this.standard): boolean {
    if (this.item.dataset.hall === String(hall)) return false;
    this.item.dataset.hall = String(hall);
    this.item.querySelector("a")!.href = `settings/hall-${hall}.html`;
    this.item.querySelector(".n")!.textContent = hall === this.standard ? String(this.number) : settingLabel(this.names, hall);
    this.item.querySelector(".symbol")!.replaceWith(printedSymbol(this.names, hall, hall === this.standard));
    return true;
  }
}

/** Number and choice, such as 62:cab. */
export function settingLabel(names: NamesData, hall: number): string {
  const [number, choice] = names.settings[hall - 1];
  return choice ? `${number}:${choice}` : String(number);
}

/** The short symbol; but that of a monoclinic group does not say which axis is unique, so that only `short` asks for it. */
export function printedSymbol(names: NamesData, hall: number, short = false): HTMLElement {
  const [number, , symbol, full] = names.settings[hall - 1];
  return symbolElement(!short && number >= 3 && number <= 15 ? full : symbol);
}
