/** Sites of the asymmetric unit, and the functions of the group at them. */
import type { CrystalView, SiteView } from "./crystalView";
import { element, ownHtml, section, table } from "./dom";

export function siteTables(crystal: CrystalView): HTMLElement[] {
  const sites = crystal.encode.sites;
  const name = (site: SiteView, i: number): string => (crystal.labels[i] || site.element);
  const counted = `${sites.length} ${sites.length === 1 ? "site" : "sites"} in the asymmetric unit, in the standard setting`;
  const count = (sites[0]?.encoding.length ?? 1) - 1;
  return [
    section(
      "sites", "Sites", element("p", {}, `${counted}.`),
      table("Table of sites", ["Site", "Element", "Position", "Site symmetry", "x", "y", "z", "Atoms in the file"], sites.map((site, i) => [
        name(site, i), site.element, `${site.multiplicity}${site.wyckoff}`, ownHtml(crystal.site_symbols[i]),
        ...site.coordinates.map((one) => one.toFixed(5)), String(crystal.atoms[i]),
      ]), "figures", [1, 2, 3]),
    ),
    section(
      "encoding", "Encoding",
      element("p", {}, `The first ${count} invariant functions of the group at each site: equal for all atoms of a site, and for every cell in which the crystal is written. `,
        element("code", {}, "sgbasis encode --output"), " writes all of them."),
      table("Table of functions at sites", ["Site", ...Array.from({ length: count }, (_, i) => functionName(i + 1))], sites.map((site, i) => [
        name(site, i), ...site.encoding.slice(1).map((one) => clean(one.toFixed(4))),
      ]), "figures"),
    ),
  ];
}

function functionName(number: number): HTMLElement {
  return element("span", {}, element("i", {}, "f"), element("sub", {}, String(number)));
}

function clean(text: string): string {
  return Number(text) === 0 ? text.replace("-", "") : text;
}
