/** Colours of the page that pictures need, as its stylesheet gives them in light and dark. */

export function ink(): string {
  return colour("--ink");
}

export function paper(): string {
  return colour("--paper");
}

export function whenThemeChanges(then: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", then);
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
