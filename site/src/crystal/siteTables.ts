/** Sites of the asymmetric unit, and the functions of the group at them. */
import type { CrystalView, SiteView } from "./crystalView";
import { element, section, table } from "./dom";

export function siteTables(crystal: CrystalView): HTMLElement[] {
  const sites = crystal.encode.sites;
  const name = (site: SiteView, i: number): string => (crystal.labels[i] || site.element);
  const counted = `${sites.length} ${sites.length === 1 ? "site" : "sites"} in the asymmetric unit, in the standard setting`;
  const count = (sites[0]?.encoding.length ?? 1) - 1;
  return [
    section(
      "sites", "Sites", element("p", {}, `${counted}.`),
      table("Sites", ["Site", "Element", "Position", "Site symmetry", "x", "y", "z", "Atoms in the file"], sites.map((site, i) => [
        name(site, i), site.element, `${site.multiplicity}${site.wyckoff}`, site.site_symmetry,
        ...site.coordinates.map((one) => one.toFixed(5)), String(crystal.atoms[i]),
      ]), "figures"),
    ),
    section(
      "encoding", "Encoding",
      element("p", {}, `The first ${count} invariant functions of the group at each site: equal for all atoms of a site, and for every cell in which the crystal is written. `,
        element("code", {}, "sgbasis encode --output"), " writes all of them."),
      table("Encoding", ["Site", ...Array.from({ length: count }, (_, i) => `f${i + 1}`)], sites.map((site, i) => [
        name(site, i), ...site.encoding.slice(1).map((one) => clean(one.toFixed(4))),
      ]), "figures"),
    ),
  ];
}

function clean(text: string): string {
  return Number(text) === 0 ? text.replace("-", "") : text;
}
